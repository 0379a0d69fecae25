"""The exact search: labels, which are beginnings of paths, of which only those are kept that may lead to the best.

A label is dropped where another one at its node has no less gain and no more of anything that the objective or a limit
counts, or where a price (:mod:`.relaxation`) proves that no end of it beats the best path known. Every label is also
ended in the way that each price finds cheapest, which makes the best path known good early.
"""

from __future__ import annotations

import numpy as np

from accel_models.compiled import entry, inside
from cosearch.strategies.shortest_path.kernel.relaxation import copy, keeps, pay_for_gain, relax, suffixes

FACTORS = (1.0, 0.8, 1.25)
"""Multipliers of the gain that prune, as shares of the best one."""
ROUNDING = 1e-11
"""Share of its parts that a sum may be above 0 by rounding."""


@inside("void(float64[:,::1], float64[::1], float64[::1], float64[::1])")
def criteria(limits, objective, first, second):
    """The two directions (p, q) such that no more of either p E + q T is no more of the objective or of any limit.

    All these are directions of a plane, so those two that enclose the others decide.
    """
    copy(objective, first)
    copy(objective, second)
    for k in range(len(limits)):
        p, q = limits[k, 0], limits[k, 1]
        if first[0] * q - first[1] * p < 0.0:
            first[0], first[1] = p, q
        if second[0] * q - second[1] * p > 0.0:
            second[0], second[1] = p, q


@inside("int64(int64[::1], int64[::1], float64[:,::1], float64[::1], float64[::1], int64[::1])")
def undominated(source, target, figures, first, second, kept):
    """Number of arcs that no arc between the same nodes dominates; ``kept`` gets which. Endless costs are no arcs."""
    count = 0
    begin = 0
    for i in range(len(source)):
        if source[i] != source[begin] or target[i] != target[begin]:
            begin = i
        if not np.isfinite(figures[i, 1] + figures[i, 2]):
            continue
        x = first[0] * figures[i, 1] + first[1] * figures[i, 2]
        y = second[0] * figures[i, 1] + second[1] * figures[i, 2]
        good = True
        j = begin
        while good and j < len(source) and source[j] == source[i] and target[j] == target[i]:
            if j != i and figures[j, 0] >= figures[i, 0] and np.isfinite(figures[j, 1] + figures[j, 2]):
                other_x = first[0] * figures[j, 1] + first[1] * figures[j, 2]
                other_y = second[0] * figures[j, 1] + second[1] * figures[j, 2]
                if other_x <= x and other_y <= y:
                    same = figures[j, 0] == figures[i, 0] and other_x == x and other_y == y
                    good = same and j > i
            j += 1
        if good:
            kept[count] = i
            count += 1
    return count


@inside("int64(int64, float64[:,::1], float64[:,::1], int64[::1])", allocates=True)
def front(count, rows, stairs, kept):
    """Number of labels that none dominates; ``kept`` gets which.

    Args:
        rows: gain, energy, latency, first and second criterion of each of ``count`` labels.
        stairs: room for as many rows: of those kept so far, second criterion and gain, both rising.
    """
    keys = np.empty(count)
    for k in range(count):
        keys[k] = rows[k, 3]
    order = np.argsort(keys)
    size = chosen = 0
    for i in order:
        gain, second = rows[i, 0], rows[i, 4]
        low, high = 0, size
        while low < high:  # the last stair whose second criterion is no more
            middle = (low + high) // 2
            if stairs[middle, 0] <= second:
                low = middle + 1
            else:
                high = middle
        if low > 0 and stairs[low - 1, 1] >= gain:
            continue
        place = low - 1 if low > 0 and stairs[low - 1, 0] == second else low
        after = low
        while after < size and stairs[after, 1] <= gain:
            after += 1
        shift = place + 1 - after
        if shift > 0:  # at most by one
            for k in range(size - 1, after - 1, -1):
                stairs[k + 1, 0], stairs[k + 1, 1] = stairs[k, 0], stairs[k, 1]
        elif shift < 0:
            for k in range(after, size):
                stairs[k + shift, 0], stairs[k + shift, 1] = stairs[k, 0], stairs[k, 1]
        size += shift
        stairs[place, 0], stairs[place, 1] = second, gain
        kept[chosen] = i
        chosen += 1
    return chosen


