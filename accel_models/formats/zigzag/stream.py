"""Stream's file of a chip: cores in files of their own, and what joins them.

One core that computes lies in the memory of the core off the chip, as far as the link between them lets words through.
Cores for pooling and element-wise layers are left out: here these layers cost the data that they move. Several cores
that compute are not modelled, and are refused with the links between them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from accel_models.accelerator import Accelerator, Level
from accel_models.formats.zigzag.hardware import LINKS, OUTSIDE, WORD_BITS, hardware, level_of
from nets.documents import Document, read_yaml
from nets.documents.typed import typed
from nets.errors import InputError, unknown
from nets.layer import TENSORS

if TYPE_CHECKING:
    from accel_models.formats.zigzag.stream_model import ChipFile

_CORES: Final = "cores"
"""Folder in which Stream looks for the files of cores, too."""


def read_chip(document: Document, folder: Path) -> Accelerator:
    """The machine of a chip with one core that computes.

    Args:
        folder: in which the document lies, and the files of its cores.

    Raises:
        InputError: several cores that compute, or none; a core that nothing joins to the one off the chip; a file that
            lies elsewhere; or what the readers of cores refuse.
    """
    from accel_models.formats.zigzag.stream_model import ChipFile

    chip = typed(ChipFile, document)
    beside = _beside(chip, document)
    computing = [core for core in chip.files if core not in beside]
    if len(computing) != 1:
        links = ", ".join(_links(chip)) or "nothing"
        rule = f"are {len(computing)} cores that compute, joined by {links}; one is modelled"
        hint = "give the file of one of them" if computing else "name one beside offchip_core_id"
        raise InputError(document.where((_CORES,)), chip.files, rule, hint)
    (core,) = computing
    machine = hardware(_core(chip, core, document, folder))
    lacks = [*machine.lacks, *(f"core {other}: {what}" for other, what in beside.items() if what)]
    offchip = next((number for number, what in beside.items() if not what), None)
    if offchip is None:
        return dataclasses.replace(machine, name=chip.name, lacks=tuple(lacks))
    outer = _offchip(_core(chip, offchip, document, folder), lacks)
    outer = _joined(outer, chip, {core, offchip}, document)
    if _energy(chip):
        lacks.append("unit_energy_cost: energy of the links between cores")
    inside = [level for level in machine.levels if level.name != OUTSIDE]
    lacks = [sentence for sentence in lacks if not sentence.startswith(f"{OUTSIDE}: ")]
    with document.at(()):
        return dataclasses.replace(machine, name=chip.name, levels=(outer, *inside), lacks=tuple(lacks))


def _beside(chip: ChipFile, document: Document) -> dict[int, str]:
    """Cores that do not multiply, with what is left out of each; nothing of the one off the chip."""
    graph = chip.joined
    offchip = chip.offchip_core_id if graph is None else graph.offchip_core_id
    found = {offchip: ""} if offchip is not None else {}
    for what in ("pooling", "simd") if graph is not None else ():
        core = getattr(graph, f"{what}_core_id")
        if core is not None:
            found[core] = f"for {what}; such layers cost the data that they move"
    for core in found:
        if core not in chip.files:
            raise unknown(document.where((_CORES,)), str(core), map(str, chip.files))
    return found


def _core(chip: ChipFile, core: int, document: Document, folder: Path) -> Document:
    """The file of a core, which lies beside the chip's or in a folder ``cores`` there."""
    name = PurePosixPath(chip.files[core])
    if name.is_absolute() or ".." in name.parts:
        rule = "lies elsewhere; files of cores lie beside the chip's, or in a folder there"
        raise InputError(document.where((_CORES,)), chip.files[core], rule)
    beside, below = folder / name, folder / _CORES / name
    return read_yaml(below if below.is_file() and not beside.is_file() else beside, f"core {core}")


def _offchip(document: Document, lacks: list[str]) -> Level:
    from accel_models.formats.zigzag.stream_model import OffchipCore

    ((name, memory),) = typed(OffchipCore, document).memories.items()
    with document.at(("memories", name)):
        level = level_of(name, memory, (), LINKS, lacks)
        if level.keeps != TENSORS:
            raise InputError("operands", memory.operands, "must be all: every layer begins and ends off the chip")
    return level


def _joined(outer: Level, chip: ChipFile, ends: set[int], document: Document) -> Level:
    """The memory as fast as it is through what joins it to the core."""
    if chip.joined is not None:
        return _through(outer, chip.joined.bandwidth, shared=chip.joined.type == "bus")
    for link in chip.core_connectivity:
        if ends <= set(link.cores):
            return _through(outer, link.bandwidth, shared=link.type == "bus")
    raise InputError(document.where(("core_connectivity",)), sorted(ends), "are cores that no link joins")


def _through(outer: Level, bits: int, *, shared: bool) -> Level:
    """Words a cycle: of both ways together over a bus, of each over a link."""
    words = bits / WORD_BITS
    names = ("shared_bandwidth",) if shared else ("read_bandwidth", "write_bandwidth")
    return dataclasses.replace(outer, **{name: min(getattr(outer, name), words) for name in names})


def _energy(chip: ChipFile) -> bool:
    costs = [chip.unit_energy_cost, *(link.unit_energy_cost for link in chip.core_connectivity)]
    return any(costs) or (chip.joined is not None and chip.joined.unit_energy_cost > 0)


def _links(chip: ChipFile) -> Iterator[str]:
    """What joins cores, in words."""
    if chip.joined is not None:
        yield f"a {chip.joined.type} of {chip.joined.bandwidth} bits a cycle"
    for link in chip.core_connectivity:
        yield f"a {link.type} of {link.bandwidth} bits a cycle ({', '.join(map(str, link.cores))})"
