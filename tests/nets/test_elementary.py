"""Exponential and logarithm against fifty digits, their edges, and sums that no order changes."""

from __future__ import annotations

import decimal
import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nets.elementary import arctan, exp, exps, least_where, log, log1p, logs, power, select_and_add, summable

DIGITS = decimal.Context(prec=50)


def ulps(found: float, exact: Decimal) -> float:
    return float(abs(Decimal(found) - exact) / Decimal(math.ulp(float(exact))))


@given(st.floats(-700.0, 709.0) | st.floats(-1.0, 1.0))
def test_exp_is_within_one_unit_in_the_last_place(x: float) -> None:
    assert ulps(exp(x), DIGITS.exp(Decimal(x))) < 1.0


@given(st.floats(5e-324, 1e308) | st.floats(0.5, 2.0))
def test_log_is_within_one_unit_in_the_last_place(x: float) -> None:
    assert ulps(log(x), DIGITS.ln(Decimal(x))) < 1.0


@given(st.floats(-0.9, 10.0) | st.floats(-1e-9, 1e-9))
def test_log1p_loses_nothing_near_zero(x: float) -> None:
    assert log1p(x) == pytest.approx(math.log1p(x), rel=1e-15, abs=0)


@given(st.floats(0.01, 1e6), st.floats(-3.0, 3.0))
def test_power(base: float, exponent: float) -> None:
    assert power(base, exponent) == pytest.approx(base**exponent, rel=2e-14)


@given(st.floats(-1e19, 1e19) | st.floats(-3.0, 3.0))
def test_arctan(x: float) -> None:
    assert arctan(x) == pytest.approx(math.atan(x), rel=4e-16, abs=0)


def test_edges() -> None:
    assert [exp(x) for x in (0.0, -0.0, -math.inf, -800.0, math.inf, 800.0)] == [1, 1, 0, 0, math.inf, math.inf]
    assert [log(x) for x in (1.0, 0.0, math.inf)] == [0.0, -math.inf, math.inf]
    assert all(math.isnan(value) for value in (exp(math.nan), log(math.nan), log(-1.0)))
    assert [log1p(x) for x in (0.0, -1.0, math.inf)] == [0.0, -math.inf, math.inf]
    assert exp(-745.0) == pytest.approx(5e-324)
    assert [power(2.0, 0.0), power(1.0, 0.37), power(0.0, 0.5)] == [1.0, 1.0, 0.0]


def test_arrays_have_the_bits_of_their_elements() -> None:
    x = np.random.default_rng(0).uniform(0.01, 50.0, (3, 4))
    assert exps(x).tolist() == [[exp(value) for value in row] for row in x.tolist()]
    assert logs(x).tolist() == [[log(value) for value in row] for row in x.tolist()]
    assert exps(x[:0]).shape == (0, 4)


@pytest.mark.parametrize("columns", [(), (5,)])
def test_selected_sums_do_not_depend_on_their_order(columns: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    selected = (rng.random((40, 300)) < 0.5).astype(np.float64)
    values = rng.standard_normal((300, *columns)) * 10.0 ** rng.integers(-6, 3, (300, *columns))
    found = select_and_add(selected, values)
    np.testing.assert_allclose(found, selected @ values, rtol=0, atol=300 * 1e3 * 2.0**-43)
    for _ in range(5):
        turn = rng.permutation(300)
        assert (select_and_add(selected[:, turn], values[turn]) == found).all()


def test_nothing_selected_and_nothing_but_zeros() -> None:
    assert select_and_add(np.zeros((2, 3)), np.ones(3)).tolist() == [0.0, 0.0]
    assert select_and_add(np.ones((2, 3)), np.zeros(3)).tolist() == [0.0, 0.0]
    assert select_and_add(np.ones((2, 3)), np.array([0.5, 0.25, -8.0])).tolist() == [-7.25, -7.25]


def test_what_is_summable_has_one_sum_and_stays_as_it_is() -> None:
    values = np.random.default_rng(2).standard_normal(300)
    rounded = summable(values)
    assert (summable(rounded) == rounded).all()
    assert float(sum(rounded.tolist())) == math.fsum(rounded) == float(sum(rounded.tolist()[::-1]))


@pytest.mark.parametrize("near", [0.0, 1.0, 70.0, 1e6])
def test_the_least_number_where_a_condition_holds(near: float) -> None:
    edge = math.sqrt(2.0)
    found = least_where(lambda x: x * x >= 2.0 and x > 0.0, near)
    assert found == pytest.approx(edge, rel=1e-15)
    assert found * found >= 2.0
    assert math.nextafter(found, 0.0) ** 2 < 2.0
    assert least_where(lambda x: False, -math.inf) == -math.inf
