"""Mappings of either notation, read node by node from the outside in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from accel_models.accelerator import Accelerator, Level
from accel_models.formats.accelforge.notation import KEYS, Names, Notation
from accel_models.loopnest import LevelLoops, Loop
from accel_models.loopnest import Mapping as Nest
from nets.documents import Document, Section, parse_yaml
from nets.documents.typed import not_a_mapping
from nets.errors import InputError, nearest, unknown
from nets.layer import DIMS, TENSORS, Layer

TAG: Final = "!"
"""The key under which a node of AccelForge has its tag."""


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
    nodes = _nodes(text, place)
    notation: Notation = (
        "accelforge" if any(TAG in node for node in nodes.data if isinstance(node, Mapping)) else "looptree"
    )
    reader = _Reader(layer, accelerator, names or Names.of(accelerator, notation), nodes)
    entries = [(number, *_entry(nodes, number, notation)) for number in range(len(nodes.data))]
    for kind, run in groupby(entries, key=lambda entry: entry[1]):
        reader.read(kind, [(number, fields) for number, _, fields in run], notation)
    return reader.mapping()


def _tagged(tag: str, value: Any) -> dict[str, Any]:
    """A tagged mapping as plain data."""
    if not isinstance(value, Mapping):
        raise InputError("mapping", f"!{tag}", "is no mapping of keys")
    return {TAG: tag, **value}


def _nodes(text: str, place: str) -> Section:
    """The nodes of a mapping."""
    from accel_models.formats.accelforge.model import NodesEntry

    whole = Section(Document(parse_yaml(text, place, tags=_tagged), place, text))
    if isinstance(whole.data, Mapping) and "mapping" in whole.data:
        whole = whole.part("mapping")
    if isinstance(whole.data, Mapping):
        whole.read(NodesEntry)
        whole = whole.part("nodes")
    if not isinstance(whole.data, list):
        raise InputError(whole.where(), whole.data, "must be a list")
    return whole


def _entry(nodes: Section, number: int, notation: Notation) -> tuple[str, dict[str, Any]]:
    """The kind of a node in small letters, and its fields under our names."""
    from accel_models.formats.accelforge.model import node_model

    key = TAG if notation == "accelforge" else "type"
    node, kinds = nodes.data[number], KEYS[notation]
    if not isinstance(node, Mapping):
        raise not_a_mapping(nodes.document, (*nodes.steps, number))
    if notation == "accelforge" and TAG not in node:
        raise InputError(
            nodes.where(number), node, "has no tag", "write !Storage, !Temporal, !Spatial or !Compute before it"
        )
    kind = node.get(key)
    if not isinstance(kind, str) or kind not in kinds:
        hint = f"{nearest(str(kind), kinds)}; it has one operation and one branch"
        raise InputError(nodes.where(number), kind, "is no node the model has", hint)
    fields = nodes.part(number).read(node_model(notation, kind), without=(key,))
    return kind.lower(), fields.model_dump()


@dataclass(slots=True)
class _Part:
    """A memory from one place of the nest to the next: what it begins to keep, and its loops."""

    keeps: set[str] = field(default_factory=set)
    temporal: list[Loop] = field(default_factory=list)
    spatial: list[Loop] = field(default_factory=list)


class _Reader:
    """Walks the nodes from the outside in."""

    def __init__(self, layer: Layer, accelerator: Accelerator, names: Names, nodes: Section) -> None:
        self.levels, self.names, self.nodes = accelerator.levels, names, nodes
        self.extent = dict(zip(DIMS, layer.bounds))
        self.parts = [[_Part()] for _ in self.levels]
        self.at = 0
        self.done = False

    def read(self, kind: str, run: Sequence[tuple[int, dict[str, Any]]], notation: Notation) -> None:
        """Read nodes of one kind that follow one another, by their numbers."""
        if kind == "spatial" and notation == "looptree":
            self.unnamed(run)
            return
        for number, fields in run:
            with self.node(number, kind):
                if kind == "storage":
                    self.storage(fields)
                elif kind == "temporal":
                    self.temporal(*self.loop(fields))
                elif kind == "spatial":
                    self.spatial(*self.loop(fields), *self.axis(fields))
                else:
                    self.compute()

    @contextmanager
    def node(self, number: int, kind: str) -> Iterator[None]:
        """A block that reads a node, whose errors get its place."""
        with self.nodes.at(number):
            if self.done:
                raise InputError("", kind, "stands below the computation", "which comes last")
            yield

    def storage(self, fields: Mapping[str, Any]) -> None:
        """Begin to keep tensors in a memory."""
        number = self.memory(fields["memory"])
        level = self.levels[number]
        if number < self.at:
            raise InputError(
                "memory", level.name, f"stands below {self.levels[self.at].name}, which lies further in",
                "put all nodes of a memory above those of the next, and above its fan-out",
            )  # fmt: skip
        if self.parts[number][-1].spatial:
            raise InputError("memory", level.name, "stands below its fan-out", "put its nodes above it")
        if self.parts[number][-1].temporal:
            self.parts[number].append(_Part())
        self.at = number
        for theirs in fields["tensors"]:
            self.keep(self.tensor(theirs), theirs, level)

    def keep(self, tensor: str, theirs: object, level: Level) -> None:
        """Keep one more tensor in the memory reached."""
        if tensor not in level.keeps:
            able = [self.names.tensors[held] for held in level.keeps]
            raise InputError("tensors", theirs, f"cannot be held in {level.name}", f"it holds {able}")
        if any(tensor in part.keeps for part in self.parts[self.at]):
            raise InputError("tensors", theirs, f"is stored twice in {level.name}", "leave one of the two nodes out")
        self.parts[self.at][-1].keeps.add(tensor)

    def loop(self, fields: Mapping[str, Any]) -> tuple[str, int]:
        """Dim and tile of a loop, checked against what it is cut from."""
        self.check_outermost()
        theirs, tile = fields["rank"], fields["tile"]
        if theirs not in self.names.dims:
            raise unknown("rank", theirs, self.names.dims)
        dim = self.names.dims[theirs]
        if tile > self.extent[dim]:
            raise InputError(
                "tile_shape", tile, f"does not nest: the loops above leave {self.extent[dim]} of {theirs}",
                "a tile_shape is the extent that one iteration leaves, not the number of iterations",
            )  # fmt: skip
        return dim, tile

    def check_outermost(self) -> None:
        """The outermost memory holds everything before any loop runs."""
        for tensor in TENSORS:
            if tensor not in self.parts[0][0].keeps:
                outermost = self.levels[0].name
                raise InputError(
                    "", self.names.tensors[tensor], f"is not stored in {outermost} above this loop",
                    f"put the storage nodes of {outermost} at the top, for every tensor",
                )  # fmt: skip

    def temporal(self, dim: str, tile: int) -> None:
        """One loop more over time."""
        if tile == self.extent[dim]:
            return
        if self.parts[self.at][-1].spatial:
            if self.at + 1 == len(self.levels):
                raise InputError(
                    "", dim, "loops over time below the innermost fan-out", "put it above the spatial loops"
                )
            self.at += 1
        if any(loop.dim == dim for loop in self.parts[self.at][-1].temporal):
            self.parts[self.at].append(_Part())
        self.parts[self.at][-1].temporal.append(Loop(dim, tile))
        self.extent[dim] = tile

    def axis(self, fields: Mapping[str, Any]) -> tuple[int, str]:
        """Level and axis that a spatial node names."""
        arrays = {array: name for name, array in self.names.arrays.items()}
        array, axis = fields["array"], fields["axis"]
        if array not in arrays:
            raise unknown("component", array, arrays)
        number = [level.name for level in self.levels].index(arrays[array])
        known = [known.name for known in self.levels[number].fanout]
        if axis not in known:
            raise unknown("name", axis, known)
        return number, axis

    def spatial(self, dim: str, tile: int, number: int, axis: str) -> None:
        """One loop more on an axis."""
        if number < self.at:
            raise InputError(
                "", axis, f"fans out above {self.levels[self.at].name}, whose nodes or loops stand above this node"
            )
        if tile == self.extent[dim]:
            return
        self.at = number
        spatial = self.parts[number][-1].spatial
        if any((loop.dim, loop.axis) == (dim, axis) for loop in spatial):
            raise InputError("", axis, f"has two loops over {dim}", "write one loop with the smaller tile_shape")
        spatial.append(Loop(dim, tile, axis))
        self.extent[dim] = tile

    def unnamed(self, run: Sequence[tuple[int, dict[str, Any]]]) -> None:
        """Spatial loops that name no axis: on the first that have room for them, of the outermost levels possible."""
        loops, before = [], dict(self.extent)
        for number, fields in run:
            with self.node(number, "spatial"):
                dim, tile = self.loop(fields)
            loops.append((dim, -(-self.extent[dim] // tile), tile))
            self.extent[dim] = tile
        self.extent = before
        running = [loop for loop in loops if loop[1] > 1]
        with self.nodes.at(run[0][0]):
            for end in range(self.at + 1, len(self.levels) + 1):
                found = next(self.places(running, self.at, end, {}, ()), None)
                if found is not None:
                    for (dim, _, tile), (level, axis) in zip(running, found):
                        self.spatial(dim, tile, level, axis)
                    return
            raise InputError(
                "", [f"{trips} of {dim}" for dim, trips, _ in loops], "fit on no axes from here on",
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

    def compute(self) -> None:
        """The end: every dim has come down to one."""
        self.check_outermost()
        left = {dim: extent for dim, extent in self.extent.items() if extent > 1}
        if left:
            raise InputError("", left, "is what the loops leave of the layer; a MAC takes one of each",
                             "add loops with tile_shape 1 above it")  # fmt: skip
        self.done = True

    def memory(self, given: int | str) -> int:
        """The level that a component, or the number of one, means."""
        known = [level.name for level in self.levels]
        if isinstance(given, int):
            if given < len(known):
                return given
            rule = f"is no level: they are 0 ({known[0]}) to {len(known) - 1} ({known[-1]})"
            raise InputError("target", given, rule)
        if given not in known:
            raise unknown("memory", given, known)
        return known.index(given)

    def tensor(self, theirs: str) -> str:
        """Our tensor of a name."""
        ours = {name: tensor for tensor, name in self.names.tensors.items()}
        if theirs not in ours:
            raise unknown("tensors", theirs, ours)
        return ours[theirs]

    def mapping(self) -> Nest:
        """What was read."""
        if not self.done:
            raise InputError(
                self.nodes.where(), len(self.nodes.data), "ends without a computation", "put a compute node last"
            )
        return Nest(
            tuple(
                LevelLoops(level.name, tuple(part.temporal), tuple(part.spatial), _in_order(part.keeps))
                for level, parts in zip(self.levels, self.parts)
                for part in parts
            )
        )


def _in_order(tensors: set[str]) -> tuple[str, ...]:
    return tuple(tensor for tensor in TENSORS if tensor in tensors)
