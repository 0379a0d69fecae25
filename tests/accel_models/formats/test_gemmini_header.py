"""Gemmini's header read: the design that the same parameters make, and what is refused with its line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from accel_models import load_accelerator
from accel_models.accelerator import Accelerator
from benchmarks.fuzzing.interchange import GEMMINI_HEADER as HEADER
from nets.errors import InputError

DEFAULT = "object Default {\n  val config = GemminiConfigs.defaultConfig.copy()\n}\n"


def load(text: str, folder: Path, name: str = "gemmini_params.h") -> Accelerator:
    (folder / name).write_text(text)
    return load_accelerator(folder / name)


def test_the_header_of_the_default_configuration_is_its_machine(tmp_path: Path) -> None:
    """256 KB and 64 KB, as 4 banks of 4,096 rows of 16 bytes and 1,024 rows of 16 sums are."""
    found, wanted = load(HEADER, tmp_path), load(DEFAULT, tmp_path, "Default.scala")
    same = {"name": "any", "source": "", "lacks": ()}
    assert dataclasses.replace(found, **same) == dataclasses.replace(wanted, **same)  # type: ignore[arg-type]
    assert found.name == "gemmini_params"
    lacks = " ".join(found.lacks)
    assert "dataflow: the header does not say it; taken as Dataflow.BOTH" in lacks
    assert "dma_buswidth: the header does not say it; taken as 128" in lacks


def test_another_size_and_other_types(tmp_path: Path) -> None:
    text = (
        HEADER.replace("DIM 16", "DIM 8")
        .replace("int8_t elem", "int16_t elem")
        .replace("ACC_ROWS 1024", "ACC_ROWS 512")
    )
    machine = load(text, tmp_path)
    _, scratchpad, accumulator = machine.levels
    assert machine.macs_per_cycle == 64
    assert machine.precision is not None
    assert (machine.precision.input, machine.precision.psum) == (16, 32)
    assert scratchpad.capacity_words * (scratchpad.word_bits or 0) == 4 * 4096 * 8 * 16
    assert accumulator.capacity_words * (accumulator.word_bits or 0) * 8 == 512 * 8 * 32


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("#define DIM 16\n", "", "'DIM' is missing"),
        ("DIM 16", "DIM 12", "DIM (line 3): 12 elements along a side of the array must be a power of 2"),
        ("DIM 16", "DIM (1<<4)", "DIM (line 3)"),
        ("BANK_ROWS 4096", "BANK_ROWS 4090", "BANK_ROWS (line 5): 4090 rows must be a multiple of the array's 16"),
        ("#define ACC_ROWS 1024", "#define ACC_ROWS 1024\n#define ACC_ROWS 512", "line 7: 'ACC_ROWS' is a definition"),
        ("#endif", "#define ELEM_T_IS_FLOAT\n#endif", "line 11: 'ELEM_T_IS_FLOAT' is floating point"),
        ("int8_t elem_t", "float elem_t", "elem_t (line 8): 'float' is not read; write int8_t"),
    ],
)
def test_what_is_no_machine_is_refused(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in HEADER
    with pytest.raises(InputError) as refused:
        load(HEADER.replace(old, new), tmp_path)
    assert words in str(refused.value)
