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

from typing import Any

import numpy as np
from numba import boolean, float64, from_dtype, int8, int64, njit, types

from accel_models.kernel import (
    BUFFERS,
    CAPACITY_WORDS,
    DEPENDS,
    DRAIN_READS,
    FILL_AND_DRAIN,
    LEVEL_COLUMNS,
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
EDP, LATENCY, ENERGY = 0, 1, 2
MOST_LEVELS = 6
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
FINAL, PARTIAL = 1, 2


def _permutations() -> np.ndarray:
    import itertools

    table = np.zeros((6, 120, 5), dtype=np.int64)
    for m in range(6):
        for i, order in enumerate(itertools.permutations(range(m))):
            table[m, i, :m] = order
    return table


PERMUTATIONS = _permutations()
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
        ("least_w", np.float64, (MOST_LEVELS + 1,)),
        ("least_o", np.float64, (MOST_LEVELS + 1,)),
        # what the bound of one flow found, by class
        ("class_pj", np.float64, (3,)),
        ("class_cycles", np.float64, (3,)),
        ("class_outer", np.float64, (3,)),
        ("class_sent", np.float64, (3,)),
        ("class_got", np.float64, (3,)),
        ("edge_sent", np.float64, (MOST_LEVELS, 3)),
        ("edge_got", np.float64, (MOST_LEVELS, 3)),
        ("edge_pj", np.float64, (MOST_LEVELS + 1,)),
        ("edge_cycles", np.float64, (MOST_LEVELS + 1,)),
        ("edge_outer", np.float64, (MOST_LEVELS + 1,)),
        ("edge_fill", np.float64, (MOST_LEVELS + 1,)),
        ("busy", np.float64, (MOST_LEVELS + 1, MOST_LEVELS, 2)),
        # orders of the chain at hand, innermost loop first
        ("pattern", np.int64, (MOST_LEVELS, MOST_PATTERNS, 8)),
        ("n_patterns", np.int64, (MOST_LEVELS,)),
        ("length", np.int64, (MOST_LEVELS,)),
        ("times_w", np.float64, (MOST_LEVELS, MOST_PATTERNS)),
        ("times_o", np.float64, (MOST_LEVELS, MOST_PATTERNS)),
        ("sent", np.float64, (MOST_LEVELS, MOST_PATTERNS)),
        ("got", np.float64, (MOST_LEVELS, MOST_PATTERNS)),
        ("chosen", np.int64, (MOST_LEVELS,)),
        ("still_w", np.float64, (MOST_LEVELS + 1,)),
        ("still_o", np.float64, (MOST_LEVELS + 1,)),
        ("order_pj", np.float64, (MOST_LEVELS + 1,)),
        ("spacing", np.int64, (16,)),
        ("count", np.int64, (16,)),
        ("words", np.float64, (2,)),
        # the walk of depth-first search
        ("depth", np.int64),
        ("at", np.int64, (MOST_LEVELS + 1,)),
        ("room", np.int64, (MOST_LEVELS + 1,)),
        ("listed", np.int64, (MOST_LEVELS + 1,)),
        ("base_pj", np.float64, (MOST_LEVELS + 1,)),
        ("base_fill", np.float64, (MOST_LEVELS + 1,)),
        ("base_outer", np.float64, (MOST_LEVELS + 1,)),
        ("base_cycles", np.float64),
        ("exchange", np.float64),
        ("past_pj", np.float64, (MOST_LEVELS + 1,)),
        ("past_cycles", np.float64, (MOST_LEVELS + 1,)),
        ("past_fill", np.float64, (MOST_LEVELS + 1,)),
        ("past_outer", np.float64, (MOST_LEVELS + 1,)),
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
_ints = int64[:, ::1]
_floats = float64[:, ::1]
_tables = float64[:, :, ::1]
_flags = int8[:, ::1]


def new_search() -> Any:
    """Memory of one search."""
    return np.zeros(1, dtype=SEARCH_DTYPE).view(np.recarray)[0]


@njit(float64(_search, float64, float64), cache=True, nogil=True, error_model="numpy")
def _score(w, dynamic_pj, cycles):
    """The objective of an energy without static power and a latency."""
    if w.objective == LATENCY:
        return cycles
    energy = dynamic_pj + w.static_pj * cycles
    return energy if w.objective == ENERGY else energy * cycles


@njit(float64(_search, float64[:, ::1]), cache=True, nogil=True, error_model="numpy")
def _slowest(w, busy):
    """Cycles that compute and every level's bandwidth need; ``busy`` words read and written by the busiest instance."""
    cycles = w.compute
    for level in range(w.levels):
        reads, writes = busy[level, 0], busy[level, 1]
        slow = w.cycles_per_word[level]
        cycles = max(cycles, reads * slow[0], writes * slow[1], (reads + writes) * slow[2])
    return cycles


@njit(float64(_search, float64, float64), cache=True, nogil=True, error_model="numpy")
def _outer_cycles(w, reads, writes):
    """Cycles that the outermost level's bandwidth needs, by its tightest port alone: they add up over flows."""
    slow = w.cycles_per_word[0]
    if slow[2] > 0:
        return (reads + writes) * slow[2]
    return reads * slow[0] if slow[0] > 0 else writes * slow[1]


@njit(int64(_search, int64, int64), cache=True, nogil=True, error_model="numpy")
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
            starts = np.zeros(instances, dtype=np.int64)
            for x in range(instances):
                rest = x
                for j in range(combs):
                    starts[x] += (rest % count[j]) * spacing[j]
                    rest //= count[j]
            starts.sort()
            total = width
            for x in range(1, instances):
                total += min(width, starts[x] - starts[x - 1])
            return total
    return total


@njit(int64(_search, int64, int64, int64, int64, boolean), cache=True, nogil=True, error_model="numpy")
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


@njit(types.void(_search, int64, int64[::1]), cache=True, nogil=True, error_model="numpy")
def _place(w, level, n):
    """Let level ``level`` hold the tile of temporal trips ``n`` outside."""
    for d in range(8):
        w.n[level, d] = n[d]
        w.hold[level, d] = w.bound[d] // (w.above[level, d] * n[d])


@njit(int64(_search, int64, int64), cache=True, nogil=True, error_model="numpy")
def _length(w, axis, c):
    """Rows or columns of the input tile of level ``c``."""
    a, b = P + axis, R + axis
    return w.geometry[axis] * (w.hold[c, a] - 1) + w.geometry[axis + 2] * (w.hold[c, b] - 1) + 1


@njit(float64(_search, int64, int64), cache=True, nogil=True, error_model="numpy")
def _tile_words(w, t, level):
    """Words of a tensor in the tile of a level."""
    words = 1.0
    for d in range(8):
        if DEPENDS[t, d] == 1:
            words *= w.hold[level, d]
    if t == I:
        words *= _length(w, 0, level) * _length(w, 1, level)
    return words


@njit(int64(_search, int64), cache=True, nogil=True, error_model="numpy")
def _room(w, level):
    """Whether the tiles of a level fit: bit 0 with final outputs, bit 1 with partial sums.

    Sums are partial when reduction goes on around the tile; whether the level's own loops do that is not known yet.
    """
    hardware = w.hardware[level]
    partial = False
    for d in (C, R, S):
        partial = partial or w.n[level, d] > 1 or w.above[level, d] > 1
    answer = 0
    for sums in range(2):
        if sums == 0 and partial:
            continue
        total = 0.0
        fits = True
        for t in range(3):
            if not w.keep[level, t]:
                continue
            words = _tile_words(w, t, level) * hardware[BUFFERS]
            if hardware[WORD_BITS] > 0:
                words = words * w.bits[3 if t == O and sums else t] / hardware[WORD_BITS]
            fits = fits and words <= hardware[PARTITION_W + t]
            total += words
        if fits and total <= hardware[CAPACITY_WORDS]:
            answer |= 1 << sums
    return answer


@njit(float64(_search, int64, boolean), cache=True, nogil=True, error_model="numpy")
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


@njit(float64(_search, int64, int64, float64, float64, float64[:, ::1]), cache=True, nogil=True, error_model="numpy")
def _add_flow(w, c, t, sent, got, busy):
    """Energy of a flow into level ``c``; adds its words to ``busy``."""
    f = w.flow[c, t]
    p = w.parent[c, t]
    busy[p, 0] += sent * f[P_READ] + f[P_READ_FIXED]
    busy[p, 1] += sent * f[P_WRITE] + f[P_WRITE_FIXED]
    busy[c, 0] += got * f[C_READ] + f[C_READ_FIXED]
    busy[c, 1] += got * f[C_WRITE] + f[C_WRITE_FIXED]
    return sent * f[E_SENT] + got * f[E_GOT] + f[E_FIXED]


@njit(types.void(_search), cache=True, nogil=True, error_model="numpy")
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
                        # One comb of single words never overlaps; several may: then this is a bound, made exact later.
                        combs, least = 0, 1
                        for level in range(p, L):
                            for d in (P + axis, R + axis):
                                if w.spatial[level, d] > 1:
                                    combs += 1
                                    least += w.spatial[level, d] - 1
                        sent *= least
                        if combs > 1:
                            w.combs = 1
                if t != O:
                    w.fixed_pj += sent * at_p * outer[READ_PJ]
                    w.fixed_busy[p, 0] += sent / parents * at_p
                else:
                    if sent > fresh_sent:
                        final = 0.0
                    w.fixed_pj += ((sent - final) * at_p + final * final_at_p) * outer[WRITE_PJ]
                    w.fixed_pj += (sent - fresh_sent) * at_p * outer[READ_PJ]
                    w.fixed_busy[p, 1] += ((sent - final) * at_p + final * final_at_p) / parents
                    w.fixed_busy[p, 0] += (sent - fresh_sent) * at_p / parents
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


@njit(types.void(_search), cache=True, nogil=True, error_model="numpy")
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
        fewest = 1
        for level in range(p, L):
            for d in (P + axis, R + axis):
                fewest += w.spatial[level, d] - 1
        least *= fewest
    at_p = 1.0
    if outer[WORD_BITS] > 0:
        at_p = w.bits[I] / outer[WORD_BITS]
    w.words[0] = (sent - least) * at_p * outer[READ_PJ]
    w.words[1] = (sent - least) / parents * at_p


@njit(float64(int64), cache=True, nogil=True, error_model="numpy")
def _smallest_prime(n):
    """Smallest prime factor of ``n`` > 1."""
    i = 2
    while i * i <= n:
        if n % i == 0:
            return i
        i += 1
    return n


@njit(types.void(_search, int64, boolean), cache=True, nogil=True, error_model="numpy")
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
        full_w = still_w = w.least_w[c - 1] if exact else 1.0
    if not moves_o:
        full_o = still_o = w.least_o[c - 1] if exact else 1.0
    w.least_w[c] = still_w
    w.least_o[c] = still_o

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
        if w.keep[c, W]:
            m = still_w if kind == STAY_W else full_w
            energy += _add_flow(w, c, W, m, m, busy)
        if w.keep[c, O]:
            m = still_o if kind == STAY_O else full_o
            energy += _add_flow(w, c, O, m, m, busy)
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


@njit(boolean(_search, int64, int64), cache=True, nogil=True, error_model="numpy")
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


@njit(types.void(_search, int64, int64), cache=True, nogil=True, error_model="numpy")
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


@njit(types.void(_search, int64), cache=True, nogil=True, error_model="numpy")
def _list_patterns(w, block):
    """List the loop orders of a block of which one is the best, innermost loop first.

    Loops that move inputs by whole pieces stand outside those that do not, but for the two ways of using one: those
    that leave weights in place (or those that leave outputs in place) just outside the windows that do so, too. Where a
    constraint ranks the dims of the level, this holds among those of one rank: each rank is a block of its own.
    """
    trips, rank, patterns = w.trips[block], w.rank[block], w.pattern[block]
    free = np.empty(5, dtype=np.int64)
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
            if w.kind[d] != 1:
                free[m] = d
                m += 1
            elif d in (N, P, Q):
                plain_w = True
            elif d != G:
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


@njit(types.void(_search, int64, int64, int64), cache=True, nogil=True, error_model="numpy")
def _copy_pattern(w, block, source, target):
    """Copy one pattern with its figures."""
    for i in range(8):
        w.pattern[block, target, i] = w.pattern[block, source, i]
    w.times_w[block, target] = w.times_w[block, source]
    w.times_o[block, target] = w.times_o[block, source]
    w.sent[block, target] = w.sent[block, source]
    w.got[block, target] = w.got[block, source]


@njit(types.void(_search, float64, float64), cache=True, nogil=True, error_model="numpy")
def _try_patterns(w, fill, extra_pj):
    """List the patterns of every block that may beat the best, with their multipliers, dominated ones left out."""
    L = w.levels
    total_pj = w.fixed_pj + extra_pj
    slowest = w.compute
    total_outer = 0.0
    for c in range(1, L):
        total_pj += w.edge_pj[c]
        total_outer += w.edge_outer[c]
        slowest = max(slowest, w.edge_cycles[c])
    # Whether an input flow further in than the next level may go on through a block: nothing inside moves it whole.
    open_inside = False
    for block in range(L - 2, -1, -1):
        c = block + 1
        keeps_i = w.keep[c, I] != 0
        _list_patterns(w, block)
        kept = 0
        before_w, before_o, before_kind, before_fits = -2.0, -2.0, -1, False
        for i in range(w.n_patterns[block]):
            first = w.pattern[block, i, 0] if w.length[block] else K
            kind = STAY_I
            if first in (N, P, Q):
                kind = STAY_W
            elif first in (C, R, S):
                kind = STAY_O
            times_w, times_o = w.times_w[block, i], w.times_o[block, i]
            if times_w != before_w or times_o != before_o or kind != before_kind:
                before_w, before_o, before_kind = times_w, times_o, kind
                busy = w.busy[MOST_LEVELS]
                for level in range(L):
                    busy[level, 0] = w.fixed_busy[level, 0]
                    busy[level, 1] = w.fixed_busy[level, 1]
                energy = total_pj - w.edge_pj[c]
                if w.keep[c, W]:
                    m = times_w if times_w >= 0 else w.least_w[block]
                    energy += _add_flow(w, c, W, m, m, busy)
                if w.keep[c, O]:
                    m = times_o if times_o >= 0 else w.least_o[block]
                    energy += _add_flow(w, c, O, m, m, busy)
                if keeps_i:
                    energy += _add_flow(w, c, I, w.edge_sent[c, kind], w.edge_got[c, kind], busy)
                cycles = (
                    max(
                        slowest,
                        _slowest(w, busy),
                        _outer_cycles(w, busy[0, 0], busy[0, 1]) + total_outer - w.edge_outer[c],
                    )
                    + fill
                )
                before_fits = _score(w, energy, cycles) < w.best * (1 - SLACK)
            if not before_fits:
                continue
            w.sent[block, i], w.got[block, i] = 0.0, 0.0
            ends = True
            if keeps_i:
                w.chosen[block] = i
                ends = _walk(w, c, block) or block == 0
                w.sent[block, i], w.got[block, i] = w.words[0], w.words[1]
                if not ends:
                    w.sent[block, i] = -1.0
            _copy_pattern(w, block, i, kept)
            if not open_inside and ends:
                dominated = False
                j = 0
                while j < kept:
                    if (
                        w.times_w[block, j] <= w.times_w[block, kept]
                        and w.times_o[block, j] <= w.times_o[block, kept]
                        and w.sent[block, j] <= w.sent[block, kept]
                        and w.got[block, j] <= w.got[block, kept]
                    ):
                        dominated = True
                        break
                    j += 1
                if dominated:
                    continue
            kept += 1
        w.n_patterns[block] = kept
        if kept == 0:
            return
        broken = False
        for d in range(8):
            broken = broken or (w.trips[block, d] > 1 and w.kind[d] == 1)
        open_inside = (open_inside or keeps_i) and not broken


@njit(types.void(_search, float64, float64), cache=True, nogil=True, error_model="numpy")
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


@njit(types.void(_search), cache=True, nogil=True, error_model="numpy")
def _best_orders(w):
    """Search the orders of all blocks of the chain at hand; keep what beats the best."""
    L = w.levels
    fill = 0.0
    for c in range(1, L):
        w.edge_fill[c] = _fill_and_drain(w, c, True)
        fill += w.edge_fill[c]
    extra_pj = 0.0
    for level in range(L):
        w.busy[0, level, 0] = w.fixed_busy[level, 0]
        w.busy[0, level, 1] = w.fixed_busy[level, 1]
    if w.combs:
        _exact_mac_reads(w)
        extra_pj = w.words[0]
        w.busy[0, w.parent[L, I], 0] += w.words[1]
    _try_patterns(w, fill, extra_pj)
    for block in range(L - 1):
        if w.n_patterns[block] == 0:
            return
    w.still_w[0], w.still_o[0] = 1.0, 1.0
    w.order_pj[0] = w.fixed_pj + extra_pj
    rest_pj = 0.0
    for c in range(1, L):
        rest_pj += w.edge_pj[c]
    if L == 1:
        _offer(w, w.order_pj[0], _slowest(w, w.busy[0]) + fill)
        return
    block = 0
    w.chosen[0] = -1
    while block >= 0:
        w.chosen[block] += 1
        i = w.chosen[block]
        c = block + 1
        if i >= w.n_patterns[block]:
            block -= 1
            if block >= 0:
                rest_pj += w.edge_pj[block + 1]
            continue
        times_w, times_o = w.times_w[block, i], w.times_o[block, i]
        if times_w < 0:
            times_w = w.still_w[block]
        if times_o < 0:
            times_o = w.still_o[block]
        w.still_w[c], w.still_o[c] = times_w, times_o
        busy = w.busy[c]
        for level in range(L):
            busy[level, 0] = w.busy[block, level, 0]
            busy[level, 1] = w.busy[block, level, 1]
        energy = w.order_pj[block]
        if w.keep[c, W]:
            energy += _add_flow(w, c, W, times_w, times_w, busy)
        if w.keep[c, O]:
            energy += _add_flow(w, c, O, times_o, times_o, busy)
        if w.keep[c, I]:
            sent, got = w.sent[block, i], w.got[block, i]
            if sent < 0:
                _walk(w, c, 0)
                sent, got = w.words[0], w.words[1]
            energy += _add_flow(w, c, I, sent, got, busy)
        cycles = _slowest(w, busy)
        for inner in range(c + 1, L):
            cycles = max(cycles, w.edge_cycles[inner])
        cycles += fill
        if c == L - 1:
            w.evaluations += 1
            _offer(w, energy, cycles)
        elif _score(w, energy + rest_pj - w.edge_pj[c], cycles) < w.best * (1 - SLACK):
            rest_pj -= w.edge_pj[c]
            w.order_pj[c] = energy
            block = c
            w.chosen[block] = -1


@njit(float64(_search), cache=True, nogil=True, error_model="numpy")
def root_bound(w):
    """A lower bound on the objective of a case, from what every level must receive at least once."""
    _prepare_case(w)
    busy = w.busy[MOST_LEVELS]
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
    return _score(w, energy, _slowest(w, busy))


@njit(int64(_search), cache=True, nogil=True, error_model="numpy")
def start_case(w):
    """Prepare a case and lay out its lattice; returns the number of nodes, or -1 when a dim has too many divisors."""
    _prepare_case(w)
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


@njit(types.void(_search, float64[::1]), cache=True, nogil=True, error_model="numpy")
def _least_inside(w, values):
    """Replace the value of every node by the least among the nodes whose trips are multiples of its trips."""
    for d in range(8):
        m = w.n_divisors[d]
        if m == 1:
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


@njit(types.void(float64[::1], int64[::1], int64, int64), cache=True, nogil=True, error_model="numpy")
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


@njit(types.void(float64[::1], int64[::1], int64), cache=True, nogil=True, error_model="numpy")
def _sort(keys, items, count):
    """Sort items by their keys, in place (a heap)."""
    for begin in range(count // 2 - 1, -1, -1):
        _sift(keys, items, begin, count)
    for end in range(count - 1, 0, -1):
        keys[0], keys[end] = keys[end], keys[0]
        items[0], items[end] = items[end], items[0]
        _sift(keys, items, 0, end)


@njit(int64(_search, int64), cache=True, nogil=True, error_model="numpy")
def _forced(w, level):
    """``PARTIAL`` where the sums of a level are partial whatever goes on inside it; else 0."""
    for d in (C, R, S):
        if w.n[level, d] > 1 or w.above[level, d] > 1:
            return PARTIAL
    return 0


@njit(
    types.void(_search, _ints, _tables, _flags, _ints, _floats, _ints, _floats),
    cache=True,
    nogil=True,
    error_model="numpy",
)
def prepare_tables(w, node_n, table, room, listed, keys, by_price, prices):
    """Fill the lattice's tables for every level, and list each level's tiles that may beat the best, best first.

    Args:
        node_n: (nodes, 8) trips of each node. table: (L, 6, nodes). room: (L, nodes), as :func:`_room` says.
        listed, keys: (L, nodes), nodes of the level and the lower bounds they are sorted by.
        by_price, prices: the same, sorted by the price (see :func:`_least_price`) of the level and those inside alone.
    """
    L = w.levels
    for x in range(w.nodes):
        for d in range(8):
            node_n[x, d] = w.divisors[d, x // w.stride[d] % w.n_divisors[d]]
    w.base_pj[1] = w.fixed_pj
    w.base_fill[1] = 0.0
    w.base_outer[1] = _outer_cycles(w, w.fixed_busy[0, 0], w.fixed_busy[0, 1])
    w.base_cycles = w.compute
    busy = w.busy[MOST_LEVELS]
    for level in range(L):
        busy[level, 0] = w.fixed_busy[level, 0]
        busy[level, 1] = w.fixed_busy[level, 1]
    w.base_cycles = _slowest(w, busy)
    w.least_w[0], w.least_o[0] = 1.0, 1.0
    for c in range(1, L):
        least_pj, least_cycles, least_fill, least_outer = np.inf, np.inf, np.inf, np.inf
        for x in range(w.nodes):
            _place(w, c, node_n[x])
            room[c, x] = _room(w, c)
            for d in range(8):
                if w.hold[c, d] < w.low[c, d] or w.hold[c, d] > w.high[c, d]:
                    room[c, x] = 0
            if room[c, x] == 0:
                table[c, OWN_PJ, x] = np.inf
                table[c, OWN_CYCLES, x] = np.inf
                table[c, OWN_FILL, x] = np.inf
                table[c, OWN_OUTER, x] = np.inf
                continue
            _bound_flows(w, c, False)
            table[c, OWN_PJ, x] = min(w.class_pj[0], w.class_pj[1], w.class_pj[2])
            table[c, OWN_CYCLES, x] = min(w.class_cycles[0], w.class_cycles[1], w.class_cycles[2])
            table[c, OWN_OUTER, x] = min(w.class_outer[0], w.class_outer[1], w.class_outer[2])
            table[c, OWN_FILL, x] = _fill_and_drain(w, c, False)
            least_outer = min(least_outer, table[c, OWN_OUTER, x])
            least_pj = min(least_pj, table[c, OWN_PJ, x])
            least_cycles = min(least_cycles, table[c, OWN_CYCLES, x])
            least_fill = min(least_fill, table[c, OWN_FILL, x])
        w.base_pj[c + 1] = w.base_pj[c] + least_pj
        w.base_fill[c + 1] = w.base_fill[c] + least_fill
        w.base_outer[c + 1] = w.base_outer[c] + least_outer
        w.base_cycles = max(w.base_cycles, least_cycles)
    w.base_cycles = max(w.base_cycles, w.base_outer[L])
    w.exchange = 0.0
    if w.objective == EDP and w.base_outer[L] > 0.5 * w.compute:
        w.exchange = w.base_pj[L] / w.base_cycles + w.static_pj
    for c in range(L - 1, 0, -1):
        if c == L - 1:
            for x in range(w.nodes):
                table[c, INNER_PJ, x] = 0.0
                table[c, INNER_CYCLES, x] = 0.0
                table[c, INNER_FILL, x] = 0.0
                table[c, INNER_OUTER, x] = 0.0
        else:
            for x in range(w.nodes):
                table[c, INNER_PJ, x] = table[c + 1, OWN_PJ, x] + table[c + 1, INNER_PJ, x]
                table[c, INNER_CYCLES, x] = max(table[c + 1, OWN_CYCLES, x], table[c + 1, INNER_CYCLES, x])
                table[c, INNER_FILL, x] = table[c + 1, OWN_FILL, x] + table[c + 1, INNER_FILL, x]
                table[c, INNER_OUTER, x] = table[c + 1, OWN_OUTER, x] + table[c + 1, INNER_OUTER, x]
            for row in range(INNER_PJ, INNER_OUTER + 1):
                _least_inside(w, table[c, row])
        count = 0
        for x in range(w.nodes):
            energy = w.base_pj[c] + table[c, OWN_PJ, x] + table[c, INNER_PJ, x]
            if energy == np.inf:
                continue
            cycles = max(w.base_cycles, table[c, OWN_CYCLES, x], table[c, INNER_CYCLES, x])
            cycles = max(cycles, w.base_outer[c] + table[c, OWN_OUTER, x] + table[c, INNER_OUTER, x])
            cycles += w.base_fill[c] + table[c, OWN_FILL, x] + table[c, INNER_FILL, x]
            key = _score(w, energy, cycles)
            if key < w.best * (1 - SLACK):
                listed[c, count] = x
                keys[c, count] = key
                count += 1
        _sort(keys[c], listed[c], count)
        w.listed[c] = count
        for i in range(count):
            x = listed[c, i]
            by_price[c, i] = x
            prices[c, i] = table[c, OWN_PJ, x] + table[c, INNER_PJ, x]
            prices[c, i] += w.exchange * (table[c, OWN_OUTER, x] + table[c, INNER_OUTER, x])
        _sort(prices[c], by_price[c], count)
    w.past_pj[0] = w.fixed_pj
    w.past_cycles[0] = w.base_cycles
    w.past_fill[0] = 0.0
    w.past_outer[0] = w.base_outer[1]
    w.depth = 1
    w.at[1] = 0


@njit(
    float64(_search, _ints, _tables, _flags, _ints, _floats, _tables, int64, int64),
    cache=True, nogil=True, error_model="numpy",
)  # fmt: skip
def _least_price(w, node_n, table, room, by_price, prices, memo, k, x):
    """Least price of all flows into the levels inside ``k``, which holds node ``x``, by the bounds of pairs of levels.

    The price of a flow is its energy and, at the rate ``exchange``, the cycles it takes of the outermost level. Chains
    that are slower than the best can be at the least energy of the case are left out. Of the levels outside the price
    depends on the carried multipliers alone, so that it is kept for some of those (``memo``, (L, nodes, 3 x slots):
    multiplier of W, of O and price, all negative where a slot is free).
    """
    if k == w.levels - 1:
        return 0.0
    c = k + 1
    least_w, least_o = w.least_w[k], w.least_o[k]
    slots = memo[k, x]
    slot = 0
    while slot < len(slots) - 3 and slots[slot] >= 0:
        if slots[slot] == least_w and slots[slot + 1] == least_o:
            return slots[slot + 2]
        slot += 3
    if slots[slot] == least_w and slots[slot + 1] == least_o:
        return slots[slot + 2]
    longest = np.inf
    if w.objective == EDP:
        longest = w.best / w.base_pj[w.levels] - w.base_fill[w.levels]
    outer_cycles = w.base_outer[c]
    least = np.inf
    outer = w.n[k]
    held = w.room[k]
    for i in range(w.listed[c]):
        if prices[c, i] >= least:
            break
        y = by_price[c, i]
        node = node_n[y]
        divides = True
        for d in range(8):
            if node[d] % outer[d]:
                divides = False
                break
        if not divides:
            continue
        reduces = PARTIAL if node[C] * node[R] * node[S] > 1 else FINAL
        if not held & (reduces | _forced(w, k)):
            continue
        _place(w, c, node)
        w.room[c] = room[c, y]
        if c == w.levels - 1:
            last = w.n[w.levels]
            reduces = PARTIAL if last[C] * last[R] * last[S] > 1 else FINAL
            if not w.room[c] & (reduces | _forced(w, c)):
                continue
        for d in range(8):
            w.trips[k, d] = node[d] // outer[d]
        _bound_flows(w, c, True)
        price = np.inf
        for kind in range(3):
            cycles = max(w.class_cycles[kind], outer_cycles + w.class_outer[kind] + table[c, INNER_OUTER, y])
            if cycles < longest:
                price = min(price, w.class_pj[kind] + w.exchange * w.class_outer[kind])
        if price + table[c, INNER_PJ, y] + w.exchange * table[c, INNER_OUTER, y] < least:
            price += _least_price(w, node_n, table, room, by_price, prices, memo, c, y)
            least = min(least, price)
    slots[slot], slots[slot + 1], slots[slot + 2] = least_w, least_o, least
    return least


@njit(
    float64(_search, float64, float64, float64, float64, float64, float64, float64),
    cache=True, nogil=True, error_model="numpy",
)  # fmt: skip
def _score_at_price(w, past_pj, past_outer, price, least_pj, least_outer, cycles, fill):
    """Least objective of a chain whose flows from some level inwards have a ``price`` at least.

    They take at least ``least_pj`` and ``least_outer`` cycles of the outermost level. Energy ``e`` and cycles ``o``,
    where e + exchange x o = price, lie on a line; with more ``o`` the objective falls as long as other ``cycles`` bind,
    and is concave from there on: the least is at that kink or at the end.
    """
    if w.exchange == 0.0:
        return _score(w, past_pj + price, max(cycles, past_outer + least_outer) + fill)
    if price == np.inf:
        return np.inf
    last = max(least_outer, (price - least_pj) / w.exchange)
    kink = min(max(least_outer, cycles - past_outer), last)
    at_kink = _score(w, past_pj + price - w.exchange * kink, max(cycles, past_outer + kink) + fill)
    return min(at_kink, _score(w, past_pj + price - w.exchange * last, max(cycles, past_outer + last) + fill))


@njit(float64(_search, int64, _floats, _floats), cache=True, nogil=True, error_model="numpy")
def _rest_of_list(w, k, keys, prices):
    """Lower bound on the objective over what is left of the list at depth ``k``."""
    L, i = w.levels, w.at[k]
    if i >= w.listed[k]:
        return np.inf
    if w.objective == LATENCY:
        return keys[k, i]
    fill = w.past_fill[k - 1] + w.base_fill[L] - w.base_fill[k]
    least_pj, least_outer = w.base_pj[L] - w.base_pj[k], w.base_outer[L] - w.base_outer[k]
    return _score_at_price(
        w, w.past_pj[k - 1], w.past_outer[k - 1], prices[k, i], least_pj, least_outer, w.past_cycles[k - 1], fill
    )


@njit(
    int64(_search, _ints, _tables, _flags, _ints, _floats, _ints, _floats, _tables, int64),
    cache=True, nogil=True, error_model="numpy",
)  # fmt: skip
def run_case(w, node_n, table, room, listed, keys, by_price, prices, memo, limit):
    """Search a prepared case until it is exhausted (0) or ``limit`` more nodes were visited (1: call again)."""
    L = w.levels
    if L == 1:
        _best_orders(w)
        return 0
    end = w.visited + limit
    k = w.depth
    while k > 0:
        i = w.at[k]
        if _rest_of_list(w, k, keys, prices) >= w.best * (1 - SLACK):
            k -= 1
            continue
        if w.visited >= end:
            w.depth = k
            return 1
        w.at[k] = i + 1
        x = by_price[k, i] if w.objective != LATENCY else listed[k, i]
        node = node_n[x]
        outer = w.n[k - 1]
        divides = True
        for d in range(8):
            if node[d] % outer[d]:
                divides = False
                break
        if not divides:
            continue
        w.visited += 1
        # Whether the sums that the next outer level holds are partial is known now; for this one's, if it is the last.
        reduces = PARTIAL if node[C] * node[R] * node[S] > 1 else FINAL
        if k > 1 and not w.room[k - 1] & (reduces | _forced(w, k - 1)):
            continue
        w.room[k] = room[k, x]
        if k == L - 1:
            last = w.n[L]
            reduces = PARTIAL if last[C] * last[R] * last[S] > 1 else FINAL
            if not w.room[k] & (reduces | _forced(w, k)):
                continue
        energy = w.past_pj[k - 1] + table[k, INNER_PJ, x]
        cycles = max(w.past_cycles[k - 1], table[k, OWN_CYCLES, x], table[k, INNER_CYCLES, x])
        fill = w.past_fill[k - 1] + table[k, OWN_FILL, x]
        rest = fill + table[k, INNER_FILL, x]
        outer_cycles = w.past_outer[k - 1] + table[k, INNER_OUTER, x]
        least = max(cycles, outer_cycles + table[k, OWN_OUTER, x])
        if _score(w, energy + table[k, OWN_PJ, x], least + rest) >= w.best * (1 - SLACK):
            w.pruned += 1
            continue
        _place(w, k, node)
        prices_inside = k < L - 1 and w.objective != LATENCY
        price = 0.0
        if prices_inside:
            w.least_w[k], w.least_o[k] = 1.0, 1.0
            price = _least_price(w, node_n, table, room, by_price, prices, memo, k, x)
            least_pj, least_outer = table[k, INNER_PJ, x], table[k, INNER_OUTER, x]
            past_pj, past_outer = w.past_pj[k - 1] + table[k, OWN_PJ, x], w.past_outer[k - 1] + table[k, OWN_OUTER, x]
            least = _score_at_price(w, past_pj, past_outer, price, least_pj, least_outer, cycles, rest)
            if least >= w.best * (1 - SLACK):
                w.pruned += 1
                continue
        for d in range(8):
            w.trips[k - 1, d] = node[d] // outer[d]
        _bound_flows(w, k, True)
        least_pj, least_cycles, least_outer = np.inf, np.inf, np.inf
        for kind in range(3):
            w.edge_sent[k, kind], w.edge_got[k, kind] = w.class_sent[kind], w.class_got[kind]
            if w.class_pj[kind] == np.inf:
                continue
            least = max(cycles, w.class_cycles[kind], outer_cycles + w.class_outer[kind])
            if _score(w, energy + w.class_pj[kind], least + rest) < w.best * (1 - SLACK):
                least_pj = min(least_pj, w.class_pj[kind])
                least_cycles = min(least_cycles, w.class_cycles[kind])
                least_outer = min(least_outer, w.class_outer[kind])
        if least_pj == np.inf:
            w.pruned += 1
            continue
        w.edge_pj[k], w.edge_cycles[k], w.edge_outer[k] = least_pj, least_cycles, least_outer
        if k == L - 1:
            _best_orders(w)
            continue
        w.past_pj[k] = w.past_pj[k - 1] + least_pj
        w.past_cycles[k] = max(w.past_cycles[k - 1], least_cycles)
        w.past_fill[k] = fill
        w.past_outer[k] = w.past_outer[k - 1] + least_outer
        if prices_inside:
            if L > 3 and (w.least_w[k] > 1.0 or w.least_o[k] > 1.0):
                # (this overwrites the figures of levels further in, not those of this one)
                price = _least_price(w, node_n, table, room, by_price, prices, memo, k, x)
            least = max(cycles, least_cycles)
            least_pj, least_outer = table[k, INNER_PJ, x], table[k, INNER_OUTER, x]
            least = _score_at_price(w, w.past_pj[k], w.past_outer[k], price, least_pj, least_outer, least, rest)
            if least >= w.best * (1 - SLACK):
                w.pruned += 1
                continue
        k += 1
        w.at[k] = 0
    w.depth = 0
    return 0


@njit(float64(_search, _floats, _floats), cache=True, nogil=True, error_model="numpy")
def open_bound(w, keys, prices):
    """Lower bound on the objective over what is left of a case that :func:`run_case` has stopped."""
    bound = np.inf
    for k in range(1, w.depth + 1):
        bound = min(bound, _rest_of_list(w, k, keys, prices))
    return bound
