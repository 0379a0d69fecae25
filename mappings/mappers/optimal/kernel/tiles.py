"""The tiles that levels hold."""

from __future__ import annotations

from numba import float64, int64, types

from accel_models.codes import DEPENDS, I, P, R
from accel_models.compiled import inside
from accel_models.kernel.tiles import window_length
from mappings.mappers.optimal.kernel.state import SEARCH


@inside(types.void(SEARCH, int64, int64[::1]))
def place(w, level, n):
    """Let level ``level`` hold the tile of temporal trips ``n`` outside."""
    for d in range(8):
        w.n[level, d] = n[d]
        w.hold[level, d] = w.bound[d] // (w.above[level, d] * n[d])


@inside(int64(SEARCH, int64, int64))
def input_length(w, axis, c):
    """Rows or columns of the input tile of level ``c``."""
    a, b = P + axis, R + axis
    return window_length(w.geometry[axis], w.hold[c, a], w.geometry[axis + 2], w.hold[c, b])


@inside(float64(SEARCH, int64, int64))
def tile_words(w, t, level):
    """Words of a tensor in the tile of a level."""
    words = 1.0
    for d in range(8):
        if DEPENDS[t, d] == 1:
            words *= w.hold[level, d]
    if t == I:
        words *= input_length(w, 0, level) * input_length(w, 1, level)
    return words


@inside(types.void(SEARCH, int64))
def prepare_tiles(w, level):
    """The tile that a level holds at each divisor of each dim, for :func:`place_next`."""
    for d in range(8):
        for i in range(w.n_divisors[d]):
            w.tile_at[d, i] = w.bound[d] // (w.above[level, d] * w.divisors[d, i])


@inside(types.void(SEARCH, int64, int64[::1]))
def place_next(w, level, n):
    """:func:`place` node after node, from the first to the last of the lattice."""
    for d in range(8):
        w.n[level, d] = n[d]
        w.hold[level, d] = w.tile_at[d, w.digits[d]]
    advance(w)


@inside(types.void(SEARCH))
def advance(w):
    """Go to the next node; from the last to the first."""
    for d in range(8):
        w.digits[d] += 1
        if w.digits[d] < w.n_divisors[d]:
            break
        w.digits[d] = 0
