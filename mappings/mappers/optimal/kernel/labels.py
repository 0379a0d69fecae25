"""Labels: what the levels placed so far cost, and leave to those further in (``docs/mapping.md``, "Labels")."""

from __future__ import annotations

from numba import float64, int64, types

from accel_models.codes import MOST_LEVELS, I, O, W
from accel_models.compiled import inside
from mappings.mappers.optimal.kernel.flows import add_flow, exact_mac_reads
from mappings.mappers.optimal.kernel.objective import objective_of, slowest
from mappings.mappers.optimal.kernel.state import SEARCH
from mappings.mappers.optimal.kernel.tiles import place
from mappings.mappers.optimal.kernel.walk import walk_inputs


@inside(types.void(SEARCH, int64))
def carry_inputs(w, c):
    """Multipliers of the flow of inputs into the next level inside ``c``, if no loop in between moves them."""
    following = w.next_level[c, I]
    if following == w.levels:
        w.still_sent[c], w.still_got[c] = 0.0, 0.0
        return
    for level in range(c + 1, following + 1):
        place(w, level, w.n[c])
        w.length[level - 1] = 0
        w.chosen[level - 1] = 0
    walk_inputs(w, following, 0)
    w.still_sent[c], w.still_got[c] = w.words[0], w.words[1]


@inside(types.void(SEARCH, int64))
def follow(w, k):
    """Label of level ``k + 1``: that of level ``k``, the tile placed there and the chosen order of block ``k``."""
    c = k + 1
    i = w.chosen[k]
    times_w, times_o = w.times_w[k, i], w.times_o[k, i]
    if times_w < 0:
        times_w = w.still_w[k]
    if times_o < 0:
        times_o = w.still_o[k]
    w.still_w[c], w.still_o[c] = times_w, times_o
    busy = w.busy[c]
    for level in range(w.levels):
        busy[level, 0] = w.busy[k, level, 0]
        busy[level, 1] = w.busy[k, level, 1]
    energy = w.label_pj[k]
    if w.keep[c, W]:
        energy += add_flow(w, c, W, times_w, times_w, busy)
    if w.keep[c, O]:
        energy += add_flow(w, c, O, times_o, times_o, busy)
    if w.keep[c, I]:
        walk_inputs(w, c, 0)
        energy += add_flow(w, c, I, w.words[0], w.words[1], busy)
    w.label_pj[c] = energy
    if c < w.levels - 1:
        carry_inputs(w, c)


@inside(types.void(SEARCH, float64, float64))
def _offer(w, dynamic_pj, cycles):
    """Keep the mapping at hand if it is better than the best."""
    score = objective_of(w, dynamic_pj, cycles)
    if score >= w.best:
        return
    L = w.levels
    w.best = score
    w.found = 1
    w.best_pj = dynamic_pj + w.static_pj * cycles
    w.best_cycles = cycles
    w.best_case = w.case
    for level in range(L + 1):
        for d in range(8):
            w.best_n[level, d] = w.n[level, d]
    for block in range(L):
        for i in range(8):
            w.best_order[block, i] = -1
        if block < L - 1:
            for i in range(w.length[block]):
                w.best_order[block, i] = w.pattern[block, w.chosen[block], i]


@inside(types.void(SEARCH))
def offer_leaf(w):
    """Price the mapping at hand to the last word; keep it if it is better than the best."""
    L = w.levels
    w.evaluations += 1
    busy = w.busy[MOST_LEVELS]
    for level in range(L):
        busy[level, 0] = w.busy[L - 1, level, 0]
        busy[level, 1] = w.busy[L - 1, level, 1]
    energy = w.label_pj[L - 1]
    if w.combs:
        exact_mac_reads(w)
        energy += w.words[0]
        busy[w.memory[w.parent[L, I]], 0] += w.words[1]
    _offer(w, energy, slowest(w, busy) + w.label_fill[L - 1])
