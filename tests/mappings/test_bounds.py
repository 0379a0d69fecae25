"""No mapping of any layer on any machine is ever below a bound."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings

from accel_models import Accelerator, Axis, Level, LevelLoops, Loop, Mapping, evaluate
from accel_models.cost import CONVENTIONS
from accel_models.precision import LeastBits
from mappings.bounds import LayersToBound, cycle_and_energy_bounds
from mappings.mapspace import MapSpace
from nets import Layer
from tests.strategies import cases

SLACK = 1 + 1e-12


@settings(max_examples=120, deadline=None)
@given(cases(hardware=True))
def test_never_above_a_mapping_that_may_bypass(case: tuple[Layer, Accelerator, Mapping]) -> None:
    layer, machine, mapping = case
    cycles, energy_pj = cycle_and_energy_bounds(MapSpace.of([layer], [machine], bypass=True))
    for convention in CONVENTIONS:
        cost = evaluate(layer, machine, mapping, convention=convention)  # type: ignore[arg-type]
        assert cost.valid
        assert cycles[0] <= cost.cycles * SLACK
        assert energy_pj[0] <= cost.energy_pj * SLACK


@settings(max_examples=30, deadline=None)
@given(cases(hardware=True))
def test_layers_on_one_machine_after_the_other_have_the_same_bounds(case: tuple[Layer, Accelerator, Mapping]) -> None:
    layer, machine, _ = case
    layers = [layer, dataclasses.replace(layer, N=layer.N + 1)]
    found = LayersToBound.of(layers).on(machine)
    assert np.array_equal(found, cycle_and_energy_bounds(MapSpace.of(layers, [machine])))


@settings(max_examples=120, deadline=None)
@given(cases(hardware=True))
def test_never_above_a_mapping_that_keeps_all(case: tuple[Layer, Accelerator, Mapping]) -> None:
    layer, machine, mapping = case
    mapping = Mapping(tuple(dataclasses.replace(at, keeps=None) for at in mapping.levels))
    for word_bits in (None, 16):
        levels = tuple(dataclasses.replace(level, word_bits=word_bits, network_pj=0.5) for level in machine.levels)
        holds_for(layer, dataclasses.replace(machine, levels=levels, static_mw=3.0), mapping)
    unpacked = (
        dataclasses.replace(level, least_bits=LeastBits(at * 8, 16 - at, at * 12)) for at, level in enumerate(levels)
    )
    holds_for(layer, dataclasses.replace(machine, levels=tuple(unpacked)), mapping)


def holds_for(layer: Layer, machine: Accelerator, mapping: Mapping) -> None:
    """The bound of a problem lies at most at what the mapping costs."""
    cycles, energy_pj = cycle_and_energy_bounds(MapSpace.of([layer], [machine]))
    cost = evaluate(layer, machine, mapping)
    assert cycles[0] <= cost.cycles * SLACK
    assert energy_pj[0] <= cost.energy_pj * SLACK


def test_met_exactly_where_nothing_is_moved_twice() -> None:
    """One level, one MAC at a time, all operands free but DRAM's: the nest itself pays just what the bound says."""
    machine = Accelerator(name="bare", levels=(Level(name="DRAM", word_bits=None, read_pj=3, write_pj=5),), mac_pj=2)
    layer = Layer(name="matmul", kind="matmul", P=4, C=6, K=5)
    cost = evaluate(layer, machine, Mapping((LevelLoops("DRAM", (Loop("P", 1), Loop("K", 1), Loop("C", 1))),)))
    cycles, energy_pj = cycle_and_energy_bounds(MapSpace.of([layer], [machine]))
    macs, outputs = 4 * 6 * 5, 4 * 5
    assert cost.energy_pj == macs * 2 + 2 * macs * 3 + macs * 5 + (macs - outputs) * 3
    assert energy_pj[0] == cost.energy_pj
    assert cycles[0] == cost.cycles == macs


@pytest.mark.parametrize(("dims", "expected"), [(("K",), 3 * 10), ((), 30), (("K", "C"), 30), (("P",), 100)])
def test_an_axis_speeds_up_only_what_it_can_run(dims: tuple[str, ...], expected: int) -> None:
    machine = Accelerator(name="row", levels=(Level(name="DRAM", fanout=(Axis("X", 4, dims),)),))
    layer = Layer(name="matmul", kind="matmul", C=10, K=10)
    if dims in ((), ("K", "C")):
        expected = 25  # ceil(100 / 4): K and C together could fill the axis
    cycles, _ = cycle_and_energy_bounds(MapSpace.of([layer], [machine]))
    assert cycles[0] == expected
    assert isinstance(cycles, np.ndarray)
