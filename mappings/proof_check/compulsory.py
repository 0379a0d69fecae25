"""What no mapping that goes on from a nest begun can beat: what is settled, and what every mapping has to do.

The words that cross into the levels down to ``level`` are settled, and the cost model counts them. Of the levels
further in only this is taken for granted:

* an instance takes every weight and input that its MACs use at least once, and gives every sum that they add to;
* what comes to ``level`` once more comes to each level inside it once more, for those hold nothing that it does not;
* in every step the MACs take a weight and an input and give a product, and only MACs side by side share a word.

How many instances share a word follows from the spatial loops, which are settled from the start. Prices are those of
``docs/cost_model.md``, sections 4 and 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models import codes
from accel_models.codes import C, G, I, K, N, O, P, Q, R, S, W
from accel_models.cost import CONVENTIONS, BatchCost, evaluate_batch
from accel_models.loopnest import MappingArrays
from accel_models.tables import AcceleratorTable, LayerTable
from mappings.mappers.mapper import Objective, score
from mappings.proof_check.nests import Nests, tensor_words

Floats = NDArray[np.float64]

PSUM: Final = 3
FILL, DRAIN = 3, 4  # columns of a cost's details
ROOM: Final = [codes.CAPACITY_WORDS, codes.PARTITION_W, codes.PARTITION_W + 1, codes.PARTITION_W + 2]
UNMOVED: Final = ([N, P, Q], [K], [C, R, S])
"""The dims that do not move W, I and O: instances side by side along them work on the same words."""


@dataclass(frozen=True)
class Flow:
    """Words of a tensor that cross from level ``p`` down to level ``c``, or up if they are outputs; (n,) each.

    Attributes:
        sent: as ``p`` counts them, once for all children that share a word. got: as all instances of ``c`` do.
    """

    p: int
    c: int
    sent: Floats
    got: Floats


class Compulsory:
    """Bounds for nests of one kind."""

    def __init__(self, nests: Nests, objective: Objective) -> None:
        space, layer, machine = nests.space, [nests.layer], [nests.machine]
        layers, machines = space.layer_table, space.accelerator_table
        self._nests, self._objective = nests, objective
        self._layer = LayerTable(layers.bounds[layer], layers.geometry[layer], layers.bits[layer])
        # What stands further in than a nest is begun does not fit yet, and need not.
        levels = machines.levels[machine]
        levels[:, :, ROOM] = np.inf
        self._machine = AcceleratorTable(levels, machines.machine[machine], machines.can_keep[machine])
        self._levels = levels[0]
        self._convention = CONVENTIONS[space.convention]

    def scores(self, begun: MappingArrays, level: int) -> Floats:
        """(n,) bounds on the objective of all mappings that go on from nests begun down to ``level``."""
        around = Instances(self._layer, begun)
        settled = self._count(begun, level)
        use = _Use(len(begun), self._levels, self._layer.bits[0])
        drain_reads = bool(self._convention & codes.DRAIN_READS)
        for t in (W, I, O):
            for flow in self._flows(t, begun, level, around, settled):
                if t == O:
                    use.collect(flow, around, drain_reads=drain_reads)
                else:
                    use.bring(t, flow)
        machine = self._machine.machine[0]
        cycles = np.maximum(around.macs / around.count[:, -1], use.cycles(around))
        cycles += settled.details[:, FILL] + settled.details[:, DRAIN]
        static_pj = cycles * machine[codes.STATIC_PJ_PER_CYCLE]
        return score(self._objective, cycles, around.macs * machine[codes.MAC_PJ] + use.energy_pj() + static_pj)

    def _count(self, begun: MappingArrays, level: int) -> BatchCost:
        """What the cost model counts if nothing is held further in than ``level``."""
        keep = begun.keep.copy()
        keep[:, level + 1 :] = False
        return evaluate_batch(
            self._layer, self._machine, replace(begun, keep=keep), convention=self._nests.space.convention, full=True
        )

    def _flows(self, t: int, begun: MappingArrays, level: int, around: Instances, settled: BatchCost) -> Iterator[Flow]:
        """The flows of a tensor, outermost first: settled ones as they are, others at the least they can be."""
        holds: list[int] = np.flatnonzero(self._nests.keep[:, t]).tolist()
        copies, pairs = around.copies[t], around.pairs[t]
        inner, came = 0, np.zeros(len(begun))  # the innermost level that is settled, and the words that come to it
        for p, c in pairwise(holds):
            sent, got = (np.maximum(pairs[:, at], came * (copies[:, at] / copies[:, inner])) for at in (p, c))
            if c <= level:
                sent = settled.counts[:, p, t, codes.UPDATES if t == O else codes.READS].astype(np.float64)
                got = sent * (copies[:, c] / copies[:, p])
                if t == I:
                    got = settled.counts[:, c, t, codes.FILLS].astype(np.float64)
                inner, came = c, np.where(self._used(begun.part[:, c - 1]), got, 0.0) if t == I else got
            yield Flow(p, c, sent, got)
        yield Flow(holds[-1], len(self._levels), around.operands(t, holds[-1]), np.full(len(begun), around.macs))

    def _used(self, extent: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(n,) whether MACs use every input of a tile; strides and dilations may leave gaps."""
        used = np.ones(len(extent), dtype=np.bool_)
        for axis in range(2):
            stride, dilation = self._layer.geometry[0, axis], self._layer.geometry[0, 2 + axis]
            outputs, taps = extent[:, P + axis], extent[:, R + axis]
            used &= ((outputs == 1) | (stride <= taps)) & ((taps == 1) | (dilation == 1))
        return used


