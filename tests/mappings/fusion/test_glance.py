"""Looks that map nothing: never above what groups cost, at the price of a cycle that they are of."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from accel_models.fusion.inside import static_pj
from accel_models.template import Template
from mappings.fusion.fuse import fuse
from mappings.fusion.glance import at_home, glance
from tests.accel_models.fusion.drawn import drawn_network

MACHINE = Template(
    array=(4, 4), parallel=("K", "C"), l1_bytes=16, l2_bytes=640, noc_bandwidth=4.0, dram_bandwidth=0.4,
    strict_strides=False,
).accelerator()  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_a_glance_is_not_above_what_groups_cost(seed: int) -> None:
    network = drawn_network(random.Random(seed))
    assert glance(network, MACHINE, objective="energy").energy_pj <= fuse(network, MACHINE, objective="energy").score
    assert glance(network, MACHINE, objective="latency").cycles <= fuse(network, MACHINE, objective="latency").score
    look, found = glance(network, MACHINE, objective="edp"), fuse(network, MACHINE)
    weight = look.cycle_pj - static_pj(MACHINE)
    assert look.energy_pj == pytest.approx(weight * look.cycles)
    assert 0 < look.energy_pj + weight * look.cycles <= found.energy_pj + weight * found.cycles


@pytest.mark.parametrize("price", [0.0, 2.0, math.inf])
def test_at_home_activations_cost_no_dram(price: float) -> None:
    """What is left of a layer's cost beyond its weights' way in does not depend on what DRAM takes."""
    layers = drawn_network(random.Random(3)).layers
    dearer = Template(
        array=(4, 4), parallel=("K", "C"), l1_bytes=16, l2_bytes=640, noc_bandwidth=4.0, dram_bandwidth=0.4,
        strict_strides=False, dram="ddr3",
    ).accelerator()  # fmt: skip
    least, most = (at_home(layers, machine, price) for machine in (MACHINE, dearer))
    weights = np.array([layer.weight_words for layer in layers])
    step = dearer.levels[0].read_pj - MACHINE.levels[0].read_pj
    assert step > 0
    assert least[1] == pytest.approx(most[1])
    assert most[0] - least[0] == pytest.approx(weights * step)
    assert (least[0] >= static_pj(MACHINE) * least[1] * (1 - 1e-12)).all()
