"""Compiled bounds of many layers on many machines are those of :mod:`mappings.bounds`."""

from __future__ import annotations

import numpy as np
import pytest

from accel_models.presets import load_machine
from accel_models.template import Template
from accel_models.vector import vector_cost
from mappings.bounds import cycle_and_energy_bounds
from mappings.corner_bounds import ShapeArrays, corner_of, least_costs, least_sums, machine_of
from mappings.mapspace import MapSpace
from nets import load_network
from nets.network import unique_layers

LAYERS = [layer for name in ("mobilenet_v2", "alexnet") for layer, _ in unique_layers(load_network(name).layers)]
MAC = [row for row, layer in enumerate(LAYERS) if layer.is_mac]
NAMES = ["eyeriss", "nvdla_256", "nvdla_1024", "shidiannao"]


def template(name: str) -> Template:
    machine = load_machine(name)
    assert isinstance(machine, Template)
    return machine


@pytest.mark.parametrize("name", NAMES)
def test_a_machine_is_its_own_corner(name: str) -> None:
    machine = template(name).accelerator()
    widths, figures = corner_of(machine)
    energy, cycles = least_costs(ShapeArrays.of(LAYERS), widths[None], figures[None])
    space = MapSpace.of([LAYERS[row] for row in MAC], [machine], tiles="ragged")
    least_cycles, least_pj = cycle_and_energy_bounds(space)
    np.testing.assert_allclose(cycles[0, MAC], least_cycles, rtol=1e-12)
    np.testing.assert_allclose(energy[0, MAC], least_pj, rtol=1e-12)
    for row, layer in enumerate(LAYERS):
        if not layer.is_mac:
            cost = vector_cost(layer, machine)
            assert (energy[0, row], cycles[0, row]) == pytest.approx((cost.energy_pj, cost.cycles), rel=1e-12)


def test_sums_are_those_of_the_layers() -> None:
    widths, figures = (np.array(rows) for rows in zip(*(corner_of(template(name).accelerator()) for name in NAMES)))
    shapes = ShapeArrays.of(LAYERS)
    counts = np.random.default_rng(0).integers(0, 4, (3, len(LAYERS))).astype(np.float64)
    energy, cycles = least_costs(shapes, widths, figures)
    sums, times = least_sums(shapes, counts, widths, figures)
    np.testing.assert_allclose(sums, energy @ counts.T, rtol=1e-12)
    np.testing.assert_allclose(times, cycles @ counts.T, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_a_corner_as_a_machine_costs_what_the_machine_costs(name: str) -> None:
    design = template(name)
    machine = design.accelerator()
    widths, figures = corner_of(machine)
    words = 8 / design.word_bits
    again = machine_of(widths, figures, design.l1_bytes * words, design.l2_bytes * words)
    layers = [LAYERS[row] for row in MAC]
    spaces = [MapSpace.of(layers, [one], tiles="ragged") for one in (machine, again)]
    for first, second in zip(*(cycle_and_energy_bounds(space) for space in spaces)):
        np.testing.assert_allclose(first, second, rtol=1e-12)
