"""A plot of networks by two figures: marks with names, error bars where a figure is an estimate, joined or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cosearch.reports.figure import WIDTH, Figure, Scale, axes, circle, line, text

BOTTOM: Final = 380.0
LETTER: Final = 6.2
"""Width of a small letter, about."""


@dataclass(frozen=True, slots=True)
class Point:
    """One network.

    Attributes:
        x, y: its figures.
        label: its name beside the mark; none when empty.
        error: of y; 0 where it is no estimate.
    """

    x: float
    y: float
    label: str = ""
    error: float = 0.0


@dataclass(frozen=True, slots=True)
class Series:
    """Networks of one kind; ``joined`` by a line in the order of x."""

    name: str
    points: Sequence[Point]
    joined: bool = False


def scatter(
    name: str,
    title: str,
    description: str,
    series: Sequence[Series],
    x_label: str,
    y_label: str,
    *,
    logarithmic: tuple[bool, bool],
) -> Figure:
    """The plot.

    Args:
        name, title, description: of the figure.
        series: at least one, of colours in turn.
        x_label, y_label: of the axes.
        logarithmic: whether (x, y) are.
    """
    every = [point for one in series for point in one.points]
    x = Scale.around([point.x for point in every], 76, WIDTH - 12, logarithmic=logarithmic[0])
    ends = [point.y + sign * point.error for point in every for sign in (-1, 1)]
    y = Scale.around(ends, BOTTOM, 34, logarithmic=logarithmic[1])
    marks = axes(x, y, x_label, y_label)
    for number, one in enumerate(series):
        marks += _drawn(one, number, x, y)
    marks += _labels([(x.at(point.x), y.at(point.y), point.label) for point in every if point.label], x.end)
    for number, one in enumerate(series):
        at = BOTTOM + 66 + 20 * number
        marks.append(circle(x.start, at - 4, 5, f"c{number % 6} mark", one.name))
        marks.append(text(x.start + 12, at, one.name))
    return Figure(name, title, description, BOTTOM + 60 + 20 * len(series), tuple(marks))


def _drawn(one: Series, number: int, x: Scale, y: Scale) -> list[str]:
    marks = []
    if one.joined:
        path = " ".join(f"{x.at(p.x):.1f},{y.at(p.y):.1f}" for p in sorted(one.points, key=lambda point: point.x))
        marks.append(f'<polyline class="l{number % 4}" points="{path}"/>')
    for point in one.points:
        across, up = x.at(point.x), y.at(point.y)
        known = f" ± {point.error:.2g}" if point.error else ""
        if point.error:
            marks.append(line(across, y.at(point.y - point.error), across, y.at(point.y + point.error), "hair"))
        words = f"{point.label or one.name}: {point.x:.4g}, {point.y:.4g}{known}"
        marks.append(circle(across, up, 4.5, f"c{number % 6} mark", words))
    return marks


def _labels(places: Sequence[tuple[float, float, str]], end: float) -> list[str]:
    """Names beside their marks where they cover nothing drawn before; the pointer shows the others."""
    taken = [(across - 5, up - 5, across + 5, up + 5) for across, up, _ in places]
    marks = []
    for across, up, label in places:
        width = LETTER * len(label)
        for left, base in (
            (across + 8, up + 4),
            (across - 8 - width, up + 4),
            (across - width / 2, up - 9),
            (across - width / 2, up + 18),
        ):
            box = (left, base - 10, left + width, base + 2)
            if left > 78 and box[2] < end and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                marks.append(text(left, base, label, kind="small"))
                break
    return marks


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
