"""Branch and bound over tile chains, and the exact best loop orders of a chain (perfect factors), compiled.

Everything compiled stands in this one file, because Numba's cache does not see a change in another. ``docs/mapping.md``
proves every rule used here.

One *case* is a choice of spatial loops and of which level keeps which tensor. Below level ``k`` the loops of *block* ``k``
run; ``n[k][d]`` are the temporal trips of dim ``d`` over the blocks ``< k``, so ``n[0] = 1``, ``n[k]`` divides ``n[k+1]``,
and ``n[L]`` is the case's temporal *budget* (bound over spatial trips). Level ``k`` holds the tile
``hold[k] = bound / (trips n[k] x spatial trips above)``. All levels so share one lattice: the divisors of the budget.

A flow is what one tensor sends from a level to the next inner level that keeps it, in two numbers: words read by the
parents (``sent``) and words received by all children (``got``). Both are a constant of the case times a *multiplier*:
trips of loops the tensor does not depend on, and for inputs the lengths of moving windows as well.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, from_dtype, int8, int64, njit, types

from accel_models.kernel import (
    AXIS_SIZE, BUFFERS, CAPACITY_WORDS, DEPENDS, DRAIN_READS, FILL_AND_DRAIN, LEVEL_COLUMNS, NETWORK_PJ, PARTITION_W,
    READ_BANDWIDTH, READ_PJ, SHARED_BANDWIDTH, WORD_BITS, WRITE_BANDWIDTH, WRITE_PJ,
)  # fmt: skip

N, G, K, C, P, Q, R, S = range(8)
W, I, O = range(3)
EDP, LATENCY, ENERGY = 0, 1, 2
MOST_LEVELS = 6
MOST_DIVISORS = 256
MOST_PATTERNS = 128
# Columns of a flow's coefficients: energy per sent, per got, constant; then slope and constant of what the flow adds to
# the parent's reads and writes (by sent) and to the child's reads and writes (by got), in words of the busiest instance.
E_SENT, E_GOT, E_FIXED, P_READ, P_READ_FIXED, P_WRITE, P_WRITE_FIXED, C_READ, C_READ_FIXED, C_WRITE, C_WRITE_FIXED = (
    range(11)
)
COEFFICIENTS = 11
# Rows of a level's table over the lattice: its own bounds, and the least of all levels inside it.
OWN_PJ, OWN_CYCLES, OWN_FILL, INNER_PJ, INNER_CYCLES, INNER_FILL = range(6)
# Relative slack of float comparisons: a node within it of the best cannot beat it by more than rounding.
SLACK = 1e-12
# How the orders of a block differ: which tensor's own loops are innermost. STILL: the block has no loop.
STAY_W, STAY_O, STAY_I = 0, 1, 2
# How much of a tile's room the level has: none, enough if outputs are final, enough.
NO_ROOM, ROOM_IF_FINAL, ROOM = 0, 1, 2


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
        ("mac_pj", np.float64),
        ("static_pj", np.float64),
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
        ("class_sent", np.float64, (3,)),
        ("class_got", np.float64, (3,)),
        ("edge_sent", np.float64, (MOST_LEVELS, 3)),
        ("edge_got", np.float64, (MOST_LEVELS, 3)),
        ("edge_pj", np.float64, (MOST_LEVELS + 1,)),
        ("edge_cycles", np.float64, (MOST_LEVELS + 1,)),
        ("edge_fill", np.float64, (MOST_LEVELS + 1,)),
        ("busy", np.float64, (MOST_LEVELS + 1, MOST_LEVELS, 2)),
        # orders of the chain at hand, innermost loop first
        ("pattern", np.int64, (MOST_LEVELS, MOST_PATTERNS, 8)),
        ("n_patterns", np.int64, (MOST_LEVELS,)),
        ("length", np.int64, (MOST_LEVELS,)),
        ("chosen", np.int64, (MOST_LEVELS,)),
        ("still_w", np.float64, (MOST_LEVELS,)),
        ("still_o", np.float64, (MOST_LEVELS,)),
        ("spacing", np.int64, (16,)),
        ("count", np.int64, (16,)),
        ("words", np.float64, (2,)),
        # the walk of depth-first search
        ("at", np.int64, (MOST_LEVELS + 1,)),
        ("room", np.int64, (MOST_LEVELS + 1,)),
        ("listed", np.int64, (MOST_LEVELS + 1,)),
        ("base_pj", np.float64, (MOST_LEVELS + 1,)),
        ("base_fill", np.float64, (MOST_LEVELS + 1,)),
        ("base_cycles", np.float64),
        ("past_pj", np.float64, (MOST_LEVELS + 1,)),
        ("past_cycles", np.float64, (MOST_LEVELS + 1,)),
        ("past_fill", np.float64, (MOST_LEVELS + 1,)),
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


def new_search() -> np.record:
    """Memory of one search."""
    return np.zeros(1, dtype=SEARCH_DTYPE).view(np.recarray)[0]


@njit(float64(_search, float64, float64), cache=True, nogil=True)
def _score(w, dynamic_pj, cycles):
    """The objective of an energy without static power and a latency."""
    if w.objective == LATENCY:
        return cycles
    energy = dynamic_pj + w.static_pj * cycles
    return energy if w.objective == ENERGY else energy * cycles


@njit(float64(_search, float64[:, ::1]), cache=True, nogil=True)
def _slowest(w, busy):
    """Cycles that compute and every level's bandwidth need; ``busy`` words read and written by the busiest instance."""
    cycles = w.compute
    for level in range(w.levels):
        hardware = w.hardware[level]
        reads, writes = busy[level, 0], busy[level, 1]
        cycles = max(cycles, reads / hardware[READ_BANDWIDTH], writes / hardware[WRITE_BANDWIDTH])
        cycles = max(cycles, (reads + writes) / hardware[SHARED_BANDWIDTH])
    return cycles


