"""The objective of a product of factors."""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64

from accel_models.codes import (
    CAPACITY_WORDS,
    FILL_AND_DRAIN,
    MOST_LEVELS,
    PARTITION_W,
    PSUM,
    READ_BANDWIDTH,
    WRITE_BANDWIDTH,
    C,
    I,
    O,
    R,
    S,
)
from accel_models.compiled import inside
from accel_models.kernel.tiles import words_held, words_of_element
from mappings.mappers.optimal.kernel.flows import add_flow, energy_of_flow
from mappings.mappers.optimal.kernel.objective import objective_of, slowest
from mappings.mappers.optimal.kernel.state import ENERGY, SEARCH
from mappings.mappers.optimal.uneven_kernel.state import (
    FIRST,
    GOT_A,
    GOT_B,
    LEAST_GOT,
    LEAST_SENT,
    NUMBERS,
    SENT_A,
    SENT_B,
    SUMS,
    TILE,
)


@inside(boolean(SEARCH, NUMBERS, int64))
def next_is_known(w, levels, c):
    """Whether the next level that holds outputs is among the nodes, or there is none."""
    following = w.next_level[c, O]
    for level in levels:
        if level == following:
            return True
    return following == w.levels


@inside(float64(SEARCH, NUMBERS, NUMBERS, float64[:, ::1], boolean))
def score_of(w, levels, tensors, factors, complete):
    """Objective of products of factors, a lower bound where inputs slide; infinite where tiles do not fit.

    Unless ``complete`` the factors are the least of some choices.
    """
    nodes = len(levels)
    timed = w.objective != ENERGY or w.static_pj > 0  # else no word needs to be counted where it passes
    taken, busy = w.words_taken, w.busy[MOST_LEVELS]
    for level in range(w.levels):
        taken[level] = 0.0
        busy[level, 0] = w.fixed_busy[level, 0]
        busy[level, 1] = w.fixed_busy[level, 1]
    energy, fill = w.fixed_pj, 0.0
    for i in range(nodes):
        c, t = levels[i], tensors[i]
        hardware = w.hardware[c]
        width = t
        if t == O:
            partial = factors[SUMS, i] > 1
            for d in (C, R, S):
                partial = partial or w.above[c, d] > 1
            if partial or (w.bits[PSUM] < w.bits[O] and not (complete and next_is_known(w, levels, c))):
                width = PSUM
        words = words_held(hardware, factors[TILE, i], w.bits[width], width)
        if words > hardware[PARTITION_W + t]:
            return np.inf
        taken[w.memory[c]] += words
        if taken[w.memory[c]] > hardware[CAPACITY_WORDS]:
            return np.inf
        sent, got = factors[SENT_A, i], factors[GOT_A, i]
        if t == I:
            sent = max(min(sent, factors[SENT_B, i]), factors[LEAST_SENT, i])
            got = max(min(got, factors[GOT_B, i]), factors[LEAST_GOT, i])
        if not timed:
            energy += energy_of_flow(w, c, t, sent, got)
            continue
        energy += add_flow(w, c, t, sent, got, busy)
        if w.convention & FILL_AND_DRAIN:
            outer = w.hardware[w.parent[c, t]]
            first = factors[FIRST, i] * words_of_element(outer, w.bits[t], t)
            arriving = PSUM if t == O else t
            tile = factors[TILE, i] * words_of_element(hardware, w.bits[arriving], arriving)
            if t == O:
                fill += max(first / outer[WRITE_BANDWIDTH], tile / hardware[READ_BANDWIDTH])
            else:
                fill += max(first / outer[READ_BANDWIDTH], tile / hardware[WRITE_BANDWIDTH])
    if not timed:
        return energy
    return objective_of(w, energy, slowest(w, busy) + fill)
