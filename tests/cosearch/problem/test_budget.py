"""Budgets: what is read, what is refused and where the caret points, what a design breaks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosearch import Budget
from cosearch.problem.budget import QUANTITIES
from nets.documents.grammar import TextError
from nets.errors import InputError


def test_reads_every_quantity() -> None:
    text = "area=5mm2,power=500mW,latency=10ms,energy=2mJ,pes=256,sram=512KiB,bandwidth=25.6GB/s,noc=64words/cycle"
    assert Budget.parse(text) == Budget(
        area_mm2=5.0,
        power_w=0.5,
        latency_s=0.01,
        energy_j=0.002,
        pes=256.0,
        sram_bytes=524288.0,
        bandwidth_gb_s=25.6,
        noc_words_per_cycle=64.0,
    )


def test_several_texts_make_one_budget_and_spaces_do_not_matter() -> None:
    assert Budget.parse(" area = 5 mm2 ", "latency=10ms") == Budget.parse("area=5mm2,latency=10ms")


@pytest.mark.parametrize(
    "text, column, said",
    [
        ("area=5", 6, "did you mean 5mm2?"),
        ("latency=7", 9, "did you mean 7ms?"),
        ("area=-1mm2", 5, "greater than zero"),
        ("area=0mm2", 5, "greater than zero"),
        ("area=5kg", 6, "has no unit of area: mm2, um2"),
        ("area=5MM2", 6, "did you mean 5mm2?"),
        ("area=nan", 5, "finite"),
        ("area=inf mm2", 5, "finite"),
        ("power=1e400W", 6, "finite"),
        ("area=mm2", 5, "must be a number"),
        ("area=", 5, "must be a number"),
        ("area", 4, "needs a limit"),
        ("aera=5mm2", 0, "did you mean 'area'?"),
        ("area=5mm2,area=6mm2", 10, "given twice"),
        ("area=5mm2,,pes=8", 10, "nothing between two commas"),
        ("pes=3.5", 4, "whole number"),
        ("pes=8W", 5, "is a count"),
        ("", 0, "at least one limit"),
    ],
)
def test_refuses_with_a_caret_under_the_character(text: str, column: int, said: str) -> None:
    with pytest.raises(TextError) as caught:
        Budget.parse(text)
    message, shown, caret = str(caught.value).split("\n")
    assert said in message
    assert shown.strip() == text.strip()
    assert caret == " " * (4 + column) + "^"
    assert caught.value.exit_status == 2


def test_a_limit_in_two_texts_is_given_twice() -> None:
    with pytest.raises(TextError, match="twice"):
        Budget.parse("area=5mm2", "area=6mm2")


@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan, math.inf])
def test_limits_are_checked_without_text_too(limit: float) -> None:
    with pytest.raises(InputError, match="budget: area"):
        Budget(area_mm2=limit)


@st.composite
def limit_words(draw: st.DrawFn) -> tuple[str, str, float]:
    """(quantity, word, value in the unit of its field)."""
    quantity = QUANTITIES[draw(st.sampled_from(sorted(QUANTITIES)))]
    if not quantity.units:
        count = draw(st.integers(1, 10**6))
        return quantity.name, f"{quantity.name}={count}", float(count)
    unit = draw(st.sampled_from(sorted(quantity.units)))
    number = draw(st.floats(1e-6, 1e6, allow_nan=False))
    return quantity.name, f"{quantity.name}={number!r}{unit}", number * quantity.units[unit]


@given(st.lists(limit_words(), min_size=1, max_size=7, unique_by=lambda drawn: drawn[0]))
def test_what_is_written_is_what_is_read(drawn: list[tuple[str, str, float]]) -> None:
    budget = Budget.parse(",".join(word for _, word, _ in drawn))
    assert budget.limits() == {
        name: value for name, _, value in sorted(drawn, key=lambda d: list(QUANTITIES).index(d[0]))
    }
    again = Budget.parse(str(budget))
    assert again.limits() == pytest.approx(budget.limits(), rel=1e-3)


@given(st.text(alphabet="area=5m2,kgW.eE+-n/ ", max_size=24))
def test_any_text_is_read_or_refused(text: str) -> None:
    caught = None
    try:
        limits = Budget.parse(text).limits()
    except TextError as error:
        limits, caught = {}, error
    assert all(0 < limit < math.inf for limit in limits.values())
    assert (caught is None) == bool(limits)
    assert caught is None or 0 <= caught.column <= len(text)


def test_violations_name_what_is_exceeded_and_by_how_much() -> None:
    budget = Budget.parse("area=5mm2,latency=10ms")
    assert budget.violations({"area": 5.0, "latency": 0.01, "power": 99.0}) == ()
    (broken,) = budget.violations({"area": 6.0, "latency": 0.002})
    assert str(broken) == "area 6 mm2 exceeds the limit of 5 mm2 by 20.00%"
    (broken,) = budget.violations({"area": 1.0, "latency": math.inf})
    assert "without bound" in str(broken)
    assert budget.violations({"area": math.nan})
