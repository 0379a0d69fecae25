"""How many words of a group are on the chip at once, at most.

A word is *alive* from when it is made (or fetched) until its last reader has read it; one that later tiles read is
kept, along axes where overlaps are kept. After a tile in row ``r`` and column ``c`` of tiles, the words of a tensor
that are alive are those of up to four products of rows and columns:

- *below*: rows made so far that rows of tiles below read, in the columns up to ``c``;
- *above*: rows made by tiles above that are read from row ``r`` of tiles on, in the columns after ``c``;
- *beside*: the rows of this row of tiles, in columns made so far that tiles after ``c`` read;
- *pending*: what layers of this very tile have still to read.

Before a layer of tile ``c`` has made its tensor, the first three stand as they were after ``c - 1``. The products
overlap, so their words are counted by inclusion and exclusion: exactly, holes of strides included.

An element takes as many words as :class:`Widths` say. While a layer runs, what it makes takes the width of its sums.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_models.fusion.axis import AxisTiles, Positions, after, before
from accel_models.fusion.group import Group
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.widths import Widths

Product = tuple[Positions, Positions]
"""Some rows and some columns of each row and column of tiles."""

Busiest = Sequence[tuple[int, Sequence[int]]]
"""By step, positions made and read along one axis."""

Grid = NDArray[Any]
"""A number for every tile, ``[row, column]``: whole, where widths are."""


@dataclass(frozen=True, slots=True)
class Room:
    """Words on the chip.

    Attributes:
        activations: most words of activations that are alive at once, with the filter of a streamed layer beside them.
        ends: words of the second buffers towards DRAM; 0 where they are not doubled.
        weights: words of resident weights.
        step: which layer runs when most is alive.
        alive: by tensor, words alive then.
        steps: by step, most words of activations that are alive while it runs.
    """

    activations: float
    ends: float
    weights: float
    step: int
    alive: tuple[float, ...]
    steps: tuple[float, ...]

    @property
    def words(self) -> float:
        """All of them."""
        return self.activations + self.ends + self.weights


def room(
    group: Group, schedule: Schedule, rows: AxisTiles, columns: AxisTiles, widths: Widths | None = None
) -> Room:
    """The room that a group takes as scheduled.

    Args:
        rows, columns: its tiles along each axis.
        widths: words that elements take; one each by default.
    """
    widths = widths or Widths.one_word(group)
    held = [_Held(group, place, rows, columns, width) for place, width in enumerate(widths.tensors)]
    alive = [tensor.before_tile() for tensor in held]
    total: Grid = sum(alive[1:], alive[0])
    peak, fullest, then = 0.0, 0, (0.0,) * len(held)
    by_step = []
    for number, step in enumerate(group.steps):
        touched = {*step.reads, step.writes}
        for place in touched:
            total = total - alive[place]
            alive[place] = held[place].during(number, made=place == step.writes)
            total = total + alive[place]
        wider = widths.sums[number] - widths.tensors[step.writes]
        here = total + wider * held[step.writes].elements_made() if wider else total
        layer = step.layer
        filters = layer.C * layer.R * layer.S if layer.is_mac and not schedule.resident else 0
        by_step.append(here.max().item())
        words = by_step[-1] + filters * widths.weights[number] * (1 + schedule.doubled)
        if words > peak:
            tile = np.unravel_index(here.argmax(), here.shape)
            peak, fullest, then = words, number, tuple(grid[tile].item() for grid in alive)
        for place in touched:
            total = total - alive[place]
            alive[place] = held[place].during(number + 1)
            total = total + alive[place]
    ends = _ends(group, rows, columns, widths) if schedule.doubled else 0
    return Room(peak, ends, _weights(group, widths) * schedule.resident, fullest, then, tuple(by_step))


def room_floor(
    group: Group, schedule: Schedule, rows: Busiest, columns: Busiest, widths: Widths | None = None
) -> float:
    """Words that are on the chip at least while the busiest tile of some step runs (:meth:`AxisTiles.busiest`)."""
    widths = widths or Widths.one_word(group)
    most = 0.0
    for step, width, (made_rows, read_rows), (made_columns, read_columns) in zip(
        group.steps, widths.sums, rows, columns
    ):
        areas = {place: down * across for place, down, across in zip(step.reads, read_rows, read_columns)}
        alive = sum(group.tensors[place].channels * area * widths.tensors[place] for place, area in areas.items())
        most = max(most, alive + group.tensors[step.writes].channels * made_rows * made_columns * width)
    return most + _weights(group, widths) * schedule.resident


def _weights(group: Group, widths: Widths) -> float:
    """Words of the weights of all layers."""
    return sum(step.layer.weight_words * width for step, width in zip(group.steps, widths.weights))


class _Held:
    """What of one tensor is alive, at every moment of every tile."""

    def __init__(self, group: Group, place: int, rows: AxisTiles, columns: AxisTiles, width: float) -> None:
        self._channels = group.tensors[place].channels
        self._width = width
        self._leaves = group.tensors[place].leaves
        self._rows = _Line.of(rows, place)
        self._columns = _Line.of(columns, place)
        self._reads = [
            (number, (rows.read[number][operand], columns.read[number][operand]))
            for number, step in enumerate(group.steps)
            for operand, read in enumerate(step.reads)
            if read == place
        ]

    def before_tile(self) -> Grid:
        """Words alive when a tile begins."""
        return self._words(self._kept(self._columns.made_before, self._columns.from_now))

    def during(self, number: int, *, made: bool = False) -> Grid:
        """Words alive while the layers from step ``number`` on have still to run, after the tensor's own.

        Args:
            made: the tensor's own layer is running, which holds what it makes even where nobody in the group reads it.
        """
        products = self._kept(self._columns.made_so_far, self._columns.later)
        pending = [product for step, product in self._reads if step >= number]
        if pending:
            products.append((_any(rows for rows, _ in pending), _any(columns for _, columns in pending)))
        if made and self._leaves:
            products.append((self._rows.made, self._columns.made))
        return self._words(products)

    def elements_made(self) -> Grid:
        """Elements that each tile makes."""
        return self._channels * _areas(self._rows.made, self._columns.made)

    def _kept(self, made: Positions, wanted: Positions) -> list[Product]:
        """What is kept for other tiles, given the columns made so far and those that are still to be read."""
        rows, columns = self._rows, self._columns
        products = []
        if rows.keep:
            products.append((rows.made_so_far & rows.later, made & columns.ever))
            products.append((rows.made_before & rows.from_now, wanted))
        if columns.keep:
            products.append((rows.wanted, made & wanted))
        return products

    def _words(self, products: Sequence[Product]) -> Grid:
        """Words of the union of some products, by inclusion and exclusion."""
        some = [product for product in products if all(axis.any() for axis in product)]
        words = np.zeros((len(self._rows.wanted), len(self._columns.wanted)), dtype=np.int64)
        for size in range(1, len(some) + 1):
            for subset in itertools.combinations(some, size):
                rows, columns = (np.logical_and.reduce(axis).sum(axis=1) for axis in zip(*subset))
                words += (-1) ** (size + 1) * np.multiply.outer(rows, columns)
        return self._channels * self._width * words


@dataclass(frozen=True, slots=True)
class _Line:
    """Positions of one tensor along one axis, tile by tile."""

    wanted: Positions
    made: Positions
    made_before: Positions
    made_so_far: Positions
    later: Positions
    from_now: Positions
    ever: Positions
    keep: bool

    @classmethod
    def of(cls, tiles: AxisTiles, place: int) -> _Line:
        wanted, made = tiles.wanted[place], tiles.made[place]
        earlier, later = before(made), after(wanted)
        return cls(wanted, made, earlier, earlier | made, later, wanted | later, _any(wanted)[None], tiles.keep)


def _any(positions: Iterable[Positions]) -> Positions:
    """Positions of some tile, or of any of several sets of tiles."""
    found: Positions = np.logical_or.reduce(list(positions))
    return found


def _areas(rows: Positions, columns: Positions) -> Grid:
    """Positions of each tile."""
    return np.multiply.outer(rows.sum(axis=1), columns.sum(axis=1))


def _ends(group: Group, rows: AxisTiles, columns: AxisTiles, widths: Widths) -> float:
    """Words of the second buffers: the most that one tile fetches, and the most that one tile writes to DRAM."""
    fetched: Grid = np.zeros((), dtype=np.int64)
    written: Grid = fetched
    for place, tensor in enumerate(group.tensors):
        words = tensor.channels * widths.tensors[place] * _areas(rows.made[place], columns.made[place])
        if tensor.outside:
            fetched = fetched + words
        elif tensor.leaves:
            written = written + words
    most: float = (fetched.max() + written.max()).item()
    return most
