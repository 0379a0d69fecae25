"""What a chart shows, as data: series along two axes.

Colours are the names of variables in ``figures.css``; words are plain text, which whoever draws escapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

COLOURS = ("blue", "orange", "green", "purple", "amber", "sky")
"""Of series in turn."""
DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up")

Kind = Literal["points", "line", "steps", "band", "bars", "rows"]
"""Marks; a line straight from point to point; one that keeps a value until the next; an area around whose outline the
points run; columns; bars below one another, whose y are their names."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What runs along one side; ``logarithmic`` where all its values are positive."""

    title: str
    logarithmic: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """One thing that the legend names and switches.

    Attributes:
        name: in the legend.
        kind: how it is drawn.
        x, y: of the points; ``None`` in both interrupts a line.
        colour: one of :data:`COLOURS`, or ``ink``.
        dash: of a line, one of :data:`DASHES`. symbol: of marks, one of :data:`SYMBOLS` or ``line-ew``.
        hollow: marks are outlines.
        sizes: diameter of each mark in pixels, or one for all.
        labels: what each point is called; of a series of layers, the layers.
        notes: what more is said of each point.
        layers: whether the points are layers, which open in the table of layers.
    """

    name: str
    kind: Kind
    x: Sequence[float | None]
    y: Sequence[float | str | None]
    colour: str = "blue"
    dash: str = "solid"
    symbol: str = "circle"
    hollow: bool = False
    sizes: Sequence[float] = (7.0,)
    labels: Sequence[str] = ()
    notes: Sequence[str] = ()
    layers: bool = False
