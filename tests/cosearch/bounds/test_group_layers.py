"""Bounds on designs whose layers run in groups: below what drawn groups cost on drawn designs, and what they refuse."""

from __future__ import annotations

import random

import numpy as np
import pytest

from accel_models.fusion.group import stands_alone
from accel_models.template import Template
from cosearch.bounds.grid import DesignGrid
from cosearch.bounds.group_layers import GroupLayerBounds, steps_over, why_less
from cosearch.bounds.layers import LayerBounds
from cosearch.problem.budget import Budget
from cosearch.problem.template_space import TemplateSpace
from mappings.fusion.fuse import fuse
from nets import Layer, Network
from nets.network import unique_layers

SPACE = TemplateSpace(Budget.parse("area=5mm2"))


def _network(seed: int) -> Network:
    """A chain of layers whose windows leave nothing out, and behind it one that pools a whole plane."""
    draw = random.Random(seed)
    network, size = Network("drawn", resolution=16), 16
    channels = draw.choice([4, 8])
    for number in range(4):
        stride = draw.choice([1, 1, 2]) if size > 4 else 1
        kernel = draw.choice([1, 3]) if stride == 1 else 3
        size //= stride
        kind = draw.choice([{"G": channels}, {"K": channels, "C": channels}])
        network.add(
            Layer(
                name=f"l{number}", P=size, Q=size, R=kernel, S=kernel, stride=(stride, stride),
                padding=(kernel // 2,) * 2 * 2 if stride == 1 else (1, 0, 1, 0), **kind,
            ),
            () if not number else (f"l{number - 1}",),
        )  # fmt: skip
    network.add(Layer(name="pool", kind="pool", G=channels, R=size, S=size), ("l3",))
    network.add(Layer(name="head", K=8, C=channels), ("pool",))
    return network


@pytest.mark.parametrize("seed", range(6))
def test_no_groups_cost_less_than_the_bound(seed: int) -> None:
    network = _network(seed)
    assert why_less([network]) == ""
    machine = Template(
        array=(4, 8), parallel=("K", "P"), l1_bytes=64, l2_bytes=random.Random(seed).choice([2048, 8192]),
        noc_bandwidth=8.0,
    )  # fmt: skip
    layers = [layer for layer, _ in unique_layers(network.layers)]
    grid = DesignGrid(SPACE, layers)
    at = np.array([[layer.shape_key for layer in layers].index(layer.shape_key) for layer in network.layers])
    for direction, objective in (((1.0, 0.0), "energy"), ((0.0, 1.0), "latency")):
        bounds = GroupLayerBounds(grid, layers, direction)
        energy, latency = bounds.crude(grid.point(machine)[None])
        alone = LayerBounds(grid, layers, direction).crude(grid.point(machine)[None])
        assert (energy <= alone[0]).all()
        assert (latency <= alone[1]).all()
        wall = [stands_alone(layer) is not None for layer in layers]
        assert sum(wall) == 1
        assert (energy[:, wall] == alone[0][:, wall]).all()
        assert (energy < alone[0])[0, bounds.mac].all()
        found = fuse(network, machine.accelerator(), objective=objective)  # type: ignore[arg-type]
        assert objective == "latency" or any(part.cost.way is not None for part in found.parts)
        assert 0 < energy[0, at].sum() <= found.energy_pj
        assert 0 < latency[0, at].sum() <= found.cycles / machine.accelerator().clock_hz


def test_layers_that_are_not_all_read_are_found() -> None:
    network = Network("holes", resolution=8)
    network.add(Layer(name="made", K=4, C=4, P=8, Q=8, R=3, S=3, padding=(1, 1, 1, 1)), ())
    network.add(Layer(name="skips", K=4, C=4, P=4, Q=4, stride=(2, 2)), ("made",))
    assert "'made'" in why_less([network])
    assert steps_over(network.layer("skips"))
    assert not steps_over(network.layer("made"))
    assert not steps_over(Layer(name="global", kind="pool", G=4, R=5, S=5, stride=(5, 5)))
    assert not steps_over(Layer(name="even", G=4, P=4, Q=4, R=3, S=3, stride=(2, 2), padding=(1, 0, 1, 0)))
