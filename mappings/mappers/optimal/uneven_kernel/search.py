"""Branch and bound over the groups of an arrangement."""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64

from accel_models.compiled import entry, inside
from mappings.mappers.optimal.kernel.state import ENERGY, LATENCY, SEARCH, SLACK
from mappings.mappers.optimal.uneven_kernel.cost import score_of
from mappings.mappers.optimal.uneven_kernel.factors import mirror, reach_of_sums, thin_out, weigh
from mappings.mappers.optimal.uneven_kernel.splits import allow, count_splits, list_splits, settle_slides
from mappings.mappers.optimal.uneven_kernel.state import (
    COLUMNS,
    DONE,
    GROUPS,
    N_GROUPS,
    NUMBERS,
    OUT_OF_TIME,
    ROWS,
)


@inside(float64(SEARCH, NUMBERS, NUMBERS, float64[:, :, :, ::1], NUMBERS, float64[:, :, ::1], float64[:, ::1],
                int64[:, ::1], float64[:, :, ::1]), allocates=True)  # fmt: skip
def sort_candidates(w, levels, tensors, factors, counts, least, keys, turn, product):
    """Sort the candidates of every group by what they cost at least; returns a bound for the arrangement.

    ``factors`` (groups, candidates, factors, nodes), ``counts`` how many of each; fills ``least`` (groups + 1, factors,
    nodes), the least factors of a group and all after it, ``keys`` and ``turn`` (groups, candidates).
    """
    at = product[N_GROUPS + 1]
    # All factors of all nodes in a row: they are multiplied alike.
    own = factors.reshape(N_GROUPS, factors.shape[1], at.size)
    before, rest = product.reshape(N_GROUPS + 2, at.size), least.reshape(N_GROUPS + 1, at.size)
    before[0] = 1.0  # of the least factors of the groups before
    rest[N_GROUPS] = 1.0
    for group in range(N_GROUPS):
        smallest = before[group + 1]
        smallest[:] = np.inf
        for x in range(counts[group]):
            for j in range(at.size):
                smallest[j] = min(smallest[j], own[group, x, j])
    for group in range(N_GROUPS - 1, -1, -1):
        for j in range(at.size):
            rest[group, j] = before[group + 1, j] * rest[group + 1, j]
    bound = score_of(w, levels, tensors, least[0], False)
    for group in range(N_GROUPS):
        count = counts[group]
        if count == 1:
            keys[group, 0], turn[group, 0] = bound, 0
        else:
            for x in range(count):
                for j in range(at.size):
                    before[N_GROUPS + 1, j] = before[group, j] * own[group, x, j] * rest[group + 1, j]
                keys[group, x] = score_of(w, levels, tensors, at, False)
            turn[group, :count] = np.argsort(keys[group, :count], kind="mergesort")
        for j in range(at.size):
            before[group + 1, j] *= before[group, j]
    return bound


@entry(float64(SEARCH, NUMBERS, NUMBERS, int64[:, ::1], boolean, int64[:, ::1], int64[:, :, ::1], NUMBERS, NUMBERS,
               int64[:, ::1], float64[:, :, :, ::1], float64[:, :, ::1], float64[:, ::1], int64[:, ::1],
               float64[:, :, ::1]))  # fmt: skip
def lay_out(w, levels, tensors, slides, mirrored, allowed, splits, n_splits, counts, kept, factors, least, keys, turn,
            product):  # fmt: skip
    """List the candidates of an arrangement, those first that cost least; returns a bound for all its choices.

    Args:
        levels, tensors: of every node, outermost first.
        slides (2, nodes): for a node of inputs the dim of the innermost loop outside it that moves them (``ANY``, or
            ``NONE``: one that does not slide), and that loop's block; the blocks between are to be empty.
        mirrored: whether the arrangement costs the same with its rows as columns.
        allowed (8, blocks), splits (8, n, blocks), n_splits (8), counts (groups), kept (groups, n), factors (groups, n,
        factors, nodes), least (groups + 1, factors, nodes), keys and turn (groups, n), product (groups + 2, factors,
        nodes): memory that is filled.

    Returns -n where there is room for fewer than the n candidates of some group.
    """
    allow(w, levels, tensors, allowed)
    settle_slides(w, tensors, slides, allowed)
    for group in range(N_GROUPS):
        counts[group] = 1
        for turned in range(2):
            d = GROUPS[group, turned]
            if d >= 0:
                n_splits[d] = count_splits(w, d, allowed[d])
                counts[group] *= n_splits[d]
        if counts[group] > keys.shape[1]:
            return -float(counts[group])
    outer = np.empty(len(levels), dtype=np.int64)
    reach_of_sums(w, levels, tensors, outer)
    for d in range(8):
        list_splits(w, d, allowed[d], splits[d], turn[0])
    for group in range(N_GROUPS):
        if mirrored and group == COLUMNS:
            mirror(factors, counts, kept)
            continue
        a, b = GROUPS[group, 0], GROUPS[group, 1]
        both = b if b >= 0 else a
        n_b = n_splits[b] if b >= 0 else 1
        own = factors[group]
        weigh(w, group, levels, tensors, outer, splits[a], n_splits[a], splits[both], n_b, slides, own)
        left = thin_out(w, counts[group], own, kept[group])
        # In the order of their numbers, so that each moves to a place that is free.
        if left > 1:
            kept[group, :left].sort()
        for i in range(left):
            if kept[group, i] != i:
                own[i] = own[kept[group, i]]
        counts[group] = left
    return sort_candidates(w, levels, tensors, factors, counts, least, keys, turn, product)


