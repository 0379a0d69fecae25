"""A chart as a drawing that stands still: for files, notebooks and documents."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from cosearch.reports.figure import WIDTH, Scale, axes, circle, escaped, line, rect, text
from cosearch.reports.series import Axis, Series

TOP, BOTTOM, LEFT, RIGHT = 34.0, 320.0, 76.0, WIDTH - 12.0
STEP: Final = 26
"""Height of a bar among others below one another, with the space to the next."""
LONGEST_BESIDE: Final = 40
"""Characters of a name that has room for another one beside it."""
DASHES: Final = {"dash": "8 3", "dot": "3 3", "dashdot": "10 3 2 3"}


def draw(x_axis: Axis, y_axis: Axis, series: Sequence[Series]) -> tuple[tuple[str, ...], float]:
    """SVG elements, the legend below them, and how high they are together."""
    if any(one.kind == "rows" for one in series):
        return _rows(series)
    if not series:
        return (), 20
    x = Scale.around(list(_numbers(one.x for one in series)), LEFT, RIGHT, logarithmic=x_axis.logarithmic)
    columns = [one for one in series if one.kind == "bars"]
    ground = [0.0] if columns else []
    y = Scale.around([*ground, *_numbers(one.y for one in series)], BOTTOM, TOP, logarithmic=y_axis.logarithmic)
    marks = axes(x, y, x_axis.title, y_axis.title)
    for one in series:
        if one.kind == "bars":
            marks += _columns(one, columns.index(one), len(columns), x, y)
        else:
            marks += _marks(one, x, y)
    legend, height = _legend(series)
    return (*marks, *legend), height


def _numbers(many: Iterator[Sequence[float | str | None]]) -> Iterator[float]:
    return (value for values in many for value in values if isinstance(value, int | float))


def _points(one: Series) -> Iterator[list[tuple[int, float, float]]]:
    """Index, x and y of the points, one list for each unbroken line."""
    run: list[tuple[int, float, float]] = []
    for index, (across, up) in enumerate(zip(one.x, one.y, strict=True)):
        if isinstance(across, int | float) and isinstance(up, int | float):
            run.append((index, across, up))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _marks(one: Series, x: Scale, y: Scale) -> list[str]:
    marks = []
    for run in _points(one):
        places = [(x.at(across), y.at(up)) for _, across, up in run]
        match one.kind:
            case "points":
                for (index, _, _), (across, up) in zip(run, places, strict=True):
                    size = one.sizes[index if len(one.sizes) > 1 else 0]
                    marks.append(_symbol(one, across, up, size / 2, _note(one, index)))
            case "steps":
                corners = [(after[0], before[1]) for before, after in pairwise(places)]
                both = [point for pair in zip(places, corners) for point in pair] + places[-1:]
                marks.append(_path(both, _stroke(one)))
            case "band":
                marks.append(_path(places, 'class="band"'))
            case _:
                marks.append(_path(places, _stroke(one)))
    return marks


def _note(one: Series, index: int) -> str:
    said = one.labels[index] if one.labels else f"{one.name}: {one.x[index]:.4g}, {one.y[index]:.4g}"
    return f"{said}: {one.notes[index]}" if one.notes else said


def _stroke(one: Series) -> str:
    dash = f' stroke-dasharray="{DASHES[one.dash]}"' if one.dash in DASHES else ""
    return f'class="s-{one.colour}"{dash}'


def _path(places: Sequence[tuple[float, float]], kind: str) -> str:
    return f'<path {kind} d="M{"L".join(f"{across:.1f},{up:.1f}" for across, up in places)}"/>'


def _symbol(one: Series, x: float, y: float, radius: float, note: str) -> str:
    kind = f"s-{one.colour}" if one.hollow else f"f-{one.colour} mark"
    if one.symbol == "line-ew":
        return line(x - radius, y, x + radius, y, f"s-{one.colour}")
    if one.symbol == "circle":
        return circle(x, y, radius, kind, note)
    if one.symbol == "square":
        return rect(x - 0.9 * radius, y - 0.9 * radius, 1.8 * radius, 1.8 * radius, kind, note)
    size = 1.25 * radius
    corners = [(0.0, -size), (size, 0.0), (0.0, size), (-size, 0.0)]
    if one.symbol == "triangle-up":
        corners = [(0.0, -size), (size, size), (-size, size)]
    points = " ".join(f"{x + across:.1f},{y + down:.1f}" for across, down in corners)
    return f'<polygon class="{kind}" points="{points}"><title>{escaped(note)}</title></polygon>'


def _columns(one: Series, place: int, count: int, x: Scale, y: Scale) -> list[str]:
    """Upright bars, those of several series beside one another."""
    (points,) = _points(one)
    wide = 0.85 * (RIGHT - LEFT) / max(len(points), 1) / count
    marks = []
    for index, across, up in points:
        left = x.at(across) + wide * (place - count / 2)
        marks.append(rect(left, y.at(up), wide, y.at(0.0) - y.at(up), f"f-{one.colour}", _note(one, index)))
    return marks


def _rows(series: Sequence[Series]) -> tuple[tuple[str, ...], float]:
    """Bars below one another, with their names before and their figures behind."""
    (one,) = series
    left = 170
    values = [value for value in one.x if value is not None]
    marks, longest = [], max(values)
    for index, (part, value, said) in enumerate(zip(one.y, values, one.labels, strict=True)):
        at, length = index * STEP, max((WIDTH - left - 190) * value / longest, 1)
        marks.append(text(left - 8, at + 17, str(part), anchor="end"))
        marks.append(rect(left, at + 4, length, 18, f"f-{one.colour}", f"{part}: {said}"))
        marks.append(text(left + length + 8, at + 17, said))
    return tuple(marks), STEP * len(values) + 4


def _legend(series: Sequence[Series]) -> tuple[list[str], float]:
    """Names of the series, two beside one another if they are short, and where the drawing ends; nothing for one."""
    if len(series) < 2:
        return [], BOTTOM + 48
    marks, beside = [], 2 if max(len(one.name) for one in series) <= LONGEST_BESIDE else 1
    for index, one in enumerate(series):
        across, at = LEFT + 320 * (index % beside), BOTTOM + 66 + 20 * (index // beside)
        if one.kind in ("points", "bars"):
            marks.append(_symbol(one, across + 8, at - 4, 5, one.name))
        elif one.kind == "band":
            marks.append(rect(across, at - 10, 16, 12, "band"))
        else:
            marks.append(_path([(across, at - 4), (across + 16, at - 4)], _stroke(one)))
        marks.append(text(across + 24, at, one.name))
    return marks, BOTTOM + 60 + 20 * math.ceil(len(series) / beside)
