"""Stream's chips of several cores as systems: against a system written by hand, and what is refused by name."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml

from accel_models import load_accelerator
from accel_models.systems import load_system
from accel_models.systems.system import System
from benchmarks.fuzzing.interchange import STREAM_OFFCHIP, STREAM_SYSTEM, ZIGZAG_HARDWARE
from nets.errors import InputError

BUS = "{type: bus, cores: [0, 1, 2, 3], bandwidth: 128, unit_energy_cost: 0.5}"
CHIP = STREAM_SYSTEM.replace("core.yaml", "one.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of cores: two that multiply, one for element-wise layers, one off the chip."""
    core = yaml.safe_load(ZIGZAG_HARDWARE)
    del core["memories"]["dram"]
    (tmp_path / "one.yaml").write_text(yaml.safe_dump(core | {"type": "zigzag.compute"}, sort_keys=False))
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(core | {"operator_types": ["Conv"]}, sort_keys=False))
    (tmp_path / "helper.yaml").write_text(yaml.safe_dump(core | {"operator_types": ["Add"]}, sort_keys=False))
    (tmp_path / "offchip.yaml").write_text(STREAM_OFFCHIP)
    return tmp_path


def load(folder: Path, text: str) -> System:
    (folder / "chip.yaml").write_text(text)
    return load_system(folder / "chip.yaml")


def test_a_chip_is_the_system_that_says_the_same(folder: Path) -> None:
    """Bits a cycle are words of eight, pJ a bit those of a word; the DRAM costs what the bus to it asks for, too."""
    system = load(folder, CHIP)
    assert (system.name, system.core_names, system.ports) == ("chip", ("one0", "one1"), (0, 1))
    assert [(link.source, link.target, link.bandwidth, link.word_pj) for link in system.links] == [
        (0, 1, 4, 2.0),
        (1, 0, 4, 2.0),
    ]
    assert (system.dram.bandwidth, system.dram.read_pj, system.dram.write_pj) == (8, 100 / 8 + 4, 150 / 8 + 4)
    (kind,) = system.kinds
    assert kind.accelerator.levels[1:] == load_accelerator(folder / "one.yaml").levels
    assert kind.accelerator.levels[0].shared_bandwidth == 8
    assert math.isinf(kind.accelerator.levels[0].read_bandwidth)
    lacks = " ".join(system.lacks)
    assert "core 1: for Add; such layers cost the data that they move" in lacks
    assert "over the bus of 128 bits a cycle words go to and from DRAM alone" in lacks


def test_cores_of_other_files_are_other_kinds_and_links_lead_to_the_memory(folder: Path) -> None:
    text = CHIP.replace("2: one.yaml", "2: other.yaml").replace(
        BUS, "{type: link, cores: [0, 3], bandwidth: 16}\n  - {type: link, cores: [3, 2], bandwidth: 16}"
    )
    system = load(folder, text)
    assert system.core_names == ("one", "other")
    assert system.dram.bandwidth == 2 + 2  # over two links, each with an equal part of the words
    assert system.dram.read_pj == 100 / 8 + 2
    assert load(folder, text.replace("cores: [3, 2]", "cores: [3, 0]")).ports == (0,)


def test_cores_in_rows_and_columns(folder: Path) -> None:
    mesh = "graph: {type: 2d_mesh, nb_rows: 2, nb_cols: 2, bandwidth: 32, offchip_core_id: 4, unit_energy_cost: 0.5}"
    cores = "[one.yaml, one.yaml, one.yaml, one.yaml, offchip.yaml]"
    system = load(folder, f"name: mesh\ncores: {cores}\n{mesh}\n")
    assert {(link.source, link.target) for link in system.links if link.source < link.target} == {
        (0, 1), (2, 3), (0, 2), (1, 3),
    }  # fmt: skip
    assert {link.word_pj for link in system.links} == {4.0}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2: one.yaml", "2: helper.yaml", "are 1 cores that compute, and a system has several; give it as --accel"),
        ("offchip_core_id: 3", "", "has no core off the chip, and a system's cores share one DRAM"),
        ("cores: [0, 2], bandwidth: 32", "cores: [0, 3], bandwidth: 32", "here words cross links between two cores"),
        ("type: link, cores: [0, 2]", "type: bus, cores: [0, 2]", "[0, 2] share a bus"),
        (BUS, "{type: link, cores: [1, 3], bandwidth: 8}", "3 is a core off the chip that nothing joins"),
        ("cores: [0, 2], bandwidth", "cores: [0, 2, 1], bandwidth", "must be two of a link; a bus joins more"),
        ("unit_energy_cost: 0.25", "core_memory_sharing: [[0, 2]]", "has several cores in one memory"),
        ("0: one.yaml", "0: tile.yaml", "'aie2.compute' is a core that is not described as ZigZag's are"),
        (BUS, "{type: link, cores: [0, 3], bandwidth: 8}\n  - {type: link, cores: [2, 3], bandwidth: 16}",
         "[8, 16] are the bandwidth of ways to the memory off the chip, and must be one"),
    ],
)  # fmt: skip
def test_what_is_not_modelled_is_refused(old: str, new: str, words: str, folder: Path) -> None:
    (folder / "tile.yaml").write_text("{name: tile, type: aie2.compute, max_object_fifo_depth: 12}")
    assert old in CHIP
    with pytest.raises(InputError) as refused:
        load(folder, CHIP.replace(old, new))
    assert words in str(refused.value)
