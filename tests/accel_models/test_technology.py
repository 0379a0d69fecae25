"""The figures against the tables they come from, and against what must hold whatever the tables say."""

import itertools
import json
import math
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_models.arithmetic import floating_mac, integer_mac
from accel_models.data import fit_sram
from accel_models.dram import DRAM, load_dram
from accel_models.technology import (
    MIN_SRAM_BYTES,
    NODES_NM,
    WIRE_PJ_PER_BIT_MM,
    technology,
)
from nets.errors import InputError

NODES = st.sampled_from(NODES_NM)
CAPACITIES = st.integers(1, 1 << 24)
WIDTHS = st.integers(8, 512)


def test_the_shipped_fit_is_what_the_script_makes_of_the_shipped_rows():
    shipped = json.loads((files("accel_models.data") / "sram_fit.json").read_text())
    assert shipped == fit_sram.fitted()


@pytest.mark.parametrize(
    ("quantity", "rms", "worst"), [("read_pj", 0.11, 0.26), ("write_pj", 0.12, 0.28), ("area_mm2", 0.07, 0.14)]
)
def test_every_cacti_row_is_met_within_the_stated_error(quantity, rms, worst):
    errors = []
    for row in fit_sram.rows("sram_cacti.csv"):
        if row["node_nm"] in NODES_NM:
            memory = technology(row["node_nm"]).sram(row["capacity_kb"] * 1024, int(row["width_bits"]))
            errors.append(math.log(getattr(memory, quantity) / row[quantity]))
    assert math.sqrt(sum(error**2 for error in errors) / len(errors)) < rms
    assert max(map(abs, errors)) < worst


@pytest.mark.parametrize("node", [16, 7])
def test_below_22_nm_agrees_with_rows_that_were_not_fitted(node):
    # hwcomponents adds address generators, which weigh on its half-kilobyte row, so the larger rows are compared
    for row in fit_sram.rows("sram_below_22nm.csv"):
        if row["node_nm"] == node and row["capacity_kb"] >= 2:
            memory = technology(node).sram(row["capacity_kb"] * 1024, int(row["width_bits"]))
            assert memory.area_mm2 == pytest.approx(row["area_mm2"], rel=0.07)
            assert memory.read_pj == pytest.approx(row["read_pj"], rel=0.09)


@given(NODES, CAPACITIES, CAPACITIES, WIDTHS, WIDTHS)
def test_sram_grows_with_capacity_and_width(node, capacity_a, capacity_b, width_a, width_b):
    small = technology(node).sram(min(capacity_a, capacity_b), min(width_a, width_b))
    large = technology(node).sram(max(capacity_a, capacity_b), max(width_a, width_b))
    for quantity in ("read_pj", "write_pj", "area_mm2", "leakage_mw"):
        assert 0 < getattr(small, quantity) <= getattr(large, quantity)


def test_a_smaller_node_is_smaller_and_takes_less_energy():
    ladder = [technology(node) for node in NODES_NM]
    for older, newer in itertools.pairwise(ladder):
        assert newer.sram(1 << 16, 64).read_pj < older.sram(1 << 16, 64).read_pj
        assert newer.sram(1 << 16, 64).area_mm2 < older.sram(1 << 16, 64).area_mm2
        assert newer.mac_pj(integer_mac(8, 8, 24)) < older.mac_pj(integer_mac(8, 8, 24))
        assert newer.mac_area_mm2(integer_mac(8, 8, 24)) < older.mac_area_mm2(integer_mac(8, 8, 24))
        assert newer.flops(64, 8).area_mm2 < older.flops(64, 8).area_mm2
        assert newer.clock_hz >= older.clock_hz


def test_macs_are_horowitz_at_45_nm():
    tech = technology(45)
    assert tech.mac_pj(integer_mac(8, 8, 32)) == pytest.approx(0.2 + 0.1)
    assert tech.mac_pj(integer_mac(32, 32, 32)) == pytest.approx(3.1 + 0.1)
    assert tech.mac_area_mm2(integer_mac(8, 8, 8)) * 1e6 == pytest.approx(282 + 36)


@given(NODES, st.integers(1, 32), st.integers(1, 32), st.integers(8, 64))
def test_a_wider_mac_costs_more(node, weight, activation, psum):
    tech = technology(node)
    mac = integer_mac(weight, activation, psum)
    for wider in (integer_mac(weight + 1, activation, psum), integer_mac(weight, activation, psum + 1)):
        assert tech.mac_pj(wider) > tech.mac_pj(mac) > 0
        assert tech.mac_area_mm2(wider) > tech.mac_area_mm2(mac) > 0


def test_registers_are_the_aladdin_figures_at_65_nm():
    # 8-bit register at 65 nm in hwcomponents: 0.1028 pJ, 104.9 um2
    register = technology(65).flops(1, 8)
    assert register.read_pj == pytest.approx(0.1028, rel=1e-3)
    assert register.area_mm2 * 1e6 == pytest.approx(104.9, rel=1e-3)


def test_local_memory_is_flops_up_to_64_words():
    tech = technology(45)
    assert tech.local_memory(64, 8).kind == "flops"
    assert tech.local_memory(80, 8).kind == "sram"
    assert tech.local_memory(128, 16).kind == "flops"
    assert tech.flop_surcharge_mm2(64) == pytest.approx(
        tech.flops(64, 8).area_mm2 - tech.sram(MIN_SRAM_BYTES, 32).area_mm2
    )
    assert technology(7).flop_surcharge_mm2(1) == 0


def test_wires_and_dram():
    assert pytest.approx(0.098) == WIRE_PJ_PER_BIT_MM
    tech = technology(45)
    assert tech.hop_pj(8, 2.0) - tech.hop_pj(8, 1.0) == pytest.approx(8 * 0.098)
    assert load_dram("lpddr4").pj_per_bit * 64 == 512
    with pytest.raises(InputError, match="did you mean 'lpddr4'"):
        load_dram("lpdr4")
    assert min(dram.pj_per_bit for dram in DRAM.values()) > 0


@pytest.mark.parametrize("node", [90, 5, 45.5, -1, float("nan")])
def test_a_node_without_figures_is_refused(node):
    with pytest.raises(InputError, match="65, 45, 32, 28, 22, 16, 7"):
        technology(node)


def test_the_clock_is_one_that_a_bank_keeps_up_with():
    for node in NODES_NM:
        tech = technology(node)
        assert 1e8 <= tech.clock_hz <= 1e9
        assert 1e9 / tech.clock_hz >= min(tech.sram_cycle_ns, 1.0)


def test_floating_point_is_horowitz_at_45_nm():
    tech = technology(45)
    assert tech.mac_pj(floating_mac(16, 5, 32)) == pytest.approx(1.1 + 0.9)
    assert tech.mac_pj(floating_mac(32, 8, 32)) == pytest.approx(3.7 + 0.9)
    assert tech.mac_area_mm2(floating_mac(16, 5, 16)) * 1e6 == pytest.approx(1640 + 1360)
    assert tech.mac_pj(floating_mac(16, 5, 32)) > tech.mac_pj(integer_mac(16, 16, 32))
