"""Words that cross from one level to another (``docs/cost_model.md``, 2.1)."""

from __future__ import annotations

from numba import boolean, int64

from accel_models.codes import DEPENDS, C, I, K, N, P, Q, R, S, W
from accel_models.compiled import inside
from accel_models.kernel.pieces import keep_first, split, start_list
from accel_models.kernel.unsplit import own_words, still_words
from accel_models.kernel.windows import first_window, wanted_words, window
from accel_models.kernel.work import CUT, EVEN, FACTOR, PAIR, WIDTH, WORK

OWN_W, OWN_I, OWN_O = 0b11001110, 0b00001011, 0b00110111  # the dims that move a tensor by whole pieces, a bit each
STALE = -1


@inside(PAIR(WORK, int64, int64, int64, int64, int64, int64, boolean))
def _moved_plain(work, tensor, own, c, lo, hi, hi_rest, hold):
    """:func:`moved_words` for weights and outputs, of which every dim moves by whole pieces.

    Loops over the three other dims move nothing as long as no loop over a dim of the tensor lies inside; after that
    only what those leave unsplit stays.
    """
    chain, loops, steps = work.chain, work.loops, work.steps[work.summed[hi_rest]]
    mask, x, y, z = (OWN_W, N, P, Q) if tensor == W else (OWN_O, C, R, S)
    fresh = own * steps[0, x] * steps[0, y] * steps[0, z]
    if not hold:
        return own * steps[c, x] * steps[c, y] * steps[c, z], fresh
    for d in range(8):
        chain[CUT, d] = c
    i = work.begin[c] - 1
    while i >= 0 and not (mask >> (loops[i] & 7)) & 1:
        chain[CUT, loops[i] & 7] = loops[i] >> 3
        i -= 1
    moved = own * steps[chain[CUT, x], x] * steps[chain[CUT, y], y] * steps[chain[CUT, z], z]
    pending = 0
    while i >= 0:
        d = loops[i] & 7
        if (mask >> d) & 1:
            if chain[EVEN, d]:
                break  # it moves without overlap, in every step of the loops outside
            pending |= 1 << d
            chain[CUT, d] = loops[i] >> 3
            i -= 1
            continue
        own = still_words(work, pending, own, c, lo, hi)
        if own == 0:
            break
        pending = 0
        moved -= own * steps[chain[CUT, x], x] * steps[chain[CUT, y], y] * steps[chain[CUT, z], z]
        while i >= 0 and not (mask >> (loops[i] & 7)) & 1:
            chain[CUT, loops[i] & 7] = loops[i] >> 3
            i -= 1
        moved += own * steps[chain[CUT, x], x] * steps[chain[CUT, y], y] * steps[chain[CUT, z], z]
    return moved, fresh


@inside(int64(WORK, int64, int64, int64, int64, int64, int64, boolean))
def _moved_inputs(work, own, parent, c, lo, hi, hi_rest, hold):
    """:func:`moved_words` for inputs: windows of rows and columns slide, and what they keep they need not fetch."""
    chain, loops, steps = work.chain, work.loops, work.steps[work.summed[hi_rest]]
    repeats = steps[c, K]
    rows, columns = wanted_words(work, 0, parent, c, hi_rest), wanted_words(work, 1, parent, c, hi_rest)
    whole = own * repeats * rows * columns
    if not hold:
        return whole
    for d in range(8):
        chain[CUT, d] = c
    kept = 0
    for i in range(work.begin[c] - 1, -1, -1):
        d, level = loops[i] & 7, loops[i] >> 3
        if d >= P:  # a window advances; those of all dims inside fall back
            axis = d & 1
            if axis == 0 and columns == STALE:
                _, columns = window(work, 1, chain[CUT, Q], chain[CUT, S], 0, parent, c, hi_rest)
            elif axis == 1 and rows == STALE:
                _, rows = window(work, 0, chain[CUT, P], chain[CUT, R], 0, parent, c, hi_rest)
            chain[CUT, d] = level + 1
            other = own * repeats * (columns if axis == 0 else rows)
            if other:
                advance = 1 if d < R else 2
                _, held = window(work, axis, chain[CUT, P + axis], chain[CUT, R + axis], advance, parent, c, hi_rest)
                kept += other * held
            # What stays when both loops of the window fall back is computed when a loop outside asks.
            if axis == 0:
                rows = STALE
            else:
                columns = STALE
            chain[CUT, d] = level
            continue
        if (OWN_I >> d) & 1:
            if chain[EVEN, d]:
                break  # it moves without overlap, in every step of the loops outside
            chain[CUT, d] = level
            own = still_words(work, 1 << d, own, c, lo, hi)
            if own == 0:
                break
            continue
        if columns == STALE:
            _, columns = window(work, 1, chain[CUT, Q], chain[CUT, S], 0, parent, c, hi_rest)
        if rows == STALE:
            _, rows = window(work, 0, chain[CUT, P], chain[CUT, R], 0, parent, c, hi_rest)
        if rows == 0 and columns == 0:
            break
        kept += own * rows * columns * (repeats - steps[level, K])
        repeats = steps[level, K]
    return whole - kept


@inside(PAIR(WORK, int64, int64, int64, boolean, boolean, boolean))
def moved_words(work, tensor, p, c, shared, first, hold):
    """Words that cross from level ``p`` to level ``c`` (``c`` = number of levels: to the MACs).

    Args:
        shared: count words read at ``p`` (one for all children that want it); else words received by every child.
        first: count the first instance only instead of the sum over instances.
        hold: the child keeps its tile from one step to the next (MACs do not).

    Returns:
        (words moved, and for outputs words moved for the first time).
    """
    # Spatial levels summed over: for dims of the tensor (from lo), and for dims that only multiply it.
    lo, hi, hi_rest = 0, c, p if shared else c
    if first:
        lo, hi = (p, c) if shared else (0, 0)
        hi_rest = 0
        own = own_words(work, tensor, c, lo, hi)
    else:
        for d in range(8):
            work.chain[FACTOR, d] = work.chain[0, d]
        own = work.whole[tensor]
    if tensor == I:
        return _moved_inputs(work, own, p if shared else c, c, lo, hi, hi_rest, hold), 0
    return _moved_plain(work, tensor, own, c, lo, hi, hi_rest, hold)


@inside(int64(WORK, int64, int64, int64))
def first_step_words(work, tensor, p, c):
    """Words of a tensor that the first parent sends (or takes) in the first step, for all children below it."""
    chain, lists = work.chain, work.lists
    if work.fans[p] == work.fans[c]:
        return work.words[c, tensor]
    words = 1
    for d in range(8):
        if DEPENDS[tensor, d] != 1:
            continue
        if chain[2 * p + 2, d] == chain[2 * c, d]:
            words *= chain[2 * p + 1, d]  # the children share out the parent's tile
        elif chain[EVEN, d]:
            words *= chain[2 * c, d] * (chain[WIDTH + c, d] // chain[WIDTH + p, d])
        else:
            start_list(work, chain[0, d])
            n = 1
            for level in range(c):
                n = keep_first(work, n, chain[2 * level + 1, d])
                part = chain[2 * level + 2, d]
                n = split(work, n, part) if level >= p else keep_first(work, n, part)
            size = 0
            for i in range(n):
                size += lists[0, i, 0] * lists[0, i, 3]
            words *= size
    if tensor == I:
        for axis in range(2):
            words *= first_window(work, axis, p, c)
    return words
