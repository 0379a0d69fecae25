"""Fronts: what they keep, their hull, and that a watched search sees what the exhaustive one does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_models import evaluate
from accel_models.mapping_arrays import from_arrays
from mappings import Front, layer_front, search
from nets import Layer
from nets.errors import InfeasibleError, InputError
from tests.mappings.mapper_conformance import CONV, FREE

points = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=1, max_size=14)
SMALL = Layer(name="small", K=4, C=2, P=3)


def front(rows: list[tuple[int, int]]) -> Front:
    energy, cycles = np.array(rows, dtype=float).T
    return Front.of(energy, cycles)


@given(points)
def test_a_front_keeps_what_nothing_beats(rows: list[tuple[int, int]]) -> None:
    kept = set(zip(*(figures.tolist() for figures in (front(rows).energy_pj, front(rows).cycles))))
    expected = {p for p in rows if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in rows)}
    assert kept == expected
    assert len(front(rows)) == len(expected)


@given(points)
def test_the_hull_holds_the_best_of_every_weighted_sum_and_nothing_else(rows: list[tuple[int, int]]) -> None:
    at = front(rows)
    hull = at.hull.tolist()
    slopes = [(b[0] - a[0]) / (a[1] - b[1]) for a in rows for b in rows if a[1] > b[1] and b[0] > a[0]]
    weights = sorted({0.0, 1e6, *slopes, *(s + 1e-4 for s in slopes), *(s - 1e-4 for s in slopes)})
    best = set()
    for weight in weights:
        sums = at.energy_pj + weight * at.cycles
        assert sums[hull].min() <= sums.min() + 1e-9
        best |= set(np.flatnonzero(sums <= sums.min() + 1e-9).tolist())
    assert set(hull) <= best
    assert (np.diff(at.energy_pj[hull]) > 0).all()


def test_infinite_points_are_left_out_and_senseless_ones_refused() -> None:
    at = Front.of(np.array([np.inf, 3.0]), np.array([np.inf, 2.0]))
    assert at.energy_pj.tolist() == [3.0]
    with pytest.raises(InputError, match="one length"):
        Front.of(np.ones(2), np.ones(3))
    for value in (-1.0, np.nan):
        with pytest.raises(InputError, match="at least 0"):
            Front.of(np.array([1.0, value]), np.ones(2))


def test_the_front_of_an_exhaustive_search_holds_each_optimum_and_its_points_are_what_their_mappings_cost() -> None:
    options = {"mapper": "exhaustive", "tiles": "perfect"}
    at = layer_front(SMALL, FREE, budget=3_000_000, objectives=["edp"], **options)
    for objective, figures in (("energy", at.energy_pj), ("latency", at.cycles), ("edp", at.energy_pj * at.cycles)):
        best = search(SMALL, FREE, objective=objective, budget=3_000_000, **options)
        assert figures.min() == best.score
    assert at.mappings is not None
    for i in range(len(at)):
        cost = evaluate(SMALL, FREE, from_arrays(SMALL, FREE, at.mappings, i))
        assert (cost.energy_pj, cost.cycles) == (at.energy_pj[i], at.cycles[i])


def test_watching_changes_no_answer() -> None:
    at = layer_front(CONV, FREE, budget=200, objectives=["edp"], seed=5)
    assert (at.energy_pj * at.cycles).min() == search(CONV, FREE, budget=200, seed=5).score


def test_a_layer_that_fits_nowhere_is_named() -> None:
    with pytest.raises(InfeasibleError, match="'conv'"):
        layer_front(CONV, FREE, constraints=["L1.tile.K = 24", "L1.tile.P = 9"])
