"""The roofline plot: what every layer achieves over what it computes with each byte, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from accel_models.roofline import RooflinePoint
from cosearch.reports.chart import Chart
from cosearch.reports.roofline import NetworkRoofline
from cosearch.reports.series import COLOURS, DASHES, SYMBOLS, Axis, Series

GIGA = 1e9


def roofline_chart(series: Sequence[NetworkRoofline], name: str = "roofline", opens: str = "") -> Chart:
    """One or several networks and machines on one plot.

    A mark, of another shape for each of several series, stands at what a layer, or a group, achieves over its intensity
    at the outermost memory as mapped; its size grows with its share of the time, its colour says what binds. The line
    to its right leads to the intensity of the algorithm; the dash above is what the array's shape allows it.

    Args:
        series: at least one.
        name: of the chart.
        opens: id of the table of its layers.
    """
    bindings = _binding(series)

    def whose(one: NetworkRoofline) -> str:
        return f"{one.name}: " if len(series) > 1 else ""

    drawn = [
        part
        for number, one in enumerate(series)
        for part in (*_spans(one, whose(one)), *_marks(one, number, bindings, whose(one)))
    ]
    known = [one.accelerator for one in series]
    roofs = [one for number, one in enumerate(series) if one.accelerator not in known[:number]]
    shown = [across for part in drawn for across in part.x if across is not None]
    lines = [line for one in roofs for line in _roof(one, min(shown), max(shown), len(series) > 1)]
    return Chart(
        name,
        "Roofline: the heavy line is the whole array, a slope is a memory (inner ones count their own traffic); a mark "
        "is a layer, or a group, as mapped, larger the more time it takes; the dash above is what the array's shape "
        "allows it, the line to the side leads to the intensity of the algorithm",
        _said(series),
        Axis("MACs a byte of DRAM traffic", logarithmic=True),
        Axis("10^9 MACs a second", logarithmic=True),
        (*lines, *drawn),
        opens,
    )


def _binding(series: Sequence[NetworkRoofline]) -> list[str]:
    """What binds some layer, the array first and then the memories from the outermost: so colours mean the same."""
    known = dict.fromkeys(level.name for one in series for level in one.accelerator.levels)
    found = {point.bound_by for one in series for point in one.points}
    return [name for name in ("compute", *known, *sorted(found - known.keys() - {"compute"})) if name in found]


def _roof(one: NetworkRoofline, least: float, most: float, named: bool) -> list[Series]:
    """The array's rate over the intensities shown, and each memory's slope up to its ridge."""
    giga = one.accelerator.clock_hz / GIGA
    whose = f" of {one.accelerator.name}" if named else ""
    peak = one.roof.macs_per_cycle * giga
    lines = [Series(f"{one.roof.macs_per_cycle} MACs a cycle{whose}", "line", (least, most), (peak, peak), "ink")]
    for index, (level, rate) in enumerate(one.roof.bytes_per_cycle.items()):
        ridge = min(most, one.roof.ridges[level])
        if ridge > least:
            ends = (least * rate * giga, ridge * rate * giga)
            dash = DASHES[1 + index % (len(DASHES) - 1)]
            lines.append(Series(f"{level}{whose} {rate * giga:.4g} GB/s", "line", (least, ridge), ends, "ink", dash))
    return lines


def _placed(one: NetworkRoofline) -> list[tuple[RooflinePoint, float, float, float]]:
    """The layers that were mapped: point, share of the time, intensity as mapped, 10^9 MACs a second."""
    outermost, giga = one.accelerator.levels[0].name, one.accelerator.clock_hz / GIGA
    return [
        (point, share, point.mapped_intensity.get(outermost, point.intensity), point.achieved * giga)
        for point, share in zip(one.points, one.time_shares, strict=True)
        if point.achieved is not None
    ]


def _spans(one: NetworkRoofline, whose: str) -> list[Series]:
    """How far each layer is from its algorithm, and what the array's shape allows it."""
    across: list[float | None] = []
    up: list[float | None] = []
    placed, giga = _placed(one), one.accelerator.clock_hz / GIGA
    allowed = [point.ceilings["array"] * giga for point, *_ in placed]
    for (point, _, mapped, rate), most in zip(placed, allowed, strict=True):
        across += [point.intensity, mapped, mapped, None]
        up += [rate, rate, most, None]
    labels = [f"{point.layer.name}: the array's shape allows {most:.4g}" for (point, *_), most in zip(placed, allowed)]
    at = [mapped for _, _, mapped, _ in placed]
    return [
        Series(f"{whose}to the algorithm, to the shape", "line", across, up, "hair"),
        Series(f"{whose}what the shape allows", "points", at, allowed, "ink", symbol="line-ew", labels=labels),
    ]


def _marks(one: NetworkRoofline, number: int, bindings: Sequence[str], whose: str) -> list[Series]:
    """The layers, a series for each of what binds them."""
    marks = []
    for index, binding in enumerate(bindings):
        own = [placed for placed in _placed(one) if placed[0].bound_by == binding]
        if not own:
            continue
        what = "the array" if binding == "compute" else binding
        marks.append(
            Series(
                f"{whose}bound by {what}",
                "points",
                [mapped for _, _, mapped, _ in own],
                [rate for *_, rate in own],
                COLOURS[index % len(COLOURS)],
                symbol=SYMBOLS[number % len(SYMBOLS)],
                sizes=[7 + 32 * math.sqrt(share) for _, share, _, _ in own],
                labels=[point.layer.name for point, *_ in own],
                notes=[_note(one, point, share) for point, share, _, _ in own],
                layers=True,
            )
        )
    return marks


def _note(one: NetworkRoofline, point: RooflinePoint, share: float) -> str:
    giga = one.accelerator.clock_hz / GIGA
    assert point.achieved is not None
    return (
        f"{point.achieved * giga:.4g} of {point.attainable * giga:.4g} attainable, lost {point.lost:.3g}x; "
        f"{share:.1%} of the time; bound by {point.bound_by}"
    )


def _said(series: Sequence[NetworkRoofline]) -> str:
    said = []
    for one in series:
        seconds: dict[str, float] = {}
        for point, share in zip(one.points, one.time_shares, strict=True):
            seconds[point.bound_by] = seconds.get(point.bound_by, 0.0) + share
        shares = ", ".join(f"{name} {share:.0%}" for name, share in sorted(seconds.items(), key=lambda item: -item[1]))
        said.append(f"{one.name}: {len(one.points)} marks; share of the time by what binds: {shares}.")
    return " ".join(said)
