"""ZigZag's and Stream's files: machines, orders of loops, what is refused, and ZigZag's own counts."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from accel_models import load_accelerator
from accel_models.accelerator import Axis
from accel_models.cost import evaluate
from accel_models.formats.zigzag import ZigzagCase, load_zigzag
from accel_models.loopnest import LevelLoops, Loop
from benchmarks.fuzzing.interchange import STREAM_OFFCHIP, ZIGZAG_HARDWARE, ZIGZAG_MAPPING, ZIGZAG_WORKLOAD
from benchmarks.zigzag_cases import read_memories, stays_on_pins
from nets.errors import InputError
from nets.layer import TENSORS

CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "zigzag"


def load(
    folder: Path, hardware: str = ZIGZAG_HARDWARE, workload: str = ZIGZAG_WORKLOAD, mapping: str = ZIGZAG_MAPPING
) -> tuple[ZigzagCase, ...]:
    for name, text in (("hardware", hardware), ("workload", workload), ("mapping", mapping)):
        (folder / f"{name}.yaml").write_text(text)
    return load_zigzag(folder)


def test_memories_stand_one_inside_the_other(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(ZIGZAG_HARDWARE)
    machine = load_accelerator(tmp_path / "small.yaml")
    dram, sram, sums = machine.levels
    assert machine.level_names == ("dram", "sram", "sums")
    assert (sram.fanout, sums.fanout) == ((Axis("D1", 4),), (Axis("D2", 2),))
    assert (sram.keeps, sums.keeps) == (("W", "I", "O"), ("O",))
    assert (sram.capacity_words, sums.capacity_words) == (8192, 6)
    assert (sram.read_pj, sram.write_pj) == (2.5, 3.0)  # of one byte of the eight that a port moves
    assert (sram.shared_bandwidth, sums.read_bandwidth, sums.write_bandwidth) == (8, 2, 2)
    assert dram.read_pj > 10
    assert machine.mac_pj == 0.5
    lacks = " ".join(machine.lacks)
    assert "dram: the file gives no cost (ZigZag asks CACTI); estimated as lpddr4 DRAM" in lacks
    assert "areas, whose unit the file does not say" in lacks


def test_an_order_of_loops_becomes_a_nest(tmp_path: Path) -> None:
    """``sums`` has room for three: the loops over one output, and not the six columns; ``*`` is what is left of K."""
    (case,) = load(tmp_path)
    assert case.constraints == ("sram.D1.parallel = K", "sums.D2.parallel = C")
    assert case.mapping is not None
    assert case.mapping.levels == (
        LevelLoops("dram", keeps=TENSORS),
        LevelLoops("sram", (Loop("P", 1), Loop("K", 4), Loop("Q", 1)), (Loop("K", 1, "D1"),), TENSORS),
        LevelLoops("sums", (Loop("R", 1), Loop("C", 2), Loop("S", 1)), (Loop("C", 1, "D2"),), ("O",)),
    )
    cost = evaluate(case.layer, case.accelerator, case.mapping)
    assert cost.error is None
    assert cost.traffic["sums"]["O"].updates == case.layer.macs // 2  # two products are added on the way


def test_an_operand_of_its_own_memory_stays_as_long_as_it_fits(tmp_path: Path) -> None:
    roomy = ZIGZAG_HARDWARE.replace("size: 48", "size: 96")  # twelve bytes: the columns of a row of sums
    (case,) = load(tmp_path, roomy)
    assert case.mapping is not None
    assert [loop.dim for loop in case.mapping.levels[2].temporal] == ["Q", "R", "C", "S"]


def test_without_an_order_there_is_no_mapping(tmp_path: Path) -> None:
    (case,) = load(tmp_path, mapping=ZIGZAG_MAPPING.split("- name: conv")[0])
    assert case.mapping is None
    assert case.constraints == ("sram.D1.parallel = K", "sums.D2.parallel = C")


@pytest.mark.parametrize(
    "part, old, new, words",
    [
        ("hardware", "r_cost: 0.02", "rcost: 0.02", "memories: sums (line 5): 'rcost' is not known; did you mean"),
        ("hardware", "[O], served_dimensions: [D2]", "[O], served_dimensions: [D3]", "'D3' is not known"),
        ("hardware", "O], served_dimensions: [D1, D2]", "O], served_dimensions: [D1]", "each serves a dimension that"),
        ("hardware", "sizes: [4, 2]", "sizes: [4]", "must be one for each of 2 dimensions"),
        ("hardware", "sizes: [4, 2]", "sizes: [0, 0]", "this core computes nothing"),
        ("hardware", "unit_area: 1", "is_imc: true", "asks for computing inside a memory"),
        ("hardware", '"O, tl", "O, th"]', '"O, out"]', "must be an operand and a direction"),
        ("mapping", "temporal_ordering", "temporal_order", "did you mean 'temporal_ordering'?"),
        ("mapping", "[FX, 3]", "[FX, 2]", "2 of S are made by the loops; the layer has 3"),
        ("mapping", '[K, "*"]', '[K, "*"], [C, 3]', "12 of C are made by the loops; the layer has 4"),
        ("mapping", '"K, 4"', '"K, 8"', "8 is more than the 4 of the array"),
        ("mapping", '"K, 4"', '"K four"', "is no unrolling; write K, 32"),
        ("mapping", "W: I2, I: I1", "W: I1, I: I1", "must link each of O, W and I to an operand of its own"),
    ],
)
def test_what_is_not_understood_is_refused_where_it_stands(
    part: str, old: str, new: str, words: str, tmp_path: Path
) -> None:
    texts = {"hardware": ZIGZAG_HARDWARE, "mapping": ZIGZAG_MAPPING}
    assert old in texts[part]
    texts[part] = texts[part].replace(old, new)
    with pytest.raises(InputError) as refused:
        load(tmp_path, **texts)
    assert words in str(refused.value)


@pytest.fixture
def core(tmp_path: Path) -> Path:
    """A core of Stream's, which holds its weights nowhere."""
    data = yaml.safe_load(ZIGZAG_HARDWARE)
    del data["memories"]["dram"]
    data["memories"]["sram"]["operands"] = ["I1", "O"]
    for port in data["memories"]["sram"]["ports"]:
        port["allocation"] = [entry for entry in port["allocation"] if not entry.startswith("I2")]
    (tmp_path / "core.yaml").write_text(
        yaml.safe_dump(data | {"type": "compute", "operator_types": ["Conv"]}, sort_keys=False)
    )
    return tmp_path / "core.yaml"


