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
from typing import Any, Final

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.formats.fields import as_energy, as_list, as_mapping, as_number, as_whole, as_words, check_keys
from accel_models.technology import dram_pj_per_bit, technology
from nets.errors import InputError
from nets.layer import TENSORS

_UM2_PER_MM2 = 1e6
ESTIMATED_DRAM: Final = "lpddr4"
"""What an endless memory without an energy is taken for."""
# What the model reads, under each of the names that it goes by.
_NAMES = {
    "entries": ("entries",),
    "depth": ("depth", "memory_depth"),
    "size_kb": ("sizeKB",),
    "width": ("width", "memory_width"),
    "word_bits": ("word-bits", "word_bits", "datawidth"),
    "block": ("block-size", "block_size"),
    "instances": ("instances",),
    "mesh_x": ("meshX",),
    "mesh_y": ("meshY",),
    "read_bandwidth": ("read_bandwidth",),
    "write_bandwidth": ("write_bandwidth",),
    "shared_bandwidth": ("shared_bandwidth",),
    "buffering": ("multiple-buffering", "multiple_buffering"),
    "energy": ("vector-access-energy", "vector_access_energy", "energy"),
    "area": ("cluster-area", "area"),
    "cluster": ("cluster-size", "cluster_size"),
    "technology": ("technology",),
}
# What Timeloop can be asked for and the model cannot do, with the value that asks for nothing.
_ASKS: dict[str, object] = {
    "min-utilization": 0,
    "min_utilization": 0,
    "allow_overbooking": False,
    "has_power_gating": False,
    "power_gated_at": None,
    "reduction_supported": True,
    "network-type": "",
    "network-word-bits": 0,
    "router-energy": 0,
    "wire-energy": 0,
    "network_read": "",
    "network_fill": "",
    "network_drain": "",
    "network_update": "",
}
# Input to energy estimators, or bookkeeping: no count, cycle or energy of a mapping depends on it.
_SILENT = (
    *("name", "class", "subclass", "type", "n_banks", "num-banks", "num_banks", "num-ports", "n_rw_ports", "n_ports"),
    *("n_rdwr_ports", "update_fifo_depth", "global_cycle_seconds", "version", "latency", "multiplier_width"),
    *("adder_width", "bank-size", "addr-gen-bits", "cluster-util", "max_fanout", "operand-width", "cycle_seconds"),
)


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


def read_architecture(documents: Mapping[str, Any], name: str) -> Architecture:
    """Read the sections ``arch`` or ``architecture``, ``ERT_summary`` and ``ART_summary`` of ``documents``.

    Raises:
        InputError: no architecture, an unknown key, or meshes that do not divide.
    """
    lacks: list[str] = []
    if "arch" in documents:
        found = list(_flat(documents["arch"], f"{name}: arch", lacks))
    elif "architecture" in documents:
        place = f"{name}: architecture"
        tree = check_keys(documents["architecture"], place, ("version", "subtree", "local", "nodes", "name"))
        if "nodes" in tree:
            raise InputError(
                f"{place}.nodes",
                "nodes",
                "must first be expanded by Timeloop's front end",
                "give its parsed-processed-input.yaml",
            )
        found = list(_tree(tree, place, 1, {}, lacks))
    else:
        raise InputError(name, sorted(documents), "holds no 'arch' and no 'architecture'")
    found = _with_tables(found, documents, name, lacks)
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


def _flat(arch: object, place: str, lacks: list[str]) -> Iterator[Part]:
    """``arch``: one arithmetic, and storage innermost first."""
    fields = check_keys(arch, place, ("version",), ("arithmetic", "storage"))
    storage = as_list(fields["storage"], f"{place}.storage")
    for number in reversed(range(len(storage))):
        yield _part(storage[number], f"{place}.storage[{number}]", 1, lacks)
    yield _part(fields["arithmetic"], f"{place}.arithmetic", 1, lacks, is_memory=False)


def _tree(
    node: Mapping[str, Any], place: str, instances: int, inherited: Mapping[str, Any], lacks: list[str]
) -> Iterator[Part]:
    """``architecture``: nodes with ``local`` parts, outermost first, then the ``subtree``; counts multiply."""
    inherited = {**inherited, **as_mapping(node.get("attributes") or {}, f"{place}.attributes")}
    local = as_list(node.get("local") or [], f"{place}.local")
    subtree = as_list(node.get("subtree") or [], f"{place}.subtree")
    for number, entry in enumerate(local):
        at = f"{place}.local[{number}]"
        keys = ("class", "subclass", "attributes", "required_actions", "enabled", "constraints", "spatial")
        entry = check_keys(entry, at, keys, ("name",))
        name, count = _ranged(as_words(entry["name"], f"{at}.name"))
        kind = str(entry.get("class", ""))
        own = {key: value for key, value in inherited.items() if key in ("technology", *_NAMES["word_bits"])}
        own |= as_mapping(entry.get("attributes") or {}, f"{at}.attributes")
        is_memory = not re.search(r"mac|arith|compute|alu", kind, re.IGNORECASE)
        if kind == "dummy_storage":
            own["entries"] = 0
        yield _part({**own, "name": name}, at, instances * count, lacks, is_memory=is_memory)
    if len(subtree) > 1:
        raise InputError(f"{place}.subtree", f"{len(subtree)} nodes", "branch; the model has one line")
    for child in subtree:
        child = check_keys(child, f"{place}.subtree", ("attributes", "local", "subtree", "version"), ("name",))
        yield from _tree(
            child,
            f"{place}.subtree",
            instances * _ranged(as_words(child["name"], f"{place}.subtree.name"))[1],
            inherited,
            lacks,
        )


