"""Mappings of AccelForge and LoopTree: one list of nodes, in which each tensor's storage may stand anywhere.

AccelForge spells the nodes as YAML tags, LoopTree (timeloop-python) as types; both list them outermost first::

    mapping:                                                      mapping:
      nodes:                                                        type: fused
      - !Storage {tensors: [W, I, O], component: DRAM}              nodes:
      - !Storage {tensors: [W], component: L2}                      - {type: storage, target: 0, dspace: [W, I, O]}
      - !Temporal {rank_variable: q, tile_shape: 4}                 - {type: temporal, rank: Q, tile_shape: 4}
      - !Spatial {rank_variable: k, name: X, component: Array,      - {type: spatial, rank: K, tile_shape: 1}
                  tile_shape: 1}
      - !Compute {einsum: E, component: MAC}                        - {type: compute, einsum: E, target: 2}

``tile_shape`` is the extent that one iteration leaves, as in :class:`~accel_models.loopnest.Loop`. A memory with
storage nodes at several places becomes that memory several times in a row, each time with what it begins to keep there
(see :mod:`accel_models.uneven`). A loop between a fan-out and the next storage node, or over a dim that loops at its
place already, belongs to a part of the memory that keeps nothing.

What differs, for the same nodes:

- AccelForge *lowers* a storage node: one right above loops fetches the tile at its own place, but reserves only what is
  left below those loops, as far as they all index the tensor (through the loop of a sliding window it fetches the
  overlap once). Here a tensor reserves the tile at the place of its node, and one that is to reserve less has its node
  below the loop. Nodes are read where they stand, so a mapping that AccelForge's memories hold by lowering may be
  refused by the cost model for its capacity.
- AccelForge fetches a tile again in every iteration of every loop above its node; the cost model only where the tile
  changes, and of a sliding window only what is new. So its counts (with the convention ``drain-reads``) are the same
  where no loop right above a node is irrelevant to the tensor or slides its window, and lower elsewhere.

LoopTree numbers its memories from 0, the outermost, and names no axes: its spatial loops take the first axes that have
room for them, and nothing that is counted depends on which axes of a fan-out these are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, Literal

import yaml

from accel_models.accelerator import Accelerator, Level
from accel_models.formats.fields import as_list, as_whole, as_words, check_keys
from accel_models.loopnest import LevelLoops, Loop
from accel_models.loopnest import Mapping as Nest
from nets.documents import parse_yaml
from nets.errors import InputError, unknown
from nets.layer import DIMS, TENSORS, Layer

Notation = Literal["accelforge", "looptree"]

MATMUL_DIMS: Final = {"m": "P", "k": "C", "n": "K"}
"""Our dims for the usual ranks of a matmul, ``m`` rows x ``k`` inner x ``n`` columns; for :meth:`Names.of`."""

_KEYS: Final[dict[str, dict[str, dict[str, str]]]] = {
    "accelforge": {
        "Storage": {"tensors": "tensors", "component": "memory"},
        "Temporal": {"rank_variable": "rank", "tile_shape": "tile"},
        "Spatial": {"rank_variable": "rank", "name": "axis", "component": "array", "tile_shape": "tile"},
        "Compute": {"einsum": "einsum", "component": "compute"},
    },
    "looptree": {
        "storage": {"target": "memory", "dspace": "tensors"},
        "temporal": {"rank": "rank", "tile_shape": "tile"},
        "spatial": {"rank": "rank", "tile_shape": "tile"},
        "compute": {"einsum": "einsum", "target": "compute"},
    },
}
"""For each notation: its nodes, and what the keys of each are called here."""


@dataclass(frozen=True, slots=True)
class Names:
    """How a mapping calls what the model calls otherwise.

    Attributes:
        dims: our dim for each of its ranks.
        tensors: its tensor for each of W, I and O.
        arrays: for each level with a fan-out, the component that AccelForge's spatial nodes name.
        einsum: what the operation is called (written; not looked at when reading).
        compute: the component that computes (written; not looked at when reading).
    """

    dims: Mapping[str, str]
    tensors: Mapping[str, str]
    arrays: Mapping[str, str]
    einsum: str = "E"
    compute: str = "MAC"

    @classmethod
    def of(
        cls,
        accelerator: Accelerator,
        notation: Notation = "accelforge",
        *,
        dims: Mapping[str, str] | None = None,
        tensors: Mapping[str, str] | None = None,
    ) -> Names:
        """The names taken where none are given.

        Ranks are the letters of our dims, small in AccelForge; tensors are W, I and O; the fan-out belongs to ``Array``
        or, where several levels have one, to ``Array_`` with the name of the level above it.

        Args:
            accelerator: whose levels with a fan-out need a name for it.
            notation: how ranks are spelled.
            dims: our dim for each rank, if other than the letters (:data:`MATMUL_DIMS`).
            tensors: the mapping's tensor for each of W, I and O, if other than these letters.
        """
        letters = {dim.lower() if notation == "accelforge" else dim: dim for dim in DIMS}
        wide = [level.name for level in accelerator.levels if level.fanout]
        arrays = {name: "Array" if len(wide) == 1 else f"Array_{name}" for name in wide}
        return cls(dims or letters, tensors or {tensor: tensor for tensor in TENSORS}, arrays)


@dataclass(frozen=True, slots=True)
class _Node:
    """A node as it stands in the file: a YAML tag (empty where it has none) and its keys."""

    tag: str
    fields: Mapping[str, Any]


class _Dumper(yaml.SafeDumper):
    """Writes nodes on one line each."""


def _tagged(tag: str, value: Any) -> _Node:
    """A tagged mapping as a node."""
    if not isinstance(value, Mapping):
        raise InputError("mapping", f"!{tag}", "is no mapping of keys")
    return _Node(tag, {str(key): item for key, item in value.items()})


def _represent(dumper: yaml.SafeDumper, node: _Node) -> yaml.Node:
    tag = f"!{node.tag}" if node.tag else "tag:yaml.org,2002:map"
    return dumper.represent_mapping(tag, node.fields, flow_style=True)


_Dumper.add_representer(_Node, _represent)


def read_mapping(
    text: str, layer: Layer, accelerator: Accelerator, names: Names | None = None, *, place: str = "mapping"
) -> Nest:
    """Read a mapping in either notation.

    Args:
        text: YAML with a section ``mapping`` (others are passed over), or the nodes alone.
        layer, accelerator: what is mapped on what; components are called as the levels are.
        names: of ranks, tensors and fan-outs; :meth:`Names.of` the accelerator when omitted.
        place: what errors call the text.

    Raises:
        InputError: no YAML; an unknown node, key, rank, tensor, component or axis; a tile larger than what it is cut
            from; a memory out of order; a tensor that a memory cannot hold, or holds twice; loops above the outermost
            storage, or that do not come down to single MACs.
    """
    nodes, where = _nodes(text, place)
    notation: Notation = "accelforge" if any(isinstance(node, _Node) for node in nodes) else "looptree"
    reader = _Reader(layer, accelerator, names or Names.of(accelerator, notation), where)
    entries = [_entry(node, notation, f"{where}[{number}]") for number, node in enumerate(nodes)]
    numbered = [(number, *entry) for number, entry in enumerate(entries)]
    for kind, run in groupby(numbered, key=lambda item: item[1]):
        reader.read(kind, [(f"{where}[{number}]", fields) for number, _, fields in run], notation)
    return reader.mapping()


def _nodes(text: str, place: str) -> tuple[list[object], str]:
    """The nodes of a mapping, and the place where they stand."""
    data = parse_yaml(text, place, tags=_tagged)
    if isinstance(data, Mapping) and "mapping" in data:
        data = data["mapping"]
    if isinstance(data, Mapping):
        fields = check_keys(data, place, ("type",), ("nodes",))
        if fields.get("type", "fused") != "fused":
            raise unknown(f"{place}: type", str(fields["type"]), ("fused",))
        data, place = fields["nodes"], f"{place}: nodes"
    return as_list(data, place), place


def _entry(node: object, notation: Notation, place: str) -> tuple[str, dict[str, Any]]:
    """The kind of a node in small letters, and its fields under our names."""
    kinds = _KEYS[notation]
    if isinstance(node, _Node):
        kind, given = node.tag, dict(node.fields)
    else:
        given = check_keys(node, place, node if isinstance(node, Mapping) else ())
        kind = as_words(given.pop("type", ""), f"{place}: type")
    if notation == "accelforge" and not isinstance(node, _Node):
        raise InputError(place, node, "has no tag", "write !Storage, !Temporal, !Spatial or !Compute before it")
    if kind not in kinds:
        error = unknown(place, kind, kinds)
        raise InputError(place, kind, "is no node the model has", f"{error.hint}; it has one operation and one branch")
    keys = kinds[kind]
    fields = check_keys(given, f"{place}: {kind}", keys, () if kind.lower() == "compute" else keys)
    return kind.lower(), {keys[key]: value for key, value in fields.items()}


@dataclass(slots=True)
class _Part:
    """A memory from one place of the nest to the next: what it begins to keep, and its loops."""

    keeps: set[str] = field(default_factory=set)
    temporal: list[Loop] = field(default_factory=list)
    spatial: list[Loop] = field(default_factory=list)


class _Reader:
    """Walks the nodes from the outside in."""

    def __init__(self, layer: Layer, accelerator: Accelerator, names: Names, place: str) -> None:
        self.levels, self.names, self.place = accelerator.levels, names, place
        self.extent = dict(zip(DIMS, layer.bounds))
        self.parts = [[_Part()] for _ in self.levels]
        self.at = 0
        self.done = False

    def read(self, kind: str, run: Sequence[tuple[str, dict[str, Any]]], notation: Notation) -> None:
        """Read nodes of one kind that follow one another."""
        if self.done:
            raise InputError(run[0][0], kind, "stands below the computation", "which comes last")
        if kind == "spatial" and notation == "looptree":
            self.unnamed(run)
            return
        for place, fields in run:
            if kind == "storage":
                self.storage(fields, place)
            elif kind == "temporal":
                self.temporal(*self.loop(fields, place), place)
            elif kind == "spatial":
                self.spatial(*self.loop(fields, place), *self.axis(fields, place), place)
            else:
                self.compute(place)

    def storage(self, fields: Mapping[str, Any], place: str) -> None:
        """Begin to keep tensors in a memory."""
        number = self.memory(fields["memory"], place)
        level = self.levels[number]
        if number < self.at:
            raise InputError(
                f"{place}: memory", level.name, f"stands below {self.levels[self.at].name}, which lies further in",
                "put all nodes of a memory above those of the next, and above its fan-out",
            )  # fmt: skip
        if self.parts[number][-1].spatial:
            raise InputError(f"{place}: memory", level.name, "stands below its fan-out", "put its nodes above it")
        if self.parts[number][-1].temporal:
            self.parts[number].append(_Part())
        self.at = number
        for theirs in as_list(fields["tensors"], f"{place}: tensors"):
            self.keep(self.tensor(theirs, place), theirs, level, place)

    def keep(self, tensor: str, theirs: object, level: Level, place: str) -> None:
        """Keep one more tensor in the memory reached."""
        if tensor not in level.keeps:
            able = [self.names.tensors[held] for held in level.keeps]
            raise InputError(f"{place}: tensors", theirs, f"cannot be held in {level.name}", f"it holds {able}")
        if any(tensor in part.keeps for part in self.parts[self.at]):
            raise InputError(
                f"{place}: tensors", theirs, f"is stored twice in {level.name}", "leave one of the two nodes out"
            )
        self.parts[self.at][-1].keeps.add(tensor)

    def loop(self, fields: Mapping[str, Any], place: str) -> tuple[str, int]:
        """Dim and tile of a loop, checked against what it is cut from."""
        self.check_outermost(place)
        given = fields["rank"]
        theirs = as_words(given[0] if isinstance(given, list) and len(given) == 1 else given, f"{place}: rank")
        if theirs not in self.names.dims:
            raise unknown(f"{place}: rank", theirs, self.names.dims)
        dim = self.names.dims[theirs]
        tile = as_whole(fields["tile"], f"{place}: tile_shape", 1)
        if tile > self.extent[dim]:
            raise InputError(
                f"{place}: tile_shape", tile, f"does not nest: the loops above leave {self.extent[dim]} of {theirs}",
                "a tile_shape is the extent that one iteration leaves, not the number of iterations",
            )  # fmt: skip
        return dim, tile

    def check_outermost(self, place: str) -> None:
        """The outermost memory holds everything before any loop runs."""
        for tensor in TENSORS:
            if tensor not in self.parts[0][0].keeps:
                outermost = self.levels[0].name
                raise InputError(
                    place, self.names.tensors[tensor], f"is not stored in {outermost} above this loop",
                    f"put the storage nodes of {outermost} at the top, for every tensor",
                )  # fmt: skip

    def temporal(self, dim: str, tile: int, place: str) -> None:
        """One loop more over time."""
        if tile == self.extent[dim]:
            return
        if self.parts[self.at][-1].spatial:
            if self.at + 1 == len(self.levels):
                raise InputError(
                    place, dim, "loops over time below the innermost fan-out", "put it above the spatial loops"
                )
            self.at += 1
        if any(loop.dim == dim for loop in self.parts[self.at][-1].temporal):
            self.parts[self.at].append(_Part())
        self.parts[self.at][-1].temporal.append(Loop(dim, tile))
        self.extent[dim] = tile

    def axis(self, fields: Mapping[str, Any], place: str) -> tuple[int, str]:
        """Level and axis that a spatial node names."""
        arrays = {array: name for name, array in self.names.arrays.items()}
        array, axis = str(fields["array"]), str(fields["axis"])
        if array not in arrays:
            raise unknown(f"{place}: component", array, arrays)
        number = [level.name for level in self.levels].index(arrays[array])
        known = [known.name for known in self.levels[number].fanout]
        if axis not in known:
            raise unknown(f"{place}: name", axis, known)
        return number, axis

    def spatial(self, dim: str, tile: int, number: int, axis: str, place: str) -> None:
        """One loop more on an axis."""
        if number < self.at:
            raise InputError(
                place, axis, f"fans out above {self.levels[self.at].name}, whose nodes or loops stand above this node"
            )
        if tile == self.extent[dim]:
            return
        self.at = number
        spatial = self.parts[number][-1].spatial
        if any((loop.dim, loop.axis) == (dim, axis) for loop in spatial):
            raise InputError(place, axis, f"has two loops over {dim}", "write one loop with the smaller tile_shape")
        spatial.append(Loop(dim, tile, axis))
        self.extent[dim] = tile

    def unnamed(self, run: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Spatial loops that name no axis: on the first that have room for them, of the outermost levels possible."""
        loops, before = [], dict(self.extent)
        for place, fields in run:
            dim, tile = self.loop(fields, place)
            loops.append((dim, -(-self.extent[dim] // tile), tile))
            self.extent[dim] = tile
        self.extent = before
        for end in range(self.at + 1, len(self.levels) + 1):
            found = next(self.places([loop for loop in loops if loop[1] > 1], self.at, end, {}, ()), None)
            if found is not None:
                for (dim, _, tile), (number, axis) in zip([loop for loop in loops if loop[1] > 1], found):
                    self.spatial(dim, tile, number, axis, run[0][0])
                return
        raise InputError(
            run[0][0], [f"{trips} of {dim}" for dim, trips, _ in loops], "fit on no axes from here on",
            "check the number of instances, and which dims an axis can run",
        )  # fmt: skip

    def places(
        self,
        loops: Sequence[tuple[str, int, int]],
        start: int,
        end: int,
        used: Mapping[tuple[int, str], int],
        taken: tuple[tuple[str, int, str], ...],
    ) -> Iterator[list[tuple[int, str]]]:
        """Every way to place loops on axes of the levels from ``start`` to before ``end``, going inwards only."""
        if not loops:
            yield []
            return
        (dim, trips, _), *rest = loops
        for number in range(start, end):
            for axis in self.levels[number].fanout:
                key = number, axis.name
                wide = used.get(key, 1) * trips
                if wide > axis.size or (axis.dims and dim not in axis.dims) or (dim, *key) in taken:
                    continue
                for others in self.places(rest, number, end, {**used, key: wide}, (*taken, (dim, *key))):
                    yield [key, *others]

    def compute(self, place: str) -> None:
        """The end: every dim has come down to one."""
        self.check_outermost(place)
        left = {dim: extent for dim, extent in self.extent.items() if extent > 1}
        if left:
            raise InputError(place, left, "is what the loops leave of the layer; a MAC takes one of each",
                             "add loops with tile_shape 1 above it")  # fmt: skip
        self.done = True

    def memory(self, given: object, place: str) -> int:
        """The level that a component, or the number of one, means."""
        known = [level.name for level in self.levels]
        if isinstance(given, int) and not isinstance(given, bool):
            if 0 <= given < len(known):
                return given
            rule = f"is no level: they are 0 ({known[0]}) to {len(known) - 1} ({known[-1]})"
            raise InputError(f"{place}: target", given, rule)
        name = as_words(given, f"{place}: memory")
        if name not in known:
            raise unknown(f"{place}: memory", name, known)
        return known.index(name)

    def tensor(self, theirs: object, place: str) -> str:
        """Our tensor of a name."""
        ours = {name: tensor for tensor, name in self.names.tensors.items()}
        name = as_words(theirs, f"{place}: tensors")
        if name not in ours:
            raise unknown(f"{place}: tensors", name, ours)
        return ours[name]

    def mapping(self) -> Nest:
        """What was read."""
        if not self.done:
            raise InputError(self.place, len(self.parts), "ends without a computation", "put a compute node last")
        return Nest(
            tuple(
                LevelLoops(level.name, tuple(part.temporal), tuple(part.spatial), _in_order(part.keeps))
                for level, parts in zip(self.levels, self.parts)
                for part in parts
            )
        )


def _in_order(tensors: set[str]) -> tuple[str, ...]:
    return tuple(tensor for tensor in TENSORS if tensor in tensors)


def write_mapping(
    mapping: Nest,
    layer: Layer,
    accelerator: Accelerator,
    names: Names | None = None,
    *,
    notation: Notation = "accelforge",
) -> str:
    """A section ``mapping`` as YAML text. Loops of one trip are left out, as are storage nodes of no tensor.

    Nodes stand where the mapping has its levels, so AccelForge may count more than the cost model (see above).

    Raises:
        InputError: levels that are not the accelerator's, or a dim, an axis or a tensor without a name.
    """
    if notation not in _KEYS:
        raise unknown("notation", notation, _KEYS)
    names = names or Names.of(accelerator, notation)
    given = tuple(name for name, _ in groupby(mapping.levels, key=lambda at: at.level))
    if given != accelerator.level_names:
        raise InputError("mapping: levels", given, f"must be those of {accelerator.name}: {accelerator.level_names}")
    nodes = [_spell(kind, fields, notation) for kind, fields in _walk(mapping, layer, accelerator, names, notation)]
    section: dict[str, Any] = {"nodes": nodes} if notation == "accelforge" else {"type": "fused", "nodes": nodes}
    return yaml.dump({"mapping": section}, Dumper=_Dumper, sort_keys=False, width=1000)


def _spell(kind: str, fields: Mapping[str, Any], notation: Notation) -> _Node:
    """A node in a notation's own words."""
    tag = kind.capitalize() if notation == "accelforge" else kind
    spelled = {key: fields[ours] for key, ours in _KEYS[notation][tag].items()}
    return _Node(tag, spelled) if notation == "accelforge" else _Node("", {"type": kind, **spelled})


def _walk(
    mapping: Nest, layer: Layer, accelerator: Accelerator, names: Names, notation: Notation
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kind and fields of every node, outermost first."""
    ranks = {dim: theirs for theirs, dim in reversed(list(names.dims.items()))}
    extent = dict(zip(DIMS, layer.bounds))
    for at in mapping.levels:
        number = accelerator.level_names.index(at.level)
        level = accelerator.levels[number]
        kept = [names.tensors[tensor] for tensor in (level.keeps if at.keeps is None else at.keeps)]
        if kept:
            yield "storage", {"tensors": kept, "memory": at.level if notation == "accelforge" else number}
        for kind, loops in (("temporal", at.temporal), ("spatial", at.spatial)):
            for loop in loops:
                if loop.tile < extent[loop.dim]:
                    fields = _loop_fields(loop, ranks, at.level)
                    yield kind, fields | (_axis_fields(loop, level, names) if kind == "spatial" else {})
                extent[loop.dim] = min(loop.tile, extent[loop.dim])
    innermost: str | int = names.compute if notation == "accelforge" else len(accelerator.levels)
    yield "compute", {"einsum": names.einsum, "compute": innermost}


def _loop_fields(loop: Loop, ranks: Mapping[str, str], level: str) -> dict[str, Any]:
    if loop.dim not in ranks:
        raise unknown(f"mapping: {level}: dim", loop.dim, ranks)
    return {"rank": ranks[loop.dim], "tile": loop.tile}


def _axis_fields(loop: Loop, level: Level, names: Names) -> dict[str, Any]:
    axes = [axis.name for axis in level.fanout]
    axis = loop.axis or next(iter(axes), "")
    if axis not in axes:
        raise unknown(f"mapping: {level.name}: axis", axis, axes)
    if level.name not in names.arrays:
        raise unknown(f"mapping: {level.name}: fan-out", level.name, names.arrays)
    return {"axis": axis, "array": names.arrays[level.name]}
