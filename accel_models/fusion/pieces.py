"""The pieces that a layer of a group runs in: what a tile makes of it, some filters at a time where weights stream.

A piece runs as a layer of its own, whose tensors are at home in the shared memory. Tiles that make as many rows and
columns run the same piece.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nets.layer import Layer

Size = tuple[int, int, int, int]
"""P, Q, G and K of a piece."""


class Slice(NamedTuple):
    """Filters of a layer that are on the chip together, one after the other as many.

    Attributes:
        groups, filters: G and K of the piece.
        runs: how often as many come.
    """

    groups: int
    filters: int
    runs: int


@dataclass(frozen=True, eq=False)
class StepPieces:
    """How one layer runs; shared by all groups in which it runs like this.

    Attributes:
        layer: the whole of it.
        rows, columns: distinct numbers of positions that tiles make of it along each axis, 0 where some make none.
        row_of, column_of: int64 (tiles down,), (tiles across,): which of them each tile makes.
        slices: filters that are on the chip together, one after the other; all, where weights are resident.
        weight_words: words of DRAM that all weights of the layer take.
    """

    layer: Layer
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    row_of: NDArray[np.int64]
    column_of: NDArray[np.int64]
    slices: tuple[Slice, ...]
    weight_words: float

    @cached_property
    def sizes(self) -> list[Size | None]:
        """The pieces' sizes, by rows, columns and slices; ``None`` where there is nothing to make."""
        return [
            (rows, columns, part.groups, part.filters) if rows and columns else None
            for rows in self.rows
            for columns in self.columns
            for part in self.slices
        ]

    @property
    def layers(self) -> list[Layer | None]:
        """The same as layers."""
        return [None if size is None else piece(self.layer, size) for size in self.sizes]

    @property
    def share(self) -> list[float]:
        """What one piece of each slice takes of the layer's weights."""
        return [part.groups * part.filters / (self.layer.G * self.layer.K) for part in self.slices]

    @property
    def times(self) -> list[int]:
        """How often each of :attr:`sizes` runs, over all tiles."""
        down, across = np.bincount(self.row_of).tolist(), np.bincount(self.column_of).tolist()
        return [rows * columns * part.runs for rows in down for columns in across for part in self.slices]


def whole(layer: Layer) -> tuple[Slice, ...]:
    """All filters of a layer at once."""
    return (Slice(layer.G, layer.K, 1),)


@lru_cache(maxsize=1 << 14)
def slices(groups: int, filters: int, most: int) -> tuple[Slice, ...]:
    """The filters of a layer in the fewest parts of at most so many, even parts; whole groups, where one fits."""
    if most < filters:
        return tuple(Slice(1, part, count * groups) for part, count in _even_parts(filters, most))
    return tuple(Slice(part, filters, count) for part, count in _even_parts(groups, most // filters))


def _even_parts(whole: int, most: int) -> list[tuple[int, int]]:
    """Sizes and counts of the fewest parts of at most so many."""
    parts = -(-whole // most)
    size, larger = divmod(whole, parts)
    return [(part, count) for part, count in ((size + 1, larger), (size, parts - larger)) if count]


def piece(layer: Layer, size: Size) -> Layer:
    """Some rows, columns and filters of a layer, with what they read around them as if it were all there."""
    rows, columns, groups, filters = size
    return replace(layer, P=rows, Q=columns, G=groups, K=filters, padding=(0, 0, 0, 0), extra_params=0, times=1)