class Instances:
    """What the spatial loops of n mappings say of instances, words and who shares them.

    Attributes:
        macs: of the layer.
        count: (n, L + 1), instances of every level and of the MACs.
        copies: for each tensor (n, L + 1), how many of them work on the same words.
        pairs: for each tensor (n, L + 1), the least number of pairs of an instance and a word that it uses.
    """

    def __init__(self, layer: LayerTable, mappings: MappingArrays) -> None:
        bounds, geometry = layer.bounds[0], layer.geometry[0]
        widths = mappings.tile // mappings.part
        along = np.ones((len(mappings), widths.shape[1] + 1, 8))
        np.cumprod(widths, axis=1, out=along[:, 1:])
        own = bounds / along
        self.macs = float(bounds.prod())
        self.count = along.prod(axis=2)
        self.copies = [along[:, :, dims].prod(axis=2) for dims in UNMOVED]
        self.pairs = [words * copies for words, copies in zip(tensor_words(bounds, geometry), self.copies)]
        self.pairs[I] = self.count * own[:, :, N] * own[:, :, G] * own[:, :, C]
        for axis in range(2):
            self.pairs[I] *= _touched(
                own[:, :, P + axis], own[:, :, R + axis], int(bounds[R + axis]), *geometry[axis::2].tolist()
            )
        self._along = along

    def operands(self, t: int, level: int) -> Floats:
        """(n,) the least words of a tensor that cross between a level and the MACs if nothing holds it in between."""
        beside = self._along[:, -1] / self._along[:, level]
        if t != I:
            return np.asarray(self.macs / beside[:, UNMOVED[t]].prod(axis=1))
        rows, columns = (beside[:, P + axis] + beside[:, R + axis] - 1 for axis in range(2))
        together = beside[:, N] * beside[:, G] * beside[:, C] * rows * columns
        return np.asarray(self.macs / beside.prod(axis=1) * together)


def _touched(outputs: Floats, taps: Floats, all_taps: int, stride: int, dilation: int) -> Floats:
    """The least rows (or columns) that so many outputs use, each with so many taps of a filter.

    Sums of one of n numbers and one of m take n + m - 1 values at least. Whole windows without gaps bring ``stride``
    rows each, or as many as they have.
    """
    least = outputs + taps - 1
    if dilation == 1:
        whole = all_taps + (outputs - 1) * min(all_taps, stride)
        least = np.where(taps == all_taps, np.maximum(least, whole), least)
    return least


class _Use:
    """Words read and written at every level, in words of its memory, and energy of networks; of n mappings."""

    def __init__(self, n: int, levels: Floats, bits: Floats) -> None:
        self._levels, self._bits = levels, bits
        self._reads, self._writes = np.zeros((n, len(levels))), np.zeros((n, len(levels)))
        self._network_pj = np.zeros(n)

    def bring(self, t: int, flow: Flow) -> None:
        """Add weights or inputs going down."""
        self._reads[:, flow.p] += flow.sent * self._size(flow.p, t)
        if flow.c < len(self._levels):
            self._writes[:, flow.c] += flow.got * self._size(flow.c, t)
        self._cross(flow, flow.got, t)

    def collect(self, flow: Flow, around: Instances, *, drain_reads: bool) -> None:
        """Add outputs going up, and partial sums coming down again."""
        new, to_macs = around.pairs[O][:, flow.p], flow.c == len(self._levels)
        partial = (around.copies[O][:, flow.p] > 1) | (to_macs & (flow.sent > new))
        final = np.where(partial, 0.0, new)
        again = flow.sent - new
        self._writes[:, flow.p] += (flow.sent - final) * self._size(flow.p, PSUM) + final * self._size(flow.p, O)
        self._reads[:, flow.p] += again * self._size(flow.p, PSUM)
        if to_macs:
            self._cross(flow, flow.got, PSUM)
            return
        back = flow.got - around.pairs[O][:, flow.c]
        self._writes[:, flow.c] += back * self._size(flow.c, PSUM)
        if drain_reads:
            self._reads[:, flow.c] += flow.got * self._size(flow.c, PSUM)
        self._cross(flow, flow.got + back, PSUM)

    def energy_pj(self) -> Floats:
        """(n,) of memories and networks."""
        read_pj, write_pj = self._levels[:, codes.READ_PJ], self._levels[:, codes.WRITE_PJ]
        return np.asarray(self._reads @ read_pj + self._writes @ write_pj + self._network_pj)

    def cycles(self, around: Instances) -> Floats:
        """(n,) that the slowest level needs, its instances sharing the work evenly."""
        reads, writes = self._reads / around.count[:, :-1], self._writes / around.count[:, :-1]
        need = (reads + writes) / self._levels[:, codes.SHARED_BANDWIDTH]
        need = np.maximum(need, reads / self._levels[:, codes.READ_BANDWIDTH])
        need = np.maximum(need, writes / self._levels[:, codes.WRITE_BANDWIDTH])
        return np.asarray(need.max(axis=1))

    def _cross(self, flow: Flow, words: Floats, width: int) -> None:
        pj = self._levels[flow.p : flow.c, codes.NETWORK_PJ].sum()
        self._network_pj += words * self._size(flow.p, width) * pj

    def _size(self, level: int, width: int) -> float:
        """Words of a level's memory that an element takes."""
        word = self._levels[level, codes.WORD_BITS]
        return float(max(self._bits[width], self._levels[level, codes.LEAST_BITS + width]) / word) if word else 1.0
