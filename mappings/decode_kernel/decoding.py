"""From vectors in [0, 1]^n to loop nests: one call decodes the candidates of many problems."""

from __future__ import annotations

import numpy as np

from accel_models.codes import C, R, S
from accel_models.compiled import entry
from mappings.decode_kernel.arrays import plan_array
from mappings.decode_kernel.memories import give_levels
from mappings.decode_kernel.places import gene_places
from mappings.decode_kernel.rankings import read_ranking
from mappings.decode_kernel.room import are_partial
from mappings.decode_kernel.tiles import cut_tiles


@entry(
    "void(int64, int64, int64[:,::1], int64[:,::1], float64[:,::1], float64[:,:,::1], boolean[:,:,::1],"
    "int64[::1], int64[::1], int64[:,::1], int64[::1], int64[::1], float64[:,::1], int64, boolean, boolean, boolean,"
    "int64, boolean, int64[::1],"
    "int64[:,:,::1], int64[:,:,::1], int64[:,:,::1], boolean[:,:,::1],"
    "int64[:,:,::1], int64[:,:,::1], int8[:,:,::1], int8[:,:,::1], boolean[:,:,::1])",
)
def decode(
    begin,
    end,
    bounds,
    geometry,
    bits,
    levels,
    can_keep,
    layer_of,
    accelerator_of,
    dims_of,
    n_dims,
    problem_of,
    vectors,
    encoding,
    choice,
    bypass,
    perfect,
    memories,
    uneven,
    again_of,
    low,
    high,
    rank,
    fixed,
    tile,
    part,
    order,
    axis,
    keep,
):
    """Decode candidates ``begin..end-1``; see :mod:`mappings.encoding` for the layout of a vector.

    Args:
        layer_of, accelerator_of, dims_of, n_dims: of every problem: its layer, accelerator, and dims of more than one
            trip (the first ``n_dims`` of its row).
        problem_of: (B,), which problem each vector belongs to.
        vectors: (B, n).
        encoding: ``IMPORTANCE`` or ``INDEX``. choice: some axis may run one of several dims. bypass: genes say which
            tensors a memory keeps. perfect: tiles divide.
        memories: inner ones of a machine, at most. uneven: genes say which of a memory's levels keeps which tensor.
        again_of: (L,), the number of the gene that lets dims run on several axes of a level's fan-out, or -1.
        low, high, rank, fixed: of every accelerator, as in a :class:`~mappings.constraints.ConstraintTable`.
        tile, part, order, axis, keep: arrays of a :class:`~accel_models.loopnest.MappingArrays`, filled.
    """
    L = levels.shape[1]
    left = np.empty(8, dtype=np.int64)
    width = np.ones((L, 8), dtype=np.int64)
    share = np.ones((L, 4, 8), dtype=np.int64)
    ranking = np.zeros((L, 8), dtype=np.int64)
    line = np.ones((3, 8), dtype=np.int64)
    span = np.empty((2, 8))
    choosing = bypass and not uneven
    partial = np.zeros(L, dtype=np.bool_)
    for b in range(begin, end):
        problem = problem_of[b]
        layer, at = layer_of[problem], accelerator_of[problem]
        dims, k = dims_of[problem], n_dims[problem]
        vector = vectors[b]
        per_order, tiles_at, choice_at, keep_at, ranks_at, again_at = gene_places(
            L, k, encoding, choice, bypass, memories, uneven
        )
        for level in range(L):
            for t in range(3):
                keep[b, level, t] = can_keep[at, level, t] and (level == 0 or not uneven)
                if choosing and level > 0 and not fixed[at, level, t]:
                    keep[b, level, t] = keep[b, level, t] and vector[keep_at + (level - 1) * 3 + t] >= 0.5
            for d in range(8):
                order[b, level, d] = -1
                tile[b, level, d] = 1
                part[b, level, d] = 1
            read_ranking(vector, level * per_order, k, encoding, ranking[0])
            # What constraints put further out comes first; among equals the vector decides.
            for i in range(1, k):
                item = ranking[0, i]
                j = i
                while j > 0 and rank[at, level, dims[ranking[0, j - 1]]] > rank[at, level, dims[item]]:
                    ranking[0, j] = ranking[0, j - 1]
                    j -= 1
                ranking[0, j] = item
            n = 0
            for i in range(k):
                order[b, level, n] = dims[ranking[0, i]]
                n += 1
            for d in range(8):
                if bounds[layer, d] == 1:
                    order[b, level, n] = d
                    n += 1
        if uneven:
            bypass_at = keep_at if bypass else -1
            give_levels(can_keep[at], levels[at], vector, bypass_at, ranks_at, encoding, ranking[0], keep[b])
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
            ranking,
            width,
            share,
            axis[b],
        )
        # Outputs count at the width of partial sums wherever the layer sums at all, except at a level whose share of
        # the reduction turns out to be complete: there the wider room is tried, and kept if the reduction stays
        # complete.
        reduces = bounds[layer, C] > 1 or bounds[layer, R] > 1 or bounds[layer, S] > 1
        for level in range(L):
            partial[level] = reduces
        for attempt in range(3):
            scaled = cut_tiles(
                bounds[layer],
                vector,
                perfect,
                dims,
                k,
                tiles_at,
                partial,
                low[at],
                high[at],
                width,
                share,
                axis[b],
                levels[at],
                keep[b],
                bits[layer],
                geometry[layer],
                line,
                span,
                tile[b],
                part[b],
            )
            again = attempt == 0 and scaled and reduces
            if attempt < 2 and (again or attempt == 1):
                complete, as_taken = False, True
                for level in range(1, L):
                    sums = are_partial(bounds[layer], tile[b], part[b], keep[b], level)
                    complete = complete or not sums
                    as_taken = as_taken and (partial[level] or not sums)
                    partial[level] = sums or attempt == 1
                again = complete if attempt == 0 else not as_taken
            if not again:
                break
