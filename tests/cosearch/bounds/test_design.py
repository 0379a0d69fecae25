"""Bounds on single designs: above the box's, below every mapping, and higher the longer they are looked for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosearch.bounds.boxes import BoxSearch
from cosearch.bounds.design import bound_design, bounded, least_of_layers
from cosearch.bounds.grid import HI, Ints
from cosearch.bounds.spec import BoundSpec
from cosearch.evaluation.network_cost import evaluate_layer
from cosearch.problem.budget import Budget
from cosearch.problem.options import CoSearchOptions
from mappings import search as map_layer
from nets import load_network

NETWORK = "alexnet"


def problem(**options: object) -> tuple[CoSearchOptions, BoxSearch]:
    given = {"budget": Budget.parse("area=3mm2"), "networks": (NETWORK,)} | options
    found = CoSearchOptions(**given)  # type: ignore[arg-type]
    direction = (0.0, 1.0) if found.goal.name == "latency" else (1.0, 0.0 if found.goal.name == "energy" else 1e12)
    return found, BoundSpec(found, None, direction).load()


def designs(options: CoSearchOptions, search: BoxSearch) -> list[Ints]:
    space = options.hardware
    made = (
        space.design((8, 4, 8), ("K", "P", "Q"), 64, 40_000, 40.0),
        space.design((16, 16), ("K", "C"), 256, 20_000, 24.0),
    )
    return [search.boxes.grid.point(template)[:, HI] for template in made]


@pytest.mark.parametrize("objective", ["edp", "energy", "latency"])
def test_longer_searches_bound_more_and_never_more_than_a_mapping_costs(objective: str) -> None:
    options, search = problem(objective=objective)
    for design in designs(options, search):
        rising = [bound_design(search, design, level=level) for level in range(3)]
        assert rising == sorted(rising)
        machine = search.boxes.grid.machine(design).accelerator()
        energy = latency = 0.0
        for layer in load_network(NETWORK).layers:
            found = map_layer(layer, machine, budget=300, objective=options.goal.name) if layer.is_mac else None
            cost = evaluate_layer(layer, machine, None if found is None else found.mapping)
            energy, latency = energy + cost.energy_pj, latency + cost.latency_s
        assert rising[-1] <= options.goal.of(energy, latency)


def test_what_is_bounded_first_matters_little() -> None:
    """The weight of latency is that of the design itself, wherever the search of boxes looks."""
    options, _ = problem()
    found = []
    for weight in (1e11, 1e12, 1e13):
        search = BoundSpec(options, None, (1.0, weight)).load()
        found.append([bound_design(search, design) for design in designs(options, search)])
    assert np.allclose(found[0], found[1], rtol=0.02)
    assert np.allclose(found[1], found[2], rtol=0.02)


def test_a_search_ends_once_it_is_enough() -> None:
    options, search = problem()
    design = designs(options, search)[0]
    least, most = bound_design(search, design, level=0), bound_design(search, design)
    assert least < most
    assert bound_design(search, design, enough=least * 0.5) < most
    assert bound_design(search, design, enough=math.inf) == most


def test_a_design_that_can_keep_no_limit_is_beyond_all() -> None:
    options, search = problem(budget=Budget.parse("area=3mm2,latency=1us"))
    assert all(bound_design(search, design) == math.inf for design in designs(options, search))
    assert not any(bounded(search, design).layers for design in designs(options, search))


def test_each_layer_of_a_bounded_network_costs_no_less_than_it_is_said_to_alone() -> None:
    options, search = problem()
    for design in designs(options, search):
        layers = {layer.shape_key: layer for layer in bounded(search, design).layers}
        assert set(layers) == {layer.shape_key for layer in load_network(NETWORK).layers}
        machine = search.boxes.grid.machine(design).accelerator()
        for layer, energy_pj, latency_s in zip(search.workload.layers, *least_of_layers(search, design)):
            assert np.isnan(energy_pj) == np.isnan(latency_s) == (not layer.is_mac)
            if layer.is_mac:
                cost = evaluate_layer(layer, machine, map_layer(layer, machine, budget=100).mapping)
                assert 0 < energy_pj <= cost.energy_pj
                assert 0 < latency_s <= cost.latency_s
