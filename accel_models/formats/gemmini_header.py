"""The header that Gemmini's generator writes of a design (``gemmini_params.h``), as a machine.

Of its definitions those count that sizes follow from (:class:`.gemmini_model.Header`); the others are functions and
limits of the software that includes it. It says neither the dataflow nor the width of the DMA: those of the generator's
default configuration are taken.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accel_models.accelerator import Accelerator
from accel_models.formats.gemmini import power_of_two
from accel_models.formats.gemmini_reading import Design, without_comments
from nets.documents import Document, read_text
from nets.documents.limits import MOST_DIGITS, MOST_YAML_BYTES
from nets.documents.typed import typed
from nets.errors import InputError

if TYPE_CHECKING:
    from accel_models.formats.gemmini_model import Header

WHAT: Final = "Gemmini's header"
_LACKS: Final = (
    "dataflow: the header does not say it; taken as Dataflow.BOTH, either",
    "dma_buswidth: the header does not say it; taken as 128",
)
_SIZE: Final = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+(DIM|BANK_NUM|BANK_ROWS|ACC_ROWS)[ \t]+(\S+)[ \t]*$", re.MULTILINE
)
_TYPE: Final = re.compile(r"^[ \t]*typedef[ \t]+(\w+)[ \t]+(elem_t|acc_t)[ \t]*;", re.MULTILINE)
_FLOAT: Final = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(ELEM_T_IS_\w*FLOAT)\b", re.MULTILINE)


def read_header(path: str | Path) -> Accelerator:
    """The machine of a ``.h`` file.

    Raises:
        InputError: the file cannot be read, or lacks a definition, or has it twice; floating point; an array whose
            sides are no power of 2, or memories that it does not divide.
    """
    from accel_models.formats.gemmini_model import Header

    document = _definitions(Path(path))
    header = typed(Header, document)
    with document.at(()):
        if not power_of_two(header.DIM):
            raise InputError("DIM", header.DIM, "elements along a side of the array must be a power of 2")
        for name, rows in (("BANK_ROWS", header.BANK_ROWS), ("ACC_ROWS", header.ACC_ROWS)):
            if rows % header.DIM:
                raise InputError(name, rows, f"rows must be a multiple of the array's {header.DIM}")
        return _design(header).machine(Path(path).stem, WHAT, _LACKS)


def _design(header: Header) -> Design:
    return Design(
        size=header.DIM,
        bits=header.elem_t,
        sum_bits=header.acc_t,
        scratchpad_bytes=header.BANK_NUM * header.BANK_ROWS * header.DIM * header.elem_t // 8,
        accumulator_bytes=header.ACC_ROWS * header.DIM * header.acc_t // 8,
    )


def _definitions(path: Path) -> Document:
    """The definitions that count, each with its line."""
    text = without_comments(read_text(WHAT, path, most=MOST_YAML_BYTES))
    if (real := _FLOAT.search(text)) is not None:
        line = text.count("\n", 0, real.start(1)) + 1
        raise InputError(f"{path.name}: line {line}", real[1], "is floating point, which no table of ours prices here")
    data: dict[str, object] = {}
    lines: dict[tuple[str | int, ...], int] = {}
    for pattern, name, value in ((_SIZE, 1, 2), (_TYPE, 2, 1)):
        for found in pattern.finditer(text):
            line = text.count("\n", 0, found.start(name)) + 1
            if found[name] in data:
                rule = "is a definition that stands twice"
                raise InputError(f"{path.name}: line {line}", found[name], rule, "leave one out")
            said = found[value]
            data[found[name]] = int(said) if said.isdecimal() and len(said) < MOST_DIGITS else said
            lines[found[name],] = line
    return Document(data, path.name, lines=lines)
