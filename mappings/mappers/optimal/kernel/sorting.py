"""A heap sort, in place."""

from __future__ import annotations

from numba import float64, int64, types

from accel_models.compiled import inside


@inside(types.void(float64[::1], int64[::1], int64, int64))
def _sift(keys, items, begin, end):
    """Let the item at ``begin`` of a heap sink to its place."""
    root = begin
    while 2 * root + 1 < end:
        child = 2 * root + 1
        if child + 1 < end and keys[child + 1] > keys[child]:
            child += 1
        if keys[root] >= keys[child]:
            return
        keys[root], keys[child] = keys[child], keys[root]
        items[root], items[child] = items[child], items[root]
        root = child


@inside(types.void(float64[::1], int64[::1], int64))
def sort(keys, items, count):
    """Sort items by their keys, in place (a heap)."""
    for begin in range(count // 2 - 1, -1, -1):
        _sift(keys, items, begin, count)
    for end in range(count - 1, 0, -1):
        keys[0], keys[end] = keys[end], keys[0]
        items[0], items[end] = items[end], items[0]
        _sift(keys, items, 0, end)
