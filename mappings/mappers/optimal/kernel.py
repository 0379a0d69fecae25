"""Branch and bound over tile chains, and the exact best loop orders of a chain (perfect factors), compiled.

Everything compiled stands in this one file, because Numba's cache does not see a change in another. ``docs/mapping.md``
proves every rule used here.

One *case* is a choice of spatial loops and of which level keeps which tensor. Below level ``k`` the loops of *block*
``k`` run; ``n[k][d]`` are the temporal trips of dim ``d`` over the blocks ``< k``, so ``n[0] = 1``, ``n[k]`` divides
``n[k+1]``, and ``n[L]`` is the case's temporal *budget* (bound over spatial trips). Level ``k`` holds the tile
``hold[k] = bound / (trips n[k] x spatial trips above)``. All levels so share one lattice: the divisors of the budget.

A flow is what one tensor sends from a level to the next inner level that keeps it, in two numbers: words read by the
parents (``sent``) and words received by all children (``got``). Both are a constant of the case times a *multiplier*:
trips of loops the tensor does not depend on, and for inputs the lengths of moving windows as well.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import boolean, float64, from_dtype, int8, int64, types

from accel_models.compiled import entry, inside
from accel_models.kernel import (
    BUFFERS,
    CAPACITY_WORDS,
    DEPENDS,
    DRAIN_READS,
    FILL_AND_DRAIN,
    LEVEL_COLUMNS,
    MOST_LEVELS,
    NETWORK_PJ,
    PARTITION_W,
    READ_BANDWIDTH,
    READ_PJ,
    SHARED_BANDWIDTH,
    WORD_BITS,
    WRITE_BANDWIDTH,
    WRITE_PJ,
)

N, G, K, C, P, Q, R, S = range(8)
W, I, O = range(3)
NOBODY = 3
EDP, LATENCY, ENERGY = 0, 1, 2
MOST_DIVISORS = 256
MOST_PATTERNS = 256
# Columns of a flow's coefficients: energy per sent, per got, constant; then slope and constant of what the flow adds
# to the parent's reads and writes (by sent) and to the child's (by got), in words of the busiest instance.
E_SENT, E_GOT, E_FIXED, P_READ, P_READ_FIXED, P_WRITE, P_WRITE_FIXED, C_READ, C_READ_FIXED, C_WRITE, C_WRITE_FIXED = (
    range(11)
)
COEFFICIENTS = 11
# Rows of a level's table over the lattice: its own bounds, and the least of all levels inside it.
OWN_PJ, OWN_CYCLES, OWN_FILL, OWN_OUTER, INNER_PJ, INNER_CYCLES, INNER_FILL, INNER_OUTER = range(8)
# Relative slack of float comparisons: a node within it of the best cannot beat it by more than rounding.
SLACK = 1e-12
# How the orders of a block differ: to which tensor the innermost loop is of no account.
STAY_W, STAY_O, STAY_I = 0, 1, 2
# Nodes looked at for each level before there is any mapping to beat.
FIRST_NODES = 16
# Depth of a case whose root was not looked at.
NOT_BEGUN = -1
# What run_case answers where the children of a label have no room.
NO_ROOM = 2
# Labels remembered for each node of a level.
SLOTS = 8
# Columns of a remembered label before those of its ports, three for each level: energy, fill, what stays of W, O and I
# (sent and got), words that the memory holds so far with final and with partial sums, and those of the memory that
# awaits to know whether its sums are partial.
LABEL_COLUMNS = 9


def _permutations() -> np.ndarray:
    import itertools

    table = np.zeros((6, 120, 5), dtype=np.int64)
    for m in range(6):
        for i, order in enumerate(itertools.permutations(range(m))):
            table[m, i, :m] = order
    return table


PERMUTATIONS = _permutations()
# Dims (as bits) that do not move a tensor.
PASSIVE = np.array([1 << N | 1 << P | 1 << Q, 1 << K, 1 << C | 1 << R | 1 << S], dtype=np.int64)
FACTORIAL = np.array([1, 1, 2, 6, 24, 120], dtype=np.int64)

SEARCH_DTYPE = np.dtype(
    [
        # the problem
        ("levels", np.int64),
        ("objective", np.int64),
        ("convention", np.int64),
        ("bound", np.int64, (8,)),
        ("geometry", np.int64, (4,)),
        ("bits", np.float64, (4,)),
        ("hardware", np.float64, (MOST_LEVELS, LEVEL_COLUMNS)),
        ("memory", np.int64, (MOST_LEVELS,)),
        ("cycles_per_word", np.float64, (MOST_LEVELS, 3)),
        ("mac_pj", np.float64),
        ("static_pj", np.float64),
        ("low", np.int64, (MOST_LEVELS, 8)),
        ("high", np.int64, (MOST_LEVELS, 8)),
        ("rank", np.int64, (MOST_LEVELS, 8)),
        # the case
        ("keep", np.int64, (MOST_LEVELS, 3)),
        ("spatial", np.int64, (MOST_LEVELS, 8)),
        ("above", np.int64, (MOST_LEVELS + 1, 8)),
        ("parent", np.int64, (MOST_LEVELS + 1, 3)),
        ("flow", np.float64, (MOST_LEVELS, 3, COEFFICIENTS)),
        ("kind", np.int64, (8,)),
        ("apart", np.int64, (MOST_LEVELS + 1,)),
        ("combs", np.int64),
        ("fixed_pj", np.float64),
        ("fixed_busy", np.float64, (MOST_LEVELS, 2)),
        ("compute", np.float64),
        ("divisors", np.int64, (8, MOST_DIVISORS)),
        ("n_divisors", np.int64, (8,)),
        ("stride", np.int64, (8,)),
        ("nodes", np.int64),
        # the chain at hand
        ("n", np.int64, (MOST_LEVELS + 1, 8)),
        ("hold", np.int64, (MOST_LEVELS + 1, 8)),
        ("trips", np.int64, (MOST_LEVELS, 8)),
        # what the bound of one flow found, by class
        ("class_pj", np.float64, (3,)),
        ("class_cycles", np.float64, (3,)),
        ("class_outer", np.float64, (3,)),
        ("class_sent", np.float64, (3,)),
        ("class_got", np.float64, (3,)),
        ("class_w", np.float64, (3,)),
        ("class_still", np.float64, (3,)),
        ("class_o", np.float64, (3,)),
        ("busy", np.float64, (MOST_LEVELS + 1, MOST_LEVELS, 2)),
        # orders of the chain at hand, innermost loop first
        ("pattern", np.int64, (MOST_LEVELS, MOST_PATTERNS, 8)),
        ("n_patterns", np.int64, (MOST_LEVELS,)),
        ("length", np.int64, (MOST_LEVELS,)),
        ("times_w", np.float64, (MOST_LEVELS, MOST_PATTERNS)),
        ("times_o", np.float64, (MOST_LEVELS, MOST_PATTERNS)),
        ("chosen", np.int64, (MOST_LEVELS,)),
        ("spacing", np.int64, (16,)),
        ("count", np.int64, (16,)),
        ("words", np.float64, (2,)),
        ("words_taken", np.float64, (MOST_LEVELS,)),
        ("free", np.int64, (8,)),
        ("mine", np.float64, (LABEL_COLUMNS + 3 * MOST_LEVELS,)),
        # the label at each depth: what the flows into the levels so far cost, and what they leave to those further in
        ("label_pj", np.float64, (MOST_LEVELS + 1,)),
        ("label_fill", np.float64, (MOST_LEVELS + 1,)),
        ("still_w", np.float64, (MOST_LEVELS + 1,)),
        ("still_o", np.float64, (MOST_LEVELS + 1,)),
        ("still_sent", np.float64, (MOST_LEVELS + 1,)),
        ("still_got", np.float64, (MOST_LEVELS + 1,)),
        # prices: a flow of multiplier m costs price_slope x m + price_base (inputs: by sent and by got)
        ("pj_price", np.float64),
        ("exchange", np.float64),
        ("price_slope", np.float64, (MOST_LEVELS, 3)),
        ("price_base", np.float64, (MOST_LEVELS, 3)),
        ("price_sent", np.float64, (MOST_LEVELS,)),
        ("price_got", np.float64, (MOST_LEVELS,)),
        ("next_level", np.int64, (MOST_LEVELS + 1, 3)),
        ("constrained", np.int64),
        ("slides", np.int64, (MOST_LEVELS,)),
        # the walk of depth-first search
        ("depth", np.int64),
        ("at", np.int64, (MOST_LEVELS + 1,)),
        ("children", np.int64, (MOST_LEVELS + 1,)),
        ("listed", np.int64, (MOST_LEVELS + 1,)),
        ("base_pj", np.float64, (MOST_LEVELS + 1,)),
        ("base_fill", np.float64, (MOST_LEVELS + 1,)),
        ("base_outer", np.float64, (MOST_LEVELS + 1,)),
        ("base_cycles", np.float64),
        # the best so far, over all cases
        ("best", np.float64),
        ("found", np.int64),
        ("best_n", np.int64, (MOST_LEVELS + 1, 8)),
        ("best_order", np.int64, (MOST_LEVELS, 8)),
        ("best_pj", np.float64),
        ("best_cycles", np.float64),
        ("case", np.int64),
        ("best_case", np.int64),
        ("evaluations", np.int64),
        ("pruned", np.int64),
        ("visited", np.int64),
    ],
    align=True,
)
_search = from_dtype(SEARCH_DTYPE)


class Tables(NamedTuple):
    """Memory of one case, by level (L) and node of the lattice, or by child of the label at each level.

    Attributes:
        trips: (nodes, 8) of every node. room: (L, nodes), as :func:`_room` says.
        own: (L, 8, nodes), rows ``OWN_PJ`` to ``INNER_OUTER``; of level 0 the rows hold products of trips.
        inputs: (L, nodes) price of inputs into a level, loops over K in full.
        inside: (L, 8, nodes) price of all flows further in, by the tensors that stay put till their next level.
        by_price, prices: (L, nodes) the nodes of a level, those first that may be cheapest, and their prices.
        child_key, child_node, child_order, turn: (L, children) bound, node and packed order; sorted by ``turn``.
        seen: (L, nodes, slots, columns) labels visited; seen_count: (L, nodes) how many.
        scratch: (nodes,).
    """

    trips: Any
    room: Any
    own: Any
    inputs: Any
    inside: Any
    by_price: Any
    prices: Any
    child_key: Any
    child_node: Any
    child_order: Any
    turn: Any
    seen: Any
    seen_count: Any
    scratch: Any


_ints, _floats, _flags = int64[:, ::1], float64[:, ::1], int8[:, ::1]
_tables = types.NamedTuple(
    (_ints, _flags, float64[:, :, ::1], _floats, float64[:, :, ::1], _ints, _floats,
     _floats, _ints, _ints, _ints, float64[:, :, :, ::1], _flags, float64[::1]),
    Tables,
)  # fmt: skip


def new_search() -> Any:
    """Memory of one search."""
    return np.zeros(1, dtype=SEARCH_DTYPE).view(np.recarray)[0]


def new_tables(levels: int, nodes: int, children: int) -> Tables:
    """Memory of one case."""
    ints, floats = (levels, nodes), (levels, nodes)
    return Tables(
        trips=np.empty((nodes, 8), dtype=np.int64),
        room=np.empty((levels, nodes), dtype=np.int8),
        own=np.empty((levels, 8, nodes)),
        inputs=np.empty(floats),
        inside=np.empty((levels, 8, nodes)),
        by_price=np.empty(ints, dtype=np.int64),
        prices=np.empty(floats),
        child_key=np.empty((levels, children)),
        child_node=np.empty((levels, children), dtype=np.int64),
        child_order=np.empty((levels, children), dtype=np.int64),
        turn=np.empty((levels, children), dtype=np.int64),
        seen=np.empty((levels, nodes, SLOTS, LABEL_COLUMNS + 3 * levels)),
        seen_count=np.zeros((levels, nodes), dtype=np.int8),
        scratch=np.empty(nodes),
    )


@inside(float64(_search, float64, float64))
def _score(w, dynamic_pj, cycles):
    """The objective of an energy without static power and a latency."""
    if w.objective == LATENCY:
        return cycles
    energy = dynamic_pj + w.static_pj * cycles
    return energy if w.objective == ENERGY else energy * cycles


@inside(float64(_search, float64[:, ::1]))
def _slowest(w, busy):
    """Cycles that compute and every level's bandwidth need; ``busy`` words read and written by the busiest instance."""
    cycles = w.compute
    for level in range(w.levels):
        reads, writes = busy[level, 0], busy[level, 1]
        slow = w.cycles_per_word[level]
        cycles = max(cycles, reads * slow[0], writes * slow[1], (reads + writes) * slow[2])
    return cycles


