"""Widths and mappings of a network together, against every mix joined from complete fronts."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from accel_models import Accelerator, Axis, Level
from accel_models.vector import vector_cost
from cosearch.evaluation.mixed_mappings import MixedChoice, MixedNetworks
from cosearch.evaluation.mixes import Mixes
from mappings import join_network, layer_front, search_network
from mappings.network_search import NetworkSearch
from mappings.pareto import Front
from nets.layer import Layer
from tests.cosearch.evaluation.small_mix import TABLE, network

MACHINE = Accelerator(
    name="packed words",
    levels=(
        Level(name="DRAM", word_bits=8, shared_bandwidth=2.0, read_pj=1.0, write_pj=1.0),
        Level(
            name="L2", word_bits=8, capacity_words=40, read_bandwidth=4.0, write_bandwidth=4.0, read_pj=2.0,
            write_pj=2.0, network_pj=2.0, fanout=(Axis("X", 3),),
        ),
        Level(name="L1", word_bits=8, capacity_words=6, read_pj=0.3, write_pj=0.3),
    ),
    mac_pj=0.2,
)  # fmt: skip
PERFECT: Any = {"mapper": "exhaustive", "tiles": "perfect", "budget": 5_000_000}


def front_of(layer: Layer) -> Front:
    """All that a layer may cost."""
    if layer.is_mac:
        return layer_front(layer, MACHINE, objectives=["edp"], **PERFECT)
    cost = vector_cost(layer, MACHINE)
    return Front(np.array([cost.energy_pj]), np.array([cost.cycles]))


def searched(max_loss: float, **how: Any) -> NetworkSearch:
    """The best mix and its mappings."""
    mixes = Mixes(network(), TABLE, max_loss)
    layers = [(layer, 1.0) for layer in mixes.layers]
    return search_network(layers, MACHINE, networks=MixedNetworks(mixes), **how)


@pytest.mark.parametrize("max_loss", [0.25, 0.5, 0.6])
@pytest.mark.parametrize("aggregate", ["network", "layers"])
def test_no_mix_and_no_mappings_are_better(max_loss: float, aggregate: Any) -> None:
    fronts: dict[Any, Any] = {}
    values = {}
    for bits in itertools.product(*TABLE.losses.values()):
        width = dict(zip(TABLE.losses, bits))
        layers = network().with_weight_bits(width).unique_layers()
        if round(sum(TABLE.losses[name][own] for name, own in width.items()), 9) > max_loss:
            continue
        for layer, _ in layers:
            if layer.shape_key not in fronts:
                fronts[layer.shape_key] = front_of(layer)
        own = [fronts[layer.shape_key] for layer, _ in layers]
        values[bits] = join_network(own, [count for _, count in layers], aggregate=aggregate).edp
    best = min(values.values())
    assert 1 < len(values) < 18
    assert len({*values.values()}) > 3
    found = searched(max_loss, mapper="optimal", tiles="perfect", aggregate=aggregate)
    assert found.proven
    assert found.choice.edp == pytest.approx(best, rel=1e-12)
    assert found.choice.lower_bound == pytest.approx(best, rel=1e-9)
    assert isinstance(found.choice, MixedChoice)
    assert values[tuple(found.choice.mix.bits[name] for name in TABLE.losses)] == pytest.approx(best, rel=1e-12)
    mixed = network().with_weight_bits(found.choice.mix.bits).unique_layers()
    assert {layer.shape_key: count for layer, count in mixed} == {
        layer.shape_key: count for layer, count in zip(found.layers, found.counts)
    }


def test_bounds_rise_and_values_fall_with_the_rounds() -> None:
    found = searched(0.5, mapper="cmaes", budget=200)
    proven = searched(0.5, mapper="optimal")
    assert len(found.rounds) > 1
    assert [bound for _, _, bound in found.rounds] == sorted(bound for _, _, bound in found.rounds)
    assert 0 < found.choice.lower_bound <= proven.choice.edp * (1 + 1e-9)