@entry(
    "UniTuple(float64, 2)(int64[::1], int64[::1], float64[:,::1], float64, float64[:,::1], float64[::1], float64,"
    "int64, int64[::1])"
)
def shortest_path(all_source, all_target, all_figures, least_gain, limits, objective, known, most, path):
    """The path of enough gain and within all limits whose objective is least.

    Args:
        all_source, all_target: nodes of each arc, by target and then source; node 0 begins every path, the highest
            ends it.
        all_figures: gain, energy and latency of each arc; an arc of endless cost is none.
        least_gain: what the gains of a path add up to at least.
        limits: rows (p, q, most) of p E + q T <= most.
        objective: (p, q) of p E + q T, which is made least.
        known: an objective that is known to be reached; only paths below it are looked for.
        most: labels at a node before the search gives up; 0 for the relaxation alone.
        path: of room for nodes - 1 arcs; gets the arcs of the best path met, -1 behind them.

    Returns:
        The objective of ``path``, ``known`` where that is empty; and what no path beats (infinite where none keeps
        everything, unless ``known`` is reached).
    """
    nodes = all_target[-1] + 1
    first, second = np.empty(2), np.empty(2)
    criteria(limits, objective, first, second)
    names = np.empty(len(all_source), np.int64)
    arcs = undominated(all_source, all_target, all_figures, first, second, names)
    source, target, figures = np.empty(arcs, np.int64), np.empty(arcs, np.int64), np.empty((arcs, 3))
    for i in range(arcs):
        source[i], target[i] = all_source[names[i]], all_target[names[i]]
        for k in range(3):
            figures[i, k] = all_figures[names[i], k]
    length, price = np.zeros(1, np.int64), np.empty(5)
    best = relax(source, target, figures, least_gain, limits, objective, known, path, length, price, nodes)
    bound = price[4]
    if bound < best and most > 0:
        best, complete = _extend(
            source, target, figures, least_gain, limits, objective, best, most, path, length, price, nodes,
            first, second,
        )  # fmt: skip
        if complete:
            bound = max(bound, best)
    for i in range(length[0], len(path)):
        path[i] = -1
    for i in range(length[0]):
        path[i] = names[path[i]]
    return best, min(bound, best)


