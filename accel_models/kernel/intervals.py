"""Lengths of unions of intervals, for what several children want is read once (``docs/cost_model.md``, 2.4)."""

from __future__ import annotations

import numpy as np
from numba import int64

from accel_models.codes import MOST_PLACES
from accel_models.compiled import inside

ROW = int64[::1]


@inside(int64(ROW, ROW, int64))
def union_of(starts, ends, n):
    """Length of the union of ``n`` half-open intervals (sorts them in place, by Shell's method where they are many)."""
    gap = 1
    while 64 * gap < n:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(gap, n):
            s, e = starts[i], ends[i]
            j = i - gap
            while j >= 0 and starts[j] > s:
                starts[j + gap] = starts[j]
                ends[j + gap] = ends[j]
                j -= gap
            starts[j + gap] = s
            ends[j + gap] = e
        gap //= 3
    total = 0
    reach = -(1 << 62)
    for i in range(n):
        begin = max(starts[i], reach)
        if ends[i] > begin:
            total += ends[i] - begin
            reach = ends[i]
    return total


@inside(allocates=True)
def union_of_combs(spacing, count, n, width):
    """Length of the union of intervals of ``width`` at every sum of multiples of ``spacing``, ``count`` of each.

    Sorts the ``n`` combs in place. -1 where they interleave at more places than ``MOST_PLACES``.
    """
    for i in range(1, n):
        s, t = spacing[i], count[i]
        j = i - 1
        while j >= 0 and spacing[j] > s:
            spacing[j + 1], count[j + 1] = spacing[j], count[j]
            j -= 1
        spacing[j + 1], count[j + 1] = s, t
    total, reach = width, width  # words of the union so far, and how far it reaches
    solid = True
    for i in range(n):
        if solid and spacing[i] <= reach:
            reach += (count[i] - 1) * spacing[i]
            total = reach
        elif spacing[i] >= reach:
            solid = False
            total *= count[i]
            reach += (count[i] - 1) * spacing[i]
        else:  # combs that interleave: place every interval
            instances = 1
            for j in range(n):
                instances *= count[j]
            if instances > MOST_PLACES:
                return -1
            starts = np.zeros(instances, dtype=np.int64)
            ends = np.empty(instances, dtype=np.int64)
            for x in range(instances):
                rest = x
                for j in range(n):
                    starts[x] += (rest % count[j]) * spacing[j]
                    rest //= count[j]
                ends[x] = starts[x] + width
            return union_of(starts, ends, instances)
    return total