@njit(int64(_search, int64, int64), cache=True, nogil=True)
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


@njit(int64(_search, int64, int64, int64, int64, boolean), cache=True, nogil=True)
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


@njit(types.void(_search, int64, int64[::1]), cache=True, nogil=True)
def _place(w, level, n):
    """Let level ``level`` hold the tile of temporal trips ``n`` outside."""
    for d in range(8):
        w.n[level, d] = n[d]
        w.hold[level, d] = w.bound[d] // (w.above[level, d] * n[d])


@njit(int64(_search, int64, int64), cache=True, nogil=True)
def _length(w, axis, c):
    """Rows or columns of the input tile of level ``c``."""
    a, b = P + axis, R + axis
    return w.geometry[axis] * (w.hold[c, a] - 1) + w.geometry[axis + 2] * (w.hold[c, b] - 1) + 1


@njit(float64(_search, int64, int64), cache=True, nogil=True)
def _tile_words(w, t, level):
    """Words of a tensor in the tile of a level."""
    words = 1.0
    for d in range(8):
        if DEPENDS[t, d] == 1:
            words *= w.hold[level, d]
    if t == I:
        words *= _length(w, 0, level) * _length(w, 1, level)
    return words


@njit(int64(_search, int64), cache=True, nogil=True)
def _room(w, level):
    """Whether the tiles of a level fit; reduction by its own loops is not yet known to go on around them."""
    hardware = w.hardware[level]
    partial = False
    for d in (C, R, S):
        partial = partial or w.n[level, d] > 1 or w.above[level, d] > 1
    answer = ROOM
    for attempt in range(2):
        # First as if sums were final, unless they cannot be; then as if they were partial.
        if attempt == 0 and partial:
            continue
        total = 0.0
        fits = True
        for t in range(3):
            if not w.keep[level, t]:
                continue
            words = _tile_words(w, t, level) * hardware[BUFFERS]
            if hardware[WORD_BITS] > 0:
                bit_at = 3 if t == O and attempt == 1 else t
                words = words * w.bits[bit_at] / hardware[WORD_BITS]
            if words > hardware[PARTITION_W + t]:
                fits = False
            total += words
        if total > hardware[CAPACITY_WORDS]:
            fits = False
        if not fits:
            if attempt == 0:
                return NO_ROOM
            return NO_ROOM if partial else ROOM_IF_FINAL
    return answer


@njit(float64(_search, int64, boolean), cache=True, nogil=True)
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


@njit(float64(_search, int64, int64, float64, float64, float64[:, ::1]), cache=True, nogil=True)
def _add_flow(w, c, t, sent, got, busy):
    """Energy of a flow into level ``c``; adds its words to ``busy``."""
    f = w.flow[c, t]
    p = w.parent[c, t]
    busy[p, 0] += sent * f[P_READ] + f[P_READ_FIXED]
    busy[p, 1] += sent * f[P_WRITE] + f[P_WRITE_FIXED]
    busy[c, 0] += got * f[C_READ] + f[C_READ_FIXED]
    busy[c, 1] += got * f[C_WRITE] + f[C_WRITE_FIXED]
    return sent * f[E_SENT] + got * f[E_GOT] + f[E_FIXED]


@njit(types.void(_search), cache=True, nogil=True)
def _prepare_case(w):
    """Everything that follows from spatial loops and kept tensors alone."""
    L = w.levels
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


@njit(types.void(_search), cache=True, nogil=True)
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


@njit(float64(int64), cache=True, nogil=True)
def _smallest_prime(n):
    """Smallest prime factor of ``n`` > 1."""
    i = 2
    while i * i <= n:
        if n % i == 0:
            return i
        i += 1
    return n


@njit(types.void(_search, int64, boolean), cache=True, nogil=True)
def _bound_flows(w, c, exact):
    """Lower bounds on energy and bandwidth cycles of all flows into level ``c``, by class of the loops around it.

    With ``exact`` the loops just outside are those of block ``c - 1``; else the blocks ``< c`` may share ``n[c]`` in any
    way (then ``n[c - 1]`` is not read). A class says to whom the innermost of these loops is of no account. Fills
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
    moving = 1.0
    for d in range(8):
        if d != K:
            moving *= n[d]
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
            span = length
            if w.kind[a] != 0:
                span = max((n[a] - 1) * min(step_a, length) + length, (n[b] - 1) * min(step_b, length) + length)
            least_got *= span
            count_a, count_b = n[a] * w.above[c, a] // w.above[p, a], n[b] * w.above[c, b] // w.above[p, b]
            span = (count_a - 1) * min(step_a, length) + length
            span = max(span, (count_b - 1) * min(step_b, length) + length)
            least_sent *= span
            whole_sent *= _spread(w, axis, p, c, length, False)
            whole_got *= length
    # (for N, G and C the unit is per word of the bound: they count in the constant)
    plain = 1.0 / (n[N] * n[G] * n[C])
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
            times = moving * plain
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