@inside(
    "Tuple((float64, boolean))(int64[::1], int64[::1], float64[:,::1], float64, float64[:,::1], float64[::1], float64,"
    "int64, int64[::1], int64[::1], float64[::1], int64, float64[::1], float64[::1])",
    allocates=True,
)
def _extend(
    source, target, figures, least_gain, limits, objective, best, most, path, length, price, nodes, first, second
):
    """Labels from node to node; (objective of the best path met, whether every label was looked at)."""
    limited, prices = len(limits), len(FACTORS)
    rules = prices + 1 + limited + (limited > 0)
    least, step = np.empty((rules, nodes)), np.empty((rules, nodes), np.int64)
    sums, rule, met, ignored = np.zeros((rules, nodes, 3)), np.zeros((rules, 5)), np.zeros(1, np.int64), np.zeros(2)
    for j in range(rules):
        # rules of a price: no end costs less than this; the others: no end keeps everything where this is above 0
        if j < prices:
            copy(price, rule[j])
            rule[j, 2] = price[2] * FACTORS[j]
            rule[j, 3] += (rule[j, 2] - price[2]) * least_gain
        elif j == prices:
            rule[j, 2], rule[j, 3] = 1.0, least_gain
        elif j < prices + 1 + limited:
            limit = limits[j - prices - 1]
            pay_for_gain(
                source, target, figures, least_gain, limits, objective, -np.inf, limit[0], limit[1], path, met, rule[j],
                nodes, ignored,
            )  # fmt: skip
            rule[j, 3] -= limit[2]
        else:
            copy(price, rule[j])
            rule[j, 0] -= objective[0]
            rule[j, 1] -= objective[1]
        suffixes(source, target, figures, rule[j, 0], rule[j, 1], rule[j, 2], least[j], step[j], sums[j])

    room = 1024
    labels, parent, arc = np.empty((room, 3)), np.empty(room, np.int64), np.empty(room, np.int64)
    begin, end = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    labels[0, 0], labels[0, 1], labels[0, 2] = 0.0, 0.0, 0.0
    parent[0], arc[0], end[0] = -1, -1, 1
    used = 1
    space = 1024
    rows, stairs = np.empty((space, 5)), np.empty((space + 1, 2))
    origin, kept = np.empty((space, 2), np.int64), np.empty(space, np.int64)
    last_label, last_arc, last_rule = -1, -1, -1
    complete, i = True, 0
    for node in range(1, nodes):
        count = 0
        while i < len(source) and target[i] == node:
            u = source[i]
            if count + end[u] - begin[u] > space:
                while count + end[u] - begin[u] > space:
                    space *= 2
                larger, wider = np.empty((space, 5)), np.empty((space, 2), np.int64)
                for k in range(count):
                    for column in range(5):
                        larger[k, column] = rows[k, column]
                    wider[k, 0], wider[k, 1] = origin[k, 0], origin[k, 1]
                rows, origin = larger, wider
                stairs, kept = np.empty((space + 1, 2)), np.empty(space, np.int64)
            for label in range(begin[u], end[u]):
                gain, energy = labels[label, 0] + figures[i, 0], labels[label, 1] + figures[i, 1]
                latency = labels[label, 2] + figures[i, 2]
                good = True
                for j in range(rules):
                    spent = rule[j, 0] * energy + rule[j, 1] * latency
                    paid = rule[j, 2] * gain
                    ahead = spent - paid + least[j, node] + rule[j, 3]
                    if j < prices:
                        good = ahead < best
                    else:
                        good = ahead <= ROUNDING * (abs(spent) + abs(paid) + abs(rule[j, 3]))
                    if not good:
                        break
                if not good:
                    continue
                for j in range(prices):
                    e, t = energy + sums[j, node, 1], latency + sums[j, node, 2]
                    value = objective[0] * e + objective[1] * t
                    if value < best and keeps(gain + sums[j, node, 0], e, t, least_gain, limits):
                        best = value
                        last_label, last_arc, last_rule = label, i, j
                rows[count, 0], rows[count, 1], rows[count, 2] = gain, energy, latency
                rows[count, 3] = first[0] * energy + first[1] * latency
                rows[count, 4] = second[0] * energy + second[1] * latency
                origin[count, 0], origin[count, 1] = label, i
                count += 1
            i += 1
        if node == nodes - 1:
            break
        chosen = front(count, rows, stairs, kept)
        if chosen > most:
            complete = False
            break
        if used + chosen > room:
            while used + chosen > room:
                room *= 2
            longer, older, arcs = np.empty((room, 3)), np.empty(room, np.int64), np.empty(room, np.int64)
            for k in range(used):
                older[k], arcs[k] = parent[k], arc[k]
                for column in range(3):
                    longer[k, column] = labels[k, column]
            labels, parent, arc = longer, older, arcs
        begin[node] = used
        for k in range(chosen):
            for column in range(3):
                labels[used, column] = rows[kept[k], column]
            parent[used], arc[used] = origin[kept[k], 0], origin[kept[k], 1]
            used += 1
        end[node] = used
    if last_rule >= 0:
        _trace(target, parent, arc, last_label, last_arc, step[last_rule], path, length)
    return best, complete


@inside("void(int64[::1], int64[::1], int64[::1], int64, int64, int64[::1], int64[::1], int64[::1])")
def _trace(target, parent, arc, label, then, step, path, length):
    """The arcs that led to a label, the one after it, and the end that a price chose."""
    size = 0
    at = label
    while parent[at] >= 0:
        size += 1
        at = parent[at]
    length[0] = size
    at = label
    while parent[at] >= 0:
        size -= 1
        path[size] = arc[at]
        at = parent[at]
    node = -1
    while True:
        path[length[0]] = then
        length[0] += 1
        node = target[then]
        if node == len(step) - 1:
            break
        then = step[node]
