"""Inputs under a known order of loops (``docs/mapping.md``, "Why the cost is what it is")."""

from __future__ import annotations

from numba import boolean, int64

from accel_models.codes import I, K, P, Q, R, S
from accel_models.compiled import inside
from mappings.mappers.optimal.kernel.state import SEARCH
from mappings.mappers.optimal.kernel.tiles import input_length
from mappings.mappers.optimal.kernel.windows import spread_of


@inside(boolean(SEARCH, int64, int64))
def walk_inputs(w, c, until):
    """Multipliers of the flow of inputs into level ``c``, into ``words`` (sent, got), from the orders of its blocks.

    Goes through the loops from the innermost outwards, as :mod:`accel_models.kernel.counts` does, through the chosen
    patterns of blocks ``c - 1`` down to ``until``. Returns whether a loop was met beyond which none matters.
    """
    n = w.n[c]
    p = w.parent[c, I]
    apart = w.apart[c] != 0
    out_k = float(n[K])
    out_a0, out_a1, out_b0, out_b1 = float(n[P]), float(n[Q]), float(n[R]), float(n[S])
    fall0, fall1 = 0, 0
    length0, length1 = input_length(w, 0, c), input_length(w, 1, c)
    all0, all1 = length0, length1
    if apart:
        all0, all1 = spread_of(w, 0, p, c, length0, True), spread_of(w, 1, p, c, length1, True)
    # Factors of the words that stay: sent (s) and got (g), rows (0) and columns (1).
    s0, s1 = out_a0 * out_b0 * all0, out_a1 * out_b1 * all1
    g0, g1 = out_a0 * out_b0 * length0, out_a1 * out_b1 * length1
    stale0, stale1 = False, False
    whole_sent, whole_got = out_k * s0 * s1, out_k * g0 * g1
    kept_sent, kept_got = 0.0, 0.0
    for block in range(c - 1, until - 1, -1):
        pattern = w.pattern[block, w.chosen[block]]
        for i in range(w.length[block]):
            d = pattern[i]
            trips = w.trips[block, d]
            if w.kind[d] == 1:
                w.words[0], w.words[1] = whole_sent - kept_sent, whole_got - kept_got
                return True
            row = d in (P, R)
            if stale0 and (d == K or not row):
                step = min(abs(fall0), length0)
                g0 = out_a0 * out_b0 * (length0 - step)
                s0 = out_a0 * out_b0 * (all0 - spread_of(w, 0, p, c, step, True)) if apart else g0
                stale0 = False
            if stale1 and (d == K or row):
                step = min(abs(fall1), length1)
                g1 = out_a1 * out_b1 * (length1 - step)
                s1 = out_a1 * out_b1 * (all1 - spread_of(w, 1, p, c, step, True)) if apart else g1
                stale1 = False
            if d == K:
                inner = out_k / trips
                kept_sent += (out_k - inner) * s0 * s1
                kept_got += (out_k - inner) * g0 * g1
                out_k = inner
                continue
            stride = w.geometry[d - P] * w.hold[block + 1, d] * w.spatial[block, d]
            if row:
                step = min(abs(stride - fall0), length0)
                if d == P:
                    steps = (out_a0 - out_a0 / trips) * out_b0
                    out_a0 /= trips
                else:
                    steps = (out_b0 - out_b0 / trips) * out_a0
                    out_b0 /= trips
                fall0 += (trips - 1) * stride
                stale0 = True
                stay = length0 - step
                kept_got += out_k * g1 * steps * stay
                kept_sent += out_k * s1 * steps * (all0 - spread_of(w, 0, p, c, step, True) if apart else stay)
            else:
                step = min(abs(stride - fall1), length1)
                if d == Q:
                    steps = (out_a1 - out_a1 / trips) * out_b1
                    out_a1 /= trips
                else:
                    steps = (out_b1 - out_b1 / trips) * out_a1
                    out_b1 /= trips
                fall1 += (trips - 1) * stride
                stale1 = True
                stay = length1 - step
                kept_got += out_k * g0 * steps * stay
                kept_sent += out_k * s0 * steps * (all1 - spread_of(w, 1, p, c, step, True) if apart else stay)
    w.words[0], w.words[1] = whole_sent - kept_sent, whole_got - kept_got
    return False