def _ranged(name: str) -> tuple[str, int]:
    """``PE[0..15]`` is sixteen of ``PE``."""
    match = re.fullmatch(r"(.*?)\[(\d+)\.\.(\d+)\]", name)
    if match is None:
        return name, 1
    if max(len(match[2]), len(match[3])) > 12 or int(match[3]) < int(match[2]):
        raise InputError("name", name, "must count up to a number of instances", "as in PE[0..15]")
    return match[1], int(match[3]) - int(match[2]) + 1


def _part(entry: object, place: str, instances: int, lacks: list[str], *, is_memory: bool = True) -> Part:
    known = [name for names in _NAMES.values() for name in names]
    fields = check_keys(entry, place, (*known, *_ASKS, *_SILENT), ("name",))
    name = as_words(fields["name"], f"{place}.name")
    for key, nothing in _ASKS.items():
        if key in fields and fields[key] not in (nothing, None, "", 0, 1.0 if nothing is True else nothing):
            lacks.append(f"{name}: {key} = {fields[key]!r}")

    def get(what: str, default: float) -> float:
        for key in _NAMES[what]:
            if fields.get(key) is not None:
                return as_number(fields[key], f"{place}.{key}")
        return default

    instances = as_whole(get("instances", instances), f"{place}.instances", 1)
    if "mesh_x" in _given(fields):
        mesh_x = as_whole(get("mesh_x", 1), f"{place}.meshX", 1)
    else:
        mesh_x = instances // as_whole(get("mesh_y", 1), f"{place}.meshY", 1)
    if instances % mesh_x:
        raise InputError(f"{place}.meshX", mesh_x, f"must divide the {instances} instances")
    word_bits = as_whole(get("word_bits", 16), f"{place}.word-bits", 1)
    cluster = get("cluster", 1)
    block = get("block", get("width", word_bits * cluster) / (word_bits * cluster))
    if not block > 0:
        raise InputError(f"{place}.block-size", block, "must be greater than zero")
    words = get("entries", get("depth", math.inf) * block)
    if "sizeKB" in fields:
        words = get("size_kb", 0) * 8 * 1024 / word_bits
    for what in ("read_bandwidth", "write_bandwidth", "shared_bandwidth"):
        if not get(what, math.inf) > 0:
            raise InputError(f"{place}.{what}", get(what, 0), "must be greater than zero")
    if not cluster > 0 or not get("buffering", 1.0) > 0 or not words >= 0:
        raise InputError(f"{place}", name, "must have a cluster-size, a buffering and entries that are not negative")
    energy = get("energy", math.nan)
    return Part(
        name=name,
        instances=instances,
        mesh_x=mesh_x,
        mesh_y=instances // mesh_x,
        word_bits=word_bits,
        words=words if is_memory else 0,
        block=block if is_memory else 1.0,
        buffering=get("buffering", 1.0),
        read_bandwidth=get("read_bandwidth", math.inf),
        write_bandwidth=get("write_bandwidth", math.inf),
        shared_bandwidth=get("shared_bandwidth", math.inf),
        read_pj=None if math.isnan(energy) else energy,
        write_pj=None if math.isnan(energy) else energy,
        area_um2=get("area", 0.0) / cluster,
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


def _given(fields: Mapping[str, Any]) -> set[str]:
    return {what for what, names in _NAMES.items() if any(fields.get(name) is not None for name in names)}


def _with_tables(parts: list[Part], documents: Mapping[str, Any], name: str, lacks: list[str]) -> list[Part]:
    """Energies (pJ per action) and areas (square micrometres) from Accelergy's summaries, where there are any."""
    energies = {
        leaf: _actions(actions, f"{name}: ERT_summary.{leaf}")
        for leaf, actions in _summary(documents.get("ERT_summary"), f"{name}: ERT_summary", "actions")
    }
    areas = {
        leaf: as_number(area, f"{name}: ART_summary.{leaf}")
        for leaf, area in _summary(documents.get("ART_summary"), f"{name}: ART_summary", "area")
    }
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


def _actions(data: object, place: str) -> dict[str, float]:
    """Energy of each action of a part, in pJ."""
    table = {}
    for action in as_list(data, place):
        fields = check_keys(action, place, ("arguments",), ("name", "energy"))
        table[as_words(fields["name"], f"{place}.name")] = as_energy(fields["energy"], f"{place}.{fields['name']}")
    return table


def _summary(data: object, place: str, what: str) -> Iterator[tuple[str, Any]]:
    """(leaf name, value) of every row of an Accelergy summary."""
    if data is None:
        return
    for row in as_list(check_keys(data, place, ("version",), ("table_summary",))["table_summary"], place):
        row = check_keys(row, place, ("primitive_estimations", "primitive_estimation(s)"), ("name", what))
        yield _ranged(as_words(row["name"], place))[0].rsplit(".", 1)[-1], row[what]


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
