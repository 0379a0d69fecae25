"""Mixed precision against every choice of the table, each mapped as a network of its own."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from accel_models.presets import load_accelerator
from cosearch.evaluation.layer_bits import map_mixed
from cosearch.evaluation.mapped_networks import map_networks
from cosearch.problem.mapper_options import MapperOptions
from cosearch.problem.objective import OBJECTIVES
from nets.bits_table import BitsTable
from nets.errors import InfeasibleError, InputError
from nets.layer import Layer
from nets.network import Network

BUDGET = 60


def network() -> Network:
    """Two layers alike, one that runs three times, and a pass that moves data."""
    small = Network("small", resolution=8)
    small.add(Layer(name="one", K=16, C=8, P=8, Q=8))
    small.add(Layer(name="two", K=16, C=8, P=8, Q=8, times=3))
    small.add(Layer(name="pool", kind="pool", K=16, P=4, Q=4))
    small.add(Layer(name="fc", K=64, C=256))
    return small


TABLE = BitsTable(
    "own.csv", {"one": {2: 0.4, 4: 0.1, 8: 0.0}, "two": {2: 0.7, 4: 0.2, 8: 0.0}, "fc": {2: 0.2, 4.125: 0.1, 8: 0.0}}
)


@pytest.mark.parametrize(("name", "max_loss"), [("edp", 0.3), ("edp", 0.9), ("latency", 0.4), ("energy", 0.6)])
def test_no_choice_of_the_table_is_better(name: Any, max_loss: float) -> None:
    machine, options = load_accelerator("eyeriss"), MapperOptions(objective=name)
    winner, chosen = map_mixed(network(), TABLE, max_loss, machine, options, BUDGET)
    allowed = []
    for bits in itertools.product(*TABLE.losses.values()):
        width = dict(zip(TABLE.losses, bits))
        if round(sum(TABLE.losses[layer][own] for layer, own in width.items()), 9) <= max_loss:
            other = map_networks([network().with_weight_bits(width)], machine, options, BUDGET)
            allowed.append(other.value(OBJECTIVES[name]))
    assert 1 < len(allowed) < 27
    assert winner.value(OBJECTIVES[name]) == pytest.approx(min(allowed), rel=1e-9)
    assert chosen.choice.proven
    assert chosen.mix.loss <= max_loss + 1e-12
    assert {
        layer.name: layer.weight_bits for layer in winner.costs[0].network.layers if layer.is_mac
    } == chosen.mix.bits


def test_what_cannot_be_chosen() -> None:
    machine, options = load_accelerator("eyeriss"), MapperOptions()
    with pytest.raises(InfeasibleError, match=r"0\.1 is less than the 0\.5"):
        map_mixed(network(), BitsTable("own.csv", {"one": {4: 0.5}}), 0.1, machine, options, BUDGET)
    assert machine.precision is not None
    with pytest.raises(InputError, match=f"are wider than the weights of {machine.precision.weight} bits"):
        map_mixed(network(), BitsTable("own.csv", {"one": {32: 0.0}}), 0.1, machine, options, BUDGET)
