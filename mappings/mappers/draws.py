"""Random numbers of a map space: one stream for each layer shape, shared by the accelerators it is mapped on.

A layer so meets the same draws whatever other layers are searched with it, and two accelerators are compared under
common random numbers, which takes noise out of their ranking.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mappings.mappers.normal_kernel import quantiles
from mappings.mapspace import MapSpace

Step = tuple[str, int, bytes]
"""A draw: of which kind, how many, and the genes of each layer."""

FIRST: Final = 4
"""Draws of a search that are kept for the next search of the same layers: a short search is over by then."""
KEPT: Final = 16
LEAST_SHARE: Final = 2.0**-54
"""In place of a uniform draw of zero: half of the least that is not."""
_kept: dict[tuple[object, ...], NDArray[np.float64]] = {}


class Draws:
    """Streams for the layers of a map space.

    An outer loop searches the same layers on one accelerator after another, and making the streams takes longer than a
    short search draws from them: so the first draws are kept, and streams are made when they are wanted.

    Args:
        space: the problems.
        seed: of the search; a layer's stream follows from it and from the layer's shape, stride and precision.
    """

    def __init__(self, space: MapSpace, seed: int) -> None:
        self._layer_of = space.layer_of
        table = space.layer_table
        self._shapes = np.concatenate([table.bounds, table.geometry, table.bits.astype(np.int64)], axis=1)
        self._seed = seed
        self._streams: list[np.random.Generator] = []
        self._past: list[Step] = []
        self._behind: list[Step] = []

    def uniform(self, count: int, genes: NDArray[np.int64]) -> NDArray[np.float64]:
        """(P, count, longest) uniform draws in [0, 1), for vectors of ``genes`` (P,) genes; zeros beyond them."""
        return self._draw("uniform", count, genes)[self._layer_of]

    def normal(self, count: int, genes: NDArray[np.int64]) -> NDArray[np.float64]:
        """(layers, count, longest) standard normal draws, to read only; a problem takes the row of its layer."""
        return self._draw("normal", count, genes)

    def _draw(self, kind: str, count: int, genes: NDArray[np.int64]) -> NDArray[np.float64]:
        of_layer = np.zeros(len(self._shapes), dtype=np.int64)
        of_layer[self._layer_of] = genes
        step = (kind, count, of_layer.tobytes())
        self._behind.append(step)
        if len(self._past) == FIRST:
            return self._caught_up()
        self._past.append(step)
        name = (self._seed, self._shapes.tobytes(), *self._past)
        known = _kept.get(name)
        if known is None:
            while len(_kept) >= KEPT:
                _kept.pop(next(iter(_kept)), None)
            known = _kept[name] = self._caught_up()
        return known

    def _caught_up(self) -> NDArray[np.float64]:
        """What the last step draws, from streams that have made all steps before."""
        self._streams = self._streams or [
            np.random.Generator(np.random.PCG64([self._seed, *shape])) for shape in self._shapes.tolist()
        ]
        for kind, count, of_layer in self._behind:
            genes = np.frombuffer(of_layer, dtype=np.int64)
            out = np.zeros((len(genes), count, int(genes.max())))
            for row, stream, n in zip(out, self._streams, genes.tolist()):
                shares = stream.random((count, n))
                row[:, :n] = _normal(shares) if kind == "normal" else shares
        self._behind.clear()
        return out


def _normal(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard normal draws from uniform ones, which may be zero."""
    out = np.empty(shares.size)
    quantiles(np.maximum(shares.ravel(), LEAST_SHARE), out)
    return out.reshape(shares.shape)
