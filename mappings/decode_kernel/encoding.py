"""From loop nests to the vectors that decode to them."""

from __future__ import annotations

import numpy as np

from accel_models.axes import AXIS_SETS
from accel_models.compiled import entry, inside
from accel_models.compiled_math import log
from mappings.decode_kernel.arrays import SEVERAL, importance, plan_array, whole_width
from mappings.decode_kernel.memories import end_of_memory, write_levels
from mappings.decode_kernel.places import gene_places
from mappings.decode_kernel.rankings import write_ranking

# The first axis of each set.
FIRST_AXIS = np.array([axes[0] for axes in AXIS_SETS], dtype=np.int64)


@inside("int64(int64, int64[::1], float64[:,::1], int64[:,::1], int64[:,::1])")
def _ordering(level, source, levels, tile, part):
    """The level of the given mapping whose loops stand at ``level``: the innermost with loops of those it takes in."""
    begin, end = source[level], end_of_memory(level, levels)
    if level + 1 < end:
        end = max(source[level + 1], begin + 1)
    for given in range(end - 1, begin, -1):
        for d in range(8):
            if tile[given, d] < part[given - 1, d]:
                return given
    return begin


@entry(
    "void(int64[:,::1], float64[:,:,::1], int64[::1], int64[::1], int64[:,::1], int64[::1], int64[::1], int64, boolean,"
    "boolean, boolean, int64, boolean, int64[::1], boolean[:,:,::1],"
    "int64[:,:,::1], int64[:,:,::1], int8[:,:,::1], int8[:,:,::1], boolean[:,:,::1], float64[:,::1])",
)
def encode(
    bounds,
    levels,
    layer_of,
    accelerator_of,
    dims_of,
    n_dims,
    problem_of,
    encoding,
    choice,
    bypass,
    perfect,
    memories,
    uneven,
    again_of,
    can_keep,
    tile,
    part,
    order,
    axis,
    keep,
    vectors,
):
    """Write the vectors that decode to the given mappings, or to their nearest; arguments as for :func:`decode`."""
    L = levels.shape[1]
    left = np.empty(8, dtype=np.int64)
    width = np.ones((L, 8), dtype=np.int64)
    planned = np.zeros((L, 8), dtype=np.int8)
    ranking = np.zeros(8, dtype=np.int64)
    rankings = np.zeros((L, 8), dtype=np.int64)
    share = np.ones((L, 4, 8), dtype=np.int64)
    source = np.arange(L)
    for b in range(len(vectors)):
        problem = problem_of[b]
        layer, at = layer_of[problem], accelerator_of[problem]
        dims, k = dims_of[problem], n_dims[problem]
        vector = vectors[b]
        per_order, tiles_at, choice_at, keep_at, ranks_at, again_at = gene_places(
            L, k, encoding, choice, bypass, memories, uneven
        )
        if uneven:
            bypass_at = keep_at if bypass else -1
            write_levels(can_keep[at], levels[at], keep[b], bypass_at, ranks_at, encoding, ranking, vector, source)
        for level in range(L):
            n = 0
            given = _ordering(level, source, levels[at], tile[b], part[b]) if uneven else level
            for place in range(8):
                for i in range(k):
                    if dims[i] == order[b, given, place]:
                        ranking[n] = i
                        n += 1
            write_ranking(ranking, k, encoding, vector, level * per_order)
            if choice:
                # The dims that run in parallel first, axis by axis, the wider before the narrower.
                n = 0
                for a in range(4):
                    begin = n
                    for i in range(k):
                        d = dims[i]
                        runs = part[b, level, d] < tile[b, level, d]
                        if (a < 3 and runs and FIRST_AXIS[axis[b, level, d]] == a) or (a == 3 and not runs):
                            j = n
                            wide = importance(level, d, tile[b], part[b], axis[b])
                            while j > begin:
                                other = dims[ranking[j - 1]]
                                if importance(level, other, tile[b], part[b], axis[b]) >= wide:
                                    break
                                ranking[j] = ranking[j - 1]
                                j -= 1
                            ranking[j] = i
                            n += 1
                write_ranking(ranking, k, encoding, vector, choice_at + level * per_order)
            if again_of[level] >= 0:
                several = False
                for d in range(8):
                    several = several or (part[b, level, d] < tile[b, level, d] and axis[b, level, d] >= SEVERAL)
                vector[again_at + again_of[level]] = 0.75 if several else 0.25
            if bypass and not uneven and level > 0:
                for t in range(3):
                    vector[keep_at + (level - 1) * 3 + t] = 0.75 if keep[b, level, t] else 0.25
        plan_array(
            bounds[layer],
            levels[at],
            perfect,
            vector,
            encoding,
            dims,
            k,
            choice_at if choice else -1,
            again_at,
            again_of,
            left,
            rankings,
            width,
            share,
            planned,
        )
        for level in range(L - 1):
            for i in range(k):
                d = dims[i]
                extent = bounds[layer, d] if level == 0 else part[b, source[level] - 1, d]
                wide = width[level, d]
                if perfect and wide > 1:
                    wide = whole_width(extent, level, d, width, share, planned)
                most = (extent + wide - 1) // wide
                below = 1
                for inner in range(level + 1, L):
                    below *= width[inner, d]
                least = min(most, below)
                ratio = log((part[b, source[level + 1] - 1, d] + 0.5) / least) / log((most + 1) / least)
                vector[tiles_at + level * k + i] = min(max(ratio, 0.0), 1.0)