def test_a_core_of_streams_is_a_machine(core: Path) -> None:
    machine = load_accelerator(core)
    assert machine.level_names == ("outside", "sram", "sums")
    assert any("outside: no memory of the file holds all operands" in line for line in machine.lacks)


JOINED = {
    "graph": "graph: {type: 2d_mesh, nb_rows: 1, nb_cols: 1, bandwidth: 32, simd_core_id: 1, offchip_core_id: 2}",
    "bus": "bus: {bandwidth: 32, unit_energy_cost: 0.5, simd_core_id: 1, offchip_core_id: 2}",
    "link": "offchip_core_id: 2\ncore_connectivity: [{type: link, cores: [0, 2], bandwidth: 32}]",
}


def chip(core: Path, text: str, cores: str = "[core.yaml, simd.yaml, offchip.yaml]") -> Path:
    (core.parent / "cores").mkdir()
    (core.parent / "cores" / "offchip.yaml").write_text(STREAM_OFFCHIP)
    (core.parent / "chip.yaml").write_text(f"name: chip\ncores: {cores}\n{text}\n")
    return core.parent / "chip.yaml"


@pytest.mark.parametrize("form", ["graph", "bus", "link"])
def test_a_chip_of_one_core_lies_in_the_memory_off_it(form: str, core: Path) -> None:
    """As fast as the link lets words through; the core for element-wise layers is left out."""
    cores = "{0: core.yaml, 2: offchip.yaml}" if form == "link" else "[core.yaml, simd.yaml, offchip.yaml]"
    machine, alone = load_accelerator(chip(core, JOINED[form], cores)), load_accelerator(core)
    assert machine.name == "chip"
    assert machine.level_names == ("dram", "sram", "sums")
    assert machine.levels[1:] == alone.levels[1:]
    dram = machine.levels[0]
    assert (dram.read_pj, dram.write_pj, dram.shared_bandwidth) == (12.5, 18.75, 4 if form == "bus" else 8)
    assert dram.read_bandwidth == (math.inf if form == "bus" else 4)
    assert any("core 1: for simd" in sentence for sentence in machine.lacks) == (form != "link")
    assert any("unit_energy_cost" in sentence for sentence in machine.lacks) == (form == "bus")
    assert not any("outside" in sentence for sentence in machine.lacks)


