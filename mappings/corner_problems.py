"""Lower bounds on the layers of a network on many machines like the template's, by searches of their tilings.

What a search must know of a layer is laid out once and put on one machine after the other
(:mod:`mappings.mappers.optimal.boxes` lays it out for every search).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

import mappings.corner_bounds as corner
from accel_models.accelerator import Accelerator
from accel_models.codes import (
    AXIS_DIMS,
    AXIS_SIZE,
    CAPACITY_WORDS,
    MAC_PJ,
    NETWORK_PJ,
    READ_BANDWIDTH,
    READ_PJ,
    SHARED_BANDWIDTH,
    STATIC_PJ_PER_CYCLE,
    WORD_BITS,
    WRITE_BANDWIDTH,
    WRITE_PJ,
)
from accel_models.tables import AcceleratorTable
from mappings.corner_bounds import FIGURES, machine_of
from mappings.mappers.mapper import Objective
from mappings.mappers.optimal import boxes_kernel as kernel
from mappings.mappers.optimal.boxes import FIRST_BOXES, applies, problems_of
from mappings.mappers.optimal.cases import is_square
from mappings.mapspace import MapSpace
from nets.layer import Layer

Floats = NDArray[np.float64]

MOST_RISE: Final = 4.0
"""Over the bound without a search; no search raises a bound further."""


class CornerProblems:
    """Layers on a corner that changes (:mod:`mappings.corner_bounds`).

    Args:
        layers: for the MAC array.
        objective: that is bounded, in pJ or cycles.
    """

    def __init__(self, layers: Sequence[Layer], objective: Objective) -> None:
        machine = machine_of(np.ones(8, dtype=np.int64), np.ones(FIGURES), 1.0, 1.0)
        space = MapSpace.of(layers, [machine], tiles="ragged")
        assert all(applies(space, problem) for problem in range(len(layers)))
        self._problems = problems_of(space, np.arange(len(layers)), objective)
        self._bits = space.layer_table.bits[space.layer_of].astype(np.float64)
        self._square = np.array([is_square(space, problem) for problem in range(len(layers))])
        self._levels, self._machine = (
            space.accelerator_table.levels[0].copy(),
            space.accelerator_table.machine[0].copy(),
        )
        self._boxes = np.empty((FIRST_BOXES, 8, 6), dtype=np.int64)
        self._keys, self._heap = np.empty(FIRST_BOXES), np.zeros(FIRST_BOXES, dtype=np.int64)

    def put_on(
        self, chosen: NDArray[np.int64], widths: NDArray[np.int64], figures: Floats, l1_words: float, l2_words: float
    ) -> None:
        """Let what follows be about some layers on another corner (:func:`mappings.corner_bounds.machine_of`)."""
        dram, l2, l1 = levels = self._levels
        levels[:, WORD_BITS] = figures[corner.WORD_BITS]
        dram[[READ_PJ, WRITE_PJ]], dram[SHARED_BANDWIDTH] = figures[corner.DRAM_PJ], figures[corner.DRAM_WORDS]
        l2[READ_PJ], l2[WRITE_PJ] = figures[corner.L2_READ_PJ], figures[corner.L2_WRITE_PJ]
        l1[READ_PJ], l1[WRITE_PJ] = figures[corner.L1_READ_PJ], figures[corner.L1_WRITE_PJ]
        l2[[READ_BANDWIDTH, WRITE_BANDWIDTH]] = figures[corner.L2_WORDS]
        l1[[READ_BANDWIDTH, WRITE_BANDWIDTH]] = figures[corner.L1_WORDS]
        l2[NETWORK_PJ], l2[CAPACITY_WORDS], l1[CAPACITY_WORDS] = figures[corner.NETWORK_PJ], l2_words, l1_words
        for axis, d in enumerate(np.flatnonzero(widths > 1).tolist()):
            l2[AXIS_SIZE + axis], l2[AXIS_DIMS + axis] = widths[d], 1 << d
        for axis in range(int((widths > 1).sum()), 3):
            l2[AXIS_SIZE + axis] = 1
        self._machine[MAC_PJ], self._machine[STATIC_PJ_PER_CYCLE] = figures[corner.MAC_PJ], figures[corner.STATIC_PJ]
        kernel.put_on(self._problems, chosen, levels, self._machine, self._bits, self._square)

    def put_on_machine(self, chosen: NDArray[np.int64], accelerator: Accelerator) -> None:
        """The same for a machine that bounds speak of, see :func:`mappings.mappers.optimal.boxes.speaks_of`."""
        table = AcceleratorTable.of([accelerator])
        kernel.put_on(self._problems, chosen, table.levels[0], table.machine[0], self._bits, self._square)

    def roots(self, chosen: NDArray[np.int64]) -> Floats:
        """What no mapping of some layers is below, without a search; infinite where nothing fits."""
        least = np.empty(len(chosen))
        kernel.root_bounds(self._problems, chosen, self._boxes, least)
        return least

    def search(self, problem: int, most: int) -> float:
        """The same of one layer, by a search that cuts so many boxes of tilings at most."""
        w, boxes, keys, heap = self._problems[problem], self._boxes, self._keys, self._heap
        w.rise[...], w.tried[...] = 0.0, 0
        state = np.array([1, 1], dtype=np.int64)
        heap[0] = 0
        kernel.root_bounds(self._problems, np.array([problem]), boxes, keys)
        if keys[0] == math.inf:
            return math.inf
        settled = float(keys[0]) * MOST_RISE  # and bounds of single tilings, which no search raises
        while True:
            answer = kernel.run(w, boxes, keys, heap, state, settled, most)
            if answer != kernel.POINT:
                break
            settled = min(settled, float(keys[heap[0]]))
            kernel.drop_least(keys, heap, state)
        left = float(keys[heap[0]]) if state[kernel.COUNT] else math.inf
        return min(left, settled)
