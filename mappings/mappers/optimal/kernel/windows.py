"""Rows and columns that the children of one parent want (``docs/mapping.md``, "Why the cost is what it is")."""

from __future__ import annotations

from numba import boolean, float64, int64

from accel_models.codes import P, R
from accel_models.compiled import inside
from accel_models.kernel.intervals import union_of_combs
from mappings.mappers.optimal.kernel.state import SEARCH


@inside(int64(SEARCH, int64, int64, int64, int64, boolean))
def spread_of(w, axis, p, c, width, known):
    """Length of the union, over the children of one parent, of intervals of ``width`` along rows (0) or columns (1).

    Where the tiles of the levels between are not ``known``, a lower bound: a sum of sets has at least the sum of
    their sizes less one each.
    """
    if width <= 0 or not w.apart[c]:
        return max(width, 0)
    combs = 0
    for level in range(p, c):
        for i in range(2):
            d = P + axis + 2 * i
            trips = w.spatial[level, d]
            if trips > 1:
                w.spacing[combs] = w.geometry[axis + 2 * i] * w.hold[level + 1, d]
                w.count[combs] = trips
                combs += 1
    if combs == 0:
        return width
    if not known and c > p + 1:
        for i in range(combs):
            width += w.count[i] - 1
        return width
    return max(union_of_combs(w.spacing, w.count, combs, width), 0)


@inside(int64(SEARCH, int64, int64))
def may_share(w, p, axis):
    """Whether MACs below level ``p`` may want the same row (column): one comb of single words never overlaps itself."""
    combs = 0
    for level in range(p, w.levels):
        for d in (P + axis, R + axis):
            combs += w.spatial[level, d] > 1
    return combs > 1 and w.bound[P + axis] > 1 and w.bound[R + axis] > 1


@inside(float64(SEARCH, int64, int64))
def fewest_at_macs(w, p, axis):
    """The least rows (columns) that the MACs below level ``p`` want in a step: all, unless they may share."""
    apart, together = 1.0, 1.0
    for level in range(p, w.levels):
        for d in (P + axis, R + axis):
            apart *= w.spatial[level, d]
            together += w.spatial[level, d] - 1
    return together if may_share(w, p, axis) else apart
