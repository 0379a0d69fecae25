"""Gemmini's parameters as a machine: an object of Scala that overrides the generator's default configuration.

The text is read as data: names and values between the brackets of ``GemminiConfigs.defaultConfig.copy(...)``;
:mod:`accel_models.formats.gemmini_header` reads the header that the generator writes of a design. Memories are ported
as in the preset ``gemmini``: a row of inputs and one of weights a cycle from the scratchpad, in the accumulators a sum
to the adder and one to the DMA for every column. The parameters say no technology, which is assumed to be that of the
published chip.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accel_models.accelerator import Accelerator, Axis
from accel_models.formats.gemmini import ACCUMULATOR_BANKS, PREFIX, SCRATCHPAD_BANKS, power_of_two, require_rows
from accel_models.precision import Precision
from accel_models.structure import BuiltLevel, Structure
from nets.documents import Document, read_text
from nets.documents.limits import MOST_DIGITS, MOST_YAML_BYTES
from nets.documents.typed import typed
from nets.errors import InputError

if TYPE_CHECKING:
    from accel_models.formats.gemmini_model import Counted

NODE_NM: Final = 22
CLOCK_HZ: Final = 1e9
"""Of the chip in Genc et al., DAC 2021; the clock is assumed."""
_KILOBYTE: Final = 1024
_BEGINS: Final = re.compile(r"\bobject\s{1,100}(\w++)[^{]{0,1000}\{[^{]{0,1000}?\bdefaultConfig\.copy\(")
"""With bounds, or a long text of beginnings would be read to its end from each."""
_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_ENTRY: Final = re.compile(r"(\w++)\s*+=\s*+(.*)", re.DOTALL)
_TEXT: Final = re.compile(r'"[^"\n]*"')
_REGISTERS: Final = {"Dataflow.WS": ("W",), "Dataflow.OS": ("O",), "Dataflow.BOTH": ()}
_ROWS: Final = {"Dataflow.WS": ("C",), "Dataflow.OS": ("P",), "Dataflow.BOTH": ("C", "P")}
"""Dims that the rows of the array run."""


def read_gemmini(path: str | Path) -> Accelerator:
    """The machine of a ``.scala`` file with one configuration.

    Raises:
        InputError: the file cannot be read or holds no such object; a parameter that is not known or stands twice;
            floating point; sizes that the generator refuses.
    """
    from accel_models.formats.gemmini_model import Parameters

    name, document = _parameters(path)
    entry: Counted = typed(Parameters, document)
    with document.at(()):
        return _machine(name.removeprefix(PREFIX) or name, entry)


def _machine(name: str, entry: Counted) -> Accelerator:
    size, columns = entry.tileRows * entry.meshRows, entry.tileColumns * entry.meshColumns
    if size != columns or not power_of_two(size):
        raise InputError("meshRows", f"{size} x {columns}", "must be a square array, whose sides are a power of 2")
    bits = entry.inputType
    for other in ("weightType", "spatialArrayInputType", "spatialArrayWeightType"):
        if getattr(entry, other) not in (None, bits):
            raise InputError(other, getattr(entry, other), f"bits must be the {bits} of inputType")
    require_rows("sp_capacity", entry.sp_capacity, entry.sp_banks, size, bits)
    require_rows("acc_capacity", entry.acc_capacity, entry.acc_banks, size, entry.accType, any_multiple=True)
    design = Design(
        size, bits, entry.accType, entry.sp_capacity * _KILOBYTE, entry.acc_capacity * _KILOBYTE, entry.dataflow,
        entry.dma_buswidth,
    )  # fmt: skip
    return design.machine(name, "Gemmini's parameters", _lacks(entry))


@dataclass(frozen=True, slots=True)
class Design:
    """What a machine of Gemmini's follows from.

    Attributes:
        size: elements along each side of the array.
        bits, sum_bits: of inputs and weights, and of sums.
        scratchpad_bytes, accumulator_bytes: of all banks.
        dataflow: ``"Dataflow.WS"``, ``"Dataflow.OS"`` or ``"Dataflow.BOTH"``.
        dma_bits: that DRAM moves in a cycle.
    """

    size: int
    bits: int
    sum_bits: int
    scratchpad_bytes: int
    accumulator_bytes: int
    dataflow: str = "Dataflow.BOTH"
    dma_bits: int = 128

    def machine(self, name: str, source: str, lacks: Iterable[str]) -> Accelerator:
        """The machine, with what it does not have of the generator's."""
        built = Structure(
            levels=tuple(self._levels()),
            dram_bandwidth=self.dma_bits / 8 * CLOCK_HZ / 1e9,
            precision=Precision(self.bits, self.bits, self.bits, self.sum_bits),
            node_nm=NODE_NM,
            clock_hz=CLOCK_HZ,
            name=name,
            source=f"{source}; energies and areas by our own technology",
        ).accelerator()
        technology = (
            f"technology: the parameters say none; priced at {NODE_NM} nm and {CLOCK_HZ * 1e-9:g} GHz by our own"
        )
        return dataclasses.replace(built, lacks=(technology, *lacks))

    def _levels(self) -> Iterator[BuiltLevel]:
        row_bytes, sum_bytes = self.size * self.bits / 8, self.sum_bits / 8
        yield BuiltLevel(name="DRAM", memory="dram")
        yield BuiltLevel(
            name="scratchpad", memory="sram", keeps=("W", "I"), capacity_bytes=self.scratchpad_bytes,
            width_bits=self.size * self.bits, double_buffered=True, read_bandwidth=2 * row_bytes,
            write_bandwidth=self.dma_bits / 8, fanout=(Axis("X", self.size, ("K",)),),
        )  # fmt: skip
        yield BuiltLevel(
            name="accumulator", memory="sram", keeps=("O",), capacity_bytes=self.accumulator_bytes / self.size,
            width_bits=self.sum_bits, double_buffered=True, read_bandwidth=2 * sum_bytes, write_bandwidth=sum_bytes,
            fanout=(Axis("Y", self.size, _ROWS[self.dataflow]),),
        )  # fmt: skip
        if kept := _REGISTERS[self.dataflow]:
            width = self.bits if kept == ("W",) else self.sum_bits
            yield BuiltLevel(
                name="register", memory="flops", keeps=kept, capacity_bytes=2 * width / 8, width_bits=width,
                double_buffered=True,
            )  # fmt: skip


