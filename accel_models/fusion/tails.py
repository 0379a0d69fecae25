"""All groups that end with the same layer: their words and room in given tiles, counted together.

The *longest* of them is given; the others begin later. A group is named by the first of the longest group's steps that
is its own, and by whether a tensor from outside with several readers is held or fetched again
(:meth:`accel_models.fusion.group.Grouper.variants`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.fusion.axis import AxisTiles, GroupArrays, axis_tiles
from accel_models.fusion.group import AXES, Group
from accel_models.fusion.inside import DRAM, SHARED
from accel_models.fusion.kernel.tails import count_tails, count_words
from accel_models.fusion.widths import Widths

Floats = NDArray[np.float64]
HELD: Final = 0
"""A tensor from outside is held from its first reader to its last; 1: fetched again for each."""


class Ending:
    """The groups that end with one layer of a network, on one machine.

    Args:
        group: the longest of them.

    Attributes:
        filters: (steps,) words of the shared memory that one filter of each layer takes.
        weights: (2, steps) words of DRAM and of the shared memory that the weights of each layer take.
    """

    def __init__(self, group: Group, accelerator: Accelerator) -> None:
        self.group = group
        self.capacity = accelerator.levels[SHARED].capacity_words
        self.arrays = GroupArrays.of(group)
        widths = [Widths.at(accelerator, level, group) for level in (DRAM, SHARED)]
        channels = np.array([tensor.channels for tensor in group.tensors], dtype=np.float64)
        layers = [step.layer for step in group.steps]
        self._made_words = channels * np.array([of.tensors for of in widths])
        self._read_words = channels[self.arrays.operand] * np.array([of.operands for of in widths])
        made = self.arrays.writes
        self._sums = channels[made] * (np.array(widths[SHARED].sums) - np.array(widths[SHARED].tensors)[made])
        self.weights = np.array([layer.weight_words for layer in layers]) * np.array([of.weights for of in widths])
        one = [layer.C * layer.R * layer.S if layer.is_mac else 0 for layer in layers]
        self.filters = np.array(one) * np.array(widths[SHARED].weights)
        self._lines: dict[tuple[int, int, bool], AxisTiles] = {}

    def along(self, axis: int, tile: int, *, keep: bool) -> AxisTiles:
        """The longest group in tiles along one axis, counted once."""
        key = axis, tile, keep
        if key not in self._lines:
            self._lines[key] = axis_tiles(self.arrays, axis, tile, keep=keep)
        return self._lines[key]

    def tails(self, tile: tuple[int, int], keep: tuple[bool, bool]) -> Tails:
        """All of the groups in given tiles."""
        rows, columns = (self.along(axis, tile[axis], keep=keep[axis]) for axis in AXES)
        arrays = self.arrays
        steps, tiles = len(arrays.writes), rows.made.shape[1] * columns.made.shape[1]
        peaks, fetched = np.full((steps, 2, steps, 2), np.inf), np.zeros((steps, 2, 2, tiles))
        written, apart = np.zeros((steps, 2, tiles)), np.zeros(steps, dtype=np.bool_)
        first = count_tails(
            arrays.first_operand, arrays.operand, arrays.writes, arrays.born, arrays.leaves,
            self._made_words, self._read_words, self._sums,
            rows.wanted, rows.made, rows.read, rows.sizes, rows.keep,
            columns.wanted, columns.made, columns.read, columns.sizes, columns.keep,
            self.capacity, peaks, fetched, written, apart,
        )  # fmt: skip
        return Tails(self, tile, keep, rows, columns, int(first), peaks, fetched, written, apart)


@dataclass(frozen=True)
class Tails:
    """The groups that end with one layer, in given tiles.

    Attributes:
        first: the first step of the longest group counted: no longer one fits.
        peaks: (steps, 2, steps, 2) by first step, held or fetched again, step that runs, and whether what it makes is
            finished when it arrives or not: most words of activations that are alive.
        fetched: (steps, 2, 2, tiles) by the same two, words of DRAM and of the shared memory that each tile fetches.
        written: (steps, 2, tiles) by first step, those that each tile writes.
        apart: (steps,) whether fetching again makes a difference to groups with this first step.
    """

    ending: Ending
    tile: tuple[int, int]
    keep: tuple[bool, bool]
    rows: AxisTiles
    columns: AxisTiles
    first: int
    peaks: Floats
    fetched: Floats
    written: Floats
    apart: NDArray[np.bool_]

    @cached_property
    def ends(self) -> Floats:
        """(steps, 2) words of second buffers: the most that one tile fetches, and the most that one writes."""
        most: Floats = self.fetched[:, :, SHARED].max(axis=-1) + self.written[:, None, SHARED].max(axis=-1)
        return most

    def words(self, *, doubled: bool) -> Floats:
        """(2, 2, steps, 2) words of the shared memory that each group takes; infinite where it was not counted.

        The first two say whether weights stay, otherwise a filter at a time comes in; and whether no layer sends up
        sums that are not finished.

        Args:
            doubled: the ends have second buffers.
        """
        words, ending = np.empty((2, 2, len(self.peaks), 2)), self.ending
        count_words(
            self.peaks, self.fetched, self.written, self.apart, ending.filters, ending.weights[SHARED], doubled, words
        )
        return words
