"""Budgets with a range: what they stand for, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosearch.problem.budget import Budget
from cosearch.problem.sweep import Sweep
from nets.errors import InputError


@pytest.mark.parametrize(
    "text, points, limits",
    [
        ("area=1..16mm2", 5, (1, 2, 4, 8, 16)),
        ("area=1..3mm2:1mm2", None, (1, 2, 3)),
        ("area=1mm2..3mm2:1mm2", None, (1, 2, 3)),
        ("area=1..3.5mm2:1mm2", None, (1, 2, 3)),
        ("area=5mm2|1mm2|1mm2", None, (1, 5)),
        ("latency=10..40ms", 3, (0.01, 0.02, 0.04)),
        ("pes=16..100", 3, (16, 40, 100)),
        ("sram=64KiB..256KiB", 3, (65536, 131000, 262144)),
    ],
)
def test_limits(text: str, points: int | None, limits: tuple[float, ...]) -> None:
    assert Sweep.parse([text], points).limits == pytest.approx(limits, rel=1e-12)


def test_limits_that_are_close_are_told_apart() -> None:
    sweep = Sweep.parse(["area=1.00001mm2|1.00002mm2|3mm2"])
    assert [sweep.shown(limit) for limit in sweep.limits] == ["1.00001mm2", "1.00002mm2", "3mm2"]


def test_other_limits_stay() -> None:
    sweep = Sweep.parse(["area=1..2mm2,latency=10ms", "power=1W"], 2)
    assert sweep.budgets() == [Budget.parse(f"area={area}mm2,latency=10ms,power=1W") for area in (1, 2)]


@given(
    st.sampled_from(["area=0.3..7.7mm2", "power=3..900mW", "pes=7..977", "bandwidth=1..25.6GB/s"]), st.integers(2, 40)
)
def test_texts_are_read_to_the_last_digit(text: str, points: int) -> None:
    sweep = Sweep.parse([f"{text},energy=3.3mJ"], points)
    assert [Budget.parse(written) for written in sweep.texts()] == sweep.budgets()
    assert list(sweep.limits) == sorted(set(sweep.limits))
    assert len({sweep.shown(limit) for limit in sweep.limits}) == len(sweep.limits)


@pytest.mark.parametrize(
    "texts, points, rule",
    [
        (["area=5mm2"], None, "has no limit that varies"),
        (["area=1..5mm2,power=1W|2W"], None, "is the second limit that varies"),
        (["area=1..5mm2,area=3mm2"], None, "is given twice"),
        (["area=1..5mm2", "area=3mm2"], None, "is limited twice"),
        (["area=5..1mm2"], None, "write 1mm2..5"),
        (["area=1..5"], None, "needs a unit"),
        (["area=1..5mm2:2"], None, "needs a unit"),
        (["area=1..5mm2"], 1, "at least 2"),
        (["area=1..5mm2"], 1000, "at most 200"),
        (["area=1..500mm2:1mm2"], None, "at most 200"),
        (["area=1mm2|5mm2"], 3, "is of a range that has no step"),
        (["aera=1..5mm2"], None, "did you mean 'area'?"),
    ],
)
def test_what_is_refused(texts: list[str], points: int | None, rule: str) -> None:
    with pytest.raises(InputError) as raised:
        Sweep.parse(texts, points)
    assert rule in str(raised.value)
