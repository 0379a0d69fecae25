"""What Stream's file of a chip holds: which cores compute, which only help them, and what joins them.

Cores for pooling and element-wise layers are left out: here these layers cost the data that they move.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from accel_models.accelerator import Level
from accel_models.formats.zigzag.hardware import LINKS, WORD_BITS, level_of
from nets.documents import Document, read_yaml
from nets.documents.typed import typed
from nets.errors import InputError, unknown
from nets.layer import TENSORS

if TYPE_CHECKING:
    from accel_models.formats.zigzag.stream_model import ChipFile, Link

CORES: Final = "cores"
"""Key of the cores, and folder in which Stream looks for their files, too."""
KEYS: Final = {CORES, "graph", "core_coordinates", "core_connectivity", "offchip_core_id"}
"""Each of which tells a chip."""
_FORM: Final = "zigzag."
"""How the types of cores begin that are described as ZigZag's, where they say a form at all."""
_HELPERS: Final = ("pooling", "simd")
_PRODUCTS: Final = {"Conv", "Gemm", "MatMul", "Einsum"}
"""Operators that take multipliers, by the names of ``operator_types``."""


def is_chip(data: object) -> bool:
    """Whether a document is a file of Stream's: its cores are names of files."""
    cores = data.get(CORES) if isinstance(data, dict) else None
    named = cores.values() if isinstance(cores, dict) else cores if isinstance(cores, list) else ()
    return bool(named) and all(isinstance(core, str) for core in named)


@dataclass(frozen=True)
class Chip:
    """A chip.

    Attributes:
        entry: what its file says.
        document: the file.
        folder: in which it lies, and the files of its cores.
    """

    entry: ChipFile
    document: Document
    folder: Path

    @classmethod
    def read(cls, document: Document, folder: Path) -> Chip:
        """The chip of a document.

        Raises:
            InputError: an unknown key; memories that cores share.
        """
        from accel_models.formats.zigzag.stream_model import ChipFile

        entry = typed(ChipFile, document)
        for key in ("core_memory_sharing", "memory_aliases"):
            if getattr(entry, key):
                rule = "has several cores in one memory; here each has its own"
                raise InputError(document.where((key,)), getattr(entry, key), rule)
        return cls(entry, document, folder)

    @cached_property
    def offchip(self) -> int | None:
        """The core off the chip, whose memory is the DRAM."""
        joined = self.entry.joined
        found = self.entry.offchip_core_id if joined is None else joined.offchip_core_id
        return None if found is None else self._known(found)

    @cached_property
    def helpers(self) -> dict[int, str]:
        """Cores for layers without products, by what they are for.

        They are named beside the bus that joins all, or tell by their operators; those of Stream's examples that say
        none have the names of what they do.
        """
        joined, found = self.entry.joined, dict[int, str]()
        for what in _HELPERS if joined is not None else ():
            core = getattr(joined, f"{what}_core_id")
            if core is not None:
                found[self._known(core)] = what
        for core in self.entry.files.keys() - found.keys() - {self.offchip}:
            said = self.core(core).data
            operators = said.get("operator_types") if isinstance(said, Mapping) else None
            if operators and isinstance(operators, list) and not _PRODUCTS & set(map(str, operators)):
                found[core] = ", ".join(map(str, operators[:3])) + (" and others" if len(operators) > 3 else "")
            elif not operators and isinstance(said, Mapping) and said.get("name") in _HELPERS:
                found[core] = str(said["name"])
        return found

    @cached_property
    def computing(self) -> tuple[int, ...]:
        """The other cores."""
        return tuple(core for core in self.entry.files if core != self.offchip and core not in self.helpers)

    def _known(self, core: int) -> int:
        if core not in self.entry.files:
            raise unknown(self.document.where((CORES,)), str(core), map(str, self.entry.files))
        return core

    def core(self, core: int) -> Document:
        """The file of a core, which lies beside the chip's or in a folder ``cores`` there.

        Raises:
            InputError: it lies elsewhere, cannot be read, or is of another form than ZigZag's.
        """
        name = PurePosixPath(self.entry.files[core])
        if name.is_absolute() or ".." in name.parts:
            rule = "lies elsewhere; files of cores lie beside the chip's, or in a folder there"
            raise InputError(self.document.where((CORES,)), self.entry.files[core], rule)
        beside, below = self.folder / name, self.folder / CORES / name
        document = read_yaml(below if os.path.isfile(below) and not os.path.isfile(beside) else beside, f"core {core}")
        kind = str(document.data.get("type", "")) if isinstance(document.data, Mapping) else ""
        if "." in kind and not kind.startswith(_FORM):
            rule = "is a core that is not described as ZigZag's are, by memories and an array"
            raise InputError(document.where(("type",)), kind, rule, f"known: {_FORM}compute, {_FORM}offchip")
        return document

    def memory(self, core: int, lacks: list[str]) -> Level:
        """The memory off the chip; what is estimated is noted among ``lacks``.

        Raises:
            InputError: a core that holds something else, or not all operands.
        """
        from accel_models.formats.zigzag.stream_model import OffchipCore

        document = self.core(core)
        ((name, memory),) = typed(OffchipCore, document).memories.items()
        with document.at(("memories", name)):
            level = level_of(name, memory, (), LINKS, lacks)
            if level.keeps != TENSORS:
                raise InputError("operands", memory.operands, "must be all: every layer begins and ends off the chip")
        return level

    def lacks(self) -> Iterator[str]:
        """What is left out of it."""
        for core, what in self.helpers.items():
            yield f"core {core}: for {what}; such layers cost the data that they move"

    def links(self) -> Iterator[str]:
        """What joins cores, in words."""
        if self.entry.joined is not None:
            yield f"a {self.entry.joined.type} of {self.entry.joined.bandwidth} bits a cycle"
        for link in self.entry.core_connectivity:
            yield f"a {link.type} of {link.bandwidth} bits a cycle ({', '.join(map(str, link.cores))})"

    def word_pj(self, link: Link | None = None) -> float:
        """Energy of a word over a link, or over what joins all cores."""
        stated = None if link is None else link.unit_energy_cost
        joined = self.entry.joined
        if stated is None:
            stated = self.entry.unit_energy_cost if joined is None else joined.unit_energy_cost
        return stated * WORD_BITS
