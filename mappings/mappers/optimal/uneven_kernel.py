"""The best uneven mapping of one arrangement of storage nodes, compiled: branch and bound over groups of dims.

``docs/mapping.md``, "Uneven mappings", derives what is used here. A *node* is the place from which a memory holds one
tensor on; an *arrangement* is a sequence of nodes, outermost first. *Block* ``b`` are the loops just outside node ``b``
(the last block: inside all nodes). In an arrangement every figure of the cost is a product over groups of dims that do
not depend on each other, so a *candidate* of a group (a split of its dims' trips over the blocks) is a row of factors
for each node, and a partial choice is bounded by its products and the least factors of the groups that are left.

The flows' coefficients are those of the search over even mappings, prepared by ``kernel.root_bound``.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, types

from accel_models.codes import (
    BUFFERS,
    CAPACITY_WORDS,
    DEPENDS,
    FILL_AND_DRAIN,
    MOST_LEVELS,
    PARTITION_W,
    READ_BANDWIDTH,
    WORD_BITS,
    WRITE_BANDWIDTH,
    C,
    G,
    I,
    K,
    N,
    O,
    P,
    R,
    S,
    W,
)
from accel_models.compiled import entry, inside
from mappings.mappers.optimal.kernel.block_bounds import smallest_prime as _smallest_prime
from mappings.mappers.optimal.kernel.flows import add_flow as _add_flow
from mappings.mappers.optimal.kernel.objective import objective_of as _score
from mappings.mappers.optimal.kernel.objective import slowest as _slowest
from mappings.mappers.optimal.kernel.state import SEARCH as _search  # noqa: N811
from mappings.mappers.optimal.kernel.state import SLACK

# Factors of a node: what inputs send and get if rows (A) or columns (B) slide, else trips of loops that repeat the
# flow; words of the tile and of the first step; the least that inputs send and get; trips of reduction loops outside
# the next node of outputs.
SENT_A, SENT_B, GOT_A, GOT_B, TILE, FIRST, LEAST_SENT, LEAST_GOT, SUMS = range(9)
FACTORS = 9
# Groups of dims: each alone but for rows (P, R) and columns (Q, S), whose windows move together.
GROUPS = np.array([[N, -1], [G, -1], [K, -1], [C, -1], [P, R], [P + 1, S]], dtype=np.int64)
N_GROUPS = 6
LEAVES = 32
ANY, NONE = -1, -2
DONE, LEAVES_FULL, OUT_OF_TIME = 0, 1, 2

_numbers = int64[::1]


@inside(boolean(_search, int64))
def _slides(w, d):
    """Whether steps of a dim move a window that overlaps the one before."""
    return w.kind[d] == 2 and w.bound[d] > 1


@inside(types.void(_search, _numbers, _numbers, int64[:, ::1]))
def _allow(w, levels, tensors, allowed):
    """Fill ``allowed[d, b]``: whether loops over a dim may stand in a block of the arrangement.

    Everywhere else they could as well stand further out, and nothing would cost more. -1 where they would move a tensor
    whose node stands further out than a node of an outer memory.
    """
    nodes = len(levels)
    for d in range(8):
        for block in range(nodes + 1):
            allowed[d, block] = 0
    for i in range(nodes):
        last = i
        for j in range(i + 1, nodes):
            if w.memory[levels[j]] < w.memory[levels[i]]:
                last = j
        for block in range(i + 1, last + 1):
            for d in range(8):
                if DEPENDS[tensors[i], d] != 0:
                    allowed[d, block] = -1
    for d in range(8):
        for block in range(nodes + 1):
            if allowed[d, block] < 0:
                continue
            t = tensors[block - 1] if block else W
            stays = block == 0 or DEPENDS[t, d] == 0 or allowed[d, block - 1] < 0
            if stays or (t == I and _slides(w, d)):
                allowed[d, block] = 1


@inside(int64(_search, int64, _numbers))
def _count_splits(w, d, allowed):
    """How many ways there are to split the trips of a dim over the blocks that may have them."""
    places = 0
    for block in range(len(allowed)):
        places += allowed[block] == 1
    total, left = 1, w.n[w.levels, d]
    while left > 1:
        prime = int64(_smallest_prime(left))
        power = 0
        while left % prime == 0:
            left //= prime
            power += 1
        ways = 1
        for i in range(power):
            ways = ways * (places + i) // (i + 1)
        total *= ways
    return total


@inside(int64(_search, int64, _numbers, int64[:, ::1], _numbers))
def _list_splits(w, d, allowed, splits, lowest):
    """Write every split of the trips of a dim, a row each with the trips of every block; returns how many."""
    blocks = len(allowed)
    for block in range(blocks):
        splits[0, block] = 1
    count, left = 1, w.n[w.levels, d]
    while left > 1:
        prime = int64(_smallest_prime(left))
        power = 0
        while left % prime == 0:
            left //= prime
            power += 1
        # Give out one factor after the other, never further out than the one before: each split comes up once.
        for row in range(count):
            lowest[row] = 0
        for _ in range(power):
            before = count
            for row in range(before):
                first, first_block = True, 0
                begin = lowest[row]
                for block in range(begin, blocks):
                    if allowed[block] != 1:
                        continue
                    target = row
                    if not first:
                        target = count
                        count += 1
                        for b in range(blocks):
                            splits[target, b] = splits[row, b]
                        splits[target, first_block] //= prime
                    else:
                        first_block = block
                    first = False
                    splits[target, block] *= prime
                    lowest[target] = block
    return count


@inside(float64(int64, int64, int64, int64, int64, boolean))
def _together(width, side_a, step_a, side_b, step_b, overlap):
    """Least length of the union of the intervals that stand side by side, ``side`` of each spacing or a larger one."""
    if side_a == 1 and side_b == 1:
        return float(width)
    if not overlap:
        return float(width * side_a * side_b)  # no two of them share anything
    if side_b == 1:
        return float(width + (side_a - 1) * min(step_a, width))
    if side_a == 1:
        return float(width + (side_b - 1) * min(step_b, width))
    return float(width + side_a - 1 + side_b - 1)


@inside(types.void(_search, int64, int64, int64, int64, int64, float64[:, ::1], int64, int64))
def _window_factors(w, c, axis, n_a, n_b, i, row_of, sliding, near):
    """Factors of a node of inputs by its rows or columns; ``n_a`` and ``n_b`` trips of outputs and taps outside it.

    Where ``sliding`` is ``ANY`` those are the least under any order of the loops. Else what is sent and got if the loop
    just outside the node, of ``near`` trips, is over that dim (``NONE``: no dim that slides).
    """
    a, b = P + axis, R + axis
    p = w.parent[c, I]
    hold_a, hold_b = w.bound[a] // (w.above[c, a] * n_a), w.bound[b] // (w.above[c, b] * n_b)
    stride, dilation = w.geometry[axis], w.geometry[axis + 2]
    length = stride * (hold_a - 1) + dilation * (hold_b - 1) + 1
    side_a, side_b = w.above[c, a] // w.above[p, a], w.above[c, b] // w.above[p, b]
    steps = float(n_a * n_b)
    overlap = _slides(w, a) or _slides(w, b)
    whole = _together(length, side_a, stride * hold_a, side_b, dilation * hold_b, overlap)
    slide_sent, slide_got = whole, float(length)
    for turn in range(2):
        d, trips, other = (a, n_a, n_b) if turn == 0 else (b, n_b, n_a)
        if sliding != ANY:
            if d == sliding and near > 1:
                reach = stride * hold_a if turn == 0 else dilation * hold_b
                step = min(reach, length)
                slide_got = (length + (near - 1.0) * step) / near
                step = min(reach * w.spatial[c - 1, d], length)
                sent = _together(step, side_a, stride * hold_a, side_b, dilation * hold_b, overlap)
                slide_sent = (whole + (near - 1.0) * sent) / near
            continue
        if trips == 1 or not _slides(w, d):
            continue
        hold, scale = (hold_a, stride) if turn == 0 else (hold_b, dilation)
        share = 1.0 - 1.0 / _smallest_prime(trips) if other > 1 else 1.0
        step = min(scale * hold, length)
        slide_got = min(slide_got, step * share)
        step = min(scale * hold * w.spatial[c - 1, d], length)
        sent = _together(step, side_a, stride * hold_a, side_b, dilation * hold_b, overlap)
        slide_sent = min(slide_sent, sent * share)
    step_a, step_b = stride * hold_a, dilation * hold_b
    least_got = max((n_a - 1) * min(step_a, length), (n_b - 1) * min(step_b, length)) + length
    all_a, all_b = n_a * side_a, n_b * side_b
    least_sent = max((all_a - 1) * min(step_a, length), (all_b - 1) * min(step_b, length)) + length
    slides, stays_sent, stays_got = (SENT_A, SENT_B, GOT_B) if axis == 0 else (SENT_B, SENT_A, GOT_A)
    if sliding == ANY:
        row_of[slides, i] = steps * slide_sent
        row_of[slides + 2, i] = steps * slide_got
        row_of[stays_sent, i] = steps * whole
        row_of[stays_got, i] = steps * length
    else:
        row_of[SENT_A, i] = row_of[SENT_B, i] = steps * slide_sent
        row_of[GOT_A, i] = row_of[GOT_B, i] = steps * slide_got
    row_of[TILE, i] = length
    row_of[FIRST, i] = whole
    row_of[LEAST_SENT, i] = least_sent
    row_of[LEAST_GOT, i] = least_got


@inside(types.void(_search, int64, _numbers, _numbers, _numbers, int64[:, ::1], int64, int64[:, ::1], int64, int64,
                   float64[:, :, ::1]))  # fmt: skip
def _weigh(w, group, levels, tensors, outer, splits_a, count_a, splits_b, count_b, sliding, factors):
    """Factors (candidates, ``FACTORS``, nodes) of every pair of splits of a group's one or two dims.

    ``sliding``: the dim over which inputs slide (``ANY``: the least of all, ``NONE``).
    ``outer[i]`` is the block up to which reduction loops make the sums of node ``i`` partial.
    """
    a, b = GROUPS[group, 0], GROUPS[group, 1]
    nodes = len(levels)
    for x in range(count_a):
        for y in range(count_b):
            at = x * count_b + y
            row = factors[at]
            n_a, n_b = 1, 1
            for i in range(nodes):
                n_a *= splits_a[x, i]
                n_b *= splits_b[y, i] if b >= 0 else 1
                c, t = levels[i], tensors[i]
                for f in range(FACTORS):
                    row[f, i] = 1.0
                if t == I and b >= 0:
                    near = splits_a[x, i] if sliding == a else splits_b[y, i]
                    _window_factors(w, c, a - P, n_a, n_b, i, row, sliding, near)
                else:
                    for turn in range(2):
                        d, trips = (a, n_a) if turn == 0 else (b, n_b)
                        if d < 0:
                            continue
                        if DEPENDS[t, d] == 0:
                            for f in range(GOT_B + 1):
                                row[f, i] *= trips
                        else:
                            hold = float(w.bound[d] // (w.above[c, d] * trips))
                            row[TILE, i] *= hold
                            row[FIRST, i] *= hold * (w.above[c, d] // w.above[w.parent[c, t], d])
                if t == O:
                    for block in range(outer[i] + 1):
                        if a == C:
                            row[SUMS, i] *= splits_a[x, block]
                        elif b >= 0:
                            row[SUMS, i] *= splits_b[y, block]


@inside(boolean(_search, _numbers, int64))
def _next_is_known(w, levels, c):
    """Whether the next level that holds outputs is among the nodes, or there is none."""
    following = w.next_level[c, O]
    for level in levels:
        if level == following:
            return True
    return following == w.levels


@inside(float64(_search, _numbers, _numbers, float64[:, ::1], boolean))
def _value(w, levels, tensors, factors, complete):
    """Objective of products of factors, a lower bound where inputs slide; infinite where tiles do not fit.

    Unless ``complete`` the factors are the least of some choices.
    """
    nodes = len(levels)
    taken = w.words_taken
    for level in range(w.levels):
        taken[level] = 0.0
    busy = w.busy[MOST_LEVELS]
    for level in range(w.levels):
        busy[level, 0] = w.fixed_busy[level, 0]
        busy[level, 1] = w.fixed_busy[level, 1]
    energy, fill = w.fixed_pj, 0.0
    for i in range(nodes):
        c, t = levels[i], tensors[i]
        hardware = w.hardware[c]
        words = factors[TILE, i] * hardware[BUFFERS]
        if hardware[WORD_BITS] > 0:
            width = t
            if t == O:
                partial = factors[SUMS, i] > 1
                for d in (C, R, S):
                    partial = partial or w.above[c, d] > 1
                if partial or (w.bits[3] < w.bits[O] and not (complete and _next_is_known(w, levels, c))):
                    width = 3
            words = words * w.bits[width] / hardware[WORD_BITS]
        if words > hardware[PARTITION_W + t]:
            return np.inf
        taken[w.memory[c]] += words
        if taken[w.memory[c]] > hardware[CAPACITY_WORDS]:
            return np.inf
        sent, got = factors[SENT_A, i], factors[GOT_A, i]
        if t == I:
            sent = max(min(sent, factors[SENT_B, i]), factors[LEAST_SENT, i])
            got = max(min(got, factors[GOT_B, i]), factors[LEAST_GOT, i])
        energy += _add_flow(w, c, t, sent, got, busy)
        if w.convention & FILL_AND_DRAIN:
            outer = w.hardware[w.parent[c, t]]
            at_p, at_c = 1.0, 1.0
            if outer[WORD_BITS] > 0:
                at_p = w.bits[t] / outer[WORD_BITS]
            if hardware[WORD_BITS] > 0:
                at_c = w.bits[3 if t == O else t] / hardware[WORD_BITS]
            first, tile = factors[FIRST, i] * at_p, factors[TILE, i] * at_c
            if t == O:
                fill += max(first / outer[WRITE_BANDWIDTH], tile / hardware[READ_BANDWIDTH])
            else:
                fill += max(first / outer[READ_BANDWIDTH], tile / hardware[WRITE_BANDWIDTH])
    return _score(w, energy, _slowest(w, busy) + fill)


@inside(int64(_search, int64, float64[:, :, ::1], _numbers))
def _thin_out(w, count, factors, kept):
    """List into ``kept`` the candidates of a group that no other is as good as in every factor; returns how many."""
    nodes = factors.shape[2]
    wider_final = w.bits[3] < w.bits[O]  # then more loops around sums may take less room
    weight = np.empty(count)
    for x in range(count):
        weight[x] = 0.0
        for f in range(FACTORS):
            for i in range(nodes):
                weight[x] += np.log(factors[x, f, i])
    turn = np.argsort(weight, kind="mergesort")  # who is as good in everything weighs no more
    left = 0
    for at in range(count):
        x = turn[at]
        beaten = False
        for other in range(left):
            y = kept[other]
            as_good = True
            for f in range(FACTORS):
                for i in range(nodes):
                    a, b = factors[y, f, i], factors[x, f, i]
                    if a > b or (f == SUMS and wider_final and a != b):
                        as_good = False
                        break
                if not as_good:
                    break
            if as_good:
                beaten = True
                break
        if not beaten:
            kept[left] = x
            left += 1
    return left


@inside(float64(_search, _numbers, _numbers, float64[:, :, :, ::1], _numbers, float64[:, :, ::1], float64[:, ::1],
                int64[:, ::1], float64[:, :, ::1]))  # fmt: skip
def _begin(w, levels, tensors, factors, counts, least, keys, turn, product):
    """Sort the candidates of every group by what they cost at least; returns a bound for the arrangement.

    ``factors`` (groups, candidates, factors, nodes), ``counts`` how many of each; fills ``least`` (groups + 1, factors,
    nodes), the least factors of a group and all after it, ``keys`` and ``turn`` (groups, candidates).
    """
    nodes = len(levels)
    for f in range(FACTORS):
        for i in range(nodes):
            least[N_GROUPS, f, i] = 1.0
    for group in range(N_GROUPS - 1, -1, -1):
        for f in range(FACTORS):
            for i in range(nodes):
                smallest = np.inf
                for x in range(counts[group]):
                    smallest = min(smallest, factors[group, x, f, i])
                least[group, f, i] = smallest * least[group + 1, f, i]
    at = product[N_GROUPS + 1]
    for f in range(FACTORS):
        for i in range(nodes):
            product[0, f, i] = 1.0  # of the least factors of the groups before
    for group in range(N_GROUPS):
        for x in range(counts[group]):
            for f in range(FACTORS):
                for i in range(nodes):
                    at[f, i] = product[group, f, i] * factors[group, x, f, i] * least[group + 1, f, i]
            keys[group, x] = _value(w, levels, tensors, at, False)
        turn[group, : counts[group]] = np.argsort(keys[group, : counts[group]], kind="mergesort")
        for f in range(FACTORS):
            for i in range(nodes):
                smallest = np.inf
                for x in range(counts[group]):
                    smallest = min(smallest, factors[group, x, f, i])
                product[group + 1, f, i] = product[group, f, i] * smallest
    return _value(w, levels, tensors, least[0], False)


@inside(types.void(_search, _numbers, _numbers, _numbers))
def _reach_of_sums(w, levels, tensors, outer):
    """For each node the last block whose loops stand outside the next node of outputs, where that really stands.

    Where that is not among the nodes, what stands outside the node itself is sure to.
    """
    nodes = len(levels)
    for i in range(nodes):
        outer[i] = nodes if w.next_level[levels[i], O] == w.levels else i
        for j in range(i + 1, nodes):
            if tensors[j] == O:
                outer[i] = j
                for k in range(j + 1, nodes):
                    if w.memory[levels[k]] < w.memory[levels[j]]:
                        outer[i] = k
                break


@entry(float64(_search, _numbers, _numbers, int64, int64[:, ::1], int64[:, :, ::1], _numbers, _numbers, int64[:, ::1],
               float64[:, :, :, ::1], float64[:, :, ::1], float64[:, ::1], int64[:, ::1],
               float64[:, :, ::1]))  # fmt: skip
def lay_out(w, levels, tensors, sliding, allowed, splits, n_splits, counts, kept, factors, least, keys, turn, product):
    """List the candidates of an arrangement, those first that cost least; returns a bound for all its choices.

    Args:
        levels, tensors: of every node, outermost first. sliding: as :func:`_weigh` has it.
        allowed (8, blocks), splits (8, n, blocks), n_splits (8), counts (groups), kept (groups, n), factors (groups, n,
        factors, nodes), least (groups + 1, factors, nodes), keys and turn (groups, n), product (groups + 2, factors,
        nodes): memory that is filled.

    Returns -n where there is room for fewer than the n candidates of some group.
    """
    _allow(w, levels, tensors, allowed)
    for group in range(N_GROUPS):
        counts[group] = 1
        for turned in range(2):
            d = GROUPS[group, turned]
            if d >= 0:
                n_splits[d] = _count_splits(w, d, allowed[d])
                counts[group] *= n_splits[d]
        if counts[group] > keys.shape[1]:
            return -float(counts[group])
    outer = np.empty(len(levels), dtype=np.int64)
    _reach_of_sums(w, levels, tensors, outer)
    for d in range(8):
        _list_splits(w, d, allowed[d], splits[d], turn[0])
    for group in range(N_GROUPS):
        a, b = GROUPS[group, 0], GROUPS[group, 1]
        both = b if b >= 0 else a
        n_b = n_splits[b] if b >= 0 else 1
        own = factors[group]
        _weigh(w, group, levels, tensors, outer, splits[a], n_splits[a], splits[both], n_b, sliding, own)
        left = _thin_out(w, counts[group], own, kept[group])
        # In the order of their numbers, so that each moves to a place that is free.
        kept[group, :left].sort()
        for i in range(left):
            if kept[group, i] != i:
                own[i] = own[kept[group, i]]
        counts[group] = left
    return _begin(w, levels, tensors, factors, counts, least, keys, turn, product)


@entry(int64(_search, _numbers, _numbers, float64[:, :, :, ::1], _numbers, float64[:, :, ::1], float64[:, ::1],
             int64[:, ::1], float64[:, :, ::1], _numbers, int64[:, ::1], boolean, int64))  # fmt: skip
def walk(w, levels, tensors, factors, counts, least, keys, turn, product, at, leaves, exact, limit):
    """Go on through the choices of an arrangement, depth first, group by group.

    ``at`` (groups + 2) holds the position in each group, then the depth and how many ``leaves`` are waiting. With
    ``exact`` a complete choice costs what its products say: the best is kept in ``w.best`` and ``leaves[0]``. Else
    complete choices are collected for someone to price. Returns ``DONE``, ``LEAVES_FULL`` (call
    again), or ``OUT_OF_TIME`` after ``limit`` steps (call again).
    """
    nodes = len(levels)
    depth = at[N_GROUPS]
    trial = product[N_GROUPS + 1]
    end = w.visited + limit
    while depth >= 0:
        if w.visited >= end:
            at[N_GROUPS] = depth
            return OUT_OF_TIME
        place = at[depth]
        threshold = w.best * (1 - SLACK)
        if place >= counts[depth]:
            depth -= 1
            continue
        x = turn[depth, place]
        if keys[depth, x] >= threshold:
            depth -= 1
            continue
        at[depth] = place + 1
        w.visited += 1
        own = factors[depth, x]
        for f in range(FACTORS):
            for i in range(nodes):
                product[depth + 1, f, i] = product[depth, f, i] * own[f, i]
                trial[f, i] = product[depth + 1, f, i] * least[depth + 1, f, i]
        value = _value(w, levels, tensors, trial, depth + 1 == N_GROUPS)
        if value >= threshold:
            w.pruned += 1
            continue
        if depth + 1 < N_GROUPS:
            depth += 1
            at[depth] = 0
            continue
        w.evaluations += 1
        if exact:
            w.best = value
            w.found = 1
            for group in range(N_GROUPS):
                leaves[0, group] = turn[group, at[group] - 1]
            continue
        waiting = at[N_GROUPS + 1]
        for group in range(N_GROUPS):
            leaves[waiting, group] = turn[group, at[group] - 1]
        at[N_GROUPS + 1] = waiting + 1
        if waiting + 1 == LEAVES:
            at[N_GROUPS] = depth
            return LEAVES_FULL
    at[N_GROUPS] = depth
    return DONE
