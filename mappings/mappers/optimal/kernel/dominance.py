"""Labels that leave nothing to gain beside one visited before (``docs/mapping.md``, "Labels")."""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, types

from accel_models.codes import I, O, P, R, S, W
from accel_models.compiled import inside
from mappings.mappers.optimal.kernel.room import has_room, memory_words, sums_go_on
from mappings.mappers.optimal.kernel.state import EDP, FLAGS, LABEL_COLUMNS, LATENCY, SEARCH, SLOTS


@inside(types.void(SEARCH, int64))
def _note_room(w, c):
    """What a label leaves of memories to levels further in, into ``mine[6:9]``: the less the better.

    Words of the memory of level ``c``, if it has more levels; and whether the innermost memory that holds sums lacks
    room for partial (or final) ones, if it is not known yet which they are.
    """
    mine = w.mine
    mine[6], mine[7], mine[8] = 0.0, 0.0, 0.0
    if c + 1 < w.levels and w.memory[c + 1] == w.memory[c]:
        mine[6], mine[7] = memory_words(w, c, c, 0), memory_words(w, c, c, 1)
    holder = c
    while not w.keep[holder, O]:
        holder -= 1
    following = w.next_level[holder, O]
    if following == w.levels or sums_go_on(w, holder, c):
        return
    for form in range(2):
        if not has_room(w, holder, memory_words(w, holder, c, form)):
            mine[8] = np.inf


@inside(boolean(SEARCH, int64))
def _shares_windows(w, c):
    """Whether what inputs cost further in depends on how far apart the instances above level ``c`` stand.

    They do where windows run in parallel between the level that sends them and ``c``: two labels at one node may have
    other tiles there.
    """
    following = w.next_level[c, I]
    if following == w.levels and not w.combs:
        return False
    p = w.parent[following, I]
    for level in range(p, c):
        for d in range(P, S + 1):
            if w.spatial[level, d] > 1 and w.bound[P + (d - P) % 2] > 1 and w.bound[R + (d - P) % 2] > 1:
                return True
    return False


@inside(boolean(SEARCH, float64[:, :, :, ::1], FLAGS, int64, int64))
def dominated(w, seen, seen_count, c, x):
    """Whether a label visited before at this node leaves nothing to gain; else remembers this one."""
    L = w.levels
    if w.next_level[c, I] < L:
        # What inputs further in cost depends on the loops up to the first that breaks them: it must be the innermost.
        block = c - 1
        while block >= 0 and w.length[block] == 0:
            block -= 1
        if block < 0 or w.kind[w.pattern[block, w.chosen[block], 0]] != 1:
            return False
    if _shares_windows(w, c):
        return False
    mine = w.mine
    mine[0], mine[1] = w.label_pj[c], w.label_fill[c]
    mine[2] = w.still_w[c] if w.next_level[c, W] < L else 0.0
    mine[3] = w.still_o[c] if w.next_level[c, O] < L else 0.0
    mine[4], mine[5] = w.still_sent[c], w.still_got[c]
    _note_room(w, c)
    for level in range(L):
        reads, writes = w.busy[c, level, 0], w.busy[c, level, 1]
        mine[LABEL_COLUMNS + 3 * level] = reads * w.cycles_per_word[level, 0]
        mine[LABEL_COLUMNS + 1 + 3 * level] = writes * w.cycles_per_word[level, 1]
        mine[LABEL_COLUMNS + 2 + 3 * level] = (reads + writes) * w.cycles_per_word[level, 2]
    # What a cycle less is worth at most, in pJ, to mappings that are better than the best.
    rate = w.static_pj
    if w.objective == EDP:
        rate += w.best / (w.base_cycles * w.base_cycles)
    count = seen_count[c, x]
    for slot in range(count):
        other = seen[c, x, slot]
        more = False
        for i in range(2, LABEL_COLUMNS):
            more = more or other[i] > mine[i]
        if more:
            continue
        slower = 0.0
        for i in range(LABEL_COLUMNS, LABEL_COLUMNS + 3 * L):
            slower = max(slower, other[i] - mine[i])
        slower += other[1] - mine[1]
        if w.objective == LATENCY:
            if slower <= 0:
                return True
        elif mine[0] - other[0] >= max(0.0, slower) * rate:
            return True
    if count < SLOTS:
        other = seen[c, x, count]
        for i in range(LABEL_COLUMNS + 3 * L):
            other[i] = mine[i]
        seen_count[c, x] = count + 1
    return False
