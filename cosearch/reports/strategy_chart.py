"""Plots of searches: the best so far against evaluations, or the fronts that were found."""

from __future__ import annotations

import math

from cosearch.nas.compare import Comparison, Row
from cosearch.nas.search import NasResult
from cosearch.problem.architectures import Figures
from cosearch.problem.measures import Measure
from cosearch.reports.chart import Chart
from cosearch.reports.charts import run_steps
from cosearch.reports.series import COLOURS, Axis, Series

NOTHING = "No search found anything within the limits."


def comparison_chart(comparison: Comparison) -> Chart:
    """The best so far of every method, or, for several objectives, its front in the first two of them."""
    if comparison.problem.goal.objectives > 1:
        return _fronts(comparison)
    return _convergence(comparison)


def _convergence(comparison: Comparison) -> Chart:
    """Mean over the seeds that have found something by then; drawn from when all have."""
    measure = comparison.problem.goal.measures[0]
    means = ((row.method, _mean_best(row, measure)) for row in comparison.rows)
    curves = {method: curve for method, curve in means if curve}
    last = max((at for curve in curves.values() for at, _ in curve), default=0)
    ends = "; ".join(f"{method} {curve[-1][1]:.4g}" for method, curve in curves.items())
    return Chart(
        "strategies",
        f"{measure.title} of the best so far, mean over seeds, within {_limits(comparison)}",
        f"After {last} evaluations: {ends}." if curves else NOTHING,
        Axis("evaluations", logarithmic=True),
        Axis(_with_unit(measure)),
        tuple(run_steps(method, curve, index) for index, (method, curve) in enumerate(curves.items())),
    )


def _fronts(comparison: Comparison) -> Chart:
    up, along = comparison.problem.goal.measures[:2]
    fronts = {
        row.method: sorted({(_shown(along, one.figures), _shown(up, one.figures)) for one in row.results[0].front})
        for row in comparison.rows
    }
    sizes = ", ".join(f"{name} {len(front)}" for name, front in fronts.items())
    series: list[Series] = []
    for index, (method, front) in enumerate(fronts.items()):
        if front:
            across, values = zip(*front)
            colour = COLOURS[index % len(COLOURS)]
            series += [
                Series(method, "line", across, values, colour),
                Series(f"{method}: architectures", "points", across, values, colour),
            ]
    return Chart(
        "strategies",
        f"Fronts found by each method, first seed: {up.title} against {along.title}",
        f"Architectures on the front: {sizes}." if series else NOTHING,
        Axis(_with_unit(along), logarithmic=not along.larger),
        Axis(_with_unit(up)),
        tuple(series),
    )


def _with_unit(measure: Measure) -> str:
    return f"{measure.title} ({measure.shown_unit or measure.unit})"


def _mean_best(row: Row, measure: Measure) -> list[tuple[int, float]]:
    """(evaluations, mean over seeds of the figure of the best so far) wherever it changes, once every seed has one."""
    histories = [_best_figures(result, measure) for result in row.results]
    curve: list[tuple[int, float]] = []
    for at, values in enumerate(zip(*histories), 1):
        value = sum(values) / len(values)
        if not math.isnan(value) and (not curve or curve[-1][1] != value):
            curve.append((at, value))
    if curve:
        curve.append((min(map(len, histories)), curve[-1][1]))
    return curve


def _best_figures(result: NasResult, measure: Measure) -> list[float]:
    """The figure of the best architecture within the limits after each evaluation; not a number before there is one."""
    least, value, out = math.inf, math.nan, []
    for found in result.evaluated:
        if found.feasible and found.losses[0] < least:
            least, value = found.losses[0], _shown(measure, found.figures)
        out.append(value)
    return out


def _shown(measure: Measure, figures: Figures) -> float:
    return figures[measure.name] * measure.shown_per_unit


def _limits(comparison: Comparison) -> str:
    return " and ".join(map(str, comparison.problem.limits)) or "no limits"