@entry(int64(SEARCH, NUMBERS, NUMBERS, boolean, float64[:, :, :, ::1], NUMBERS, float64[:, :, ::1], float64[:, ::1],
             int64[:, ::1], float64[:, :, ::1], NUMBERS, NUMBERS, int64))  # fmt: skip
def walk(w, levels, tensors, mirrored, factors, counts, least, keys, turn, product, at, best, limit):
    """Go on through the choices of an arrangement, depth first, group by group; of two ``mirrored`` ones through one.

    ``at`` (groups + 1) holds the position in each group, then the depth. A complete choice costs what its products say
    (at least, where inputs slide): the least is kept in ``w.best``, its candidates in ``best`` (groups). Returns
    ``DONE``, or ``OUT_OF_TIME`` after ``limit`` steps (call again).
    """
    depth = at[N_GROUPS]
    trial = product[N_GROUPS + 1]
    # All factors of all nodes in a row: they are multiplied alike.
    own = factors.reshape(N_GROUPS, factors.shape[1], trial.size)
    before, rest = product.reshape(N_GROUPS + 2, trial.size), least.reshape(N_GROUPS + 1, trial.size)
    tried = before[N_GROUPS + 1]
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
        if mirrored and depth == COLUMNS and x < turn[ROWS, at[ROWS] - 1]:
            continue
        w.visited += 1
        complete = depth + 1 == N_GROUPS
        for j in range(trial.size):
            tried[j] = before[depth, j] * own[depth, x, j]
        if not complete:
            for j in range(trial.size):
                before[depth + 1, j] = tried[j]
                tried[j] *= rest[depth + 1, j]
        value = score_of(w, levels, tensors, trial, complete)
        if value >= threshold:
            w.pruned += 1
            continue
        if not complete:
            depth += 1
            at[depth] = 0
            continue
        w.evaluations += 1
        w.best = value
        w.found = 1
        for group in range(N_GROUPS):
            best[group] = turn[group, at[group] - 1]
    at[N_GROUPS] = depth
    return DONE


@entry(int64(SEARCH, int64[:, ::1], int64[:, ::1], boolean, float64, int64[:, ::1], boolean, int64[:, ::1],
             int64[:, :, ::1], NUMBERS, NUMBERS, int64[:, ::1], float64[:, :, :, ::1], float64[:, :, ::1],
             float64[:, ::1], int64[:, ::1], float64[:, :, ::1], NUMBERS, NUMBERS, float64[:, ::1], NUMBERS,
             int64))  # fmt: skip
def walk_alone(w, levels, tensors, timed, most_pj, slides, mirrored, allowed, splits, n_splits, counts, kept, factors,
               least, keys, turn, product, at, best, found, over, limit):  # fmt: skip
    """Go on to the least energy in pJ, and if ``timed`` cycles, of some arrangements, as if there were no other nodes.

    Of energies above ``most_pj`` no more is said than that: they are answered as that.
    ``levels`` and ``tensors`` (arrangements, nodes); fills ``found`` (2, arrangements), a lower bound of what is walked
    through. ``over`` (2) holds how many walks are over, and whether the candidates of the next one are listed. Changes
    the state's objective, static energy and best. The rest is memory, as for :func:`lay_out` and :func:`walk`.

    Returns ``DONE``, ``OUT_OF_TIME`` after ``limit`` steps and comparisons (call again), or -n where there is room for
    fewer than the n candidates of some group (make it, and call again).
    """
    w.static_pj = 0.0
    each = 2 if timed else 1
    while over[0] < each * len(levels):
        i, turned = over[0] // each, over[0] % each
        if over[1] == 0:
            w.objective = LATENCY if turned else ENERGY
            w.best = np.inf if turned else most_pj
            bound = lay_out(
                w, levels[i], tensors[i], slides, mirrored, allowed, splits, n_splits, counts, kept, factors, least,
                keys, turn, product,
            )  # fmt: skip
            if bound < 0:
                return int64(bound)
            found[turned, i] = min(bound, w.best)
            at[:] = 0
            over[1] = 1
            for group in range(N_GROUPS):
                a, b = GROUPS[group, 0], GROUPS[group, 1]
                limit -= counts[group] * n_splits[a] * (n_splits[b] if b >= 0 else 1)
        before = w.visited
        if (
            limit <= 0
            or walk(w, levels[i], tensors[i], mirrored, factors, counts, least, keys, turn, product, at, best, limit)
            != DONE
        ):
            return OUT_OF_TIME
        limit -= w.visited - before
        found[turned, i] = w.best
        over[0] += 1
        over[1] = 0
    return DONE
