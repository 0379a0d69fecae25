"""What one run says of another seed: wirings near the best, and what the last trials still gained."""

from __future__ import annotations

import math

import pytest

from cosearch.evaluation.spread import Spread


def test_wirings_are_ranked_by_their_best_trial() -> None:
    trials = [
        ("K", 9.0),
        ("P Q", 4.0),
        ("K", 4.1),
        ("C", math.inf),
        ("G", 8.0),
        ("P Q", 5.0),
        ("C K", 4.6),
        ("P Q", 3.9),
    ]
    spread = Spread.of(trials)
    assert spread is not None
    assert (spread.trials, spread.wirings, spread.near) == (8, 4, 1)
    assert (spread.best, spread.next) == ("P Q", "K")
    assert spread.next_excess == pytest.approx(4.1 / 3.9 - 1)
    assert spread.late_gain == pytest.approx(1 - 3.9 / 4.0)


def test_one_wiring_has_none_beside_it() -> None:
    spread = Spread.of([("K", 2.0), ("K", 1.0)])
    assert spread is not None
    assert spread.near == 1
    assert spread.late_gain == 0.0
    assert spread.to_dict()["next_wiring"] is spread.to_dict()["next_excess"] is None


def test_a_first_design_at_the_end_is_all_gain() -> None:
    spread = Spread.of([("K", math.inf)] * 3 + [("K", 1.0)])
    assert spread is not None
    assert spread.late_gain == 1.0


def test_nothing_is_said_of_designs_that_break_limits() -> None:
    assert Spread.of([("K", math.inf)]) is None
    assert Spread.of([]) is None
