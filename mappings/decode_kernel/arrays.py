"""Which dims run in parallel, on which axes and how wide."""

from __future__ import annotations

import numpy as np

from accel_models.codes import AXES_OF, AXIS_DIMS, AXIS_SIZE
from accel_models.compiled import inside
from mappings.decode_kernel.rankings import IMPORTANCE, read_ranking

SEVERAL = 3  # from there on a set has more than one axis
BEFORE = 3  # the row of ``share`` that holds the extents outside a fan-out; rows 0 to 2 are widths on its axes
# The number of each set of axes, by a mask with a bit each.
NUMBER_OF = np.zeros(8, dtype=np.int8)
NUMBER_OF[AXES_OF] = np.arange(len(AXES_OF))


@inside("int64(int64, int64)")
def largest_divisor(extent, most):
    """The largest divisor of ``extent`` that is at most ``most``, in as many steps as its square root at most twice."""
    pieces = (extent + most - 1) // most
    while pieces * pieces <= extent:
        if extent % pieces == 0:
            return extent // pieces
        pieces += 1
    size = min(most, extent // pieces)
    while extent % size:
        size -= 1
    return size


@inside("int64(int64, int64, int64, int64[:,::1], int64[:,:,::1], int8[:,::1])")
def whole_width(extent, level, d, width, share, axis):
    """The width at which a dim of perfect tiles runs: on each of its axes a divisor of what is left of the extent."""
    if axis[level, d] < SEVERAL:
        return largest_divisor(extent, width[level, d])
    whole = 1
    for a in range(3):
        whole *= largest_divisor(extent // whole, share[level, a, d])
    return whole


@inside(
    "void(int64[::1], float64[:,::1], boolean, float64[::1], int64, int64[::1], int64, int64, int64, int64[::1],"
    "int64[::1], int64[:,::1], int64[:,::1], int64[:,:,::1], int8[:,::1])",
)
def plan_array(
    bounds,
    levels,
    perfect,
    vector,
    encoding,
    dims,
    k,
    at,
    again_at,
    again_of,
    left,
    ranking,
    width,
    share,
    axis,
):
    """Give the axes their dims and every dim the width it should run at, outermost fan-out first.

    ``at`` is where the genes of the parallel dims start, or -1 when no axis has a choice; ``again_at`` where those
    start that let a dim run on several axes, of which ``again_of`` numbers that of each level, or is -1. Fills
    ``width`` and ``axis``, and ``share`` at levels where dims may run on several; ``left`` (8,) is memory.
    """
    for d in range(8):
        left[d] = bounds[d]
    stride = k if encoding == IMPORTANCE else 1
    for level in range(len(levels)):
        order = ranking[level]
        for i in range(k):
            order[i] = i
        if at >= 0:
            read_ranking(vector, at + level * stride, k, encoding, order)
        again = again_of[level] >= 0 and vector[again_at + again_of[level]] > 0.5
        for d in range(8):
            width[level, d] = 1
            axis[level, d] = 0
            if again:
                share[level, 0, d] = share[level, 1, d] = share[level, 2, d] = 1
                share[level, BEFORE, d] = left[d]
        taken = 0
        for a in range(3):
            room = int(levels[level, AXIS_SIZE + a])
            allowed = int(levels[level, AXIS_DIMS + a])
            for i in range(k):
                d = dims[order[i]]
                if room < 2:
                    break
                if ((taken >> d) & 1 and not again) or not (allowed >> d) & 1 or left[d] == 1:
                    continue
                wide = min(room, left[d])
                if perfect:
                    wide = largest_divisor(left[d], wide)
                if wide < 2:
                    continue
                if (taken >> d) & 1:
                    width[level, d] = min(width[level, d] * wide, share[level, BEFORE, d])
                    axis[level, d] = NUMBER_OF[AXES_OF[axis[level, d]] | (1 << a)]
                else:
                    width[level, d] = wide
                    axis[level, d] = a
                if again:
                    share[level, a, d] = wide
                taken |= 1 << d
                left[d] = (left[d] + wide - 1) // wide
                room //= wide


@inside("int64(int64, int64, int64[:,::1], int64[:,::1], int8[:,::1])")
def importance(level, d, tile, part, axis):
    """How early a dim that runs in parallel took its first axis: the wider the earlier, on several axes last."""
    return tile[level, d] // part[level, d] if axis[level, d] < SEVERAL else 1
