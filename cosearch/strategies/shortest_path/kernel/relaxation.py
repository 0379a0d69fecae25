"""Shortest paths without the limits: each limit that a path must keep is paid for by a multiplier instead.

A *price* is a row (a, b, l, c): with it an arc of energy E, latency T and gain g costs a E + b T - l g, and the least
such sum over all paths, plus c, is no more than the objective of any path that keeps the limits.
"""

from __future__ import annotations

import numpy as np

from accel_models.compiled import inside

TINY = 1e-13
"""Relative difference that rounding makes."""
MOST_STEPS = 60
"""Cuts of one multiplier; a dozen is usual."""
SWEEPS = 3
"""Rounds over the multipliers of several limits."""

ARCS = "int64[::1], int64[::1], float64[:,::1]"
"""Sources, targets, and rows of (gain, energy, latency)."""


@inside("void(float64[::1], float64[::1])")
def copy(of, to):
    """``to`` gets what is in ``of``; a loop compiles sooner than a slice."""
    for k in range(len(to)):
        to[k] = of[k]


@inside(f"void({ARCS}, float64, float64, float64, float64[::1], int64[::1], float64[:,::1])")
def suffixes(source, target, figures, a, b, l, least, step, sums):
    """The cheapest way from every node to the last.

    Args:
        least: gets its price, by node; infinite where there is none. step: its first arc; -1 where there is none.
        sums: its gain, energy and latency.
    """
    for n in range(len(least)):
        least[n], step[n] = np.inf, -1
    least[-1] = 0.0
    sums[-1] = 0.0
    for i in range(len(source) - 1, -1, -1):
        u, v = source[i], target[i]
        price = a * figures[i, 1] + b * figures[i, 2] - l * figures[i, 0] + least[v]
        if price < least[u]:
            least[u], step[u] = price, i
            for k in range(3):
                sums[u, k] = figures[i, k] + sums[v, k]


@inside("boolean(float64, float64, float64, float64, float64[:,::1])")
def keeps(gain, energy, latency, least_gain, limits):
    """Whether sums reach the gain and keep the limits, rows (p, q, most) of p E + q T <= most."""
    good = gain >= least_gain
    for k in range(len(limits)):
        good = good and limits[k, 0] * energy + limits[k, 1] * latency <= limits[k, 2]
    return good


@inside(
    f"float64({ARCS}, float64, float64[:,::1], float64[::1], float64, int64[::1], int64[::1], float64[:,::1],"
    "int64[::1])"
)
def consider(source, target, figures, least_gain, limits, objective, best, path, step, sums, length):
    """The lower of ``best`` and the objective of the path that ``step`` makes, which ``path`` then gets."""
    energy, latency = sums[0, 1], sums[0, 2]
    value = objective[0] * energy + objective[1] * latency
    if step[0] >= 0 and value < best and keeps(sums[0, 0], energy, latency, least_gain, limits):
        node = length[0] = 0
        while node < len(step) - 1:
            path[length[0]] = step[node]
            length[0] += 1
            node = target[step[node]]
        return value
    return best


@inside(
    f"float64({ARCS}, float64, float64[:,::1], float64[::1], float64, float64, float64, int64[::1], int64[::1],"
    "float64[::1], int64, float64[::1])",
    allocates=True,
)
def pay_for_gain(source, target, figures, least_gain, limits, objective, best, a, b, path, length, price, nodes, mixed):
    """The greatest bound on the least a E + b T of paths of enough gain that a multiplier of the gain gives.

    It is concave and piecewise linear in the multiplier: two paths, one with too little gain and one with enough, are
    each a line above it. Where these meet the cheapest path is another line, or proves the maximum.

    Args:
        best: what a path is known for. length, path: of the path, which is replaced by a better one that is met.
        price: gets (a, b, multiplier, constant).
        mixed: gets the energy and latency of the mixture of both paths that has just enough gain: a supergradient of
            the bound as a function of (a, b).

    Returns:
        ``best``, lowered where a path was met. ``price[4]`` gets the bound: infinite where no path has the gain.
    """
    least, step, sums = np.empty(nodes), np.empty(nodes, np.int64), np.zeros((nodes, 3))
    high, low, l = np.empty(3), np.empty(3), 1.0
    price[0], price[1], price[2], price[3] = a, b, 0.0, 0.0
    for cut in range(MOST_STEPS + 2):
        if cut == 0:  # the most gain
            suffixes(source, target, figures, 0.0, 0.0, 1.0, least, step, sums)
        else:
            suffixes(source, target, figures, a, b, l, least, step, sums)
        best = consider(source, target, figures, least_gain, limits, objective, best, path, step, sums, length)
        enough = sums[0, 0] >= least_gain
        if cut == 0:
            if step[0] < 0 or not enough:
                price[4] = np.inf
                return best
            copy(sums[0], high)
            l = 0.0
            continue
        if cut == 1:
            price[4] = least[0]
            copy(sums[0], low)
            if enough:
                mixed[0], mixed[1] = low[1], low[2]
                return best
        else:
            if least[0] + l * least_gain > price[4]:
                price[2], price[3], price[4] = l, l * least_gain, least[0] + l * least_gain
            line = a * low[1] + b * low[2] - l * low[0]
            if least[0] >= line - TINY * (abs(line) + abs(l * low[0])):
                break
            if enough:
                copy(sums[0], high)
            else:
                copy(sums[0], low)
        l = max((a * (high[1] - low[1]) + b * (high[2] - low[2])) / (high[0] - low[0]), 0.0)
    share = (least_gain - low[0]) / (high[0] - low[0])
    for k in range(2):
        mixed[k] = share * high[k + 1] + (1.0 - share) * low[k + 1]
    return best


