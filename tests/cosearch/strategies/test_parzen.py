"""Densities over codes: they are distributions, and draws have them."""

from __future__ import annotations

import numpy as np
import pytest

from cosearch.strategies.parzen import Parzen, kernel
from nets.spaces import Decision

SIZES, KINDS = Decision("size", (1, 2, 3, 4)), Decision("kind", ("a", "b", "c"), ordered=False)
EXAMPLES = np.array([[0, 1], [3, 2], [3, 3]])
"""In the last the kind means nothing."""
POINTS = np.array([[size, kind] for size in range(4) for kind in range(3)])


@pytest.mark.parametrize("decision", [SIZES, KINDS, Decision("one", (7,))])
def test_a_kernel_is_a_distribution_that_keeps_the_choice_and_knows_neighbours(decision: Decision) -> None:
    table = kernel(decision, 5)
    assert table.sum(1) == pytest.approx(1)
    assert (table.argmax(1) == np.arange(len(table))).all()
    if decision.ordered and len(table) > 2:
        assert table[0, 1] > table[0, 2] > table[0, 3]
    if not decision.ordered:
        assert table[0, 1] == table[0, 2]


@pytest.mark.parametrize("joint", [True, False])
def test_draws_have_the_density(joint: bool) -> None:
    parzen = Parzen([SIZES, KINDS], EXAMPLES)
    density = np.exp(parzen.log_density(POINTS, joint))
    assert density.sum() == pytest.approx(1)
    rng = np.random.default_rng(0)
    drawn = [parzen.draw(rng, joint) for _ in range(20_000)]
    shares = [sum(one == list(point) for one in drawn) / len(drawn) for point in POINTS]
    assert shares == pytest.approx(list(density), abs=0.012)


def test_what_means_nothing_counts_for_nothing() -> None:
    parzen = Parzen([SIZES, KINDS], EXAMPLES)
    hidden = np.array([[size, 3] for size in range(4)])
    assert np.exp(parzen.log_density(hidden, joint=True)).sum() == pytest.approx(1)


def test_drawn_together_decisions_go_together() -> None:
    parzen = Parzen([SIZES, KINDS], np.array([[0, 0], [3, 2]] * 10))
    matched, mixed = np.array([[0, 0]]), np.array([[0, 2]])
    assert parzen.log_density(matched, True)[0] > parzen.log_density(mixed, True)[0] + 1
    assert parzen.log_density(matched, False)[0] == pytest.approx(parzen.log_density(mixed, False)[0], abs=0.2)
