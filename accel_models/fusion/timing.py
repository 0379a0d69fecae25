"""How long a group takes, tile by tile, and what its transfers cost.

DRAM works while the chip computes, as for a layer alone: while a tile runs, what the next one reads from outside comes
in and what the last one made for outside goes out, so a tile takes a *slot* as long as the slower of

- its layers, one after the other, each as long as the cost model says of its pieces;
- the transfers of the slot over DRAM's bandwidth;
- all that the shared memory reads and writes in it, over that memory's bandwidth.

Before the first slot the first tile comes in, after the last one the last goes out. Resident weights come in while the
first tile runs, in the order of its layers: a layer waits for its own. Streamed weights come in slices: a layer waits
for the first, and each next one comes in while one runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator, Level
from accel_models.fusion.axis import AxisTiles
from accel_models.fusion.group import Group
from accel_models.fusion.inside import DRAM, SHARED
from accel_models.fusion.pieces import StepPieces
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.widths import Widths

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Transfers:
    """What crosses between DRAM and the shared memory, in elements' words of each.

    Attributes:
        fetched, written: (tiles,) words of DRAM that each tile reads and writes of activations, in the order of tiles.
        filled: (tiles,) the same reads in words of the shared memory.
        weights, weights_filled: by step, words of all its weights, of DRAM and of the shared memory.
        resident: whether weights come in once, and not in every tile.
    """

    fetched: Floats
    written: Floats
    filled: Floats
    weights: Floats
    weights_filled: Floats
    resident: bool

    @property
    def words(self) -> float:
        """Words of DRAM that are read and written."""
        return float(self.fetched.sum() + self.written.sum() + self._times * self.weights.sum())

    @property
    def _times(self) -> int:
        """How often weights come in."""
        return 1 if self.resident else len(self.fetched)

    def energy_pj(self, accelerator: Accelerator) -> float:
        """Energy of all of them: reads and writes of DRAM, fills of the shared memory, and the wires between."""
        dram, shared = accelerator.levels[DRAM], accelerator.levels[SHARED]
        reads = float(self.fetched.sum() + self._times * self.weights.sum())
        fills = float(self.filled.sum() + self._times * self.weights_filled.sum())
        written = float(self.written.sum())
        return (
            reads * dram.read_pj
            + fills * shared.write_pj
            + written * dram.write_pj
            + (reads + written) * dram.network_pj
        )


def transfers(
    accelerator: Accelerator, group: Group, schedule: Schedule, along: tuple[AxisTiles, AxisTiles]
) -> Transfers:
    """What a group moves as scheduled; ``along`` are its tiles along each axis."""
    made_down, made_across = (line.counts for line in along)
    outer, inner = (Widths.at(accelerator, level, group) for level in (DRAM, SHARED))
    tiles = schedule.tiles(group)
    fetched, written, filled = np.zeros(tiles), np.zeros(tiles), np.zeros(tiles)
    for place, tensor in enumerate(group.tensors):
        if not (tensor.outside or tensor.leaves):
            continue
        made = np.multiply.outer(made_down[place], made_across[place]).ravel()
        if tensor.outside:
            fetched += made * tensor.channels * outer.tensors[place]
            filled += made * tensor.channels * inner.tensors[place]
        else:
            written += made * tensor.channels * outer.tensors[place]
    words = np.array([step.layer.weight_words for step in group.steps], dtype=np.float64)
    return Transfers(
        fetched,
        written,
        filled,
        words * np.array(outer.weights),
        words * np.array(inner.weights),
        schedule.resident,
    )


@dataclass(frozen=True, slots=True)
class Work:
    """What the pieces of one layer take, tile by tile.

    Attributes:
        cycles: (tiles, slices) of one piece of each slice.
        counts: (slices,) how many there are of each; ``shares`` (slices,) what one takes of the layer's weights.
        reads, writes: (tiles,) words of the shared memory, of all slices.
    """

    cycles: Floats
    counts: Floats
    shares: Floats
    reads: Floats
    writes: Floats


@dataclass(frozen=True, slots=True)
class Slots:
    """The tiles of a group in time, as far as the mappings of its layers have no say.

    Attributes:
        ends: cycles before the first slot and behind the last.
        exposed: (tiles,) cycles that layers wait for weights whatever their mappings.
        transfers: (tiles,) cycles that DRAM is busy in each slot.
        loading: by step, cycles that its weights take to come in.
        fills: (tiles,) words that the shared memory is filled with in each slot.
        resident: whether weights come in once.
        shared: the shared memory.
    """

    ends: float
    exposed: Floats
    transfers: Floats
    loading: Floats
    fills: Floats
    resident: bool
    shared: Level

    @classmethod
    def of(cls, accelerator: Accelerator, moved: Transfers, steps: Sequence[StepPieces]) -> Slots:
        """Those of a group that moves so much."""
        dram, shared = accelerator.levels[DRAM], accelerator.levels[SHARED]
        loading = _port(dram, moved.weights, 0.0)
        reads, writes = np.append(moved.fetched[1:], 0.0), np.append(0.0, moved.written[:-1])
        fills, exposed = np.append(moved.filled[1:], 0.0), np.zeros(len(reads))
        weighing = slice(0, 1) if moved.resident else slice(None)  # the slots in which weights come in
        reads[weighing] += moved.weights.sum()
        fills[weighing] += moved.weights_filled.sum()
        if moved.resident:
            exposed[0] = loading[0]
        else:
            exposed += sum(load * step.shares[0] for load, step in zip(loading, steps))
        ends = _port(dram, moved.fetched[0], 0.0) + _port(dram, 0.0, moved.written[-1])
        return cls(float(ends), exposed, _port(dram, reads, writes), loading, fills, moved.resident, shared)

    def cycles(self, work: Sequence[Work]) -> float:
        """Cycles of the whole group, given what its layers take."""
        return self.ends + float(np.maximum(self._layers(work), self.busy(work)).sum())

    def busy(self, work: Sequence[Work]) -> Floats:
        """(tiles,) cycles of each slot that DRAM or the shared memory is busy at least."""
        reads, writes = (np.sum([getattr(one, name) for one in work], axis=0) for name in ("reads", "writes"))
        busy: Floats = np.maximum(self.transfers, _port(self.shared, reads, writes + self.fills))
        return busy

    def _layers(self, work: Sequence[Work]) -> Floats:
        """(tiles,) cycles of the layers, one after the other, with what they wait for."""
        if not self.resident:
            streamed: Floats = np.sum([_streamed(load, one) for load, one in zip(self.loading, work)], axis=0)
            return streamed
        layers: Floats = np.sum([one.cycles @ one.counts for one in work], axis=0)
        ready = end = 0.0
        for load, one in zip(self.loading.tolist(), work):
            ready += load
            end = max(end, ready) + float(one.cycles[0] @ one.counts)
        layers[0] = end
        return layers


def _streamed(load: float, one: Work) -> Floats:
    """(tiles,) cycles of a layer whose weights come in slices: the first is waited for, others come in meanwhile."""
    loads = load * one.shares
    cycles: Floats = loads[0] + one.cycles[:, -1]  # nothing comes in while the last one runs
    for part, count in enumerate(one.counts.tolist()):
        cycles = cycles + (count - 1) * np.maximum(one.cycles[:, part], loads[part])
        if part + 1 < len(loads):
            cycles = cycles + np.maximum(one.cycles[:, part], loads[part + 1])
    return cycles


def _port(level: Level, reads: Floats | float, writes: Floats | float) -> Floats:
    """Cycles that so many words take over the bandwidth of a memory."""
    alone = np.maximum(np.asarray(reads) / level.read_bandwidth, np.asarray(writes) / level.write_bandwidth)
    return np.maximum(alone, (np.asarray(reads) + writes) / level.shared_bandwidth)
