"""Cycles of a systolic array's pipeline (``docs/cost_model.md``, 4)."""

from __future__ import annotations

from numba import float64

from accel_models.codes import AXES_OF, AXIS_SIZE, BUFFERS, DEPENDS, C, O, R, S
from accel_models.compiled import inside
from accel_models.kernel.work import SPREAD, WORK


@inside(float64(WORK))
def pipeline_cycles(work):
    """Cycles in which a systolic array fills, skews and drains: so many for each pass of the stationary tensor.

    The array is the innermost fan-out; the tensor that the innermost temporal loops leave alone is the stationary one.
    Operands take a cycle for each place along each axis (skew and drain). A stationary W or I first comes in row by
    row, unless the level below the array is double-buffered and takes it in meanwhile.
    """
    chain, loops, levels, L = work.chain, work.loops, work.hardware, work.levels
    loop_count = work.begin[L]
    array = -1
    for level in range(L):
        for a in range(3):
            if levels[level, AXIS_SIZE + a] > 1:
                array = level
    if array < 0:
        return 0.0
    skew, rows = 0.0, levels[array, AXIS_SIZE]
    for a in range(3):
        skew += levels[array, AXIS_SIZE + a] - 1
    for d in (C, R, S):
        if chain[SPREAD + array, d] > 1:
            rows = 1.0
            for a in range(3):
                if (AXES_OF[work.axis[array, d]] >> a) & 1:
                    rows *= levels[array, AXIS_SIZE + a]
    stationary = O
    if loop_count > 0:
        for t in range(3):
            if DEPENDS[t, loops[loop_count - 1] & 7] == 0:
                stationary = t
    fill = 0.0
    if stationary != O and (array + 1 == L or levels[array + 1, BUFFERS] == 1):
        fill = rows
    passes = 1.0
    inside = True
    for i in range(loop_count - 1, -1, -1):
        d, level = loops[i] & 7, loops[i] >> 3
        inside = inside and DEPENDS[stationary, d] == 0
        if not inside:
            passes *= (chain[2 * level, d] + chain[2 * level + 1, d] - 1) // chain[2 * level + 1, d]
    return passes * (skew + fill)