@inside(float64(_search, float64, float64))
def _outer_cycles(w, reads, writes):
    """Cycles that the outermost level's bandwidth needs, by its tightest port alone: they add up over flows."""
    slow = w.cycles_per_word[0]
    if slow[2] > 0:
        return (reads + writes) * slow[2]
    return reads * slow[0] if slow[0] > 0 else writes * slow[1]


@inside(types.void(float64[::1], int64[::1], int64, int64))
def _sift(keys, items, begin, end):
    """Let the item at ``begin`` of a heap sink to its place."""
    root = begin
    while 2 * root + 1 < end:
        child = 2 * root + 1
        if child + 1 < end and keys[child + 1] > keys[child]:
            child += 1
        if keys[root] >= keys[child]:
            return
        keys[root], keys[child] = keys[child], keys[root]
        items[root], items[child] = items[child], items[root]
        root = child


@inside(types.void(float64[::1], int64[::1], int64))
def _sort(keys, items, count):
    """Sort items by their keys, in place (a heap)."""
    for begin in range(count // 2 - 1, -1, -1):
        _sift(keys, items, begin, count)
    for end in range(count - 1, 0, -1):
        keys[0], keys[end] = keys[end], keys[0]
        items[0], items[end] = items[end], items[0]
        _sift(keys, items, 0, end)


@inside(int64(_search, int64, int64))
def _union_of_combs(w, combs, width):
    """Length of the union of intervals of ``width`` at every sum of multiples of ``spacing``, ``count`` of each."""
    spacing, count = w.spacing, w.count
    for i in range(1, combs):
        s, t = spacing[i], count[i]
        j = i - 1
        while j >= 0 and spacing[j] > s:
            spacing[j + 1], count[j + 1] = spacing[j], count[j]
            j -= 1
        spacing[j + 1], count[j + 1] = s, t
    total, reach = width, width
    solid = True
    for i in range(combs):
        if solid and spacing[i] <= reach:
            reach += (count[i] - 1) * spacing[i]
            total = reach
        elif spacing[i] >= reach:
            solid = False
            total *= count[i]
            reach += (count[i] - 1) * spacing[i]
        else:
            instances = 1
            for j in range(combs):
                instances *= count[j]
            # Each start adds what lies before the next; of equal ones the first does. Few and rare: no need to sort.
            total = 0
            for x in range(instances):
                gap = width
                for y in range(instances):
                    ahead, rest_x, rest_y = 0, x, y
                    for j in range(combs):
                        ahead += (rest_y % count[j] - rest_x % count[j]) * spacing[j]
                        rest_x //= count[j]
                        rest_y //= count[j]
                    if ahead > 0 or (ahead == 0 and y < x):
                        gap = min(gap, ahead)
                total += gap
            return total
    return total


@inside(int64(_search, int64, int64, int64, int64, boolean))
def _spread(w, axis, p, c, width, known):
    """Length of the union, over the children of one parent, of intervals of ``width`` along rows (0) or columns (1).

    Where the tiles of the levels between are not ``known``, a lower bound: a sum of sets has at least the sum of
    their sizes less one each.
    """
    if width <= 0 or not w.apart[c]:
        return max(width, 0)
    combs = 0
    for level in range(p, c):
        for i in range(2):
            d = P + axis + 2 * i
            trips = w.spatial[level, d]
            if trips > 1:
                w.spacing[combs] = w.geometry[axis + 2 * i] * w.hold[level + 1, d]
                w.count[combs] = trips
                combs += 1
    if combs == 0:
        return width
    if not known and c > p + 1:
        for i in range(combs):
            width += w.count[i] - 1
        return width
    return _union_of_combs(w, combs, width)


@inside(types.void(_search, int64, int64[::1]))
def _place(w, level, n):
    """Let level ``level`` hold the tile of temporal trips ``n`` outside."""
    for d in range(8):
        w.n[level, d] = n[d]
        w.hold[level, d] = w.bound[d] // (w.above[level, d] * n[d])


@inside(int64(_search, int64, int64))
def _length(w, axis, c):
    """Rows or columns of the input tile of level ``c``."""
    a, b = P + axis, R + axis
    return w.geometry[axis] * (w.hold[c, a] - 1) + w.geometry[axis + 2] * (w.hold[c, b] - 1) + 1


@inside(float64(_search, int64, int64))
def _tile_words(w, t, level):
    """Words of a tensor in the tile of a level."""
    words = 1.0
    for d in range(8):
        if DEPENDS[t, d] == 1:
            words *= w.hold[level, d]
    if t == I:
        words *= _length(w, 0, level) * _length(w, 1, level)
    return words


@inside(boolean(_search, int64, int64))
def _sums_go_on(w, level, outer):
    """Whether sums at ``level`` are partial because of loops outside level ``outer`` or of other instances."""
    partial = False
    for d in (C, R, S):
        partial = partial or w.n[outer, d] > 1 or w.above[level, d] > 1
    return partial


@inside(float64(_search, int64, int64, boolean))
def _words_held(w, level, t, partial):
    """Words of memory that the tile of a tensor takes at a level, with final or partial sums."""
    hardware = w.hardware[level]
    words = _tile_words(w, t, level) * hardware[BUFFERS]
    if hardware[WORD_BITS] > 0:
        words = words * w.bits[3 if t == O and partial else t] / hardware[WORD_BITS]
    return words


@inside(float64(_search, int64, int64, int64))
def _memory_words(w, level, placed, form):
    """Words that the memory of a level holds in its levels up to ``placed``; infinite where a tensor has no room.

    Sums are taken as final (``form`` 0), partial (1), or as they are (2): where it depends on loops further in than
    ``placed`` as what takes less.
    """
    total = 0.0
    for at in range(w.memory[level], placed + 1):
        if w.memory[at] != w.memory[level]:
            break
        for t in range(3):
            if not w.keep[at, t]:
                continue
            partial = form == 1
            if t == O and form == 2:
                further = w.next_level[at, O]
                partial = _sums_go_on(w, at, further if further == w.levels else min(further, placed))
                if not partial and placed < further < w.levels:
                    partial = w.bits[3] < w.bits[O]
            words = _words_held(w, at, t, partial)
            if words > w.hardware[at, PARTITION_W + t]:
                return np.inf
            total += words
    return total


@inside(float64(_search, int64))
def _memory_words_alone(w, c):
    """Least words of the memory of level ``c`` that this level takes, whatever the loops further in do."""
    total = 0.0
    further = w.next_level[c, O]
    for t in range(3):
        if not w.keep[c, t]:
            continue
        words = _words_held(w, c, t, False)
        if t == O:
            partial = _words_held(w, c, t, True)
            if _sums_go_on(w, c, w.levels if further == w.levels else c):
                words = partial
            elif further < w.levels:
                words = min(words, partial)
        if words > w.hardware[c, PARTITION_W + t]:
            return np.inf
        total += words
    return total


@inside(boolean(_search, int64, float64))
def _has_room(w, level, words):
    """Whether the memory of a level has room for so many words (infinite: a tensor has no room)."""
    return words < np.inf and words <= w.hardware[level, CAPACITY_WORDS]


@inside(boolean(_search, int64))
def _fits(w, c):
    """Whether the tiles placed down to level ``c`` fit, as far as that is not known from level ``c - 1``.

    At level ``c`` itself; and where it holds sums, at the memory that sends them, for it is known now whether those are
    partial.
    """
    if not _has_room(w, c, _memory_words(w, c, c, 2)):
        return False
    holder = w.parent[c, O] if c > 0 and w.keep[c, O] else c
    while not w.keep[holder, O]:
        holder -= 1
    return w.memory[holder] == w.memory[c] or _has_room(w, holder, _memory_words(w, holder, c, 2))


@inside(float64(_search, int64, boolean))
def _fill_and_drain(w, c, known):
    """Cycles to fill the first tiles of level ``c`` and drain its last."""
    if not w.convention & FILL_AND_DRAIN:
        return 0.0
    total = 0.0
    for t in range(3):
        if not w.keep[c, t]:
            continue
        p = w.parent[c, t]
        outer, inner = w.hardware[p], w.hardware[c]
        words = _tile_words(w, t, c)
        sent = 1.0
        for d in range(8):
            if DEPENDS[t, d] == 1:
                sent *= w.hold[c, d] * (w.above[c, d] // w.above[p, d])
        if t == I:
            for axis in range(2):
                sent *= _spread(w, axis, p, c, _length(w, axis, c), known)
        at_p, at_c = 1.0, 1.0
        if outer[WORD_BITS] > 0:
            at_p = w.bits[t] / outer[WORD_BITS]
        if inner[WORD_BITS] > 0:
            at_c = w.bits[3 if t == O else t] / inner[WORD_BITS]
        if t == O:
            total += max(sent * at_p / outer[WRITE_BANDWIDTH], words * at_c / inner[READ_BANDWIDTH])
        else:
            total += max(sent * at_p / outer[READ_BANDWIDTH], words * at_c / inner[WRITE_BANDWIDTH])
    return total


@inside(float64(_search, int64, int64, float64, float64, float64[:, ::1]))
def _add_flow(w, c, t, sent, got, busy):
    """Energy of a flow into level ``c``; adds its words to ``busy``."""
    f = w.flow[c, t]
    p, q = w.memory[w.parent[c, t]], w.memory[c]
    busy[p, 0] += sent * f[P_READ] + f[P_READ_FIXED]
    busy[p, 1] += sent * f[P_WRITE] + f[P_WRITE_FIXED]
    busy[q, 0] += got * f[C_READ] + f[C_READ_FIXED]
    busy[q, 1] += got * f[C_WRITE] + f[C_WRITE_FIXED]
    return sent * f[E_SENT] + got * f[E_GOT] + f[E_FIXED]


@inside(int64(_search, int64, int64))
def _may_share(w, p, axis):
    """Whether MACs below level ``p`` may want the same row (column): one comb of single words never overlaps itself."""
    combs = 0
    for level in range(p, w.levels):
        for d in (P + axis, R + axis):
            combs += w.spatial[level, d] > 1
    return combs > 1 and w.bound[P + axis] > 1 and w.bound[R + axis] > 1


@inside(float64(_search, int64, int64))
def _fewest_at_macs(w, p, axis):
    """The least rows (columns) that the MACs below level ``p`` want in a step: all, unless they may share."""
    apart, together = 1.0, 1.0
    for level in range(p, w.levels):
        for d in (P + axis, R + axis):
            apart *= w.spatial[level, d]
            together += w.spatial[level, d] - 1
    return together if _may_share(w, p, axis) else apart


@inside(types.void(_search))
def _prepare_case(w):
    """Everything that follows from spatial loops and kept tensors alone."""
    L = w.levels
    for level in range(L):
        w.cycles_per_word[level, 0] = 1.0 / w.hardware[level, READ_BANDWIDTH]
        w.cycles_per_word[level, 1] = 1.0 / w.hardware[level, WRITE_BANDWIDTH]
        w.cycles_per_word[level, 2] = 1.0 / w.hardware[level, SHARED_BANDWIDTH]
    for d in range(8):
        w.above[0, d] = 1
        for level in range(L):
            w.above[level + 1, d] = w.above[level, d] * w.spatial[level, d]
        w.n[0, d] = 1
        w.n[L, d] = w.bound[d] // w.above[L, d]
        w.hold[0, d] = w.bound[d]
        w.hold[L, d] = 1
        w.kind[d] = DEPENDS[I, d]
    for axis in range(2):
        # A window that is as wide as one step never overlaps the one before: the dim moves it by whole pieces.
        if w.bound[R + axis] == 1:
            w.kind[P + axis] = 1
        if w.bound[P + axis] == 1:
            w.kind[R + axis] = 1
    macs = 1.0
    w.compute = 1.0
    for d in range(8):
        macs *= w.bound[d]
        w.compute *= w.n[L, d]
    w.fixed_pj = macs * w.mac_pj
    w.combs = 0
    for level in range(L):
        w.fixed_busy[level, 0] = 0.0
        w.fixed_busy[level, 1] = 0.0
        w.apart[level] = 0
    for t in range(3):
        following = L
        w.next_level[L, t] = L
        for k in range(L - 1, -1, -1):
            w.next_level[k, t] = following
            if w.keep[k, t]:
                following = k
        p = 0
        for c in range(1, L + 1):
            if c < L and not w.keep[c, t]:
                continue
            w.parent[c, t] = p
            to_macs = c == L
            outer = w.hardware[p]
            parents, children = 1.0, 1.0
            base_sent, base_got, fresh_sent, fresh_got = 1.0, 1.0, 1.0, 1.0
            for d in range(8):
                parents *= w.above[p, d]
                children *= w.above[c, d]
                if DEPENDS[t, d] == 1:
                    base_sent *= w.bound[d]
                    base_got *= w.bound[d]
                else:
                    base_sent *= w.above[p, d]
                    base_got *= w.above[c, d]
            if t == I:
                w.apart[c] = 0
                for d in range(P, S + 1):
                    if w.above[c, d] > w.above[p, d]:
                        w.apart[c] = 1
            at_p, at_c, final_at_p = 1.0, 1.0, 1.0
            width_at = 3 if t == O else t
            if outer[WORD_BITS] > 0:
                at_p = w.bits[width_at] / outer[WORD_BITS]
                final_at_p = w.bits[t] / outer[WORD_BITS]
            network = 0.0
            for level in range(p, c):
                network += w.hardware[level, NETWORK_PJ]
            fresh_sent, fresh_got = base_sent, base_got
            final = fresh_sent
            for d in (C, R, S):
                if w.above[p, d] > 1:
                    final = 0.0
            if to_macs:
                sent = base_sent
                for d in range(8):
                    if DEPENDS[t, d] != 1:
                        sent *= w.n[L, d]
                if t == I:
                    for axis in range(2):
                        sent *= _fewest_at_macs(w, p, axis)
                        w.combs = max(w.combs, _may_share(w, p, axis))
                if t != O:
                    w.fixed_pj += sent * at_p * outer[READ_PJ]
                    w.fixed_busy[w.memory[p], 0] += sent / parents * at_p
                else:
                    if sent > fresh_sent:
                        final = 0.0
                    w.fixed_pj += ((sent - final) * at_p + final * final_at_p) * outer[WRITE_PJ]
                    w.fixed_pj += (sent - fresh_sent) * at_p * outer[READ_PJ]
                    w.fixed_busy[w.memory[p], 1] += ((sent - final) * at_p + final * final_at_p) / parents
                    w.fixed_busy[w.memory[p], 0] += (sent - fresh_sent) * at_p / parents
                w.fixed_pj += macs * at_p * network
            else:
                inner = w.hardware[c]
                if inner[WORD_BITS] > 0:
                    at_c = w.bits[width_at] / inner[WORD_BITS]
                f = w.flow[c, t]
                for i in range(COEFFICIENTS):
                    f[i] = 0.0
                if t != O:
                    f[E_SENT] = base_sent * at_p * outer[READ_PJ]
                    f[E_GOT] = base_got * (at_c * inner[WRITE_PJ] + at_p * network)
                    f[P_READ] = base_sent / parents * at_p
                    f[C_WRITE] = base_got / children * at_c
                else:
                    f[E_SENT] = base_sent * at_p * (outer[WRITE_PJ] + outer[READ_PJ])
                    f[E_GOT] = base_got * (at_c * inner[WRITE_PJ] + 2 * at_p * network)
                    f[E_FIXED] = final * (final_at_p - at_p) * outer[WRITE_PJ] - fresh_sent * at_p * outer[READ_PJ]
                    f[E_FIXED] -= fresh_got * (at_c * inner[WRITE_PJ] + at_p * network)
                    f[P_WRITE] = base_sent * at_p / parents
                    f[P_WRITE_FIXED] = final * (final_at_p - at_p) / parents
                    f[P_READ] = base_sent * at_p / parents
                    f[P_READ_FIXED] = -fresh_sent * at_p / parents
                    f[C_WRITE] = base_got * at_c / children
                    f[C_WRITE_FIXED] = -fresh_got * at_c / children
                    if w.convention & DRAIN_READS:
                        f[E_GOT] += base_got * at_c * inner[READ_PJ]
                        f[C_READ] = base_got * at_c / children
            p = c


@inside(types.void(_search))
def _exact_mac_reads(w):
    """What inputs read for the MACs, beyond the bound in ``fixed_pj``, where windows run in parallel on several combs.

    Leaves energy in ``words[0]`` and words of the busiest instance in ``words[1]``.
    """
    L = w.levels
    p = w.parent[L, I]
    outer = w.hardware[p]
    sent, least, parents = 1.0, 1.0, 1.0
    for d in range(8):
        parents *= w.above[p, d]
        if DEPENDS[I, d] == 1:
            sent *= w.bound[d]
        else:
            sent *= w.above[p, d] * w.n[L, d]
    least = sent
    for axis in range(2):
        sent *= _spread(w, axis, p, L, 1, True)
        least *= _fewest_at_macs(w, p, axis)
    at_p = 1.0
    if outer[WORD_BITS] > 0:
        at_p = w.bits[I] / outer[WORD_BITS]
    w.words[0] = (sent - least) * at_p * outer[READ_PJ]
    w.words[1] = (sent - least) / parents * at_p


@inside(float64(int64))
def _smallest_prime(n):
    """Smallest prime factor of ``n`` > 1."""
    i = 2
    while i * i <= n:
        if n % i == 0:
            return i
        i += 1
    return n


@inside(types.void(_search, int64, boolean))
def _bound_flows(w, c, exact):
    """Lower bounds on energy and bandwidth cycles of all flows into level ``c``, by class of the loops around it.

    With ``exact`` the loops just outside are those of block ``c - 1``; else the blocks ``< c`` may share ``n[c]`` in
    any way (then ``n[c - 1]`` is not read). A class says to whom the innermost of these loops is of no account. Fills
    ``class_pj``, ``class_cycles`` (infinite where no such loop exists), ``class_sent`` and ``class_got`` (of inputs).
    """
    n = w.n[c]
    outside = w.n[c - 1] if exact else w.n[0]
    trips = w.trips[c - 1] if exact else w.n[c]
    moves_w = trips[G] * trips[K] * trips[C] * trips[R] * trips[S] > 1
    moves_o = trips[N] * trips[G] * trips[K] * trips[P] * trips[Q] > 1
    full_w, still_w = float(n[N] * n[P] * n[Q]), float(outside[N] * outside[P] * outside[Q])
    full_o, still_o = float(n[C] * n[R] * n[S]), float(outside[C] * outside[R] * outside[S])
    if not moves_w:
        full_w = still_w = w.still_w[c - 1] if exact else 1.0
    if not moves_o:
        full_o = still_o = w.still_o[c - 1] if exact else 1.0

    # Inputs: words of whole moves and of single steps along rows and columns, sent and got.
    keeps_i = w.keep[c, I]
    moving = float(n[P] * n[Q] * n[R] * n[S])  # steps, but for those along plain dims: they add up to the bound
    least_sent = 0.0
    least_got = 0.0
    whole_sent, whole_got = 1.0, 1.0
    any_sent, any_got = np.inf, np.inf
    w_sent, w_got, o_sent, o_got = np.inf, np.inf, np.inf, np.inf
    some_w, some_o = trips[N] > 1, trips[C] > 1
    some_i = False
    if keeps_i:
        p = w.parent[c, I]
        # Every word that is needed must come once: what the trips along one dim span at least.
        least_sent, least_got = 1.0, 1.0
        for axis in range(2):
            a, b = P + axis, R + axis
            length = _length(w, axis, c)
            step_a, step_b = w.geometry[axis] * w.hold[c, a], w.geometry[2 + axis] * w.hold[c, b]
            least_got *= max((n[a] - 1) * min(step_a, length), (n[b] - 1) * min(step_b, length)) + length
            count_a, count_b = n[a] * w.above[c, a] // w.above[p, a], n[b] * w.above[c, b] // w.above[p, b]
            least_sent *= max((count_a - 1) * min(step_a, length), (count_b - 1) * min(step_b, length)) + length
            whole_sent *= _spread(w, axis, p, c, length, False)
            whole_got *= length
    if keeps_i:
        if some_w:
            w_sent, w_got = whole_sent, whole_got
        if some_o:
            o_sent, o_got = whole_sent, whole_got
        if trips[G] > 1:
            any_sent, any_got = whole_sent, whole_got
        for d in range(P, S + 1):
            if trips[d] == 1:
                continue
            axis = (d - P) % 2
            other = d + 2 if d < R else d - 2
            sent, got = whole_sent, whole_got
            if w.kind[d] == 2:
                p = w.parent[c, I]
                length = _length(w, axis, c)
                step = w.geometry[d - P] * w.hold[c, d] * w.spatial[c - 1, d]
                step = min(step, length)
                sent = whole_sent / _spread(w, axis, p, c, length, False) * _spread(w, axis, p, c, step, False)
                got = whole_got / length * step
                if n[other] > 1:
                    # A step of the other dim may undo what falls back; the steps of this one always count.
                    share = 1.0 - 1.0 / (trips[d] if exact else _smallest_prime(trips[d]))
                    sent *= share
                    got *= share
            if d < R:
                some_w = True
                w_sent, w_got = min(w_sent, sent), min(w_got, got)
            else:
                some_o = True
                o_sent, o_got = min(o_sent, sent), min(o_got, got)
    else:
        some_w = some_w or trips[P] > 1 or trips[Q] > 1
        some_o = some_o or trips[R] > 1 or trips[S] > 1
    any_sent, any_got = min(any_sent, w_sent, o_sent), min(any_got, w_got, o_got)
    some_i = trips[K] > 1 or trips[G] > 1 or not (some_w or some_o)
    if any_sent == np.inf:
        any_sent, any_got = 0.0, 0.0  # nothing of this block moves inputs
    for kind in range(3):
        if (kind == STAY_W and not some_w) or (kind == STAY_O and not some_o) or (kind == STAY_I and not some_i):
            w.class_pj[kind] = np.inf
            w.class_w[kind], w.class_o[kind] = full_w, full_o
            w.class_cycles[kind] = np.inf
            w.class_outer[kind] = np.inf
            w.class_sent[kind] = np.inf
            w.class_got[kind] = np.inf
            continue
        busy = w.busy[MOST_LEVELS]
        for level in range(w.levels):
            busy[level, 0] = w.fixed_busy[level, 0]
            busy[level, 1] = w.fixed_busy[level, 1]
        energy = 0.0
        m_w, m_o = full_w, full_o
        if kind == STAY_W:
            m_w = still_w
        elif kind == STAY_O:
            m_o = still_o
        w.class_w[kind], w.class_o[kind] = m_w, m_o
        if w.keep[c, W]:
            energy += _add_flow(w, c, W, m_w, m_w, busy)
        if w.keep[c, O]:
            energy += _add_flow(w, c, O, m_o, m_o, busy)
        if keeps_i:
            times = moving
            sent, got = any_sent, any_got
            if kind == STAY_W:
                times *= n[K]
                sent, got = w_sent, w_got
            elif kind == STAY_O:
                times *= n[K]
                sent, got = o_sent, o_got
            else:
                times *= outside[K]
            sent, got = max(times * sent, least_sent), max(times * got, least_got)
            w.class_sent[kind] = sent
            w.class_got[kind] = got
            energy += _add_flow(w, c, I, sent, got, busy)
        w.class_pj[kind] = energy
        w.class_cycles[kind] = _slowest(w, busy)
        w.class_outer[kind] = _outer_cycles(w, busy[0, 0] - w.fixed_busy[0, 0], busy[0, 1] - w.fixed_busy[0, 1])


@inside(boolean(_search, int64, int64))
def _walk(w, c, until):
    """Multipliers of the flow of inputs into level ``c``, into ``words`` (sent, got), from the orders of its blocks.

    Goes through the loops from the innermost outwards, as :func:`accel_models.kernel._moved` does, through the chosen
    patterns of blocks ``c - 1`` down to ``until``. Returns whether a loop was met beyond which none matters.
    """
    n = w.n[c]
    p = w.parent[c, I]
    apart = w.apart[c] != 0
    out_k = float(n[K])
    out_a0, out_a1, out_b0, out_b1 = float(n[P]), float(n[Q]), float(n[R]), float(n[S])
    fall0, fall1 = 0, 0
    length0, length1 = _length(w, 0, c), _length(w, 1, c)
    all0, all1 = length0, length1
    if apart:
        all0, all1 = _spread(w, 0, p, c, length0, True), _spread(w, 1, p, c, length1, True)
    # Factors of the words that stay: sent (s) and got (g), rows (0) and columns (1).
    s0, s1 = out_a0 * out_b0 * all0, out_a1 * out_b1 * all1
    g0, g1 = out_a0 * out_b0 * length0, out_a1 * out_b1 * length1
    stale0, stale1 = False, False
    whole_sent, whole_got = out_k * s0 * s1, out_k * g0 * g1
    kept_sent, kept_got = 0.0, 0.0
    for block in range(c - 1, until - 1, -1):
        pattern = w.pattern[block, w.chosen[block]]
        for i in range(w.length[block]):
            d = pattern[i]
            trips = w.trips[block, d]
            if w.kind[d] == 1:
                w.words[0], w.words[1] = whole_sent - kept_sent, whole_got - kept_got
                return True
            row = d in (P, R)
            if stale0 and (d == K or not row):
                step = min(abs(fall0), length0)
                g0 = out_a0 * out_b0 * (length0 - step)
                s0 = out_a0 * out_b0 * (all0 - _spread(w, 0, p, c, step, True)) if apart else g0
                stale0 = False
            if stale1 and (d == K or row):
                step = min(abs(fall1), length1)
                g1 = out_a1 * out_b1 * (length1 - step)
                s1 = out_a1 * out_b1 * (all1 - _spread(w, 1, p, c, step, True)) if apart else g1
                stale1 = False
            if d == K:
                inner = out_k / trips
                kept_sent += (out_k - inner) * s0 * s1
                kept_got += (out_k - inner) * g0 * g1
                out_k = inner
                continue
            stride = w.geometry[d - P] * w.hold[block + 1, d] * w.spatial[block, d]
            if row:
                step = min(abs(stride - fall0), length0)
                if d == P:
                    steps = (out_a0 - out_a0 / trips) * out_b0
                    out_a0 /= trips
                else:
                    steps = (out_b0 - out_b0 / trips) * out_a0
                    out_b0 /= trips
                fall0 += (trips - 1) * stride
                stale0 = True
                stay = length0 - step
                kept_got += out_k * g1 * steps * stay
                kept_sent += out_k * s1 * steps * (all0 - _spread(w, 0, p, c, step, True) if apart else stay)
            else:
                step = min(abs(stride - fall1), length1)
                if d == Q:
                    steps = (out_a1 - out_a1 / trips) * out_b1
                    out_a1 /= trips
                else:
                    steps = (out_b1 - out_b1 / trips) * out_a1
                    out_b1 /= trips
                fall1 += (trips - 1) * stride
                stale1 = True
                stay = length1 - step
                kept_got += out_k * g0 * steps * stay
                kept_sent += out_k * s0 * steps * (all1 - _spread(w, 1, p, c, step, True) if apart else stay)
    w.words[0], w.words[1] = whole_sent - kept_sent, whole_got - kept_got
    return False


@inside(types.void(_search, int64, int64))
def _note_multipliers(w, block, at):
    """Multipliers of W and O under a pattern; -1 where the block has no loop that moves the tensor."""
    pattern, trips, outside, length = w.pattern[block, at], w.trips[block], w.n[block], w.length[block]
    times_w, times_o = -1.0, -1.0
    stay = 1.0
    for i in range(length):
        if DEPENDS[W, pattern[i]]:
            times_w = float(outside[N] * outside[P] * outside[Q]) * (trips[N] * trips[P] * trips[Q]) / stay
            break
        stay *= trips[pattern[i]]
    stay = 1.0
    for i in range(length):
        if DEPENDS[O, pattern[i]]:
            times_o = float(outside[C] * outside[R] * outside[S]) * (trips[C] * trips[R] * trips[S]) / stay
            break
        stay *= trips[pattern[i]]
    w.times_w[block, at] = times_w
    w.times_o[block, at] = times_o


@inside(types.void(_search, int64, boolean))
def _list_patterns(w, block, windows):
    """List the loop orders of a block of which one is the best, innermost loop first.

    Loops that move inputs by whole pieces stand outside those that do not, but for the two ways of using one: those
    that leave weights in place (or those that leave outputs in place) just outside the windows that do so, too. Where a
    constraint ranks the dims of the level, this holds among those of one rank: each rank is a block of its own. Without
    ``windows`` no level further in takes inputs: then the order matters to weights and outputs alone.
    """
    trips, rank, patterns = w.trips[block], w.rank[block], w.pattern[block]
    free = w.free
    length = 0  # of the patterns so far
    count = 1  # how many there are
    left = 0
    for d in range(8):
        if trips[d] > 1:
            left |= 1 << d
    while left:
        inmost = -1
        for d in range(8):
            if (left >> d) & 1:
                inmost = max(inmost, rank[d])
        here = 0
        m, size = 0, 0
        plain_w, plain_o = False, False
        for d in range(8):
            if not (left >> d) & 1 or rank[d] != inmost:
                continue
            here |= 1 << d
            size += 1
            if windows and w.kind[d] != 1:
                free[m] = d
                m += 1
            elif d in (N, P, Q):
                plain_w = True
            elif d != G and d != K:
                plain_o = True
        left &= ~here
        before = count
        # The new part goes behind every pattern so far; the last of its variants overwrites the originals.
        # (without windows those that leave weights in place come first anyhow)
        ways_w, ways_o = 0, 0
        if plain_w and m > 0:
            ways_w = 2 if w.kind[P] == 2 and w.kind[Q] == 2 and (here >> P) & 1 and (here >> Q) & 1 else 1
        if plain_o:
            ways_o = 2 if w.kind[R] == 2 and w.kind[S] == 2 and (here >> R) & 1 and (here >> S) & 1 else 1
        if not windows:
            ways_w, ways_o = 0, 1 if plain_w and plain_o else 0
        variants = FACTORIAL[m] + ways_w + ways_o
        for variant in range(variants - 1, -1, -1):
            for i in range(before):
                target = patterns[variant * before + i]
                for j in range(length):
                    target[j] = patterns[i, j]
                at = length
                seen = 0
                other = variant - FACTORIAL[m]
                if other < 0:
                    for j in range(m):
                        target[at] = free[PERMUTATIONS[m, variant, j]]
                        at += 1
                else:
                    first, a, b = N, P, Q
                    turn = other
                    if other >= ways_w:
                        first, a, b = C, R, S
                        turn = other - ways_w
                    if turn:
                        a, b = b, a
                    for kind in (2, 1):
                        for d in (a, b, first):
                            if (here >> d) & 1 and w.kind[d] == kind:
                                target[at] = d
                                at += 1
                for j in range(length, at):
                    seen |= 1 << target[j]
                for d in (N, P, Q, C, R, S, K, G):
                    if (here >> d) & 1 and not (seen >> d) & 1:
                        target[at] = d
                        at += 1
        count = before * variants
        length += size
    w.length[block] = length
    w.n_patterns[block] = count
    for i in range(count):
        _note_multipliers(w, block, i)


@inside(types.void(_search, float64, float64))
def _offer(w, dynamic_pj, cycles):
    """Keep the mapping at hand if it is better than the best."""
    score = _score(w, dynamic_pj, cycles)
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


@inside(float64(_search, float64[:, ::1]))
def _compulsory(w, busy):
    """Energy of what every level must receive at least once; ``busy`` becomes its words."""
    for level in range(w.levels):
        busy[level, 0] = w.fixed_busy[level, 0]
        busy[level, 1] = w.fixed_busy[level, 1]
    energy = w.fixed_pj
    for c in range(1, w.levels):
        for t in range(3):
            if not w.keep[c, t]:
                continue
            sent, got = 1.0, 1.0
            if t == I:
                p = w.parent[c, t]
                for axis in range(2):
                    a, b = P + axis, R + axis
                    sent *= w.bound[a] // w.above[p, a] + w.bound[b] // w.above[p, b] - 1
                    got *= w.bound[a] // w.above[c, a] + w.bound[b] // w.above[c, b] - 1
            energy += _add_flow(w, c, t, sent, got, busy)
    return energy


@entry(float64(_search))
def root_bound(w):
    """Prepare a case; a lower bound on its objective, from what every level must receive at least once."""
    _prepare_case(w)
    busy = w.busy[MOST_LEVELS]
    energy = _compulsory(w, busy)
    return _score(w, energy, _slowest(w, busy))


@entry(int64(_search))
def start_case(w):
    """Lay out the lattice of the case that :func:`root_bound` has prepared.

    Returns the number of nodes, or -1 when a dim has too many divisors.
    """
    w.nodes = 1
    for d in range(8):
        budget = w.n[w.levels, d]
        m = 0
        i = 1
        while i * i <= budget:
            if budget % i == 0:
                if m >= MOST_DIVISORS // 2:
                    return -1
                w.divisors[d, m] = i
                m += 1
            i += 1
        for j in range(m - 1, -1, -1):
            other = budget // w.divisors[d, j]
            if other != w.divisors[d, j]:
                w.divisors[d, m] = other
                m += 1
        w.n_divisors[d] = m
        w.stride[d] = w.nodes
        w.nodes *= m
    return w.nodes


@inside(types.void(_search))
def _prepare_prices(w):
    """Price of a unit of every flow, and the levels that loops may pass (see ``docs/mapping.md``)."""
    L = w.levels
    w.pj_price = 0.0 if w.objective == LATENCY else 1.0
    w.exchange = 1.0 if w.objective == LATENCY else 0.0
    busy = w.busy[MOST_LEVELS]
    energy = _compulsory(w, busy)
    if w.objective == EDP and _outer_cycles(w, busy[0, 0], busy[0, 1]) > 0.5 * w.compute:
        cycles = _slowest(w, busy)
        w.exchange = energy / cycles + w.static_pj
    for c in range(1, L):
        for t in range(3):
            if not w.keep[c, t]:
                continue
            f = w.flow[c, t]
            reads, writes, reads_fixed, writes_fixed = 0.0, 0.0, 0.0, 0.0
            if w.parent[c, t] == 0:
                reads, writes, reads_fixed, writes_fixed = f[P_READ], f[P_WRITE], f[P_READ_FIXED], f[P_WRITE_FIXED]
            sent = w.pj_price * f[E_SENT] + w.exchange * _outer_cycles(w, reads, writes)
            got = w.pj_price * f[E_GOT]
            w.price_slope[c, t] = sent + got
            w.price_base[c, t] = w.pj_price * f[E_FIXED] + w.exchange * _outer_cycles(w, reads_fixed, writes_fixed)
            if t == I:
                w.price_sent[c], w.price_got[c] = sent, got
        w.slides[c] = 0
        if w.keep[c, W] + w.keep[c, I] + w.keep[c, O] == 1 and not w.constrained:
            slides = True
            for d in range(P, S + 1):
                moved = w.keep[c, W] if d in (P, Q) else w.keep[c, O]
                if moved and w.kind[d] == 2 and w.spatial[c - 1, d] > 1:
                    slides = False
            if w.keep[c, O] and w.bits[3] < w.bits[O]:
                slides = False
            w.slides[c] = slides


@inside(float64(_search, int64, int64, float64))
def _price(w, t, c, times):
    """Price of the flow of weights or outputs into level ``c`` with a multiplier."""
    return w.price_slope[c, t] * times + w.price_base[c, t]


@inside(types.void(_search, float64[::1], int64))
def _least_inside(w, values, dims):
    """Replace the value of every node by the least among those that have the trips of some ``dims`` multiplied."""
    for d in range(8):
        m = w.n_divisors[d]
        if m == 1 or not (dims >> d) & 1:
            continue
        stride = w.stride[d]
        for i in range(m - 2, -1, -1):
            for j in range(i + 1, m):
                ratio = w.divisors[d, j] // w.divisors[d, i]
                if w.divisors[d, j] % w.divisors[d, i] or _smallest_prime(ratio) != ratio:
                    continue
                shift = (j - i) * stride
                for high in range(i * stride, w.nodes, m * stride):
                    for x in range(high, high + stride):
                        if values[x + shift] < values[x]:
                            values[x] = values[x + shift]


@inside(types.void(_search, _tables, int64, int64, int64))
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
                        cost += _price(w, t, w.next_level[c, t], 1.0)
                    continue
                level = following
                times = full_w[y] if t == W else full_o[y]
                if following == c and t != favoured:
                    cost += m.inputs[c, y] if t == I else _price(w, t, c, times)
                if still:
                    level = w.next_level[c, t]
                    if t != favoured:
                        cost += m.inputs[level, y] if t == I else _price(w, t, level, times)
                    elif following == c and t != I:
                        cost += _price(w, t, level, 1.0)
                elif following > c and t == favoured:
                    cost = np.inf
            if cost < values[y]:
                values[y] = cost
    if favoured == I:
        _least_inside(w, values, dims & (1 << K))
        level = w.next_level[k, I]
        for y in range(w.nodes):
            values[y] += m.inputs[level, y]
        _least_inside(w, values, dims & ~(1 << K))
    else:
        _least_inside(w, values, dims)
    target = m.inside[k, state]
    for x in range(w.nodes):
        value = values[x]
        if favoured == W:
            value += _price(w, W, w.next_level[k, W], full_w[x])
        elif favoured == O:
            value += _price(w, O, w.next_level[k, O], full_o[x])
        if value < target[x]:
            target[x] = value


@inside(types.void(_search, _tables))
def _prepare_inside(w, m):
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


@inside(float64(_search, float64[:, :, ::1], int64, int64, float64, float64, float64))
def _price_inside(w, inside, k, x, still_w, still_o, still_i):
    """Least price of all flows into levels inside ``k``, which holds node ``x``.

    The multipliers of weights and outputs and the price of inputs are those that hold for their next level if
    no loop in between moves them.
    """
    least = np.inf
    for state in range(8):
        price = inside[k, state, x]
        if price == np.inf:
            continue
        if state & 1:
            price += _price(w, W, w.next_level[k, W], still_w)
        if state & 2:
            price += still_i
        if state & 4:
            price += _price(w, O, w.next_level[k, O], still_o)
        least = min(least, price)
    return least


@inside(float64(_search, float64, float64, float64, float64, float64, float64, float64))
def _score_at_price(w, past_pj, past_outer, price, least_pj, least_outer, cycles, fill):
    """Least objective of a chain whose flows from some level inwards have a ``price`` at least.

    They take at least ``least_pj`` and ``least_outer`` cycles of the outermost level. Energy ``e`` and cycles ``o``,
    where e + exchange x o = price, lie on a line; with more ``o`` the objective falls as long as other ``cycles`` bind,
    and is concave from there on: the least is at that kink or at the end.
    """
    if w.objective == LATENCY:
        return max(cycles, past_outer + max(price, least_outer)) + fill
    if w.exchange == 0.0:
        return _score(w, past_pj + max(price, least_pj), max(cycles, past_outer + least_outer) + fill)
    if price == np.inf:
        return np.inf
    last = max(least_outer, (price - least_pj) / w.exchange)
    kink = min(max(least_outer, cycles - past_outer), last)
    at_kink = _score(w, past_pj + max(least_pj, price - w.exchange * kink), max(cycles, past_outer + kink) + fill)
    at_last = _score(w, past_pj + max(least_pj, price - w.exchange * last), max(cycles, past_outer + last) + fill)
    return min(at_kink, at_last)


@entry(types.void(_search, _tables))
def prepare_tables(w, m):
    """Fill the tables of a prepared case."""
    L = w.levels
    _prepare_prices(w)
    for x in range(w.nodes):
        n = m.trips[x]
        for d in range(8):
            n[d] = w.divisors[d, x // w.stride[d] % w.n_divisors[d]]
        m.own[0, 0, x] = n[N] * n[P] * n[Q]
        m.own[0, 1, x] = n[C] * n[R] * n[S]
    busy = w.busy[MOST_LEVELS]
    for level in range(L):
        busy[level, 0] = w.fixed_busy[level, 0]
        busy[level, 1] = w.fixed_busy[level, 1]
    w.base_pj[1] = w.fixed_pj
    w.base_fill[1] = 0.0
    w.base_outer[1] = _outer_cycles(w, w.fixed_busy[0, 0], w.fixed_busy[0, 1])
    w.base_cycles = _slowest(w, busy)
    w.still_w[0], w.still_o[0] = 1.0, 1.0
    for c in range(1, L):
        own = m.own[c]
        least_pj, least_cycles, least_fill, least_outer = np.inf, np.inf, np.inf, np.inf
        for x in range(w.nodes):
            _place(w, c, m.trips[x])
            m.room[c, x] = _has_room(w, c, _memory_words_alone(w, c))
            for d in range(8):
                if w.hold[c, d] < w.low[c, d] or w.hold[c, d] > w.high[c, d]:
                    m.room[c, x] = 0
            own[OWN_PJ, x] = own[OWN_CYCLES, x] = own[OWN_FILL, x] = own[OWN_OUTER, x] = np.inf
            if not m.room[c, x] and not w.keep[c, I]:
                continue
            _bound_flows(w, c, False)
            if w.keep[c, I]:
                sent, got = min(w.class_sent[0], w.class_sent[1]), min(w.class_got[0], w.class_got[1])
                if sent == np.inf:
                    sent, got = w.class_sent[2], w.class_got[2]
                m.inputs[c, x] = w.price_sent[c] * sent + w.price_got[c] * got
            if not m.room[c, x]:
                continue
            own[OWN_PJ, x] = min(w.class_pj[0], w.class_pj[1], w.class_pj[2])
            own[OWN_CYCLES, x] = min(w.class_cycles[0], w.class_cycles[1], w.class_cycles[2])
            own[OWN_OUTER, x] = min(w.class_outer[0], w.class_outer[1], w.class_outer[2])
            own[OWN_FILL, x] = _fill_and_drain(w, c, False)
            least_outer = min(least_outer, own[OWN_OUTER, x])
            least_pj = min(least_pj, own[OWN_PJ, x])
            least_cycles = min(least_cycles, own[OWN_CYCLES, x])
            least_fill = min(least_fill, own[OWN_FILL, x])
        w.base_pj[c + 1] = w.base_pj[c] + least_pj
        w.base_fill[c + 1] = w.base_fill[c] + least_fill
        w.base_outer[c + 1] = w.base_outer[c] + least_outer
        w.base_cycles = max(w.base_cycles, least_cycles)
    w.base_cycles = max(w.base_cycles, w.base_outer[L])
    _prepare_inside(w, m)
    for c in range(L - 1, 0, -1):
        own = m.own[c]
        for x in range(w.nodes):
            own[INNER_PJ, x] = own[INNER_CYCLES, x] = own[INNER_FILL, x] = own[INNER_OUTER, x] = 0.0
        if c < L - 1:
            further = m.own[c + 1]
            for x in range(w.nodes):
                own[INNER_PJ, x] = further[OWN_PJ, x] + further[INNER_PJ, x]
                own[INNER_CYCLES, x] = max(further[OWN_CYCLES, x], further[INNER_CYCLES, x])
                own[INNER_FILL, x] = further[OWN_FILL, x] + further[INNER_FILL, x]
                own[INNER_OUTER, x] = further[OWN_OUTER, x] + further[INNER_OUTER, x]
            for row in range(INNER_PJ, INNER_OUTER + 1):
                _least_inside(w, own[row], 255)
        count = 0
        for x in range(w.nodes):
            energy = w.base_pj[c] + own[OWN_PJ, x] + own[INNER_PJ, x]
            if energy == np.inf:
                continue
            cycles = max(w.base_cycles, own[OWN_CYCLES, x], own[INNER_CYCLES, x])
            cycles = max(cycles, w.base_outer[c] + own[OWN_OUTER, x] + own[INNER_OUTER, x])
            cycles += w.base_fill[c] + own[OWN_FILL, x] + own[INNER_FILL, x]
            if _score(w, energy, cycles) < w.best * (1 - SLACK):
                m.by_price[c, count] = x
                price = w.pj_price * own[OWN_PJ, x] + w.exchange * own[OWN_OUTER, x]
                m.prices[c, count] = price + _price_inside(w, m.inside, c, x, 1.0, 1.0, 0.0)
                count += 1
        _sort(m.prices[c], m.by_price[c], count)
        w.listed[c] = count
    w.depth = NOT_BEGUN


@inside(types.void(_search, int64))
def _carry_inputs(w, c):
    """Multipliers of the flow of inputs into the next level inside ``c``, if no loop in between moves them."""
    following = w.next_level[c, I]
    if following == w.levels:
        w.still_sent[c], w.still_got[c] = 0.0, 0.0
        return
    for level in range(c + 1, following + 1):
        _place(w, level, w.n[c])
        w.length[level - 1] = 0
        w.chosen[level - 1] = 0
    _walk(w, following, 0)
    w.still_sent[c], w.still_got[c] = w.words[0], w.words[1]


@inside(types.void(_search, int64))
def _follow(w, k):
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
        energy += _add_flow(w, c, W, times_w, times_w, busy)
    if w.keep[c, O]:
        energy += _add_flow(w, c, O, times_o, times_o, busy)
    if w.keep[c, I]:
        _walk(w, c, 0)
        energy += _add_flow(w, c, I, w.words[0], w.words[1], busy)
    w.label_pj[c] = energy
    if c < w.levels - 1:
        _carry_inputs(w, c)


@inside(types.void(_search))
def _offer_leaf(w):
    """Price the mapping at hand to the last word; keep it if it is better than the best."""
    L = w.levels
    w.evaluations += 1
    busy = w.busy[MOST_LEVELS]
    for level in range(L):
        busy[level, 0] = w.busy[L - 1, level, 0]
        busy[level, 1] = w.busy[L - 1, level, 1]
    energy = w.label_pj[L - 1]
    if w.combs:
        _exact_mac_reads(w)
        energy += w.words[0]
        busy[w.memory[w.parent[L, I]], 0] += w.words[1]
    _offer(w, energy, _slowest(w, busy) + w.label_fill[L - 1])


@inside(int64(_search, _tables, int64, int64))
def _expand(w, m, k, most):
    """List the children of the label at level ``k``, best bound first (or offer them, where they are complete).

    Only those at the first ``most`` nodes that fit. Returns 1 where there is no room for them.
    """
    L = w.levels
    c = k + 1
    own = m.own[c]
    count = 0
    outer = w.n[k]
    past_pj = w.label_pj[k]
    past_outer = _outer_cycles(w, w.busy[k, 0, 0], w.busy[k, 0, 1])
    past_cycles = max(w.base_cycles, _slowest(w, w.busy[k]))
    windows = w.next_level[k, I] < L
    w.children[k] = 0
    w.at[k] = 0
    for i in range(w.listed[c]):
        fill = w.label_fill[k] + w.base_fill[L] - w.base_fill[c]
        least = _score_at_price(
            w, past_pj, past_outer, m.prices[c, i],
            w.base_pj[L] - w.base_pj[c], w.base_outer[L] - w.base_outer[c], past_cycles, fill,
        )  # fmt: skip
        if least >= w.best * (1 - SLACK):
            break
        x = m.by_price[c, i]
        node = m.trips[x]
        divides = True
        for d in range(8):
            if node[d] % outer[d]:
                divides = False
                break
        if not divides:
            continue
        w.visited += 1
        _place(w, c, node)
        if not _fits(w, c):
            continue
        moves_i = False
        for d in range(8):
            w.trips[k, d] = node[d] // outer[d]
            moves_i = moves_i or (d != K and w.trips[k, d] > 1)
        # Bounds by class of the innermost loop of block k.
        _bound_flows(w, c, True)
        further = w.next_level[c, I]
        cycles = max(past_cycles, own[INNER_CYCLES, x])
        fill = w.label_fill[k] + own[OWN_FILL, x] + own[INNER_FILL, x]
        fits = 0
        for kind in range(3):
            if w.class_pj[kind] == np.inf:
                continue
            still_i = 0.0
            if further < L:
                if moves_i:
                    still_i = m.inputs[further, x]
                    if kind == STAY_I:
                        still_i /= w.trips[k, K]
                elif further == w.next_level[k, I]:
                    still_i = w.price_sent[further] * w.still_sent[k] + w.price_got[further] * w.still_got[k]
            price = _price_inside(w, m.inside, c, x, w.class_w[kind], w.class_o[kind], still_i)
            least = _score_at_price(
                w, past_pj + w.class_pj[kind], past_outer + w.class_outer[kind], price,
                own[INNER_PJ, x], own[INNER_OUTER, x], max(cycles, w.class_cycles[kind]), fill,
            )  # fmt: skip
            w.class_still[kind] = still_i
            if least < w.best * (1 - SLACK):
                fits |= 1 << kind
        if not fits:
            w.pruned += 1
            continue
        most -= 1
        if most < 0:
            break
        w.label_fill[c] = w.label_fill[k] + _fill_and_drain(w, c, True)
        fill = w.label_fill[c] + own[INNER_FILL, x]
        _list_patterns(w, k, windows)
        before_w, before_o, before_kind, before_fits = -2.0, -2.0, -1, False
        for j in range(w.n_patterns[k]):
            first = w.pattern[k, j, 0] if w.length[k] else K
            kind = STAY_I
            if first in (N, P, Q):
                kind = STAY_W
            elif first in (C, R, S):
                kind = STAY_O
            if not (fits >> kind) & 1:
                continue
            times_w, times_o = w.times_w[k, j], w.times_o[k, j]
            if windows and (times_w != before_w or times_o != before_o or kind != before_kind):
                before_w, before_o, before_kind = times_w, times_o, kind
                times_w = times_w if times_w >= 0 else w.still_w[k]
                times_o = times_o if times_o >= 0 else w.still_o[k]
                busy = w.busy[c]
                for level in range(L):
                    busy[level, 0] = w.busy[k, level, 0]
                    busy[level, 1] = w.busy[k, level, 1]
                energy = past_pj
                if w.keep[c, W]:
                    energy += _add_flow(w, c, W, times_w, times_w, busy)
                if w.keep[c, O]:
                    energy += _add_flow(w, c, O, times_o, times_o, busy)
                if w.keep[c, I]:
                    energy += _add_flow(w, c, I, w.class_sent[kind], w.class_got[kind], busy)
                least = _score_at_price(
                    w, energy, _outer_cycles(w, busy[0, 0], busy[0, 1]),
                    _price_inside(w, m.inside, c, x, times_w, times_o, w.class_still[kind]),
                    own[INNER_PJ, x], own[INNER_OUTER, x], max(cycles, _slowest(w, busy)), fill,
                )  # fmt: skip
                before_fits = least < w.best * (1 - SLACK)
            if windows and not before_fits:
                continue
            w.chosen[k] = j
            _follow(w, k)
            busy = w.busy[c]
            still_i = 0.0
            if further < L:
                still_i = w.price_sent[further] * w.still_sent[c] + w.price_got[further] * w.still_got[c]
            key = _score_at_price(
                w, w.label_pj[c], _outer_cycles(w, busy[0, 0], busy[0, 1]),
                _price_inside(w, m.inside, c, x, w.still_w[c], w.still_o[c], still_i),
                own[INNER_PJ, x], own[INNER_OUTER, x], max(w.base_cycles, own[INNER_CYCLES, x], _slowest(w, busy)),
                fill,
            )  # fmt: skip
            if key >= w.best * (1 - SLACK):
                w.pruned += 1
                continue
            if c == L - 1:
                _offer_leaf(w)
                continue
            if count == m.child_key.shape[1]:
                return 1
            packed = w.length[k]
            for at in range(w.length[k]):
                packed |= w.pattern[k, j, at] << (4 * at + 4)
            m.child_key[k, count] = key
            m.child_node[k, count] = x
            m.child_order[k, count] = packed
            m.turn[k, count] = count
            count += 1
    _sort(m.child_key[k], m.turn[k], count)
    w.children[k] = count
    return 0


@inside(types.void(_search, int64))
def _note_room(w, c):
    """What a label leaves of memories to levels further in, into ``mine[6:9]``: the less the better.

    Words of the memory of level ``c``, if it has more levels; and whether the innermost memory that holds sums lacks
    room for partial (or final) ones, if it is not known yet which they are.
    """
    mine = w.mine
    mine[6], mine[7], mine[8] = 0.0, 0.0, 0.0
    if c + 1 < w.levels and w.memory[c + 1] == w.memory[c]:
        mine[6], mine[7] = _memory_words(w, c, c, 0), _memory_words(w, c, c, 1)
    holder = c
    while not w.keep[holder, O]:
        holder -= 1
    following = w.next_level[holder, O]
    if following == w.levels or _sums_go_on(w, holder, c):
        return
    for form in range(2):
        if not _has_room(w, holder, _memory_words(w, holder, c, form)):
            mine[8] = np.inf


@inside(boolean(_search, int64))
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


@inside(boolean(_search, float64[:, :, :, ::1], _flags, int64, int64))
def _dominated(w, seen, seen_count, c, x):
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


@entry(int64(_search, _tables, int64))
def run_case(w, m, limit):
    """Search a prepared case until it is exhausted (0) or ``limit`` more nodes were visited (1: call again).

    ``NO_ROOM`` where the children of a label do not fit: the case has to begin again with more room.
    """
    L = w.levels
    end = w.visited + limit
    if w.depth == NOT_BEGUN:
        for level in range(L):
            w.busy[0, level, 0] = w.fixed_busy[level, 0]
            w.busy[0, level, 1] = w.fixed_busy[level, 1]
        _place(w, 0, w.n[0])
        if not _fits(w, 0):
            return 0
        w.label_pj[0], w.label_fill[0] = w.fixed_pj, 0.0
        w.still_w[0], w.still_o[0] = 1.0, 1.0
        _carry_inputs(w, 0)
        if L == 1:
            _offer_leaf(w)
            return 0
    begins = w.depth == NOT_BEGUN
    dives = begins and w.best == np.inf  # without any mapping to beat: one straight way down first
    k = 0 if begins else w.depth
    while k >= 0:
        if begins:
            begins = False
            if _expand(w, m, k, FIRST_NODES if dives else w.nodes):
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
        _place(w, c, m.trips[x])
        for d in range(8):
            w.trips[k, d] = w.n[c, d] // w.n[k, d]
        w.length[k] = packed & 15
        for at in range(w.length[k]):
            w.pattern[k, 0, at] = (packed >> (4 * at + 4)) & 15
        w.chosen[k] = 0
        _note_multipliers(w, k, 0)
        w.label_fill[c] = w.label_fill[k] + _fill_and_drain(w, c, True)
        _follow(w, k)
        if not dives and _dominated(w, m.seen, m.seen_count, c, x):
            w.pruned += 1
            continue
        k = c
        begins = True
    w.depth = 0
    return 0


@entry(float64(_search, _tables))
def open_bound(w, m):
    """Lower bound on the objective over what is left of a case that :func:`run_case` has stopped."""
    bound = np.inf
    for k in range(w.depth + 1):
        if w.at[k] < w.children[k]:
            bound = min(bound, m.child_key[k, w.at[k]])
    return bound
