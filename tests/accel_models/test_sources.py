"""Every figure of every machine has a source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accel_models.accelerator import Accelerator, Level
from accel_models.dram import DRAM
from accel_models.precision import Precision
from accel_models.presets import list_accelerators, load_machine, load_template
from accel_models.sources import sourced
from accel_models.technology import NODES_NM


def figures(machine: object) -> dict[str, tuple[str, str]]:
    return {each.what: (each.figure, each.source) for each in sourced(machine)}  # type: ignore[arg-type]


@pytest.mark.parametrize("name", list_accelerators("*"))
def test_every_part_of_a_preset_is_sourced(name: str) -> None:
    machine = load_machine(name)
    found = figures(machine)
    accelerator = machine if isinstance(machine, Accelerator) else machine.accelerator()
    for level in accelerator.levels:
        assert any(what.split()[0] == level.name for what in found), level.name
    assert {"MAC", "wires", "switches", "clock", "overhead", "sizes"} <= set(found)
    assert all(figure and source for figure, source in found.values())
    assert f"{accelerator.mac_pj:.3g} pJ" in found["MAC"][0]


def test_every_dram_has_a_source() -> None:
    assert all(dram.source for dram in DRAM.values())


def test_what_is_carried_or_extrapolated_is_said() -> None:
    template = load_template("nvdla_256")
    assert "between 32 and 22 nm" in figures(template)["L2 (SRAM)"][1]
    assert "below 22 nm by the rule" in figures(replace(template, node_nm=7))["L2 (SRAM)"][1]
    four = replace(template, precision=Precision(weight=4))
    assert "where a chip measured 2.3" in figures(four)["MAC"][1]
    assert "other widths" not in figures(template)["MAC"][1]


@pytest.mark.parametrize("node", NODES_NM)
def test_at_every_node(node: int) -> None:
    assert "area of published designs" in figures(replace(load_template("eyeriss"), node_nm=node))


def test_a_machine_whose_file_states_its_figures_has_none_of_ours() -> None:
    assert sourced(Accelerator(name="given", levels=(Level(name="DRAM"),))) == []
