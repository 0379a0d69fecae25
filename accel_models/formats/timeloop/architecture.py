"""Timeloop's architecture: v0.3-style flat (``arch``) or a tree of nodes (``architecture``), with Accelergy's tables.

A memory that can hold nothing (``entries: 0`` or class ``dummy_storage``) stands for wires only: it is *virtual*, and
its fan-out joins that of the memory above it.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.technology import dram_pj_per_bit, technology
from nets.documents import Section
from nets.errors import InputError
from nets.layer import TENSORS

if TYPE_CHECKING:
    from accel_models.formats.timeloop.architecture_model import Figures, FlatArchitecture, Node

_UM2_PER_MM2 = 1e6
ESTIMATED_DRAM: Final = "lpddr4"
"""What an endless memory without an energy is taken for."""


@dataclass(frozen=True, slots=True)
class Part:
    """A memory or the arithmetic of the file, in Timeloop's own terms; energies are per vector of ``block`` words."""

    name: str
    instances: int
    mesh_x: int
    mesh_y: int
    word_bits: int
    words: float = math.inf
    block: float = 1.0
    buffering: float = 1.0
    read_bandwidth: float = math.inf
    write_bandwidth: float = math.inf
    shared_bandwidth: float = math.inf
    read_pj: float | None = None
    write_pj: float | None = None
    area_um2: float = 0.0
    virtual: bool = False


