"""Where no resolution is asked for, few MACs decide; what nothing reaches is said."""

from __future__ import annotations

import math

import pytest

from cosearch.executors.serial import Serial
from cosearch.problem.budget import Budget
from cosearch.problem.options import CoSearchOptions
from cosearch.search.resolutions import cheapest, fewest_macs, resolutions_of, specify_workload
from nets.accuracy import load_predictor
from nets.errors import InfeasibleError

PREDICTOR = load_predictor("ofa-mbv3-w1.0")
BUDGET = Budget.parse("area=2mm2")


def test_an_accuracy_out_of_reach_says_the_highest() -> None:
    highest = PREDICTOR.highest_reachable()[1].top1_percent
    with pytest.raises(InfeasibleError, match=f"highest reachable is {highest:.2f} %"):
        cheapest(PREDICTOR, 78.0, {r: fewest_macs(PREDICTOR, 78.0, r, 0) for r in resolutions_of(PREDICTOR)})


def test_the_resolution_of_fewest_macs_is_searched() -> None:
    assert cheapest(PREDICTOR, 75.0, {160: math.inf, 192: 2e8, 224: 3e8}) == [192]


def test_a_resolution_that_is_asked_for_is_searched() -> None:
    options = CoSearchOptions(budget=BUDGET, resolution=208)
    spec = specify_workload(options, Serial())
    assert spec.resolutions == (208,)
    assert spec.make().resolutions == (208,)


def test_a_workload_is_made_once_and_anew_where_that_is_wanted() -> None:
    spec = specify_workload(CoSearchOptions(budget=BUDGET, networks=("squeezenet1_1",)), Serial())
    made = spec.make()
    assert spec.load() is made
    assert spec.make() is not made
