"""Every loop nest of a problem with perfect factors, built from the outermost level inwards.

A nest is *begun down to level k* when its spatial loops and the temporal loops of all levels outside ``k`` are settled;
what is left of every dim stands in one block of loops at level ``k``. So it is a mapping like any other: the cost model
can price it, and what it says of the levels down to ``k`` holds for every nest that goes on from there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise, permutations, product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models import codes
from accel_models.axes import NUMBER_OF
from accel_models.loopnest import MappingArrays
from mappings.divisors import divisors
from mappings.mapspace import MapSpace, take

BATCH: Final = 8192
PSUM: Final = 3  # the width of a partial sum, after those of W, I and O
REDUCTION: Final = (codes.C, codes.R, codes.S)

Ints = NDArray[np.int64]
Orders = NDArray[np.int8]
Bools = NDArray[np.bool_]


def keeps(space: MapSpace, problem: int) -> list[Bools]:
    """(L, 3) for every choice of the tensors that the levels hold; of uneven mappings as the space defines them."""
    machine = int(space.accelerator_of[problem])
    if space.uneven:
        return space.keeps(machine)
    can = space.accelerator_table.can_keep[machine]
    free = can & ~space.constraint_table.fixed[machine] & space.bypass
    free[0] = False
    choices = []
    for held in product((True, False), repeat=int(free.sum())):
        keep = can.copy()
        keep[free] = held
        choices.append(keep)
    return choices


@dataclass(frozen=True)
class Nests:
    """The nests of one problem of a space in which every level holds the tensors ``keep`` (L, 3)."""

    space: MapSpace
    problem: int
    keep: Bools

    @property
    def layer(self) -> int:
        """The layer's place in the tables of the space."""
        return int(self.space.layer_of[self.problem])

    @property
    def machine(self) -> int:
        """The accelerator's place in the tables of the space."""
        return int(self.space.accelerator_of[self.problem])

    @property
    def bounds(self) -> Ints:
        """(8,) of the layer."""
        bounds: Ints = self.space.layer_table.bounds[self.layer]
        return bounds

    def begin(self) -> Iterator[MappingArrays]:
        """Every choice of spatial loops, in batches: nests begun down to level 0."""
        fanouts = [_parallel(row, self.bounds) for row in self.space.accelerator_table.levels[self.machine]]
        shape = tuple(len(widths) for widths, _ in fanouts)
        order = np.stack([self._orders(level, 0)[0] for level in range(len(shape))])
        count = math.prod(shape)
        for first in range(0, count, BATCH):
            chosen = np.unravel_index(np.arange(first, min(first + BATCH, count)), shape)
            widths = np.stack([wide[i] for (wide, _), i in zip(fanouts, chosen)], axis=1)
            axis = np.stack([at[i] for (_, at), i in zip(fanouts, chosen)], axis=1)
            fits = (self.bounds % widths.prod(axis=1) == 0).all(axis=1)
            widths, axis = widths[fits], axis[fits]
            tile = np.cumprod(widths[:, ::-1], axis=1)[:, ::-1].copy()
            alike = (len(tile), 1, 1)
            if len(tile):
                yield MappingArrays(tile, tile // widths, np.tile(order, alike), axis, np.tile(self.keep, alike))

    def deepen(self, begun: MappingArrays, level: int) -> Iterator[MappingArrays]:
        """Every choice of tiles and order at ``level``, in batches: nests begun down to ``level + 1``."""
        outer = begun.part[:, level - 1] if level else np.broadcast_to(self.bounds, (len(begun), 8))
        node = np.hstack([outer, begun.tile[:, level], begun.part[:, level]])
        nodes, node_of = np.unique(node, axis=0, return_inverse=True)
        node_of = node_of.ravel()  # a column in NumPy 2.0
        rows_of = np.split(np.argsort(node_of, kind="stable"), np.cumsum(np.bincount(node_of))[:-1])
        pieces: list[tuple[Ints, Ints, Orders]] = []
        gathered = 0
        for (extent, least, part), rows in zip(nodes.reshape(-1, 3, 8), rows_of):
            for tile, order in self._blocks(level, extent, least, part):
                each = max(BATCH // len(tile), 1)
                for some in (rows[first : first + each] for first in range(0, len(rows), each)):
                    alike = (len(some), 1)
                    pieces.append((np.repeat(some, len(tile)), np.tile(tile, alike), np.tile(order, alike)))
                    gathered += len(some) * len(tile)
                    if gathered >= BATCH:
                        yield _with_block(begun, level, pieces)
                        pieces, gathered = [], 0
        if pieces:
            yield _with_block(begun, level, pieces)

    def _blocks(self, level: int, extent: Ints, least: Ints, part: Ints) -> Iterator[tuple[Ints, Orders]]:
        """Tiles (n, 8) and orders (n, 8) of all blocks that cut ``extent`` into multiples of the ``least`` tile.

        Of the least tile an instance of the next level gets ``part``.
        """
        trips = _trips(tuple((extent // least).tolist()))
        tile = extent // trips
        good = self._has_room(level, np.broadcast_to(extent, tile.shape), tile)
        good &= self._may_hold(level + 1, tile // (least // part), part)
        trips, tile = trips[good], tile[good]
        turning = (trips > 1) @ (1 << np.arange(8))
        for loops in np.unique(turning):
            orders, tiles = self._orders(level, int(loops)), tile[turning == loops]
            each = max(BATCH // len(orders), 1)
            for some in (tiles[first : first + each] for first in range(0, len(tiles), each)):
                yield np.repeat(some, len(orders), axis=0), np.tile(orders, (len(some), 1))

    def _may_hold(self, level: int, extent: Ints, least: Ints) -> Bools:
        """(n,) whether a level may be given ``extent``, whatever tiles its loops then cut: ``least`` ones or larger."""
        table = self.space.constraint_table
        good = (extent >= table.low[self.machine, level]) & (extent <= table.high[self.machine, level])
        room = self._has_room(level, extent, least)
        if level + 1 < self.space.depth:
            room |= self._has_room(level, extent, extent)
        return np.asarray(room & good.all(axis=1))

    def _has_room(self, level: int, extent: Ints, tile: Ints) -> Bools:
        """(n,) whether the tensors that a level keeps fit if its temporal loops cut ``extent`` into ``tile``."""
        space = self.space
        row = space.accelerator_table.levels[self.machine, level]
        bits = space.layer_table.bits[self.layer]
        partial = (tile < self.bounds)[..., REDUCTION].any(axis=-1)
        total = np.zeros(len(extent))
        good = np.ones(len(extent), dtype=np.bool_)
        for t, words in enumerate(tensor_words(extent, space.layer_table.geometry[self.layer])):
            if self.keep[level, t]:
                width = np.where(partial, bits[PSUM], bits[t]) if t == codes.O else bits[t]
                width = np.maximum(width, row[codes.LEAST_BITS + t])
                word = row[codes.WORD_BITS] or width
                taken = words * row[codes.BUFFERS] * width / word
                good &= taken <= row[codes.PARTITION_W + t]
                total += taken
        good &= total <= row[codes.CAPACITY_WORDS]
        return good

    def _orders(self, level: int, turning: int) -> Orders:
        """(n, 8) orders of a level's loops that turn (a bit for each dim); one where nothing is held below it."""
        rank = self.space.constraint_table.rank[self.machine, level]
        return _orders(turning, tuple(rank.tolist()), level + 1 < self.space.depth)


def tensor_words(extent: Ints, geometry: Ints) -> tuple[Ints, Ints, Ints]:
    """Words of W, I and O in tiles of extents (..., 8)."""
    n, g, k, c, p, q, r, s = np.moveaxis(extent, -1, 0)
    height = geometry[0] * (p - 1) + geometry[2] * (r - 1) + 1
    width = geometry[1] * (q - 1) + geometry[3] * (s - 1) + 1
    return g * k * c * r * s, n * g * c * height * width, n * g * k * p * q


def _with_block(begun: MappingArrays, level: int, pieces: list[tuple[Ints, Ints, Orders]]) -> MappingArrays:
    """The nests that take up the ones begun: of which each does (n,), the tile (n, 8) and order (n, 8) of its level."""
    rows, tile, order = (np.concatenate(column) for column in zip(*pieces))
    out = take(begun, rows)
    out.part[:, level] = tile // (out.tile[:, level] // out.part[:, level])
    out.tile[:, level] = tile
    out.order[:, level] = order
    return out


def _parallel(row: NDArray[np.float64], bounds: Ints) -> tuple[Ints, Orders]:
    """Every way to run dims in parallel below a level: widths (n, 8), and axes (n, 8) that have room for them."""
    room = row[codes.AXIS_SIZE : codes.AXIS_SIZE + 3].astype(int).tolist()
    axes: dict[tuple[int, ...], tuple[int, ...]] = {}
    for widths, axis in _placements(row, bounds, room, 0):
        axes.setdefault(widths, axis)
    return np.array(list(axes), dtype=np.int64), np.array(list(axes.values()), dtype=np.int8)


def _placements(
    row: NDArray[np.float64], bounds: Ints, room: list[int], dim: int
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Widths and sets of axes of the dims from ``dim`` on, with so many places left on each axis."""
    if dim == 8:
        yield (), ()
        return
    runs = [int(row[codes.AXIS_DIMS + a]) >> dim & 1 for a in range(len(room))]
    every = divisors(int(bounds[dim]))
    shares_of = ([n for n in every if n == 1 or (may and n <= places)] for may, places in zip(runs, room))
    for shares in product(*shares_of):
        width = math.prod(shares)
        if bounds[dim] % width:
            continue
        used = tuple(a for a, share in enumerate(shares) if share > 1)
        left = [places // share for share, places in zip(shares, room)]
        for widths, axis in _placements(row, bounds, left, dim + 1):
            yield (width, *widths), (NUMBER_OF[used] if used else 0, *axis)


@lru_cache(maxsize=1024)
def _trips(most: tuple[int, ...]) -> Ints:
    """(n, 8) all trips of a block that divide what is left of each dim."""
    return np.stack([axis.ravel() for axis in np.meshgrid(*map(divisors, most), indexing="ij")], axis=1)


@cache
def _orders(turning: int, rank: tuple[int, ...], every: bool) -> Orders:
    """(n, 8) orders in which ranks do not fall along the loops that turn; ``every`` one or the first."""
    loops = sorted((d for d in range(8) if turning >> d & 1), key=rank.__getitem__)
    idle = [d for d in range(8) if d not in loops]
    ways = permutations(loops) if every else [tuple(loops)]
    legal = [way for way in ways if all(rank[a] <= rank[b] for a, b in pairwise(way))]
    return np.array([[*idle, *way] for way in legal], dtype=np.int8)
