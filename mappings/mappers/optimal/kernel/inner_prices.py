"""The least price of all flows further in, for every node (``docs/mapping.md``, "Bounds of a label")."""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, types

from accel_models.codes import I, K, O, W
from accel_models.compiled import inside
from mappings.mappers.optimal.kernel.prices import price_of
from mappings.mappers.optimal.kernel.state import NOBODY, PASSIVE, SEARCH, TABLES


@inside(types.void(SEARCH, float64[::1], int64))
def least_inside(w, values, dims):
    """Replace the value of every node by the least among those that have the trips of some ``dims`` multiplied."""
    for d in range(8):
        if not (dims >> d) & 1:
            continue
        stride = w.stride[d]
        for rise in range(w.rises[d]):
            low = w.rise_from[d, rise] * stride
            shift = w.rise_to[d, rise] * stride - low
            for first in range(low, w.nodes, w.n_divisors[d] * stride):
                for x in range(first, first + stride):
                    if values[x + shift] < values[x]:
                        values[x] = values[x + shift]


@inside(boolean(SEARCH, int64, int64))
def _stands(w, k, state):
    """Whether there is anything in ``inside[k, state]``: no tensor stays put till a level that is not there."""
    if k == w.levels - 1:
        return state == 0
    absent = False
    for t in range(3):
        absent = absent or ((state >> t) & 1 and w.next_level[k, t] == w.levels)
    return not absent


@inside(boolean(SEARCH, int64, int64, int64, int64))
def _goes_on(w, k, state, favoured, after):
    """Whether the level inside ``k`` can be left in state ``after``."""
    for t in range(3):
        stays = (state >> t) & 1 or t == favoured
        if stays and k + 1 < w.next_level[k, t] < w.levels and not (after >> t) & 1:
            return False
    return True


@inside(types.void(SEARCH, TABLES, float64[::1], int64, int64))
def _add_price(w, m, costs, t, level):
    """Add the price of a flow into a level, all loops counted that move it, for every node."""
    if t == I:
        for y in range(w.nodes):
            costs[y] += m.inputs[level, y]
        return
    times, slope, base = m.own[0, 0 if t == W else 1], w.price_slope[level, t], w.price_base[level, t]
    for y in range(w.nodes):
        costs[y] += slope * times[y] + base


@inside(types.void(SEARCH, TABLES, float64[::1], int64, int64, int64, int64))
def _add_prices(w, m, costs, k, state, favoured, after):
    """Add what the flows cost, beyond what those further in do, that the block inside ``k`` decides."""
    c = k + 1
    for t in range(3):
        following, still = w.next_level[k, t], (after >> t) & 1
        if following == w.levels:
            continue
        level = w.next_level[c, t]
        once = False
        if (state >> t) & 1:  # this block does not move it
            once = following == c and still and t != I
        elif t != favoured:
            if following == c:
                _add_price(w, m, costs, t, c)
            if still:
                _add_price(w, m, costs, t, level)
        else:
            once = following == c and still and t != I
        if once:
            price = price_of(w, t, level, 1.0)
            for y in range(w.nodes):
                costs[y] += price


@inside(types.void(SEARCH, TABLES, int64, int64, int64))
def _favour(w, m, k, state, favoured):
    """Improve ``inside[k, state]`` by blocks whose innermost loop is of no account to one tensor (or to none)."""
    c = k + 1
    values, costs, full_w, full_o = m.scratch, m.own[0, 2], m.own[0, 0], m.own[0, 1]
    dims = 255
    for t in range(3):
        following = w.next_level[k, t]
        if following < w.levels and (state >> t) & 1:
            dims &= PASSIVE[t]
    for y in range(w.nodes):
        values[y] = np.inf
    for after in range(8):
        if not _stands(w, c, after) or not _goes_on(w, k, state, favoured, after):
            continue
        for y in range(w.nodes):
            costs[y] = m.inside[c, after, y]
        _add_prices(w, m, costs, k, state, favoured, after)
        for y in range(w.nodes):
            values[y] = min(values[y], costs[y])
    for y in range(w.nodes):
        if not m.room[c, y]:
            values[y] = np.inf
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
            if k in (0, L - 1) or not _stands(w, k, state):
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
