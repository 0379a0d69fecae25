"""What memories lack room for: tiles cut off, trips that cannot both be few (``docs/mapping.md``, "Ragged tiles")."""

from __future__ import annotations

import math

from numba import boolean, float64, int64

from accel_models.codes import DEPENDS, PSUM, C, G, I, K, N, O, P, Q, R, S, W
from accel_models.compiled import inside
from accel_models.kernel.tiles import window_length
from mappings.mappers.optimal.boxes_kernel.pieces import ceil
from mappings.mappers.optimal.boxes_kernel.state import (
    BOUNDS,
    BOX,
    JOINT_HI,
    JOINT_LO,
    LOCAL,
    PART_HI,
    PART_LO,
    SHARED,
    TILE_HI,
    TILE_LO,
    TRIPLE,
)


@inside(float64(BOX, int64, int64))
def plain_words(b, t, column):
    """Extents, multiplied, of the dims that move a tensor by whole pieces, in tiles of one column of a box."""
    words = 1.0
    for d in range(8):
        if DEPENDS[t, d] == 1:
            words *= b[d, column]
    return words


@inside(float64(BOUNDS, BOX, int64, int64))
def tile_words(w, b, t, column):
    """Words of a tensor in tiles of one column of a box."""
    words = plain_words(b, t, column)
    if t == I:
        for axis in range(2):
            words *= window_length(w.geometry[axis], b[P + axis, column], w.geometry[axis + 2], b[R + axis, column])
    return words


@inside(int64(BOUNDS, BOX, int64))
def sums_width(w, b, level):
    """What outputs are held as: sums where reduction goes on around the tile, in time or in other elements."""
    if level == LOCAL:
        return PSUM if w.bound[C] * w.bound[R] * w.bound[S] > 1 else O
    for d in (C, R, S):
        if b[d, JOINT_HI] < w.bound[d]:
            return PSUM
    return O


@inside(float64(BOUNDS, BOX, int64, int64))
def _held(w, b, level, column):
    """Words of memory that the smallest tiles of a level take."""
    words = tile_words(w, b, W, column) * w.word[level, W] + tile_words(w, b, I, column) * w.word[level, I]
    return words + tile_words(w, b, O, column) * w.word[level, sums_width(w, b, level)]


@inside(int64(BOUNDS, BOX))
def _narrow(w, b):
    """Let the ranges of a box agree with each other; whether any changed, or -1 where nothing is left."""
    before, after = 0, 0
    for d in range(8):
        for i in range(0, 6, 2):
            before += b[d, i + 1] - b[d, i]
    for d in range(8):
        x, axis = b[d], w.axis[d]
        if axis == 1:
            x[JOINT_LO] = x[PART_LO] = max(x[JOINT_LO], x[PART_LO])
            x[JOINT_HI] = x[PART_HI] = min(x[JOINT_HI], x[PART_HI])
        x[JOINT_LO] = max(x[JOINT_LO], x[PART_LO])
        x[PART_LO] = max(x[PART_LO], ceil(x[JOINT_LO], axis))
        x[TILE_LO] = max(x[TILE_LO], x[JOINT_LO])
        x[JOINT_HI] = min(x[JOINT_HI], x[TILE_HI], axis * x[PART_HI])
        x[PART_HI] = min(x[PART_HI], x[JOINT_HI])
    if w.square:  # of two transposed tilings, the one with more rows
        b[P, TILE_LO] = max(b[P, TILE_LO], b[Q, TILE_LO])
        b[Q, TILE_HI] = min(b[Q, TILE_HI], b[P, TILE_HI])
    for d in range(8):
        for i in range(0, 6, 2):
            after += b[d, i + 1] - b[d, i]
        if b[d, TILE_LO] > b[d, TILE_HI] or b[d, JOINT_LO] > b[d, JOINT_HI] or b[d, PART_LO] > b[d, PART_HI]:
            return -1
    return int(after != before)


@inside(int64(BOUNDS, BOX, int64, int64))
def _fit(w, b, level, column):
    """Cut off tiles that overflow a level even if all others are as small as they can be; as :func:`_narrow`."""
    held = _held(w, b, level, column)
    if held > w.capacity[level]:
        return -1
    changed = 0
    for d in range(8):
        x = b[d]
        lo = x[column]
        if lo == x[column + 1]:
            continue
        x[column] = lo + 1
        slope = _held(w, b, level, column) - held
        x[column] = lo
        if slope > 0:
            most = lo + int((w.capacity[level] - held) / slope + 1e-9)
            if most < x[column + 1]:
                x[column + 1] = most
                changed = 1
    return changed


@inside(boolean(BOUNDS, BOX))
def shrink(w, b):
    """Tighten a box in place; whether anything may be left of it."""
    for _ in range(3):
        changed = 0
        for step in range(3):
            if step == 0:
                answer = _narrow(w, b)
            elif step == 1:
                answer = _fit(w, b, SHARED, TILE_LO)
            else:
                answer = _fit(w, b, LOCAL, PART_LO)
            if answer < 0:
                return False
            changed += answer
        if not changed:
            return True
    return _narrow(w, b) >= 0


@inside(float64(float64, float64, float64, float64, float64))
def joint_excess(a, x, b, y, least):
    """How much more than at (x, y) the least of ``a x + b y`` is where ``x y >= least``."""
    if x * y >= least or a <= 0 or b <= 0:
        return 0.0
    at = min(max(math.sqrt(b * least / a), x), least / y)
    return a * at + b * least / at - a * x - b * y


@inside(TRIPLE(BOUNDS, BOX, int64, int64))
def tensions(w, b, level, column):
    """Products of trips that capacity allows at least: of K with N, P, Q; of K with C, R, S; of C with N, P, Q.

    For outputs, weights and inputs may each take what the smallest tiles of the other two leave.
    """
    bound, word = w.bound, w.word[level]
    weights, inputs = tile_words(w, b, W, column) * word[W], tile_words(w, b, I, column) * word[I]
    wide = word[sums_width(w, b, level)]
    outputs = tile_words(w, b, O, column) * wide
    groups = float(b[G, column])
    images, channels, taps = float(bound[N] * bound[P] * bound[Q]), float(bound[C]), float(bound[R] * bound[S])
    room, tiny = w.capacity[level], 1e-9
    return (
        bound[K] * images * groups * wide / max(room - weights - inputs, tiny),
        bound[K] * channels * taps * groups * word[W] / max(room - inputs - outputs, tiny),
        channels * images * groups * word[I] / max(room - weights - outputs, tiny),
    )
