"""Stream's file of a chip with several cores that compute, as a system of ours.

Its links become links, one each way as there. Its memory off the chip is the DRAM; what joins it to cores, a bus or
links, is its way: the DRAM is no faster than that, and a word that crosses it costs what the way asks for. Over a bus
cores send each other words in Stream, too; here they take the links, and cores that only a bus joins are refused, for
their words would wait for each other on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from accel_models.formats.zigzag.hardware import WORD_BITS, hardware
from accel_models.formats.zigzag.stream_chip import CORES, Chip
from accel_models.systems.system import Dram, Kind, Link, System, sharing
from nets.documents import Document
from nets.errors import InputError

if TYPE_CHECKING:
    from accel_models.formats.zigzag.stream_model import Link as LinkEntry

_ON_DIE: Final = "on-die"
"""Stream does not say which links leave a die."""


def read_system(document: Document, folder: Path) -> System:
    """The system of a chip.

    Args:
        folder: in which the document lies, and the files of its cores.

    Raises:
        InputError: fewer than two cores that compute; no core off the chip, or nothing that joins it; cores that only a
            bus joins, or that share a memory; or what the readers of cores refuse.
    """
    chip = Chip.read(document, folder)
    if len(chip.computing) < 2:
        rule = f"are {len(chip.computing)} cores that compute, and a system has several"
        raise InputError(document.where((CORES,)), chip.entry.files, rule, "give it as --accelerator")
    if chip.offchip is None:
        rule = "has no core off the chip, and a system's cores share one DRAM"
        raise InputError(document.where((CORES,)), chip.entry.name, rule, "name one as offchip_core_id")
    files = dict.fromkeys(chip.entry.files[core] for core in chip.computing)
    alike = {file: [core for core in chip.computing if chip.entry.files[core] == file] for file in files}
    numbers = {core: number for number, core in enumerate(core for cores in alike.values() for core in cores)}
    lacks = list(chip.lacks())
    links = tuple(_links(chip, numbers))
    dram, ports = _dram(chip, chip.offchip, numbers, lacks)
    machines = {
        file: hardware(chip.core(cores[0]), outer=chip.memory(chip.offchip, [])) for file, cores in alike.items()
    }
    kinds = tuple(
        Kind(name, sharing(machines[file], dram), len(alike[file])) for name, file in zip(_names(files), alike)
    )
    for name, machine in zip(_names(files), machines.values()):
        lacks += [f"{name}: {sentence}" for sentence in machine.lacks]
    with document.at(()):
        return System(chip.entry.name, kinds, dram, links, ports, "Stream's file of a chip", tuple(lacks))


def _names(files: dict[str, None]) -> list[str]:
    """Of the kinds of cores: their files', as far as these differ, or all of their paths."""
    stems = [PurePosixPath(file).stem for file in files]
    return stems if len(set(stems)) == len(stems) else list(files)


def _links(chip: Chip, numbers: dict[int, int]) -> Iterator[Link]:
    """The links between cores that compute.

    Raises:
        InputError: a bus alone joins some of them.
    """
    joined, found = chip.entry.joined, False
    if joined is not None and joined.type == "2d_mesh":
        for one, other in _mesh(chip, joined.nb_rows, joined.nb_cols):
            yield from _both_ways(numbers[one], numbers[other], joined.bandwidth, chip.word_pj())
        return
    for entry in chip.entry.core_connectivity:
        ends = [numbers[core] for core in entry.cores if core in numbers]
        if entry.type == "link" and len(ends) == 2:
            found = True
            yield from _both_ways(ends[0], ends[1], entry.bandwidth, chip.word_pj(entry))
        elif len(ends) > 1 and chip.offchip not in entry.cores:
            where = chip.document.where(("core_connectivity",))
            raise InputError(where, list(entry.cores), "share a bus; here words cross links between two cores")
    if not found:
        rule = f"are joined by {', '.join(chip.links()) or 'nothing'}; here words cross links between two cores"
        raise InputError(chip.document.where((CORES,)), list(numbers), rule)


def _mesh(chip: Chip, rows: int | None, columns: int | None) -> Iterator[tuple[int, int]]:
    """Neighbours of cores in rows and columns, row by row."""
    cores = chip.computing
    if rows is None or columns is None or rows * columns != len(cores):
        rule = f"is not the number of cores that compute, {len(cores)}"
        raise InputError(chip.document.where(("graph",)), f"{rows} x {columns}", rule, "give nb_rows and nb_cols")
    for place, core in enumerate(cores):
        if (place + 1) % columns:
            yield core, cores[place + 1]
        if place + columns < len(cores):
            yield core, cores[place + columns]


def _both_ways(one: int, other: int, bits: int, word_pj: float) -> Iterator[Link]:
    for source, target in ((one, other), (other, one)):
        yield Link(source=source, target=target, bandwidth=bits / WORD_BITS, word_pj=word_pj, kind=_ON_DIE)


def _dram(chip: Chip, offchip: int, numbers: dict[int, int], lacks: list[str]) -> tuple[Dram, tuple[int, ...]]:
    """The shared DRAM behind what joins it to the chip, and the cores that it is joined to."""
    where = chip.document.where(("core_connectivity",))
    memory = chip.memory(offchip, lacks)
    joined = chip.entry.joined
    if joined is not None:
        bits, word_pj, ends = joined.bandwidth, chip.word_pj(), set(numbers.values())
    else:
        ways = [way for way in chip.entry.core_connectivity if offchip in way.cores and set(way.cores) & numbers.keys()]
        if not ways:
            raise InputError(where, offchip, "is a core off the chip that nothing joins to one that computes")
        word_pj = _one("unit_energy_cost", (chip.word_pj(way) for way in ways), where)
        _one("bandwidth", (way.bandwidth for way in ways), where)
        bits = sum(way.bandwidth for way in ways)
        ends = {numbers[core] for way in ways for core in way.cores if core in numbers}
        lacks += _over_the_bus(ways)
    both = memory.shared_bandwidth
    if math.isinf(both) and not (math.isinf(memory.read_bandwidth) and math.isinf(memory.write_bandwidth)):
        rule = "has ports that go one way, and the DRAM of a system is read and written through the same"
        raise InputError(chip.core(offchip).where(("memories",)), memory.name, rule)
    dram = Dram(
        bandwidth=min(both, bits / WORD_BITS), read_pj=memory.read_pj + word_pj, write_pj=memory.write_pj + word_pj
    )
    return dram, tuple(sorted(ends))


def _over_the_bus(ways: list[LinkEntry]) -> Iterator[str]:
    for way in ways:
        if way.type == "bus" and len(way.cores) > 2:
            yield f"core_connectivity: over the bus of {way.bandwidth} bits a cycle words go to and from DRAM alone"


def _one(what: str, values: Iterable[float], where: str) -> float:
    """The one value of what all ways to the DRAM have, since each takes an equal part of its words."""
    first, *others = sorted(set(values))
    if others:
        rule = f"are the {what} of ways to the memory off the chip, and must be one"
        raise InputError(where, [first, *others], rule)
    return first
