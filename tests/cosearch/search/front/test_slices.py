"""Slices of a front: which there are, what they rank, what they ask of networks."""

from __future__ import annotations

import math

import pytest

from cosearch.evaluation.demand import Demand
from cosearch.problem.axes import load_axes
from cosearch.problem.budget import Budget
from cosearch.search.front.slices import BROKEN, Slice, first_slices, laid, scale_of, steps_of
from cosearch.strategies.points import Outcome

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


def test_a_slice_ranks_what_keeps_its_limits_before_what_does_not() -> None:
    one = Slice(0, (math.inf, 1.0), (1,))
    kept, near, far = (one.merit(Outcome(0.0, losses)) for losses in ((5.0, 1.0), (1.0, 1.1), (1.0, 2.0)))
    assert kept == 5.0 < BROKEN < near < far
    broken = Outcome(BROKEN + 3.0, (1.0, 0.5), {"power": 0.1})
    assert one.merit(broken) == BROKEN + 3.0


def test_what_a_slice_asks_of_networks() -> None:
    axes = load_axes(("edp", "latency", "accuracy"))
    one = Slice(0, (math.inf, math.log(2e-3), -76.0), (1, 1))
    demand = Demand.of(one.knobs(axes, {-76.0: 0.5}))
    assert demand.accuracy == 0.5
    assert demand.latency_s == pytest.approx(2e-3)
    assert demand.budget(Budget(latency_s=1e-3)).latency_s == 1e-3
    assert demand.budget(Budget()).latency_s == demand.latency_s
    assert one.budget(axes, Budget(area_mm2=2.0)) == Budget(area_mm2=2.0, latency_s=demand.latency_s)
    end = Demand.of(Slice(1, (math.inf,) * 3).knobs(axes, {}))
    assert end.goal == "latency"
    assert end.budget(Budget()) == Budget()
