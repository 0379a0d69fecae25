"""The children of a label, best bound first (``docs/mapping.md``, "Bounds of a label")."""

from __future__ import annotations

import numpy as np
from numba import int64

from accel_models.codes import C, I, K, N, O, P, Q, R, S, W
from accel_models.compiled import inside
from mappings.mappers.optimal.kernel.block_bounds import bound_flows
from mappings.mappers.optimal.kernel.flows import add_flow, fill_and_drain
from mappings.mappers.optimal.kernel.labels import follow, offer_leaf
from mappings.mappers.optimal.kernel.objective import outer_cycles, slowest
from mappings.mappers.optimal.kernel.orders import list_patterns
from mappings.mappers.optimal.kernel.prices import price_inside, score_at_price
from mappings.mappers.optimal.kernel.room import tiles_fit
from mappings.mappers.optimal.kernel.sorting import sort
from mappings.mappers.optimal.kernel.state import (
    INNER_CYCLES,
    INNER_FILL,
    INNER_OUTER,
    INNER_PJ,
    OWN_FILL,
    SEARCH,
    SLACK,
    STAY_I,
    STAY_O,
    STAY_W,
    TABLES,
)
from mappings.mappers.optimal.kernel.tiles import place


@inside(int64(SEARCH, TABLES, int64, int64))
def expand(w, m, k, most):
    """List the children of the label at level ``k``, best bound first (or offer them, where they are complete).

    Only those at the first ``most`` nodes that fit. Returns 1 where there is no room for them.
    """
    L = w.levels
    c = k + 1
    own = m.own[c]
    count = 0
    outer = w.n[k]
    past_pj = w.label_pj[k]
    past_outer = outer_cycles(w, w.busy[k, 0, 0], w.busy[k, 0, 1])
    past_cycles = max(w.base_cycles, slowest(w, w.busy[k]))
    windows = w.next_level[k, I] < L
    w.children[k] = 0
    w.at[k] = 0
    for i in range(w.listed[c]):
        fill = w.label_fill[k] + w.base_fill[L] - w.base_fill[c]
        least = score_at_price(
            w, past_pj, past_outer, m.prices[c, i],
            w.base_pj[L] - w.base_pj[c], w.base_outer[L] - w.base_outer[c], past_cycles, fill,
        )  # fmt: skip
        if least >= w.best * (1 - SLACK):
            break
        x = m.by_price[c, i]
        node = m.trips[x]
        divides = True
        for d in range(8):
            if node[d] % outer[d]:
                divides = False
                break
        if not divides:
            continue
        w.visited += 1
        place(w, c, node)
        if not tiles_fit(w, c):
            continue
        moves_i = False
        for d in range(8):
            w.trips[k, d] = node[d] // outer[d]
            moves_i = moves_i or (d != K and w.trips[k, d] > 1)
        # Bounds by class of the innermost loop of block k.
        bound_flows(w, c, True)
        further = w.next_level[c, I]
        cycles = max(past_cycles, own[INNER_CYCLES, x])
        fill = w.label_fill[k] + own[OWN_FILL, x] + own[INNER_FILL, x]
        fits = 0
        for kind in range(3):
            if w.class_pj[kind] == np.inf:
                continue
            still_i = 0.0
            if further < L:
                if moves_i:
                    still_i = m.inputs[further, x]
                    if kind == STAY_I:
                        still_i /= w.trips[k, K]
                elif further == w.next_level[k, I]:
                    still_i = w.price_sent[further] * w.still_sent[k] + w.price_got[further] * w.still_got[k]
            price = price_inside(w, m.inside, c, x, w.class_w[kind], w.class_o[kind], still_i)
            least = score_at_price(
                w, past_pj + w.class_pj[kind], past_outer + w.class_outer[kind], price,
                own[INNER_PJ, x], own[INNER_OUTER, x], max(cycles, w.class_cycles[kind]), fill,
            )  # fmt: skip
            w.class_still[kind] = still_i
            if least < w.best * (1 - SLACK):
                fits |= 1 << kind
        if not fits:
            w.pruned += 1
            continue
        most -= 1
        if most < 0:
            break
        w.label_fill[c] = w.label_fill[k] + fill_and_drain(w, c, True)
        fill = w.label_fill[c] + own[INNER_FILL, x]
        list_patterns(w, k, windows)
        before_w, before_o, before_kind, before_fits = -2.0, -2.0, -1, False
        for j in range(w.n_patterns[k]):
            first = w.pattern[k, j, 0] if w.length[k] else K
            kind = STAY_I
            if first in (N, P, Q):
                kind = STAY_W
            elif first in (C, R, S):
                kind = STAY_O
            if not (fits >> kind) & 1:
                continue
            times_w, times_o = w.times_w[k, j], w.times_o[k, j]
            if windows and (times_w != before_w or times_o != before_o or kind != before_kind):
                before_w, before_o, before_kind = times_w, times_o, kind
                times_w = times_w if times_w >= 0 else w.still_w[k]
                times_o = times_o if times_o >= 0 else w.still_o[k]
                busy = w.busy[c]
                for level in range(L):
                    busy[level, 0] = w.busy[k, level, 0]
                    busy[level, 1] = w.busy[k, level, 1]
                energy = past_pj
                if w.keep[c, W]:
                    energy += add_flow(w, c, W, times_w, times_w, busy)
                if w.keep[c, O]:
                    energy += add_flow(w, c, O, times_o, times_o, busy)
                if w.keep[c, I]:
                    energy += add_flow(w, c, I, w.class_sent[kind], w.class_got[kind], busy)
                least = score_at_price(
                    w, energy, outer_cycles(w, busy[0, 0], busy[0, 1]),
                    price_inside(w, m.inside, c, x, times_w, times_o, w.class_still[kind]),
                    own[INNER_PJ, x], own[INNER_OUTER, x], max(cycles, slowest(w, busy)), fill,
                )  # fmt: skip
                before_fits = least < w.best * (1 - SLACK)
            if windows and not before_fits:
                continue
            w.chosen[k] = j
            follow(w, k)
            busy = w.busy[c]
            still_i = 0.0
            if further < L:
                still_i = w.price_sent[further] * w.still_sent[c] + w.price_got[further] * w.still_got[c]
            key = score_at_price(
                w, w.label_pj[c], outer_cycles(w, busy[0, 0], busy[0, 1]),
                price_inside(w, m.inside, c, x, w.still_w[c], w.still_o[c], still_i),
                own[INNER_PJ, x], own[INNER_OUTER, x], max(w.base_cycles, own[INNER_CYCLES, x], slowest(w, busy)),
                fill,
            )  # fmt: skip
            if key >= w.best * (1 - SLACK):
                w.pruned += 1
                continue
            if c == L - 1:
                offer_leaf(w)
                continue
            if count == m.child_key.shape[1]:
                return 1
            packed = w.length[k]
            for at in range(w.length[k]):
                packed |= w.pattern[k, j, at] << (4 * at + 4)
            m.child_key[k, count] = key
            m.child_node[k, count] = x
            m.child_order[k, count] = packed
            m.turn[k, count] = count
            count += 1
    sort(m.child_key[k], m.turn[k], count)
    w.children[k] = count
    return 0
