"""Plots of searches: the best so far against evaluations, or the fronts that were found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from cosearch.nas.compare import Comparison, Row
from cosearch.nas.search import NasResult
from cosearch.problem.architectures import Figures
from cosearch.problem.measures import Measure
from cosearch.reports.figure import WIDTH, Figure, Scale, axes, circle, line, text

COLOURS: Final = ("blue", "orange", "green", "purple", "amber", "sky")
"""Variables of the figures' style sheet."""
LEGEND: Final = 130
"""Width of the names at the right."""


def comparison_chart(comparison: Comparison) -> Figure:
    """The best so far of every method, or, for several objectives, its front in the first two of them."""
    if comparison.problem.goal.objectives > 1:
        return _fronts(comparison)
    return _convergence(comparison)


def _convergence(comparison: Comparison) -> Figure:
    """Mean over the seeds that have found something by then; drawn from when all have."""
    measure = comparison.problem.goal.measures[0]
    curves = {row.method: _mean_best(row, measure) for row in comparison.rows}
    values = [value for curve in curves.values() for _, value in curve]
    title = f"{measure.title} of the best so far, mean over seeds, within {_limits(comparison)}"
    if not values:
        return Figure("strategies", title, "No search found anything within the limits.", 20, ())
    last = max(at for curve in curves.values() for at, _ in curve)
    x = Scale(1, max(last, 2), 76, WIDTH - LEGEND, logarithmic=True)
    y = Scale.around([*values, values[0] * (1 + 1e-6)], 300, 34, logarithmic=False)
    marks = axes(x, y, "evaluations", f"{measure.title} ({measure.shown_unit or measure.unit})")
    for index, row in enumerate(comparison.rows):
        points = [(x.at(at), y.at(value)) for at, value in curves[row.method]]
        risers = [(across, up) for (across, _), (_, up) in zip(points[1:], points)]
        steps = [point for pair in zip(points, risers) for point in pair] + points[-1:]
        marks += _curve(row.method, index, steps)
    ends = "; ".join(f"{row.method} {curves[row.method][-1][1]:.4g}" for row in comparison.rows if curves[row.method])
    return Figure("strategies", title, f"After {last} evaluations: {ends}.", 344, tuple(marks))


def _fronts(comparison: Comparison) -> Figure:
    up, along = comparison.problem.goal.measures[:2]
    fronts = {
        row.method: sorted({(_shown(along, one.figures), _shown(up, one.figures)) for one in row.results[0].front})
        for row in comparison.rows
    }
    points = [point for front in fronts.values() for point in front]
    title = f"Fronts found by each method, first seed: {up.title} against {along.title}"
    if not points:
        return Figure("strategies", title, "No search found anything within the limits.", 20, ())
    x = Scale.around([across for across, _ in points], 76, WIDTH - LEGEND, logarithmic=not along.larger)
    y = Scale.around([value for _, value in points], 300, 34, logarithmic=False)
    marks = axes(x, y, f"{along.title} ({along.shown_unit or along.unit})", f"{up.title} ({up.shown_unit or up.unit})")
    for index, row in enumerate(comparison.rows):
        marks += _curve(row.method, index, [(x.at(across), y.at(value)) for across, value in fronts[row.method]])
        marks += [
            circle(
                x.at(across), y.at(value), 2.5, f"c{index % len(COLOURS)}", f"{row.method}: {across:.4g}, {value:.4g}"
            )
            for across, value in fronts[row.method]
        ]
    sizes = ", ".join(f"{name} {len(front)}" for name, front in fronts.items())
    return Figure("strategies", title, f"Architectures on the front: {sizes}.", 344, tuple(marks))


def _curve(name: str, index: int, points: Sequence[tuple[float, float]]) -> list[str]:
    """A line with its name beside the plot; colours come round again with other dashes."""
    dash = ("", "7 3", "2 3")[index // len(COLOURS) % 3]
    at = 44 + 20 * index
    style = f"fill:none;stroke:var(--{COLOURS[index % len(COLOURS)]});stroke-width:2;stroke-dasharray:{dash or 'none'}"
    path = " ".join(f"{across:.1f},{up:.1f}" for across, up in points)
    left = WIDTH - LEGEND + 14
    return [
        f'<polyline style="{style}" points="{path}"><title>{name}</title></polyline>',
        line(left, at - 4, left + 22, at - 4, "key").replace('class="key"', f'style="{style}"'),
        text(left + 28, at, name),
    ]


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
