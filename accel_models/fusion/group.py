"""A group: consecutive layers of a network that run together, tile by tile of the last one's output.

A tile of the last output needs a window of what the last layer reads, that a window of what the layer before reads, and
so on up to what comes from outside (Alwani et al., "Fused-layer CNN accelerators", MICRO 2016). That works as long as
every layer reads a *window* of each operand; a layer that does not is a *wall* (:func:`wall`) and stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from nets.errors import InputError
from nets.layer import Layer
from nets.network import Network

AXES: Final = (0, 1)
"""Rows and columns."""


_OWN_INPUT: Final = "the network's input"


@dataclass(frozen=True, slots=True)
class Tensor:
    """Activations that a group reads, makes, or both.

    Attributes:
        name: of the layer that writes it; the network's own input has a name of its own.
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
    def key(self) -> tuple[object, ...]:
        """What its costs depend on: equal for groups that differ in names alone."""
        tensors = tuple((each.channels, each.plane, each.outside, each.leaves) for each in self.tensors)
        return tensors, tuple((step.layer.shape_key, step.reads, step.writes) for step in self.steps)


class Grouper:
    """Makes groups of one network: what its layers read, and which of them cannot run tile by tile, is found once.

    Attributes:
        firsts: by the last layer of a group, the first that it may begin with so that all can run tile by tile.
    """

    def __init__(self, network: Network) -> None:
        self._layers = network.layers
        self._places = {layer.name: place for place, layer in enumerate(self._layers)}
        self._walls = [wall(network, name) for name in self._places]
        self._misfits = [misfits(network, name) for name in self._places]
        self._reads = [tuple(_reads(network, layer)) for layer in self._layers]
        readers = ([self._places[reader] for reader in network.graph.successors(name)] for name in self._places)
        self._last_reader = [max(places, default=len(self._layers)) for places in readers]
        self.firsts = self._first_of_groups()

    def group(self, begin: int, end: int, *, refetch: bool = False) -> Group:
        """Layers ``begin`` to ``end - 1``, in the network's order.

        Args:
            refetch: a tensor from outside is fetched again for every layer after the first that reads it, as a shortcut
                that is not held; otherwise it is held from its first reader to its last.

        Raises:
            InputError: a wall stands among several layers, or one of them reads another shape than its source writes (a
                flattened plane, a gate); names the layer and the reason.
        """
        if self.firsts[end - 1] > begin < end - 1:
            raise self._refusal(begin, end)
        tensors: list[Tensor] = []
        places: dict[tuple[object, ...], int] = {}
        steps: list[Step] = []
        for number in range(begin, end):
            layer, reads = self._layers[number], []
            for read in self._reads[number]:
                inside = read.name != _OWN_INPUT and self._places[read.name] >= begin
                key: tuple[object, ...] = (read.name,) if inside else (read.name, read.channels, read.plane)
                if key not in places or (refetch and not inside):
                    places[key] = len(tensors)
                    tensors.append(read)
                reads.append(places[key])
            places[(layer.name,)] = len(tensors)
            leaves = self._last_reader[number] >= end
            tensors.append(Tensor(layer.name, _made(layer), (layer.P, layer.Q), leaves=leaves))
            steps.append(Step(layer, tuple(reads), places[(layer.name,)]))
        return Group(tuple(tensors), tuple(steps))

    def variants(self, begin: int, end: int) -> list[Group]:
        """The group with tensors from outside held, and fetched again where that makes a difference."""
        held = self.group(begin, end)
        again = self.group(begin, end, refetch=True)
        return [held] if held == again else [held, again]

    def _first_of_groups(self) -> list[int]:
        firsts, first = [], 0
        for place, (alone, unfit) in enumerate(zip(self._walls, self._misfits)):
            first = max([first, place if alone else 0, *(self._places[source] + 1 for source in unfit)])
            firsts.append(first)
            first = place + 1 if alone else first
        return firsts

    def _refusal(self, begin: int, end: int) -> InputError:
        """What stands in the way of a group."""
        for number in range(begin, end):
            name = self._layers[number].name
            if reason := self._walls[number]:
                return InputError("group", name, f"cannot run tile by tile: {reason}", "cut before and after it")
            unfit = [source for source in self._misfits[number] if self._places[source] >= begin]
            if unfit:
                break
        rule = f"reads {unfit[0]!r} in another shape than it is written (flattened, cropped, or a factor a channel)"
        return InputError("group", name, rule, "cut between the two")


def called(first: str, last: str, count: int) -> str:
    """What so many layers that run together are called."""
    return first if count == 1 else f"{first} to {last} ({count})"


def wall(network: Network, name: str) -> str | None:
    """Why a layer cannot run tile by tile with any other; ``None`` where it can."""
    layer = network.layer(name)
    if reason := stands_alone(layer):
        return reason
    if layer.times != 1:
        return f"it runs {layer.times:g} times in one inference"
    sources = [network.layer(source) for source in network.inputs(name)]
    if layer.kind == "movement" and (len(sources) < 2 or sum(map(_made, sources)) != _wanted(layer)):
        return "it may move words to other rows and columns"
    if layer.kind not in ("eltwise", "movement") and len(sources) > 1:
        return "it reads several tensors as one"
    return None


def stands_alone(layer: Layer) -> str | None:
    """Why no layer of a shape can run tile by tile, whatever it reads; ``None`` where that depends."""
    if layer.kind in ("softmax", "norm"):
        return f"a {layer.kind} may need a whole axis before its first output"
    if layer.dynamic_weights:
        return "a product of two activations needs the whole of the second one"
    if layer.kind == "pool" and layer.P == layer.Q == 1 < max(layer.input_height, layer.input_width):
        return "global pooling needs the whole plane before its first output"
    return None


def misfits(network: Network, name: str) -> list[str]:
    """Layers that a layer reads in another shape than they write: flattened, cropped, or one factor a channel."""
    layer = network.layer(name)
    return [source for source in network.inputs(name) if not _fits(network.layer(source), layer)]


def _reads(network: Network, layer: Layer) -> Iterator[Tensor]:
    """The operands of a layer as tensors from outside; the network's own input where no layer is named.

    The one pixel that gates a plane is no operand to the cost model, and none here.
    """
    reached = (layer.input_height, layer.input_width)
    sources = [network.layer(source) for source in network.inputs(layer.name)]
    for number, source in enumerate(sources):
        if _fits(source, layer):
            yield Tensor(source.name, _made(source), (source.P, source.Q), outside=True)
        elif number < layer.operands:
            yield Tensor(source.name, _wanted(layer), reached, outside=True)
    for _ in range(len(sources), layer.operands):
        yield Tensor(_OWN_INPUT, _wanted(layer), reached, outside=True)


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
