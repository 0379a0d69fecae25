"""What nodes of inputs send and get, at least, where windows slide (``docs/mapping.md``, "Windows that slide")."""

from __future__ import annotations

from numba import boolean, float64, int64, types

from accel_models.codes import I, P, R
from accel_models.compiled import inside
from accel_models.kernel.tiles import window_length
from mappings.mappers.optimal.kernel.block_bounds import smallest_prime
from mappings.mappers.optimal.kernel.state import SEARCH
from mappings.mappers.optimal.uneven_kernel.splits import overlaps
from mappings.mappers.optimal.uneven_kernel.state import (
    ANY,
    FIRST,
    GOT_A,
    GOT_B,
    LEAST_GOT,
    LEAST_SENT,
    SENT_A,
    SENT_B,
    TILE,
)


@inside(float64(int64, int64, int64, int64, int64, boolean))
def together(width, side_a, step_a, side_b, step_b, overlap):
    """Least length of the union of the intervals that stand side by side, ``side`` of each spacing or a larger one."""
    if side_a == 1 and side_b == 1:
        return float(width)
    if not overlap:
        return float(width * side_a * side_b)  # no two of them share anything
    if side_b == 1:
        return float(width + (side_a - 1) * min(step_a, width))
    if side_a == 1:
        return float(width + (side_b - 1) * min(step_b, width))
    return float(width + side_a - 1 + side_b - 1)


@inside(int64(int64, int64, int64, int64))
def least_step(step, trips, unit, fewest):
    """The least way a window moves when a loop of ``unit`` steps and ``trips`` or fewer of ``step`` begin again."""
    least = unit + trips * step
    for inside_it in range(fewest, trips + 1):
        if trips % inside_it == 0:
            least = min(least, abs(unit - (inside_it - 1) * step))
    return least


@inside(types.void(SEARCH, int64, int64, int64, int64, boolean, int64, float64[:, ::1], int64, int64,
                   int64))  # fmt: skip
def window_factors(w, c, axis, n_a, n_b, outermost, i, row_of, sliding, run, run_other):
    """Factors of a node of inputs by its rows or columns; ``n_a`` and ``n_b`` trips of outputs and taps outside it.

    What is sent and got is the least under all orders of loops whose innermost that moves inputs is over the dim
    ``sliding``, of a block that has ``run`` trips over it and ``run_other`` over the other dim of the axis (``ANY``:
    under any order; ``NONE``: a dim that does not slide). ``outermost``: no other node of the memory stands further
    out, so all those loops stand outside its array.
    """
    a, b = P + axis, R + axis
    p = w.parent[c, I]
    hold_a, hold_b = w.bound[a] // (w.above[c, a] * n_a), w.bound[b] // (w.above[c, b] * n_b)
    stride, dilation = w.geometry[axis], w.geometry[axis + 2]
    length = window_length(stride, hold_a, dilation, hold_b)
    side_a, side_b = w.above[c, a] // w.above[p, a], w.above[c, b] // w.above[p, b]
    steps = float(n_a * n_b)
    overlap = overlaps(w, a) or overlaps(w, b)
    step_a, step_b = stride * hold_a, dilation * hold_b
    whole = together(length, side_a, step_a, side_b, step_b, overlap)
    slide_sent, slide_got = whole, float(length)
    for turn in range(2):
        d, trips, other, step = (a, n_a, n_b, step_a) if turn == 0 else (b, n_b, n_a, step_b)
        if sliding != ANY and (d != sliding or run == 1):
            continue
        if trips == 1 or not overlaps(w, d):
            continue
        # All steps of a run bring what is new. So does its first, or the window begins again at its other end; but a
        # step of the other dim may undo what falls back inside, and a step of this one what the other falls back.
        beside, beside_other = 1, 1
        if outermost:
            beside, beside_other = w.spatial[w.memory[c] - 1, d], w.spatial[w.memory[c] - 1, a + b - d]
        reach = step * beside
        near = min(reach, length)
        far, undone, undoing = near, 0, 0
        of_far, of_undone, of_undoing = 0.0, 0.0, 0.0
        if other > 1:
            part = run
            if sliding == ANY or run_other > 1:
                part = smallest_prime(trips if sliding == ANY else run)
            if w.above[c, d] == beside and w.above[c, a + b - d] == beside_other:
                unit = (step_b if turn == 0 else step_a) * beside_other
                undone = min(least_step(reach, trips, unit, part), near)
                undoing = min(least_step(unit, other, reach, 2), near)
            of_undone, of_undoing = 1.0 - 1.0 / other, 1.0 / smallest_prime(other)
            if undone < undoing:
                of_undoing = min(of_undoing, 1.0 - of_undone)
            else:
                of_undone = min(of_undone, 1.0 - of_undoing)
            of_undone, of_undoing = of_undone / part, of_undoing / part
        elif sliding != ANY:
            far = min((smallest_prime(run) - 1) * reach, length)
            of_far = 1.0 / trips
        of_near = 1.0 - of_far - of_undone - of_undoing
        got = of_near * near + of_far * far + of_undone * undone + of_undoing * undoing
        sent = of_near * together(near, side_a, step_a, side_b, step_b, overlap)
        sent += of_far * together(far, side_a, step_a, side_b, step_b, overlap)
        sent += of_undone * together(undone, side_a, step_a, side_b, step_b, overlap)
        sent += of_undoing * together(undoing, side_a, step_a, side_b, step_b, overlap)
        slide_got, slide_sent = min(slide_got, got), min(slide_sent, sent)
    least_got = max((n_a - 1) * min(step_a, length), (n_b - 1) * min(step_b, length)) + length
    all_a, all_b = n_a * side_a, n_b * side_b
    least_sent = max((all_a - 1) * min(step_a, length), (all_b - 1) * min(step_b, length)) + length
    slides, stays_sent, stays_got = (SENT_A, SENT_B, GOT_B) if axis == 0 else (SENT_B, SENT_A, GOT_A)
    row_of[slides, i] = steps * slide_sent
    row_of[slides + 2, i] = steps * slide_got
    if sliding == ANY:
        row_of[stays_sent, i] = steps * whole
        row_of[stays_got, i] = steps * length
    else:
        row_of[stays_sent, i] = steps * slide_sent
        row_of[stays_got, i] = steps * slide_got
    row_of[TILE, i] = length
    row_of[FIRST, i] = whole
    row_of[LEAST_SENT, i] = least_sent
    row_of[LEAST_GOT, i] = least_got
