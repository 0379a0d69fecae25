"""Charts in the page: their data for Plotly, which the page carries (:mod:`.library`)."""

from __future__ import annotations

import base64
import math
import re
import struct
from collections.abc import Sequence
from html import escape
from typing import Any, Final

from cosearch.reports.printable import one_line
from cosearch.reports.series import Axis, Series

HEIGHT_PIXELS: Final = 420
ROW_PIXELS: Final = 30
"""Height of a bar among others below one another."""
WORDS_BEHIND: Final = 1.45
"""How much longer than the longest bar an axis is, for the words behind it."""
SMALL: Final = 1e-3
"""Below this a tick has an exponent of its own."""
MANY: Final = 1e4
"""From here to a thousand times as many, counts are written out."""
WIDEST_DIGITS: Final = 6
"""Significant digits of a value on the page: finer than any screen."""
LONG: Final = 100
"""From so many numbers on a column is packed."""


def plot(x: Axis, y: Axis, series: Sequence[Series]) -> dict[str, Any]:
    """Traces and what is special in the layout; a string that begins with two dashes names a colour of the page."""
    rows = [len(one.y) for one in series if one.kind == "rows"]
    layout: dict[str, Any] = {
        "height": HEIGHT_PIXELS,
        "xaxis": _axis(x, [one.x for one in series]),
        "yaxis": _axis(y, [one.y for one in series]),
    }
    if rows:
        layout["height"] = 60 + ROW_PIXELS * max(rows)
        layout["yaxis"] |= {"autorange": "reversed", "type": "category", "showgrid": False}
        longest = max(value for one in series for value in one.x if value is not None)
        layout["xaxis"] |= {"range": [0, longest * WORDS_BEHIND], "showgrid": False}
    return {"data": [_trace(one, x, y) for one in series], "layout": layout}


def _axis(axis: Axis, many: Sequence[Sequence[float | str | None]]) -> dict[str, Any]:
    """A logarithmic axis of more than a decade has ticks at 1, 2 and 5, of more than three at powers of ten."""
    found: dict[str, Any] = {"title": {"text": _words(axis.title)}, "type": "log" if axis.logarithmic else "linear"}
    values = [value for some in many for value in some if isinstance(value, int | float)]
    if axis.logarithmic and values:
        decades = math.log10(max(values) / min(values))
        if decades > 1:
            found["dtick"] = "D2" if decades < 3 else math.ceil(decades / 6)
        elif max(values) < SMALL:
            found["tickformat"] = "~e"  # the library's own would be 0.45e-5
    elif values and MANY <= max(values) < MANY * 1000:
        found["tickformat"] = ","  # and not 0.2e+5
    return found


def _trace(one: Series, x: Axis, y: Axis) -> dict[str, Any]:
    trace: dict[str, Any] = {"name": _words(one.name), "x": _values(one.x), "y": _values(one.y)}
    colour = f"--{one.colour}"
    if one.labels:
        trace["text"] = _numbered(one.labels) or [_words(label) for label in one.labels]
    if one.notes:
        trace["customdata"] = [_words(note) for note in one.notes]
    if one.layers:
        trace["meta"] = "layers"
    match one.kind:
        case "bars" | "rows":
            trace |= {"type": "bar", "marker": {"color": colour}}
            if one.kind == "rows":
                trace |= {"orientation": "h", "textposition": "outside", "cliponaxis": False, "hoverinfo": "none"}
                return trace
            trace["textposition"] = "none"  # names are for the pointer
        case "points":
            sizes = list(one.sizes) if len(one.sizes) > 1 else one.sizes[0]
            symbol = f"{one.symbol}-open" if one.hollow or one.symbol == "line-ew" else one.symbol
            trace |= {"mode": "markers", "marker": {"color": colour, "size": sizes, "symbol": symbol, "opacity": 0.85}}
        case "band":
            trace |= {"mode": "lines", "fill": "toself", "fillcolor": "--faint", "hoverinfo": "skip"}
            return trace | {"line": {"width": 0}}
        case "line" | "steps":
            line = {"color": colour, "dash": one.dash, "width": 2, "shape": "hv" if one.kind == "steps" else "linear"}
            trace |= {"mode": "lines", "line": line}
    trace["hovertemplate"] = _hover(one, x, y)
    return trace


def _hover(one: Series, x: Axis, y: Axis) -> str:
    """What shows beside a point; nothing in bold, which the library would style in a way that the policy refuses."""
    lines = ["%{text}"] if one.labels else []
    lines += [f"{_words(axis.title)}: %{{{at}:.4g}}" for at, axis in (("x", x), ("y", y))]
    if one.notes:
        lines = [*lines[:1], "%{customdata}"]
    return "<br>".join(lines) + f"<extra>{_words(one.name)}</extra>"


def _words(text: str) -> str:
    """Words as the library wants them, which reads a little HTML in every text and fills in what stands in braces."""
    return escape(one_line(text)).replace("{", "&#123;")


def _values(values: Any) -> Any:
    values = list(values)
    return _packed(values) or [
        float(f"{value:.{WIDEST_DIGITS}g}") if isinstance(value, float) else _named(value) for value in values
    ]


def _packed(values: Sequence[Any]) -> dict[str, str] | None:
    """A long column as base64 of 32-bit floats, half as long as its digits; ``None`` where it is none.

    They keep seven digits; larger counts and figures beyond their range stay as they are.
    """
    if len(values) < LONG or not all(_kept(value) for value in values):
        return None
    return {"f4": base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()}


def _kept(value: Any) -> bool:
    if isinstance(value, int):
        return abs(value) <= 2**24
    return isinstance(value, float) and (value == 0 or 1e-30 < abs(value) < 1e30)


def _numbered(labels: Sequence[str]) -> dict[str, str] | None:
    """Many labels that are the same word before a number, as the word and the numbers; ``None`` where they are not."""
    parts = [re.fullmatch(r"(\D*)(0|[1-9]\d*)", label, re.ASCII) for label in labels]
    if not parts or not all(parts) or len({part[1] for part in parts if part}) > 1:
        return None
    packed = _packed([int(part[2]) for part in parts if part])
    return packed and {"word": _words(labels[0].rstrip("0123456789")), **packed}


def _named(value: Any) -> Any:
    return _words(value) if isinstance(value, str) else value
