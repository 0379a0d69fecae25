"""The pieces that a layer of a group runs in: what a tile makes of it, some filters at a time where weights stream.

A piece runs as a layer of its own, whose tensors are at home in the shared memory. Tiles that make as many rows and
columns run the same piece.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from accel_models.fusion.axis import AxisTiles
from accel_models.fusion.group import Group
from accel_models.fusion.room import Room
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.widths import Widths
from nets.layer import Layer


@dataclass(frozen=True, slots=True)
class Slice:
    """Filters of a layer that are on the chip together, ``count`` times with as many.

    Attributes:
        groups, filters: G and K of the piece.
    """

    groups: int
    filters: int
    count: int


@dataclass(frozen=True)
class StepPieces:
    """How one layer runs.

    Attributes:
        layer: the whole of it.
        rows, columns: distinct numbers of positions that tiles make of it along each axis, 0 where some make none.
        row_of, column_of: int64 (tiles down,), (tiles across,): which of them each tile makes.
        slices: filters that are on the chip together, one after the other; all, where weights are resident.
    """

    layer: Layer
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    row_of: NDArray[np.int64]
    column_of: NDArray[np.int64]
    slices: tuple[Slice, ...]

    @cached_property
    def layers(self) -> list[Layer | None]:
        """The pieces as layers, by rows, columns and slices; ``None`` where there is nothing to make."""
        return [
            _piece(self.layer, rows, columns, part) if rows and columns else None
            for rows in self.rows
            for columns in self.columns
            for part in self.slices
        ]

    @property
    def counts(self) -> NDArray[np.float64]:
        """(slices,) how many there are of each."""
        return np.array([part.count for part in self.slices], dtype=np.float64)

    @property
    def shares(self) -> NDArray[np.float64]:
        """(slices,) what one of each takes of the layer's weights."""
        return np.array([part.groups * part.filters for part in self.slices]) / (self.layer.G * self.layer.K)

    @property
    def times(self) -> list[int]:
        """How often each of :attr:`layers` runs, over all tiles."""
        down, across = np.bincount(self.row_of).tolist(), np.bincount(self.column_of).tolist()
        return [rows * columns * part.count for rows in down for columns in across for part in self.slices]

    def scattered(self, figures: Sequence[float]) -> NDArray[np.float64]:
        """(tiles, slices) figures of the pieces of every tile, given those of :attr:`layers`."""
        table = np.array(figures).reshape(len(self.rows), len(self.columns), len(self.slices))
        return table[self.row_of][:, self.column_of].reshape(-1, len(self.slices))


def pieces_of(
    group: Group, schedule: Schedule, along: tuple[AxisTiles, AxisTiles], room: Room, widths: Widths, capacity: float
) -> tuple[StepPieces, ...]:
    """The pieces of every layer, as many filters of a streamed one at a time as the room that is left holds."""
    made_down, made_across = (line.counts for line in along)
    found = []
    for number, step in enumerate(group.steps):
        down, row_of = np.unique(made_down[step.writes], return_inverse=True)
        across, column_of = np.unique(made_across[step.writes], return_inverse=True)
        slices: tuple[Slice, ...] = (Slice(step.layer.G, step.layer.K, 1),)
        if step.layer.is_mac and not schedule.resident:
            words = step.layer.C * step.layer.R * step.layer.S * widths.weights[number] * (1 + schedule.doubled)
            slices = _slices(step.layer, max(1, math.floor((capacity - room.ends - room.steps[number]) / words)))
        found.append(StepPieces(step.layer, tuple(down.tolist()), tuple(across.tolist()), row_of, column_of, slices))
    return tuple(found)


def _slices(layer: Layer, most: int) -> tuple[Slice, ...]:
    """The filters of a layer in the fewest parts of at most so many, even parts; whole groups, where one fits."""
    if most < layer.K:
        return tuple(Slice(1, filters, count * layer.G) for filters, count in _even_parts(layer.K, most))
    return tuple(Slice(groups, layer.K, count) for groups, count in _even_parts(layer.G, most // layer.K))


def _even_parts(whole: int, most: int) -> list[tuple[int, int]]:
    """Sizes and counts of the fewest parts of at most so many."""
    parts = -(-whole // most)
    size, larger = divmod(whole, parts)
    return [(part, count) for part, count in ((size + 1, larger), (size, parts - larger)) if count]


@lru_cache(maxsize=1 << 14)
def _piece(layer: Layer, rows: int, columns: int, part: Slice) -> Layer:
    """Some rows, columns and filters of a layer, with what they read around them as if it were all there."""
    return replace(
        layer, P=rows, Q=columns, G=part.groups, K=part.filters, padding=(0, 0, 0, 0), extra_params=0, times=1
    )
