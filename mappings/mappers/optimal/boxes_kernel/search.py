"""Best-first search over boxes (``docs/mapping.md``, "Ragged tiles")."""

from __future__ import annotations

import math

import numpy as np
from numba import boolean, float64, int64, types

from accel_models.codes import R, S
from accel_models.compiled import entry, inside
from accel_models.compiled_math import log
from mappings.mappers.optimal.boxes_kernel.bounds import bound
from mappings.mappers.optimal.boxes_kernel.capacity import shrink
from mappings.mappers.optimal.boxes_kernel.state import BOUNDS, BOX, JOINT_HI, JOINT_LO

# What run answers: the least bound is no better than the best; there is more to do; it is that of a single tiling;
# there is no room for more boxes.
PROVEN, OPEN, POINT, FULL = 0, 1, 2, 3
COUNT, USED = 0, 1
# What a cut is worth that lifts the bound of one half only, relative to the bound.
ONE_SIDED = 1e-4
# Cuts tried for each box; all that were tried less often than that; and how much the last trial counts at least.
TRIALS = 2
TRIED = 8
FRESH = 0.05


@inside(types.void(BOX, BOX))
def _copy(box, to):
    """Write a box over another. (A slice would bring along the words for sizes that differ, and Numba's strings.)"""
    for d in range(8):
        for i in range(6):
            to[d, i] = box[d, i]


@inside(types.void(BOUNDS, BOX, int64, int64, BOX, BOX))
def _halve(w, b, d, what, low, high):
    """Cut a range of a box in two: the middle by ratio, or where a loop begins to be."""
    lo, hi = b[d, 2 * what], b[d, 2 * what + 1]
    middle = min(max(int(math.sqrt(float(lo) * hi)), lo), hi - 1)
    if what == 0:
        joint = b[d, JOINT_HI]
        if lo <= joint < hi:
            middle = joint
        elif w.axis[d] > 1 and lo < 2 * joint <= hi:
            middle = 2 * joint - 1
    _copy(b, low)
    _copy(b, high)
    low[d, 2 * what + 1] = middle
    high[d, 2 * what] = middle + 1
    if what == 2 and w.axis[d] == 1:
        low[d, JOINT_HI] = middle
        high[d, JOINT_LO] = middle + 1


@inside(int64(BOUNDS, BOX))
def _candidates(w, b):
    """Note in ``promise`` which ranges of a box are worth cutting; how many there are.

    Where it is not known whether a window dim has a loop in the block of the array, or whether the one tile left is cut
    or not, no other cut tells as much: that range is the only one.
    """
    count = 0
    w.promise[:] = 0.0
    for d in range(8):
        for what in range(3):
            lo, hi = b[d, 2 * what], b[d, 2 * what + 1]
            if lo < hi and not (what == 1 and w.axis[d] == 1):
                w.promise[3 * d + what] = log(hi / lo) + 1e-9
                count += 1
    only = -1
    for d in (R, S):
        if only < 0 and w.loops[d] and w.rests[d]:
            for what in (2, 0, 1):
                if only < 0 and w.promise[3 * d + what] > 0:
                    only = 3 * d + what
    for d in range(8):
        settled = b[d, JOINT_LO] == b[d, JOINT_HI]
        if only < 0 and w.loops[d] and w.rests[d] and settled and w.promise[3 * d] > 0:
            only = 3 * d
    if only >= 0:
        w.promise[:] = 0.0
        w.promise[only] = 1.0
    return count


@inside(boolean(BOUNDS, BOX, float64, float64))
def _cut(w, b, key, best):
    """Cut a box where the bounds of both halves rise most, into ``cut[0]`` and ``cut[1]``; false for a single tiling.

    Only the cuts that have raised bounds most so far are tried, and those that were hardly tried yet.
    """
    if not _candidates(w, b):
        return False
    low, high, low_try, high_try = w.cut[0], w.cut[1], w.cut[2], w.cut[3]
    for i in range(24):
        if w.promise[i] > 0:
            w.promise[i] = np.inf if w.tried[i] < TRIED else (w.rise[i, 0] + ONE_SIDED) * (w.rise[i, 1] + ONE_SIDED)
    most = -1.0
    trials = 0
    while True:
        i = w.promise.argmax()
        if w.promise[i] == 0 or (trials >= TRIALS and w.promise[i] < np.inf):
            break
        trials += 1
        w.promise[i] = 0.0
        _halve(w, b, i // 3, i % 3, low_try, high_try)
        under = max(bound(w, low_try), key) if shrink(w, low_try) else np.inf
        above = max(bound(w, high_try), key) if shrink(w, high_try) else np.inf
        rise_under, rise_above = min(under, best) / key - 1, min(above, best) / key - 1
        w.tried[i] += 1
        weight = max(1.0 / w.tried[i], FRESH)
        w.rise[i, 0] += weight * (rise_under - w.rise[i, 0])
        w.rise[i, 1] += weight * (rise_above - w.rise[i, 1])
        gain = (rise_under + ONE_SIDED) * (rise_above + ONE_SIDED)
        if gain > most:
            most = gain
            _copy(low_try, low)
            _copy(high_try, high)
            w.cut_bound[0], w.cut_bound[1] = under, above
    return True


@inside(types.void(float64[::1], int64[::1], int64))
def _sink(keys, heap, count):
    """Let the first of a heap sink to its place."""
    item, at = heap[0], 0
    while 2 * at + 1 < count:
        child = 2 * at + 1
        if child + 1 < count and keys[heap[child + 1]] < keys[heap[child]]:
            child += 1
        if keys[item] <= keys[heap[child]]:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = item


@entry(types.void(float64[::1], int64[::1], int64[::1]))
def drop_least(keys, heap, state):
    """Take the box of least bound out of the heap."""
    state[COUNT] -= 1
    heap[0] = heap[state[COUNT]]
    _sink(keys, heap, state[COUNT])


@entry(int64(BOUNDS, int64[:, :, ::1], float64[::1], int64[::1], int64[::1], float64, int64))
def run(w, boxes, keys, heap, state, best, limit):
    """Cut the box of least bound, ``limit`` times at most.

    Args:
        boxes: int64 (most, 8, 6). keys: (most,) their bounds. heap: int64 (most,) those that are left, as a heap.
        state: how many are left, how many rows of ``boxes`` are used.
        best: boxes whose bound is not below are not kept.
    """
    for _ in range(limit):
        if state[COUNT] == 0 or keys[heap[0]] >= best:
            return PROVEN
        if state[USED] + 1 >= len(boxes):
            return FULL
        i = heap[0]
        key = keys[i]
        bound(w, boxes[i])
        if not _cut(w, boxes[i], key, best):
            return POINT
        drop_least(keys, heap, state)
        for half in range(2):
            if w.cut_bound[half] >= best:
                continue
            if half == 1:
                i = state[USED]
                state[USED] += 1
            _copy(w.cut[half], boxes[i])
            keys[i] = w.cut_bound[half]
            at = state[COUNT]
            state[COUNT] += 1
            while at > 0 and keys[heap[(at - 1) // 2]] > keys[i]:
                heap[at] = heap[(at - 1) // 2]
                at = (at - 1) // 2
            heap[at] = i
    return OPEN
