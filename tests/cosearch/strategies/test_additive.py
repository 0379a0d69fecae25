"""Sums over decisions: means, their gradients and bounds against enumeration; the table of a mobile space."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosearch.nas.mobile_tables import mobile_tables
from cosearch.strategies.additive import Additive, Floats, Term
from nets.spaces import Block, MobileSpace, load_space

SIZES = (3, 2, 4)


def drawn(seed: int) -> tuple[Additive, list[Floats]]:
    """A sum whose terms share the first decision, and independent probabilities."""
    rng = np.random.default_rng(seed)
    terms = tuple(Term(by, rng.normal(size=[SIZES[number] for number in by])) for by in ((0,), (0, 1), (1, 0, 2)))
    return Additive(terms), [rng.dirichlet(np.ones(size)) for size in SIZES]


@given(st.integers(0, 1000))
def test_mean_and_bounds_are_those_of_the_enumeration(seed: int) -> None:
    figure, p = drawn(seed)
    every = list(itertools.product(*map(range, SIZES)))
    mean = sum(figure.value(codes) * math.prod(p[n][c] for n, c in enumerate(codes)) for codes in every)
    assert figure.expected(p) == pytest.approx(mean)
    low, high = figure.bounds
    values = [figure.value(codes) for codes in every]
    assert low <= min(values) + 1e-12
    assert high >= max(values) - 1e-12


@given(st.integers(0, 1000))
def test_expected_cost_of_a_certain_choice_is_the_table_s(seed: int) -> None:
    figure, _ = drawn(seed)
    codes = tuple(int(np.random.default_rng(seed).integers(size)) for size in SIZES)
    certain = [np.eye(size)[code] for size, code in zip(SIZES, codes)]
    assert figure.expected(certain) == pytest.approx(figure.value(codes))


@given(st.integers(0, 1000))
def test_gradient_is_the_difference_quotient(seed: int) -> None:
    figure, p = drawn(seed)
    slopes = figure.gradient(p)
    for number, size in enumerate(SIZES):
        for choice in range(size):
            ends = []
            for sign in (1, -1):
                moved = [share.copy() for share in p]
                moved[number][choice] += sign * 1e-6
                ends.append(figure.expected(moved))
            assert slopes[number][choice] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-6)


def cost(block: Block) -> Floats:
    return np.array([block.macs, block.params], dtype=np.float64)


@pytest.fixture(scope="module")
def digits() -> MobileSpace:
    space = load_space("ofa-digits")
    assert isinstance(space, MobileSpace)
    return space


def test_the_table_of_a_mobile_space_gives_every_subnet(digits: MobileSpace) -> None:
    macs, params = mobile_tables(digits, cost)
    rng = np.random.default_rng(0)
    for _ in range(50):
        config = digits.sample(rng)
        codes = digits.encode(config)
        assert (macs.value(codes), params.value(codes)) == digits.macs_params(config)


def test_the_bounds_of_a_mobile_space_are_its_smallest_and_largest(digits: MobileSpace) -> None:
    for index, table in enumerate(mobile_tables(digits, cost)):
        ends = [digits.macs_params(config)[index] for config in (digits.min_config(), digits.max_config())]
        assert table.bounds == pytest.approx(ends)
