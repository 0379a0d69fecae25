"""Stream's file of a chip with one core that computes, as a machine: the core lies in the memory of the core off the
chip, as far as the link between them lets words through. Several cores are a system (:mod:`.stream_system`).
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from accel_models.accelerator import Accelerator, Level
from accel_models.formats.zigzag.hardware import WORD_BITS, hardware
from accel_models.formats.zigzag.stream_chip import CORES, Chip
from nets.documents import Document
from nets.errors import InputError


def read_chip(document: Document, folder: Path) -> Accelerator:
    """The machine of a chip with one core that computes.

    Args:
        folder: in which the document lies, and the files of its cores.

    Raises:
        InputError: several cores that compute, or none; a core that nothing joins to the one off the chip; a file that
            lies elsewhere; or what the readers of cores refuse.
    """
    chip = Chip.read(document, folder)
    if len(chip.computing) != 1:
        links = ", ".join(chip.links()) or "nothing"
        rule = f"are {len(chip.computing)} cores that compute, joined by {links}; a machine has one"
        hint = "several are a system: cosearch map --system" if chip.computing else "name one beside offchip_core_id"
        raise InputError(document.where((CORES,)), chip.entry.files, rule, hint)
    (core,) = chip.computing
    lacks = list(chip.lacks())
    if chip.offchip is None:
        machine = hardware(chip.core(core))
    else:
        outer = _joined(chip.memory(chip.offchip, lacks), chip, {core, chip.offchip})
        machine = hardware(chip.core(core), outer=outer)
        if chip.word_pj() or any(chip.word_pj(link) for link in chip.entry.core_connectivity):
            lacks.append("unit_energy_cost: energy of the links between cores")
    with document.at(()):
        return dataclasses.replace(machine, name=chip.entry.name, lacks=(*machine.lacks, *lacks))


def _joined(outer: Level, chip: Chip, ends: set[int]) -> Level:
    """The memory as fast as it is through what joins it to the core."""
    joined = chip.entry.joined
    if joined is not None:
        return _through(outer, joined.bandwidth, shared=joined.type == "bus")
    for link in chip.entry.core_connectivity:
        if ends <= set(link.cores):
            return _through(outer, link.bandwidth, shared=link.type == "bus")
    raise InputError(chip.document.where(("core_connectivity",)), sorted(ends), "are cores that no link joins")


def _through(outer: Level, bits: int, *, shared: bool) -> Level:
    """Words a cycle: of both ways together over a bus, of each over a link."""
    words = bits / WORD_BITS
    names = ("shared_bandwidth",) if shared else ("read_bandwidth", "write_bandwidth")
    return dataclasses.replace(outer, **{name: min(getattr(outer, name), words) for name in names})
