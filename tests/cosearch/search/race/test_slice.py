"""A slice: what it ranks, what it asks of networks, which are beside each other."""

from __future__ import annotations

import math

import pytest

from cosearch.evaluation.demand import Demand
from cosearch.problem.axes import load_axes
from cosearch.problem.budget import Budget
from cosearch.search.race.slice import BROKEN, Slice
from cosearch.strategies.points import Outcome


def test_a_slice_ranks_what_keeps_its_limits_before_what_does_not() -> None:
    one = Slice(0, (math.inf, 1.0), (1,))
    kept, near, far = (one.merit(Outcome(0.0, losses)) for losses in ((5.0, 1.0), (1.0, 1.1), (1.0, 2.0)))
    assert kept == 5.0 < BROKEN < near < far
    broken = Outcome(BROKEN + 3.0, (1.0, 0.5), (0.1,))
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


def test_slices_one_step_apart_are_beside_each_other_and_ends_are_beside_none() -> None:
    whole = Slice.whole(3)
    assert whole.apart(Slice(0, (math.inf, 1.0, math.inf), (1, 0))) == 1
    assert whole.apart(Slice(0, (math.inf, 1.0, 1.0), (1, 2))) == 3
    assert Slice(1, whole.limits).apart(Slice(0, whole.limits, (1, 0))) == 0
