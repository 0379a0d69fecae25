"""Lower bounds for boxes of ragged tilings of a machine of three levels, and best-first search over boxes, compiled.

``docs/mapping.md`` ("Ragged tiles") proves every rule used here. Everything compiled stands in this one file, because
Numba's cache does not see a change in another.

A *tiling* gives every dim three numbers: the *tile* that the shared memory holds, the *joint* tile that all elements
hold together, and the *part* that one of them holds, part <= joint <= tile <= bound, joint <= axis x part. A *box* is a
range for each of them. Its bound takes numbers of pieces from the largest tiles and capacity from the smallest. For a
single tiling it is close to the cost under the best order of loops: of each block of loops only the innermost one (or
two) are told apart.

A piece *rests* in a block if no loop of the block cuts it: the last piece of a ragged dim may, or what an element
holds that has no work in the last piece. ``share`` is how much of a dim's bound rests, at most.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from accel_models.compiled import entry, inside
from accel_models.kernel import DEPENDS
from mappings.mappers.optimal.kernel import ENERGY, LATENCY, C, G, I, K, N, O, P, Q, R, S, W

PSUM = 3
DRAM, SHARED, LOCAL = 0, 1, 2
TILE_LO, TILE_HI, JOINT_LO, JOINT_HI, PART_LO, PART_HI = range(6)
# What run answers: the least bound is no better than the best; there is more to do; it is that of a single tiling;
# there is no room for more boxes.
PROVEN, OPEN, POINT, FULL = 0, 1, 2, 3
COUNT, USED = 0, 1
# A share that is less is not worth asking which loop comes next.
LITTLE = 0.02
# What a cut is worth that lifts the bound of one half only, relative to the bound.
ONE_SIDED = 1e-4
# Cuts tried for each box; all that were tried less often than that; and how much the last trial counts at least.
TRIALS = 2
TRIED = 8
FRESH = 0.05
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
# Columns of a way to order the block of the array: weights and outputs sent and got (a constant, and a factor of what
# they cost when the block leaves them alone), inputs sent and got, what capacity adds (sent, got).
(W_SENT, W_SENT_STILL, W_GOT, W_GOT_STILL, O_SENT, O_SENT_STILL, O_GOT, O_GOT_STILL, I_SENT, I_GOT, I_SLACK, MORE,
 MORE_GOT) = range(13)  # fmt: skip
MOST_WAYS = 96

MOVES = DEPENDS != 0

BOUNDS_DTYPE = np.dtype(
    [
        # the problem
        ("bound", np.int64, (8,)),
        ("axis", np.int64, (8,)),
        ("geometry", np.int64, (4,)),
        ("objective", np.int64),
        ("fills", np.int64),
        ("drain_reads", np.int64),
        ("square", np.int64),
        ("word", np.float64, (3, 4)),
        ("capacity", np.float64, (3,)),
        ("sent_pj", np.float64, (3, 3)),
        ("got_pj", np.float64, (3, 3)),
        ("again_pj", np.float64, (3,)),
        ("outputs_pj", np.float64, (3,)),
        ("sum_pj", np.float64),
        ("fixed_pj", np.float64),
        ("static_pj", np.float64),
        ("read", np.float64, (3,)),
        ("write", np.float64, (3,)),
        ("together", np.float64, (3,)),
        ("macs", np.float64),
        ("words", np.float64, (3,)),
        ("touched", np.float64, (2,)),
        # the box at hand: tiles, joint tiles and parts of each dim, as few and as many as there can be
        ("tiles_lo", np.int64, (8,)),
        ("tiles_hi", np.int64, (8,)),
        ("joints_lo", np.int64, (8,)),
        ("joints_hi", np.int64, (8,)),
        ("parts_lo", np.int64, (8,)),
        ("parts_hi", np.int64, (8,)),
        ("first_parts", np.int64, (8,)),
        ("width_lo", np.int64, (8,)),
        ("width_hi", np.int64, (8,)),
        ("share", np.float64, (8,)),
        ("steps", np.float64, (8,)),
        ("loops", np.int64, (8,)),
        ("rests", np.int64, (8,)),
        ("idle", np.int64, (8,)),
        ("side", np.float64, (2, 15)),
        ("rows", np.float64, (2, 4, 8)),
        ("whole_shared", np.float64, (2,)),
        ("whole_sent", np.float64, (2,)),
        ("whole_got", np.float64, (2,)),
        ("way", np.float64, (MOST_WAYS, 13)),
        ("outer_pj", np.float64),
        ("inner_pj", np.float64),
        # the search: a cut under trial and the best one
        ("cut", np.int64, (4, 8, 6)),
        ("cut_bound", np.float64, (2,)),
        ("promise", np.float64, (24,)),
        ("rise", np.float64, (24, 2)),
        ("tried", np.int64, (24,)),
    ],
    align=True,
)


def new_bounds() -> Any:
    """Memory of one problem."""
    return np.zeros(1, dtype=BOUNDS_DTYPE).view(np.recarray)[0]


@inside()
def _ceil(a, b):
    return -(-a // b)


@inside()
def _parts(size, joint, part):
    """Parts of an extent that is cut into joint tiles and those into parts."""
    full = size // joint
    return full * _ceil(joint, part) + _ceil(size - full * joint, part)


@inside()
def _time(size, joint, part):
    """Steps of the busiest element over an extent."""
    full = size // joint
    return full * min(part, joint) + min(part, size - full * joint)


@inside()
def _resting(size, joint, part):
    """How much of an extent is with elements that have work in one joint tile of it only."""
    if size <= joint:
        return size
    if size >= 2 * joint:
        return 0
    return max(joint - _ceil(size - joint, part) * part, 0)


@inside()
def _describe_point(w, d, tile, joint, part):
    """Counts of a dim whose tiling is known."""
    bound = w.bound[d]
    tiles = _ceil(bound, tile)
    last = bound - (tiles - 1) * tile
    w.joints_lo[d] = w.joints_hi[d] = (tiles - 1) * _ceil(tile, joint) + _ceil(last, joint)
    w.parts_lo[d] = w.parts_hi[d] = (tiles - 1) * _parts(tile, joint, part) + _parts(last, joint, part)
    w.first_parts[d] = (tiles - 1) * _ceil(min(tile, joint), part) + _ceil(min(last, joint), part)
    w.share[d] = ((tiles - 1) * _resting(tile, joint, part) + _resting(last, joint, part)) / bound
    w.steps[d] = (tiles - 1) * _time(tile, joint, part) + _time(last, joint, part)


@inside()
def _describe_range(w, d, x):
    """Counts of a dim whose tiling is one of a range: no tiling of the range has fewer (or more)."""
    bound, fewest, most = w.bound[d], w.tiles_lo[d], w.tiles_hi[d]
    known = fewest == most
    last_lo, last_hi = 1, x[TILE_HI]
    joints = max(_ceil(bound, x[JOINT_HI]), fewest)
    first_parts = fewest
    steps = _ceil(bound, w.width_hi[d])
    if known:
        last_lo, last_hi = max(bound - (fewest - 1) * x[TILE_HI], 1), bound - (fewest - 1) * x[TILE_LO]
        in_tile, in_last = _ceil(x[TILE_LO], x[JOINT_HI]), _ceil(last_lo, x[JOINT_HI])
        joints = max(joints, (fewest - 1) * in_tile + in_last)
        first_parts = max(fewest, (fewest - 1) * _ceil(min(x[TILE_LO], x[JOINT_LO]), x[PART_HI]) + 1)
        # A joint tile takes as many steps as a part is long, but for the last one of a tile.
        tile_steps, last_steps = (in_tile - 1) * x[PART_LO] + 1, (in_last - 1) * x[PART_LO] + 1
        if in_tile == _ceil(x[TILE_HI], x[JOINT_LO]):
            tile_steps += min(x[PART_LO], max(1, x[TILE_LO] - (in_tile - 1) * x[JOINT_HI])) - 1
        if in_last == _ceil(last_hi, x[JOINT_LO]):
            last_steps += min(x[PART_LO], max(1, last_lo - (in_last - 1) * x[JOINT_HI])) - 1
        steps = max(steps, (fewest - 1) * tile_steps + last_steps)
    w.joints_lo[d], w.first_parts[d], w.steps[d] = joints, first_parts, steps
    if x[TILE_LO] < x[TILE_HI]:
        w.joints_hi[d] = min(bound, most * _ceil(x[TILE_HI], x[JOINT_LO]))
    else:
        last = bound - (fewest - 1) * x[TILE_LO]
        w.joints_hi[d] = min(bound, (fewest - 1) * _ceil(x[TILE_LO], x[JOINT_LO]) + _ceil(last, x[JOINT_LO]))
    w.parts_lo[d] = max(joints, _ceil(bound, x[PART_HI]))
    w.parts_hi[d] = min(bound, w.joints_hi[d] * w.width_hi[d])
    if x[JOINT_HI] >= x[TILE_LO]:
        w.share[d] = 1.0
        return
    share = 0.0
    if w.axis[d] > 1 and x[TILE_LO] < 2 * x[JOINT_HI]:
        share = (2 * x[JOINT_HI] - x[TILE_LO]) / x[TILE_LO]
    even = known and x[TILE_LO] == x[TILE_HI] and bound % x[TILE_LO] == 0
    if most > 1 and not even:
        share += min(x[JOINT_HI], last_hi) / bound
    w.share[d] = min(1.0, share)


@inside()
def _describe(w, b):
    """Counts of every dim."""
    for d in range(8):
        x, bound = b[d], w.bound[d]
        w.tiles_lo[d], w.tiles_hi[d] = _ceil(bound, x[TILE_HI]), _ceil(bound, x[TILE_LO])
        w.loops[d] = int(x[JOINT_LO] < x[TILE_HI])
        w.rests[d] = int(x[JOINT_HI] >= x[TILE_LO])
        w.width_lo[d] = _ceil(x[JOINT_LO], x[PART_HI])
        w.width_hi[d] = min(w.axis[d], _ceil(x[JOINT_HI], x[PART_LO]))
        even = x[TILE_LO] == x[TILE_HI] and bound % x[TILE_LO] == 0
        w.idle[d] = int(w.axis[d] > 1 and w.tiles_hi[d] > 1 and not even)
        if x[TILE_LO] == x[TILE_HI] and x[JOINT_LO] == x[JOINT_HI] and x[PART_LO] == x[PART_HI]:
            _describe_point(w, d, x[TILE_LO], x[JOINT_LO], x[PART_LO])
        else:
            _describe_range(w, d, x)


@inside()
def _window_sum(w, axis, a_lo, a_hi, b_lo, b_hi):
    """Least sum of window lengths over pieces of P (a) and R (b): linear in either count, so least at a corner."""
    stride, dilation = w.geometry[axis], w.geometry[axis + 2]
    outputs, taps = float(w.bound[P + axis]), float(w.bound[R + axis])
    least = np.inf
    for a in (float(a_lo), float(a_hi)):
        for b in (float(b_lo), float(b_hi)):
            least = min(least, stride * outputs * b + dilation * taps * a + a * b * (1 - stride - dilation))
    return least


@inside()
def _distance(lo, hi, other_lo, other_hi):
    """Least distance between two ranges."""
    return max(0.0, other_lo - hi, lo - other_hi)


@inside()
def _full_parts(side):
    """Parts of a dim that are no smaller than the least of the range: all, or all but the last of each joint tile."""
    settled = side[OWN_LO] == side[OWN_HI] and side[INNER_LO] == side[INNER_HI] and side[OUTER_LO] == side[OUTER_HI]
    if settled and side[INNER_LO] % side[OWN_LO] == 0 and side[OUTER_LO] % side[INNER_LO] == 0 and side[EVEN] == 1:
        return side[SPREAD_LO]
    return max(side[PIECES_LO], side[SPREAD_LO] - side[PIECES_HI])


@inside()
def _rows(w, a, b, step, beside, share, carry, chance, certain, rests, sent, got):
    """Rows that reach the children of a block at least, if its innermost loop is over dim ``a`` of a window.

    Args:
        a, b: rows of ``side``, of that dim and of the other of the window.
        step, beside: how far a unit of each moves it.
        share: of ``a`` that rests. carry: share of those steps of outer loops that move this window alone.
        chance: whether a loop over ``b`` in this block may move the window back to where it was.
        certain: whether there is such a loop in every case.
        rests: whether ``a`` may have no loop here. sent, got: rows if every step brought the whole window.

    Returns:
        Rows sent if only the loop's own steps keep something; less what steps of other loops may keep; and both got.
    """
    mine, other = w.side[a], w.side[b]
    inner_lo, inner_hi = mine[INNER_LO], mine[INNER_HI]
    parents_lo, parents_hi = mine[PARENTS_LO], mine[PARENTS_HI]
    others = other[PIECES_HI]
    length = step * (mine[OWN_HI] - 1) + beside * (other[OWN_HI] - 1) + 1
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
        most = step * (last - 1) + beside * (other[OWN_HI] - 1) + 1
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
            short = step * (mine[OWN_LO] - 1) + beside * (other[OWN_LO] - 1) + 1
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
    if rests:
        least = least_got = 0.0
    return own, least, own_got, least_got


@inside()
def _see_shared(w, row, d, x):
    """A dim as the block outside the shared memory sees it."""
    side = w.side[row]
    side[BOUND] = side[OUTER_LO] = side[OUTER_HI] = w.bound[d]
    side[INNER_LO], side[INNER_HI] = x[TILE_LO], x[TILE_HI]
    side[PIECES_LO], side[PIECES_HI] = w.tiles_lo[d], w.tiles_hi[d]
    side[SPREAD_LO], side[SPREAD_HI] = w.tiles_lo[d], w.tiles_hi[d]
    side[OWN_LO], side[OWN_HI] = x[TILE_LO], x[TILE_HI]
    side[PARENTS_LO] = side[PARENTS_HI] = side[EVEN] = side[COPIES] = 1.0


@inside()
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


@inside()
def _windows(w, b, axis):
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
        own, least, _, _ = _rows(
            w, 0, 1, stride, dilation, 0.0, 0.0, w.tiles_hi[r] > 1, False, w.tiles_lo[a] == 1, whole, whole
        )
        rows[P_SHARED, SENT], rows[P_SHARED, SENT_LEAST] = own, least
    if w.tiles_hi[r] > 1:
        own, least, _, _ = _rows(
            w, 1, 0, dilation, stride, 0.0, 0.0, w.tiles_hi[a] > 1, False, w.tiles_lo[r] == 1, whole, whole
        )
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
        chance, certain, rests = w.loops[other] == 1, w.share[other] == 0.0, w.rests[d] == 1
        own, least, own_got, least_got = _rows(
            w, mine, beside, step, along, w.share[d], carry, chance, certain, rests, sent, got
        )
        rows[kind, SENT], rows[kind, GOT] = own, own_got
        rows[kind, SENT_LEAST], rows[kind, GOT_LEAST] = least, least_got
        rows[kind, SENT_CARRIED], rows[kind, GOT_CARRIED] = least, least_got
        rows[kind, SENT_BACK], rows[kind, GOT_BACK] = least, least_got
        if outer and carry < 1:
            _, least, _, least_got = _rows(
                w, mine, beside, step, along, w.share[d], 1.0, chance, certain, rests, sent, got
            )
            rows[kind, SENT_CARRIED], rows[kind, GOT_CARRIED] = least, least_got
        if outer or chance:
            _, least, _, least_got = _rows(
                w, mine, beside, step, along, w.share[d], 0.0, False, certain, rests, sent, got
            )
            rows[kind, SENT_BACK], rows[kind, GOT_BACK] = least, least_got


@inside()
def _area(w, first, kind, beside, got, keep):
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


@inside()
def _score(w, pj, cycles):
    """The objective of an energy without static power and a latency."""
    if w.objective == LATENCY:
        return cycles
    energy = pj + w.static_pj * cycles
    return energy if w.objective == ENERGY else energy * cycles


@inside()
def _plain_words(b, t, column):
    """Extents, multiplied, of the dims that move a tensor by whole pieces, in tiles of one column of a box."""
    words = 1.0
    for d in range(8):
        if DEPENDS[t, d] == 1:
            words *= b[d, column]
    return words


@inside()
def _tile_words(w, b, t, column):
    """Words of a tensor in tiles of one column of a box."""
    words = _plain_words(b, t, column)
    if t == I:
        for axis in range(2):
            words *= w.geometry[axis] * (b[P + axis, column] - 1) + w.geometry[axis + 2] * (b[R + axis, column] - 1) + 1
    return words


@inside()
def _width(w, b, level):
    """What outputs are held as: sums where reduction goes on around the tile, in time or in other elements."""
    if level == LOCAL:
        return PSUM if w.bound[C] * w.bound[R] * w.bound[S] > 1 else O
    for d in (C, R, S):
        if b[d, JOINT_HI] < w.bound[d]:
            return PSUM
    return O


@inside()
def _held(w, b, level, column):
    """Words of memory that the smallest tiles of a level take."""
    words = _tile_words(w, b, W, column) * w.word[level, W] + _tile_words(w, b, I, column) * w.word[level, I]
    return words + _tile_words(w, b, O, column) * w.word[level, _width(w, b, level)]


@inside()
def _narrow(w, b):
    """Let the ranges of a box agree with each other; whether any changed, or -1 where nothing is left."""
    before, after = 0, 0
    for d in range(8):
        for i in range(0, 6, 2):
            before += b[d, i + 1] - b[d, i]
    for d in range(8):
        x, axis = b[d], w.axis[d]
        if axis == 1:
            x[JOINT_LO] = x[PART_LO] = max(x[JOINT_LO], x[PART_LO])
            x[JOINT_HI] = x[PART_HI] = min(x[JOINT_HI], x[PART_HI])
        x[JOINT_LO] = max(x[JOINT_LO], x[PART_LO])
        x[PART_LO] = max(x[PART_LO], _ceil(x[JOINT_LO], axis))
        x[TILE_LO] = max(x[TILE_LO], x[JOINT_LO])
        x[JOINT_HI] = min(x[JOINT_HI], x[TILE_HI], axis * x[PART_HI])
        x[PART_HI] = min(x[PART_HI], x[JOINT_HI])
    if w.square:  # of two transposed tilings, the one with more rows
        b[P, TILE_LO] = max(b[P, TILE_LO], b[Q, TILE_LO])
        b[Q, TILE_HI] = min(b[Q, TILE_HI], b[P, TILE_HI])
    for d in range(8):
        for i in range(0, 6, 2):
            after += b[d, i + 1] - b[d, i]
        if b[d, TILE_LO] > b[d, TILE_HI] or b[d, JOINT_LO] > b[d, JOINT_HI] or b[d, PART_LO] > b[d, PART_HI]:
            return -1
    return int(after != before)


@inside()
def _fit(w, b, level, column):
    """Cut off tiles that overflow a level even if all others are as small as they can be; as :func:`_narrow`."""
    held = _held(w, b, level, column)
    if held > w.capacity[level]:
        return -1
    changed = 0
    for d in range(8):
        x = b[d]
        lo = x[column]
        if lo == x[column + 1]:
            continue
        x[column] = lo + 1
        slope = _held(w, b, level, column) - held
        x[column] = lo
        if slope > 0:
            most = lo + int((w.capacity[level] - held) / slope + 1e-9)
            if most < x[column + 1]:
                x[column + 1] = most
                changed = 1
    return changed


@entry()
def shrink(w, b):
    """Tighten a box in place; whether anything may be left of it."""
    for _ in range(3):
        changed = 0
        for step in range(3):
            if step == 0:
                answer = _narrow(w, b)
            elif step == 1:
                answer = _fit(w, b, SHARED, TILE_LO)
            else:
                answer = _fit(w, b, LOCAL, PART_LO)
            if answer < 0:
                return False
            changed += answer
        if not changed:
            return True
    return _narrow(w, b) >= 0


@inside()
def _fill_and_drain(w, b):
    """Cycles to fill the first tiles and drain the last, at least."""
    if not w.fills:
        return 0.0
    total = 0.0
    for t in (W, I):
        tile, part = _tile_words(w, b, t, TILE_LO), _tile_words(w, b, t, PART_LO)
        total += max(tile * w.word[DRAM, t] / w.read[DRAM], tile * w.word[SHARED, t] / w.write[SHARED])
        sent = _plain_words(b, t, JOINT_LO)
        if t == I:
            for axis in range(2):
                stride, dilation = w.geometry[axis], w.geometry[axis + 2]
                outputs, taps = b[P + axis, JOINT_LO], b[R + axis, JOINT_LO]
                if (w.axis[P + axis] == 1 and w.axis[R + axis] == 1) or (dilation == 1 and taps >= stride):
                    sent *= stride * (outputs - 1) + dilation * (taps - 1) + 1
                else:
                    sent *= outputs + taps - 1
        total += max(sent * w.word[SHARED, t] / w.read[SHARED], part * w.word[LOCAL, t] / w.write[LOCAL])
    tile, joint, part = 1.0, 1.0, 1.0
    for d in (N, G, K, P, Q):
        x = b[d]
        if x[TILE_LO] == x[TILE_HI] and x[JOINT_LO] == x[JOINT_HI]:
            last = w.bound[d] - (_ceil(w.bound[d], x[TILE_LO]) - 1) * x[TILE_LO]
            tile *= last
            last -= (_ceil(last, x[JOINT_LO]) - 1) * x[JOINT_LO]
            joint *= last
            part *= min(x[PART_LO], last)
    total += max(tile * w.word[DRAM, O] / w.write[DRAM], tile * w.word[SHARED, PSUM] / w.read[SHARED])
    return total + max(joint * w.word[SHARED, O] / w.write[SHARED], part * w.word[LOCAL, PSUM] / w.read[LOCAL])


@inside()
def _joint(a, x, b, y, least):
    """How much more than at (x, y) the least of ``a x + b y`` is where ``x y >= least``."""
    if x * y >= least or a <= 0 or b <= 0:
        return 0.0
    at = min(max(math.sqrt(b * least / a), x), least / y)
    return a * at + b * least / at - a * x - b * y


@inside()
def _tensions(w, b, level, column):
    """Products of trips that capacity allows at least: of K with N, P, Q; of K with C, R, S; of C with N, P, Q.

    For outputs, weights and inputs may each take what the smallest tiles of the other two leave.
    """
    bound, word = w.bound, w.word[level]
    weights, inputs = _tile_words(w, b, W, column) * word[W], _tile_words(w, b, I, column) * word[I]
    wide = word[_width(w, b, level)]
    outputs = _tile_words(w, b, O, column) * wide
    groups = float(b[G, column])
    images, channels, taps = float(bound[N] * bound[P] * bound[Q]), float(bound[C]), float(bound[R] * bound[S])
    room, tiny = w.capacity[level], 1e-9
    return (
        bound[K] * images * groups * wide / max(room - weights - inputs, tiny),
        bound[K] * channels * taps * groups * word[W] / max(room - inputs - outputs, tiny),
        channels * images * groups * word[I] / max(room - weights - outputs, tiny),
    )


@inside()
def _product(counts, first, second, third):
    return float(counts[first]) * float(counts[second]) * float(counts[third])


@inside()
def _stationary(w, t, first, second):
    """Share of a tensor that rests in every dim but two."""
    share = 1.0
    for d in range(8):
        if MOVES[t, d] and d != first and d != second:
            share *= w.share[d]
    return share


@inside()
def _flow(w, way, t, first, second, two):
    """Trips of weights or outputs under a way to order the block of the array, sent and got.

    Each is a constant and a factor of what the trips are if the block leaves the tensor alone.
    A tensor that the innermost loop moves is moved in full, but for what rests; of that the second loop moves its
    share; what is left comes at least once for each tile of the shared memory.
    """
    x, y, z = (N, P, Q) if t == W else (C, R, S)
    at = W_SENT if t == W else O_SENT
    resting = _stationary(w, t, first, second if two else -1)
    for side in range(2):
        once = _product(w.tiles_lo, x, y, z) if side == 0 else _product(w.first_parts, x, y, z)
        every = _product(w.joints_lo, x, y, z) if side == 0 else _product(w.parts_lo, x, y, z)
        constant, still = (1 - resting) * once, resting
        moved_first = first >= 0 and MOVES[t, first]
        if two and second >= 0 and MOVES[t, second]:
            share, often = w.share[second], every
            if first >= 0 and not moved_first:  # the innermost loop leaves it alone
                if side == 0:
                    often = every / w.joints_lo[first] * w.tiles_lo[first]
                else:
                    often = every / w.parts_lo[first] * w.first_parts[first]
            constant, still = (1 - share) * often + share * constant, share * still
        if moved_first:
            share = w.share[first]
            constant, still = (1 - share) * every + share * constant, share * still
        way[at + 2 * side], way[at + 2 * side + 1] = constant, still


@inside()
def _partly(w, way, t, first, crosses):
    """Where some loop of a kind stands outside one that moves the tensor, its trips count in full."""
    x, y, z = (N, P, Q) if t == W else (C, R, S)
    sent, got = np.inf, np.inf
    for d in (x, y, z):
        if w.loops[d] and d != first:
            sent = min(sent, _product(w.tiles_lo, x, y, z) / w.tiles_lo[d] * w.joints_lo[d])
            got = min(got, _product(w.first_parts, x, y, z) / w.first_parts[d] * w.parts_lo[d])
    at = W_SENT if t == W else O_SENT
    if (1 - crosses) * sent > way[at] + way[at + 1] * _product(w.tiles_lo, x, y, z):
        way[at], way[at + 1] = (1 - crosses) * sent, 0.0
    if (1 - crosses) * got > way[at + 2] + way[at + 3] * _product(w.first_parts, x, y, z):
        way[at + 2], way[at + 3] = (1 - crosses) * got, 0.0


@inside()
def _inputs(w, way, first, second, two, inside_all):
    """Words of inputs under a way to order the block of the array, sent and got."""
    sent, got = 0.0, 0.0
    all_sent, all_got = w.whole_sent[0] * w.whole_sent[1], w.whole_got[0] * w.whole_got[1]
    often, often_got = float(w.joints_lo[K]), float(w.parts_lo[K])
    share = w.share[first] if first >= 0 else 1.0
    then = w.share[second] if two and second >= 0 else 1.0
    if first in (N, G, C):
        sent, got = (1 - share) * all_sent, (1 - share) * all_got
        if two and second in (N, G, C):
            sent, got = sent + share * (1 - then) * all_sent, got + share * (1 - then) * all_got
        elif two and second >= P:
            axis, kind = (second - P) % 2, P_ARRAY if second < R else R_ARRAY
            sent += share * w.rows[axis, kind, SENT_CARRIED] * w.whole_sent[1 - axis]
            got += share * w.rows[axis, kind, GOT_CARRIED] * w.whole_got[1 - axis]
    elif first >= P:
        axis, kind = (first - P) % 2, P_ARRAY if first < R else R_ARRAY
        rows, beside = w.rows[axis, kind], P_ARRAY if second < R else R_ARRAY
        if inside_all:
            keep = w.share[N] if kind == P_ARRAY else w.share[C]
            sent, got = _area(w, axis, kind, kind, False, keep), _area(w, axis, kind, kind, True, keep)
        elif two and second >= P and (second - P) % 2 != axis:
            sent, got = _area(w, axis, kind, beside, False, 1.0), _area(w, axis, kind, beside, True, 1.0)
        elif two and second in (N, G, C):
            sent = w.whole_sent[1 - axis] * (rows[SENT] - then * (rows[SENT] - rows[SENT_CARRIED]))
            got = w.whole_got[1 - axis] * (rows[GOT] - then * (rows[GOT] - rows[GOT_CARRIED]))
        else:
            sent, got = w.whole_sent[1 - axis] * rows[SENT_LEAST], w.whole_got[1 - axis] * rows[GOT_LEAST]
    elif first == K:
        often, often_got = float(w.tiles_lo[K]), float(w.first_parts[K])
        sent, got = np.inf, np.inf
        quiet = not two
        for d in range(8):
            if d == K:
                continue
            quiet = quiet and w.rests[d] == 1
            if not w.loops[d] or (two and d != second):
                continue
            if d < P:
                sent, got = min(sent, (1 - w.share[d]) * all_sent), min(got, (1 - w.share[d]) * all_got)
            else:
                axis, kind = (d - P) % 2, P_ARRAY if d < R else R_ARRAY
                sent = min(sent, w.rows[axis, kind, SENT_LEAST] * w.whole_sent[1 - axis])
                got = min(got, w.rows[axis, kind, GOT_LEAST] * w.whole_got[1 - axis])
        if quiet or sent == np.inf:
            sent, got = 0.0, 0.0
    plain = float(w.bound[N] * w.bound[G] * w.bound[C])
    way[I_SENT], way[I_GOT] = plain * often * sent, plain * often_got * got


@inside()
def _capacity_ways(w, way, first, tensions, tensions_got):
    """What capacity adds to two flows that the innermost loop moves in full: their trips cannot both be few."""
    left = 1 - w.share[first]
    way[I_SLACK] = 0.0
    for side in range(2):
        counts = w.joints_lo if side == 0 else w.parts_lo
        pj = w.sent_pj[LOCAL] if side == 0 else w.got_pj[LOCAL]
        images, sums, filters = _product(counts, N, P, Q), _product(counts, C, R, S), float(counts[K])
        weights, outputs = w.words[W] * pj[W] * left, w.words[O] * pj[O] * left
        inputs = way[I_SENT + side] * pj[I] / filters
        least = tensions if side == 0 else tensions_got
        if first == K:
            more = _joint(weights, images, outputs, sums, least[2])
        elif first in (N, P, Q):
            more = _joint(outputs, sums, inputs, filters, least[1])
        else:
            more = _joint(weights, images, inputs, filters, least[0])
        way[MORE + side] = more
    way[I_SLACK] = 0.0 if first == K else 1.0


@inside()
def _list_ways(w, b):
    """List the ways to order the block of the array that a bound tells apart; how many there are."""
    count = 0
    crosses_w, crosses_o, moving_w, moving_o, quiet = 0.0, 0.0, False, False, True
    inner_w, inner_o = 0, 0
    for d in range(8):
        quiet = quiet and w.rests[d] == 1
        if not w.loops[d]:
            continue
        if MOVES[W, d]:
            crosses_w, moving_w = max(crosses_w, w.share[d]), True
        else:
            inner_w += 1
        if MOVES[O, d]:
            crosses_o, moving_o = max(crosses_o, w.share[d]), True
        else:
            inner_o += 1
    got = _tensions(w, b, LOCAL, PART_LO)
    images, sums, filters = _product(w.width_hi, N, P, Q), _product(w.width_hi, C, R, S), float(w.width_hi[K])
    sent = (got[0] / (filters * images), got[1] / (filters * sums), got[2] / (images * sums))
    for first in range(-1, 8):
        if (first < 0 and not quiet) or (first >= 0 and not w.loops[first]):
            continue
        if first >= 0 and w.share[first] > LITTLE:
            for second in range(-1, 8):
                if second == first or (second >= 0 and not w.loops[second]):
                    continue
                if second < 0:
                    others = True
                    for d in range(8):
                        others = others and (d == first or w.rests[d] == 1)
                    if not others:
                        continue
                way = w.way[count]
                _flow(w, way, W, first, second, True)
                _flow(w, way, O, first, second, True)
                _inputs(w, way, first, second, True, False)
                way[MORE] = way[MORE_GOT] = way[I_SLACK] = 0.0
                count += 1
            continue
        kinds = 1
        if (first in (N, P, Q) and inner_w > 1 and moving_w) or (first in (C, R, S) and inner_o > 1 and moving_o):
            kinds = 2
        for kind in range(kinds):
            way = w.way[count]
            _flow(w, way, W, first, -1, False)
            _flow(w, way, O, first, -1, False)
            if kind == 1:
                if first in (N, P, Q):
                    _partly(w, way, W, first, crosses_w)
                else:
                    _partly(w, way, O, first, crosses_o)
            _inputs(w, way, first, -1, False, kind == 0)
            way[MORE] = way[MORE_GOT] = way[I_SLACK] = 0.0
            if first >= 0:
                _capacity_ways(w, way, first, sent, got)
            count += 1
    return count


@inside()
def _shared_inputs(w, stays, head):
    """Rows times columns that the block outside the shared memory brings.

    N, P and Q stand innermost where W stays, C, R and S where O does, K where I does; only ``head`` of them, if given.
    """
    words = np.inf
    whole = w.whole_shared[0] * w.whole_shared[1]
    for kind in (P_SHARED, R_SHARED):
        plain, first = (N, P) if kind == P_SHARED else (C, R)
        if (kind == P_SHARED and stays == O) or (kind == R_SHARED and stays == W):
            continue
        if stays != I and w.tiles_hi[plain] > 1 and head in (-1, plain):
            words = min(words, whole)
        for axis in range(2):
            d = first + axis
            if w.tiles_hi[d] == 1:
                continue
            if stays == I:
                words = min(words, w.rows[axis, kind, SENT_LEAST] * w.whole_shared[1 - axis])
            elif head < 0:
                words = min(words, _area(w, axis, kind, kind, False, 0.0 if w.tiles_lo[plain] > 1 else 1.0))
            elif head == d:
                words = min(words, w.rows[axis, kind, SENT_LEAST] * w.whole_shared[1 - axis])
    if stays == I:
        words = min(words, whole)
    return words


@inside()
def _rest_of(w, stays, head):
    """Fewest trips of a loop that leaves a tensor in place, other than ``head``; ``inf`` if there is none."""
    least = np.inf
    for d in range(8):
        if d != head and not MOVES[stays, d] and w.tiles_hi[d] > 1:
            least = min(least, float(max(w.tiles_lo[d], 2)))
    return least


@inside()
def _idle(w, t):
    """Whether elements may have no work in some tile of the shared memory, and then keep what they hold of a tensor."""
    idle = 0
    for d in range(8):
        if MOVES[t, d]:
            idle += w.idle[d]
    return idle > 0


@inside()
def _gaps(w):
    """Whether a tile of the shared memory may hold inputs that no element wants."""
    for axis in range(2):
        outputs, taps = w.bound[P + axis], w.bound[R + axis]
        stride, dilation = w.geometry[axis], w.geometry[axis + 2]
        if outputs > 1 and stride > 1 and (stride > taps or w.tiles_hi[R + axis] > 1):
            return True
        if taps > 1 and dilation > 1:
            return True
    return False


@entry()
def bound(w, b):
    """A lower bound on the objective of every tiling in a box, under every order of loops.

    Leaves energies of what crosses into the shared memory and into the array in ``outer_pj`` and ``inner_pj``.
    """
    _describe(w, b)
    _windows(w, b, 0)
    _windows(w, b, 1)
    ways = _list_ways(w, b)
    compute = 1.0
    for d in range(8):
        compute *= w.steps[d]
    plain = float(w.bound[N] * w.bound[G] * w.bound[C])
    least_inputs = plain * w.touched[0] * w.touched[1]
    gaps = _gaps(w)
    idle_w, idle_i, idle_o = _idle(w, W), _idle(w, I), _idle(w, O)
    shares = _product(w.width_hi, C, R, S)
    fixed = w.fixed_pj - min(w.macs, w.words[O] * shares) * w.sum_pj
    fill = _fill_and_drain(w, b)
    tension = _tensions(w, b, SHARED, TILE_LO)
    images, sums, filters = _product(w.tiles_lo, N, P, Q), _product(w.tiles_lo, C, R, S), float(w.tiles_lo[K])
    first_images, first_sums = _product(w.first_parts, N, P, Q), _product(w.first_parts, C, R, S)
    wide_images, wide_sums = _product(w.width_lo, N, P, Q), _product(w.width_lo, C, R, S)
    into, array, back = w.sent_pj[SHARED] + w.got_pj[SHARED], w.sent_pj[LOCAL], w.got_pj[LOCAL]
    best = np.inf
    for order in range(9):
        # N, P, Q inside all other loops of the outer block (0), or some of them with N, P or Q innermost (1 to 3); the
        # same of C, R, S (4 to 7); K innermost, or no loop (8).
        stays = W if order < 4 else (O if order < 8 else I)
        head = -1
        if 0 < order < 4:
            head = N if order == 1 else P + order - 2
        elif 4 < order < 8:
            head = C if order == 5 else R + order - 6
        rest = 1.0
        if stays != I:
            if head >= 0 and w.tiles_hi[head] == 1:
                continue
            rest = _rest_of(w, stays, head)
            if rest == np.inf:
                continue
            if head < 0:
                rest = 1.0
        weights = w.words[W] * (rest if stays == W else images)
        outputs = w.words[O] * (rest if stays == O else sums)
        inputs = max(least_inputs, plain * _shared_inputs(w, stays, head) * (1.0 if stays == I else filters))
        again = outputs - w.words[O]
        outer_pj = weights * into[W] + inputs * into[I] + outputs * into[O] + w.outputs_pj[SHARED]
        if stays == O:
            outer_pj += _joint(w.words[W] * into[W], images, inputs * into[I] / filters, filters, tension[0])
        elif stays == W:
            outer_pj += _joint(w.words[O] * into[O], sums, inputs * into[I] / filters, filters, tension[1])
        else:
            outer_pj += _joint(w.words[W] * into[W], images, w.words[O] * into[O], sums, tension[2])
        reads = weights * w.word[DRAM, W] + inputs * w.word[DRAM, I] + again * w.word[DRAM, PSUM]
        writes = again * w.word[DRAM, PSUM] + w.words[O] * w.word[DRAM, O]
        dram = max(reads / w.read[DRAM], writes / w.write[DRAM], (reads + writes) / w.together[DRAM])
        filled = weights * w.word[SHARED, W] + inputs * w.word[SHARED, I] + again * w.word[SHARED, PSUM]
        still_w, still_got_w = (1.0, wide_images) if stays == W or idle_w else (images, first_images)
        still_o, still_got_o = (1.0, wide_sums) if stays == O or idle_o else (sums, first_sums)
        floor_w, floor_o = w.words[W] if idle_w else weights, w.words[O] if idle_o else outputs
        floor_i = least_inputs if gaps or idle_i else inputs
        for i in range(ways):
            way = w.way[i]
            sent_w = max(floor_w, w.words[W] * (way[W_SENT] + way[W_SENT_STILL] * still_w))
            got_w = max(sent_w, w.words[W] * (way[W_GOT] + way[W_GOT_STILL] * still_got_w))
            sent_o = max(floor_o, w.words[O] * (way[O_SENT] + way[O_SENT_STILL] * still_o))
            got_o = max(sent_o, w.words[O] * (way[O_GOT] + way[O_GOT_STILL] * still_got_o))
            sent_i = max(floor_i, way[I_SENT])
            got_i = max(sent_i, way[I_GOT])
            returned = sent_o - w.words[O]
            inner_pj = sent_w * array[W] + got_w * back[W] + sent_i * array[I] + got_i * back[I]
            inner_pj += sent_o * array[O] + got_o * back[O] + w.outputs_pj[LOCAL]
            inner_pj += max(got_o - w.words[O] * shares, returned, 0.0) * w.again_pj[LOCAL]
            # The bound on inputs may be above what their trips say already.
            inner_pj += max(0.0, way[MORE] - way[I_SLACK] * (sent_i - way[I_SENT]) * array[I])
            inner_pj += max(0.0, way[MORE_GOT] - way[I_SLACK] * (got_i - way[I_GOT]) * back[I])
            reads = sent_w * w.word[SHARED, W] + sent_i * w.word[SHARED, I] + returned * w.word[SHARED, PSUM]
            if w.drain_reads:
                reads += outputs * w.word[SHARED, PSUM]
            writes = filled + returned * w.word[SHARED, PSUM] + w.words[O] * w.word[SHARED, O]
            busy = max(reads / w.read[SHARED], writes / w.write[SHARED], (reads + writes) / w.together[SHARED])
            score = _score(w, fixed + outer_pj + inner_pj, max(compute, dram, busy) + fill)
            if score < best:
                best = score
                w.outer_pj, w.inner_pj = outer_pj, inner_pj
    return best


@inside()
def _halve(w, b, d, what, low, high):
    """Cut a range of a box in two: the middle by ratio, or where a loop begins to be."""
    lo, hi = b[d, 2 * what], b[d, 2 * what + 1]
    middle = min(max(int(math.sqrt(float(lo) * hi)), lo), hi - 1)
    if what == 0:
        joint = b[d, JOINT_HI]
        if lo <= joint < hi:
            middle = joint
        elif w.axis[d] > 1 and lo < 2 * joint <= hi:
            middle = 2 * joint - 1
    low[:] = b
    high[:] = b
    low[d, 2 * what + 1] = middle
    high[d, 2 * what] = middle + 1
    if what == 2 and w.axis[d] == 1:
        low[d, JOINT_HI] = middle
        high[d, JOINT_LO] = middle + 1


@inside()
def _candidates(w, b):
    """Note in ``promise`` which ranges of a box are worth cutting; how many there are.

    Where it is not known whether a window dim has a loop in the block of the array, or whether the one tile left is cut
    or not, no other cut tells as much: that range is the only one.
    """
    count = 0
    w.promise[:] = 0.0
    for d in range(8):
        for what in range(3):
            lo, hi = b[d, 2 * what], b[d, 2 * what + 1]
            if lo < hi and not (what == 1 and w.axis[d] == 1):
                w.promise[3 * d + what] = math.log(hi / lo) + 1e-9
                count += 1
    only = -1
    for d in (R, S):
        if only < 0 and w.loops[d] and w.rests[d]:
            for what in (2, 0, 1):
                if only < 0 and w.promise[3 * d + what] > 0:
                    only = 3 * d + what
    for d in range(8):
        settled = b[d, JOINT_LO] == b[d, JOINT_HI]
        if only < 0 and w.loops[d] and w.rests[d] and settled and w.promise[3 * d] > 0:
            only = 3 * d
    if only >= 0:
        w.promise[:] = 0.0
        w.promise[only] = 1.0
    return count


@inside()
def _cut(w, b, key, best):
    """Cut a box where the bounds of both halves rise most, into ``cut[0]`` and ``cut[1]``; false for a single tiling.

    Only the cuts that have raised bounds most so far are tried, and those that were hardly tried yet.
    """
    if not _candidates(w, b):
        return False
    low, high, low_try, high_try = w.cut[0], w.cut[1], w.cut[2], w.cut[3]
    for i in range(24):
        if w.promise[i] > 0:
            w.promise[i] = np.inf if w.tried[i] < TRIED else (w.rise[i, 0] + ONE_SIDED) * (w.rise[i, 1] + ONE_SIDED)
    most = -1.0
    trials = 0
    while True:
        i = w.promise.argmax()
        if w.promise[i] == 0 or (trials >= TRIALS and w.promise[i] < np.inf):
            break
        trials += 1
        w.promise[i] = 0.0
        _halve(w, b, i // 3, i % 3, low_try, high_try)
        under = max(bound(w, low_try), key) if shrink(w, low_try) else np.inf
        above = max(bound(w, high_try), key) if shrink(w, high_try) else np.inf
        rise_under, rise_above = min(under, best) / key - 1, min(above, best) / key - 1
        w.tried[i] += 1
        weight = max(1.0 / w.tried[i], FRESH)
        w.rise[i, 0] += weight * (rise_under - w.rise[i, 0])
        w.rise[i, 1] += weight * (rise_above - w.rise[i, 1])
        gain = (rise_under + ONE_SIDED) * (rise_above + ONE_SIDED)
        if gain > most:
            most = gain
            low[:] = low_try
            high[:] = high_try
            w.cut_bound[0], w.cut_bound[1] = under, above
    return True


@inside()
def _sink(keys, heap, count):
    """Let the first of a heap sink to its place."""
    item, at = heap[0], 0
    while 2 * at + 1 < count:
        child = 2 * at + 1
        if child + 1 < count and keys[heap[child + 1]] < keys[heap[child]]:
            child += 1
        if keys[item] <= keys[heap[child]]:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = item


@entry()
def drop_least(keys, heap, state):
    """Take the box of least bound out of the heap."""
    state[COUNT] -= 1
    heap[0] = heap[state[COUNT]]
    _sink(keys, heap, state[COUNT])


@entry()
def run(w, boxes, keys, heap, state, best, limit):
    """Cut the box of least bound, ``limit`` times at most.

    Args:
        boxes: int64 (most, 8, 6). keys: (most,) their bounds. heap: int64 (most,) those that are left, as a heap.
        state: how many are left, how many rows of ``boxes`` are used.
        best: boxes whose bound is not below are not kept.
    """
    for _ in range(limit):
        if state[COUNT] == 0 or keys[heap[0]] >= best:
            return PROVEN
        if state[USED] + 1 >= len(boxes):
            return FULL
        i = heap[0]
        key = keys[i]
        bound(w, boxes[i])
        if not _cut(w, boxes[i], key, best):
            return POINT
        drop_least(keys, heap, state)
        for half in range(2):
            if w.cut_bound[half] >= best:
                continue
            if half == 1:
                i = state[USED]
                state[USED] += 1
            boxes[i] = w.cut[half]
            keys[i] = w.cut_bound[half]
            at = state[COUNT]
            state[COUNT] += 1
            while at > 0 and keys[heap[(at - 1) // 2]] > keys[i]:
                heap[at] = heap[(at - 1) // 2]
                at = (at - 1) // 2
            heap[at] = i
    return OPEN
