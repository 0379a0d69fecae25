"""Bounds on mappings: a proof goes into any direction without saying too much, and makes a network's gap smaller."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_models.presets import load_accelerator
from cosearch.evaluation.mapping_bounds import LayerBound, MappingProof, network_bound
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.network_cost import evaluate_network
from cosearch.executors.serial import Serial
from cosearch.problem.mapper_options import MapperOptions
from cosearch.problem.objective import OBJECTIVES, load_objective
from cosearch.search.precise import begin_precise, gathered
from nets import load_network
from nets.errors import InputError
from nets.network import Network

FIGURE = st.floats(1e-3, 1e3)
WEIGHT = st.one_of(st.just(0.0), FIGURE)
DIRECTION = st.tuples(WEIGHT, WEIGHT).filter(any)


@given(FIGURE, FIGURE, DIRECTION, st.lists(st.tuples(FIGURE, FIGURE), min_size=1), DIRECTION)
def test_no_mapping_is_below_what_a_proof_says_in_another_direction(
    energy_pj: float,
    latency_s: float,
    proven: tuple[float, float],
    mappings: list[tuple[float, float]],
    direction: tuple[float, float],
) -> None:
    points = [(max(energy, energy_pj), max(latency, latency_s)) for energy, latency in mappings]
    at_least = min(proven[0] * energy + proven[1] * latency for energy, latency in points)
    bound = LayerBound(latency_s, energy_pj, MappingProof(*proven, at_least))
    least = min(direction[0] * energy + direction[1] * latency for energy, latency in points)
    assert bound.least(direction) <= least * (1 + 1e-12)
    assert bound.least(direction) >= LayerBound(latency_s, energy_pj).least(direction)
    assert bound.least(proven) == pytest.approx(at_least)


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=list(OBJECTIVES))
def test_no_choice_of_mappings_is_below_the_bound_of_a_network(objective: object) -> None:
    """Each layer has three mappings, and its own direction in which it was proven."""
    goal, rng = load_objective(objective.name), np.random.default_rng(3)  # type: ignore[attr-defined]
    for _ in range(50):
        layers = rng.uniform(1.0, 3.0, (3, 3, 2)) * (1e12, 1.0)
        bounds = []
        for points in layers:
            weight = float(rng.uniform(0.3e12, 3e12))
            proof = MappingProof(1.0, weight, min(points[:, 0] + weight * points[:, 1]))
            bounds.append(LayerBound(points[:, 1].min(), points[:, 0].min(), proof))
        every = [sum(layers[at][i] for at, i in enumerate(choice)) for choice in np.ndindex(3, 3, 3)]
        least = min(goal.of(*total) for total in every)
        crude = network_bound([LayerBound(bound.latency_s, bound.energy_pj) for bound in bounds], goal)
        assert crude * (1 - 1e-12) <= network_bound(bounds, goal) <= least


@pytest.mark.parametrize("name", ["edp", "energy", "latency"])
def test_proofs_of_the_last_mapping_make_the_gap_small(name: str) -> None:
    goal, machine, network = load_objective(name), load_accelerator("nvdla_256"), Network("small")
    for layer in load_network("squeezenet1_1").layers[:8]:
        network.add(layer)
    layers = list(network.mac_layers)
    table = map_shapes(layers, [machine], MapperOptions(objective=goal.name), 60)
    nests = table.mappings(layers)
    starts = {layer.shape_key: (layer, nests[layer.shape_key]) for layer in layers}
    weight = {"edp": 500.0, "energy": 0.0, "latency": math.inf}[name]
    found = gathered(begin_precise(Serial(), starts, machine, weight, {"gap": 0.01, "boxes": 200}))
    proofs = {key: cost.proof for key, cost in found.items() if cost.proof is not None}
    assert proofs.keys() == starts.keys()
    best = {key: cost.mapping for key, cost in found.items()}
    crude, proven = (evaluate_network(network, machine, best, given) for given in ({}, proofs))
    assert proven.gap(goal) <= crude.gap(goal)
    assert name == "latency" or proven.gap(goal) < crude.gap(goal)
    assert max(proven.layer_gaps(goal)) <= max(crude.layer_gaps(goal))
    searched = evaluate_network(network, machine, nests)
    assert goal.of(searched.energy_pj, searched.latency_s) >= proven.lower_bound(goal)


def test_a_proof_that_a_mapping_contradicts_is_refused() -> None:
    MappingProof(1.0, 2.0, 5.0).check("here", 1.0, 2.0)
    with pytest.raises(InputError, match=r"here: at_least.*is above what the mapping beside it costs"):
        MappingProof(1.0, 2.0, 5.0).check("here", 1.0, math.nextafter(2.0, 0) - 1e-6)
