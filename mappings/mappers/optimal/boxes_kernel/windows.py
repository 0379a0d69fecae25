"""Rows and columns of inputs that the loops of a block bring, at least (``docs/mapping.md``, "Ragged tiles")."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import boolean, float64, int64, types

from accel_models.codes import C, G, N, P, R
from accel_models.compiled import inside
from accel_models.kernel.tiles import window_length
from mappings.mappers.optimal.boxes_kernel.state import (
    BOUNDS,
    BOX,
    JOINT_HI,
    JOINT_LO,
    PART_HI,
    PART_LO,
    TILE_HI,
    TILE_LO,
)

# Columns of a dim as a block of loops sees it: pieces inside, pieces outside, how it is spread.
(BOUND, INNER_LO, INNER_HI, OUTER_LO, OUTER_HI, PIECES_LO, PIECES_HI, PARENTS_LO, PARENTS_HI, EVEN, SPREAD_LO,
 SPREAD_HI, OWN_LO, OWN_HI, COPIES) = range(15)  # fmt: skip
# Rows of a window that a block moves, if its innermost loop is over P (or Q), or over R (or S): into the shared memory,
# and into the array.
P_SHARED, R_SHARED, P_ARRAY, R_ARRAY = range(4)
# Their columns: all steps bring what they lack of the step before (sent, got), less what steps of other loops keep
# (sent, got), the same if the loops outside the block may keep something in every step, and if no loop moves the window
# back by chance.
SENT, SENT_LEAST, GOT, GOT_LEAST, SENT_CARRIED, GOT_CARRIED, SENT_BACK, GOT_BACK = range(8)


@inside(float64(BOUNDS, int64, int64, int64, int64, int64))
def _window_sum(w, axis, a_lo, a_hi, b_lo, b_hi):
    """Least sum of window lengths over pieces of P (a) and R (b): linear in either count, so least at a corner."""
    stride, dilation = w.geometry[axis], w.geometry[axis + 2]
    outputs, taps = float(w.bound[P + axis]), float(w.bound[R + axis])
    least = np.inf
    for a in (float(a_lo), float(a_hi)):
        for b in (float(b_lo), float(b_hi)):
            least = min(least, stride * outputs * b + dilation * taps * a + a * b * (1 - stride - dilation))
    return least


@inside(float64(float64, float64, float64, float64))
def _distance(lo, hi, other_lo, other_hi):
    """Least distance between two ranges."""
    return max(0.0, other_lo - hi, lo - other_hi)


@inside(float64(float64[::1]))
def _full_parts(side):
    """Parts of a dim that are no smaller than the least of the range: all, or all but the last of each joint tile."""
    settled = side[OWN_LO] == side[OWN_HI] and side[INNER_LO] == side[INNER_HI] and side[OUTER_LO] == side[OUTER_HI]
    if settled and side[INNER_LO] % side[OWN_LO] == 0 and side[OUTER_LO] % side[INNER_LO] == 0 and side[EVEN] == 1:
        return side[SPREAD_LO]
    return max(side[PIECES_LO], side[SPREAD_LO] - side[PIECES_HI])


class Loop(NamedTuple):
    """The innermost loop of a block, over one dim of a window.

    Attributes:
        mine, other: rows of ``side``, of that dim and of the other of the window.
        step, beside: how far a unit of each moves it.
        share: of the dim that rests. rests: whether it may have no loop here.
    """

    mine: int
    other: int
    step: int
    beside: int
    share: float
    rests: bool


class Around(NamedTuple):
    """What the loops around an innermost one may do.

    Attributes:
        carry: share of those steps of outer loops that move this window alone.
        chance: whether a loop over the other dim in this block may move the window back to where it was.
        certain: whether there is such a loop in every case.
    """

    carry: float
    chance: bool
    certain: bool


@inside()
def _rows(w, loop, around, whole):
    """Rows that reach the children of a block at least, by its innermost loop, the loops around and what is there.

    ``whole`` are the rows sent and got if every step brought the whole window.

    Returns:
        Rows sent if only the loop's own steps keep something; less what steps of other loops may keep; and both got.
    """
    mine, other = w.side[loop.mine], w.side[loop.other]
    step, beside, share = loop.step, loop.beside, loop.share
    carry, chance, certain = around.carry, around.chance, around.certain
    sent, got = whole
    inner_lo, inner_hi = mine[INNER_LO], mine[INNER_HI]
    parents_lo, parents_hi = mine[PARENTS_LO], mine[PARENTS_HI]
    others = other[PIECES_HI]
    length = window_length(step, mine[OWN_HI], beside, other[OWN_HI])
    # How far the window falls back when the loop begins again: an element may have no work in the last piece.
    pieces = max(2.0, np.ceil(mine[OUTER_LO] / inner_hi))
    back_hi = step * (mine[OUTER_HI] - 1)
    back = step * inner_lo * (max(1.0, pieces - 2) if mine[COPIES] > 1 else pieces - 1)
    back_any = back if parents_hi == 1 else step * inner_lo  # of the last tile, too
    net, net_any = back, back_any
    if chance:
        net = min(net, _distance(back, back_hi, beside * other[INNER_LO], beside * other[INNER_HI]))
        net_any = min(net_any, _distance(back_any, back_hi, beside * other[INNER_LO], beside * other[INNER_HI]))
    most = length
    if parents_hi == 1 and mine[COPIES] == 1:
        last = min(mine[OWN_HI], max(1.0, mine[OUTER_HI] - (np.ceil(mine[OUTER_LO] / inner_hi) - 1) * inner_lo))
        most = window_length(step, last, beside, other[OWN_HI])
    kept, kept_any = min(most, max(0.0, length - net)), min(most, max(0.0, length - net_any))
    # Outer loops over the same window may move it on just as far as this one fell back.
    beyond = max(0.0, beside * (other[OWN_HI] - 1) + 1 - step)
    carried = 0.0
    if parents_hi > 1:
        if others == 1 and other[PARENTS_HI] == 1:
            carried = beyond
        else:
            far = _distance(step, step * inner_hi, beside * other[INNER_LO], beside * (other[BOUND] - 1))
            carried = length - (far if certain else min(far, step))
    if other[PARENTS_HI] > 1:
        nearest = beside if chance else beside * other[INNER_LO]
        furthest = step * (mine[BOUND] - 1) if parents_hi > 1 else back_hi
        carried = max(carried, length - _distance(back_any, furthest, nearest, beside * other[INNER_HI]))
    carried = max(0.0, carried)
    carried = carry * min(most, carried)
    copies = mine[COPIES] * other[COPIES]
    outer = parents_hi * other[PARENTS_HI] * copies * carried
    resting = 0.0
    if share > 0:
        resting = parents_hi if mine[OUTER_LO] < 2 * inner_hi else 1.0
    width = max(0.0, beside * (other[INNER_HI] - 1) + 1 - step)
    if length <= step * inner_lo:  # windows of consecutive steps do not overlap
        own, own_got = sent, got
        rest = step * share * mine[BOUND] * others + resting * others * width
        least = own - rest - parents_hi * others * copies * kept_any - outer
        spread = other[SPREAD_HI]
        rest = step * share * mine[BOUND] * spread + resting * mine[COPIES] * spread * beyond
        least_got = max(least, got - rest - parents_hi * mine[COPIES] * spread * kept_any - outer)
    else:
        overlap = beside * (other[BOUND] - 1) + 1 - step
        alone = others == 1 and overlap >= 0
        advances = other[PIECES_LO] * step * max(0.0, mine[BOUND] - parents_hi * inner_hi)
        if alone:
            full = parents_lo
            if mine[EVEN] == 0 and parents_hi > 1:
                full -= 1
            if mine[OUTER_LO] <= inner_hi:
                full = 0
            own = step * mine[BOUND] + parents_lo * overlap
            first = overlap - copies * max(kept, carried)
            least = step * mine[BOUND] * (1 - share) + (full * first if first > 0 else parents_hi * first)
            least += min(0.0, overlap - copies * max(kept_any, carried))
        else:
            own = other[PIECES_LO] * step * mine[BOUND]
            if step == 1:
                own += parents_lo * beside * max(0.0, other[BOUND] - others)
            else:
                own = max(0.0, own - mine[PIECES_HI] * others * (step - 1))
                advances = max(0.0, advances - mine[PIECES_HI] * others * (step - 1))
            rest = step * share * mine[BOUND] * others + resting * others * width
            least = own - rest - parents_hi * others * copies * kept_any - outer
        if mine[COPIES] == 1 and other[COPIES] > 1:
            # Elements side by side: what is new to each is new to none of the others where they stand far enough apart.
            apart = beside * other[OWN_LO]
            short = window_length(step, mine[OWN_LO], beside, other[OWN_LO])
            if step * inner_hi <= min(apart, short):
                elements = _full_parts(other)
                new = elements * step * max(0.0, mine[BOUND] - parents_hi * inner_hi)
                first = elements * max(0.0, min(short - kept_any, apart))
                least = max(least, new + max(0.0, parents_lo - resting) * first - outer)
                own = max(own, new + parents_lo * elements * min(short, apart))
        own, least = max(own, advances), max(least, advances)
        own_got, least_got = own, least
    own = min(max(own, 0.0), sent)
    least = min(max(least, 0.0), own)
    own_got = min(max(own_got, own), got)
    least_got = min(max(least_got, least), own_got)
    if loop.rests:
        least = least_got = 0.0
    return own, least, own_got, least_got


@inside(types.void(BOUNDS, int64, int64, int64[::1]))
def _see_shared(w, row, d, x):
    """A dim as the block outside the shared memory sees it."""
    side = w.side[row]
    side[BOUND] = side[OUTER_LO] = side[OUTER_HI] = w.bound[d]
    side[INNER_LO], side[INNER_HI] = x[TILE_LO], x[TILE_HI]
    side[PIECES_LO], side[PIECES_HI] = w.tiles_lo[d], w.tiles_hi[d]
    side[SPREAD_LO], side[SPREAD_HI] = w.tiles_lo[d], w.tiles_hi[d]
    side[OWN_LO], side[OWN_HI] = x[TILE_LO], x[TILE_HI]
    side[PARENTS_LO] = side[PARENTS_HI] = side[EVEN] = side[COPIES] = 1.0


@inside(types.void(BOUNDS, int64, int64, int64[::1]))
def _see_array(w, row, d, x):
    """A dim as the block outside the array sees it."""
    side = w.side[row]
    side[BOUND] = w.bound[d]
    side[OUTER_LO], side[OUTER_HI] = x[TILE_LO], x[TILE_HI]
    side[INNER_LO], side[INNER_HI] = x[JOINT_LO], x[JOINT_HI]
    side[PIECES_LO], side[PIECES_HI] = w.joints_lo[d], w.joints_hi[d]
    side[PARENTS_LO], side[PARENTS_HI] = w.tiles_lo[d], w.tiles_hi[d]
    side[EVEN] = 1.0 if x[TILE_LO] == x[TILE_HI] and w.bound[d] % x[TILE_LO] == 0 else 0.0
    side[SPREAD_LO], side[SPREAD_HI] = w.parts_lo[d], w.parts_hi[d]
    side[OWN_LO], side[OWN_HI], side[COPIES] = x[PART_LO], x[PART_HI], w.width_hi[d]


@inside(types.void(BOUNDS, BOX, int64))
def list_windows(w, b, axis):
    """Rows (or columns) of inputs that every kind of innermost loop brings: fills ``rows`` and whole sums."""
    a, r = P + axis, R + axis
    stride, dilation = w.geometry[axis], w.geometry[axis + 2]
    outputs, taps = w.bound[a], w.bound[r]
    rows = w.rows[axis]
    rows[:] = 0.0
    whole = _window_sum(w, axis, w.tiles_lo[a], w.tiles_hi[a], w.tiles_lo[r], w.tiles_hi[r])
    w.whole_shared[axis] = rows[P_SHARED, SENT] = rows[R_SHARED, SENT] = whole
    _see_shared(w, 0, a, b[a])
    _see_shared(w, 1, r, b[r])
    if w.tiles_hi[a] > 1:
        loop, around = Loop(0, 1, stride, dilation, 0.0, w.tiles_lo[a] == 1), Around(0.0, w.tiles_hi[r] > 1, False)
        own, least, _, _ = _rows(w, loop, around, (whole, whole))
        rows[P_SHARED, SENT], rows[P_SHARED, SENT_LEAST] = own, least
    if w.tiles_hi[r] > 1:
        loop, around = Loop(1, 0, dilation, stride, 0.0, w.tiles_lo[r] == 1), Around(0.0, w.tiles_hi[a] > 1, False)
        own, least, _, _ = _rows(w, loop, around, (whole, whole))
        rows[R_SHARED, SENT], rows[R_SHARED, SENT_LEAST] = own, least
    # Into the array: one read feeds all elements that want a word; where that is more than a tile without gaps, as
    # many words as a sum of two sets has at least.
    alone = w.axis[a] == 1 and w.axis[r] == 1
    solid = (w.joints_hi[r] == 1 and dilation == 1 and taps >= stride) or (stride == 1 and dilation == 1)
    if alone or solid:
        sent = _window_sum(w, axis, w.joints_lo[a], w.joints_hi[a], w.joints_lo[r], w.joints_hi[r])
    else:
        joints_a, joints_r = float(w.joints_lo[a]), float(w.joints_lo[r])
        sent = outputs * joints_r + taps * joints_a - joints_a * joints_r
    got = max(sent, _window_sum(w, axis, w.parts_lo[a], w.parts_hi[a], w.parts_lo[r], w.parts_hi[r]))
    w.whole_sent[axis], w.whole_got[axis] = sent, got
    outer = w.tiles_hi[a] > 1 or w.tiles_hi[r] > 1
    carry = 0.0
    if outer:
        carry = w.share[N] * w.share[G] * w.share[C]
        beside_a, beside_r = P + 1 - axis, R + 1 - axis
        if w.bound[beside_r] == 1 and not (w.rests[beside_a] and w.rests[beside_r]):
            carry *= w.share[beside_a]
    _see_array(w, 0, a, b[a])
    _see_array(w, 1, r, b[r])
    for kind in (P_ARRAY, R_ARRAY):
        rows[kind, SENT], rows[kind, GOT] = sent, got
        d, other, mine, beside = (a, r, 0, 1) if kind == P_ARRAY else (r, a, 1, 0)
        step, along = (stride, dilation) if kind == P_ARRAY else (dilation, stride)
        if not w.loops[d]:
            continue
        chance, certain = w.loops[other] == 1, w.share[other] == 0.0
        loop, all_of_it = Loop(mine, beside, step, along, w.share[d], w.rests[d] == 1), (sent, got)
        own, least, own_got, least_got = _rows(w, loop, Around(carry, chance, certain), all_of_it)
        rows[kind, SENT], rows[kind, GOT] = own, own_got
        rows[kind, SENT_LEAST], rows[kind, GOT_LEAST] = least, least_got
        rows[kind, SENT_CARRIED], rows[kind, GOT_CARRIED] = least, least_got
        rows[kind, SENT_BACK], rows[kind, GOT_BACK] = least, least_got
        if outer and carry < 1:
            _, least, _, least_got = _rows(w, loop, Around(1.0, chance, certain), all_of_it)
            rows[kind, SENT_CARRIED], rows[kind, GOT_CARRIED] = least, least_got
        if outer or chance:
            _, least, _, least_got = _rows(w, loop, Around(0.0, False, certain), all_of_it)
            rows[kind, SENT_BACK], rows[kind, GOT_BACK] = least, least_got


@inside(float64(BOUNDS, int64, int64, int64, boolean, float64))
def window_area(w, first, kind, beside, got, keep):
    """Rows times columns of windows, at least, if the innermost loop is of ``kind`` and over the axis ``first``.

    ``beside`` is the kind of the innermost loop over the other axis; steps of loops over neither keep a share ``keep``.
    """
    other = 1 - first
    if kind <= R_SHARED:
        whole, own, least, back = w.whole_shared[other], SENT, SENT_LEAST, SENT_LEAST
    elif got:
        whole, own, least, back = w.whole_got[other], GOT, GOT_CARRIED, GOT_BACK
    else:
        whole, own, least, back = w.whole_sent[other], SENT, SENT_CARRIED, SENT_BACK
    mine, theirs = w.rows[first, kind], w.rows[other, beside]
    words = whole * mine[least] + (mine[own] - mine[least]) * (theirs[own] - keep * (theirs[own] - theirs[least]))
    if kind >= P_ARRAY:
        # Kept by loops that move neither window or the other one alone, and more than that by those of its own.
        still = (mine[own] - mine[back]) * (whole - theirs[least])
        still += max(0.0, mine[back] - mine[least]) * (theirs[own] - theirs[back])
        words = max(words, whole * mine[own] - still)
    return words
