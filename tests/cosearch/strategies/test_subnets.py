"""The inner loop: accuracy is a filter, costs are those of the network, evolution finds what is cheap."""

from __future__ import annotations

import numpy as np
import pytest

from cosearch.evaluation.best_subnet import BROKEN, subnet_reward
from cosearch.problem.budget import Budget
from cosearch.problem.objective import load_objective
from cosearch.strategies.subnets import MOST_CONFIRMED, Evolution, ShapeTable, SubnetSearch
from nets import load_space
from nets.accuracy import load_predictor
from nets.errors import InfeasibleError, InputError
from nets.spaces import Config

SPACE = load_space("ofa-mbv3-w1.0")
PREDICTOR = load_predictor("ofa-mbv3-w1.0")


def test_a_subnet_costs_what_its_network_costs() -> None:
    table = ShapeTable(SPACE, [160, 224])
    macs = np.array([float(layer.macs) for layer in table.layers])
    words = np.array([float(layer.output_words) for layer in table.layers])
    rng = np.random.default_rng(0)
    configs = [SPACE.sample(rng) | {"r": resolution} for resolution in (160, 224, 160)]
    own_macs, own_words = table.costs(configs, macs, words)
    for index, config in enumerate(configs):
        network = SPACE.network(config)
        assert own_macs[index] == network.macs
        assert own_words[index] == sum(layer.output_words for layer in network.layers)


def test_a_shape_without_mapping_costs_infinity_only_to_those_who_have_it() -> None:
    table = ShapeTable(SPACE, [192])
    rng = np.random.default_rng(1)
    small, large = SPACE.min_config() | {"r": 192}, SPACE.max_config() | {"r": 192}
    sevens = np.array([np.inf if layer.R == 7 else 1.0 for layer in table.layers])
    cost = table.costs([small, large, SPACE.sample(rng) | {"r": 192}], sevens)[0]
    assert np.isfinite(cost[0])
    assert np.isinf(cost[1])


@pytest.mark.parametrize("floor", [72.0, 75.0, 76.0])
def test_evolution_finds_far_fewer_macs_at_the_accuracy(floor: float) -> None:
    search = SubnetSearch(SPACE, PREDICTOR, floor, [208])
    macs = np.array([float(layer.macs) for layer in search.layers])
    found = search.best(macs, macs, lambda energy, _: energy, np.random.default_rng(0), Evolution())
    assert PREDICTOR.predict(found.config).top1_percent >= floor
    assert found.config["r"] == 208
    most_accurate = PREDICTOR.space.network(search._seeds[0])
    assert found.energy_pj < 0.8 * most_accurate.macs


def test_the_same_draws_give_the_same_subnet() -> None:
    search = SubnetSearch(SPACE, PREDICTOR, 75.0, [192, 208])
    macs = np.array([float(layer.macs) for layer in search.layers])
    one, two = (
        search.best(macs, macs, lambda energy, _: energy, np.random.default_rng(5), Evolution(12, 2)) for _ in range(2)
    )
    assert one == two


def test_an_accuracy_out_of_reach_says_the_highest() -> None:
    highest = PREDICTOR.highest_reachable()[1].top1_percent
    with pytest.raises(InfeasibleError, match=f"highest reachable is {highest:.2f} %"):
        SubnetSearch(SPACE, PREDICTOR, 78.0, PREDICTOR.domain)
    with pytest.raises(InfeasibleError, match="at 128"):
        SubnetSearch(SPACE, PREDICTOR, 75.0, [128])


@pytest.mark.parametrize("resolution", [192, 224])
def test_a_confidence_is_kept_and_costs_something(resolution: int) -> None:
    macs, found = None, []
    for confidence in (None, 0.95):
        search = SubnetSearch(SPACE, PREDICTOR, 75.0, [resolution], confidence)
        macs = np.array([float(layer.macs) for layer in search.layers])
        found.append(search.best(macs, macs, lambda energy, _: energy, np.random.default_rng(0), Evolution()))
    alone, sure = found
    assert PREDICTOR.predict(sure.config).probability(75.0) >= 0.95
    assert PREDICTOR.predict(alone.config).probability(75.0) < 0.95
    assert sure.energy_pj > alone.energy_pj


def test_a_confidence_out_of_reach_says_the_highest_floor_it_allows() -> None:
    highest = PREDICTOR.assured_batch([PREDICTOR.most_assured(192, 0.999)], 0.999)[0]
    message = f"75 % top-1 at 192 with probability 0.999: the highest reachable is {highest:.2f} %"
    with pytest.raises(InfeasibleError, match=message):
        SubnetSearch(SPACE, PREDICTOR, 75.0, [192], 0.999)
    assert highest < 75.0 < PREDICTOR.predict(PREDICTOR.most_accurate(192)).top1_percent


def test_more_can_be_demanded_as_surely() -> None:
    search = SubnetSearch(SPACE, PREDICTOR, 75.0, [208], 0.9)
    more = search.demanding(search.highest)
    assert search.highest < PREDICTOR.predict(PREDICTOR.most_accurate(208)).top1_percent
    assert more.reaches(search._seeds) == [True]


def test_an_accuracy_barely_in_reach_ends_too() -> None:
    floor = PREDICTOR.highest_reachable()[1].top1_percent
    search = SubnetSearch(SPACE, PREDICTOR, floor, [224])
    ones = np.ones(len(search.layers))
    found = search.best(ones, ones, lambda energy, _: energy, np.random.default_rng(0), Evolution(6, 1))
    assert PREDICTOR.predict(found.config).top1_percent >= floor


def test_what_an_optimist_screens_is_measured_before_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Screening that says half a point too much lets subnets pass that the figures themselves do not confirm."""
    floor, measured = 75.0, []

    def confirms(config: Config, least: float, confidence: float | None) -> bool:
        measured.append(PREDICTOR.predict(config).top1_percent)
        return measured[-1] >= least

    monkeypatch.setattr(PREDICTOR, "screen_batch", lambda configs, _: PREDICTOR.predict_batch(configs)[0] + 0.5)
    monkeypatch.setattr(PREDICTOR, "confirms", confirms)
    search = SubnetSearch(SPACE, PREDICTOR, floor, [208])
    macs = np.array([float(layer.macs) for layer in search.layers])
    found = search.best(macs, macs, lambda energy, _: energy, np.random.default_rng(0), Evolution())
    assert PREDICTOR.predict(found.config).top1_percent >= floor
    assert any(top1 < floor for top1 in measured)
    assert len(measured) <= MOST_CONFIRMED


def test_another_space_or_resolution_is_refused() -> None:
    with pytest.raises(InputError, match="must not be asked"):
        SubnetSearch(load_space("ofa-resnet50"), PREDICTOR, 75.0, [224])
    with pytest.raises(InputError, match="resolution"):
        SubnetSearch(SPACE, PREDICTOR, 75.0, [193])


def test_breaking_a_limit_is_worse_than_any_cost() -> None:
    reward = subnet_reward(load_objective("edp"), Budget.parse("latency=10ms,power=1W"))
    energy = np.array([1e9, 1e9, 1e15, 1e9, np.inf])
    latency = np.array([0.01, 0.001, 0.01, 0.02, np.inf])
    worth = reward(energy, latency)
    assert worth[1] < worth[0] < BROKEN < worth[3] < worth[2] < worth[4]