_NOTHING = Part("nothing", 1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Architecture:
    """An architecture as read.

    Attributes:
        accelerator: the machine; a level is named as in the file, its axes ``X`` and ``Y`` (with the name of the
            virtual memory they stand below where there is one).
        memories: the file's memories, outermost first, virtual ones included.
        axes: for each memory of the file, our axis for its ``X`` and ``Y`` where it has them.
        lacks: what the file asks for that the model does not have.
    """

    accelerator: Accelerator
    memories: tuple[Part, ...]
    axes: Mapping[str, Mapping[str, str]]
    lacks: tuple[str, ...] = ()


def read_architecture(sections: Mapping[str, Section], name: str) -> Architecture:
    """Read the sections ``arch`` or ``architecture``, ``ERT_summary`` and ``ART_summary``.

    Raises:
        InputError: no architecture, an unknown key, or meshes that do not divide.
    """
    from accel_models.formats.timeloop.architecture_model import FlatArchitecture, Tree

    lacks: list[str] = []
    if "arch" in sections:
        found = list(_flat(sections["arch"].read(FlatArchitecture), sections["arch"], lacks))
    elif "architecture" in sections:
        found = list(_tree(sections["architecture"].read(Tree), sections["architecture"], 1, 16, lacks))
    else:
        raise InputError(name, sorted(sections), "holds no 'arch' and no 'architecture'")
    found = _with_tables(found, sections, lacks)
    *memories, arithmetic = found or [_NOTHING]
    if not memories or memories[0].virtual:
        raise InputError(f"{name}: architecture", [part.name for part in found], "must begin with a memory")
    *memories, arithmetic = (part if part.virtual else _estimated(part, part is arithmetic, lacks) for part in found)
    levels, axes = _levels(memories, arithmetic, name)
    accelerator = Accelerator(
        name=name,
        levels=tuple(levels),
        mac_pj=arithmetic.read_pj or 0.0,
        mac_area_mm2=arithmetic.area_um2 / _UM2_PER_MM2,
        source="Timeloop files",
    )
    return Architecture(accelerator, tuple(memories), axes, tuple(lacks))


def _flat(arch: FlatArchitecture, section: Section, lacks: list[str]) -> Iterator[Part]:
    """One arithmetic, and storage innermost first."""
    for number, storage in reversed(list(enumerate(arch.storage))):
        with section.at("storage", number):
            yield _part(storage.name, storage, lacks)
    with section.at("arithmetic"):
        yield _part(arch.arithmetic.name, arch.arithmetic, lacks, is_memory=False)


def _tree(node: Node, section: Section, instances: int, word_bits: int, lacks: list[str]) -> Iterator[Part]:
    """Parts of a node, and of the nodes inside it; counts multiply."""
    from accel_models.formats.timeloop.architecture_model import Attributes, ranged

    if node.attributes is not None:
        word_bits = node.attributes.first("word_bits", word_bits)
    for number, entry in enumerate(node.local or ()):
        name, count = ranged(entry.name)
        is_memory = not re.search(r"mac|arith|compute|alu", entry.kind, re.IGNORECASE)
        attributes = entry.attributes or Attributes()
        if entry.kind == "dummy_storage":
            attributes = attributes.model_copy(update={"entries": 0})
        with section.at("local", number):
            yield _part(name, attributes, lacks, instances * count, word_bits, is_memory=is_memory)
    for number, child in enumerate(node.subtree or ()):
        inner = section.part("subtree", number)
        yield from _tree(child, inner, instances * ranged(child.name)[1], word_bits, lacks)


def _part(
    name: str, given: Figures, lacks: list[str], instances: int = 1, word_bits: int = 16, *, is_memory: bool = True
) -> Part:
    """A part, of which there are ``instances`` with words of ``word_bits`` unless it says so itself."""
    lacks += [f"{name}: {key} = {value!r}" for key, value in given.asked().items()]
    instances = given.first("instances", instances)
    mesh_x = given.first("mesh_x", instances // given.first("mesh_y", 1))
    if not mesh_x or instances % mesh_x:
        raise InputError("meshX", mesh_x, f"must divide the {instances} instances")
    word_bits = given.first("word_bits", word_bits)
    cluster = given.first("cluster", 1.0)
    block = given.first("block", given.first("width", word_bits * cluster) / (word_bits * cluster))
    words = given.first("entries", given.first("depth", math.inf) * block)
    if (size_kb := given.first("size_kb", -1.0)) >= 0:
        words = size_kb * 8 * 1024 / word_bits
    energy = given.first("energy", None)
    return Part(
        name=name,
        instances=instances,
        mesh_x=mesh_x,
        mesh_y=instances // mesh_x,
        word_bits=word_bits,
        words=words if is_memory else 0,
        block=block if is_memory else 1.0,
        buffering=given.first("buffering", 1.0),
        read_bandwidth=given.first("read_bandwidth", math.inf),
        write_bandwidth=given.first("write_bandwidth", math.inf),
        shared_bandwidth=given.first("shared_bandwidth", math.inf),
        read_pj=energy,
        write_pj=energy,
        area_um2=given.first("area", 0.0) / cluster,
        virtual=is_memory and words == 0,
    )


def _estimated(part: Part, computes: bool, lacks: list[str]) -> Part:
    """A part that the files price, as it is; any other at what it takes in our own technology, which is said."""
    if part.read_pj is not None:
        return part
    tech = technology()
    if computes:
        read = write = tech.mac_pj(part.word_bits, part.word_bits, part.word_bits)
        what = "a multiply-accumulate"
    elif math.isinf(part.words):
        read = write = dram_pj_per_bit(ESTIMATED_DRAM) * part.word_bits * part.block
        what = f"{ESTIMATED_DRAM} DRAM"
    else:
        memory = tech.local_memory(part.words * part.word_bits / 8, part.word_bits)
        vector = part.word_bits * part.block / memory.width_bits
        read, write = memory.read_pj * vector, memory.write_pj * vector
        what = "flip-flops" if memory.kind == "flops" else "SRAM"
    lacks.append(
        f"{part.name}: the files give no energy for it (Timeloop has tables of its own); estimated as {what} at "
        f"{tech.node_nm} nm: {read / part.block:.3g} pJ a word read, {write / part.block:.3g} pJ a word written"
    )
    return dataclasses.replace(part, read_pj=read, write_pj=write)


def _with_tables(parts: list[Part], sections: Mapping[str, Section], lacks: list[str]) -> list[Part]:
    """Energies (pJ per action) and areas (square micrometres) from Accelergy's summaries, where there are any."""
    from accel_models.formats.timeloop.architecture_model import AreaSummary, EnergySummary

    energies, areas = dict[str, dict[str, float]](), dict[str, float]()
    if "ERT_summary" in sections:
        for row in sections["ERT_summary"].read(EnergySummary).table_summary:
            energies[row.leaf] = {action.name: action.energy for action in row.actions}
    if "ART_summary" in sections:
        areas = {row.leaf: row.area for row in sections["ART_summary"].read(AreaSummary).table_summary}
    priced = []
    for part in parts:
        table = energies.get(part.name, {})
        changes: dict[str, Any] = {}
        if "compute" in table:
            changes = {"read_pj": table["compute"]}
        elif "read" in table and "write" in table:
            changes = {"read_pj": table["read"], "write_pj": table["write"]}
            if table.get("update", table["write"]) != table["write"]:
                lacks.append(f"{part.name}: an update that costs {table['update']} pJ; charged as a write")
        if table.get("leak"):
            lacks.append(f"{part.name}: leakage of {table['leak']} pJ a cycle; not charged, as in Timeloop's totals")
        if part.name in areas:
            changes["area_um2"] = areas[part.name]
        priced.append(dataclasses.replace(part, **changes))
    return priced


def _levels(memories: list[Part], arithmetic: Part, name: str) -> tuple[list[Level], dict[str, dict[str, str]]]:
    """Levels of the memories that hold something, with the axes below them, and our axes by memory and mesh axis."""
    levels: list[Level] = []
    fanout: list[Axis] = []
    axes: dict[str, dict[str, str]] = {}
    for part, below in zip(memories, [*memories[1:], arithmetic]):
        if not part.virtual:
            fanout = []
        axes[part.name] = {}
        for mesh, outer, inner in (("X", part.mesh_x, below.mesh_x), ("Y", part.mesh_y, below.mesh_y)):
            if inner % outer:
                raise InputError(
                    f"{name}: {below.name}", (inner, outer), f"along {mesh} must be a multiple of those of {part.name}"
                )
            if inner > outer:
                ours = mesh if mesh not in (axis.name for axis in fanout) else f"{mesh} of {part.name}"
                axes[part.name][mesh] = ours
                fanout.append(Axis(ours, inner // outer))
        if part.virtual:
            levels[-1] = dataclasses.replace(levels[-1], fanout=tuple(fanout))
        else:
            levels.append(_level(part, tuple(fanout)))
    return levels, axes


def _level(part: Part, fanout: tuple[Axis, ...]) -> Level:
    return Level(
        name=part.name,
        keeps=TENSORS,
        word_bits=None,
        capacity_words=part.words if part.buffering == 2 else part.words / part.buffering,
        double_buffered=part.buffering == 2,
        read_bandwidth=part.read_bandwidth,
        write_bandwidth=part.write_bandwidth,
        shared_bandwidth=part.shared_bandwidth,
        read_pj=(part.read_pj or 0.0) / part.block,
        write_pj=(part.write_pj or 0.0) / part.block,
        area_mm2=part.area_um2 / _UM2_PER_MM2,
        fanout=fanout,
    )
