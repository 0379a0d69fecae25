"""A systolic array walked cycle by cycle: every register is there, and words move one PE a cycle.

It shares nothing with ``accel_models.systolic`` and is written to be checked by eye. A run multiplies ``A`` (M x K) by
``B`` (K x N) and returns the product, so that a wrong schedule shows as a wrong number, with the cycles it took and the
words it read and wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.int64]


@dataclass
class Walk:
    """The product, and what it took to compute it."""

    product: Matrix
    cycles: int = 0
    reads: dict[str, int] = field(default_factory=lambda: {"A": 0, "B": 0, "sums": 0})
    writes: int = 0


def pieces(extent: int, size: int) -> list[slice]:
    """Cut ``extent`` into pieces of ``size``, the last one smaller."""
    return [slice(start, min(start + size, extent)) for start in range(0, extent, size)]


def walk(A: Matrix, B: Matrix, rows: int, columns: int, stationary: str, *, padded: bool) -> Walk:
    """Run ``A @ B`` fold after fold; ``padded`` gives the unused rows and columns of a fold zeros to work on."""
    done = Walk(np.zeros((len(A), B.shape[1]), dtype=np.int64))
    written = np.zeros(done.product.shape, dtype=np.bool_)
    if stationary == "output":
        for m in pieces(len(A), rows):
            for n in pieces(B.shape[1], columns):
                done.product[m, n] = _output_fold(A[m], B[:, n], rows, columns, done, padded=padded)
                done.writes += done.product[m, n].size
        return done
    # The held matrix has the window on its rows; the streamed one passes by row for row.
    held, stream, names = (B, A, "BA") if stationary == "weight" else (A.T, B.T, "AB")
    out = done.product if stationary == "weight" else done.product.T
    seen = written if stationary == "weight" else written.T
    for k in pieces(len(held), rows):
        for n in pieces(held.shape[1], columns):
            sums = _held_fold(held[k, n], stream[:, k], rows, columns, done, names, padded=padded)
            done.reads["sums"] += int(seen[:, n].sum())
            done.writes += sums.size
            out[:, n] += sums
            seen[:, n] = True
    return done


def _held_fold(
    held: Matrix, stream: Matrix, rows: int, columns: int, done: Walk, names: str, *, padded: bool
) -> Matrix:
    """One fold of a weight- or input-stationary array; returns a row of sums for every row of ``stream``."""
    used_rows, used_columns = held.shape
    steps = len(stream)
    done.reads[names[0]] += held.size
    tile = np.zeros((rows, columns), dtype=np.int64)
    # Fill: what enters at the top moves down a row a cycle, so the lowest row enters first.
    entering = np.zeros((rows, columns), dtype=np.int64)
    entering[:used_rows, :used_columns] = held
    for row in reversed(range(rows if padded else used_rows)):
        tile = np.vstack([entering[row], tile[:-1]])
        done.cycles += 1
    assert np.array_equal(tile, entering)

    waited = columns if padded else used_columns
    data = np.zeros((rows, columns), dtype=np.int64)
    sums = np.zeros((rows, columns), dtype=np.int64)
    out = np.zeros((steps, used_columns), dtype=np.int64)
    left = 0
    cycle = 0
    while left < steps * waited:
        edge = np.zeros(rows, dtype=np.int64)
        for row in range(used_rows):
            step = cycle - row
            if 0 <= step < steps:
                edge[row] = stream[step, row]
                done.reads[names[1]] += 1
        data = np.column_stack([edge, data[:, :-1]])
        above = np.vstack([np.zeros(columns, dtype=np.int64), sums[:-1]])
        sums = above + data * tile
        for column in range(waited):
            step = cycle - (rows - 1) - column
            if 0 <= step < steps:
                if column < used_columns:
                    out[step, column] = sums[-1, column]
                left += 1
        cycle += 1
    done.cycles += cycle
    return out


def _output_fold(A: Matrix, B: Matrix, rows: int, columns: int, done: Walk, *, padded: bool) -> Matrix:
    """One fold of an output-stationary array; returns the sums that its PEs hold in the end."""
    used_rows, used_columns, window = len(A), B.shape[1], len(B)
    high, wide = (rows, columns) if padded else (used_rows, used_columns)
    right = np.zeros((high, wide), dtype=np.int64)
    down = np.zeros((high, wide), dtype=np.int64)
    sums = np.zeros((high, wide), dtype=np.int64)
    worked = np.zeros((high, wide), dtype=np.int64)
    cycle = 0
    while worked.min() < window:
        west, north = np.zeros(high, dtype=np.int64), np.zeros(wide, dtype=np.int64)
        for row in range(used_rows):
            if 0 <= cycle - row < window:
                west[row] = A[row, cycle - row]
                done.reads["A"] += 1
        for column in range(used_columns):
            if 0 <= cycle - column < window:
                north[column] = B[cycle - column, column]
                done.reads["B"] += 1
        right = np.column_stack([west, right[:, :-1]])
        down = np.vstack([north, down[:-1]])
        sums += right * down
        at = cycle - np.add.outer(np.arange(high), np.arange(wide))
        worked += (at >= 0) & (at < window)
        cycle += 1
    done.cycles += cycle
    return sums[:used_rows, :used_columns]
