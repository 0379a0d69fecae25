"""The ways to order the loops around the array, and what each brings at least (``docs/mapping.md``, "Ragged tiles")."""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, types

from accel_models.codes import C, G, I, K, N, O, P, Q, R, S, W
from accel_models.compiled import inside
from mappings.mappers.optimal.boxes_kernel.capacity import joint_excess, tensions
from mappings.mappers.optimal.boxes_kernel.state import BOUNDS, BOX, LOCAL, MOVES, PART_LO, TRIPLE
from mappings.mappers.optimal.boxes_kernel.windows import (
    GOT,
    GOT_CARRIED,
    GOT_LEAST,
    P_ARRAY,
    R_ARRAY,
    SENT,
    SENT_CARRIED,
    SENT_LEAST,
    window_area,
)

# A share that is less is not worth asking which loop comes next.
LITTLE = 0.02
# Columns of a way to order the block of the array: weights and outputs sent and got (a constant, and a factor of what
# they cost when the block leaves them alone), inputs sent and got, what capacity adds (sent, got).
(W_SENT, W_SENT_STILL, W_GOT, W_GOT_STILL, O_SENT, O_SENT_STILL, O_GOT, O_GOT_STILL, I_SENT, I_GOT, I_SLACK, MORE,
 MORE_GOT) = range(13)  # fmt: skip


@inside()
def product(counts, first, second, third):
    return float(counts[first]) * float(counts[second]) * float(counts[third])


@inside(float64(BOUNDS, int64, int64, int64))
def _stationary(w, t, first, second):
    """Share of a tensor that rests in every dim but two."""
    share = 1.0
    for d in range(8):
        if MOVES[t, d] and d != first and d != second:
            share *= w.share[d]
    return share


@inside(types.void(BOUNDS, float64[::1], int64, int64, int64, boolean))
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
        once = product(w.tiles_lo, x, y, z) if side == 0 else product(w.first_parts, x, y, z)
        every = product(w.joints_lo, x, y, z) if side == 0 else product(w.parts_lo, x, y, z)
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


@inside(types.void(BOUNDS, float64[::1], int64, int64, float64))
def _partly(w, way, t, first, crosses):
    """Where some loop of a kind stands outside one that moves the tensor, its trips count in full."""
    x, y, z = (N, P, Q) if t == W else (C, R, S)
    sent, got = np.inf, np.inf
    for d in (x, y, z):
        if w.loops[d] and d != first:
            sent = min(sent, product(w.tiles_lo, x, y, z) / w.tiles_lo[d] * w.joints_lo[d])
            got = min(got, product(w.first_parts, x, y, z) / w.first_parts[d] * w.parts_lo[d])
    at = W_SENT if t == W else O_SENT
    if (1 - crosses) * sent > way[at] + way[at + 1] * product(w.tiles_lo, x, y, z):
        way[at], way[at + 1] = (1 - crosses) * sent, 0.0
    if (1 - crosses) * got > way[at + 2] + way[at + 3] * product(w.first_parts, x, y, z):
        way[at + 2], way[at + 3] = (1 - crosses) * got, 0.0


@inside(types.void(BOUNDS, float64[::1], int64, int64, boolean, boolean))
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
            sent, got = window_area(w, axis, kind, kind, False, keep), window_area(w, axis, kind, kind, True, keep)
        elif two and second >= P and (second - P) % 2 != axis:
            sent, got = window_area(w, axis, kind, beside, False, 1.0), window_area(w, axis, kind, beside, True, 1.0)
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


@inside(types.void(BOUNDS, float64[::1], int64, TRIPLE, TRIPLE))
def _capacity_ways(w, way, first, tensions, tensions_got):
    """What capacity adds to two flows that the innermost loop moves in full: their trips cannot both be few."""
    left = 1 - w.share[first]
    way[I_SLACK] = 0.0
    for side in range(2):
        counts = w.joints_lo if side == 0 else w.parts_lo
        pj = w.sent_pj[LOCAL] if side == 0 else w.got_pj[LOCAL]
        images, sums, filters = product(counts, N, P, Q), product(counts, C, R, S), float(counts[K])
        weights, outputs = w.words[W] * pj[W] * left, w.words[O] * pj[O] * left
        inputs = way[I_SENT + side] * pj[I] / filters
        least = tensions if side == 0 else tensions_got
        if first == K:
            more = joint_excess(weights, images, outputs, sums, least[2])
        elif first in (N, P, Q):
            more = joint_excess(outputs, sums, inputs, filters, least[1])
        else:
            more = joint_excess(weights, images, inputs, filters, least[0])
        way[MORE + side] = more
    way[I_SLACK] = 0.0 if first == K else 1.0


@inside(int64(BOUNDS, BOX))
def list_ways(w, b):
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
    got = tensions(w, b, LOCAL, PART_LO)
    images, sums, filters = product(w.width_hi, N, P, Q), product(w.width_hi, C, R, S), float(w.width_hi[K])
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
