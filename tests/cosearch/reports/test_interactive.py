"""Columns of charts: short ones as they are, long ones packed, without a figure that changes on a screen."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest

from cosearch.reports.interactive import LONG, plot
from cosearch.reports.series import Axis, Series


def column(values: list[Any], labels: list[str] | None = None) -> dict[str, Any]:
    one = Series("s", "points", values, [1.0] * len(values), labels=labels or ())
    (trace,) = plot(Axis("x"), Axis("y"), [one])["data"]
    return dict(trace)


def unpacked(packed: dict[str, str]) -> list[float]:
    raw = base64.b64decode(packed["f4"])
    return list(struct.unpack(f"<{len(raw) // 4}f", raw))


def test_a_long_column_keeps_six_digits() -> None:
    values = [1.23456789e-6 * 1.07**power for power in range(LONG)]
    assert unpacked(column(values)["x"]) == pytest.approx(values, rel=1e-6)
    assert column(values[1:])["x"] == [float(f"{value:.6g}") for value in values[1:]]


@pytest.mark.parametrize("odd", [None, "a layer", 2**24 + 1, 1e-40, 1e40])
def test_what_a_32_bit_float_cannot_hold_stays_as_it_is(odd: Any) -> None:
    values = [1.0] * LONG + [odd]
    assert column(values)["x"] == values


def test_labels_that_count_are_packed_and_others_are_not() -> None:
    numbers = list(range(5, 5 + LONG))
    found = column([1.0] * LONG, [f"trial {number}" for number in numbers])["text"]
    assert (found["word"], unpacked(found)) == ("trial ", numbers)
    for others in (["layer.03"] * LONG, ["a 1", *["b 1"] * (LONG - 1)], ["conv"] * LONG):
        assert column([1.0] * LONG, others)["text"] == others


def test_ticks_of_small_figures_within_a_decade_have_their_own_exponents() -> None:
    def ticks(*values: float) -> Any:
        axis = Axis("EDP", logarithmic=True)
        return plot(axis, axis, [Series("designs", "points", values, values)])["layout"]["yaxis"].get("tickformat")

    assert ticks(3.5e-6, 9.5e-6) == "~e"
    assert ticks(3.5e-6, 9.5e-5) is None  # powers of ten
    assert ticks(3.5, 9.5) is None
