"""A group: consecutive layers of a network that run together, tile by tile of the last one's output.

A tile of the last output needs a window of what the last layer reads, that a window of what the layer before reads, and
so on up to what comes from outside (Alwani et al., "Fused-layer CNN accelerators", MICRO 2016). That works as long as
every layer reads a *window* of each operand; a layer that does not is a *wall* (:func:`wall`), and stands alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from nets.errors import InputError
from nets.layer import Layer
from nets.network import Network

AXES: Final = (0, 1)
"""Rows and columns."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """Activations that a group reads, makes, or both.

    Attributes:
        name: of the layer that writes it, or ``"input"``.
        channels: words at each position of the plane, the whole batch.
        plane: its rows and columns.
        outside: it comes from DRAM; otherwise a layer of the group makes it.
        leaves: it is wanted after the group, so each word of it is written to DRAM once.
    """

    name: str
    channels: int
    plane: tuple[int, int]
    outside: bool = False
    leaves: bool = False

    @property
    def words(self) -> int:
        """Words of the whole tensor."""
        return self.channels * self.plane[0] * self.plane[1]


@dataclass(frozen=True, slots=True)
class Step:
    """One layer of a group: the tensors it reads and the one it writes, by their place in :attr:`Group.tensors`."""

    layer: Layer
    reads: tuple[int, ...]
    writes: int


@dataclass(frozen=True, slots=True)
class Group:
    """Layers that run together, in their order, and the tensors between them.

    The last step writes the tensor that is cut into tiles.
    """

    tensors: tuple[Tensor, ...]
    steps: tuple[Step, ...]

    @property
    def weight_words(self) -> int:
        """Words of the weights of all layers."""
        return sum(step.layer.weight_words for step in self.steps)

    @property
    def last(self) -> Tensor:
        """The tensor that is cut into tiles."""
        return self.tensors[self.steps[-1].writes]

    @property
    def compulsory_words(self) -> int:
        """Words that cross between DRAM and chip in any schedule: weights once, what leaves once."""
        return self.weight_words + sum(tensor.words for tensor in self.tensors if tensor.leaves)

    @property
    def key(self) -> tuple[object, ...]:
        """What its costs depend on: equal for groups that differ in names alone."""
        tensors = tuple((each.channels, each.plane, each.outside, each.leaves) for each in self.tensors)
        return tensors, tuple((step.layer.shape_key, step.reads, step.writes) for step in self.steps)


def group_of(network: Network, begin: int, end: int, *, refetch: bool = False) -> Group:
    """Layers ``begin`` to ``end - 1`` of a network, in its order, as a group.

    Args:
        refetch: a tensor from outside is fetched again for every layer after the first that reads it, as a shortcut
            that is not held; otherwise it is held from its first reader to its last.

    Raises:
        InputError: a wall stands among several layers, or one of them reads another shape than its source writes (a
            flattened plane, a gate); names the layer and the reason.
    """
    layers = network.layers[begin:end]
    names = {layer.name for layer in layers}
    tensors: list[Tensor] = []
    places: dict[tuple[object, ...], int] = {}
    steps: list[Step] = []
    for layer in layers:
        if len(layers) > 1:
            _require_windows(network, layer.name, names)
        reads = []
        for read in _reads(network, layer):
            key: tuple[object, ...] = (read.name,) if read.name in names else (read.name, read.channels, read.plane)
            if key not in places or (read.name not in names and refetch):
                places[key] = len(tensors)
                tensors.append(read)
            reads.append(places[key])
        places[(layer.name,)] = len(tensors)
        readers = set(network.graph.successors(layer.name))
        leaves = not readers or not readers <= names
        tensors.append(Tensor(layer.name, _made(layer), (layer.P, layer.Q), leaves=leaves))
        steps.append(Step(layer, tuple(reads), places[(layer.name,)]))
    return Group(tuple(tensors), tuple(steps))


def _require_windows(network: Network, name: str, group: Collection[str]) -> None:
    """Make sure that a layer can run tile by tile with the others of its group.

    Raises:
        InputError: it cannot.
    """
    if reason := wall(network, name):
        raise InputError("group", name, f"cannot run tile by tile: {reason}", "cut before and after it")
    for source in misfits(network, name):
        if source in group:
            rule = f"reads {source!r} in another shape than it is written (flattened, cropped, or a factor a channel)"
            raise InputError("group", name, rule, "cut between the two")


def wall(network: Network, name: str) -> str | None:
    """Why a layer cannot run tile by tile with any other; ``None`` where it can."""
    layer = network.layer(name)
    if layer.kind in ("softmax", "norm"):
        return f"a {layer.kind} may need a whole axis before its first output"
    if layer.dynamic_weights:
        return "a product of two activations needs the whole of the second one"
    if layer.times != 1:
        return f"it runs {layer.times:g} times in one inference"
    if layer.kind == "pool" and layer.P == layer.Q == 1 < max(layer.input_height, layer.input_width):
        return "global pooling needs the whole plane before its first output"
    sources = [network.layer(source) for source in network.inputs(name)]
    if layer.kind == "movement" and sources and sum(map(_made, sources)) != _wanted(layer):
        return "it takes some of the channels that it reads"
    if layer.kind not in ("eltwise", "movement") and len(sources) > 1:
        return "it reads several tensors as one"
    return None


def misfits(network: Network, name: str) -> list[str]:
    """Layers that a layer reads in another shape than they write: flattened, cropped, or one factor a channel."""
    layer = network.layer(name)
    return [source for source in network.inputs(name) if not _fits(network.layer(source), layer)]


def _reads(network: Network, layer: Layer) -> Iterator[Tensor]:
    """The operands of a layer as tensors from outside; the network's own input where no layer is named.

    The one pixel that gates a plane is no operand to the cost model, and none here.
    """
    sources = network.inputs(layer.name)
    joins = layer.kind == "movement" and len(sources) > 1
    for number in range(len(sources) if joins else layer.operands):
        if number >= len(sources):
            yield Tensor("input", _wanted(layer), (layer.input_height, layer.input_width), outside=True)
            continue
        source = network.layer(sources[number])
        fits = _fits(source, layer)
        plane = (source.P, source.Q) if fits else (layer.input_height, layer.input_width)
        yield Tensor(source.name, _made(source) if joins else _wanted(layer), plane, outside=True)


def _fits(source: Layer, reader: Layer) -> bool:
    """Whether a layer reads what another writes position by position, but for rows that a stride leaves unread."""
    unread = (source.P - reader.input_height, source.Q - reader.input_width)
    same = reader.kind == "movement" or _made(source) == _wanted(reader)
    return same and all(0 <= unread[axis] < reader.stride[axis] for axis in AXES)


def _made(layer: Layer) -> int:
    """Words that a layer writes at each position."""
    return layer.N * layer.G * layer.K


def _wanted(layer: Layer) -> int:
    """Words that a layer reads of each operand at each position."""
    return layer.N * layer.G * layer.C
