"""Slices of a front: which there are."""

from __future__ import annotations

import math

import pytest

from cosearch.problem.axes import load_axes
from cosearch.search.front.slices import first_slices, laid, scale_of, steps_of

PLANE = load_axes(("edp", "area"))


def test_the_best_of_every_figure_that_layers_can_be_mapped_for_comes_first() -> None:
    firsts = first_slices(load_axes(("edp", "area", "latency", "power")))
    assert [one.goal for one in firsts] == [0, 2]
    assert firsts[0].place == (0, 0, 0)
    assert all(limit == math.inf for one in firsts for limit in one.limits)


@pytest.mark.parametrize("trials", [1, 24, 400, 4000])
@pytest.mark.parametrize("axes", [2, 3, 4])
def test_no_more_slices_than_trials_are_there_for(axes: int, trials: int) -> None:
    slices = (steps_of(axes, trials) + 1) ** (axes - 1)
    assert slices <= max(27, 2 ** (axes - 1))
    assert steps_of(axes, trials) >= 1


def test_limits_reach_both_ends_and_fall() -> None:
    scale = scale_of(PLANE[1], math.log(20), math.log(0.04), 19)
    assert scale[0] == math.log(20)
    assert scale[-1] == math.log(0.04)
    assert scale == sorted(scale, reverse=True)
    assert scale_of(PLANE[1], 1.0, 1.0, 5) == [1.0]


def test_slices_are_laid_from_the_loosest() -> None:
    slices = laid([[3.0, 2.0, 1.0], [0.5, 0.1]])
    assert [one.place for one in slices] == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]
    assert slices[-1].limits == (math.inf, 1.0, 0.1)
