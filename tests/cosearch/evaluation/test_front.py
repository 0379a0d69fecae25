"""Several objectives: which designs are on the front, and how much it dominates."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosearch.evaluation.design import Design
from cosearch.evaluation.front import dominated_share, hypervolumes, pareto, telling, volume
from cosearch.problem.axes import Axis

PLANE = (
    Axis("x", "x", ""),
    Axis("y", "y", "", larger=True),
)


def point(x: float, y: float, feasible: bool = True) -> Design:
    figures = {"x": math.exp(x), "y": y}
    return cast(Design, SimpleNamespace(x=x, y=y, feasible=feasible, value=x, figure=figures.__getitem__))


POINTS = st.lists(st.builds(point, st.integers(0, 9), st.integers(0, 9), st.booleans()), min_size=1, max_size=30)


@given(POINTS)
def test_the_front_is_what_nothing_feasible_beats(points: list[Any]) -> None:
    front = cast(list[Any], pareto(points, PLANE))
    feasible = [p for p in points if p.feasible]
    for p in feasible:
        beaten = any(q.x <= p.x and q.y >= p.y and (q.x < p.x or q.y > p.y) for q in feasible)
        assert (p in front) != beaten
    assert [p.x for p in front] == sorted(p.x for p in front)


@given(POINTS)
def test_a_front_only_grows(points: list[Any]) -> None:
    shares = hypervolumes(points, PLANE, step=2)
    assert len(shares) == (len(points) + 1) // 2
    assert shares == sorted(shares)
    assert all(0.0 <= share <= 1.0 + 1e-12 for share in shares)


def test_hypervolume_of_a_staircase() -> None:
    """Corners (0, 0) and (4, 4) of the box; (1, 3) leaves 3/4 x 3/4, then (2, 4) adds 2/4 x 1/4; y is made large."""
    points = [point(0, 0), point(4, 4), point(1, 3), point(2, 4), point(0, 4, feasible=False)]
    assert hypervolumes(points, PLANE, step=1) == pytest.approx([0, 0, 9 / 16, 11 / 16, 11 / 16])


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=12))
def test_a_volume_is_what_optuna_says(losses: list[tuple[float, ...]]) -> None:
    assert volume(losses, (1.0,) * 3) == pytest.approx(dominated_share(losses), abs=1e-9)


def test_volumes_known_by_hand() -> None:
    assert volume([], (1.0, 1.0)) == 0.0
    assert volume([(0.0, 0.0)], (2.0, 3.0)) == 6.0
    assert volume([(0.0, 0.5), (0.5, 0.0), (0.6, 0.6)], (1.0, 1.0)) == 0.75
    assert volume([(0.0, 2.0)], (1.0, 1.0)) == 0.0


@given(POINTS, st.integers(2, 6))
def test_the_designs_that_tell_most_hold_the_ends_and_dominate_what_is_best_at_each_step(
    points: list[Any], count: int
) -> None:
    front = pareto(points, PLANE)
    if not front:
        return
    told = telling(front, PLANE, count)
    assert len(told) == min(count, len(front)) or len({(p.x, p.y) for p in cast(list[Any], front)}) < len(front)
    assert min(p.x for p in cast(list[Any], told)) == min(p.x for p in cast(list[Any], front))
    assert max(p.y for p in cast(list[Any], told)) == max(p.y for p in cast(list[Any], front))
    rows = [tuple(axis.loss(design) for axis in PLANE) for design in front]
    worst = tuple(max(column) for column in zip(*rows))
    kept = volume([tuple(axis.loss(design) for axis in PLANE) for design in told], worst)
    assert kept <= volume(rows, worst) + 1e-9
