"""Whether a level has room for tiles, by the rule of the cost kernel."""

from __future__ import annotations

from accel_models.codes import BUFFERS, CAPACITY_WORDS, PARTITION_W, PSUM, C, I, O, P, Q, R, S
from accel_models.compiled import inside
from accel_models.kernel.tiles import window_length, words_of_element


@inside("float64(int64[::1], int64, int64, boolean, float64[:,::1], float64[::1], int64[::1])")
def _words(held, level, t, partial, levels, bits, geometry):
    """Words that tensor ``t`` takes at ``level`` by a tile of extents ``held`` (the rule of the cost kernel)."""
    words = levels[level, BUFFERS]
    if t == 0:
        words *= held[1] * held[2] * held[C] * held[R] * held[S]
    elif t == I:
        words *= held[0] * held[1] * held[C]
        words *= window_length(geometry[0], held[P], geometry[2], held[R])
        words *= window_length(geometry[1], held[Q], geometry[3], held[S])
    else:
        words *= held[0] * held[1] * held[2] * held[P] * held[Q]
    width = PSUM if t == O and partial else t
    return words * words_of_element(levels[level], bits[width], width)


@inside(
    "boolean(int64[::1], int64, boolean, float64[:,::1], boolean[:,::1], float64[::1], int64[::1], float64)",
)
def tiles_fit(held, level, partial, levels, keep, bits, geometry, taken):
    """Whether ``level`` has room for the tiles it keeps of extents ``held`` where ``taken`` words are taken already."""
    total = taken
    for t in range(3):
        if not keep[level, t]:
            continue
        words = _words(held, level, t, partial, levels, bits, geometry)
        if words > levels[level, PARTITION_W + t]:
            return False
        total += words
    return total <= levels[level, CAPACITY_WORDS]


@inside(
    "float64(int64[::1], int64, int64, boolean[::1], float64[:,::1], boolean[:,::1], float64[::1], int64[::1])",
)
def words_of_levels(held, begin, end, partial, levels, keep, bits, geometry):
    """Words of the tiles that levels ``begin..end-1`` keep, were they all of extents ``held``."""
    total = 0.0
    for level in range(begin, end):
        for t in range(3):
            if keep[level, t]:
                total += _words(held, level, t, partial[level], levels, bits, geometry)
    return total


@inside("boolean(int64[::1], int64[:,::1], int64[:,::1], boolean[:,::1], int64)")
def are_partial(bounds, tile, part, keep, level):
    """Whether a level's sums are partial (the rule of the cost kernel): for loops outside the next level that holds
    sums, or for other instances."""
    L = len(tile)
    further = level + 1
    while further < L and not keep[further, O]:
        further += 1
    for d in (C, R, S):
        extent = bounds[d]
        for outer in range(further):
            if tile[outer, d] < extent or (outer < level and part[outer, d] < tile[outer, d]):
                return True
            extent = part[outer, d]
    return False
