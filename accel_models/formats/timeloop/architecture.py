"""Timeloop's architecture: v0.3-style flat (``arch``), a tree of ``local`` and ``subtree``, or v0.4's tagged ``nodes``.

A memory that can hold nothing (``entries: 0`` or class ``dummy_storage``) stands for wires only: it is *virtual*, and
its fan-out joins that of the memory above it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.formats.timeloop.constraints import Constraint
from accel_models.formats.timeloop.nodes import read_nodes
from accel_models.formats.timeloop.part import Part, read_part
from accel_models.formats.timeloop.prices import estimated, with_tables
from nets.documents import Section
from nets.errors import InputError
from nets.layer import TENSORS

if TYPE_CHECKING:
    from accel_models.formats.timeloop.architecture_model import FlatArchitecture, Node

_UM2_PER_MM2 = 1e6
DEFAULT_CLOCK_HZ = 1e9
_NOTHING = Part("nothing", 1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Architecture:
    """An architecture as read.

    Attributes:
        accelerator: the machine; a level is named as in the file, its axes ``X`` and ``Y`` (with the name of the
            virtual memory they stand below where there is one).
        memories: the file's memories, outermost first, virtual ones included.
        axes: for each memory of the file, our axis for its ``X`` and ``Y`` where it has them.
        wires: for each node of v0.4 that fans out, the virtual memory whose spatial loops it names.
        constraints: on mappings, as v0.4's nodes have them.
        lacks: what the file asks for that the model does not have.
    """

    accelerator: Accelerator
    memories: tuple[Part, ...]
    axes: Mapping[str, Mapping[str, str]]
    wires: Mapping[str, str]
    constraints: tuple[Constraint, ...]
    lacks: tuple[str, ...] = ()


def read_architecture(sections: Mapping[str, Section], name: str) -> Architecture:
    """Read the sections ``arch`` or ``architecture``, ``variables``, and the tables of energy and area.

    Raises:
        InputError: no architecture, an unknown key, or meshes that do not divide.
    """
    from accel_models.formats.timeloop.architecture_model import FlatArchitecture, Tree

    lacks: list[str] = []
    wires: dict[str, str] = {}
    constraints: tuple[Constraint, ...] = ()
    tree = sections.get("architecture")
    if "arch" in sections:
        found = list(_flat(sections["arch"].read(FlatArchitecture), sections["arch"], lacks))
    elif tree is None:
        raise InputError(name, sorted(sections), "holds no 'arch' and no 'architecture'")
    elif isinstance(tree.data, Mapping) and "nodes" in tree.data:
        nodes = read_nodes(tree, sections.get("variables"))
        found, wires, constraints = list(nodes.parts), nodes.wires, tuple(nodes.constraints)
        lacks += nodes.lacks
    else:
        found = list(_tree(tree.read(Tree), tree, 1, 16, lacks))
    found = with_tables(found, sections, lacks)
    *memories, arithmetic = found or [_NOTHING]
    if not memories or memories[0].virtual:
        raise InputError(f"{name}: architecture", [part.name for part in found], "must begin with a memory")
    *memories, arithmetic = (estimated(part, part is arithmetic, lacks) for part in found)
    levels, axes = _levels(memories, arithmetic, name)
    clocks = [1 / part.cycle_s for part in found if part.cycle_s is not None]
    accelerator = Accelerator(
        name=name,
        levels=tuple(levels),
        mac_pj=arithmetic.read_pj or 0.0,
        mac_area_mm2=arithmetic.area_um2 / _UM2_PER_MM2,
        clock_hz=clocks[0] if clocks else DEFAULT_CLOCK_HZ,
        source="Timeloop files",
    )
    return Architecture(accelerator, tuple(memories), axes, wires, constraints, tuple(lacks))


def _flat(arch: FlatArchitecture, section: Section, lacks: list[str]) -> Iterator[Part]:
    """One arithmetic, and storage innermost first."""
    for number, storage in reversed(list(enumerate(arch.storage))):
        with section.at("storage", number):
            yield read_part(storage.name, storage, lacks)
    with section.at("arithmetic"):
        yield read_part(arch.arithmetic.name, arch.arithmetic, lacks, is_memory=False)


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
            yield read_part(name, attributes, lacks, instances * count, word_bits, is_memory=is_memory)
    for number, child in enumerate(node.subtree or ()):
        inner = section.part("subtree", number)
        yield from _tree(child, inner, instances * ranged(child.name)[1], word_bits, lacks)


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
                ours = mesh if mesh not in (axis.name for axis in fanout) else f"{mesh}_{part.name}"
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
