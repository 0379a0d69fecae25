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
from mappings.mapspace import MapSpace, empty_mappings, put, take
from mappings.relevance import TENSOR_DIMS
from nets.layer import DIMS

REST: Final = (0.0, 0.5)
"""Tiling ratios tried for the dims that are not held still."""


def stationary_vectors(
    encoding: Encoding, nests: Sequence[Sequence[Collection[str]]], rests: Sequence[float]
) -> NDArray[np.float64]:
    """(P, nests x rests, longest) importance-encoded vectors that hold dims still, the rests of a nest side by side.

    Args:
        encoding: an importance encoding.
        nests: for each level but the last, the dims whose tile in the level below stays while the others' loops run:
            their loops stand outside, and their tiling ratio is 1 (scaled down to fit).
        rests: tiling ratios of the others.
    """
    space = encoding.space
    sets = list(dict.fromkeys(frozenset(dims) for nest in nests for dims in nest))
    held = np.array([[dim in dims for dim in DIMS] for dims in sets], dtype=np.bool_).reshape(-1, len(DIMS))
    which = np.array([[sets.index(frozenset(dims)) for dims in nest] for nest in nests], dtype=np.int64)
    ratios = np.array(rests)[:, None, None]
    vectors = np.full((len(space), len(nests), len(rests), encoding.longest), 0.5)
    for k in np.unique(space.n_dims).tolist():
        rows = np.flatnonzero(space.n_dims == k)
        own = held[:, space.dims[rows, :k]]  # (sets, rows, k), in the order of each problem's genes
        outside, tile = np.where(own, 0.75, 0.25), np.where(own[:, None], 1.0, ratios)
        for level in range(which.shape[1]):
            order, tiles = level * k, (space.depth + level) * k
            vectors[rows, ..., order : order + k] = outside[which[:, level]].swapaxes(0, 1)[:, :, None]
            vectors[rows, ..., tiles : tiles + k] = np.moveaxis(tile[which[:, level]], 2, 0)
    return vectors.reshape(len(space), -1, encoding.longest)


def stationary_mappings(
    space: MapSpace, inner: Sequence[Collection[str]] = tuple(TENSOR_DIMS.values()), rests: Sequence[float] = REST
) -> tuple[MappingArrays, int]:
    """For every problem: each tensor still below the outermost level, one of ``inner`` below the others, each rest.

    Where mappings may be uneven these are still even: all tensors of a memory are held from the same place on.

    Returns:
        The mappings, those of problem 0 first, and how many there are for each problem (18 by default; on machines of
        two levels ``inner`` alone).
    """
    if space.uneven:
        even, each = stationary_mappings(space.even(), inner, rests)
        rows = np.repeat(space.accelerator_of, each)
        out = empty_mappings(len(even), space.depth)
        for on in np.unique(space.accelerator_of).tolist():
            own = np.flatnonzero(rows == on)
            put(out, own, space.from_even(take(even, own), on))
        return out, each
    encoding = Encoding.of(space, "importance")
    inside = space.depth - 2
    choices = product(TENSOR_DIMS.values(), inner) if inside > 0 else (((), dims) for dims in inner)
    nests = [[outer, *[within] * inside] if inside > 0 else [within][: space.depth - 1] for outer, within in choices]
    vectors = stationary_vectors(encoding, nests, rests)
    each = vectors.shape[1]
    return encoding.decode(vectors.reshape(-1, encoding.longest), np.repeat(np.arange(len(space)), each)), each
