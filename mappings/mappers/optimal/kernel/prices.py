"""Prices of flows, and the objective at a price (``docs/mapping.md``, "Bounds of a label")."""

from __future__ import annotations

import numpy as np
from numba import float64, int64, types

from accel_models.codes import MOST_LEVELS, I, O, P, Q, S, W
from accel_models.compiled import inside
from mappings.mappers.optimal.kernel.flows import compulsory
from mappings.mappers.optimal.kernel.objective import objective_of, outer_cycles, slowest
from mappings.mappers.optimal.kernel.state import (
    E_FIXED,
    E_GOT,
    E_SENT,
    EDP,
    LATENCY,
    P_READ,
    P_READ_FIXED,
    P_WRITE,
    P_WRITE_FIXED,
    SEARCH,
)


@inside(types.void(SEARCH))
def prepare_prices(w):
    """Price of a unit of every flow, and the levels that loops may pass (see ``docs/mapping.md``)."""
    L = w.levels
    w.pj_price = 0.0 if w.objective == LATENCY else 1.0
    w.exchange = 1.0 if w.objective == LATENCY else 0.0
    busy = w.busy[MOST_LEVELS]
    energy = compulsory(w, busy)
    if w.objective == EDP and outer_cycles(w, busy[0, 0], busy[0, 1]) > 0.5 * w.compute:
        cycles = slowest(w, busy)
        w.exchange = energy / cycles + w.static_pj
    for c in range(1, L):
        for t in range(3):
            if not w.keep[c, t]:
                continue
            f = w.flow[c, t]
            reads, writes, reads_fixed, writes_fixed = 0.0, 0.0, 0.0, 0.0
            if w.parent[c, t] == 0:
                reads, writes, reads_fixed, writes_fixed = f[P_READ], f[P_WRITE], f[P_READ_FIXED], f[P_WRITE_FIXED]
            sent = w.pj_price * f[E_SENT] + w.exchange * outer_cycles(w, reads, writes)
            got = w.pj_price * f[E_GOT]
            w.price_slope[c, t] = sent + got
            w.price_base[c, t] = w.pj_price * f[E_FIXED] + w.exchange * outer_cycles(w, reads_fixed, writes_fixed)
            if t == I:
                w.price_sent[c], w.price_got[c] = sent, got
        w.slides[c] = 0
        if w.keep[c, W] + w.keep[c, I] + w.keep[c, O] == 1 and not w.constrained:
            slides = True
            for d in range(P, S + 1):
                moved = w.keep[c, W] if d in (P, Q) else w.keep[c, O]
                if moved and w.kind[d] == 2 and w.spatial[c - 1, d] > 1:
                    slides = False
            if w.keep[c, O] and w.bits[3] < w.bits[O]:
                slides = False
            w.slides[c] = slides


@inside(float64(SEARCH, int64, int64, float64))
def price_of(w, t, c, times):
    """Price of the flow of weights or outputs into level ``c`` with a multiplier."""
    return w.price_slope[c, t] * times + w.price_base[c, t]


@inside(float64(SEARCH, float64[:, :, ::1], int64, int64, float64, float64, float64))
def price_inside(w, inside, k, x, still_w, still_o, still_i):
    """Least price of all flows into levels inside ``k``, which holds node ``x``.

    The multipliers of weights and outputs and the price of inputs are those that hold for their next level if
    no loop in between moves them.
    """
    least = np.inf
    for state in range(8):
        price = inside[k, state, x]
        if price == np.inf:
            continue
        if state & 1:
            price += price_of(w, W, w.next_level[k, W], still_w)
        if state & 2:
            price += still_i
        if state & 4:
            price += price_of(w, O, w.next_level[k, O], still_o)
        least = min(least, price)
    return least


@inside(float64(SEARCH, float64, float64, float64, float64, float64, float64, float64))
def score_at_price(w, past_pj, past_outer, price, least_pj, least_outer, cycles, fill):
    """Least objective of a chain whose flows from some level inwards have a ``price`` at least.

    They take at least ``least_pj`` and ``least_outer`` cycles of the outermost level. Energy ``e`` and cycles ``o``,
    where e + exchange x o = price, lie on a line; with more ``o`` the objective falls as long as other ``cycles`` bind,
    and is concave from there on: the least is at that kink or at the end.
    """
    if w.objective == LATENCY:
        return max(cycles, past_outer + max(price, least_outer)) + fill
    if w.exchange == 0.0:
        return objective_of(w, past_pj + max(price, least_pj), max(cycles, past_outer + least_outer) + fill)
    if price == np.inf:
        return np.inf
    last = max(least_outer, (price - least_pj) / w.exchange)
    kink = min(max(least_outer, cycles - past_outer), last)
    at_kink = objective_of(w, past_pj + max(least_pj, price - w.exchange * kink), max(cycles, past_outer + kink) + fill)
    at_last = objective_of(w, past_pj + max(least_pj, price - w.exchange * last), max(cycles, past_outer + last) + fill)
    return min(at_kink, at_last)
