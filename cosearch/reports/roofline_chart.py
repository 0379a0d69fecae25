"""The roofline plot: what every layer achieves over what it computes with each byte, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from accel_models.accelerator import Accelerator
from accel_models.roofline import RooflinePoint
from cosearch.reports.figure import WIDTH, Figure, Scale, axes, circle, escaped, line, rect, text
from cosearch.reports.roofline import NetworkRoofline

TOP, BOTTOM, LEFT = 40.0, 380.0, 76.0
COLOURS = ("c0", "c1", "c2", "c3", "c4", "c5")


def roofline_chart(series: Sequence[NetworkRoofline], name: str = "roofline") -> Figure:
    """One or several networks and machines on one plot.

    A round mark (square, diamond, triangle for further series) stands at what a layer, or a group, achieves over its
    intensity at the outermost memory as mapped; its size grows with its share of the time, its colour says what binds.
    The hair to its right leads to the intensity of the algorithm; the dash above is what the array's shape allows it.

    Args:
        series: at least one.
        name: of the figure.
    """
    intensities, rates = [], []
    for one in series:
        giga = one.accelerator.clock_hz / 1e9
        outermost = one.accelerator.levels[0].name
        rates.append(one.accelerator.macs_per_cycle * giga)
        for point in one.points:
            intensities += [point.intensity, point.mapped_intensity.get(outermost, point.intensity)]
            rates += [rate * giga for rate in (point.achieved, point.attainable) if rate is not None]
    x = Scale.around(intensities, LEFT, WIDTH - 12)
    y = Scale.around(rates, BOTTOM, TOP)
    marks = axes(x, y, "MACs a byte of DRAM traffic", "10^9 MACs a second")
    bound = _binding(series)
    roofs: list[Accelerator] = []
    for number, one in enumerate(series):
        if one.accelerator not in roofs:
            marks += _roof(one, x, y, len(series) > 1)
            roofs.append(one.accelerator)
        for point, share in zip(one.points, one.time_shares, strict=True):
            marks += _layer(one, point, share, x, y, COLOURS[bound.index(point.bound_by) % 6], number)
    legend = [
        (COLOURS[i % 6], f"bound by {'the array' if what == 'compute' else what}") for i, what in enumerate(bound)
    ]
    for index, (colour, words) in enumerate(legend):
        marks.append(rect(LEFT + 150 * (index % 4), BOTTOM + 58, 12, 12, colour))
        marks.append(text(LEFT + 18 + 150 * (index % 4), BOTTOM + 68, words))
    if len(series) > 1:
        for number, one in enumerate(series):
            at = BOTTOM + 92 + 20 * number
            marks.append(_mark(LEFT + 6, at - 4, 6, "c0 mark", one.name, number))
            marks.append(text(LEFT + 18, at, one.name))
    title = (
        "Roofline: the flat line is the whole array, a slope is a memory (inner ones count their own traffic); a mark "
        "is a layer, or a group, as mapped, larger the more time it takes; the dash above is what the array's shape "
        "allows it, the hair leads to the intensity of the algorithm"
    )
    return Figure(name, title, _said(series), BOTTOM + 84 + (20 * len(series) if len(series) > 1 else 0), tuple(marks))


def _binding(series: Sequence[NetworkRoofline]) -> list[str]:
    """What binds some layer, the array first and then the memories from the outermost: so colours mean the same."""
    known = dict.fromkeys(level.name for one in series for level in one.accelerator.levels)
    found = {point.bound_by for one in series for point in one.points}
    return [name for name in ("compute", *known, *sorted(found - known.keys() - {"compute"})) if name in found]


def _roof(one: NetworkRoofline, x: Scale, y: Scale, named: bool) -> list[str]:
    giga = one.accelerator.clock_hz / 1e9
    peak = y.at(one.roof.macs_per_cycle * giga)
    whose = f" of {one.accelerator.name}" if named else ""
    marks = [line(x.start, peak, x.end, peak, "roof")]
    marks.append(
        text(x.end - 4, peak - 5, f"{one.roof.macs_per_cycle} MACs a cycle{whose}", anchor="end", kind="small")
    )
    for level, rate in one.roof.bytes_per_cycle.items():
        low = max(x.low, y.low / (rate * giga))
        high = min(x.high, one.roof.ridges[level])
        if high <= low:
            continue
        start, end = (x.at(low), y.at(low * rate * giga)), (x.at(high), y.at(high * rate * giga))
        marks.append(line(*start, *end, "slope"))
        middle = math.sqrt(low * high)
        slant = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
        at = x.at(middle), y.at(middle * rate * giga) - 5
        words = f"{level}{whose} {rate * giga:.4g} GB/s"
        if math.hypot(end[0] - start[0], end[1] - start[1]) > 7 * len(words):
            turn = f'transform="rotate({slant:.1f} {at[0]:.1f} {at[1]:.1f})"'
            place = f'x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="middle" {turn}'
            marks.append(f'<text class="small" {place}>{escaped(words)}</text>')
    return marks


def _layer(
    one: NetworkRoofline, point: RooflinePoint, share: float, x: Scale, y: Scale, colour: str, number: int
) -> list[str]:
    if point.achieved is None:
        return []
    giga = one.accelerator.clock_hz / 1e9
    mapped = point.mapped_intensity.get(one.accelerator.levels[0].name, point.intensity)
    across, up = x.at(mapped), y.at(point.achieved * giga)
    allowed = y.at(point.ceilings["array"] * giga)
    own = ", ".join(f"{level} {value:.3g}" for level, value in point.mapped_intensity.items())
    note = (
        f"{point.layer.name} ({one.name}): {point.achieved * giga:.4g} of {point.attainable * giga:.4g} attainable, "
        f"lost {point.lost:.3g}x; {share:.1%} of the time; bound by {point.bound_by}; "
        f"MACs a byte {point.intensity:.3g}, as mapped {own}"
    )
    return [
        line(across, up, x.at(point.intensity), up, "hair"),
        line(across, up, across, allowed, "hair"),
        line(across - 5, allowed, across + 5, allowed, "allowed"),
        _mark(across, up, 3.5 + 16 * math.sqrt(share), f"{colour} mark", note, number),
    ]


def _mark(x: float, y: float, radius: float, kind: str, note: str, number: int) -> str:
    if number % 4 == 0:
        return circle(x, y, radius, kind, note)
    if number % 4 == 1:
        return rect(x - 0.9 * radius, y - 0.9 * radius, 1.8 * radius, 1.8 * radius, kind, note)
    size = 1.25 * radius
    corners = (
        [(0, -size), (size, 0), (0, size), (-size, 0)] if number % 4 == 2 else [(0, -size), (size, size), (-size, size)]
    )
    points = " ".join(f"{x + across:.1f},{y + down:.1f}" for across, down in corners)
    return f'<polygon class="{kind}" points="{points}"><title>{escaped(note)}</title></polygon>'


def _said(series: Sequence[NetworkRoofline]) -> str:
    said = []
    for one in series:
        seconds: dict[str, float] = {}
        for point, share in zip(one.points, one.time_shares, strict=True):
            seconds[point.bound_by] = seconds.get(point.bound_by, 0.0) + share
        shares = ", ".join(f"{name} {share:.0%}" for name, share in sorted(seconds.items(), key=lambda item: -item[1]))
        said.append(f"{one.name}: {len(one.points)} marks; share of the time by what binds: {shares}.")
    return " ".join(said)
