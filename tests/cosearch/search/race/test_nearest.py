"""The nearest of what is known: those that looking at everything finds, to the last bit, whatever was asked before."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosearch.bounds.boxes import Floats, Ints
from cosearch.search.race import nearest
from cosearch.search.race.nearest import NEAREST, Nearest

COORDINATES = 9
KNOWN = [("kind", "i8"), ("place", "f8", (COORDINATES,))]


def drawn(rng: np.random.Generator, count: int) -> tuple[Ints, Floats]:
    """Kinds and places, many of them equally far from each other."""
    return rng.integers(0, 4, count), rng.integers(0, 3, (count, COORDINATES)) * rng.choice([0.3, 1.1])


def looked_at_all(kinds: Ints, places: Floats, known: np.ndarray, apart: float) -> tuple[Floats, Ints]:
    squares = ((places[:, None, :] - known["place"][None]) ** 2).sum(axis=2)
    squares += np.where(kinds[:, None] == known["kind"], 0.0, apart**2)
    order = np.argsort(squares, axis=1, kind="stable")[:, :NEAREST]
    return np.take_along_axis(squares, order, axis=1), order


@pytest.mark.parametrize("apart", [1.0, 0.2, math.inf])
@pytest.mark.parametrize("forgotten", [4096, 60])
def test_it_is_what_looking_at_everything_finds(apart: float, forgotten: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "FORGOTTEN", forgotten)
    monkeypatch.setattr(nearest, "AT_ONCE", 2000)
    rng, found = np.random.default_rng(3), Nearest(apart)
    known = np.zeros(0, KNOWN)
    followed = drawn(rng, 40)
    for learnt in (1, 1, 1, 1, 5, 40, 3, 90, 1, 16, 17, 200):
        more = np.zeros(learnt, KNOWN)
        more["kind"], more["place"] = drawn(rng, learnt)
        known = np.concatenate([known, more])
        fresh = drawn(rng, int(rng.integers(1, 30)))
        asked = [np.concatenate(pair) for pair in zip(fresh, followed, fresh)]
        squares, at = found.of(*asked, known)
        for row, (truly, stands) in enumerate(zip(*looked_at_all(*asked, known, apart))):
            near = np.isfinite(truly)
            assert (squares[row, : len(truly)] == truly).all()
            assert np.isinf(squares[row, len(truly) :]).all()
            assert (at[row, : len(truly)][near] == stands[near]).all()


def test_what_was_not_asked_about_lately_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "FORGOTTEN", 50)
    rng, found = np.random.default_rng(3), Nearest(1.0)
    known = np.zeros(5, KNOWN)
    for _ in range(40):
        found.of(np.zeros(20, np.int64), rng.random((20, COORDINATES)), known)
    assert len(found._slots) <= 3 * 50
    assert len(found._memory) <= 4 * 50


def test_designs_without_coordinates_are_all_as_near() -> None:
    """As where a single machine is searched: nothing tells designs apart but their kind."""
    known = np.zeros(3, [("kind", "i8"), ("place", "f8", (0,))])
    squares, at = Nearest(math.inf).of(np.zeros(1, np.int64), np.zeros((1, 0)), known)
    assert squares.tolist() == [[0, 0, 0, math.inf]]
    assert at[0, :3].tolist() == [0, 1, 2]
