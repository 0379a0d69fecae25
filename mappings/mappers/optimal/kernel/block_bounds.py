"""Lower bounds of the flows into a level by the loops just outside (``docs/mapping.md``, "Bounds of a label")."""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, types

from accel_models.codes import MOST_LEVELS, C, G, I, K, N, O, P, Q, R, S, W
from accel_models.compiled import inside
from mappings.mappers.optimal.kernel.flows import add_flow
from mappings.mappers.optimal.kernel.objective import outer_cycles, slowest
from mappings.mappers.optimal.kernel.state import SEARCH, STAY_I, STAY_O, STAY_W
from mappings.mappers.optimal.kernel.tiles import input_length
from mappings.mappers.optimal.kernel.windows import spread_of


@inside(float64(int64))
def smallest_prime(n):
    """Smallest prime factor of ``n`` > 1."""
    i = 2
    while i * i <= n:
        if n % i == 0:
            return i
        i += 1
    return n


@inside(types.void(SEARCH, int64, boolean))
def bound_flows(w, c, exact):
    """Lower bounds on energy and bandwidth cycles of all flows into level ``c``, by class of the loops around it.

    With ``exact`` the loops just outside are those of block ``c - 1``; else the blocks ``< c`` may share ``n[c]`` in
    any way (then ``n[c - 1]`` is not read). A class says to whom the innermost of these loops is of no account. Fills
    ``class_pj``, ``class_cycles`` (infinite where no such loop exists), ``class_sent`` and ``class_got`` (of inputs).
    """
    n = w.n[c]
    outside = w.n[c - 1] if exact else w.n[0]
    trips = w.trips[c - 1] if exact else w.n[c]
    moves_w = trips[G] * trips[K] * trips[C] * trips[R] * trips[S] > 1
    moves_o = trips[N] * trips[G] * trips[K] * trips[P] * trips[Q] > 1
    full_w, still_w = float(n[N] * n[P] * n[Q]), float(outside[N] * outside[P] * outside[Q])
    full_o, still_o = float(n[C] * n[R] * n[S]), float(outside[C] * outside[R] * outside[S])
    if not moves_w:
        full_w = still_w = w.still_w[c - 1] if exact else 1.0
    if not moves_o:
        full_o = still_o = w.still_o[c - 1] if exact else 1.0

    # Inputs: words of whole moves and of single steps along rows and columns, sent and got.
    keeps_i = w.keep[c, I]
    moving = float(n[P] * n[Q] * n[R] * n[S])  # steps, but for those along plain dims: they add up to the bound
    least_sent = 0.0
    least_got = 0.0
    whole_sent, whole_got = 1.0, 1.0
    any_sent, any_got = np.inf, np.inf
    w_sent, w_got, o_sent, o_got = np.inf, np.inf, np.inf, np.inf
    some_w, some_o = trips[N] > 1, trips[C] > 1
    some_i = False
    if keeps_i:
        p = w.parent[c, I]
        # Every word that is needed must come once: what the trips along one dim span at least.
        least_sent, least_got = 1.0, 1.0
        for axis in range(2):
            a, b = P + axis, R + axis
            length = input_length(w, axis, c)
            step_a, step_b = w.geometry[axis] * w.hold[c, a], w.geometry[2 + axis] * w.hold[c, b]
            least_got *= max((n[a] - 1) * min(step_a, length), (n[b] - 1) * min(step_b, length)) + length
            count_a, count_b = n[a] * w.above[c, a] // w.above[p, a], n[b] * w.above[c, b] // w.above[p, b]
            least_sent *= max((count_a - 1) * min(step_a, length), (count_b - 1) * min(step_b, length)) + length
            whole_sent *= spread_of(w, axis, p, c, length, False)
            whole_got *= length
    if keeps_i:
        if some_w:
            w_sent, w_got = whole_sent, whole_got
        if some_o:
            o_sent, o_got = whole_sent, whole_got
        if trips[G] > 1:
            any_sent, any_got = whole_sent, whole_got
        for d in range(P, S + 1):
            if trips[d] == 1:
                continue
            axis = (d - P) % 2
            other = d + 2 if d < R else d - 2
            sent, got = whole_sent, whole_got
            if w.kind[d] == 2:
                p = w.parent[c, I]
                length = input_length(w, axis, c)
                step = w.geometry[d - P] * w.hold[c, d] * w.spatial[c - 1, d]
                step = min(step, length)
                sent = whole_sent / spread_of(w, axis, p, c, length, False) * spread_of(w, axis, p, c, step, False)
                got = whole_got / length * step
                if n[other] > 1:
                    # A step of the other dim may undo what falls back; the steps of this one always count.
                    share = 1.0 - 1.0 / (trips[d] if exact else smallest_prime(trips[d]))
                    sent *= share
                    got *= share
            if d < R:
                some_w = True
                w_sent, w_got = min(w_sent, sent), min(w_got, got)
            else:
                some_o = True
                o_sent, o_got = min(o_sent, sent), min(o_got, got)
    else:
        some_w = some_w or trips[P] > 1 or trips[Q] > 1
        some_o = some_o or trips[R] > 1 or trips[S] > 1
    any_sent, any_got = min(any_sent, w_sent, o_sent), min(any_got, w_got, o_got)
    some_i = trips[K] > 1 or trips[G] > 1 or not (some_w or some_o)
    if any_sent == np.inf:
        any_sent, any_got = 0.0, 0.0  # nothing of this block moves inputs
    for kind in range(3):
        if (kind == STAY_W and not some_w) or (kind == STAY_O and not some_o) or (kind == STAY_I and not some_i):
            w.class_pj[kind] = np.inf
            w.class_w[kind], w.class_o[kind] = full_w, full_o
            w.class_cycles[kind] = np.inf
            w.class_outer[kind] = np.inf
            w.class_sent[kind] = np.inf
            w.class_got[kind] = np.inf
            continue
        busy = w.busy[MOST_LEVELS]
        for level in range(w.levels):
            busy[level, 0] = w.fixed_busy[level, 0]
            busy[level, 1] = w.fixed_busy[level, 1]
        energy = 0.0
        m_w, m_o = full_w, full_o
        if kind == STAY_W:
            m_w = still_w
        elif kind == STAY_O:
            m_o = still_o
        w.class_w[kind], w.class_o[kind] = m_w, m_o
        if w.keep[c, W]:
            energy += add_flow(w, c, W, m_w, m_w, busy)
        if w.keep[c, O]:
            energy += add_flow(w, c, O, m_o, m_o, busy)
        if keeps_i:
            times = moving
            sent, got = any_sent, any_got
            if kind == STAY_W:
                times *= n[K]
                sent, got = w_sent, w_got
            elif kind == STAY_O:
                times *= n[K]
                sent, got = o_sent, o_got
            else:
                times *= outside[K]
            sent, got = max(times * sent, least_sent), max(times * got, least_got)
            w.class_sent[kind] = sent
            w.class_got[kind] = got
            energy += add_flow(w, c, I, sent, got, busy)
        w.class_pj[kind] = energy
        w.class_cycles[kind] = slowest(w, busy)
        w.class_outer[kind] = outer_cycles(w, busy[0, 0] - w.fixed_busy[0, 0], busy[0, 1] - w.fixed_busy[0, 1])
