"""Multiply-accumulate units by kind of number."""

from __future__ import annotations

import pytest

from accel_models.arithmetic import FP8_OVER_INT8, floating_mac, integer_mac
from accel_models.precision import Precision
from nets.errors import InputError


def test_bfloat16_keeps_the_ratios_of_its_source() -> None:
    """Jouppi et al., ISCA 2021, table 2, 7 nm: multiply 0.21 against 0.34 pJ, add 0.11 against 0.16."""
    brain, half = floating_mac(16, 8, 16), floating_mac(16, 5, 16)
    assert brain.pj == pytest.approx(1.1 * 0.21 / 0.34 + 0.4 * 0.11 / 0.16)
    assert brain.um2 < half.um2
    assert floating_mac(16, 8, 32).pj == pytest.approx(1.1 * 0.21 / 0.34 + 0.9)


def test_units_are_ordered_by_what_they_multiply() -> None:
    kinds = [integer_mac(4, 4, 24), integer_mac(8, 8, 24), floating_mac(8, 4, 32), floating_mac(16, 8, 32)]
    kinds += [floating_mac(16, 5, 32), floating_mac(32, 8, 32)]
    assert [mac.pj for mac in kinds] == sorted(mac.pj for mac in kinds)
    assert [mac.um2 for mac in kinds] == sorted(mac.um2 for mac in kinds)


def test_eight_bits_of_floating_point_lie_in_the_published_range() -> None:
    integers = integer_mac(8, 8, 32)
    for exponent in (4, 5):
        assert FP8_OVER_INT8[0] < floating_mac(8, exponent, 32).pj / integers.pj < FP8_OVER_INT8[1]


def test_half_the_bits_save_what_a_chip_measured() -> None:
    """Keller et al., VLSI 2022: 91.1 TOPS/W with integers of 4 bits, 39.1 with 8, at 0.46 V."""
    assert integer_mac(8, 8, 24).pj / integer_mac(4, 4, 24).pj == pytest.approx(91.1 / 39.1, rel=0.1)


def test_kinds_of_a_machine() -> None:
    assert Precision(16, 16, 16, 32, True, 5) == Precision(16, 16, 16, 32, True)  # IEEE 754's own
    assert Precision(16, 16, 16, 32, True, 8).bfloat
    assert not Precision(16, 16, 16, 32, True).bfloat
    for given, said in (
        ({"weight": 8, "input": 8, "psum": 32, "floating": True}, "one kind that has sourced figures"),
        ({"weight": 8, "input": 8, "psum": 16, "floating": True, "exponent": 4}, "psum.*must be 32"),
        ({"weight": 16, "input": 8, "psum": 32, "floating": True, "exponent": 4}, "operands of one kind"),
        ({"exponent": 4}, "is of floating point"),
    ):
        with pytest.raises(InputError, match=said):
            Precision(**given)