@inside(
    f"float64({ARCS}, float64, float64[:,::1], float64[::1], float64, float64[::1], int64[::1], int64[::1],"
    "float64[::1], int64, float64[::1])",
    allocates=True,
)
def pay(source, target, figures, least_gain, limits, objective, best, multipliers, path, length, price, nodes, slopes):
    """:func:`pay_for_gain` at these multipliers of the limits; ``slopes`` gets a supergradient of the bound in them."""
    a, b, constant = objective[0], objective[1], 0.0
    for k in range(len(limits)):
        a += multipliers[k] * limits[k, 0]
        b += multipliers[k] * limits[k, 1]
        constant -= multipliers[k] * limits[k, 2]
    mixed = np.zeros(2)
    best = pay_for_gain(
        source, target, figures, least_gain, limits, objective, best, a, b, path, length, price, nodes, mixed
    )
    price[3] += constant
    price[4] += constant
    for k in range(len(limits)):
        energy, latency = limits[k, 0] * mixed[0], limits[k, 1] * mixed[1]
        slopes[k] = energy + latency - limits[k, 2]
        if abs(slopes[k]) <= TINY * (abs(energy) + abs(latency) + abs(limits[k, 2])):
            slopes[k] = 0.0
    return best


@inside(
    f"float64({ARCS}, float64, float64[:,::1], float64[::1], float64, int64[::1], int64[::1], float64[::1], int64)",
    allocates=True,
)
def relax(source, target, figures, least_gain, limits, objective, best, path, length, price, nodes):
    """The greatest bound on the objective of paths that keep everything; the multipliers of limits rise in turn.

    Of each multiplier the bound is a concave function: two tangents meet above its maximum.

    Args and returns: as :func:`pay_for_gain`; ``price[4]`` is infinite where no path keeps everything.
    """
    count = len(limits)
    at, slopes, trial = np.zeros(count), np.zeros(count), np.empty(5)
    price[4] = -np.inf
    for _ in range(SWEEPS if count > 1 else 1):
        begun = price[4]
        for k in range(max(count, 1)):
            m, tangent, closed = 0.0, np.inf, False
            low, low_slope, low_bound, high, high_slope, high_bound = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            for rise in range(2 * MOST_STEPS):
                if count > 0:
                    at[k] = m
                best = pay(
                    source, target, figures, least_gain, limits, objective, best, at, path, length, trial, nodes, slopes
                )
                if trial[4] > price[4]:
                    copy(trial, price)
                if price[4] >= best or price[4] == np.inf or count == 0 or (rise == 0 and slopes[k] <= 0.0):
                    break
                if closed and trial[4] >= tangent - TINY * abs(tangent):
                    break
                if slopes[k] > 0.0:
                    low, low_slope, low_bound = m, slopes[k], trial[4]
                else:
                    high, high_slope, high_bound, closed = m, slopes[k], trial[4], True
                if closed:
                    m = (high_bound - low_bound + low_slope * low - high_slope * high) / (low_slope - high_slope)
                    tangent = low_bound + low_slope * (m - low)
                elif rise == 0:
                    m = abs(trial[4]) / (slopes[k] + abs(limits[k, 2])) + TINY
                elif rise == MOST_STEPS:  # whatever is paid, no path keeps this limit
                    price[4] = np.inf
                    break
                else:
                    m *= 4.0
            if price[4] >= best or price[4] == np.inf:
                return best
        if price[4] <= begun + 1e-9 * abs(begun):
            break
    return best
