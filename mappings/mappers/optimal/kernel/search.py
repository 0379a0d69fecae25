"""Depth-first search of a case, and what is left where it stops (``docs/mapping.md``, "Stopped early")."""

from __future__ import annotations

import numpy as np
from numba import float64, int64

from accel_models.compiled import entry
from mappings.mappers.optimal.kernel.children import expand
from mappings.mappers.optimal.kernel.dominance import dominated
from mappings.mappers.optimal.kernel.flows import fill_and_drain
from mappings.mappers.optimal.kernel.labels import carry_inputs, follow, offer_leaf
from mappings.mappers.optimal.kernel.orders import note_multipliers
from mappings.mappers.optimal.kernel.room import tiles_fit
from mappings.mappers.optimal.kernel.state import ALONE, FIRST_NODES, NO_ROOM, NOT_BEGUN, SLACK, TABLES
from mappings.mappers.optimal.kernel.tiles import place


@entry(int64(ALONE, TABLES, int64))
def run_case(alone, m, limit):
    """Search a prepared case until it is exhausted (0) or ``limit`` more nodes were visited (1: call again).

    ``NO_ROOM`` where the children of a label do not fit: the case has to begin again with more room.
    """
    w = alone[0]
    L = w.levels
    end = w.visited + limit
    if w.depth == NOT_BEGUN:
        for level in range(L):
            w.busy[0, level, 0] = w.fixed_busy[level, 0]
            w.busy[0, level, 1] = w.fixed_busy[level, 1]
        place(w, 0, w.n[0])
        if not tiles_fit(w, 0):
            return 0
        w.label_pj[0], w.label_fill[0] = w.fixed_pj, 0.0
        w.still_w[0], w.still_o[0] = 1.0, 1.0
        carry_inputs(w, 0)
        if L == 1:
            offer_leaf(w)
            return 0
    begins = w.depth == NOT_BEGUN
    dives = begins and w.best == np.inf  # without any mapping to beat: one straight way down first
    k = 0 if begins else w.depth
    while k >= 0:
        if begins:
            begins = False
            if expand(w, m, k, FIRST_NODES if dives else w.nodes):
                return NO_ROOM
        i = w.at[k]
        if i >= w.children[k] or m.child_key[k, i] >= w.best * (1 - SLACK):
            if dives:
                dives, begins, k = False, True, 0
            else:
                k -= 1
            continue
        if w.visited >= end and not dives:
            w.depth = k
            return 1
        w.at[k] = i + 1
        child = m.turn[k, i]
        x, packed = m.child_node[k, child], m.child_order[k, child]
        c = k + 1
        place(w, c, m.trips[x])
        for d in range(8):
            w.trips[k, d] = w.n[c, d] // w.n[k, d]
        w.length[k] = packed & 15
        for at in range(w.length[k]):
            w.pattern[k, 0, at] = (packed >> (4 * at + 4)) & 15
        w.chosen[k] = 0
        note_multipliers(w, k, 0)
        w.label_fill[c] = w.label_fill[k] + fill_and_drain(w, c, True)
        follow(w, k)
        if not dives and dominated(w, m.seen, m.seen_count, c, x):
            w.pruned += 1
            continue
        k = c
        begins = True
    w.depth = 0
    return 0


@entry(float64(ALONE, TABLES))
def open_bound(alone, m):
    """Lower bound on the objective over what is left of a case that :func:`run_case` has stopped."""
    w, bound = alone[0], np.inf
    for k in range(w.depth + 1):
        if w.at[k] < w.children[k]:
            bound = min(bound, m.child_key[k, w.at[k]])
    return bound
