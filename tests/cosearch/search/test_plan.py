"""A plan counts the mappings that the search then evaluates, without evaluating most of them."""

from __future__ import annotations

from typing import Any

import pytest

from cosearch import Budget, CoSearch
from cosearch.executors.serial import Serial
from cosearch.search.loop import SearchLoop
from cosearch.search.observer import SilentObserver
from cosearch.search.plan import describe, plan

OPTIONS: dict[str, Any] = {"networks": ("alexnet",), "mapper_budget": 10, "population": 8}


@pytest.mark.parametrize("sampler, trials", [("race", 48), ("race", 5), ("random", 20), ("cmaes", 8)])
def test_a_plan_counts_what_is_evaluated(sampler: str, trials: int) -> None:
    options = CoSearch(budget=Budget.parse("area=2mm2"), sampler=sampler, trials=trials, **OPTIONS).options
    expected = plan(options)
    assert (expected.trials, expected.generations) == (trials, -(-trials // 8))
    found = SearchLoop(options, SilentObserver(), None).explore(Serial(1))
    share = expected.mappings / found.evaluations
    # A race is played with bounds in place of costs.
    assert share == pytest.approx(1.0, rel=0.3 if sampler == "race" else 0.0)
    assert expected.expected_s > 0
    assert f"{expected.mappings:,} mappings" in describe(expected)


def test_a_plan_is_the_same_for_any_number_of_processes() -> None:
    one, four = (plan(CoSearch(budget=Budget.parse("area=2mm2"), trials=40, jobs=jobs, **OPTIONS)) for jobs in (1, 4))
    assert one.mappings == four.mappings
