"""DRAM: energies from currents, and what an interface costs whether it is used or not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accel_models.dram import DRAM, FREE, PHY, load_dram, standing_costs_of
from accel_models.family import Family, Varied
from accel_models.overhead import area_interval, parts_mm2
from accel_models.presets import load_machine, load_template
from accel_models.structure import Structure
from accel_models.technology import technology
from nets.errors import InputError


def test_ddr4_by_hand() -> None:
    """302 mA less 56 mA at 1.2 V for reads, 278 less 56 for writes, at 51.2 Gbit/s."""
    assert load_dram("ddr4").pj_per_bit == pytest.approx((246 + 222) / 2 * 1.2 / 51.2)
    currents = load_dram("ddr4").currents
    assert currents is not None
    assert currents.standby_mw_per_gb_s == pytest.approx(56 * 1.2 / 6.4)
    assert currents.refresh_mw_per_gb_s == pytest.approx((280 - 56) * 1.2 * 560 / 12480 / 6.4)


def test_the_usual_dram_is_met_by_its_currents() -> None:
    """LPDDR4's 8 pJ/bit lies between what a device draws for writes and for reads alone, pins included."""
    dram = load_dram("lpddr4")
    assert dram.currents is not None
    reads, writes = dram.currents.reading, dram.currents.writing
    reads_alone = replace(dram.currents, writing=reads).pj_per_bit
    assert replace(dram.currents, reading=writes).pj_per_bit < dram.pj_per_bit < reads_alone


@pytest.mark.parametrize("name", ["eyeriss", "nvdla_256", "eyeriss_chip"])
def test_standing_costs_are_area_and_power_and_nothing_else(name: str) -> None:
    machine = load_machine(name)
    without, counted = machine.accelerator(), load_machine(name, standing_costs=True).accelerator()
    costs = standing_costs_of(machine.dram, machine.dram_bandwidth)
    assert counted.area_mm2 - without.area_mm2 == pytest.approx(costs.phy_mm2)
    macs_mw = machine.pes * technology(machine.node_nm).mac_leakage_mw(machine.precision.mac)
    assert counted.leakage_mw - without.leakage_mw == pytest.approx(costs.power_mw + macs_mw)
    assert (counted.levels, counted.mac_pj) == (without.levels, without.mac_pj)
    assert machine.standing == FREE
    assert PHY not in without.area_breakdown_mm2()
    assert counted.area_mm2 == pytest.approx(load_machine(name, standing_costs=True).area_mm2)


def test_more_bandwidth_takes_more_area_and_power() -> None:
    slow, fast = (replace(load_template("nvdla_256"), dram_bandwidth=rate, standing_costs=True) for rate in (5, 50))
    assert fast.standing.phy_mm2 == pytest.approx(10 * slow.standing.phy_mm2)
    assert fast.accelerator().leakage_mw > slow.accelerator().leakage_mw


def test_an_interface_is_not_enlarged_by_the_overhead_of_published_designs() -> None:
    machine = load_template("nvdla_256")
    without, counted = machine.accelerator(), replace(machine, standing_costs=True).accelerator()
    assert parts_mm2(without) == pytest.approx(parts_mm2(counted))
    least, most = area_interval(without), area_interval(counted)
    assert least is not None
    assert most is not None
    assert most.mm2 - least.mm2 == pytest.approx(counted.other_area_mm2[PHY])


def test_a_family_takes_what_its_machines_do() -> None:
    machine = load_machine("eyeriss_chip", standing_costs=True, voltage=1.1)
    assert isinstance(machine, Structure)
    kinds, rates = Varied("DRAM", ("dram",), ("ddr4", "hbm2")), Varied("rate", ("dram_bandwidth",), (0.5, 2.0))
    family = Family(machine, (kinds, rates))
    for places in ((0, 0), (0, 1), (1, 1)):
        assert family.takes(places).area_mm2 == pytest.approx(family.machine(places).area_mm2)
    corner = family.corner((0, 0), (0, 1))
    assert corner.leakage_mw <= family.machine((0, 0)).accelerator().leakage_mw * (1 + 1e-12)


def test_a_type_without_figures_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="lpddr4"):
        load_dram("lpddr6")
    with pytest.raises(InputError, match="there are those of lpddr4, ddr4, hbm2"):
        load_machine("eyeriss", dram="hbm3", standing_costs=True)
    assert all(dram.source and dram.pj_per_bit > 0 for dram in DRAM.values())
