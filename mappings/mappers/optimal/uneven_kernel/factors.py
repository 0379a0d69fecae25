"""Factors of every candidate: what a split of a group's trips multiplies each flow and tile by."""

from __future__ import annotations

import numpy as np
from numba import float64, int64, types

from accel_models.codes import DEPENDS, PSUM, C, I, O, P
from accel_models.compiled import inside
from mappings.mappers.optimal.kernel.state import SEARCH
from mappings.mappers.optimal.uneven_kernel.state import (
    COLUMNS,
    FACTORS,
    FIRST,
    GOT_A,
    GOT_B,
    GROUPS,
    NUMBERS,
    ROWS,
    SENT_A,
    SENT_B,
    SUMS,
    TILE,
)
from mappings.mappers.optimal.uneven_kernel.windows import window_factors


@inside(types.void(SEARCH, int64, NUMBERS, NUMBERS, NUMBERS, int64[:, ::1], int64, int64[:, ::1], int64,
                   int64[:, ::1], float64[:, :, ::1]))  # fmt: skip
def weigh(w, group, levels, tensors, outer, splits_a, count_a, splits_b, count_b, slides, factors):
    """Factors (candidates, ``FACTORS``, nodes) of every pair of splits of a group's one or two dims.

    ``slides``: as :func:`lay_out` has it. ``outer[i]`` is the block up to which reduction loops make the sums of node
    ``i`` partial.
    """
    a, b = GROUPS[group, 0], GROUPS[group, 1]
    nodes = len(levels)
    for x in range(count_a):
        for y in range(count_b):
            at = x * count_b + y
            row = factors[at]
            n_a, n_b = 1, 1
            for i in range(nodes):
                n_a *= splits_a[x, i]
                n_b *= splits_b[y, i] if b >= 0 else 1
                c, t = levels[i], tensors[i]
                for f in range(FACTORS):
                    row[f, i] = 1.0
                if t == I and b >= 0:
                    sliding, block = slides[0, i], slides[1, i]
                    run, run_other = splits_a[x, block], splits_b[y, block]
                    if sliding == b:
                        run, run_other = run_other, run
                    outermost = True
                    for k in range(i):
                        outermost = outermost and w.memory[levels[k]] != w.memory[c]
                    window_factors(w, c, a - P, n_a, n_b, outermost, i, row, sliding, run, run_other)
                else:
                    for turn in range(2):
                        d, trips = (a, n_a) if turn == 0 else (b, n_b)
                        if d < 0:
                            continue
                        if DEPENDS[t, d] == 0:
                            for f in range(GOT_B + 1):
                                row[f, i] *= trips
                        else:
                            hold = float(w.bound[d] // (w.above[c, d] * trips))
                            row[TILE, i] *= hold
                            row[FIRST, i] *= hold * (w.above[c, d] // w.above[w.parent[c, t], d])
                if t == O:
                    for block in range(outer[i] + 1):
                        if a == C:
                            row[SUMS, i] *= splits_a[x, block]
                        elif b >= 0:
                            row[SUMS, i] *= splits_b[y, block]


@inside(types.void(float64[:, :, :, ::1], NUMBERS, int64[:, ::1]))
def mirror(factors, counts, kept):
    """Make the candidates of columns those of rows, where they can change places."""
    counts[COLUMNS] = counts[ROWS]
    for x in range(counts[ROWS]):
        kept[COLUMNS, x] = kept[ROWS, x]
        for f in range(FACTORS):
            of = f
            if f in (SENT_A, GOT_A):
                of = f + 1
            elif f in (SENT_B, GOT_B):
                of = f - 1
            for i in range(factors.shape[3]):
                factors[COLUMNS, x, f, i] = factors[ROWS, x, of, i]


@inside(int64(SEARCH, int64, float64[:, :, ::1], NUMBERS), allocates=True)
def thin_out(w, count, factors, kept):
    """List into ``kept`` the candidates of a group that no other is as good as in every factor; returns how many."""
    kept[0] = 0
    if count == 1:
        return 1
    nodes = factors.shape[2]
    wider_final = w.bits[PSUM] < w.bits[O]  # then more loops around sums may take less room
    row = factors.reshape(len(factors), FACTORS * nodes)
    weight = np.zeros(count)
    for x in range(count):
        for j in range(FACTORS * nodes):
            weight[x] += row[x, j]
    turn = np.argsort(weight, kind="mergesort")  # who is as good in everything weighs no more
    left = 0
    for at in range(count):
        x = turn[at]
        beaten = False
        for other in range(left):
            y = kept[other]
            as_good = True
            for j in range(FACTORS * nodes):
                if row[y, j] > row[x, j]:
                    as_good = False
                    break
            if as_good and wider_final:
                for i in range(nodes):
                    as_good = as_good and factors[y, SUMS, i] == factors[x, SUMS, i]
            if as_good:
                beaten = True
                break
        if not beaten:
            kept[left] = x
            left += 1
    return left


@inside(types.void(SEARCH, NUMBERS, NUMBERS, NUMBERS))
def reach_of_sums(w, levels, tensors, outer):
    """For each node the last block whose loops stand outside the next node of outputs, where that really stands.

    Where that is not among the nodes, what stands outside the node itself is sure to.
    """
    nodes = len(levels)
    for i in range(nodes):
        outer[i] = nodes if w.next_level[levels[i], O] == w.levels else i
        for j in range(i + 1, nodes):
            if tensors[j] == O:
                outer[i] = j
                for k in range(j + 1, nodes):
                    if w.memory[levels[k]] < w.memory[levels[j]]:
                        outer[i] = k
                break
