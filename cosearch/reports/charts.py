"""What the search did and what the winner costs, as charts."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cosearch.evaluation.front import shares_dominated
from cosearch.reports.chart import Chart
from cosearch.reports.series import COLOURS, DASHES, Axis, Series
from cosearch.studies.study import TrialPoint

ATTRIBUTES: Final = {
    "latency": "latency_ms",
    "energy": "energy_mj",
    "area": "area_mm2",
    "power": "power_w",
    "accuracy": "top1_percent",
}
"""The attribute of a trial that holds each objective."""


RATIOS: Final = ("%", "times")
"""Units of figures that compare already."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What one generation found.

    Attributes:
        number: of the generation. first, last: its trials.
        quartiles: of its values: first, median, third; ``None`` with fewer than two values.
        feasible: trials that keep every limit.
        best: the best feasible value up to its end; infinite without one.
    """

    number: int
    first: int
    last: int
    quartiles: tuple[float, float, float] | None
    feasible: int
    best: float


def generations(trials: Sequence[TrialPoint], population: int) -> list[Generation]:
    """The generations of a study, ``population`` trials each, in order."""
    out: list[Generation] = []
    best = math.inf
    for start in range(0, len(trials), population):
        own = trials[start : start + population]
        values = [trial.value for trial in own if math.isfinite(trial.value) and trial.value > 0]
        kept = [trial.value for trial in own if trial.feasible]
        best = min([best, *(value for value in kept if value > 0)])
        quartiles = None
        if len(values) > 1:
            lower, middle, upper = statistics.quantiles(values, n=4, method="inclusive")
            quartiles = (lower, middle, upper)
        out.append(Generation(len(out), own[0].number, own[-1].number, quartiles, len(kept), best))
    return out


def convergence(trials: Sequence[TrialPoint], title: str, unit: str, population: int) -> Chart | None:
    """Value of every trial, quartiles of every generation, and the best feasible value so far.

    Args:
        trials: in order.
        title, unit: of the objective.
        population: trials of a generation.

    Returns:
        The chart; ``None`` when no trial has a value to show.
    """
    points = [trial for trial in trials if math.isfinite(trial.value) and trial.value > 0]
    if not points:
        return None
    kept = [point for point in points if point.feasible]
    series = [
        *_quartiles(generations(trials, population)),
        _trials("keeps every limit", kept),
        _trials("breaks a limit", [point for point in points if not point.feasible], hollow=True),
    ]
    if best := _best_so_far(trials):
        numbers, values = zip(*best)
        series.append(Series("best so far", "steps", numbers, values, "ink"))
    ends = f"The best is {best[-1][1]:.4g} {unit}" if best else "None keeps every limit"
    return Chart(
        "convergence",
        f"{title} of every trial; the band spans the quartiles of each generation around its median",
        f"{len(trials)} trials, {len(kept)} of them within every limit. {ends}.",
        Axis("trial"),
        Axis(f"{title} ({unit})", logarithmic=True),
        tuple(one for one in series if one.x),
    )


def _trials(name: str, points: Sequence[TrialPoint], *, hollow: bool = False) -> Series:
    numbers, values = [point.number for point in points], [point.value for point in points]
    labels = [f"trial {number}" for number in numbers]
    return Series(name, "points", numbers, values, "orange" if hollow else "blue", hollow=hollow, labels=labels)


def _quartiles(found: Sequence[Generation]) -> list[Series]:
    """The area between the first and the third quartile of each generation, and its median."""
    across: list[float] = []
    three: list[tuple[float, float, float]] = []
    for one in found:
        if one.quartiles is not None:
            across += [one.first - 0.5, one.last + 0.5]
            three += [one.quartiles] * 2
    lower, middle, upper = ([quartiles[which] for quartiles in three] for which in range(3))
    return [
        Series("quartiles of a generation", "band", [*across, *reversed(across)], [*upper, *reversed(lower)]),
        Series("median of a generation", "line", across, middle, "green"),
    ]


def _best_so_far(trials: Sequence[TrialPoint]) -> list[tuple[int, float]]:
    """(trial, value) wherever a feasible one is the best yet, and at the end."""
    best, curve = math.inf, []
    for trial in trials:
        if trial.feasible and 0 < trial.value < best:
            best = trial.value
            curve.append((trial.number, best))
    return [*curve, (trials[-1].number, best)] if curve else []


def trade_off(trials: Sequence[TrialPoint], key: str, label: str, title: str, unit: str, grows: bool) -> Chart | None:
    """Feasible designs by the objective and one more figure, with those that no other beats in both.

    Args:
        trials: with the figure among their attributes.
        key: of the attribute. label: what the axis calls it.
        title, unit: of the objective.
        grows: whether more of the figure is better, as of an accuracy.
    """
    points = designs_by(trials, key)
    if len({across for across, _, _ in points}) < 2:
        return None
    best = best_of_both(points, grows)
    on_it = {number for _, _, number in best}
    beaten = [point for point in points if point[2] not in on_it]
    return Chart(
        f"front-{key.replace('_', '-')}",
        f"{title} against {label}: no other design beats those of the front in both",
        f"{len(points)} designs within every limit; {len(best)} of them are on the front.",
        Axis(label, logarithmic=not grows),
        Axis(f"{title} ({unit})", logarithmic=True),
        (
            *_designs("beaten in both", beaten, "blue", 7.0),
            *_designs("front", best, "orange", 10.0),
            run_steps("what the front leaves open", [point[:2] for point in best], COLOURS.index("orange")),
        ),
    )


def _designs(name: str, points: Sequence[tuple[float, float, int]], colour: str, size: float) -> list[Series]:
    """Marks of (figure, value, number) of trials; nothing without any."""
    if not points:
        return []
    across, values, numbers = zip(*points)
    labels = [f"trial {number}" for number in numbers]
    return [Series(name, "points", across, values, colour, sizes=(size,), labels=labels)]


def designs_by(trials: Sequence[TrialPoint], key: str) -> list[tuple[float, float, int]]:
    """(figure, value, number) of the feasible trials that say the figure."""
    return [
        (float(given), trial.value, trial.number)
        for trial in trials
        if trial.feasible and isinstance(given := trial.attributes.get(key), int | float)
    ]


def best_of_both(points: Sequence[tuple[float, float, int]], grows: bool) -> list[tuple[float, float, int]]:
    """The points that no other beats in both figures; more of the first is better where it ``grows``."""
    best, least = [], math.inf
    for point in sorted(points, key=lambda point: (-point[0] if grows else point[0], point[1])):
        if point[1] < least:
            best.append(point)
            least = point[1]
    return best


def dominated(trials: Sequence[TrialPoint], objectives: Sequence[str], population: int) -> Chart | None:
    """How much the front of several objectives dominates after every generation.

    Args:
        trials: in order. population: trials of a generation.
        objectives: names of them.

    Returns:
        The chart; ``None`` when a trial does not say all of the figures.
    """
    losses: list[list[float] | None] = []
    for trial in trials:
        own = _losses(trial, objectives) if trial.feasible else None
        if trial.feasible and own is None:
            return None
        losses.append(own)
    shares = shares_dominated(losses, population)
    if len(shares) < 2 or max(shares) <= 0:
        return None
    percent = [share * 100 for share in shares]
    labels = [f"generation {number}: {share:.1%}" for number, share in enumerate(shares)]
    return Chart(
        "hypervolume",
        f"Share of what lies between the best and the worst in {', '.join(objectives)} that the front dominates",
        f"After {len(shares)} generations the front dominates {shares[-1]:.1%}.",
        Axis("generation"),
        Axis("hypervolume, % of the box of all that was found"),
        (
            Series("hypervolume", "line", range(len(shares)), percent, "ink"),
            Series("generation", "points", range(len(shares)), percent, "orange", labels=labels),
        ),
    )


def _losses(trial: TrialPoint, objectives: Sequence[str]) -> list[float] | None:
    """What is made small, from what a trial says of its design; a logarithm of costs, as the search counts them."""
    said = {name: trial.attributes.get(key) for name, key in ATTRIBUTES.items()}
    figures = {name: float(value) for name, value in said.items() if isinstance(value, int | float)}
    if "latency" in figures and "energy" in figures:
        figures["edp"] = figures["latency"] * figures["energy"]
    if not all(name in figures for name in objectives):
        return None
    return [-figures[name] if name == "accuracy" else math.log(figures[name]) for name in objectives]


def bars(name: str, parts: Mapping[str, float], unit: str, label: str) -> Chart | None:
    """One horizontal bar for each part, largest first, with its figure and share."""
    total = math.fsum(parts.values())
    ranked = [(part, value) for part, value in sorted(parts.items(), key=lambda item: -item[1]) if value > 0]
    if not ranked:
        return None
    rows = [(part, value, f"{value:.4g} {unit} ({value / total:.1%})") for part, value in ranked]
    shares = ", ".join(f"{part} {value / total:.1%}" for part, value in ranked)
    return _horizontal(name, rows, unit, label, f"{total:.4g} {unit} in all: {shares}.")


def compared(name: str, values: Mapping[str, float], unit: str, label: str) -> Chart:
    """One horizontal bar for each case, in their order, with its figure and how many times the first it is.

    Shares and ratios stand by themselves. There is at least one case, and all are positive.
    """
    first = next(iter(values.values()))
    rows = [
        (case, value, f"{value:.4g} {unit}" + ("" if unit in RATIOS else f" ({value / first:.3g}x)"))
        for case, value in values.items()
    ]
    said = ", ".join(f"{case} {figure}" for case, _, figure in rows)
    return _horizontal(name, rows, unit, label, f"{said}.")


def _horizontal(name: str, rows: Sequence[tuple[str, float, str]], unit: str, label: str, description: str) -> Chart:
    """Bars below one another: what each is called, how long it is, and the words behind it."""
    parts, values, words = zip(*rows)
    return Chart(name, label, description, Axis(unit), Axis(""), (Series(label, "rows", values, parts, labels=words),))


def layer_columns(name: str, rows: Sequence[tuple[str, float, float]], label: str, opens: str = "") -> Chart | None:
    """Share of latency and of energy of every layer, in the order they run.

    Args:
        name: of the chart.
        rows: name, latency and energy of each layer.
        label: what it shows.
        opens: id of the table of these layers.
    """
    seconds, energy = math.fsum(row[1] for row in rows), math.fsum(row[2] for row in rows)
    if not rows or seconds <= 0 or energy <= 0:
        return None
    names = [row[0] for row in rows]
    notes = [f"{row[1] / seconds:.2%} of latency, {row[2] / energy:.2%} of energy" for row in rows]
    longest, costliest = max(rows, key=lambda row: row[1]), max(rows, key=lambda row: row[2])
    said = (
        f"{longest[0]} takes most time, {longest[1] / seconds:.1%}; "
        f"{costliest[0]} most energy, {costliest[2] / energy:.1%}."
    )
    shares = {"latency": [row[1] / seconds * 100 for row in rows], "energy": [row[2] / energy * 100 for row in rows]}
    return Chart(
        name,
        label,
        said,
        Axis("layer, in the order they run"),
        Axis("share in %"),
        tuple(
            Series(what, "bars", range(1, len(rows) + 1), share, colour, labels=names, notes=notes, layers=True)
            for (what, share), colour in zip(shares.items(), COLOURS)
        ),
        opens,
    )


def best_so_far(runs: Mapping[str, Sequence[TrialPoint]], unit: str) -> Chart | None:
    """The best feasible value of several runs, trial by trial."""
    curves = {run: curve for run, trials in runs.items() if trials and (curve := _best_so_far(trials))}
    if not curves:
        return None
    ends = "; ".join(f"{run} ends at {curve[-1][1]:.4g} {unit}" for run, curve in curves.items())
    return Chart(
        "best-so-far",
        "Best feasible value so far, run by run",
        f"{ends}.",
        Axis("trial"),
        Axis(f"best so far ({unit})", logarithmic=True),
        tuple(run_steps(name, curve, index) for index, (name, curve) in enumerate(curves.items())),
    )


def run_steps(name: str, points: Sequence[tuple[float, float]], index: int) -> Series:
    """The steps of one of several runs; colours come round again with other dashes."""
    across, values = zip(*points)
    dash = DASHES[index // len(COLOURS) % len(DASHES)]
    return Series(name, "steps", across, values, COLOURS[index % len(COLOURS)], dash)
