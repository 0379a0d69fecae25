"""How many words of a group are on the chip at once, at most.

A word is *alive* from when it is made (or fetched) until its last reader has read it; one that later tiles read is
kept, along axes where overlaps are kept. After a tile in row ``r`` and column ``c`` of tiles, the words of a tensor
that are alive are those of up to four products of rows and columns:

- *below*: rows made so far that rows of tiles below read, in the columns up to ``c``;
- *above*: rows made by tiles above that are read from row ``r`` of tiles on, in the columns after ``c``;
- *beside*: the rows of this row of tiles, in columns made so far that tiles after ``c`` read;
- *pending*: the rows that layers of this very tile have still to read, in the columns that they have still to read.
  Where their windows differ, some of these words are read by none: a tile makes them, and so they are there.

Before a layer of tile ``c`` has made its tensor, the first three stand as they were after ``c - 1``. The products
overlap, so the words of their union are counted: exactly, holes of strides included.

An element takes as many words as :class:`Widths` say. While a layer runs, what it makes takes the width of its sums,
unless they are finished when they arrive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_models.fusion.axis import AxisTiles
from accel_models.fusion.group import Group
from accel_models.fusion.kernel.areas import count_alive
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.widths import Widths

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


@dataclass(frozen=True, slots=True)
class Alive:
    """What of a group's activations is on the chip, in given tiles, whether its weights are resident or streamed.

    Attributes:
        steps: by step, most words that are alive while it runs, where what it makes is finished when it arrives.
        unfinished: the same where partial sums arrive.
        moments: by step, words of every tensor in every tile while it runs, and the tile with the most.
        ends: words of second buffers towards DRAM: the most that one tile fetches, and the most that one writes.
        weights: words of all weights; ``filters``: by step, of one filter.
    """

    steps: tuple[float, ...]
    unfinished: tuple[float, ...]
    moments: tuple[tuple[Sequence[Grid], tuple[int, int]], ...]
    ends: float
    weights: float
    filters: tuple[float, ...]

    def room(self, schedule: Schedule, *, finished: bool = False) -> Room:
        """The room that the group takes as scheduled in these tiles.

        Args:
            finished: no layer sends sums to the shared memory that are not finished.
        """
        steps = self.steps if finished else self.unfinished
        words = list(steps)
        if not schedule.resident:
            words = [own + filters * (1 + schedule.doubled) for own, filters in zip(words, self.filters)]
        peak = max(range(len(words)), key=words.__getitem__)
        ends, weights = self.ends * schedule.doubled, self.weights * schedule.resident
        grids, tile = self.moments[peak]
        return Room(words[peak], ends, weights, peak, tuple(grid[tile].item() for grid in grids), steps)


def alive(group: Group, rows: AxisTiles, columns: AxisTiles, widths: Widths) -> Alive:
    """Count what is on the chip.

    Args:
        rows, columns: tiles along each axis.
        widths: words that elements take.
    """
    held = [_Held(group, place, rows, columns, width) for place, width in enumerate(widths.tensors)]
    now = [tensor.before_tile() for tensor in held]
    total: Grid = sum(now[1:], now[0])
    most, unfinished, moments = [], [], []
    for number, step in enumerate(group.steps):
        touched = {*step.reads, step.writes}
        for place in touched:
            total = total - now[place]
            now[place] = held[place].during(number, made=place == step.writes)
            total = total + now[place]
        wider = widths.sums[number] - widths.tensors[step.writes]
        most.append(total.max().item())
        here = total + wider * held[step.writes].elements_made() if wider else total
        row, column = divmod(int(here.argmax()), here.shape[1])
        unfinished.append(here[row, column].item())
        moments.append((list(now), (row, column)))
        for place in touched:
            total = total - now[place]
            now[place] = held[place].during(number + 1)
            total = total + now[place]
    filters = tuple(
        layer.C * layer.R * layer.S * width if layer.is_mac else 0
        for layer, width in zip((step.layer for step in group.steps), widths.weights)
    )
    ends, weights = _ends(group, rows, columns, widths), _weights(group, widths)
    return Alive(tuple(most), tuple(unfinished), tuple(moments), ends, weights, filters)


def room(group: Group, schedule: Schedule, rows: AxisTiles, columns: AxisTiles) -> Room:
    """The room that a group takes as scheduled, in tiles of ``rows`` and ``columns``, where every element is a word."""
    return alive(group, rows, columns, Widths.one_word(group)).room(schedule)


def room_floor(group: Group, schedule: Schedule, rows: Busiest, columns: Busiest) -> int:
    """Words that are on the chip at least while the busiest tile of some step runs (:meth:`AxisTiles.busiest`)."""
    most = 0
    for step, (made_rows, read_rows), (made_columns, read_columns) in zip(group.steps, rows, columns):
        alive = {place: down * across for place, down, across in zip(step.reads, read_rows, read_columns)}
        alive[step.writes] = made_rows * made_columns
        most = max(most, sum(group.tensors[place].channels * area for place, area in alive.items()))
    return most + group.weight_words * schedule.resident


def _weights(group: Group, widths: Widths) -> float:
    """Words of the weights of all layers."""
    return sum(step.layer.weight_words * width for step, width in zip(group.steps, widths.weights))


class _Held:
    """What of one tensor is alive, at every moment of every tile."""

    def __init__(self, group: Group, place: int, rows: AxisTiles, columns: AxisTiles, width: float) -> None:
        tensor = group.tensors[place]
        operands = [(number, read) for number, step in enumerate(group.steps) for read in step.reads]
        readers = [operand for operand, (_, read) in enumerate(operands) if read == place]
        self._leaves = tensor.leaves
        self._read_by = [operands[operand][0] for operand in readers]
        self._channels, self._made = tensor.channels, (rows.counts[place], columns.counts[place])
        shape = len(self._made[0]), len(self._made[1])
        areas = np.empty((len(readers) + 3, shape[0] * shape[1]), dtype=np.int64)
        count_alive(
            np.array(readers, dtype=np.int64), rows.wanted[place], rows.made[place], rows.read, rows.sizes[place],
            rows.keep, columns.wanted[place], columns.made[place], columns.read, columns.sizes[place], columns.keep,
            areas,
        )  # fmt: skip
        self._words: Grid = areas.reshape(-1, *shape) * (tensor.channels * width)

    def before_tile(self) -> Grid:
        """Words alive when a tile begins."""
        before: Grid = self._words[0]
        return before

    def during(self, number: int, *, made: bool = False) -> Grid:
        """Words alive while the layers from step ``number`` on have still to run, after the tensor's own.

        Args:
            made: the tensor's own layer is running, which holds what it makes even where nobody in the group reads it.
        """
        moment = -1 if made and self._leaves else 1 + sum(step >= number for step in self._read_by)
        during: Grid = self._words[moment]
        return during

    def elements_made(self) -> Grid:
        """Elements that each tile makes."""
        elements: Grid = self._channels * np.multiply.outer(*self._made)
        return elements


def _ends(group: Group, rows: AxisTiles, columns: AxisTiles, widths: Widths) -> float:
    """Words of the second buffers: the most that one tile fetches, and the most that one tile writes to DRAM."""
    fetched: Grid = np.zeros((), dtype=np.int64)
    written: Grid = fetched
    for place, tensor in enumerate(group.tensors):
        words = tensor.channels * widths.tensors[place] * np.multiply.outer(rows.counts[place], columns.counts[place])
        if tensor.outside:
            fetched = fetched + words
        elif tensor.leaves:
            written = written + words
    most: float = (fetched.max() + written.max()).item()
    return most
