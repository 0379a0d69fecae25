"""A network costs the sum of its layers; a missing mapping is an error, not a guess."""

from __future__ import annotations

import math
import pickle

import pytest

from accel_models.presets import load_accelerator
from cosearch.evaluation.mapped_networks import map_networks
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.network_cost import evaluate_layer, evaluate_network
from cosearch.problem.mapper_options import MapperOptions
from cosearch.problem.objective import load_objective
from mappings import search_layers
from nets import Layer, load_network
from nets.errors import InputError

EDP = load_objective("edp")
MACHINE = load_accelerator("nvdla_256")
NETWORK = load_network("squeezenet1_1")
COST = map_networks([NETWORK], MACHINE, MapperOptions(), 40).costs[0]


def test_layers_add_up() -> None:
    assert [cost.layer for cost in COST.layers] == list(NETWORK.layers)
    assert COST.energy_pj == pytest.approx(sum(cost.energy_pj for cost in COST.layers))
    assert COST.latency_s == pytest.approx(sum(cost.latency_s for cost in COST.layers))
    assert COST.edp == COST.energy_pj * 1e-12 * COST.latency_s
    assert sum(COST.energy_breakdown_pj.values()) == pytest.approx(COST.energy_pj)
    assert sum(COST.time_shares.values()) == pytest.approx(1.0)
    assert 0 < COST.utilization <= 1


def test_the_table_a_search_reads_agrees_with_the_full_evaluation() -> None:
    shapes = [layer for layer, _ in NETWORK.unique_layers()]
    table = map_shapes(shapes, [MACHINE], MapperOptions(), 40)
    column = {layer.shape_key: index for index, layer in enumerate(shapes)}
    for cost in COST.layers:
        assert cost.energy_pj == pytest.approx(table.energy_pj[0, column[cost.layer.shape_key]])
        assert cost.latency_s == pytest.approx(table.latency_s[0, column[cost.layer.shape_key]])


def test_a_missing_mapping_is_an_error() -> None:
    with pytest.raises(InputError, match="needs one"):
        evaluate_network(NETWORK, MACHINE, {})


def test_no_network_beats_its_proven_bound() -> None:
    """The bounds hold for any mappings: for a searched set, and for a longer search of the same."""
    network, accelerator = load_network("mobilenet_v3_small"), load_accelerator("nvdla_256", node_nm=45)
    gaps = []
    for budget in (20, 400):
        found = search_layers(network.mac_layers, accelerator, budget=budget)
        mappings = {layer.shape_key: found.mapping(i) for i, layer in enumerate(network.mac_layers)}
        cost = evaluate_network(network, accelerator, mappings)
        assert cost.edp >= cost.lower_bound(EDP) > 0
        for layer, bound in zip(cost.layers, cost.bounds):
            assert layer.latency_s >= bound.latency_s > 0
            assert layer.energy_pj >= bound.energy_pj > 0
        assert cost.to_dict()["edp_gap"] == pytest.approx(cost.edp / cost.lower_bound(EDP) - 1)
        gaps.append(cost.gap(EDP))
    assert gaps[1] <= gaps[0]


def test_energy_by_part_is_worked_out_when_asked_for() -> None:
    layer = Layer(name="one", kind="pool", G=8, P=4, Q=4, times=3)
    cost = evaluate_layer(layer, load_accelerator("eyeriss"), None)
    thrice = cost.of(layer)
    assert dict(thrice.energy_breakdown_pj) == {part: 3 * pj for part, pj in cost.energy_breakdown_pj.items()}
    assert math.fsum(thrice.energy_breakdown_pj.values()) == pytest.approx(thrice.energy_pj)
    sent = pickle.loads(pickle.dumps(thrice))
    assert sent == thrice
    assert sent.of(layer).energy_breakdown_pj == thrice.of(layer).energy_breakdown_pj
