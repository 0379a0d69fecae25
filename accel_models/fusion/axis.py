"""Which positions of every tensor each tile needs and makes, along one axis.

Rows and columns do not mix: a position of a plane is needed where its row and its column are. So all counts of a group
are products of what this module finds along two axes. Sets of positions are rows of Boolean arrays,
``[tile, position]``, so that strides, dilation, padding and ragged tiles need no case of their own:

- output position ``p`` and tap ``r`` read position ``p * stride - padding + r * dilation``; one outside the tensor is
  padding, which nobody makes or fetches;
- with *keep*, a tile makes what it needs and no tile before it has made; only that asks for anything of the layer
  before. With *recompute* it makes all that it needs.

A tensor that leaves the group is made whole: each tile makes its share where the plane is that of the last output, and
the last tile what nobody asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accel_models.fusion.group import Group
from nets.layer import Layer

Positions = NDArray[np.bool_]
"""``[tile, position]``: whether a tile has to do with a position."""


@dataclass(frozen=True, slots=True)
class Line:
    """Positions of one tensor along one axis, tile by tile.

    Attributes:
        wanted, made: as :class:`AxisTiles` has them.
        made_before, made_so_far: by the tiles before, and by this one too.
        later, from_now: wanted by the tiles after, and by this one too.
        ever: wanted by any; one row.
        keep: whether what was made stays for later tiles.
    """

    wanted: Positions
    made: Positions
    made_before: Positions
    made_so_far: Positions
    later: Positions
    from_now: Positions
    ever: Positions
    keep: bool

    @classmethod
    def of(cls, wanted: Positions, made: Positions, *, keep: bool) -> Line:
        """The same with what follows of it."""
        earlier, later = before(made), after(wanted)
        return cls(wanted, made, earlier, earlier | made, later, wanted | later, any_of(wanted)[None], keep)


@dataclass(frozen=True, slots=True)
class AxisTiles:
    """What tiles need and make along one axis.

    Attributes:
        wanted: by tensor, what layers of the group read of it in each tile.
        made: by tensor, what each tile makes of it (fetches of it, where it comes from outside).
        read: by step, what each tile reads of every operand through the layer's windows.
        keep: whether what was made stays for later tiles.
    """

    wanted: tuple[Positions, ...]
    made: tuple[Positions, ...]
    read: tuple[tuple[Positions, ...], ...]
    keep: bool

    def lengths(self) -> list[int]:
        """By tensor, positions made over all tiles."""
        return [int(np.count_nonzero(made)) for made in self.made]

    def busiest(self, group: Group) -> list[tuple[int, list[int]]]:
        """By step, positions that it makes in the tile where it makes most, and reads there of every operand."""
        found = []
        for step, reads in zip(group.steps, self.read):
            made = self.made[step.writes].sum(axis=1)
            tile = int(made.argmax())
            found.append((int(made[tile]), [int(np.count_nonzero(read[tile])) for read in reads]))
        return found


def axis_tiles(group: Group, axis: int, tile: int, *, keep: bool) -> AxisTiles:
    """Cut the last output into tiles of ``tile`` rows (axis 0) or columns (axis 1) and follow the windows upwards."""
    sizes = [tensor.plane[axis] for tensor in group.tensors]
    share = np.arange(group.last.plane[axis]) // tile == np.arange(-(-group.last.plane[axis] // tile))[:, None]
    wanted = [np.zeros((len(share), size), dtype=np.bool_) for size in sizes]
    made = list(wanted)
    read: list[tuple[Positions, ...]] = []
    for step in reversed(group.steps):
        tensor, needed = group.tensors[step.writes], wanted[step.writes]
        if tensor.leaves:
            needed = _whole(needed | share if tensor.plane == group.last.plane else needed)
        made[step.writes] = _made(needed, keep)
        windows = tuple(_through(step.layer, axis, made[step.writes], sizes[place]) for place in step.reads)
        for place, window in zip(step.reads, windows):
            wanted[place] |= window
        read.append(windows)
    for place, tensor in enumerate(group.tensors):
        if tensor.outside:
            made[place] = _made(wanted[place], keep)
    return AxisTiles(tuple(wanted), tuple(made), tuple(reversed(read)), keep)


def _whole(needed: Positions) -> Positions:
    """The same, with what no tile needs given to the last one."""
    needed = needed.copy()
    needed[-1] |= ~needed.any(axis=0)
    return needed


def _made(needed: Positions, keep: bool) -> Positions:
    """What each tile makes of what it needs."""
    return needed & ~before(needed) if keep else needed


def before(positions: Positions) -> Positions:
    """What the tiles before each one have to do with, together."""
    earlier = np.zeros_like(positions)
    np.logical_or.accumulate(positions[:-1], axis=0, out=earlier[1:])
    return earlier


def after(positions: Positions) -> Positions:
    """What the tiles after each one have to do with, together."""
    return before(positions[::-1])[::-1]


def any_of(positions: Iterable[Positions]) -> Positions:
    """Positions of some tile, or of any of several sets of tiles."""
    found: Positions = np.logical_or.reduce(list(positions))
    return found


def _through(layer: Layer, axis: int, outputs: Positions, size: int) -> Positions:
    """Positions of an operand that some outputs of a layer read; ``size``: how many the operand has."""
    read = np.zeros((len(outputs), size), dtype=np.bool_)
    stride, first = layer.stride[axis], -layer.padding[2 * axis]
    for tap in range((layer.R, layer.S)[axis]):
        start = first + tap * layer.dilation[axis]  # what output 0 reads
        begin = max(0, -(start // stride))
        end = min(outputs.shape[1], -((start - size) // stride))
        if begin < end:
            read[:, start + begin * stride : start + (end - 1) * stride + 1 : stride] |= outputs[:, begin:end]
    return read
