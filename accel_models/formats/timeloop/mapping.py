"""Timeloop's ``mapping``: read into a :class:`~accel_models.loopnest.Mapping`, and written back.

A Timeloop loop has a number of trips, ours a size of piece: the size is the product of the trips of all loops of the
dim further in. ``K=16,8`` is sixteen trips of which the last time round only eight are made (an imperfect factor); a
factor of 0 takes what the other levels leave. Permutations stand innermost first; the first ``split`` dims of a spatial
entry's permutation lie on X, the rest on Y.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from accel_models.accelerator import Accelerator, Axis
from accel_models.formats.timeloop.constraints import KEEP_TYPES, kept_by
from accel_models.formats.timeloop.names import Names, parse_permutation
from accel_models.loopnest import LevelLoops, Loop
from accel_models.loopnest import Mapping as Nest
from nets.documents import Section
from nets.errors import InputError, unknown
from nets.layer import DIMS, TENSORS, Layer

if TYPE_CHECKING:
    from accel_models.formats.timeloop.mapping_model import MappingEntry

_JOINED = "X and Y"
MOST_FACTOR_DIGITS = 15


@dataclass(frozen=True, slots=True)
class _Factor:
    """``trips`` each time round, ``last`` the last time."""

    trips: int
    last: int


@dataclass(slots=True)
class _Entry:
    """What the file says of one memory: factors and permutation (innermost first) of each kind."""

    temporal: dict[str, _Factor]
    spatial: dict[str, _Factor]
    temporal_order: list[str]
    spatial_order: list[str]
    split: int
    kept: tuple[str, ...] | None


def read_mapping(section: Section, layer: Layer, accelerator: Accelerator, names: Names) -> tuple[Nest, Accelerator]:
    """Read a ``mapping`` section.

    Returns:
        The mapping, and the accelerator: as given, but where one dim lies on two axes of a level these became one.

    Raises:
        InputError: an unknown key, memory, dim or data space; factors that do not multiply to the layer; loops at a
            virtual memory that the level above cannot take over.
    """
    from accel_models.formats.timeloop.mapping_model import MappingSection

    place = section.where()
    entries = {memory: _Entry({}, {}, [], [], len(names.dims), None) for memory in names.memories}
    for number, item in enumerate(section.read(MappingSection)):
        target = names.wires.get(item.target, item.target) if item.type == "spatial" else item.target
        if target not in entries:
            raise unknown(section.where(number, "target"), item.target, (*entries, *names.wires))
        with section.at(number):
            _read_entry(item, entries[target], names)
    _complete(entries, layer, names, place)
    inner = {dim: _inner_products(entries, theirs) for theirs, dim in names.dims.items()}
    levels: list[LevelLoops] = []
    for memory in names.memories:
        entry = entries[memory]
        temporal, spatial = [], []
        for theirs in reversed(entry.temporal_order):
            dim = names.dims[theirs]
            if entry.temporal[theirs].trips > 1:
                temporal.append(Loop(dim, inner[dim][memory, "temporal"]))
        for position, theirs in enumerate(entry.spatial_order):
            dim = names.dims[theirs]
            if entry.spatial[theirs].trips > 1:
                mesh = "X" if position < entry.split else "Y"
                if mesh not in names.axes[memory]:
                    raise InputError(f"{place}: {memory}", theirs, f"is unrolled along {mesh}, where nothing fans out")
                spatial.append(Loop(dim, inner[dim][memory, "spatial"], names.axes[memory][mesh]))
        if memory in names.virtual:
            if entry.kept:
                raise InputError(f"{place}: {memory}", entry.kept, "cannot be kept in a memory without entries")
            levels[-1] = _merge(levels[-1], temporal, spatial, f"{place}: {memory}")
        else:
            levels.append(LevelLoops(memory, tuple(temporal), tuple(spatial), entry.kept))
    return _join_axes(levels, accelerator)


def _read_entry(item: MappingEntry, entry: _Entry, names: Names) -> None:
    if item.type in KEEP_TYPES:
        entry.kept = kept_by(item, names)
        return
    factors = _factors(item.factors, names.dims)
    order = parse_permutation(item.permutation, names.dims)
    for dim, factor in factors.items():
        if dim not in order:
            if factor.trips > 1:
                raise InputError("permutation", item.permutation, f"leaves out {dim!r}, which loops")
            order.append(dim)
    if item.type == "temporal":
        entry.temporal, entry.temporal_order = factors, order
    else:
        entry.spatial, entry.spatial_order = factors, order
        entry.split = len(names.dims) if item.split is None else item.split


def _factors(text: str, dims: Iterable[str]) -> dict[str, _Factor]:
    """``R=1 S=1``, ``R1 S1``, ``R=1,S=1`` or ``K=16,8`` by dim."""
    place = "factors"
    known = "|".join(sorted(map(re.escape, dims), key=len, reverse=True))
    pattern = re.compile(rf"({known})\s*=?\s*(\d+)(?:\s*,\s*(\d+)(?!\s*=))?")
    factors: dict[str, _Factor] = {}
    rest = text
    while rest := rest.strip(" ,"):
        match = pattern.match(rest)
        if not match:
            raise InputError(
                place, rest, f"is no factor of a dim ({', '.join(dims)})", "write K=16, or K=16,8 for a rest"
            )
        if match[1] in factors:
            raise InputError(place, text, f"gives {match[1]} two factors")
        if max(len(match[2]), len(match[3] or "")) > MOST_FACTOR_DIGITS:
            raise InputError(place, match[0], f"has more than {MOST_FACTOR_DIGITS} digits")
        trips = int(match[2])
        last = int(match[3]) if match[3] else trips
        if last > trips or (match[3] and not last):
            raise InputError(place, match[0], "makes more trips the last time, or none")
        factors[match[1]] = _Factor(trips, last)
        rest = rest[match.end() :]
    return factors


def _complete(entries: dict[str, _Entry], layer: Layer, names: Names, place: str) -> None:
    """Fill in missing factors and those of 0, and check that every dim multiplies to the layer's."""
    for entry in entries.values():
        for factors, order in ((entry.temporal, entry.temporal_order), (entry.spatial, entry.spatial_order)):
            for theirs in names.dims:
                factors.setdefault(theirs, _Factor(1, 1))
                if theirs not in order:
                    order.append(theirs)
    for theirs, dim in names.dims.items():
        bound: int = getattr(layer, dim)
        chain = [factors for memory in entries.values() for factors in (memory.temporal, memory.spatial)]
        given = 1
        rest = []
        for factors in chain:
            given *= factors[theirs].trips or 1
            if not factors[theirs].trips:
                rest.append(factors)
        if len(rest) > 1 or (rest and bound % given):
            raise InputError(place, theirs, f"cannot take the rest of {bound} after factors of {given}")
        if rest:
            rest[0][theirs] = _Factor(bound // given, bound // given)
        full, last = 1, 1
        for factors in reversed(chain):
            factor = factors[theirs]
            full, last = factor.trips * full, (factor.last - 1) * full + last
        if last != bound:
            raise InputError(place, theirs, f"has factors that make {last} of it; the layer has {bound}")


def _inner_products(entries: dict[str, _Entry], theirs: str) -> dict[tuple[str, str], int]:
    """For each memory and kind of loop: the product of the trips further in."""
    products = {}
    product = 1
    for memory, entry in reversed(entries.items()):
        products[memory, "spatial"] = product
        product *= entry.spatial[theirs].trips
        products[memory, "temporal"] = product
        product *= entry.temporal[theirs].trips
    return products


def _merge(outer: LevelLoops, temporal: list[Loop], spatial: list[Loop], place: str) -> LevelLoops:
    """Hand the loops of a virtual memory to the level above it."""
    above = {loop.dim for loop in (*outer.temporal, *outer.spatial)}
    for loop in temporal:
        if loop.dim in above:
            raise InputError(place, loop.dim, "loops at a memory without entries and above it; the model has one loop")
    parallel = {loop.dim: loop for loop in outer.spatial}
    for loop in spatial:
        parallel[loop.dim] = Loop(loop.dim, loop.tile, _JOINED if loop.dim in parallel else loop.axis)
    return LevelLoops(outer.level, (*outer.temporal, *temporal), tuple(parallel.values()), outer.keeps)


def _join_axes(levels: Sequence[LevelLoops], accelerator: Accelerator) -> tuple[Nest, Accelerator]:
    """Where a dim lies on two axes of a level, make one axis of all: the counts are the same."""
    loops, machine = [], []
    for at, level in zip(levels, accelerator.levels):
        if any(loop.axis == _JOINED for loop in at.spatial):
            at = dataclasses.replace(at, spatial=tuple(Loop(loop.dim, loop.tile, _JOINED) for loop in at.spatial))
            level = dataclasses.replace(level, fanout=(Axis(_JOINED, level.fanout_size),))
        loops.append(at)
        machine.append(level)
    return Nest(tuple(loops)), dataclasses.replace(accelerator, levels=tuple(machine))


def write_mapping(layer: Layer, accelerator: Accelerator, mapping: Nest, names: Names | None = None) -> str:
    """A ``mapping`` section as YAML text that Timeloop reads.

    Args:
        layer, accelerator, mapping: what to write.
        names: the names of the Timeloop file that the accelerator came from; Timeloop's usual ones when omitted.

    Raises:
        InputError: a loop that Timeloop's factors cannot say (a piece that is no multiple of the pieces inside it, an
            axis or a dim that the file has no name for).
    """
    return yaml.safe_dump(
        {"mapping": mapping_entries(layer, accelerator, mapping, names or Names.of(accelerator))}, sort_keys=False
    )


def mapping_entries(layer: Layer, accelerator: Accelerator, mapping: Nest, names: Names) -> list[dict[str, Any]]:
    """The entries of a ``mapping`` section; arguments and errors as :func:`write_mapping`.

    Wires that are a node's of v0.4 get no entry but the spatial one, under the node's name.
    """
    full = dict(zip(DIMS, layer.bounds))
    last = dict(full)
    nodes = {memory: node for node, memory in names.wires.items()}
    kept, loops = [], []
    for at, level in zip(mapping.levels, accelerator.levels):
        temporal = [(loop, _trips(loop, full, last, layer, level.name)) for loop in at.temporal]
        spatial = [(loop, _trips(loop, full, last, layer, level.name)) for loop in at.spatial]
        group = _with_virtual(level.name, names)
        meshes = {axis: (memory, mesh) for memory in group for mesh, axis in names.axes[memory].items()}
        for loop in at.spatial:
            if loop.axis not in meshes:
                raise unknown(f"mapping: {level.name}: axis", loop.axis, meshes)
        for memory in group:
            real = memory == level.name
            keeps = (level.keeps if at.keeps is None else at.keeps) if real else ()
            if memory not in nodes:
                kept.append(_datatype(memory, keeps, names))
                loops.append(_entry(memory, "temporal", temporal[::-1] if real else [], names))
            x, y = ([item for item in spatial if meshes[item[0].axis] == (memory, mesh)] for mesh in "XY")
            if x or y:
                loops.append(_entry(nodes.get(memory, memory), "spatial", x + y, names) | {"split": len(x)})
    return kept[::-1] + loops[::-1]


def _with_virtual(level: str, names: Names) -> list[str]:
    """A memory and the virtual ones right below it."""
    own = names.memories.index(level)
    below = own + 1
    while below < len(names.memories) and names.memories[below] in names.virtual:
        below += 1
    return list(names.memories[own:below])


def _trips(loop: Loop, full: dict[str, int], last: dict[str, int], layer: Layer, level: str) -> _Factor:
    """Trips of a loop; cuts ``full`` (the extent of a whole piece) and ``last`` (that of the last piece)."""
    dim, tile = loop.dim, loop.tile
    if full[dim] % tile and full[dim] != getattr(layer, dim):
        raise InputError(
            f"mapping: {level}: {dim}",
            tile,
            f"does not divide the {full[dim]} it is cut from; Timeloop has no such loop",
        )
    trips, last_trips = -(-full[dim] // tile), -(-last[dim] // tile)
    full[dim], last[dim] = tile, last[dim] - (last_trips - 1) * tile
    return _Factor(trips, last_trips)


def _datatype(memory: str, keeps: Sequence[str], names: Names) -> dict[str, Any]:
    return {
        "target": memory,
        "type": "datatype",
        "keep": [names.tensors[tensor] for tensor in TENSORS if tensor in keeps],
        "bypass": [names.tensors[tensor] for tensor in TENSORS if tensor not in keeps],
    }


def _entry(memory: str, kind: str, loops: Sequence[tuple[Loop, _Factor]], names: Names) -> dict[str, Any]:
    """Factors and permutation (innermost first) of one kind of loop; dims without a loop stand last, with one trip."""
    theirs = {ours: name for name, ours in names.dims.items()}
    factors = dict.fromkeys(names.dims, "1")
    order = []
    for loop, factor in loops:
        if loop.dim not in theirs:
            raise unknown(f"mapping: {memory}: dim", loop.dim, theirs)
        ragged = f",{factor.last}" if factor.last != factor.trips else ""
        factors[theirs[loop.dim]] = f"{factor.trips}{ragged}"
        order.append(theirs[loop.dim])
    order += [name for name in names.dims if name not in order]
    return {
        "target": memory,
        "type": kind,
        "factors": " ".join(f"{name}={value}" for name, value in factors.items()),
        "permutation": ("" if all(len(name) == 1 for name in order) else ",").join(order),
    }
