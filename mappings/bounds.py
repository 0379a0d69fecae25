"""What no mapping can beat: cheap lower bounds on cycles, energy and their product.

Each is a sum or a maximum of terms that every mapping pays:

* *Compute.* A step does at most as many MACs as the machine has, and advances a dim by at most the width of the axes
  that can run it.
* *Compulsory traffic.* Every weight, and every input that the filter touches, crosses each pair of consecutive levels
  that hold it at least once; every output is written up at least once, at the narrower of its two precisions.
* *Operands.* Every MAC takes a weight and an input from, and gives a product to, the innermost level that holds them;
  one word of memory serves at most the instances of the fan-out below that can share it. A product is added to a sum
  read there, but for the first of each sum in each instance.
* *Static power* for as long as the bound on cycles says.

With ``bypass`` a mapping chooses which levels hold a tensor; then only the outermost level's traffic is sure, and the
cheapest innermost level counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from accel_models import codes
from accel_models.accelerator import Accelerator
from accel_models.tables import AcceleratorTable, LayerTable
from mappings.mappers.mapper import Objective, score
from mappings.mapspace import MapSpace
from nets.layer import DIMS, Layer
from nets.positions import touched

Array = NDArray[np.float64]
REDUCTION = (codes.C, codes.R, codes.S)


def lower_bounds(space: MapSpace, objective: Objective) -> Array:
    """(P,) a bound on the objective of every problem: on cycles, pJ, or their product."""
    cycles, energy_pj = cycle_and_energy_bounds(space)
    return score(objective, cycles, energy_pj)


def cycle_and_energy_bounds(space: MapSpace) -> tuple[Array, Array]:
    """(P,) bounds on cycles and on energy in pJ; a tensor crosses memories, however many levels share one."""
    if space.uneven:
        space = space.even()
    cycles, energy_pj = np.zeros(len(space)), np.zeros(len(space))
    every = LayersToBound.of(space.layers, space.layer_table)
    for index, accelerator in enumerate(space.accelerators):
        rows = np.flatnonzero(space.accelerator_of == index)
        if len(rows):
            layers = every.some(space.layer_of[rows])
            cycles[rows], energy_pj[rows] = _bounds(layers, accelerator, space.accelerator_table, index, space.bypass)
    return cycles, energy_pj


@dataclass(frozen=True, slots=True)
class LayersToBound:
    """What bounds take of layers, whatever machine they are on.

    Attributes:
        bounds: float64 (n, 8). bits: (n, 4) as :class:`~accel_models.tables.LayerTable` has them.
        words: (n, 3), see :func:`compulsory_words`.
    """

    bounds: Array
    bits: Array
    words: Array

    @classmethod
    def of(cls, layers: Sequence[Layer], table: LayerTable | None = None) -> LayersToBound:
        """Of layers, given their table where there is one."""
        table = LayerTable.of(layers) if table is None else table
        words = np.array([compulsory_words(layer) for layer in layers], dtype=np.float64).reshape(-1, 3)
        return cls(table.bounds.astype(np.float64), table.bits, words)

    def some(self, rows: NDArray[np.int64]) -> LayersToBound:
        """Those of some rows."""
        return LayersToBound(self.bounds[rows], self.bits[rows], self.words[rows])

    def on(self, accelerator: Accelerator) -> tuple[Array, Array]:
        """(n,) bounds on cycles and on energy in pJ on an accelerator, as :func:`cycle_and_energy_bounds` has them."""
        return _bounds(self, accelerator, AcceleratorTable.of([accelerator]), 0, bypass=False)


def _bounds(
    layers: LayersToBound, accelerator: Accelerator, table: AcceleratorTable, index: int, bypass: bool
) -> tuple[Array, Array]:
    """Bounds for some layers on one accelerator, which is that of an index in a table."""
    bounds, bits, words = layers.bounds, layers.bits, layers.words
    levels, machine, can_keep = table.levels[index], table.machine[index], table.can_keep[index]
    depth = len(levels)
    macs = bounds.prod(axis=1)
    reads, writes = np.zeros((depth, len(bounds))), np.zeros((depth, len(bounds)))
    network_pj = np.zeros(len(bounds))
    for t in range(3):
        holds = [j for j in range(depth) if can_keep[j, t]]
        narrow = np.minimum(bits[:, 2], bits[:, 3]) if t == codes.O else bits[:, t]
        if bypass:
            holds = [0]
        for parent, child in pairwise(holds):
            at_parent, at_child = (
                words[:, t] * _words(levels, parent, t, narrow),
                words[:, t] * _words(levels, child, t, narrow),
            )
            if t == codes.O:
                writes[parent] += at_parent
            else:
                reads[parent] += at_parent
                writes[child] += at_child
            network_pj += at_parent * levels[parent:child, codes.NETWORK_PJ].sum()
        if not bypass:
            _operands(accelerator, t, holds[-1], macs, bounds, bits, words, levels, reads, writes)
            network_pj += (
                macs
                / _sharing(accelerator, holds[-1], t)
                * _words(levels, holds[-1], t, narrow)
                * (levels[holds[-1] :, codes.NETWORK_PJ].sum())
            )
        elif t == codes.O:
            writes[0] += words[:, t] * _words(levels, 0, t, narrow)
        else:
            reads[0] += words[:, t] * _words(levels, 0, t, narrow)
    cycles = _compute_cycles(accelerator, bounds, macs)
    energy_pj = macs * machine[codes.MAC_PJ] + network_pj
    for j in range(depth):
        instances = accelerator.instances(j)
        for busy, bandwidth in (
            (reads[j], levels[j, codes.READ_BANDWIDTH]),
            (writes[j], levels[j, codes.WRITE_BANDWIDTH]),
            (reads[j] + writes[j], levels[j, codes.SHARED_BANDWIDTH]),
        ):
            cycles = np.maximum(cycles, busy / instances / bandwidth)
        energy_pj += reads[j] * levels[j, codes.READ_PJ] + writes[j] * levels[j, codes.WRITE_PJ]
    return cycles, energy_pj + cycles * machine[codes.STATIC_PJ_PER_CYCLE]


def _operands(
    accelerator: Accelerator, t: int, level: int, macs: Array, bounds: Array, bits: Array,
    words: Array, levels: Array, reads: Array, writes: Array,
) -> None:  # fmt: skip
    """Add what the MACs take from and give to the innermost ``level`` that holds tensor ``t``."""
    taken = macs / _sharing(accelerator, level, t)
    if t != codes.O:
        reads[level] += taken * _words(levels, level, t, bits[:, t])
        return
    # Each instance of the level that shares in a sum writes its first product without a read.
    shares = np.minimum(_reduction_width(accelerator, level), bounds[:, REDUCTION].prod(axis=1))
    again = np.maximum(taken - words[:, t] * shares, 0.0)
    width = np.where(again > 0, bits[:, 3], np.minimum(bits[:, 2], bits[:, 3]))
    writes[level] += taken * _words(levels, level, t, width)
    reads[level] += again * _words(levels, level, t, bits[:, 3])


def _words(levels: Array, level: int, t: int, bits: Array) -> Array:
    """Words of memory for one element of tensor ``t``, of ``bits`` unless the level takes more."""
    if levels[level, codes.WORD_BITS] == 0:
        return np.ones_like(bits)
    return np.asarray(np.maximum(bits, levels[level, codes.LEAST_BITS + t]) / levels[level, codes.WORD_BITS])


def _sharing(accelerator: Accelerator, level: int, t: int) -> int:
    """The most MACs below ``level`` that one access of tensor ``t`` can serve."""
    most = 1
    for at in accelerator.levels[level:]:
        for axis in at.fanout:
            if any(codes.DEPENDS[t, DIMS.index(dim)] != 1 for dim in axis.dims or DIMS):
                most *= axis.size
    return most


def _reduction_width(accelerator: Accelerator, level: int) -> int:
    """The most instances of ``level`` that can share in one sum."""
    most = 1
    for at in accelerator.levels[:level]:
        for axis in at.fanout:
            if any(DIMS.index(dim) in REDUCTION for dim in axis.dims or DIMS):
                most *= axis.size
    return most


def _compute_cycles(accelerator: Accelerator, bounds: Array, macs: Array) -> Array:
    steps = np.ones(len(bounds))
    for d, dim in enumerate(DIMS):
        width = 1
        for level in accelerator.levels:
            for axis in level.fanout:
                if not axis.dims or dim in axis.dims:
                    width *= axis.size
        steps *= np.ceil(bounds[:, d] / width)
    return np.maximum(steps, np.ceil(macs / accelerator.macs_per_cycle))


def compulsory_words(layer: Layer) -> tuple[int, int, int]:
    """Elements of W, I and O that the layer touches."""
    rows = touched(layer.P, layer.R, layer.stride[0], layer.dilation[0])
    columns = touched(layer.Q, layer.S, layer.stride[1], layer.dilation[1])
    return layer.weight_words, layer.N * layer.G * layer.C * rows * columns, layer.output_words
