"""Gemmini's parameters read: what is written comes back, as does a configuration somebody wrote; what is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from accel_models import load_accelerator
from accel_models.accelerator import Accelerator, Axis
from accel_models.formats.gemmini import write_gemmini
from benchmarks.fuzzing.interchange import GEMMINI
from nets.errors import InputError


def load(text: str, folder: Path) -> Accelerator:
    (folder / "Config.scala").write_text(text)
    return load_accelerator(folder / "Config.scala")


def test_the_default_configuration_is_the_preset(tmp_path: Path) -> None:
    """Written and read, every level, energy, area and bandwidth is as it was."""
    preset = load_accelerator("gemmini")
    ((name, text),) = write_gemmini(preset).files.items()
    found = load(text, tmp_path)
    same = {"name": "any", "source": "", "lacks": ()}
    assert dataclasses.replace(found, **same) == dataclasses.replace(preset, **same)  # type: ignore[arg-type]
    assert write_gemmini(found).files == {name: text}
    assert found.lacks == ("technology: the parameters say none; priced at 22 nm and 1 GHz by our own",)


@pytest.mark.parametrize(
    "dataflow, kept, rows", [("WS", ["W"], ("C",)), ("OS", ["O"], ("P",)), ("BOTH", [], ("C", "P"))]
)
def test_a_configuration_of_ones_own(dataflow: str, kept: list[str], rows: tuple[str, ...], tmp_path: Path) -> None:
    machine = load(GEMMINI.replace("Dataflow.OS", f"Dataflow.{dataflow}"), tmp_path)
    _, scratchpad, accumulator, *registers = machine.levels
    assert machine.name == "Small"
    assert machine.macs_per_cycle == 8 * 8
    assert (scratchpad.fanout, accumulator.fanout) == ((Axis("X", 8, ("K",)),), (Axis("Y", 8, rows),))
    assert [*("".join(level.keeps) for level in registers)] == kept
    assert scratchpad.capacity_words == 64 * 1024
    assert (scratchpad.read_bandwidth, scratchpad.write_bandwidth) == (2 * 8, 64 / 8)
    assert accumulator.capacity_words * 8 == 16 * 1024  # of all columns together
    assert machine.precision is not None
    assert (machine.precision.input, machine.precision.psum) == (8, 16)
    assert any("tileRows" in sentence for sentence in machine.lacks)
    assert any("sp_banks" in sentence for sentence in machine.lacks)
    back = load(*write_gemmini(machine).files.values(), tmp_path)
    assert [level.keeps for level in back.levels] == [level.keeps for level in machine.levels]


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("meshRows", "meshRow", "line 7): 'meshRow' is not known; did you mean 'meshRows'?"),
        ("meshRows = 4", "meshRows = 8", "'16 x 8' must be a square array, whose sides are a power of 2"),
        ("meshRows = 4", "meshRows = 4,\n    meshRows = 4", "Config.scala: line 8: 'meshRows' is a parameter that"),
        ("Dataflow.OS", "Dataflow.IS", "dataflow (line 10): 'Dataflow.IS' is not known"),
        ("SInt(8.W)", "Float(8, 24)", "inputType (line 5): 'Float(8, 24)' is not read; write SInt(8.W)"),
        ("CapacityInKilobytes(64)", "CapacityInMatrices(9)", "sp_capacity (line 11): 'CapacityInMatrices(9)' is"),
        ("SInt(16.W)", "SInt(24.W)", "acc_capacity (line 12): '341.333' rows in each of 2 banks must be a multiple of"),
        ("CapacityInKilobytes(64)", "CapacityInKilobytes(192)", "rows in each of 2 banks must be a power of 2"),
        ("sp_banks = 2", "sp_banks", "Config.scala: line 13: 'sp_banks' is no parameter; write name = value"),
        ("defaultConfig.copy", "chipConfig.copy", "holds no objects with GemminiConfigs.defaultConfig.copy(...)"),
        (")\n}", "", "ends before the bracket of defaultConfig.copy( is closed"),
    ],
)
def test_what_is_not_understood_is_refused_where_it_stands(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in GEMMINI
    with pytest.raises(InputError) as refused:
        load(GEMMINI.replace(old, new, 1), tmp_path)
    assert words in str(refused.value)


def test_one_object_is_one_machine(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds 2 objects"):
        load(GEMMINI + GEMMINI, tmp_path)
