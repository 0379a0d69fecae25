"""Several objectives: which designs are on the front, and how much it dominates."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosearch.evaluation.design import Design
from cosearch.evaluation.front import hypervolumes, pareto
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
