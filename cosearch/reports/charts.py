"""What the search did and what the winner costs, as charts."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cosearch.evaluation.front import shares_dominated
from cosearch.reports.figure import WIDTH, Figure, Scale, axes, circle, line, rect, text
from cosearch.studies.study import TrialPoint

ATTRIBUTES: Final = {
    "latency": "latency_ms",
    "energy": "energy_mj",
    "area": "area_mm2",
    "power": "power_w",
    "accuracy": "top1_percent",
}
"""The attribute of a trial that holds each objective."""


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


def convergence(trials: Sequence[TrialPoint], title: str, unit: str, population: int) -> Figure | None:
    """Value of every trial, quartiles of every generation, and the best feasible value so far.

    Args:
        trials: in order.
        title, unit: of the objective.
        population: trials of a generation.

    Returns:
        The figure; ``None`` when no trial has a value to show.
    """
    points = [trial for trial in trials if math.isfinite(trial.value) and trial.value > 0]
    if not points:
        return None
    x = Scale(-0.5, max(trials[-1].number, 1) + 0.5, 76, WIDTH - 12, logarithmic=False)
    y = Scale.around([point.value for point in points], 300, 34)
    marks = axes(x, y, "trial", f"{title} ({unit})")
    for generation in generations(trials, population):
        if generation.quartiles is None:
            continue
        lower, middle, upper = generation.quartiles
        left, right = x.at(generation.first - 0.5), x.at(generation.last + 0.5)
        note = f"generation {generation.number}: quartiles {lower:.4g}, {middle:.4g}, {upper:.4g} {unit}"
        marks.append(rect(left, y.at(upper), right - left, y.at(lower) - y.at(upper), "band", note))
        marks.append(line(left, y.at(middle), right, y.at(middle), "median"))
    best, path = math.inf, ""
    for point in points:
        at = x.at(point.number), y.at(point.value)
        note = "" if point.feasible else ", breaks a limit"
        shown = "dot" if point.feasible else "dot hollow"
        marks.append(circle(*at, 3, shown, f"trial {point.number}: {point.value:.4g} {unit}{note}"))
        if point.feasible and point.value < best:
            best = point.value
            path += f"H{at[0]:.1f}V{at[1]:.1f}" if path else f"M{at[0]:.1f},{at[1]:.1f}"
    if path:
        marks.append(f'<path class="best" d="{path}H{x.end}"/>')
    kept = sum(point.feasible for point in points)
    ends = f"The best is {best:.4g} {unit}." if kept else "None keeps every limit."
    return Figure(
        "convergence",
        f"{title} of every trial: the heavy line is the best so far, a band spans the quartiles of a generation around "
        "its median (green); hollow marks break a limit",
        f"{len(trials)} trials, {kept} of them within every limit. {ends}",
        344,
        tuple(marks),
    )


def trade_off(trials: Sequence[TrialPoint], key: str, label: str, title: str, unit: str, grows: bool) -> Figure | None:
    """Feasible designs by the objective and one more figure, with those that no other beats in both.

    Args:
        trials: with the figure among their attributes.
        key: of the attribute. label: what the axis calls it.
        title, unit: of the objective.
        grows: whether more of the figure is better, as of an accuracy.
    """
    points = [
        (float(given), trial.value, trial)
        for trial in trials
        if trial.feasible and isinstance(given := trial.attributes.get(key), int | float)
    ]
    if len({across for across, _, _ in points}) < 2:
        return None
    x = Scale.around([across for across, _, _ in points], 76, WIDTH - 12, logarithmic=not grows)
    y = Scale.around([value for _, value, _ in points], 300, 34)
    front, least = [], math.inf
    for across, value, trial in sorted(points, key=lambda point: (-point[0] if grows else point[0], point[1])):
        if value < least:
            front.append((across, value, trial))
            least = value
    marks = axes(x, y, label, f"{title} ({unit})")
    steps = "".join(f"H{x.at(across):.1f}V{y.at(value):.1f}" for across, value, _ in front[1:])
    marks.append(f'<path class="frontline" d="M{x.at(front[0][0]):.1f},{y.at(front[0][1]):.1f}{steps}"/>')
    best = {trial.number for _, _, trial in front}
    for across, value, trial in points:
        shown, radius = ("front", 5.0) if trial.number in best else ("dot", 3.0)
        marks.append(
            circle(x.at(across), y.at(value), radius, shown, f"trial {trial.number}: {across:.4g}, {value:.4g}")
        )
    return Figure(
        f"front-{key.replace('_', '-')}",
        f"{title} against {label}: no other design beats the large marks in both",
        f"{len(points)} designs within every limit; {len(front)} of them are on the front.",
        344,
        tuple(marks),
    )


def dominated(trials: Sequence[TrialPoint], objectives: Sequence[str], population: int) -> Figure | None:
    """How much the front of several objectives dominates after every generation.

    Args:
        trials: in order. population: trials of a generation.
        objectives: names of them.

    Returns:
        The figure; ``None`` when a trial does not say all of the figures.
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
    x = Scale(0, len(shares) - 1, 76, WIDTH - 12, logarithmic=False)
    y = Scale(0.0, 1.0, 260, 34, logarithmic=False)
    marks = axes(x, y, "generation", "hypervolume, share of the box of all that was found")
    points = " ".join(f"{x.at(number):.1f},{y.at(share):.1f}" for number, share in enumerate(shares))
    marks.append(f'<polyline class="best" points="{points}"/>')
    for number, share in enumerate(shares):
        marks.append(circle(x.at(number), y.at(share), 4, "front", f"generation {number}: {share:.1%}"))
    return Figure(
        "hypervolume",
        f"Share of what lies between the best and the worst in {', '.join(objectives)} that the front dominates",
        f"After {len(shares)} generations the front dominates {shares[-1]:.1%}.",
        304,
        tuple(marks),
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


def bars(name: str, parts: Mapping[str, float], unit: str, label: str) -> Figure | None:
    """One horizontal bar for each part, largest first, with its figure and share."""
    total = math.fsum(parts.values())
    ranked = [(part, value) for part, value in sorted(parts.items(), key=lambda item: -item[1]) if value > 0]
    if not ranked:
        return None
    rows = [(part, value, f"{value:.4g} {unit} ({value / total:.1%})") for part, value in ranked]
    shares = ", ".join(f"{part} {value / total:.1%}" for part, value in ranked)
    return _horizontal(name, rows, label, f"{total:.4g} {unit} in all: {shares}.")


def compared(name: str, values: Mapping[str, float], unit: str, label: str) -> Figure:
    """One horizontal bar for each case, in their order, with its figure and how many times the first it is.

    There is at least one case, and all are positive.
    """
    first = next(iter(values.values()))
    rows = [(case, value, f"{value:.4g} {unit} ({value / first:.3g}x)") for case, value in values.items()]
    said = ", ".join(f"{case} {figure}" for case, _, figure in rows)
    return _horizontal(name, rows, label, f"{said}.")


def _horizontal(name: str, rows: Sequence[tuple[str, float, str]], label: str, description: str) -> Figure:
    """Bars below one another: what each is called, how long it is, and the words behind it."""
    left, step = 170, 26
    longest = max(value for _, value, _ in rows)
    marks = []
    for index, (part, value, figure) in enumerate(rows):
        at = index * step
        length = max((WIDTH - left - 190) * value / longest, 1)
        marks.append(text(left - 8, at + 17, part, anchor="end"))
        marks.append(rect(left, at + 4, length, 18, "bar", f"{part}: {figure}"))
        marks.append(text(left + length + 8, at + 17, figure))
    return Figure(name, label, description, step * len(rows) + 4, tuple(marks))


def layer_columns(name: str, rows: Sequence[tuple[str, float, float]], label: str) -> Figure | None:
    """Share of latency (up) and of energy (down) of every layer, in the order they run.

    Args:
        name: of the figure.
        rows: name, latency and energy of each layer.
        label: what it shows.
    """
    seconds, energy = math.fsum(row[1] for row in rows), math.fsum(row[2] for row in rows)
    if not rows or seconds <= 0 or energy <= 0:
        return None
    middle, left = 140, 70
    scale = (middle - 16) / max(max(row[1] / seconds, row[2] / energy) for row in rows)
    step = (WIDTH - left - 10) / len(rows)
    marks = [line(left, middle, WIDTH - 10, middle, "grid")]
    for index, (layer, latency, spent) in enumerate(rows):
        up, down = latency / seconds, spent / energy
        note = f"{layer}: {up:.2%} of latency, {down:.2%} of energy"
        at, width = left + index * step, max(step - 1, 0.5)
        marks.append(rect(at, middle - up * scale, width, up * scale, "bar", note))
        marks.append(rect(at, middle, width, down * scale, "second", note))
    marks += [text(left - 8, 24, "latency", anchor="end"), text(left - 8, 264, "energy", anchor="end")]
    longest, costliest = max(rows, key=lambda row: row[1]), max(rows, key=lambda row: row[2])
    said = (
        f"{longest[0]} takes most time, {longest[1] / seconds:.1%}; "
        f"{costliest[0]} most energy, {costliest[2] / energy:.1%}."
    )
    return Figure(name, label, said, 280, tuple(marks))


def best_so_far(runs: Mapping[str, Sequence[TrialPoint]], unit: str) -> Figure | None:
    """The best feasible value of several runs, trial by trial."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for run, trials in runs.items():
        best, curve = math.inf, []
        for trial in trials:
            if trial.feasible and 0 < trial.value < best:
                best = trial.value
                curve.append((trial.number, best))
        if curve:
            curves[run] = [*curve, (trials[-1].number, best)]
    if not curves:
        return None
    x = Scale(0, max(curve[-1][0] for curve in curves.values()) + 1, 76, WIDTH - 12, logarithmic=False)
    y = Scale.around([value for curve in curves.values() for _, value in curve], 300, 34)
    marks = axes(x, y, "trial", f"best so far ({unit})")
    for index, (run, curve) in enumerate(curves.items()):
        steps = "".join(f"H{x.at(number):.1f}V{y.at(value):.1f}" for number, value in curve[1:])
        start = f"M{x.at(curve[0][0]):.1f},{y.at(curve[0][1]):.1f}"
        marks.append(f'<path class="l{index % 4}" d="{start}{steps}"/>')
        marks.append(line(WIDTH - 230, 46 + 18 * index, WIDTH - 200, 46 + 18 * index, f"l{index % 4}"))
        marks.append(text(WIDTH - 194, 50 + 18 * index, run[:28]))
    ends = "; ".join(f"{run} ends at {curve[-1][1]:.4g} {unit}" for run, curve in curves.items())
    return Figure("best-so-far", "Best feasible value so far, run by run", ends + ".", 344, tuple(marks))
