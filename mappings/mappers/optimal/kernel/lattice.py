"""The tables of a case over its lattice of tiles (``docs/mapping.md``, "Bounds of a label")."""

from __future__ import annotations

import numpy as np
from numba import types

from accel_models.codes import MOST_LEVELS, C, I, N, P, Q, R, S
from accel_models.compiled import entry
from mappings.mappers.optimal.kernel.block_bounds import bound_flows
from mappings.mappers.optimal.kernel.flows import fill_and_drain
from mappings.mappers.optimal.kernel.inner_prices import least_inside, prepare_inside
from mappings.mappers.optimal.kernel.objective import objective_of, outer_cycles, slowest
from mappings.mappers.optimal.kernel.prices import prepare_prices, price_inside
from mappings.mappers.optimal.kernel.room import has_room, memory_words_alone
from mappings.mappers.optimal.kernel.sorting import sort
from mappings.mappers.optimal.kernel.state import (
    ALONE,
    INNER_CYCLES,
    INNER_FILL,
    INNER_OUTER,
    INNER_PJ,
    NOT_BEGUN,
    OWN_CYCLES,
    OWN_FILL,
    OWN_OUTER,
    OWN_PJ,
    SLACK,
    TABLES,
)
from mappings.mappers.optimal.kernel.tiles import advance, place_next, prepare_tiles


@entry(types.void(ALONE, TABLES))
def prepare_tables(alone, m):
    """Fill the tables of a prepared case."""
    w = alone[0]
    L = w.levels
    prepare_prices(w)
    for x in range(w.nodes):
        n = m.trips[x]
        for d in range(8):
            n[d] = w.divisors[d, w.digits[d]]
        advance(w)
        m.own[0, 0, x] = n[N] * n[P] * n[Q]
        m.own[0, 1, x] = n[C] * n[R] * n[S]
    busy = w.busy[MOST_LEVELS]
    for level in range(L):
        busy[level, 0] = w.fixed_busy[level, 0]
        busy[level, 1] = w.fixed_busy[level, 1]
    w.base_pj[1] = w.fixed_pj
    w.base_fill[1] = 0.0
    w.base_outer[1] = outer_cycles(w, w.fixed_busy[0, 0], w.fixed_busy[0, 1])
    w.base_cycles = slowest(w, busy)
    w.still_w[0], w.still_o[0] = 1.0, 1.0
    for c in range(1, L):
        own = m.own[c]
        prepare_tiles(w, c)
        least_pj, least_cycles, least_fill, least_outer = np.inf, np.inf, np.inf, np.inf
        for x in range(w.nodes):
            place_next(w, c, m.trips[x])
            m.room[c, x] = has_room(w, c, memory_words_alone(w, c))
            if w.constrained:
                for d in range(8):
                    if w.hold[c, d] < w.low[c, d] or w.hold[c, d] > w.high[c, d]:
                        m.room[c, x] = 0
            own[OWN_PJ, x] = own[OWN_CYCLES, x] = own[OWN_FILL, x] = own[OWN_OUTER, x] = np.inf
            if not m.room[c, x] and not w.keep[c, I]:
                continue
            bound_flows(w, c, False)
            if w.keep[c, I]:
                sent, got = min(w.class_sent[0], w.class_sent[1]), min(w.class_got[0], w.class_got[1])
                if sent == np.inf:
                    sent, got = w.class_sent[2], w.class_got[2]
                m.inputs[c, x] = w.price_sent[c] * sent + w.price_got[c] * got
            if not m.room[c, x]:
                continue
            own[OWN_PJ, x] = min(w.class_pj[0], w.class_pj[1], w.class_pj[2])
            own[OWN_CYCLES, x] = min(w.class_cycles[0], w.class_cycles[1], w.class_cycles[2])
            own[OWN_OUTER, x] = min(w.class_outer[0], w.class_outer[1], w.class_outer[2])
            own[OWN_FILL, x] = fill_and_drain(w, c, False)
            least_outer = min(least_outer, own[OWN_OUTER, x])
            least_pj = min(least_pj, own[OWN_PJ, x])
            least_cycles = min(least_cycles, own[OWN_CYCLES, x])
            least_fill = min(least_fill, own[OWN_FILL, x])
        w.base_pj[c + 1] = w.base_pj[c] + least_pj
        w.base_fill[c + 1] = w.base_fill[c] + least_fill
        w.base_outer[c + 1] = w.base_outer[c] + least_outer
        w.base_cycles = max(w.base_cycles, least_cycles)
    w.base_cycles = max(w.base_cycles, w.base_outer[L])
    prepare_inside(w, m)
    for c in range(L - 1, 0, -1):
        own = m.own[c]
        for x in range(w.nodes):
            own[INNER_PJ, x] = own[INNER_CYCLES, x] = own[INNER_FILL, x] = own[INNER_OUTER, x] = 0.0
        if c < L - 1:
            further = m.own[c + 1]
            for x in range(w.nodes):
                own[INNER_PJ, x] = further[OWN_PJ, x] + further[INNER_PJ, x]
                own[INNER_CYCLES, x] = max(further[OWN_CYCLES, x], further[INNER_CYCLES, x])
                own[INNER_FILL, x] = further[OWN_FILL, x] + further[INNER_FILL, x]
                own[INNER_OUTER, x] = further[OWN_OUTER, x] + further[INNER_OUTER, x]
            for row in range(INNER_PJ, INNER_OUTER + 1):
                least_inside(w, own[row], 255)
        count = 0
        for x in range(w.nodes):
            energy = w.base_pj[c] + own[OWN_PJ, x] + own[INNER_PJ, x]
            if energy == np.inf:
                continue
            cycles = max(w.base_cycles, own[OWN_CYCLES, x], own[INNER_CYCLES, x])
            cycles = max(cycles, w.base_outer[c] + own[OWN_OUTER, x] + own[INNER_OUTER, x])
            cycles += w.base_fill[c] + own[OWN_FILL, x] + own[INNER_FILL, x]
            if objective_of(w, energy, cycles) < w.best * (1 - SLACK):
                m.by_price[c, count] = x
                price = w.pj_price * own[OWN_PJ, x] + w.exchange * own[OWN_OUTER, x]
                m.prices[c, count] = price + price_inside(w, m.inside, c, x, 1.0, 1.0, 0.0)
                count += 1
        sort(m.prices[c], m.by_price[c], count)
        w.listed[c] = count
    w.depth = NOT_BEGUN
