"""How many positions of a tensor are alive at every moment of every tile (:mod:`accel_models.fusion.room`).

The union of products of rows and columns is counted by what each row and each column belongs to: rows that belong to
the same products have equally many columns alive.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, int64, types

from accel_models.compiled import entry, inside
from accel_models.fusion.kernel.lines import LINES

BELOW, ABOVE, BESIDE, MADE, WANTED = 1, 2, 4, 8, 16
"""Products that a row or a column belongs to."""
MASKS = 32


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
            read, which hold their rows in their columns together; then as the last, while the tensor is made.
    """
    down, across, m = len(wanted), len(wanted_across), len(readers)
    first, last = _span(wanted, made, rows)
    first_across, last_across = _span(wanted_across, made_across, columns)
    of_rows, of_columns = np.zeros((down, rows), dtype=np.int64), np.zeros((across, columns), dtype=np.int64)
    for r in range(down):
        for q in range(rows):
            if keep:
                of_rows[r, q] = (BELOW if first[q] <= r < last[q] else 0) | (ABOVE if first[q] < r <= last[q] else 0)
            if beside and wanted[r, q]:
                of_rows[r, q] |= BESIDE
    for c in range(across):
        for q in range(columns):
            done, later = first_across[q] < c, last_across[q] >= c
            of_columns[c, q] = _beside_of(done, later, last_across[q] >= 0)
    _count(of_rows, of_columns, areas[0])
    for c in range(across):
        for q in range(columns):
            done, later = first_across[q] <= c, last_across[q] > c
            of_columns[c, q] = _beside_of(done, later, last_across[q] >= 0)
    _count(of_rows, of_columns, areas[1])
    for pending in range(1, m + 1):
        _mark(of_rows, read[readers[m - pending]], WANTED)
        _mark(of_columns, read_across[readers[m - pending]], WANTED)
        _count(of_rows, of_columns, areas[1 + pending])
    _mark(of_rows, made, MADE)
    _mark(of_columns, made_across, MADE)
    _count(of_rows, of_columns, areas[m + 2])


@inside(int64(boolean, boolean, boolean))
def _beside_of(done, later, ever):
    """Products that a column belongs to: made by now, wanted later, wanted at all."""
    return (BELOW if done and ever else 0) | (ABOVE if later else 0) | (BESIDE if done and later else 0)


@inside(types.void(int64[:, ::1], boolean[:, ::1], int64))
def _mark(of, lines, product):
    """Let positions of each tile belong to a product."""
    for t in range(of.shape[0]):
        for q in range(of.shape[1]):
            if lines[t, q]:
                of[t, q] |= product


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


@inside(types.void(int64[:, ::1], int64[:, ::1], int64[::1]), allocates=True)
def _count(of_rows, of_columns, areas):
    """Positions of the union in every tile, given what every row and every column of each belongs to."""
    across = len(of_columns)
    columns, many = np.zeros((across, MASKS), dtype=np.int64), np.zeros(MASKS, dtype=np.int64)
    for c in range(across):
        for other in of_columns[c]:
            many[other] += 1
        for other in range(1, MASKS):
            if many[other]:
                for of in range(1, MASKS):
                    if other & of:
                        columns[c, of] += many[other]  # so many alive in a row that belongs to these products
        many[:] = 0
    areas[:] = 0
    for r in range(len(of_rows)):
        for of in of_rows[r]:
            for c in range(across):
                areas[r * across + c] += columns[c, of]
