"""A loop-nest simulator: walks a mapping step by step and counts every word that moves.

It is the proof of the cost model, so it is written to be read, shares no code with the kernel and takes no shortcut: a
tile is a set of words, and what moves is the difference of two sets.

How the nest is walked. All temporal loops outside a level, taken together, are its *steps*; every instance of the
level takes the same step at the same time, and where a ragged tile leaves an instance nothing to do, it keeps what it
holds. The spatial loops outside a level number its *instances*. For each tensor the levels that keep it form a chain
that ends in the MACs, and each link of the chain (a *parent* and the *children* below each of its instances) is
counted on its own:

- weights and inputs: a child receives the words that it wants and does not hold (a fill each); its parent reads each
  word that any of its children receives in the step once (multicast);
- outputs: a child that drops partial sums sends them up; its parent takes one update for each word that any of its
  children sends in the step (spatial reduction). A child that takes a sum up again that was sent up before fetches it
  back (a fill each, one read at the parent); a sum that nobody has begun starts from zero, which costs nothing;
- a MAC holds nothing: it asks for its operands, and returns its sum, in every step.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from nets.layer import DIMS, TENSORS, Layer

Word = tuple[int, ...]
Index = tuple[int, ...]
Ranges = dict[str, range]


@dataclass
class Counts:
    """Words moved at one memory, or at one instance of it."""

    reads: int = 0
    fills: int = 0
    updates: int = 0

    def as_tuple(self) -> tuple[int, int, int]:
        return (self.reads, self.fills, self.updates)


@dataclass
class Traffic:
    """What one tensor moves at one level.

    ``first_fill`` is what each instance receives of its first tile, ``last_drain`` what it sends up when the nest has
    ended; ``first_read`` and ``last_update`` are what each instance sends down and takes up in the same steps.
    """

    instances: dict[Index, Counts] = field(default_factory=dict)
    first_fill: dict[Index, int] = field(default_factory=dict)
    last_drain: dict[Index, int] = field(default_factory=dict)
    first_read: dict[Index, int] = field(default_factory=dict)
    last_update: dict[Index, int] = field(default_factory=dict)

    def at(self, instance: Index) -> Counts:
        return self.instances.setdefault(instance, Counts())

    @property
    def total(self) -> Counts:
        """Sums over instances."""
        each = self.instances.values()
        return Counts(sum(c.reads for c in each), sum(c.fills for c in each), sum(c.updates for c in each))

    @property
    def busiest(self) -> Counts:
        """The most that any one instance reads, fills and updates (each taken alone)."""
        each = list(self.instances.values()) or [Counts()]
        return Counts(max(c.reads for c in each), max(c.fills for c in each), max(c.updates for c in each))


@dataclass
class Simulation:
    """Everything counted: by level name and tensor, and the compute cycles."""

    traffic: dict[str, dict[str, Traffic]]
    compute_cycles: int
    macs: int

    def totals(self) -> dict[str, dict[str, tuple[int, int, int]]]:
        """(reads, fills, updates) by level and tensor."""
        return {
            level: {tensor: traffic.total.as_tuple() for tensor, traffic in tensors.items()}
            for level, tensors in self.traffic.items()
        }


@dataclass(frozen=True)
class Cut:
    """One loop of the flattened nest."""

    level: int
    spatial: bool
    dim: str
    tile: int


def simulate(layer: Layer, accelerator: Any, mapping: Any, *, drain_reads: bool = False) -> Simulation:
    """Walk ``mapping`` of ``layer`` and count.

    Args:
        layer: a MAC layer.
        accelerator: anything with ``levels`` that have a ``name`` and ``keeps``.
        mapping: anything with ``levels`` that have a ``level``, ``temporal``, ``spatial`` and ``keeps``.
        drain_reads: charge each instance a read for every partial sum it sends up (AccelForge's convention).
    """
    nest = [
        Cut(number, spatial, loop.dim, loop.tile)
        for number, level in enumerate(mapping.levels)
        for spatial, loops in ((False, level.temporal), (True, level.spatial))
        for loop in loops
    ]
    macs_level = len(mapping.levels)
    may_keep = {level.name: level.keeps for level in accelerator.levels}
    names = [at.level for at in mapping.levels]  # one that stands twice holds different tensors over different loops
    keeps = [may_keep[at.level] if at.keeps is None else at.keeps for at in mapping.levels]
    traffic: dict[str, dict[str, Traffic]] = {name: {} for name in names}
    for name, kept in zip(names, keeps):
        traffic[name].update({tensor: Traffic() for tensor in TENSORS if tensor in kept})
    for tensor in TENSORS:
        chain = [number for number in range(macs_level) if tensor in keeps[number]]
        for parent, child in itertools.pairwise([*chain, macs_level]):
            above = traffic[names[parent]][tensor]
            below = traffic[names[child]][tensor] if child < macs_level else Traffic()
            link = Link(layer, tensor, nest, parent, child, child == macs_level)
            if tensor == "O":
                link.move_sums(above, below, drain_reads and child < macs_level)
            else:
                link.move_operands(above, below)
    cycles, macs = _compute(layer, nest, macs_level)
    return Simulation(traffic, cycles, macs)


@dataclass(frozen=True)
class Link:
    """A level that keeps a tensor and the next level inside it that does too (or the MACs)."""

    layer: Layer
    tensor: str
    nest: Sequence[Cut]
    parent: int
    child: int
    forgets: bool

    def move_operands(self, above: Traffic, below: Traffic) -> None:
        """Count weights or inputs going down."""
        held: dict[Index, frozenset[Word]] = {}
        for wants in self.steps():
            sent: dict[Index, set[Word]] = {}
            for child, wanted in wants.items():
                received = wanted - held.get(child, frozenset())
                below.first_fill.setdefault(child, len(received))
                below.at(child).fills += len(received)
                sent.setdefault(self.parent_of(child), set()).update(received)
                if not self.forgets:
                    held[child] = wanted
            for parent, words in sent.items():
                above.first_read.setdefault(parent, len(words))
                above.at(parent).reads += len(words)

    def move_sums(self, above: Traffic, below: Traffic, drain_reads: bool) -> None:
        """Count partial sums coming up, and going down again."""
        held: dict[Index, frozenset[Word]] = {}
        sent_up: dict[Index, set[Word]] = {}

        def drain(dropped: dict[Index, frozenset[Word]]) -> None:
            arriving: dict[Index, set[Word]] = {}
            for child, sums in dropped.items():
                arriving.setdefault(self.parent_of(child), set()).update(sums)
                if drain_reads:
                    below.at(child).reads += len(sums)
            for parent, reduced in arriving.items():
                above.at(parent).updates += len(reduced)
                above.last_update[parent] = len(reduced)
                sent_up.setdefault(parent, set()).update(reduced)

        for wants in self.steps():
            drain({child: held.get(child, frozenset()) - wanted for child, wanted in wants.items()})
            fetched: dict[Index, set[Word]] = {}
            for child, wanted in wants.items():
                parent = self.parent_of(child)
                back = (wanted - held.get(child, frozenset())) & sent_up.get(parent, set())
                below.first_fill.setdefault(child, len(back))
                below.at(child).fills += len(back)
                fetched.setdefault(parent, set()).update(back)
                held[child] = wanted
            for parent, again in fetched.items():
                above.at(parent).reads += len(again)
            if self.forgets:
                drain(wants)
                held.clear()
        below.last_drain.update({child: len(words) for child, words in held.items()})
        drain(held)

    def parent_of(self, child: Index) -> Index:
        """The parent instance above a child instance: the indices of the spatial loops outside the parent."""
        return child[: sum(cut.spatial for cut in self.nest if cut.level < self.parent)]

    def steps(self) -> Iterator[dict[Index, frozenset[Word]]]:
        """For each step of the children: the words that each child with something to do wants."""
        for tiles in steps(self.layer, [cut for cut in self.nest if cut.level < self.child]):
            yield {child: words(self.layer, self.tensor, tile) for child, tile in tiles.items()}


def steps(layer: Layer, nest: Sequence[Cut]) -> Iterator[dict[Index, Ranges]]:
    """Walk ``nest``: for each step, the part of the layer that each instance below works on, if it has any."""
    instances = list(itertools.product(*(range(trips) for cut, trips in _largest_trips(layer, nest) if cut.spatial)))
    for step in itertools.product(*(range(trips) for cut, trips in _largest_trips(layer, nest) if not cut.spatial)):
        tiles = {instance: _tile(layer, nest, step, instance) for instance in instances}
        busy = {instance: tile for instance, tile in tiles.items() if all(tile.values())}
        if busy:
            yield busy


def _largest_trips(layer: Layer, nest: Sequence[Cut]) -> Iterator[tuple[Cut, int]]:
    """How often each loop goes round in a tile that is not cut short."""
    extent = dict(zip(DIMS, layer.bounds))
    for cut in nest:
        yield cut, -(-extent[cut.dim] // cut.tile)
        extent[cut.dim] = min(cut.tile, extent[cut.dim])


def _tile(layer: Layer, nest: Sequence[Cut], step: Index, instance: Index) -> Ranges:
    """What is left of the layer after taking one piece at every loop; a dim that has run out is an empty range."""
    tile = {dim: range(bound) for dim, bound in zip(DIMS, layer.bounds)}
    temporal, spatial = iter(step), iter(instance)
    for cut in nest:
        piece = next(spatial if cut.spatial else temporal)
        tile[cut.dim] = tile[cut.dim][piece * cut.tile : (piece + 1) * cut.tile]
    return tile


def words(layer: Layer, tensor: str, tile: Ranges) -> frozenset[Word]:
    """The words of a tensor that a tile touches; for inputs the whole box, gaps between windows included."""
    if tensor == "W":
        axes = [tile[dim] for dim in "GKCRS"]
    elif tensor == "O":
        axes = [tile[dim] for dim in "NGKPQ"]
    else:
        rows = _window(tile["P"], tile["R"], layer.stride[0], layer.dilation[0])
        columns = _window(tile["Q"], tile["S"], layer.stride[1], layer.dilation[1])
        axes = [tile["N"], tile["G"], tile["C"], rows, columns]
    return frozenset(itertools.product(*axes))


def _window(outputs: range, taps: range, stride: int, dilation: int) -> range:
    return range(outputs[0] * stride + taps[0] * dilation, outputs[-1] * stride + taps[-1] * dilation + 1)


def _compute(layer: Layer, nest: Sequence[Cut], macs_level: int) -> tuple[int, int]:
    """Cycles (in each step as many as the busiest MAC needs) and MACs done."""
    cycles = macs = 0
    for tiles in steps(layer, [cut for cut in nest if cut.level < macs_level]):
        work = [_volume(tile) for tile in tiles.values()]
        cycles += max(work)
        macs += sum(work)
    return cycles, macs


def _volume(tile: Ranges) -> int:
    volume = 1
    for extent in tile.values():
        volume *= len(extent)
    return volume
