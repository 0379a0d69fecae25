"""The least price of all flows further in, for every node (``docs/mapping.md``, "Bounds of a label")."""

from __future__ import annotations

import numpy as np
from numba import float64, int64, types

from accel_models.codes import I, K, O, W
from accel_models.compiled import inside
from mappings.mappers.optimal.kernel.block_bounds import smallest_prime
from mappings.mappers.optimal.kernel.prices import price_of
from mappings.mappers.optimal.kernel.state import NOBODY, PASSIVE, SEARCH, TABLES


@inside(types.void(SEARCH, float64[::1], int64))
def least_inside(w, values, dims):
    """Replace the value of every node by the least among those that have the trips of some ``dims`` multiplied."""
    for d in range(8):
        m = w.n_divisors[d]
        if m == 1 or not (dims >> d) & 1:
            continue
        stride = w.stride[d]
        for i in range(m - 2, -1, -1):
            for j in range(i + 1, m):
                ratio = w.divisors[d, j] // w.divisors[d, i]
                if w.divisors[d, j] % w.divisors[d, i] or smallest_prime(ratio) != ratio:
                    continue
                shift = (j - i) * stride
                for high in range(i * stride, w.nodes, m * stride):
                    for x in range(high, high + stride):
                        if values[x + shift] < values[x]:
                            values[x] = values[x + shift]


@inside(types.void(SEARCH, TABLES, int64, int64, int64))
def _favour(w, m, k, state, favoured):
    """Improve ``inside[k, state]`` by blocks whose innermost loop is of no account to one tensor (or to none)."""
    c = k + 1
    values, full_w, full_o = m.scratch, m.own[0, 0], m.own[0, 1]
    dims = 255
    for t in range(3):
        following = w.next_level[k, t]
        if following < w.levels and (state >> t) & 1:
            dims &= PASSIVE[t]
    for y in range(w.nodes):
        values[y] = np.inf
        if not m.room[c, y]:
            continue
        for after in range(8):
            cost = m.inside[c, after, y]
            if cost == np.inf:
                continue
            for t in range(3):
                following = w.next_level[k, t]
                still = (after >> t) & 1
                if following == w.levels:
                    continue
                if (state >> t) & 1:  # this block does not move it
                    if following > c:
                        if not still:
                            cost = np.inf
                    elif still and t != I:
                        cost += price_of(w, t, w.next_level[c, t], 1.0)
                    continue
                level = following
                times = full_w[y] if t == W else full_o[y]
                if following == c and t != favoured:
                    cost += m.inputs[c, y] if t == I else price_of(w, t, c, times)
                if still:
                    level = w.next_level[c, t]
                    if t != favoured:
                        cost += m.inputs[level, y] if t == I else price_of(w, t, level, times)
                    elif following == c and t != I:
                        cost += price_of(w, t, level, 1.0)
                elif following > c and t == favoured:
                    cost = np.inf
            if cost < values[y]:
                values[y] = cost
    if favoured == I:
        least_inside(w, values, dims & (1 << K))
        level = w.next_level[k, I]
        for y in range(w.nodes):
            values[y] += m.inputs[level, y]
        least_inside(w, values, dims & ~(1 << K))
    else:
        least_inside(w, values, dims)
    target = m.inside[k, state]
    for x in range(w.nodes):
        value = values[x]
        if favoured == W:
            value += price_of(w, W, w.next_level[k, W], full_w[x])
        elif favoured == O:
            value += price_of(w, O, w.next_level[k, O], full_o[x])
        if value < target[x]:
            target[x] = value


@inside(types.void(SEARCH, TABLES))
def prepare_inside(w, m):
    """Fill ``inside``, from the innermost level outwards."""
    L = w.levels
    for k in range(L - 1, -1, -1):
        for state in range(8):
            value = 0.0 if k == L - 1 and state == 0 else np.inf
            for x in range(w.nodes):
                m.inside[k, state, x] = value
            if k in (0, L - 1):
                continue
            absent = False  # a tensor that stays put till a level that is not there
            for t in range(3):
                if (state >> t) & 1 and w.next_level[k, t] == L:
                    absent = True
            if absent:
                continue
            # A tensor whose next level is the one just inside pays no less where another is favoured; of one that goes
            # past it only the blocks that leave it in place till its next level are told apart.
            covered = False
            for t in range(3):
                following = w.next_level[k, t]
                if (state >> t) & 1 or following == L or (following == k + 1 and w.slides[k + 1]):
                    continue
                _favour(w, m, k, state, t)
                covered = covered or following == k + 1
            if not covered:
                _favour(w, m, k, state, NOBODY)
