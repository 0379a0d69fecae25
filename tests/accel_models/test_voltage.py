"""Another supply: energies by the square, leakage in proportion, the clock by the alpha-power law."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from accel_models.arithmetic import integer_mac
from accel_models.presets import load_machine, load_template
from accel_models.technology import NODES_NM, technology
from accel_models.voltage import ALPHA, LEAST, MOST, SUPPLIES, speed_between
from nets.errors import InputError

INT8 = integer_mac(8, 8, 24)


@pytest.mark.parametrize("node", NODES_NM)
def test_at_its_own_supply_memories_are_what_their_source_says(node: int) -> None:
    own, carried = technology(node), technology(node, SUPPLIES[node].volts)
    assert carried.sram(1 << 15, 64) == own.sram(1 << 15, 64)
    assert carried.clock_hz == own.clock_hz


@pytest.mark.parametrize("node", NODES_NM)
def test_laws(node: int) -> None:
    supply = SUPPLIES[node]
    low, high = supply.volts * 0.75, supply.volts * 1.1
    slow, fast = technology(node, low), technology(node, high)
    ratio = high / low
    assert fast.mac_pj(INT8) / slow.mac_pj(INT8) == pytest.approx(ratio**2)
    assert fast.sram(4096, 64).read_pj / slow.sram(4096, 64).read_pj == pytest.approx(ratio**2)
    assert fast.flops(64, 8).read_pj / slow.flops(64, 8).read_pj == pytest.approx(ratio**2)
    assert fast.hop_pj(8, 1.0) / slow.hop_pj(8, 1.0) == pytest.approx(ratio**2)
    assert fast.sram(4096, 64).leakage_mw / slow.sram(4096, 64).leakage_mw == pytest.approx(ratio)
    assert fast.mac_leakage_mw(INT8) / slow.mac_leakage_mw(INT8) == pytest.approx(ratio)
    assert fast.mac_area_mm2(INT8) == slow.mac_area_mm2(INT8)
    drive = ((high - supply.threshold_v) / (low - supply.threshold_v)) ** ALPHA
    assert fast.clock_hz / slow.clock_hz == pytest.approx(drive / ratio)


def test_a_machine_is_carried_with_its_clock() -> None:
    machine = load_template("nvdla_256")
    carried = load_machine("nvdla_256", voltage=0.8)
    assert carried.clock_hz == pytest.approx(machine.clock * speed_between(machine.node_nm, None, 0.8))
    back = load_machine("nvdla_256", voltage=SUPPLIES[machine.node_nm].volts)
    assert back.clock_hz == pytest.approx(machine.clock)
    stated = replace(machine, voltage=0.8)
    assert stated.clock == machine.clock  # what a file says, it runs at
    assert replace(stated, clock_hz=None).clock < replace(machine, clock_hz=None).clock
    dram = machine.accelerator().levels[0]
    assert stated.accelerator().levels[0].read_pj == dram.read_pj  # has a supply of its own


@pytest.mark.parametrize("node", NODES_NM)
def test_refused_outside_its_range(node: int) -> None:
    own = SUPPLIES[node].volts
    for volts in (LEAST * own * 0.99, MOST * own * 1.01, 0.0, -1.0, math.nan, math.inf):
        with pytest.raises(InputError, match=f"where figures of {node} nm can be carried"):
            technology(node, volts)
    assert all(LEAST * supply.volts > supply.threshold_v for supply in SUPPLIES.values())


def test_a_machine_with_figures_of_its_own_is_not_carried(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from accel_models.presets import save_machine

    save_machine(load_machine("eyeriss").accelerator(), tmp_path / "given.yaml")
    with pytest.raises(InputError, match=r"voltage.*states its figures"):
        load_machine(tmp_path / "given.yaml", voltage=1.0)
