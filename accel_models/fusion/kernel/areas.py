"""How many positions of a tensor are alive at every moment of every tile (:mod:`accel_models.fusion.room`).

The union of products of rows and columns is counted by what each row belongs to: rows that belong to the same products
have equally many columns alive.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, int64, types

from accel_models.compiled import entry, inside
from accel_models.fusion.kernel.lines import LINES

BELOW, ABOVE, BESIDE, MADE, READ = 1, 2, 4, 8, 16
"""Products that a row or a column belongs to; from ``READ`` on, a bit for each way that readers read columns."""


_ALIVE = types.void(
    int64[::1], boolean[:, ::1], boolean[:, ::1], LINES, int64, boolean,
    boolean[:, ::1], boolean[:, ::1], LINES, int64, boolean, int64[:, ::1],
)  # fmt: skip


@entry(_ALIVE)
def count_alive(
    readers, wanted, made, read, rows, keep, wanted_across, made_across, read_across, columns, beside, areas
):
    """:func:`alive`, for Python."""
    alive(readers, wanted, made, read, rows, keep, wanted_across, made_across, read_across, columns, beside, areas)


@inside(_ALIVE, allocates=True)
def alive(readers, wanted, made, read, rows, keep, wanted_across, made_across, read_across, columns, beside, areas):
    """Count the positions of one tensor that are alive, in every tile.

    Args:
        readers: (m,) its operands, in their order, rows of ``read`` and ``read_across``.
        wanted, made: (tiles down, positions) along rows, of which there are ``rows``; ``keep``: overlaps stay.
        wanted_across, made_across, columns, beside: the same along columns.
        areas: (m + 3, tiles) to fill: before the tile; then while none, one, .. all of the last readers have still to
            read; then as the last, while the tensor is made.
    """
    down, across, m = len(wanted), len(wanted_across), len(readers)
    way = _ways(readers, read_across)
    masks = READ << (way.max() + 1 if m else 0)
    first, last = _span(wanted, made, rows)
    first_across, last_across = _span(wanted_across, made_across, columns)
    before = np.zeros((across, 8), dtype=np.int64)
    during = np.zeros((across, masks), dtype=np.int64)
    for c in range(across):
        for q in range(columns):
            ever = last_across[q] >= 0
            done, later = first_across[q] <= c, last_across[q] > c
            of = (BELOW if done and ever else 0) | (ABOVE if later else 0) | (BESIDE if done and later else 0)
            of |= MADE if made_across[c, q] else 0
            for j in range(m):
                if read_across[readers[j], c, q]:
                    of |= READ << way[j]
            during[c, of] += 1
            done, later = first_across[q] < c, last_across[q] >= c
            of = (BELOW if done and ever else 0) | (ABOVE if later else 0) | (BESIDE if done and later else 0)
            before[c, of] += 1
    here = np.zeros(rows, dtype=np.int64)
    many = np.zeros(masks, dtype=np.int64)
    for r in range(down):
        for q in range(rows):
            of = 0
            if keep:
                of = (BELOW if first[q] <= r < last[q] else 0) | (ABOVE if first[q] < r <= last[q] else 0)
            if beside and wanted[r, q]:
                of |= BESIDE
            here[q] = of
        _count(here, many, before, areas[0], r * across)
        _count(here, many, during, areas[1], r * across)
        for pending in range(1, m + 1):
            o, bit = readers[m - pending], READ << way[m - pending]
            for q in range(rows):
                if read[o, r, q]:
                    here[q] |= bit
            _count(here, many, during, areas[1 + pending], r * across)
        for q in range(rows):
            if made[r, q]:
                here[q] |= MADE
        _count(here, many, during, areas[m + 2], r * across)


@inside(int64[::1](int64[::1], LINES), allocates=True)
def _ways(readers, read_across):
    """(m,) readers that read the same columns in every tile have the same number."""
    way = np.zeros(len(readers), dtype=np.int64)
    found = 0
    for j in range(len(readers)):
        way[j] = found
        for i in range(j):
            same = True
            for c in range(read_across.shape[1]):
                for q in range(read_across.shape[2]):
                    if read_across[readers[i], c, q] != read_across[readers[j], c, q]:
                        same = False
                        break
                if not same:
                    break
            if same:
                way[j] = way[i]
                break
        if way[j] == found:
            found += 1
    return way


@inside(types.UniTuple(int64[::1], 2)(boolean[:, ::1], boolean[:, ::1], int64), allocates=True)
def _span(wanted, made, size):
    """(positions,) the first tile that makes each, and the last that wants it; one behind all, and -1, where none."""
    first, last = np.full(size, len(made), dtype=np.int64), np.full(size, -1, dtype=np.int64)
    for r in range(len(made)):
        for q in range(size):
            if made[r, q] and first[q] > r:
                first[q] = r
            if wanted[r, q]:
                last[q] = r
    return first, last


@inside(types.void(int64[::1], int64[::1], int64[:, ::1], int64[::1], int64))
def _count(here, many, across, areas, at):
    """Positions of the union in one row of tiles, given what every row and so many columns belong to."""
    for q in range(len(here)):
        many[here[q]] += 1
    for c in range(len(across)):
        areas[at + c] = 0
    for of in range(1, len(many)):
        if many[of]:
            for c in range(len(across)):
                columns = 0
                for other in range(1, across.shape[1]):
                    if other & of:
                        columns += across[c, other]
                areas[at + c] += many[of] * columns
    for q in range(len(here)):
        many[here[q]] = 0
