"""A technology of one's own: its figures reach every part, and what is missing, negative or not said is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from accel_models.arithmetic import integer_mac
from accel_models.datasheet import datasheet
from accel_models.description import from_dict, to_dict
from accel_models.own_technology import OwnTechnology
from accel_models.presets import load_machine
from accel_models.sources import sourced
from accel_models.structure import Structure
from accel_models.technology import own_fit_error, technology
from accel_models.technology_file import read_technology
from accel_models.template import Template
from nets.errors import InputError

TABLE: dict[str, Any] = {
    "sram": [
        {"bytes": 8192, "width_bits": 64, "read_pj": 1.6, "write_pj": 1.8, "area_mm2": 0.0065, "leakage_mw": 0.4},
        {"bytes": 131072, "width_bits": 64, "read_pj": 7.4, "write_pj": 6.2, "area_mm2": 0.12, "leakage_mw": 5.1},
    ],
    "flops": {"pj_per_bit": 0.003, "um2_per_bit": 2.2},
    "mac": {"pj": 0.09, "um2": 160},
    "wire_pj_per_bit_mm": 0.08,
    "clock_hz": 9e8,
    "source": "a library",
}
ERT = {"ERT": {"version": 0.4, "tables": [
    {"name": "chip.buffer", "actions": [{"name": "read", "energy": 1.6}, {"name": "write", "energy": 1.8},
                                        {"name": "leak", "energy": 0.0}]},
    {"name": "chip.file", "actions": [{"name": "read", "energy": 0.05}, {"name": "write", "energy": 0.046}]},
    {"name": "chip.mac", "actions": [{"name": "compute", "energy": 0.09}]},
]}}  # fmt: skip
ART = {"ART": {"version": 0.4, "tables": [
    {"name": "chip.buffer", "area": 6500.0}, {"name": "chip.file", "area": 563.2}, {"name": "chip.mac", "area": 160.0},
]}}  # fmt: skip
BY_ACCELERGY: dict[str, Any] = {
    "accelergy": ["ERT.yaml", "ART.yaml"],
    "sram": [{"component": "buffer", "bytes": 8192, "width_bits": 64}],
    "flops": {"component": "file", "bytes": 32, "width_bits": 16},
    "mac": {"component": "mac"},
    "wire_pj_per_bit_mm": 0.08,
    "clock_hz": 9e8,
    "source": "a library",
}


def read(folder: Path, data: dict[str, Any]) -> OwnTechnology:
    """What a file says."""
    (folder / "own.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    return read_technology(folder / "own.yaml")


def test_one_memory_is_met_exactly_and_others_by_the_laws(tmp_path: Path) -> None:
    own, ours = technology(28, own=read(tmp_path, TABLE | {"sram": TABLE["sram"][:1]})), technology()
    assert own_fit_error(read(tmp_path, TABLE | {"sram": TABLE["sram"][:1]})) == pytest.approx(0, abs=1e-12)
    stated, memory = TABLE["sram"][0], own.sram(8192, 64)
    for name in ("read_pj", "write_pj", "area_mm2", "leakage_mw"):
        assert getattr(memory, name) == pytest.approx(stated[name], rel=1e-12)
        larger = getattr(own.sram(65536, 128), name) / getattr(memory, name)
        assert larger == pytest.approx(getattr(ours.sram(65536, 128), name) / getattr(ours.sram(8192, 64), name))


def test_several_memories_are_met_in_their_mean(tmp_path: Path) -> None:
    table = read(tmp_path, TABLE)
    own = technology(own=table)
    ratios = [row.read_pj / own.sram(row.bytes, row.width_bits).read_pj for row in table.sram]
    assert ratios[0] * ratios[1] == pytest.approx(1)
    assert 0 < own_fit_error(table) < 0.15


def test_every_other_figure_is_the_tables(tmp_path: Path) -> None:
    own = technology(own=read(tmp_path, TABLE))
    integers = integer_mac(8, 8, 24)
    assert (own.mac_pj(integers), own.mac_area_mm2(integers)) == pytest.approx((0.09, 160e-6))
    registers = own.flops(32, 8)
    assert (registers.read_pj, registers.area_mm2) == pytest.approx((8 * 0.003, 256 * 2.2e-6))
    assert (own.wire_pj_per_bit_mm, own.clock_hz) == (0.08, 9e8)


@pytest.mark.parametrize("name", ["nvdla_256", "gemmini"])
def test_a_machine_keeps_it_and_says_where_it_is_from(name: str, tmp_path: Path) -> None:
    own = read(tmp_path, TABLE)
    machine = load_machine(name, technology=own)
    assert isinstance(machine, Template | Structure)
    assert from_dict(to_dict(machine)) == machine
    accelerator, before = machine.accelerator(), load_machine(name)
    assert accelerator.mac_pj == pytest.approx(technology(own=own).mac_pj(machine.precision.mac))
    assert accelerator.clock_hz == 9e8
    assert accelerator.area_mm2 == pytest.approx(machine.area_mm2) != before.area_mm2
    said = {part.what: part.source for part in sourced(machine)}
    assert all(said[what].startswith("a library") for what in ("MAC", "wires", "switches", "clock"))
    assert any("from its 2 memories" in source for source in said.values())
    assert "area of published designs" not in said
    assert datasheet(machine)["area_interval"] is None


def test_figures_that_state_themselves_take_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="technology: 'a library' differs from that for which"):
        load_machine(_stated(tmp_path), technology=read(tmp_path, TABLE))


def _stated(folder: Path) -> Path:
    levels = [{"name": "DRAM"}, {"name": "L1", "capacity_words": 14, "read_pj": 0.1, "write_pj": 0.1}]
    path = folder / "stated.yaml"
    path.write_text(yaml.safe_dump({"kind": "accelerator", "levels": levels, "mac_pj": 0.02}))
    return path


def test_another_voltage_and_costs_it_does_not_speak_of_are_refused(tmp_path: Path) -> None:
    machine = load_machine("nvdla_256", technology=read(tmp_path, TABLE))
    assert isinstance(machine, Template)
    with pytest.raises(InputError, match="is another than that of the technology given"):
        replace(machine, voltage=0.8)
    with pytest.raises(InputError, match="standing-costs count leakage of MACs"):
        replace(machine, standing_costs=True)


@pytest.mark.parametrize("key", TABLE)
def test_a_missing_entry_is_refused(key: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"'{key}' is missing; give {key}"):
        read(tmp_path, {name: value for name, value in TABLE.items() if name != key})


@pytest.mark.parametrize("key", TABLE["sram"][0])
def test_so_is_one_of_a_memory(key: str, tmp_path: Path) -> None:
    row = {name: value for name, value in TABLE["sram"][0].items() if name != key}
    with pytest.raises(InputError, match=f"'{key}' is missing; give {key}"):
        read(tmp_path, TABLE | {"sram": [row]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mac": {"pj": -0.1, "um2": 160}}, r"mac: pj \(line .*: -0.1 must be greater than zero"),
        ({"clock_hz": 0.0}, "clock_hz .*: 0.0 must be greater than zero"),
        ({"sram": []}, "must name at least one memory"),
        (
            {"sram": [TABLE["sram"][0] | {"leakage_mw": -1.0}]},
            "leakage_mw .*: -1.0 must be a finite number",
        ),
        ({"sram": [TABLE["sram"][0] | {"bytes": 0}]}, "bytes .*: 0 must be a whole number of at least 1"),
        ({"flopz": {}}, "did you mean 'flops'?"),
        ({"source": ""}, "must say where the figures come from"),
    ],
)
def test_what_is_out_of_range_is_refused_by_its_line(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, TABLE | change)


def test_accelergys_tables_say_the_same(tmp_path: Path) -> None:
    for name, table in (("ERT", ERT), ("ART", ART)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(table))
    own = read(tmp_path, BY_ACCELERGY)
    assert own.flops.pj_per_bit == pytest.approx(0.003)
    assert own.flops.um2_per_bit == pytest.approx(2.2)
    assert own.mac.um2 == pytest.approx(160)
    assert own.sram[0] == replace(read(tmp_path, TABLE).sram[0], leakage_mw=0.0)
    for change, message in (
        ({"mac": {"component": "mca"}}, "mac: component .*'mca' has no row in the energy tables"),
        ({"mac": {"component": "file"}}, "'file' has no energy of compute"),
        ({"accelergy": ["ART.yaml"]}, "has no row in the energy tables"),
        ({"sram": []}, "must have at least 1 entries"),
    ):
        with pytest.raises(InputError, match=message) as refused:
            read(tmp_path, BY_ACCELERGY | change)
        assert re.search(r"own\.yaml", str(refused.value))
