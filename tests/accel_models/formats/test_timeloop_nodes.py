"""Timeloop v0.4 as people write it: tagged nodes, arithmetic, branches, constraints at nodes, tables, and templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accel_models import load_accelerator
from accel_models.accelerator import Axis
from accel_models.cost import evaluate
from accel_models.formats.timeloop import TimeloopCase, load_timeloop, read_timeloop
from accel_models.loopnest import LevelLoops, Loop
from benchmarks.fuzzing.interchange import TIMELOOP_NODES
from mappings import search
from nets.documents import parse_yaml
from nets.errors import InputError


def load(folder: Path, text: str) -> TimeloopCase:
    (folder / "case.yaml").write_text(text)
    return load_timeloop(folder / "case.yaml")


def test_nodes_become_memories_and_wires(tmp_path: Path) -> None:
    case = load(tmp_path, TIMELOOP_NODES)
    dram, buffer, weights, sums = case.accelerator.levels
    assert case.accelerator.level_names == ("DRAM", "buffer", "weights", "sums")
    assert (buffer.capacity_words, buffer.read_bandwidth) == (2048 * 8, 16)
    assert (buffer.read_pj, buffer.write_pj, buffer.area_mm2) == (1.0, 0.75, 2e-3)  # of a vector of eight words
    assert (dram.keeps, buffer.keeps, weights.keeps, sums.keeps) == (("W", "I", "O"), ("I", "O"), ("W",), ("O",))
    assert (dram.fanout, buffer.fanout, sums.fanout) == ((), (Axis("X", 4),), (Axis("Y", 2),))
    assert case.accelerator.macs_per_cycle == 8
    assert case.accelerator.clock_hz == pytest.approx(5e8)
    assert case.accelerator.mac_pj == 0.5
    assert any("weights: the files give no energy for it" in line for line in case.lacks)
    assert not any("buffer" in line for line in case.lacks)


def test_a_mapping_names_the_nodes_that_fan_out(tmp_path: Path) -> None:
    case = load(tmp_path, TIMELOOP_NODES)
    assert case.mapping is not None
    assert case.mapping.levels == (
        LevelLoops("DRAM", (Loop("K", 4), Loop("Q", 2))),
        LevelLoops("buffer", (Loop("Q", 1), Loop("P", 1)), (Loop("C", 1, "X"),)),
        LevelLoops("weights", (Loop("K", 2), Loop("R", 1))),
        LevelLoops("sums", (), (Loop("K", 1, "Y"),)),
    )
    own = load(tmp_path, TIMELOOP_NODES.replace("target: column", "target: inter_column_spatial"))
    assert own.mapping == case.mapping
    cost = evaluate(case.layer, case.accelerator, case.mapping, convention="timeloop")
    assert cost.error is None
    assert cost.cycles == case.layer.macs / 8


PROCESSED: dict[str, Any] = {
    "architecture": {
        "version": "0.4",
        "subtree": [{"name": "system_top_level", "local": [
            {"name": "DRAM[1..1]", "class": "DRAM", "attributes": {"width": 64, "datawidth": 8}},
            {"name": "buffer[1..1]", "class": "SRAM", "attributes": {
                "depth": 2048, "width": 64, "datawidth": 8, "read_bandwidth": 16, "write_bandwidth": 16}},
            {"name": "inter_column_spatial[1..1]", "class": "dummy_storage", "attributes": {"depth": 1, "width": 1}},
            {"name": "weights[1..4]", "class": "regfile",
             "attributes": {"depth": 64, "width": 8, "datawidth": 8, "meshX": 4}},
            {"name": "sums[1..4]", "class": "storage",
             "attributes": {"depth": 16, "width": 16, "datawidth": 16, "meshX": 4}},
            {"name": "inter_mac_spatial[1..4]", "class": "dummy_storage",
             "attributes": {"depth": 1, "width": 1, "meshX": 4}},
            {"name": "mac[1..8]", "class": "intmac", "attributes": {"width": 8, "meshX": 4, "meshY": 2}},
        ]}],
    },
    "architecture_constraints": {"targets": [
        {"target": "buffer", "type": "bypass", "keep": ["Inputs", "Outputs"], "bypass": ["Weights"]},
        {"target": "weights", "type": "bypass", "keep": ["Weights"], "bypass": ["Inputs", "Outputs"]},
        {"target": "sums", "type": "bypass", "keep": ["Outputs"], "bypass": ["Inputs", "Weights"]},
    ]},
}  # fmt: skip


def test_the_nodes_are_what_timeloops_front_end_makes_of_them(tmp_path: Path) -> None:
    """The expected tree is written by hand after the rules of that front end (version 4 to 3)."""
    ours = load(tmp_path, TIMELOOP_NODES)
    plain = parse_yaml(TIMELOOP_NODES.split("problem:")[1].join(["problem:", ""]), "rest")
    for entry in plain["mapping"]:
        entry["target"] = {"column": "inter_column_spatial", "mac": "inter_mac_spatial"}.get(
            entry["target"], entry["target"]
        )
    theirs = read_timeloop(PROCESSED | plain, "case")
    assert ours.layer == theirs.layer
    assert ours.mapping == theirs.mapping
    for level, other in zip(ours.accelerator.levels, theirs.accelerator.levels):
        assert (level.name, level.keeps, level.capacity_words, level.fanout) == (
            other.name,
            other.keeps,
            other.capacity_words,
            other.fanout,
        )


def test_constraints_at_nodes_hold_a_mapper(tmp_path: Path) -> None:
    text = TIMELOOP_NODES.split("mapping:")[0]
    case = load(tmp_path, text)
    assert case.constraints == ("buffer.X.parallel = C,K", "weights.order = *SR")
    assert any("weights: temporal constraint on factors (M=1)" in line for line in case.lacks)
    found = search(case.layer, case.accelerator, mapper="random", budget=50, constraints=case.constraints)
    buffer, weights = found.mapping.levels[1:3]
    assert {loop.dim for loop in buffer.spatial} <= {"C", "K"}
    assert [loop.dim for loop in weights.temporal if loop.dim in "RS"] in ([], ["R"], ["S"], ["S", "R"])


def test_a_file_of_nodes_is_a_machine(tmp_path: Path) -> None:
    (tmp_path / "arch.yaml").write_text(TIMELOOP_NODES.split("problem:")[0])
    machine = load_accelerator(tmp_path / "arch.yaml")
    assert [level.keeps for level in machine.levels[1:]] == [("I", "O"), ("W",), ("O",)]
    assert any("the files give no energy" in line for line in machine.lacks)
    assert "constraints on mappings; 'cosearch map --timeloop' reads them, with the problem" in machine.lacks
    (tmp_path / "arch.yaml").write_text(TIMELOOP_NODES.split("problem:")[0] + "varables: {}\n")
    with pytest.raises(InputError, match="'varables' is not known; did you mean 'variables'"):
        load_accelerator(tmp_path / "arch.yaml")


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("!Container {name: system", "!Containr {name: system", "nodes[0] (line 6): '!Containr' is no tag"),
        ("!Component {name: mac", "{name: mac", "has no tag; write !Container or !Component"),
        ("!Component {name: mac", "!Pipelined {name: mac", "'!Pipelined' is no tag that is read"),
        ("class: intmac", "class: crossbar", "class (line 34): 'crossbar' is neither a memory nor arithmetic"),
        ("depth: 1024 * 2", "depth: 1024 * LINES", "attributes: depth (line 11): '1024 * LINES' asks for 'LINES'"),
        ("depth: 1024 * 2", "dept: 7", "'dept' is not known; did you mean 'depth'?"),
        ("depth: 1024 * 2", "depth: open('x')", "is more than the arithmetic that is read"),
        ("global_cycle_seconds", "global_cycle_second",
         "variables (line 2): 'global_cycle_second' is no figure that is read, and no arithmetic asks for it; did you "
         "mean 'global_cycle_seconds'?"),
        ("spatial: {meshX:", "spatial: {meshx:", "'meshx' is not known; did you mean 'meshX'?"),
        ("constraints: {dataspace: {keep: [Outputs]}}", "constraints: {dataspace: {keep: [Weights]}}",
         "'Weights' is kept by another branch of the !Parallel, too"),
        ("dataspace: {keep: [Inputs, Outputs], bypass", "dataspac: {keep: [Inputs, Outputs], bypass",
         "'dataspac' is not known; did you mean 'dataspace'?"),
        ("  - !Component {name: mac, class: intmac, spatial: {meshY: 2}, attributes: {width: 8}}\n", "",
         "nodes must end with what computes"),
        ("WIDTH: 8", "WIDTH: {{width}}", "line 2: '{{' begins a Jinja template, which runs code; have Timeloop's"),
        ("target: column", "target: colum", "did you mean 'column'?"),
        ("bypass: [Weights]", "bypass: [Weigths]", "did you mean 'Weights'?"),
        ("name: sums", "name: sums\n        spatial: {meshX: 2}", "which nodes of !Parallel cannot"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_where_it_stands(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in TIMELOOP_NODES
    with pytest.raises(InputError) as refused:
        load(tmp_path, TIMELOOP_NODES.replace(old, new, 1))
    assert words in str(refused.value)


def test_an_attribute_that_arithmetic_asks_for_is_understood(tmp_path: Path) -> None:
    text = TIMELOOP_NODES.replace("depth: 1024 * 2", "lines: 256, depth: lines * 8")
    assert load(tmp_path, text).accelerator == load(tmp_path, TIMELOOP_NODES).accelerator


def test_a_variable_may_be_called_like_a_figure_where_something_asks_for_it(tmp_path: Path) -> None:
    text = TIMELOOP_NODES.replace("{version: 0.4,", "{version: 0.4, memory_depht: 2048,", 1)
    with pytest.raises(InputError, match="did you mean 'memory_depth'"):
        load(tmp_path, text)
    asked = text.replace("depth: 1024 * 2", "depth: memory_depht")
    assert load(tmp_path, asked).accelerator == load(tmp_path, TIMELOOP_NODES).accelerator


def test_disabled_nodes_are_not_there(tmp_path: Path) -> None:
    text = TIMELOOP_NODES.replace("name: sums", "name: sums\n        enabled: false").split("mapping:")[0]
    assert load(tmp_path, text).accelerator.level_names == ("DRAM", "buffer", "weights")


def test_an_action_of_several_energies_costs_the_most(tmp_path: Path) -> None:
    text = TIMELOOP_NODES.replace(
        "{name: read, arguments: {}, energy: 8.0}",
        "{name: read, arguments: {delta: 0}, energy: 2.0}, {name: read, arguments: {delta: 1}, energy: 8.0}",
    )
    case = load(tmp_path, text)
    assert case.accelerator == load(tmp_path, TIMELOOP_NODES).accelerator
    assert any("buffer: read costs different energies by its arguments" in line for line in case.lacks)


def test_what_is_asked_of_a_memory_and_not_read_is_said(tmp_path: Path) -> None:
    asked = TIMELOOP_NODES.replace(
        "{keep: [Inputs, Outputs], bypass", "{keep: [Inputs, Outputs], no_coalesce: [], bypass"
    )
    case = load(tmp_path, asked)
    assert case.accelerator == load(tmp_path, TIMELOOP_NODES).accelerator
    assert case.lacks.count("buffer: dataspace constraint no_coalesce; it is not read") == 1
    for key in ("bypasss", "keeps"):  # a letter too many would change what the memory keeps
        with pytest.raises(InputError, match="did you mean"):
            load(tmp_path, TIMELOOP_NODES.replace("bypass: [Weights]", f"{key}: [Weights]"))
