"""Which positions of every tensor each tile needs and makes, along one axis.

Rows and columns do not mix: a position of a plane is needed where its row and its column are. So all counts of a group
are products of what this module finds along two axes. Sets of positions are Boolean arrays, ``[tile, position]``, so
that strides, dilation, padding and ragged tiles need no case of their own:

- output position ``p`` and tap ``r`` read position ``p * stride - padding + r * dilation``; one outside the tensor is
  padding, which nobody makes or fetches;
- with *keep*, a tile makes what it needs and no tile before it has made; only that asks for anything of the layer
  before. With *recompute* it makes all that it needs.

A tensor that leaves the group is made whole: each tile makes its share where the plane is that of the last output, and
the last tile what nobody asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from accel_models.fusion.group import AXES, Group
from accel_models.fusion.kernel.lines import fill_lines

Lines = NDArray[np.bool_]
"""``[tensor or operand, tile, position]``: whether a tile has to do with a position."""
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroupArrays:
    """What the compiled code must know of a group.

    Attributes:
        sizes: (axes, tensors) positions along each axis.
        leaves, outside, shared: (tensors,) whether each leaves; comes from outside; has the plane of the last output.
        born: (tensors,) the step that writes each; -1 for those from outside.
        first_operand: (steps + 1,) where the operands of each step begin; ``operand``: (operands,) their tensors.
        writes: (steps,) the tensor of each step.
        windows: (axes, steps, 4) taps, stride, the first position read, and dilation.
    """

    sizes: Whole
    leaves: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    shared: NDArray[np.bool_]
    born: Whole
    first_operand: Whole
    operand: Whole
    writes: Whole
    windows: Whole

    @classmethod
    def of(cls, group: Group) -> GroupArrays:
        """Those of a group."""
        tensors, steps = group.tensors, group.steps
        born = np.full(len(tensors), -1, dtype=np.int64)
        writes = np.array([step.writes for step in steps], dtype=np.int64)
        born[writes] = np.arange(len(steps))
        layers = [step.layer for step in steps]
        return cls(
            np.array([[tensor.plane[axis] for tensor in tensors] for axis in AXES], dtype=np.int64),
            np.array([tensor.leaves for tensor in tensors]),
            np.array([tensor.outside for tensor in tensors]),
            np.array([tensor.plane == group.last.plane for tensor in tensors]),
            born,
            np.array([0, *accumulate(len(step.reads) for step in steps)], dtype=np.int64),
            np.array([place for step in steps for place in step.reads], dtype=np.int64),
            writes,
            np.array(
                [
                    [((of.R, of.S)[axis], of.stride[axis], -of.padding[2 * axis], of.dilation[axis]) for of in layers]
                    for axis in AXES
                ],
                dtype=np.int64,
            ),
        )


@dataclass(frozen=True)
class AxisTiles:
    """What tiles need and make along one axis.

    Attributes:
        wanted: by tensor, what layers of the group read of it in each tile.
        made: by tensor, what each tile makes of it (fetches of it, where it comes from outside).
        read: by operand, step after step, what each tile reads of it through the layer's windows.
        keep: whether what was made stays for later tiles.
        sizes: (tensors,) positions of each; nothing is true behind them.
    """

    wanted: Lines
    made: Lines
    read: Lines
    keep: bool
    sizes: Whole

    @cached_property
    def counts(self) -> Whole:
        """(tensors, tiles) positions made."""
        counts: Whole = self.made.sum(axis=2)
        return counts

    @cached_property
    def distinct(self) -> list[tuple[tuple[int, ...], NDArray[np.int64]]]:
        """By tensor, distinct numbers of positions that tiles make, and (tiles,) which of them each tile makes."""
        found = []
        for made in self.counts.tolist():
            sizes = sorted({*made})
            place = {size: number for number, size in enumerate(sizes)}
            found.append((tuple(sizes), np.array([place[size] for size in made], dtype=np.int64)))
        return found

    def lengths(self) -> list[int]:
        """By tensor, positions made over all tiles."""
        lengths: list[int] = self.counts.sum(axis=1).tolist()
        return lengths

    def busiest(self, group: Group) -> list[tuple[int, list[int]]]:
        """By step, positions that it makes in the tile where it makes most, and reads there of every operand."""
        made, read = self.counts, self.read.sum(axis=2)
        found, first = [], 0
        for step in group.steps:
            tile, behind = int(made[step.writes].argmax()), first + len(step.reads)
            found.append((int(made[step.writes, tile]), read[first:behind, tile].tolist()))
            first = behind
        return found


def axis_tiles(group: Group | GroupArrays, axis: int, tile: int, *, keep: bool) -> AxisTiles:
    """Cut the last output into tiles of ``tile`` rows (axis 0) or columns (axis 1) and follow the windows upwards."""
    arrays = group if isinstance(group, GroupArrays) else GroupArrays.of(group)
    sizes = arrays.sizes[axis]
    tiles = -(-int(sizes[arrays.writes[-1]]) // tile)
    plane = tiles, int(sizes.max())
    wanted, made = np.zeros((2, len(sizes), *plane), dtype=np.bool_)
    read = np.zeros((len(arrays.operand), *plane), dtype=np.bool_)
    fill_lines(
        sizes, arrays.leaves, arrays.shared, arrays.outside, arrays.first_operand, arrays.operand, arrays.writes,
        arrays.windows[axis], tile, keep, wanted, made, read,
    )  # fmt: skip
    return AxisTiles(wanted, made, read, keep, sizes)