@pytest.mark.parametrize(
    "cores, text, words",
    [
        ("[core.yaml, core.yaml, offchip.yaml]",
         "offchip_core_id: 2\ncore_connectivity: [{type: bus, cores: [0, 1, 2], bandwidth: 32}]",
         "are 2 cores that compute, joined by a bus of 32 bits a cycle (0, 1, 2); a machine has one; several"),
        ("{0: core.yaml, 1: core.yaml}", "", "are 2 cores that compute, joined by nothing"),
        ("[core.yaml, simd.yaml, offchip.yaml]", JOINED["graph"].replace("id: 2", "id: 7"), "cores (line 2): '7' is"),
        ("[core.yaml, offchip.yaml]", "offchip_core_id: 1", "core_connectivity (line 1): [0, 1] are cores that"),
        ("[/etc/core.yaml, offchip.yaml]", "offchip_core_id: 1", "'/etc/core.yaml' lies elsewhere"),
        ("[a/../../core.yaml, offchip.yaml]", "offchip_core_id: 1", "lies elsewhere"),
        ("[core.yaml, core.yaml]", "offchip_core_id: 1\ncore_connectivity: [{type: link, cores: [0, 1], bandwidth: 8}]",
         "memories"),
        ("[absent.yaml]", "", "core 0: "),
        ("[core.yaml]", "offchip_core: 1", "'offchip_core' is not known; did you mean 'offchip_core_id'?"),
    ],
)  # fmt: skip
def test_a_chip_that_is_not_modelled_is_refused(cores: str, text: str, words: str, core: Path) -> None:
    with pytest.raises(InputError) as refused:
        load_accelerator(chip(core, text, cores))
    assert words in str(refused.value)


def test_more_memories_than_levels_join_where_they_are_alike(tmp_path: Path) -> None:
    data = yaml.safe_load(ZIGZAG_HARDWARE)
    register = data["memories"]["sums"] | {"served_dimensions": []}
    inputs, weights = (
        register | {"operands": [operand], "ports": [
            {"name": "r_port_1", "type": "read", "bandwidth_min": 8, "bandwidth_max": 8,
             "allocation": [f"{operand}, tl"]},
            {"name": "w_port_1", "type": "write", "bandwidth_min": 8, "bandwidth_max": 8,
             "allocation": [f"{operand}, fh"]}]}
        for operand in ("I1", "I2")
    )  # fmt: skip
    big = data["memories"]["sram"] | {"size": 1 << 20}
    data["memories"] = {"i": inputs, "w": weights, **data["memories"], "big": big, "bigger": big | {"size": 1 << 21}}
    dram = data["memories"].pop("dram")
    data["memories"]["dram"] = dram
    (tmp_path / "deep.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    machine = load_accelerator(tmp_path / "deep.yaml")
    assert machine.level_names == ("dram", "bigger", "big", "sram", "sums", "w+i")
    assert machine.levels[-1].partition_words == {"W": 6, "I": 6}
    assert any("w+i: two memories as one" in line for line in machine.lacks)


def files_of(case: dict[str, Any], folder: Path) -> Path:
    """The YAML files that a reference case was made from."""
    mapping = {
        "name": "default",
        "spatial_mapping": case["mapping"]["spatial"],
        "temporal_ordering": [[dim, int(trips)] for dim, trips in case["mapping"]["temporal_order_inner_to_outer"]],
    }
    parts = {"hardware": case["hardware"], "workload": [case["layer"]["definition"]], "mapping": [mapping]}
    for name, data in parts.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    return folder


@pytest.mark.skipif(not CASES.is_dir(), reason="the reference cases are not beside the repository")
def test_all_operands_together_count_as_zigzag_does(tmp_path: Path) -> None:
    """Of one machine and one nest for all operands; one that stays on the MACs' pins is read less in ZigZag."""
    compared, on_pins, refused = 0, [], []
    for path in sorted(CASES.glob("*.json")):
        data = json.loads(path.read_text())
        folder = tmp_path / path.stem
        folder.mkdir()
        try:
            (case,) = load_zigzag(files_of(data, folder))
        except InputError as error:
            refused.append((path.stem, error.rule.split(": ")[-1]))
            continue
        assert case.mapping is not None
        cost = evaluate(case.layer, case.accelerator, case.mapping, convention="timeloop")
        assert cost.error is None
        precision = data["layer"]["definition"]["operand_precision"]
        for tensor, chain in data["outputs"]["operands"].items():
            for number, level in enumerate(chain["levels"]):
                name = next(name for name in case.accelerator.level_names if level["memory"] in name.split("+"))
                mine, theirs = cost.traffic[name][tensor], level["element_moves_per_instance"]
                if tensor == "O":
                    assert (path.stem, name, mine.updates) == (path.stem, name, theirs["write_from_lower"])
                else:
                    assert (path.stem, name, mine.fills) == (path.stem, name, theirs["write_from_higher"])
                    innermost = read_memories(data, tensor)[-1]
                    if number == 0 and stays_on_pins(tensor, innermost, case.layer, int(precision[tensor])):
                        on_pins += [path.stem] if mine.reads > theirs["read_to_lower"] else []
                        assert mine.reads % theirs["read_to_lower"] == 0
                    else:
                        assert (path.stem, name, mine.reads) == (path.stem, name, theirs["read_to_lower"])
                compared += 1
    assert compared > 40
    assert on_pins == ["12_eyeriss_1x1_even", "12_eyeriss_1x1_uneven"]
    why = "each serves a dimension that the other does not"
    assert refused == [(name, why) for name in ("05_edgetpu_mbv2_pw", "06_edgetpu_mbv2_dw", "11_meta_resnet_1x1")]
