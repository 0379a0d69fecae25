"""The workload of a search for networks: exact where subnets are shortest paths, by evolution elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosearch.evaluation.best_subnet import BestSubnet
from cosearch.evaluation.demand import Demand
from cosearch.problem.budget import Budget
from cosearch.problem.objective import load_objective
from cosearch.strategies.subnets import SubnetSearch
from nets.accuracy import load_predictor
from nets.spaces import load_space

SPACE, PREDICTOR = load_space("ofa-mbv3-w1.0"), load_predictor("ofa-mbv3-w1.0")
EDP = load_objective("edp")


@pytest.fixture(scope="module")
def search() -> SubnetSearch:
    return SubnetSearch(SPACE, PREDICTOR, 74.0, [176, 192])


def costs(search: SubnetSearch) -> tuple[np.ndarray, np.ndarray]:
    macs = np.array([float(layer.macs) for layer in search.layers]) + 1e4
    return macs, macs * np.exp(np.random.default_rng(0).normal(0, 0.3, len(macs))) * 1e-12


def test_the_exact_subnet_depends_on_no_draw_and_no_memory(search: SubnetSearch) -> None:
    workload, (energy, latency) = BestSubnet(search, EDP, Budget(), 0), costs(search)
    assert workload.exact
    assert "exact" in workload.method
    (found,) = workload.evaluate(energy, latency, 3)
    assert BestSubnet(search, EDP, Budget(), 1).evaluate(energy, latency, 9, last=True) == (found,)
    assert found.config is not None
    assert PREDICTOR.predict(found.config).top1_percent >= 74.0


def test_a_demand_raises_the_floor(search: SubnetSearch) -> None:
    workload, (energy, latency) = BestSubnet(search, EDP, Budget(), 0), costs(search)
    accuracies = [workload.evaluate(energy, latency, 0, demand=Demand(d))[0].accuracy for d in (0.0, 0.5, 1.0)]
    assert None not in accuracies
    assert 74.0 <= accuracies[0] < accuracies[1] < accuracies[2] <= search.highest  # type: ignore[operator]
    assert accuracies[1] >= (74.0 + search.highest) / 2 - 1e-9  # type: ignore[operator]


def test_the_highest_accuracy_is_reached(search: SubnetSearch) -> None:
    top = search.demanding(search.highest)
    (found,) = BestSubnet(top, EDP, Budget(), 0).evaluate(*costs(search), 0)
    assert found.accuracy == search.highest


@pytest.mark.parametrize("confidence", [0.3, 0.9])
def test_a_subnet_is_as_sure_as_is_asked_under_every_demand_and_limit(confidence: float) -> None:
    search = SubnetSearch(SPACE, PREDICTOR, 74.0, [176, 192], confidence)
    energy, latency = costs(search)
    (free,) = BestSubnet(search, EDP, Budget(), 0).evaluate(energy, latency, 0)
    for budget in (Budget(), Budget(latency_s=free.latency_s / 2)):
        workload = BestSubnet(search, EDP, budget, 0)
        assert workload.method == "shortest path"
        for demand in (0.0, 0.5, 1.0):
            (found,) = workload.evaluate(energy, latency, 0, demand=Demand(demand))
            assert found.config is not None
            floor = 74.0 + int(demand * 20) / 20 * (search.highest - 74.0) if demand < 1 else search.highest - 0.2
            assert PREDICTOR.reaches([found.config], floor - 1e-9, confidence).all()


def test_limits_are_kept_or_missed_by_little(search: SubnetSearch) -> None:
    energy, latency = costs(search)
    (free,) = BestSubnet(search, EDP, Budget(), 0).evaluate(energy, latency, 0)
    for share in (0.995, 0.5):
        budget = Budget(latency_s=free.latency_s * share)
        (found,) = BestSubnet(search, EDP, budget, 0).evaluate(energy, latency, 0)
        assert math.isfinite(found.latency_s)
        assert found.latency_s < free.latency_s
        assert (found.latency_s <= free.latency_s * share) == (share == 0.995)


def test_without_any_mapping_a_subnet_costs_infinity(search: SubnetSearch) -> None:
    endless = np.full(len(search.layers), np.inf)
    (found,) = BestSubnet(search, EDP, Budget(), 0).evaluate(endless, endless, 0)
    assert math.isinf(found.energy_pj)
    assert found.config is not None


def test_accuracy_that_is_no_sum_is_left_to_evolution(search: SubnetSearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PREDICTOR, "least_worth", lambda resolution, top1: None)
    workload = BestSubnet(search, EDP, Budget(), 0)
    assert workload.method == "evolution"
    (found,) = workload.evaluate(*costs(search), 0)
    assert found.accuracy is not None
    assert found.accuracy >= 74.0
