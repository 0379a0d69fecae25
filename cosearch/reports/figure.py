"""A figure: SVG marks with a title and a description, for the page or for a file of its own.

Colours are Okabe and Ito's, which colour-blind readers tell apart. They come from a style sheet, so that a figure
follows the reader's light or dark mode; every mark carries its numbers as a ``<title>``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files

from cosearch.reports.printable import one_line

WIDTH = 720


@dataclass(frozen=True, slots=True)
class Figure:
    """One drawing.

    Attributes:
        name: of its file, and of its ids in the page.
        title: what it shows. description: the same for those who cannot see it, with the main numbers.
        height: of the drawing; it is :data:`WIDTH` wide.
        marks: SVG elements, already escaped.
    """

    name: str
    title: str
    description: str
    height: float
    marks: tuple[str, ...] = field(repr=False)

    def inline(self) -> str:
        """For the page, whose style sheet colours it; it scrolls sideways where the screen is narrow."""
        words = f"<figcaption>{escaped(self.title)}</figcaption>"
        return f'<figure><div class="scroll" tabindex="0">{self._svg("")}</div>{words}</figure>'

    def file(self) -> str:
        """For a file of its own, with its colours and its background."""
        ground = f'<rect class="ground" width="{WIDTH}" height="{self.height:g}"/>'
        return self._svg(f"<style>{style('figures.css')}</style>{ground}")

    def _repr_svg_(self) -> str:
        """What a notebook shows."""
        return self.file()

    def _svg(self, inside: str) -> str:
        marks = "\n".join(self.marks)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height:g}" class="figure" role="img" '
            f'aria-labelledby="{self.name}-title {self.name}-desc">'
            f'<title id="{self.name}-title">{escaped(self.title)}</title>'
            f'<desc id="{self.name}-desc">{escaped(self.description)}</desc>{inside}\n{marks}\n</svg>\n'
        )


def escaped(words: str) -> str:
    """Words between tags: XML has no place for characters that do not print, so these become escapes."""
    return escape(one_line(words))


def style(name: str) -> str:
    """A file that stands beside this module: a style sheet or a script."""
    return files("cosearch.reports").joinpath(name).read_text(encoding="utf-8")


def text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "") -> str:
    """A line of text."""
    shown = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{shown}>{escaped(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def rect(x: float, y: float, width: float, height: float, kind: str, note: str = "") -> str:
    """A rectangle; ``note`` shows under the pointer."""
    inside = f"<title>{escaped(note)}</title>" if note else ""
    return f'<rect class="{kind}" x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}">{inside}</rect>'


def circle(x: float, y: float, radius: float, kind: str, note: str) -> str:
    """A round mark; ``note`` shows under the pointer."""
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"><title>{escaped(note)}</title></circle>'


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from ``low`` to ``high`` along a line from ``start`` to ``end``, by their logarithm or as they are."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = True

    @classmethod
    def around(cls, values: list[float], start: float, end: float, *, logarithmic: bool = True) -> Scale:
        """A scale with some room around ``values``, of which there is at least one."""
        low, high = min(values), max(values)
        if logarithmic:
            room = max((high / low) ** 0.06, 1.05)
            return cls(low / room, high * room, start, end)
        width = max((high - low) * 0.06, abs(high) * 0.01, 1e-9)
        return cls(low - width, high + width, start, end, logarithmic=False)

    def at(self, value: float) -> float:
        """Where a value stands."""
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round values along it: a few, whatever the span."""
        if not self.logarithmic:
            return _steps(self.low, self.high)
        decades = math.log10(self.high / self.low)
        if decades < 0.7:
            return _steps(self.low, self.high)
        digits = (1, 2, 5) if decades < 3 else (1,)
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        every = max(1, math.ceil(decades / 7))
        values = [digit * 10.0**power for power in powers if power % every == 0 for digit in digits]
        return [value for value in values if self.low <= value <= self.high]


def _steps(low: float, high: float) -> list[float]:
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step)
    return [number * step for number in range(first, math.floor(high / step) + 1)]


def axes(x: Scale, y: Scale, x_label: str, y_label: str) -> list[str]:
    """Grid, tick labels and names of a horizontal and a vertical scale."""
    marks = []
    for tick in y.ticks():
        at = y.at(tick)
        marks += [line(x.start, at, x.end, at, "grid"), text(x.start - 6, at + 4, f"{tick:.4g}", anchor="end")]
    for tick in x.ticks():
        at = x.at(tick)
        marks += [line(at, y.start, at, y.end, "grid"), text(at, y.start + 18, f"{tick:.4g}", anchor="middle")]
    marks.append(text(x.end, y.start + 38, x_label, anchor="end", kind="name"))
    marks.append(text(x.start - 6, y.end - 10, y_label, kind="name"))
    return marks
