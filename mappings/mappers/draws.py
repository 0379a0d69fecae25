"""Random numbers of a map space: one stream for each layer shape, shared by the accelerators it is mapped on.

A layer so meets the same draws whatever other layers are searched with it, and two accelerators are compared under
common random numbers, which takes noise out of their ranking.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mappings.mapspace import MapSpace


class Draws:
    """Streams for the layers of a map space.

    Args:
        space: the problems.
        seed: of the search; a layer's stream follows from it and from the layer's shape, stride and precision.
    """

    def __init__(self, space: MapSpace, seed: int) -> None:
        self._layer_of = space.layer_of
        table = space.layer_table
        shapes = np.concatenate([table.bounds, table.geometry, table.bits.astype(np.int64)], axis=1)
        self._streams = [np.random.Generator(np.random.PCG64([seed, *map(int, shape)])) for shape in shapes]

    def uniform(self, count: int, genes: NDArray[np.int64]) -> NDArray[np.float64]:
        """(P, count, longest) uniform draws in [0, 1), for vectors of ``genes`` (P,) genes; zeros beyond them."""
        return self._draw("random", count, genes)[self._layer_of]

    def normal(self, count: int, genes: NDArray[np.int64]) -> NDArray[np.float64]:
        """(layers, count, longest) standard normal draws; a problem takes the row of its layer."""
        return self._draw("standard_normal", count, genes)

    def _draw(self, kind: str, count: int, genes: NDArray[np.int64]) -> NDArray[np.float64]:
        of_layer = np.zeros(len(self._streams), dtype=np.int64)
        of_layer[self._layer_of] = genes
        out = np.zeros((len(self._streams), count, int(genes.max())))
        for row, stream, n in zip(out, self._streams, of_layer.tolist()):
            row[:, :n] = getattr(stream, kind)((count, n))
        return out
