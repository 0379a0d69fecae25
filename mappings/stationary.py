"""Mappings that hold some dims still: where every dataflow, and every search here, begins.

At a level a tensor is *stationary* when the loops that do not move it are innermost, so that its tile stays in the
level below while they run. To use that well its tile there should be large and the others small; how small, one ratio
says.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.loopnest import MappingArrays
from mappings.encoding import Encoding
from mappings.mapspace import MapSpace
from mappings.relevance import TENSOR_DIMS
from nets.layer import DIMS

REST: Final = (0.0, 0.5)
"""Tiling ratios tried for the dims that are not held still."""


def stationary_vectors(encoding: Encoding, still: Sequence[Collection[str]], rest: float) -> NDArray[np.float64]:
    """(P, longest) importance-encoded vectors that hold dims still.

    Args:
        encoding: an importance encoding.
        still: for each level but the last, the dims whose tile in the level below stays while the others' loops run:
            their loops stand outside, and their tiling ratio is 1 (scaled down to fit).
        rest: tiling ratio of the others.
    """
    space = encoding.space
    vectors = np.full((len(space), encoding.longest), 0.5)
    for level, dims in enumerate(still):
        own = np.isin(space.dims, [DIMS.index(dim) for dim in dims])  # (P, 8), in the order of each problem's genes
        for k in np.unique(space.n_dims).tolist():
            rows = np.flatnonzero(space.n_dims == k)
            order, tiles = level * k, (space.depth + level) * k
            vectors[rows, order : order + k] = np.where(own[rows, :k], 0.75, 0.25)
            vectors[rows, tiles : tiles + k] = np.where(own[rows, :k], 1.0, rest)
    return vectors


def stationary_mappings(
    space: MapSpace, inner: Sequence[Collection[str]] = tuple(TENSOR_DIMS.values()), rests: Sequence[float] = REST
) -> tuple[MappingArrays, int]:
    """For every problem: each tensor still below the outermost level, one of ``inner`` below the others, each rest.

    Returns:
        The mappings, those of problem 0 first, and how many there are for each problem (18 by default; on machines of
        two levels ``inner`` alone).
    """
    encoding = Encoding.of(space, "importance")
    inside = space.depth - 2
    choices = product(TENSOR_DIMS.values(), inner) if inside > 0 else (((), dims) for dims in inner)
    nests = [[outer, *[within] * inside] if inside > 0 else [within][: space.depth - 1] for outer, within in choices]
    vectors = [stationary_vectors(encoding, still, rest) for still in nests for rest in rests]
    stacked = np.stack(vectors, axis=1).reshape(-1, encoding.longest)
    return encoding.decode(stacked, np.repeat(np.arange(len(space)), len(vectors))), len(vectors)