def _lacks(entry: Counted) -> Iterator[str]:
    """What the machine does not have of the generator's."""
    if max(entry.tileRows, entry.tileColumns) > 1:
        yield "tileRows, tileColumns: elements of a tile have no register between them, which is timing"
    if (entry.sp_banks, entry.acc_banks) != (SCRATCHPAD_BANKS, ACCUMULATOR_BANKS):
        yield "sp_banks, acc_banks: conflicts between the banks of a memory"


def without_comments(text: str) -> str:
    """Scala or C with as many lines."""
    return _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)


def _parameters(path: str | Path) -> tuple[str, Document]:
    """The object's name, and its parameters as they are written, each with its line."""
    place = Path(path).name
    text = read_text("Gemmini's parameters", path, most=MOST_YAML_BYTES)
    text = without_comments(text)
    objects = list(_BEGINS.finditer(text))
    if len(objects) != 1:
        rule = f"holds {len(objects) or 'no'} objects with GemminiConfigs.defaultConfig.copy(...), and must hold one"
        raise InputError("Gemmini's parameters", str(path), rule)
    (begins,) = objects
    data: dict[str, object] = {}
    lines: dict[tuple[str | int, ...], int] = {}
    for start, argument in _arguments(text, begins.end(), str(path)):
        match = _ENTRY.fullmatch(argument.strip())
        line = text.count("\n", 0, start + len(argument) - len(argument.lstrip())) + 1
        if match is None:
            raise InputError(f"{place}: line {line}", argument.strip(), "is no parameter", "write name = value")
        if match[1] in data:
            raise InputError(f"{place}: line {line}", match[1], "is a parameter that stands twice", "leave one out")
        data[match[1]] = int(match[2]) if match[2].isdecimal() and len(match[2]) < MOST_DIGITS else match[2]
        lines[match[1],] = line
    return begins[1], Document(data, place, lines=lines)


def _arguments(text: str, start: int, path: str) -> Iterator[tuple[int, str]]:
    """What stands between the commas up to the bracket that closes, and where each begins."""
    depth, begun = 0, start
    for found in re.finditer(rf"{_TEXT.pattern}|[(\[{{}}\]),]", text[start:]):
        sign, at = found[0], start + found.start()
        if depth == 0 and sign in (",", ")"):
            if text[begun:at].strip():
                yield begun, text[begun:at]
            if sign == ")":
                return
            begun = at + 1
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
    raise InputError("Gemmini's parameters", path, "ends before the bracket of defaultConfig.copy( is closed")
