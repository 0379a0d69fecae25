"""Landscapes of the comparison: their best is the best there is, and the rank tests say what they should."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.landscapes import SCORE, Chain, GraphNetworks, Valley, additivity
from benchmarks.strategies import against, quartiles
from cosearch.problem.architectures import Problem
from cosearch.problem.goals import Best
from nets.spaces import Decision, all_codes


@pytest.mark.parametrize("seed", range(3))
def test_a_chain_s_best_is_that_of_all_chains_within_the_limit(seed: int) -> None:
    chain = Chain(6, 3, seed)
    configs = [chain.space.decode(codes) for codes in all_codes(chain.space)]
    within = [one["score"] for one in chain.measure(configs) if one["cost"] <= chain.limit]
    assert 0 < len(within) < len(configs)
    assert chain.best() == pytest.approx(max(within))


def test_a_chain_is_no_sum_over_its_decisions() -> None:
    chain = Chain(20, 5, 0)
    assert additivity(Problem(chain.space, chain, Best(SCORE))) < 0.2


def test_a_valley_s_best_is_at_one() -> None:
    valley = Valley(4, -20, 20)
    grid = valley.space.decisions[0].choices
    assert valley.measure([dict.fromkeys((f"x[{at}]" for at in range(4)), 1.0)])[0]["score"] == 0
    drawn = [valley.space.sample(np.random.default_rng(seed)) for seed in range(50)]
    assert 1.0 in grid
    assert all(one["score"] <= 0 for one in valley.measure(drawn))


def test_graph_networks_are_those_that_were_trained() -> None:
    pytest.importorskip("nas_bench_graph", reason="needs nas-bench-graph, an extra of this package")
    networks = GraphNetworks("cora")
    found = networks.measure([networks.space.decode(codes) for codes in all_codes(networks.space)])
    values = [one["accuracy"] for one in found]
    assert max(value for value in values if math.isfinite(value)) == networks.all[0]
    assert sum(map(math.isinf, values)) == 9  # nothing but connections, linked in any way
    assert len(networks.all) == 26_206
    assert all(isinstance(decision, Decision) and not decision.ordered for decision in networks.space.decisions)


def test_rank_tests_tell_better_from_worse_and_from_level() -> None:
    base = [float(value) for value in range(10)]
    verdicts = against(
        {"random": base, "good": [value - 20 for value in base], "bad": [value + 20 for value in base], "same": base},
        "random",
    )
    assert {name: word for name, (_, word) in verdicts.items()} == {"good": "better", "bad": "worse", "same": "level"}
    assert 2 / math.comb(20, 10) < verdicts["good"][0] < 0.001  # no fewer than the share of orders that tell as much
    assert verdicts["same"][0] == 1.0


def test_a_search_that_found_nothing_stands_last() -> None:
    assert quartiles([1.0, 2.0, math.inf, math.inf]) == "1.000 2.000 inf"
