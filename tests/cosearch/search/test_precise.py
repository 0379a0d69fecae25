"""The last mapping: for what the whole network makes of energy and latency, never worse than what it begins with."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from accel_models.families import load_family
from cosearch import Budget, CoSearch
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.network_cost import evaluate_network
from cosearch.executors.serial import Serial
from cosearch.problem.mapper_options import MapperOptions
from cosearch.problem.objective import load_objective
from cosearch.problem.template_space import TemplateSpace
from cosearch.reports.trust import describe_mappings
from cosearch.search.precise import begin_precise, gathered
from mappings.layer_search import search
from nets import load_network
from nets.errors import InputError
from nets.network import Network, unique_layers

BUDGET = Budget.parse("area=2mm2")
LAYERS = [layer for layer, _ in unique_layers(load_network("squeezenet1_1").layers) if layer.is_mac][:5]
MACHINE = TemplateSpace(BUDGET).design((8, 8), ("K", "P"), 256, 32768, 32.0).accelerator()
SMALL: dict[str, Any] = {"trials": 8, "population": 4, "mapper_budget": 20, "last_mapper_budget": 40}


@pytest.mark.parametrize("weight_pj", [0.0, 50.0, 5000.0, math.inf])
def test_no_layer_is_mapped_worse_than_it_was(weight_pj: float) -> None:
    table = map_shapes(LAYERS, [MACHINE], MapperOptions(), 60)
    nests = table.mappings(LAYERS)
    starts = {layer.shape_key: (layer, nests[layer.shape_key]) for layer in LAYERS}
    found = gathered(begin_precise(Serial(), starts, MACHINE, weight_pj, {"gap": 0.01, "boxes": 50}))
    assert found.keys() == starts.keys()
    for column, layer in enumerate(LAYERS):
        cost = found[layer.shape_key]
        cycles = table.latency_s[0, column] * MACHINE.clock_hz
        if weight_pj < math.inf:
            before = table.energy_pj[0, column] + weight_pj * cycles
            assert cost.energy_pj + weight_pj * cost.cycles <= before * (1 + 1e-12)
        else:
            assert cost.cycles <= cycles * (1 + 1e-12)


def test_a_dear_cycle_is_saved_and_a_cheap_one_is_not() -> None:
    nests = map_shapes(LAYERS, [MACHINE], MapperOptions(), 60).mappings(LAYERS)
    starts = {layer.shape_key: (layer, nests[layer.shape_key]) for layer in LAYERS}
    cheap, dear = (
        gathered(begin_precise(Serial(), starts, MACHINE, weight, {"gap": 0.0, "boxes": 0})) for weight in (0.0, 1e9)
    )
    assert sum(cost.cycles for cost in dear.values()) <= sum(cost.cycles for cost in cheap.values())
    assert sum(cost.energy_pj for cost in dear.values()) >= sum(cost.energy_pj for cost in cheap.values())


@pytest.mark.parametrize("weight_pj", [0.0, 500.0, math.inf])
def test_layers_that_nothing_bounds_are_held_against_the_best_whose_tiles_divide(weight_pj: float) -> None:
    machine, layers = load_family("eyeriss_like")[0].accelerator(), LAYERS[:3]
    nests = map_shapes(layers, [machine], MapperOptions(), 20).mappings(layers)
    starts = {layer.shape_key: (layer, nests[layer.shape_key]) for layer in layers}
    few = {"cases": 1, "larger": 0}
    usual, held = (
        gathered(begin_precise(Serial(), starts, machine, weight_pj, few, divides=it)) for it in (False, True)
    )
    assert all(cost.proof is None for cost in usual.values())
    dear = math.isfinite(weight_pj) and replace(
        machine, static_mw=machine.static_mw + weight_pj * machine.clock_hz / 1e9
    )
    for layer in layers:
        cost = held[layer.shape_key]
        best = search(
            layer, dear or machine, mapper="optimal", objective="energy" if dear else "latency", tiles="perfect"
        )
        assert best.proven
        assert cost.proof is not None
        assert cost.proof.dividing
        own = cost.proof.per_pj * cost.energy_pj + cost.proof.per_s * cost.latency_s
        assert cost.proof.at_least == pytest.approx(best.score if dear else best.score / machine.clock_hz, rel=1e-12)
        assert own <= cost.proof.at_least * (1 + 1e-9)
    network = Network("three")
    for layer in layers:
        network.add(layer, ())
    proofs = {key: cost.proof for key, cost in held.items() if cost.proof is not None}
    goal = load_objective("edp" if dear else "latency")
    cost_of = evaluate_network(network, machine, {key: cost.mapping for key, cost in held.items()}, proofs)
    above = cost_of.above_dividing(goal)
    assert cost_of.weakly_bounded == len(layers)
    assert above is not None
    assert cost_of.gap(goal) == evaluate_network(network, machine, {k: c.mapping for k, c in held.items()}).gap(goal)
    assert above < cost_of.gap(goal)
    assert "the best whose tiles divide (proven)" in describe_mappings(cost_of, goal)


def test_a_search_ends_better_by_it() -> None:
    values = {
        mapper: CoSearch(
            budget=BUDGET, networks=("squeezenet1_1",), baselines=False, last_mapper=mapper, **SMALL
        ).run().value
        for mapper in ("cmaes", "optimal")
    }  # fmt: skip
    assert values["optimal"] < values["cmaes"]


def test_baselines_are_held_against_the_design_under_one_mapper() -> None:
    options: dict[str, Any] = {"budget": BUDGET, "networks": ("squeezenet1_1",), **SMALL}
    by_both = [CoSearch(**options, last_mapper=mapper).run() for mapper in ("cmaes", "optimal")]
    first, second = ({line.name: line.value for line in result.baselines} for result in by_both)
    assert first == second


def test_a_last_mapper_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="must be optimal or cmaes"):
        CoSearch(budget=BUDGET, last_mapper="random")
