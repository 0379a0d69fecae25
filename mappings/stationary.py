"""Mappings that hold one tensor still: where every dataflow, and every search here, begins.

At a level a tensor is *stationary* when the loops that do not move it are innermost, so that its tile stays in the
level below while they run. To use that well its tile there should be large and the others small; how small, one ratio
says.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.kernel import DEPENDS
from accel_models.loopnest import MappingArrays
from mappings.encoding import Encoding
from mappings.mapspace import MapSpace
from nets.layer import TENSORS

REST: Final = (0.0, 0.5)
"""Tiling ratios tried for the dims that do not belong to the stationary tensor."""


def stationary_vectors(encoding: Encoding, tensors: Sequence[str], rest: float) -> NDArray[np.float64]:
    """(P, longest) importance-encoded vectors that hold ``tensors[level]`` still below each level but the last.

    Args:
        encoding: an importance encoding.
        tensors: the tensor held by the level below each level but the last.
        rest: tiling ratio of the dims that do not move it; its own dims have the ratio 1, scaled down to fit.
    """
    space = encoding.space
    vectors = np.full((len(space), encoding.longest), 0.5)
    depth = space.depth
    for level, tensor in enumerate(tensors):
        own = DEPENDS[TENSORS.index(tensor)][space.dims] > 0  # (P, 8), in the order of each problem's genes
        for k in np.unique(space.n_dims).tolist():
            rows = np.flatnonzero(space.n_dims == k)
            mine = own[rows, :k]
            vectors[rows, level * k : (level + 1) * k] = np.where(mine, 0.75, 0.25)
            vectors[rows, (depth + level) * k : (depth + level + 1) * k] = np.where(mine, 1.0, rest)
    return vectors


def stationary_mappings(space: MapSpace, inner: Sequence[str] = TENSORS) -> tuple[MappingArrays, int]:
    """For every problem: each tensor still below the outermost level, one of ``inner`` below the others, each rest.

    Returns:
        The mappings, those of problem 0 first, and how many there are for each problem (18, or 6 for each of
        ``inner``).
    """
    encoding = Encoding.of(space, "importance")
    depth = space.depth
    choices = [
        (outer, *([within] * (depth - 2)))[: depth - 1]
        for outer, within in product(TENSORS if depth > 2 else inner, inner if depth > 2 else ("",))
    ]
    vectors = [stationary_vectors(encoding, tensors, rest) for tensors in choices for rest in REST]
    each = len(vectors)
    stacked = np.stack(vectors, axis=1).reshape(-1, encoding.longest)
    return encoding.decode(stacked, np.repeat(np.arange(len(space)), each)), each
