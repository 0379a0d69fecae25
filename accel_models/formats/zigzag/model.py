"""What ZigZag's hardware and mapping files may say, and Stream's files of one core."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from nets.documents.model import Count, Model, NotNegative, Whole, Word
from nets.errors import InputError

MemoryOperand = Literal["I1", "I2", "O"]
_ALLOCATION: Final = re.compile(r"(I1|I2|O), (fh|tl|fl|th)")
_UNROLLING: Final = re.compile(r"([A-Z]+\d*), ?(\d{1,15})")


class Port(Model):
    """A port; bandwidths are bits a cycle, and ``allocation`` says which operand passes in which direction."""

    name: Word
    type: Literal["read", "write", "read_write"]
    bandwidth_min: Whole
    bandwidth_max: Count
    allocation: tuple[Word, ...]

    @model_validator(mode="after")
    def _allocated(self) -> Port:
        for entry in self.allocation:
            if _ALLOCATION.fullmatch(entry) is None:
                raise InputError("allocation", entry, "must be an operand and a direction", "as in 'I1, tl'")
        return self


class MemoryEntry(Model):
    """A memory: its size in bits, pJ of an access as wide as its widest port, the operands that it holds."""

    size: Count
    r_cost: NotNegative | None = None
    w_cost: NotNegative | None = None
    area: NotNegative | None = None
    latency: Whole = 1
    mem_type: Word = "sram"
    auto_cost_extraction: bool = False
    operands: Annotated[tuple[MemoryOperand, ...], Field(min_length=1)]
    ports: Annotated[tuple[Port, ...], Field(min_length=1)]
    served_dimensions: tuple[Word, ...]
    force_double_buffering: bool = False


class ArrayEntry(Model):
    """The multipliers: how many along each dimension, pJ of one product."""

    dimensions: tuple[Word, ...]
    sizes: tuple[Whole, ...]
    unit_energy: NotNegative | None = None
    unit_area: NotNegative | None = None
    input_precision: tuple[Count, Count] | None = None
    is_imc: bool = False
    imc_type: Any = None
    adc_resolution: Any = None
    bit_serial_precision: Any = None
    systolic_dimensions: tuple[Word, ...] = ()

    @model_validator(mode="after")
    def _in_step(self) -> ArrayEntry:
        if len(self.dimensions) != len(self.sizes):
            raise InputError("sizes", self.sizes, f"must be one for each of {len(self.dimensions)} dimensions")
        if 0 in self.sizes:
            raise InputError("sizes", self.sizes, "hold no multipliers: this core computes nothing")
        if self.is_imc or self.imc_type is not None:
            raise InputError("is_imc", self.is_imc, "asks for computing inside a memory, which the model does not have")
        return self


class Hardware(Model):
    """A machine of ZigZag's, or a core of Stream's: memories innermost first, and the array."""

    name: Word
    type: Word | None = None
    memories: dict[str, MemoryEntry]
    operational_array: ArrayEntry
    dataflows: Any = None
    operator_types: Any = None
    operand_precision: Any = None


class Links(Model):
    """The memory operand that each operand of a layer is."""

    O: MemoryOperand = "O"
    W: MemoryOperand = "I2"
    I: MemoryOperand = "I1"

    def tensors(self) -> dict[str, str]:
        """Our tensor for each memory operand."""
        return {self.O: "O", self.W: "W", self.I: "I"}


class MappingEntry(Model):
    """How layers of a name or an operator, or all others (``default``), are mapped."""

    name: Word
    spatial_mapping: dict[str, tuple[Word, ...]] | None = None
    spatial_mapping_hint: dict[str, tuple[Word, ...]] | None = None
    memory_operand_links: Links = Links()
    temporal_ordering: tuple[tuple[Word, Count | Literal["*"]], ...] | None = None

    @model_validator(mode="after")
    def _sound(self) -> MappingEntry:
        self.unrolled()
        if len(self.memory_operand_links.tensors()) < 3:
            rule = "must link each of O, W and I to an operand of its own"
            raise InputError("memory_operand_links", self.memory_operand_links.model_dump(), rule)
        return self

    def unrolled(self) -> dict[str, list[tuple[str, int]]]:
        """(loop dim, trips) along each dimension of the array."""
        found: dict[str, list[tuple[str, int]]] = {}
        for dimension, entries in (self.spatial_mapping or {}).items():
            for entry in entries:
                match = _UNROLLING.fullmatch(entry)
                if match is None or int(match[2]) < 1:
                    raise InputError(f"spatial_mapping: {dimension}", entry, "is no unrolling", "write K, 32")
                found.setdefault(dimension, []).append((match[1], int(match[2])))
        return found


MappingFile = Annotated[tuple[MappingEntry, ...], Field(min_length=1)]
