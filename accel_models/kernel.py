"""The cost kernel: what a loop nest reads, fills and updates, how long it takes and what energy that costs.

Everything that runs compiled stands in this one file, because Numba's cache does not see a change in another. The
functions trust what they get; :mod:`accel_models.cost` builds the arrays and turns status codes into
words. ``docs/cost_model.md`` derives every formula.

How the counts come about
-------------------------
Time is an odometer of temporal loops. In the step that advances loop ``l`` the loops inside it fall back to their first
piece, those outside stay. A memory then receives what its new tile lacks of the old one, so what it receives in all is

    sum over all steps of |tile|  -  sum over loops l, over the steps at l, of |tile and previous tile|.

A tile is a box, so both sums are products over *groups* of dims that do not depend on each other: every dim by itself,
but for inputs rows ``(P, R)`` and columns ``(Q, S)``, which move one window together. Going through the loops from the
innermost outwards the second product soon becomes zero (as soon as a dim of the tensor that moves without overlap lies
inside), which makes the count cheap.

A dim whose tiles divide has one size of piece at every depth and all is closed form. A ragged dim has a few sizes, each
with a multiplicity; the ``_ragged`` functions carry those short lists instead. What several children want in one step
is read once, so reads count *unions* over the children of a parent: for plain dims the sum of disjoint pieces, for
windows the union of intervals.

A column of ``chain`` belongs to a dim, so that all eight are computed in step: row 0 is its bound, row ``2l + 1`` its
extent below the temporal loops of level ``l``, row ``2l + 2`` below its fan-out; ``TRIPS + k`` and ``WIDTH + k`` hold
the products of its temporal and of its spatial trips over the levels ``< k``, ``SPREAD + l`` the spatial trips of level
``l`` alone, ``BACK + k`` how far its first and its last piece lie apart over the temporal loops of levels ``< k``,
``EVEN`` whether every tile divides. The *cut* ``k`` of a dim says that its temporal loops of levels ``< k`` lie outside
the loop at hand, the others inside. A range ``lo, hi`` says which spatial levels are summed over; in the others only
the first instance counts (it has work whenever any has).

One record, ``work``, holds all that one evaluation reads and writes: passing arrays one by one costs more than using
them.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, from_dtype, int64, prange, types

from accel_models.compiled import entry, inside

N_DIMS = 8
N, G, K, C, P, Q, R, S = 0, 1, 2, 3, 4, 5, 6, 7
W, I, O = 0, 1, 2
OWN_W, OWN_I, OWN_O = 0b11001110, 0b00001011, 0b00110111  # the dims that move a tensor by whole pieces, a bit each
READS, FILLS, UPDATES = 0, 1, 2
SENT, SENT_NEW, GOT, GOT_NEW = 0, 1, 2, 3

OK = 0
BAD_TILE = 1
BAD_ORDER = 2
AXIS_OVERFLOW = 3
CAPACITY = 4
NOT_KEPT = 5
AXIS_DIM = 6

# Which dims move which tensor, in the order N G K C P Q R S: 0 not at all, 1 by whole pieces, 2 as a sliding window.
DEPENDS = np.array(
    [
        [0, 1, 1, 1, 0, 0, 1, 1],
        [1, 1, 0, 1, 2, 2, 2, 2],
        [1, 1, 1, 0, 1, 1, 0, 0],
    ],
    dtype=np.int64,
)

# Columns of a level's row in the hardware table.
(
    CAPACITY_WORDS,
    WORD_BITS,
    BUFFERS,
    READ_BANDWIDTH,
    WRITE_BANDWIDTH,
    SHARED_BANDWIDTH,
    READ_PJ,
    WRITE_PJ,
    NETWORK_PJ,
    PARTITION_W,
    PARTITION_I,
    PARTITION_O,
    AXIS_SIZE,
    AXIS_DIMS,
    MEMORY,
) = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 18)
LEVEL_COLUMNS = 19
# Columns of a machine's row.
MAC_PJ, STATIC_PJ_PER_CYCLE = 0, 1
MACHINE_COLUMNS = 2

# What the latency counts and what a drain costs, as bits of a convention.
FILL_AND_DRAIN = 1
DRAIN_READS = 2
SYSTOLIC = 4

COMPUTE = -1

# The axes that run a dim, by the number of their set, a bit each (see accel_models/axes.py).
AXES_OF = np.array([0b001, 0b010, 0b100, 0b011, 0b101, 0b110, 0b111], dtype=np.int64)

# Levels of a nest: up to 6 memories, each perhaps as one level for each tensor.
MOST_LEVELS = 16
MOST_CUTS = MOST_LEVELS + 6  # temporal ones of every level, spatial ones of every memory
# Rows of the chain, and sizes of the lists of pieces: a cut adds at most one size of piece.
TRIPS = 2 * MOST_LEVELS + 1
WIDTH = TRIPS + MOST_LEVELS + 1
SPREAD = WIDTH + MOST_LEVELS + 1
BACK = SPREAD + MOST_LEVELS
RAGGED, EVEN, CUT, FACTOR, CHAIN_ROWS = (BACK + MOST_LEVELS + 1 + row for row in range(5))
LIST_ROWS = 2048
WINDOW_ROWS = 128
MOVES = 2048  # a row for each size, kind of step (2) and level of the last piece, of full instances and a cut one
PIECES = MOST_CUTS + 2
STALE = -1
STEPS = PIECES  # the row of ``pieces`` that holds (number of sizes, sum of multiplicities)

# One mapping's scratch memory, passed from function to function as one pointer.
WORK_DTYPE = np.dtype(
    [
        ("levels", np.int64),
        ("bounds", np.int64, (8,)),
        ("tile", np.int64, (MOST_LEVELS, 8)),
        ("part", np.int64, (MOST_LEVELS, 8)),
        ("order", np.int64, (MOST_LEVELS, 8)),
        ("axis", np.int64, (MOST_LEVELS, 8)),
        ("keep", np.int64, (MOST_LEVELS, 3)),
        ("chain", np.int64, (CHAIN_ROWS, 8)),
        ("geometry", np.int64, (4,)),
        ("bits", np.float64, (4,)),
        ("whole", np.int64, (3,)),  # words of each tensor by its plain dims
        ("loops", np.int64, (8 * MOST_LEVELS + 1,)),  # dim | level << 3, outermost first
        ("begin", np.int64, (MOST_LEVELS + 1,)),  # how many of them stand outside each level
        ("spread", np.int64, (MOST_LEVELS,)),  # not 0 where a level has a fan-out in use
        ("fans", np.int64, (MOST_LEVELS + 1,)),  # how many such levels lie above each
        ("instances", np.int64, (MOST_LEVELS + 1,)),
        ("differ", np.int64, (MOST_LEVELS + 1,)),  # 1 where instances do not all work on the same sizes
        ("summed", np.int64, (MOST_LEVELS + 1,)),  # the row of ``steps`` for each ``hi``
        ("steps", np.int64, (MOST_LEVELS + 1, MOST_LEVELS + 1, 8)),
        ("words", np.int64, (MOST_LEVELS, 3)),  # of the tiles of each level
        ("memory", np.int64, (MOST_LEVELS,)),  # the first level that shares a level's memory
        ("taken", np.float64, (MOST_LEVELS,)),  # words that are held in a memory
        ("lists", np.int64, (2, LIST_ROWS, 4)),
        ("pieces", np.int64, (8, MOST_LEVELS + 1, MOST_LEVELS + 1, PIECES + 1, 2)),
        ("moves", np.int64, (2, MOVES, 4)),
        ("kinds", np.int64, (2, WINDOW_ROWS, 3)),
        ("children", np.int64, (2, WINDOW_ROWS, 4)),
        ("edges", np.int64, (2, 4 * WINDOW_ROWS)),
        ("index", np.int64, (2, 2 * MOST_LEVELS + 2)),
        ("hardware", np.float64, (MOST_LEVELS, LEVEL_COLUMNS)),
        ("machine", np.float64, (MACHINE_COLUMNS,)),
        ("can_keep", np.int64, (MOST_LEVELS, 3)),
        ("limited", np.int64, (MOST_LEVELS,)),  # 1 where a bandwidth of the level is finite
        ("flow", np.int64, (4,)),
        ("most", np.float64, (4,)),
        ("busy", np.float64, (MOST_LEVELS, 2)),  # of memories, by their first level
        ("counts", np.int64, (MOST_LEVELS, 3, 3)),
        ("level_cycles", np.float64, (MOST_LEVELS,)),
        ("totals", np.float64, (7,)),
    ],
    align=True,
)
_work = from_dtype(WORK_DTYPE)
_two = types.UniTuple(int64, 2)
_table = int64[:, ::1]
_row = int64[::1]


def new_work(n: int) -> np.recarray:
    """Scratch memory for ``n`` threads."""
    return np.zeros(n, dtype=WORK_DTYPE).view(np.recarray)


@inside(int64(_table, int64, int64, int64, int64, int64))
def _put(states, n, size, other, shift, mult):
    """Append a state to a list of (size, other, shift, multiplicity), merging it with an equal one."""
    for i in range(n):
        if states[i, 0] == size and states[i, 1] == other and states[i, 2] == shift:
            states[i, 3] += mult
            return n
    states[n, 0] = size
    states[n, 1] = other
    states[n, 2] = shift
    states[n, 3] = mult
    return n + 1


@inside(types.void(_work, int64))
def _take(work, n):
    """Make the spare list the list at hand."""
    lists = work.lists
    for i in range(n):
        for column in range(4):
            lists[0, i, column] = lists[1, i, column]


@inside(types.void(_work, int64))
def _start(work, size):
    """Begin a list with one piece."""
    lists = work.lists
    lists[0, 0, 0] = size
    lists[0, 0, 1] = 0
    lists[0, 0, 2] = 0
    lists[0, 0, 3] = 1


@inside(int64(_work, int64, int64))
def _split(work, n, tile):
    """Cut every piece of a list into pieces of ``tile``."""
    states, spare = work.lists[0], work.lists[1]
    m = 0
    for i in range(n):
        size, mult = states[i, 0], states[i, 3]
        if size <= tile:
            m = _put(spare, m, size, 0, 0, mult)
        else:
            m = _put(spare, m, tile, 0, 0, mult * (size // tile))
            if size % tile:
                m = _put(spare, m, size % tile, 0, 0, mult)
    _take(work, m)
    return m


@inside(int64(_work, int64, int64))
def _first(work, n, tile):
    """Keep the first piece of every piece in a list."""
    lists = work.lists
    for i in range(n):
        lists[0, i, 0] = min(lists[0, i, 0], tile)
    return n


@inside(int64(int64, int64))
def _full(size, tile):
    """How many full pieces of ``tile`` a piece holds: a division, avoided where it can be (it is slow)."""
    if size < 2 * tile:
        return 1 if size >= tile else 0
    if tile == 1:
        return size
    return size // tile


@inside(int64(_work, int64, int64))
def _summed(work, d, hi):
    """The smallest ``hi`` that sums over the same instances of dim ``d``."""
    chain = work.chain
    while hi > 0 and chain[SPREAD + hi - 1, d] == 1:
        hi -= 1
    return hi


@inside(types.void(_work, int64, int64))
def _list_pieces(work, d, hi):
    """List the sizes of the pieces of ragged dim ``d`` above every cut, spatial levels ``< hi`` summed."""
    chain, L = work.chain, work.levels
    table = work.pieces[d, hi]
    table[0, 0, 0] = chain[0, d]
    table[0, 0, 1] = 1
    table[0, STEPS, 0] = 1
    table[0, STEPS, 1] = 1
    for step in range(2 * L):
        tile = chain[step + 1, d]
        level = step // 2
        temporal = step % 2 == 0
        above, below = (table[level], table[level + 1]) if temporal else (table[level + 1], table[level + 1])
        n = above[STEPS, 0]
        if not temporal and chain[SPREAD + level, d] == 1:
            continue
        m = 0
        total = 0
        if temporal or level < hi:
            # Every size leaves full pieces and perhaps a rest; in place, the rests go to the front of what was read.
            whole = 0
            for i in range(n):
                size, mult = above[i, 0], above[i, 1]
                rest = size
                if size >= tile:
                    full = _full(size, tile)
                    whole += mult * full
                    rest = size - full * tile
                if rest:
                    total += mult
                    found = False
                    for j in range(m):
                        if below[j, 0] == rest:
                            below[j, 1] += mult
                            found = True
                            break
                    if not found:
                        below[m, 0] = rest
                        below[m, 1] = mult
                        m += 1
            if whole:
                below[m, 0] = tile
                below[m, 1] = whole
                m += 1
                total += whole
        else:
            for i in range(n):
                size, mult = min(above[i, 0], tile), above[i, 1]
                total += mult
                found = False
                for j in range(m):
                    if below[j, 0] == size:
                        below[j, 1] += mult
                        found = True
                        break
                if not found:
                    below[m, 0] = size
                    below[m, 1] = mult
                    m += 1
        below[STEPS, 0] = m
        below[STEPS, 1] = total


@inside(int64(_work, int64, int64))
def _listed(work, d, hi):
    """The row of ``pieces[d]`` that lists a ragged dim with the spatial levels ``< hi`` summed."""
    own = _summed(work, d, hi)
    if work.pieces[d, own, 0, STEPS, 0] == 0:
        _list_pieces(work, d, own)
    return own


@inside(int64(_work, int64, int64, int64))
def _only_fan(work, d, lo, hi):
    """The level in [lo, hi) whose fan-out alone spreads dim ``d``; -1 if there are several."""
    chain = work.chain
    fan = -1
    for level in range(lo, hi):
        if chain[SPREAD + level, d] > 1:
            if fan >= 0:
                return -1
            fan = level
    return fan


@inside(_two(_work, int64, int64, int64, int64, int64))
def _last_step(work, d, level, fan, size, offset):
    """Start and size of the last temporal piece at level ``fan`` that reaches beyond ``offset``.

    Args: ``size`` is that of the piece at hand outside the temporal loops of ``level``; no fan-out lies between. Size 0
    where no piece reaches that far.
    """
    tile = work.chain[2 * level + 1, d]
    for trip in range(_full(size - 1, tile), -1, -1):
        start, rest = trip * tile, min(tile, size - trip * tile)
        if level < fan:
            inner, rest = _last_step(work, d, level + 1, fan, rest, offset)
            start += inner
        if rest > offset:
            return start, rest
    return 0, 0


@inside(int64(_work, int64, int64, int64, int64))
def _last_size(work, d, level, c, size):
    """Size of the last piece above level ``c`` of a piece outside the temporal loops of ``level``; no fan-outs."""
    chain = work.chain
    for inner in range(level, c):
        tile = chain[2 * inner + 1, d]
        if size > tile:
            size -= _full(size - 1, tile) * tile
    return size


@inside(int64(_work, int64, int64, int64, int64))
def _prefix(work, d, k, lo, hi):
    """Pieces of dim ``d`` above cut ``k``: sizes with multiplicities, spatial levels in [lo, hi) summed."""
    chain = work.chain
    _start(work, chain[0, d])
    n = 1
    for level in range(k):
        n = _split(work, n, chain[2 * level + 1, d])
        part = chain[2 * level + 2, d]
        n = _split(work, n, part) if lo <= level < hi else _first(work, n, part)
    return n


@inside(int64(_work, int64, int64, int64, int64, int64))
def _ragged_active(work, d, k, c, lo, hi):
    """How many (outer step, instance) pairs have work: steps of temporal levels < k, spatial levels in [lo, hi)."""
    chain, lists = work.chain, work.lists
    n = _prefix(work, d, k, lo, hi)
    for level in range(k, c):
        n = _first(work, n, chain[2 * level + 1, d])
        part = chain[2 * level + 2, d]
        n = _split(work, n, part) if lo <= level < hi else _first(work, n, part)
    total = 0
    for i in range(n):
        total += lists[0, i, 3]
    return total


@inside(int64(_work, int64, int64, int64, int64))
def _ragged_size(work, d, c, lo, hi):
    """Sum of the sizes of all pieces above level ``c``, spatial levels in [lo, hi) summed."""
    total = 0
    if work.chain[WIDTH + lo, d] == 1:
        pieces = work.pieces[d, _listed(work, d, hi), c]
        for i in range(pieces[STEPS, 0]):
            total += pieces[i, 0] * pieces[i, 1]
        return total
    lists = work.lists
    n = _prefix(work, d, c, lo, hi)
    for i in range(n):
        total += lists[0, i, 0] * lists[0, i, 3]
    return total


@inside(int64(_work, int64, int64, int64, int64, int64))
def _ragged_unsplit(work, d, k, c, lo, hi):
    """Sum of the sizes of those pieces that an instance works on alone while the loops inside the cut run.

    A state (size, other) is a piece together with the largest piece beside it in which the instance must have *no*
    work; the instance then has one piece only and keeps it.
    """
    chain, lists = work.chain, work.lists
    n = _prefix(work, d, k, lo, hi)
    for level in range(k, c):
        tile = chain[2 * level + 1, d]
        m = 0
        for i in range(n):
            size, other, mult = lists[0, i, 0], min(lists[0, i, 1], tile), lists[0, i, 3]
            if size >= 2 * tile and size > tile:
                continue
            if size > tile:
                other = max(other, size - tile)
                size = tile
            if other < size:
                m = _put(lists[1], m, size, other, 0, mult)
        n = m
        _take(work, n)
        part = chain[2 * level + 2, d]
        m = 0
        for i in range(n):
            size, other, mult = lists[0, i, 0], lists[0, i, 1], lists[0, i, 3]
            if not lo <= level < hi:
                size, other = min(size, part), min(other, part)
                if other < size:
                    m = _put(lists[1], m, size, other, 0, mult)
                continue
            # Where the neighbour piece is full there is work; where it is cut there may be; beyond it there is none.
            full = other // part
            first_free = full
            if other % part:
                own = min(part, size - full * part)
                if other % part < own:
                    m = _put(lists[1], m, own, other % part, 0, mult)
                first_free = full + 1
            free = size // part - first_free
            if free > 0:
                m = _put(lists[1], m, part, 0, 0, mult * free)
            if size % part and first_free <= size // part:
                m = _put(lists[1], m, size % part, 0, 0, mult)
        n = m
        _take(work, n)
    total = 0
    for i in range(n):
        if lists[0, i, 1] == 0:
            total += lists[0, i, 0] * lists[0, i, 3]
    return total


@inside(_two(_work, int64, int64, int64, int64, int64, int64))
def _last_piece(work, d, level, k, c, size, which):
    """Start and size of the last piece an instance works on, from the temporal loop of ``level`` inwards.

    Row ``which`` of ``work.index`` holds, for each level ``l``, the fixed temporal index in column ``2l`` (``l < k``)
    and the spatial one in column ``2l + 1``. Size 0: the instance has no work here.
    """
    chain, index = work.chain, work.index[which]
    if level == c:
        return 0, size
    tile, part = chain[2 * level + 1, d], chain[2 * level + 2, d]
    first_trip, last_trip = 0, 0
    if level < k:
        first_trip = last_trip = index[2 * level]
    else:
        last_trip = (size - 1) // tile
    for trip in range(last_trip, first_trip - 1, -1):
        start = trip * tile + index[2 * level + 1] * part
        rest = min(min(tile, size - trip * tile) - index[2 * level + 1] * part, part)
        if rest <= 0:
            continue
        inner_start, inner_size = _last_piece(work, d, level + 1, k, c, rest, which)
        if inner_size > 0:
            return start + inner_start, inner_size
    return 0, 0


@inside(_two(_work, int64, int64, int64, int64, int64, int64))
def _first_piece(work, d, level, k, c, size, which):
    """Start and size of the first piece an instance works on, as :func:`_last_piece`."""
    chain, index = work.chain, work.index[which]
    start = 0
    for inner in range(level, c):
        tile, part = chain[2 * inner + 1, d], chain[2 * inner + 2, d]
        trip = index[2 * inner] if inner < k else 0
        start += trip * tile + index[2 * inner + 1] * part
        size = min(min(tile, size - trip * tile) - index[2 * inner + 1] * part, part)
        if size <= 0:
            return 0, 0
    return start, size


@inside(int64(_work, int64, int64, boolean, int64, int64, int64, int64, _table, _table))
def _ragged_moves(work, d, k, advance, p, c, lo, hi, head, moves):
    """Every way in which the pieces of a window dim move in one step, with the children that move together.

    ``head`` receives rows (multiplicity, first row in ``moves``, rows in ``moves``), one for each kind of parent step;
    ``moves`` rows (new start, new size, old start, old size), one for each child with work. Spatial levels ``>= p`` are
    children, levels in [lo, hi) below that are summed over, in others only the first instance counts.

    Returns how many rows of ``head`` there are.
    """
    chain, lists = work.chain, work.lists
    a = min(k, p + 1)
    _start(work, chain[0, d])
    n = 1
    for level in range(a):
        tile = chain[2 * level + 1, d]
        if level > 0:
            part = chain[2 * level, d]
            n = _split(work, n, part) if lo <= level - 1 < hi else _first(work, n, part)
        if advance and level == k - 1:
            # A pair of neighbours: (new size, old size, distance).
            m = 0
            for i in range(n):
                size, mult = lists[0, i, 0], lists[0, i, 3]
                full = size // tile
                if full > 1:
                    m = _put(lists[1], m, tile, tile, tile, mult * (full - 1))
                if full > 0 and size % tile:
                    m = _put(lists[1], m, size % tile, tile, tile, mult)
            n = m
            _take(work, n)
        else:
            n = _split(work, n, tile)
            for i in range(n):
                lists[0, i, 1] = lists[0, i, 0]
                lists[0, i, 2] = 0
    if a == 0:
        lists[0, 0, 1] = chain[0, d]

    # Coordinates enumerated one by one: outer temporal levels a..k-1, spatial levels from a-1 on.
    first_spatial = max(a - 1, 0)
    groups = 1
    children = 1
    for level in range(a, k):
        groups *= -(-chain[2 * level, d] // chain[2 * level + 1, d])
    for level in range(first_spatial, c):
        width = -(-chain[2 * level + 1, d] // chain[2 * level + 2, d])
        if level >= p:
            children *= width
        elif lo <= level < hi:
            groups *= width
    index, old_index = work.index[0], work.index[1]
    for column in range(2 * c):
        index[column] = 0
        old_index[column] = 0
    heads, rows = 0, 0
    for i in range(n):
        new_size, old_size, distance, mult = lists[0, i, 0], lists[0, i, 1], lists[0, i, 2], lists[0, i, 3]
        for group in range(groups):
            rest = group
            skip = False
            for level in range(a, k):
                trips = -(-chain[2 * level, d] // chain[2 * level + 1, d])
                index[2 * level] = rest % trips
                old_index[2 * level] = rest % trips
                if advance and level == k - 1:
                    if index[2 * level] == 0:
                        skip = True
                    old_index[2 * level] = index[2 * level] - 1
                rest //= trips
            if skip:
                continue
            for level in range(first_spatial, min(p, c)):
                if lo <= level < hi:
                    width = -(-chain[2 * level + 1, d] // chain[2 * level + 2, d])
                    index[2 * level + 1] = rest % width
                    rest //= width
                else:
                    index[2 * level + 1] = 0
                old_index[2 * level + 1] = index[2 * level + 1]
            begin = rows
            for child in range(children):
                rest = child
                for level in range(max(first_spatial, p), c):
                    width = -(-chain[2 * level + 1, d] // chain[2 * level + 2, d])
                    index[2 * level + 1] = rest % width
                    old_index[2 * level + 1] = index[2 * level + 1]
                    rest //= width
                start, new, old_start, old = 0, new_size, 0, old_size
                if a > 0:  # the spatial loop of level a-1 comes before the first temporal level left
                    at = index[2 * (a - 1) + 1] * chain[2 * a, d]
                    new = min(new_size - at, chain[2 * a, d])
                    old = min(old_size - at, chain[2 * a, d])
                    if new <= 0:
                        continue
                    start, old_start = at, at
                inner_start, new = _first_piece(work, d, a, k, c, new, 0)
                if new <= 0:
                    continue
                inner_old, old = _last_piece(work, d, a, k, c, old, 1)
                moves[rows, 0] = start + inner_start
                moves[rows, 1] = new
                moves[rows, 2] = old_start + inner_old - distance
                moves[rows, 3] = old
                rows += 1
            if rows == begin:
                continue
            # Merge with the group before when nothing differs.
            same = heads > 0 and head[heads - 1, 2] == rows - begin
            if same:
                before = head[heads - 1, 1]
                base = moves[begin, 0] - moves[before, 0]
                for row in range(rows - begin):
                    for column in range(4):
                        off = base if column in (0, 2) else 0
                        if moves[begin + row, column] != moves[before + row, column] + off:
                            same = False
            if same:
                head[heads - 1, 0] += mult
                rows = begin
            else:
                head[heads, 0] = mult
                head[heads, 1] = begin
                head[heads, 2] = rows - begin
                heads += 1
    return heads


@inside(int64(_work, int64, int64, int64, int64))
def _moves_room(work, d, k, p, c):
    """Upper bound on the rows :func:`_ragged_moves` writes."""
    chain = work.chain
    a = min(k, p + 1)
    rows = 2 * (a + 1) * (a + 2)
    for level in range(a, k):
        rows *= -(-chain[2 * level, d] // chain[2 * level + 1, d])
    for level in range(max(a - 1, 0), c):
        rows *= -(-chain[2 * level + 1, d] // chain[2 * level + 2, d])
    return rows + 1


@inside(int64(_row, _row, int64))
def _union(starts, ends, n):
    """Length of the union of ``n`` half-open intervals (sorts them in place)."""
    for i in range(1, n):
        s, e = starts[i], ends[i]
        j = i - 1
        while j >= 0 and starts[j] > s:
            starts[j + 1] = starts[j]
            ends[j + 1] = ends[j]
            j -= 1
        starts[j + 1] = s
        ends[j + 1] = e
    total = 0
    reach = -(1 << 62)
    for i in range(n):
        begin = max(starts[i], reach)
        if ends[i] > begin:
            total += ends[i] - begin
            reach = ends[i]
    return total


@inside(_two(_work, int64, int64, int64, int64, int64, int64, int64, int64))
def _ragged_window(work, axis, ka, kb, advance, p, c, lo, hi):
    """Words wanted, and words that all who want them hold already, over all steps of one kind, for ragged windows.

    Args: dims ``a`` (P or Q) and ``b`` (R or S) with stride ``scale_a`` and dilation ``scale_b``; ``advance`` is 1 when
    the loop at hand is over ``a``, 2 when over ``b``, 0 when over neither. With ``p = c`` nothing is shared and the
    figures are sums over instances.
    """
    geometry = work.geometry
    a, b = P + axis, R + axis
    scale_a, scale_b = geometry[axis], geometry[2 + axis]
    room_a, room_b = _moves_room(work, a, ka, p, c), _moves_room(work, b, kb, p, c)
    head_a, moves_a, head_b, moves_b = work.kinds[0], work.children[0], work.kinds[1], work.children[1]
    if room_a > WINDOW_ROWS:
        head_a, moves_a = np.empty((room_a, 3), dtype=np.int64), np.empty((room_a, 4), dtype=np.int64)
    if room_b > WINDOW_ROWS:
        head_b, moves_b = np.empty((room_b, 3), dtype=np.int64), np.empty((room_b, 4), dtype=np.int64)
    n_a = _ragged_moves(work, a, ka, advance == 1, p, c, lo, hi, head_a, moves_a)
    n_b = _ragged_moves(work, b, kb, advance == 2, p, c, lo, hi, head_b, moves_b)
    most_a, most_b = 0, 0
    for i in range(n_a):
        most_a = max(most_a, head_a[i, 2])
    for j in range(n_b):
        most_b = max(most_b, head_b[j, 2])
    starts, ends = work.edges[0], work.edges[1]
    if 2 * most_a * most_b > 4 * WINDOW_ROWS:
        starts = np.empty(2 * most_a * most_b, dtype=np.int64)
        ends = np.empty(2 * most_a * most_b, dtype=np.int64)
    wanted, held = 0, 0
    for i in range(n_a):
        for j in range(n_b):
            mult = head_a[i, 0] * head_b[j, 0]
            for part in range(2):
                n = 0
                for x in range(head_a[i, 1], head_a[i, 1] + head_a[i, 2]):
                    for y in range(head_b[j, 1], head_b[j, 1] + head_b[j, 2]):
                        new = scale_a * moves_a[x, 0] + scale_b * moves_b[y, 0]
                        new_end = new + scale_a * (moves_a[x, 1] - 1) + scale_b * (moves_b[y, 1] - 1) + 1
                        old = scale_a * moves_a[x, 2] + scale_b * moves_b[y, 2]
                        old_end = old + scale_a * (moves_a[x, 3] - 1) + scale_b * (moves_b[y, 3] - 1) + 1
                        if part == 0:
                            starts[n], ends[n] = new, new_end
                            n += 1
                        else:
                            if new < old:
                                starts[n], ends[n] = new, min(new_end, old)
                                n += 1
                            if new_end > old_end:
                                starts[n], ends[n] = max(new, old_end), new_end
                                n += 1
                if part == 0:
                    union = _union(starts, ends, n)
                else:
                    lacking = _union(starts, ends, n)
            wanted += mult * union
            held += mult * (union - lacking)
    return wanted, held


@inside(int64(_work, int64, int64, int64, int64))
def _spread(work, axis, p, c, width):
    """Length of the union of equal intervals that stand where the children of one parent stand (even tiles)."""
    chain, geometry = work.chain, work.geometry
    a, b = P + axis, R + axis
    scale_a, scale_b = geometry[axis], geometry[2 + axis]
    spacing, count = work.index[0], work.index[1]
    n = 0
    for level in range(p, c):
        trips = chain[2 * level + 1, a] // chain[2 * level + 2, a]
        if trips > 1:
            spacing[n], count[n] = scale_a * chain[2 * level + 2, a], trips
            n += 1
        trips = chain[2 * level + 1, b] // chain[2 * level + 2, b]
        if trips > 1:
            spacing[n], count[n] = scale_b * chain[2 * level + 2, b], trips
            n += 1
    for i in range(1, n):
        s, t = spacing[i], count[i]
        j = i - 1
        while j >= 0 and spacing[j] > s:
            spacing[j + 1], count[j + 1] = spacing[j], count[j]
            j -= 1
        spacing[j + 1], count[j + 1] = s, t
    total, reach = width, width  # words of the union so far, and how far it reaches
    solid = True
    for i in range(n):
        if solid and spacing[i] <= reach:
            reach += (count[i] - 1) * spacing[i]
            total = reach
        elif spacing[i] >= reach:
            solid = False
            total *= count[i]
            reach += (count[i] - 1) * spacing[i]
        else:  # combs that interleave: place every interval
            instances = 1
            for j in range(n):
                instances *= count[j]
            starts = np.zeros(instances, dtype=np.int64)
            ends = np.empty(instances, dtype=np.int64)
            for x in range(instances):
                rest = x
                for j in range(n):
                    starts[x] += (rest % count[j]) * spacing[j]
                    rest //= count[j]
                ends[x] = starts[x] + width
            return _union(starts, ends, instances)
    return total


@inside(types.void(_work, int64, int64))
def _ragged_steps(work, d, hi):
    """Correct the steps of ragged dim ``d`` for the spatial levels ``< hi``."""
    chain, L = work.chain, work.levels
    steps, own = work.steps[hi], _listed(work, d, hi)
    pieces = work.pieces[d, own]
    for k in range(L + 1):
        if own <= k:
            steps[k, d] = pieces[k, STEPS, 1]
        elif chain[WIDTH + own - 1, d] > chain[WIDTH + k, d]:
            steps[k, d] = _ragged_active(work, d, k, own, 0, own)
        else:
            # One fan-out inside the cut: every piece occupies as many of its instances as its first part needs.
            tile, part = chain[2 * own - 1, d], chain[2 * own, d]
            steps[k, d] = 0
            for i in range(pieces[k, STEPS, 0]):
                steps[k, d] += pieces[k, i, 1] * ((min(pieces[k, i, 0], tile) + part - 1) // part)


@inside(types.void(_work))
def _count_steps(work):
    """How many (outer step, instance) pairs of a dim have work: ``steps[hi, k, d]`` for the steps of levels ``< k`` and
    the instances of the spatial levels ``< hi``, at the rows that ``summed`` names.
    """
    chain, L = work.chain, work.levels
    work.summed[0], work.fans[0], work.instances[0], work.differ[0] = 0, 0, 1, 0
    for hi in range(L + 1):
        if hi > 0:
            spread = work.spread[hi - 1] != 0
            work.summed[hi] = hi if spread else work.summed[hi - 1]
            work.fans[hi] = work.fans[hi - 1] + spread
            work.instances[hi], work.differ[hi] = work.instances[hi - 1], work.differ[hi - 1]
            if not spread:
                continue
            instances, differ = 1, 0
            for d in range(8):
                instances *= chain[WIDTH + hi, d]
                differ |= (1 - chain[EVEN, d]) & int64(chain[WIDTH + hi, d] > 1)
            work.instances[hi], work.differ[hi] = instances, differ
        for k in range(L + 1):
            for d in range(8):
                work.steps[hi, k, d] = chain[TRIPS + k, d] * chain[WIDTH + hi, d]
    for d in range(8):
        if chain[EVEN, d]:
            continue
        for hi in range(L + 1):
            work.pieces[d, hi, 0, STEPS, 0] = 0  # not listed yet
        for hi in range(L + 1):
            if work.summed[hi] == hi:
                _ragged_steps(work, d, hi)


@inside(int64(_work, int64, int64, int64, int64, int64))
def _unsplit(work, d, k, c, lo, hi):
    """Words along a dim of those pieces that stay in place while the loops inside the cut run."""
    chain, pieces = work.chain, work.pieces
    if chain[EVEN, d]:
        if chain[TRIPS + c, d] > chain[TRIPS + k, d]:
            return 0
        return chain[0, d] // chain[WIDTH + c, d] * (chain[WIDTH + hi, d] // chain[WIDTH + lo, d])
    together = chain[WIDTH + c, d] == chain[WIDTH + k, d]
    if chain[WIDTH + lo, d] > 1 or not (together or hi <= k):
        return _ragged_unsplit(work, d, k, c, lo, hi)
    pieces = work.pieces[d, _listed(work, d, hi), k]
    total = 0
    for i in range(pieces[STEPS, 0]):
        size = pieces[i, 0]
        if together:
            if size <= chain[2 * c - 1, d]:
                total += size * pieces[i, 1]
            continue
        for level in range(k, c):  # the first instance takes the first part of every piece
            size = 0 if size > chain[2 * level + 1, d] else min(size, chain[2 * level + 2, d])
        total += size * pieces[i, 1]
    return total


@inside(int64(_work, int64, int64, int64, int64, boolean, int64, int64, int64, int64, int64, _table))
def _fall_back(work, d, k, c, fan, every, new, old, distance, mult, n, moves):
    """Append to ``n`` rows of :func:`_window_moves` how instances move while the loops of levels >= ``k`` fall back.

    Args: ``new`` and ``old`` are the sizes of the pieces outside those loops, ``distance`` how far the one starts
    beyond the other. ``fan`` is the level of the one fan-out inside (-1: none), of which ``every`` instance or only the
    first counts. Instances that move alike make one row.
    """
    chain = work.chain
    first, part, active = new, new, 1
    if fan >= 0:
        if fan >= k:
            first = min(new, chain[2 * fan + 1, d])
        part = chain[2 * fan + 2, d]
        if every:
            active = (first + part - 1) // part
    i = 0
    while i < active:
        start, last = 0, old
        if fan >= k:
            start, last = _last_step(work, d, k, fan, old, i * part)
        count = 1
        new_size, old_size = first - i * part, last - i * part
        if fan >= 0:
            count = min(new_size, old_size) // part  # both full
            count = max(count, 1) if every else 1
            new_size, old_size = min(new_size, part), min(old_size, part)
        inside = max(k, fan + 1)
        for level in range(inside, c):
            tile = chain[2 * level + 1, d]
            if old_size > tile:
                trips = _full(old_size - 1, tile)
                start += trips * tile
                old_size -= trips * tile
        if c > inside:
            new_size = min(new_size, chain[2 * c - 1, d])
        moves[n, 0] = new_size
        moves[n, 1] = old_size
        moves[n, 2] = distance - start
        moves[n, 3] = mult * count
        n += 1
        i += count
    return n


@inside(int64(_work, int64, int64, boolean, int64, int64, _table))
def _window_moves(work, d, k, advance, c, hi, moves):
    """How pieces of a window dim move in one step: rows (new size, old size, distance, multiplicity).

    Returns the number of rows, or -1 where several fan-outs spread a ragged dim inside the cut (see
    :func:`_ragged_moves`).
    """
    chain, pieces = work.chain, work.pieces
    if chain[EVEN, d]:
        distance = chain[BACK + k, d] - chain[BACK + c, d]
        steps = chain[TRIPS + k, d]
        if advance:
            distance += chain[2 * k - 1, d]
            steps -= chain[TRIPS + k - 1, d]
        moves[0, 0] = chain[2 * c, d]
        moves[0, 1] = chain[2 * c, d]
        moves[0, 2] = distance
        moves[0, 3] = steps * chain[WIDTH + hi, d]
        return 1
    above = k - 1 if advance else k
    fan = -1
    if chain[WIDTH + c, d] > chain[WIDTH + above, d]:
        fan = _only_fan(work, d, above, c)
        if fan < 0:
            return -1
    pieces = work.pieces[d, _listed(work, d, hi), above]
    n = 0
    for i in range(pieces[STEPS, 0]):
        size, mult = pieces[i, 0], pieces[i, 1]
        if not advance:
            n = _fall_back(work, d, k, c, fan, hi > fan, size, size, 0, mult, n, moves)
            continue
        # From a full piece to a full one, or to the rest.
        tile = chain[2 * k - 1, d]
        full = _full(size, tile)
        rest = size - full * tile
        if full > 1:
            n = _fall_back(work, d, k, c, fan, hi > fan, tile, tile, tile, mult * (full - 1), n, moves)
        if full and rest:
            n = _fall_back(work, d, k, c, fan, hi > fan, rest, tile, tile, mult, n, moves)
    return n


@inside(_two(_work, int64, int64, int64, int64, int64, int64, int64))
def _window(work, axis, ka, kb, advance, p, c, hi):
    """Words wanted and words held already, for one window (rows or columns) over all steps of one kind.

    For the arguments see :func:`_ragged_window`; spatial levels ``< hi`` are summed over.
    """
    chain, geometry = work.chain, work.geometry
    a, b = P + axis, R + axis
    scale_a, scale_b = geometry[axis], geometry[2 + axis]
    moves = work.moves
    even = chain[EVEN, a] and chain[EVEN, b]
    spread = p < c and (chain[WIDTH + c, a] > chain[WIDTH + p, a] or chain[WIDTH + c, b] > chain[WIDTH + p, b])
    if even:
        length = scale_a * (chain[2 * c, a] - 1) + scale_b * (chain[2 * c, b] - 1) + 1
        steps_a, steps_b = chain[TRIPS + ka, a], chain[TRIPS + kb, b]
        distance = scale_a * (chain[BACK + ka, a] - chain[BACK + c, a])
        distance += scale_b * (chain[BACK + kb, b] - chain[BACK + c, b])
        if advance == 1:
            distance += scale_a * chain[2 * ka - 1, a]
            steps_a -= chain[TRIPS + ka - 1, a]
        elif advance == 2:
            distance += scale_b * chain[2 * kb - 1, b]
            steps_b -= chain[TRIPS + kb - 1, b]
        mult = steps_a * steps_b * chain[WIDTH + hi, a] * chain[WIDTH + hi, b]
        moved = min(abs(distance), length)
        if not spread:
            return mult * length, mult * (length - moved)
        wanted = _spread(work, axis, p, c, length)
        if moved == 0:
            return mult * wanted, mult * wanted
        return mult * wanted, mult * (wanted - _spread(work, axis, p, c, moved))
    if spread:
        return _ragged_window(work, axis, ka, kb, advance, p, c, 0, hi)
    n_a = _window_moves(work, a, ka, advance == 1, c, hi, moves[0])
    n_b = _window_moves(work, b, kb, advance == 2, c, hi, moves[1])
    if n_a < 0 or n_b < 0:
        return _ragged_window(work, axis, ka, kb, advance, c, c, 0, hi)
    wanted, held = 0, 0
    for i in range(n_a):
        for j in range(n_b):
            new = scale_a * (moves[0, i, 0] - 1) + scale_b * (moves[1, j, 0] - 1) + 1
            old = scale_a * (moves[0, i, 1] - 1) + scale_b * (moves[1, j, 1] - 1) + 1
            at = scale_a * moves[0, i, 2] + scale_b * moves[1, j, 2]
            mult = moves[0, i, 3] * moves[1, j, 3]
            wanted += mult * new
            both = min(at + new, old) - max(at, 0)
            if both > 0:
                held += mult * both
    return wanted, held


@inside(int64(_work, int64, int64, int64, int64))
def _own_words(work, tensor, c, lo, hi):
    """Words of a tensor by its plain dims, spatial levels in [lo, hi) summed, of others the first instance.

    Leaves what each dim contributes in its factor.
    """
    chain = work.chain
    words = 1
    for d in range(8):
        if DEPENDS[tensor, d] == 1:
            if chain[EVEN, d]:
                share = chain[WIDTH + hi, d] // chain[WIDTH + lo, d]
                chain[FACTOR, d] = chain[0, d] // chain[WIDTH + c, d] * share
            else:
                chain[FACTOR, d] = _ragged_size(work, d, c, lo, hi)
            words *= chain[FACTOR, d]
    return words


@inside(int64(_work, int64, int64, int64, int64, int64))
def _still(work, pending, own, c, lo, hi):
    """``own`` words less those of the pieces that move in the dims ``pending``, each inside its cut."""
    chain = work.chain
    for d in range(8):
        if (pending >> d) & 1 and own:
            stay = _unsplit(work, d, chain[CUT, d], c, lo, hi)
            own = own // chain[FACTOR, d] * stay
            chain[FACTOR, d] = stay
    return own


@inside(_two(_work, int64, int64, int64, int64, int64, int64, boolean))
def _moved_plain(work, tensor, own, c, lo, hi, hi_rest, hold):
    """:func:`_moved` for weights and outputs, of which every dim moves by whole pieces.

    Loops over the three other dims move nothing as long as no loop over a dim of the tensor lies inside; after that
    only what those leave unsplit stays.
    """
    chain, loops, steps = work.chain, work.loops, work.steps[work.summed[hi_rest]]
    mask, x, y, z = (OWN_W, N, P, Q) if tensor == W else (OWN_O, C, R, S)
    fresh = own * steps[0, x] * steps[0, y] * steps[0, z]
    if not hold:
        return own * steps[c, x] * steps[c, y] * steps[c, z], fresh
    for d in range(8):
        chain[CUT, d] = c
    i = work.begin[c] - 1
    while i >= 0 and not (mask >> (loops[i] & 7)) & 1:
        chain[CUT, loops[i] & 7] = loops[i] >> 3
        i -= 1
    moved = own * steps[chain[CUT, x], x] * steps[chain[CUT, y], y] * steps[chain[CUT, z], z]
    pending = 0
    while i >= 0:
        d = loops[i] & 7
        if (mask >> d) & 1:
            if chain[EVEN, d]:
                break  # it moves without overlap, in every step of the loops outside
            pending |= 1 << d
            chain[CUT, d] = loops[i] >> 3
            i -= 1
            continue
        own = _still(work, pending, own, c, lo, hi)
        if own == 0:
            break
        pending = 0
        moved -= own * steps[chain[CUT, x], x] * steps[chain[CUT, y], y] * steps[chain[CUT, z], z]
        while i >= 0 and not (mask >> (loops[i] & 7)) & 1:
            chain[CUT, loops[i] & 7] = loops[i] >> 3
            i -= 1
        moved += own * steps[chain[CUT, x], x] * steps[chain[CUT, y], y] * steps[chain[CUT, z], z]
    return moved, fresh


@inside(int64(_work, int64, int64, int64, int64))
def _wanted(work, axis, parent, c, hi):
    """Words along a window that the children of a parent want, over all steps and instances."""
    chain, geometry, steps = work.chain, work.geometry, work.steps[work.summed[hi]]
    a, b = P + axis, R + axis
    if chain[WIDTH + c, a] == chain[WIDTH + hi, a] and chain[WIDTH + c, b] == chain[WIDTH + hi, b]:
        # No two children share: add up the lengths of all windows, one for each pair of pieces.
        n_a, n_b = steps[c, a], steps[c, b]
        words = geometry[axis] * (chain[0, a] - n_a) * n_b + geometry[2 + axis] * (chain[0, b] - n_b) * n_a
        return words + n_a * n_b
    words, _ = _window(work, axis, c, c, 0, parent, c, hi)
    return words


@inside(int64(_work, int64, int64, int64, int64, int64, int64, boolean))
def _moved_inputs(work, own, parent, c, lo, hi, hi_rest, hold):
    """:func:`_moved` for inputs: rows and columns are windows that slide, and what they keep they need not fetch."""
    chain, loops, steps = work.chain, work.loops, work.steps[work.summed[hi_rest]]
    repeats = steps[c, K]
    rows, columns = _wanted(work, 0, parent, c, hi_rest), _wanted(work, 1, parent, c, hi_rest)
    whole = own * repeats * rows * columns
    if not hold:
        return whole
    for d in range(8):
        chain[CUT, d] = c
    kept = 0
    for i in range(work.begin[c] - 1, -1, -1):
        d, level = loops[i] & 7, loops[i] >> 3
        if d >= P:  # a window advances; those of all dims inside fall back
            axis = d & 1
            if axis == 0 and columns == STALE:
                _, columns = _window(work, 1, chain[CUT, Q], chain[CUT, S], 0, parent, c, hi_rest)
            elif axis == 1 and rows == STALE:
                _, rows = _window(work, 0, chain[CUT, P], chain[CUT, R], 0, parent, c, hi_rest)
            chain[CUT, d] = level + 1
            other = own * repeats * (columns if axis == 0 else rows)
            if other:
                advance = 1 if d < R else 2
                _, held = _window(work, axis, chain[CUT, P + axis], chain[CUT, R + axis], advance, parent, c, hi_rest)
                kept += other * held
            # What stays when both loops of the window fall back is computed when a loop outside asks.
            if axis == 0:
                rows = STALE
            else:
                columns = STALE
            chain[CUT, d] = level
            continue
        if (OWN_I >> d) & 1:
            if chain[EVEN, d]:
                break  # it moves without overlap, in every step of the loops outside
            chain[CUT, d] = level
            own = _still(work, 1 << d, own, c, lo, hi)
            if own == 0:
                break
            continue
        if columns == STALE:
            _, columns = _window(work, 1, chain[CUT, Q], chain[CUT, S], 0, parent, c, hi_rest)
        if rows == STALE:
            _, rows = _window(work, 0, chain[CUT, P], chain[CUT, R], 0, parent, c, hi_rest)
        if rows == 0 and columns == 0:
            break
        kept += own * rows * columns * (repeats - steps[level, K])
        repeats = steps[level, K]
    return whole - kept


@inside(_two(_work, int64, int64, int64, boolean, boolean, boolean))
def _moved(work, tensor, p, c, shared, first, hold):
    """Words that cross from level ``p`` to level ``c`` (``c`` = number of levels: to the MACs).

    Args:
        shared: count words read at ``p`` (one for all children that want it); else words received by every child.
        first: count the first instance only instead of the sum over instances.
        hold: the child keeps its tile from one step to the next (MACs do not).

    Returns:
        (words moved, and for outputs words moved for the first time).
    """
    # Spatial levels summed over: for dims of the tensor (from lo), and for dims that only multiply it.
    lo, hi, hi_rest = 0, c, p if shared else c
    if first:
        lo, hi = (p, c) if shared else (0, 0)
        hi_rest = 0
        own = _own_words(work, tensor, c, lo, hi)
    else:
        for d in range(8):
            work.chain[FACTOR, d] = work.chain[0, d]
        own = work.whole[tensor]
    if tensor == I:
        return _moved_inputs(work, own, p if shared else c, c, lo, hi, hi_rest, hold), 0
    return _moved_plain(work, tensor, own, c, lo, hi, hi_rest, hold)


@inside(int64(_work, int64, int64, int64))
def _first_window(work, axis, p, c):
    """Length of the union of the windows that the first parent's children want in the first step."""
    chain, geometry = work.chain, work.geometry
    a, b = P + axis, R + axis
    scale_a, scale_b = geometry[axis], geometry[2 + axis]
    length = scale_a * (chain[2 * c, a] - 1) + scale_b * (chain[2 * c, b] - 1) + 1
    spread_a = chain[WIDTH + c, a] > chain[WIDTH + p, a]
    spread_b = chain[WIDTH + c, b] > chain[WIDTH + p, b]
    if not spread_a and not spread_b:
        return length
    # Children of one fan-out stand side by side; where each reaches the next their windows make one.
    touch_a = not spread_a or scale_a * chain[2 * c, a] <= length
    touch_b = not spread_b or scale_b * chain[2 * c, b] <= length
    if touch_a and touch_b and chain[2 * p + 2, a] == chain[2 * c, a] and chain[2 * p + 2, b] == chain[2 * c, b]:
        return scale_a * (chain[2 * p + 1, a] - 1) + scale_b * (chain[2 * p + 1, b] - 1) + 1
    wanted, _ = _window(work, axis, 0, 0, 0, p, c, 0)
    return wanted


@inside(int64(_work, int64, int64, int64))
def _first_step(work, tensor, p, c):
    """Words of a tensor that the first parent sends (or takes) in the first step, for all children below it."""
    chain, lists = work.chain, work.lists
    if work.fans[p] == work.fans[c]:
        return work.words[c, tensor]
    words = 1
    for d in range(8):
        if DEPENDS[tensor, d] != 1:
            continue
        if chain[2 * p + 2, d] == chain[2 * c, d]:
            words *= chain[2 * p + 1, d]  # the children share out the parent's tile
        elif chain[EVEN, d]:
            words *= chain[2 * c, d] * (chain[WIDTH + c, d] // chain[WIDTH + p, d])
        else:
            _start(work, chain[0, d])
            n = 1
            for level in range(c):
                n = _first(work, n, chain[2 * level + 1, d])
                part = chain[2 * level + 2, d]
                n = _split(work, n, part) if level >= p else _first(work, n, part)
            size = 0
            for i in range(n):
                size += lists[0, i, 0] * lists[0, i, 3]
            words *= size
    if tensor == I:
        for axis in range(2):
            words *= _first_window(work, axis, p, c)
    return words


@inside(_two(_work, int64, int64))
def _last_outputs(work, p, c):
    """Outputs still held at level ``c`` when the nest has ended.

    Returns:
        (the most that any parent takes from its children, sums of one word counting once; the most of any child).
    """
    chain, index = work.chain, work.index[0]
    taken, sent = 1, 1
    for d in range(8):
        if DEPENDS[O, d] == 0:
            continue
        children = chain[WIDTH + c, d] // chain[WIDTH + p, d]
        if chain[EVEN, d]:
            taken *= chain[2 * c, d] * children
            sent *= chain[2 * c, d]
            continue
        if chain[WIDTH + c, d] == 1:
            size = _last_size(work, d, 0, c, chain[0, d])
            taken *= size
            sent *= size
            continue
        fan = _only_fan(work, d, 0, c)
        if fan >= 0:
            part = chain[2 * fan + 2, d]
            i, most, together = 0, 0, 0
            while i < chain[SPREAD + fan, d]:
                _, last = _last_step(work, d, 0, fan, chain[0, d], i * part)
                count = max((last - i * part) // part, 1)
                size = _last_size(work, d, fan + 1, c, min(part, last - i * part))
                most = max(most, size)
                together += size * count
                i += count
            taken *= together if fan >= p else most
            sent *= most
            continue
        most, most_together, together = 0, 0, 0
        for instance in range(chain[WIDTH + c, d]):
            rest = instance
            for level in range(c - 1, -1, -1):
                index[2 * level + 1] = rest % chain[SPREAD + level, d]
                rest //= chain[SPREAD + level, d]
            _, size = _last_piece(work, d, 0, 0, c, chain[0, d], 0)
            together = size if instance % children == 0 else together + size
            most = max(most, size)
            most_together = max(most_together, together)
        taken *= most_together
        sent *= most
    return taken, sent


@inside(int64(_work))
def _unpack(work):
    """Fill the chain of every dim; returns a status code.

    Eight dims in step, without branches, so that they share vector registers. Quotients go through floats, which is
    exact: sizes stay far below 2**52.
    """
    chain, bounds, tile, part, L = work.chain, work.bounds, work.tile, work.part, work.levels
    bad = 0
    for d in range(8):
        chain[0, d] = bounds[d]
        chain[TRIPS, d] = 1
        chain[WIDTH, d] = 1
        chain[BACK, d] = 0
        chain[RAGGED, d] = 0
    for level in range(L):
        spread = 0
        for d in range(8):
            outer, inner, own = chain[2 * level, d], tile[level, d], part[level, d]
            bad |= (inner - 1) | (outer - inner) | (own - 1) | (inner - own)
            trips = int64(float64(outer) / float64(max(inner, 1)))
            rest = outer - trips * inner
            trips += int64(rest > 0)
            width = int64(float64(inner) / float64(max(own, 1)))
            rest_own = inner - width * own
            width += int64(rest_own > 0)
            chain[RAGGED, d] |= rest | rest_own
            chain[2 * level + 1, d] = inner
            chain[2 * level + 2, d] = own
            chain[TRIPS + level + 1, d] = chain[TRIPS + level, d] * trips
            chain[WIDTH + level + 1, d] = chain[WIDTH + level, d] * width
            chain[SPREAD + level, d] = width
            chain[BACK + level + 1, d] = chain[BACK + level, d] + outer - inner
            spread |= width - 1
        work.spread[level] = spread
    left = 0
    for d in range(8):
        chain[EVEN, d] = chain[RAGGED, d] == 0
        left |= chain[2 * L, d] - 1
    return OK if bad >= 0 and left == 0 else BAD_TILE


@inside(int64(_work))
def _bad_tile(work):
    """The status code of a mapping whose tiles do not nest: where the first of them stands."""
    L = work.levels
    for d in range(8):
        size = work.bounds[d]
        for step in range(2 * L):
            level = step // 2
            inner = work.part[level, d] if step % 2 else work.tile[level, d]
            if inner < 1 or inner > size:
                return BAD_TILE | (level << 8) | (d << 16)
            size = inner
        if size != 1:
            return BAD_TILE | ((L - 1) << 8) | (d << 16)
    return OK


@inside(int64(_work))
def _find_loops(work):
    """List the temporal loops of more than one trip, outermost first; returns ``OK`` or a status code."""
    chain, loops = work.chain, work.loops
    n = 0
    for level in range(work.levels):
        work.begin[level] = n
        seen = 0
        for i in range(8):
            d = work.order[level, i]
            seen |= ((d & -8) << 8) | (1 << (d & 7))
            d &= 7
            loops[n] = d | (level << 3)
            n += int64(chain[2 * level + 1, d] < chain[2 * level, d])
        if seen != 255:
            return BAD_ORDER | (level << 8)
    work.begin[work.levels] = n
    return OK


@inside(boolean(_work, int64, int64, int64, int64, int64))
def _axes_have_room(work, level, d, room_0, room_1, room_2):
    """Whether the dims from ``d`` on can share out what is left of three axes, some dims taking several."""
    while d < 8 and work.chain[SPREAD + level, d] == 1:
        d += 1
    if d == 8:
        return True
    width, axes = work.chain[SPREAD + level, d], AXES_OF[work.axis[level, d]]
    for on_0 in range(1, (min(room_0, width) if axes & 1 else 1) + 1):
        for on_1 in range(1, (min(room_1, width) if axes & 2 else 1) + 1):
            on_2 = (width + on_0 * on_1 - 1) // (on_0 * on_1)
            if on_2 > (room_2 if axes & 4 else 1):
                continue
            if _axes_have_room(work, level, d + 1, room_0 // on_0, room_1 // on_1, room_2 // on_2):
                return True
    return False


@inside(int64(_work))
def _check_axes(work):
    """Whether every fan-out has room for its spatial loops; returns a status code."""
    chain, axis, levels = work.chain, work.axis, work.hardware
    for level in range(work.levels):
        strange = 0
        for d in range(8):
            strange |= axis[level, d] | (2 - axis[level, d])
        if strange >= 0 and work.spread[level] == 0:
            continue
        used_0, used_1, used_2 = 1, 1, 1
        several = False
        for d in range(8):
            a = axis[level, d]
            if a < 0 or a >= len(AXES_OF):
                return AXIS_DIM | (level << 8) | (d << 16) | (3 << 24)
            n = chain[SPREAD + level, d]
            if n > 1:
                for i in range(3):
                    if (AXES_OF[a] >> i) & 1 and not (int(levels[level, AXIS_DIMS + i]) >> d) & 1:
                        return AXIS_DIM | (level << 8) | (d << 16) | (i << 24)
                several = several or a > 2
                if a == 0:
                    used_0 *= n
                elif a == 1:
                    used_1 *= n
                elif a == 2:
                    used_2 *= n
        room_0, room_1, room_2 = levels[level, AXIS_SIZE], levels[level, AXIS_SIZE + 1], levels[level, AXIS_SIZE + 2]
        if used_0 > room_0:
            return AXIS_OVERFLOW | (level << 8)
        if used_1 > room_1:
            return AXIS_OVERFLOW | (level << 8) | (1 << 16)
        if used_2 > room_2:
            return AXIS_OVERFLOW | (level << 8) | (2 << 16)
        if several and not _axes_have_room(work, level, 0, int(room_0), int(room_1), int(room_2)):
            return AXIS_OVERFLOW | (level << 8) | (3 << 16)
    return OK


@inside(int64(_work, int64))
def _next_holder(work, level):
    """The next level inside ``level`` that holds outputs (the number of levels: the MACs)."""
    following = level + 1
    while following < work.levels and not work.keep[following, O]:
        following += 1
    return following


@inside(int64(_work))
def _check_capacity(work):
    """Whether every memory has room for the tiles it keeps, at the precision they have there; returns a status code.

    Levels of one memory share its room, and no two of them keep the same tensor. Leaves the words of the tiles of every
    level in ``words``.
    """
    chain, levels, geometry, bits = work.chain, work.hardware, work.geometry, work.bits
    for level in range(work.levels):
        at, memory = 2 * level, work.memory[level]
        shared = chain[at, N] * chain[at, G]
        height = geometry[0] * (chain[at, P] - 1) + geometry[2] * (chain[at, R] - 1) + 1
        width = geometry[1] * (chain[at, Q] - 1) + geometry[3] * (chain[at, S] - 1) + 1
        work.words[level, W] = chain[at, G] * chain[at, K] * chain[at, C] * chain[at, R] * chain[at, S]
        work.words[level, I] = shared * chain[at, C] * height * width
        work.words[level, O] = shared * chain[at, K] * chain[at, P] * chain[at, Q]
        work.taken[level] = 0.0
        for t in range(3):
            if not work.keep[level, t]:
                if level == 0:
                    return NOT_KEPT | (t << 16)
                continue
            if not work.can_keep[level, t]:
                return NOT_KEPT | (level << 8) | (t << 16)
            for other in range(memory, level):
                if work.keep[other, t]:
                    return NOT_KEPT | (level << 8) | (t << 16)
            words = work.words[level, t] * levels[level, BUFFERS]
            if levels[level, WORD_BITS] > 0:
                bit_at = t
                if t == O:
                    # Sums are partial here when reduction goes on around this tile, in other instances or in time:
                    # outside the next memory that holds sums, which sends them up each time it lets go of them.
                    further = _next_holder(work, level)
                    for d in (C, R, S):
                        if chain[TRIPS + further, d] > 1 or chain[WIDTH + level, d] > 1:
                            bit_at = 3
                words = words * bits[bit_at] / levels[level, WORD_BITS]
            if words > levels[level, PARTITION_W + t]:
                return CAPACITY | (level << 8) | (t << 16)
            work.taken[memory] += words
        if work.taken[memory] > levels[level, CAPACITY_WORDS]:
            return CAPACITY | (level << 8) | (3 << 16)
    return OK


@inside(float64(_work))
def _pipeline_cycles(work):
    """Cycles in which a systolic array fills, skews and drains: so many for each pass of the stationary tensor.

    The array is the innermost fan-out; the tensor that the innermost temporal loops leave alone is the stationary one.
    Operands take a cycle for each place along each axis (skew and drain). A stationary W or I first comes in row by
    row, unless the level below the array is double-buffered and takes it in meanwhile.
    """
    chain, loops, levels, L = work.chain, work.loops, work.hardware, work.levels
    loop_count = work.begin[L]
    array = -1
    for level in range(L):
        for a in range(3):
            if levels[level, AXIS_SIZE + a] > 1:
                array = level
    if array < 0:
        return 0.0
    skew, rows = 0.0, levels[array, AXIS_SIZE]
    for a in range(3):
        skew += levels[array, AXIS_SIZE + a] - 1
    for d in (C, R, S):
        if chain[SPREAD + array, d] > 1:
            rows = 1.0
            for a in range(3):
                if (AXES_OF[work.axis[array, d]] >> a) & 1:
                    rows *= levels[array, AXIS_SIZE + a]
    stationary = O
    if loop_count > 0:
        for t in range(3):
            if DEPENDS[t, loops[loop_count - 1] & 7] == 0:
                stationary = t
    fill = 0.0
    if stationary != O and (array + 1 == L or levels[array + 1, BUFFERS] == 1):
        fill = rows
    passes = 1.0
    inside = True
    for i in range(loop_count - 1, -1, -1):
        d, level = loops[i] & 7, loops[i] >> 3
        inside = inside and DEPENDS[stationary, d] == 0
        if not inside:
            passes *= (chain[2 * level, d] + chain[2 * level + 1, d] - 1) // chain[2 * level + 1, d]
    return passes * (skew + fill)


@inside(types.void(_work, int64, int64, int64))
def _transfer(work, t, p, c):
    """Count what crosses from level ``p`` to level ``c``: fills ``work.flow`` and, where it matters, ``work.most``.

    Both hold words sent by all parents, those of them sent for the first time (outputs only), and the same two as
    received by all children; ``most`` at the busiest parent and child.
    """
    chain, flow, most, L = work.chain, work.flow, work.most, work.levels
    to_macs = c == L
    sent, sent_new = _moved(work, t, p, c, True, False, not to_macs)
    got, got_new = sent, sent_new
    apart = work.fans[c] > work.fans[p]  # is there a fan-out between?
    if to_macs:
        got, got_new = 0, 0  # one word for each MAC, which needs no counting
    elif apart:
        # How many children receive each word, when that is the same for all words.
        copies, alike = 1, True
        for d in range(8):
            if chain[WIDTH + c, d] > chain[WIDTH + p, d]:
                if DEPENDS[t, d] == 0:
                    copies *= chain[WIDTH + c, d] // chain[WIDTH + p, d]
                    alike = alike and chain[EVEN, d] == 1
                elif DEPENDS[t, d] == 2:
                    alike = False
        if alike:
            got, got_new = sent * copies, sent_new * copies
        else:
            got, got_new = _moved(work, t, p, c, False, False, True)
    flow[SENT], flow[SENT_NEW], flow[GOT], flow[GOT_NEW] = sent, sent_new, got, got_new
    # The busiest instance is the first; where all are alike it does their share. It matters to bandwidths only.
    if work.limited[p]:
        if not work.differ[p]:
            most[SENT], most[SENT_NEW] = sent / work.instances[p], sent_new / work.instances[p]
        elif to_macs and t != O and not apart:
            most[SENT] = work.totals[2]  # one word each cycle that it computes
        else:
            words, words_new = _moved(work, t, p, c, True, True, not to_macs)
            most[SENT], most[SENT_NEW] = float64(words), float64(words_new)
    if not to_macs and work.limited[c]:
        if not work.differ[c]:
            most[GOT], most[GOT_NEW] = got / work.instances[c], got_new / work.instances[c]
        elif work.limited[p] and not apart:
            most[GOT], most[GOT_NEW] = most[SENT], most[SENT_NEW]
        else:
            words, words_new = _moved(work, t, p, c, False, True, True)
            most[GOT], most[GOT_NEW] = float64(words), float64(words_new)


@inside(float64(_work, int64, int64))
def _words_of(work, level, width):
    """Words of the memory at ``level`` that an element of the given width (an index of ``bits``) takes."""
    if work.hardware[level, WORD_BITS] > 0:
        return work.bits[width] / work.hardware[level, WORD_BITS]
    return 1.0


@inside(float64(_work, int64, int64, int64, boolean))
def _bring(work, t, p, c, first_tiles):
    """Account for weights or inputs going from level ``p`` down to ``c``; returns energy in pJ.

    Adds to the counts, to what keeps both levels busy and, with ``first_tiles``, to the cycles of the first fill.
    """
    levels, busy, counts, flow, most = work.hardware, work.busy, work.counts, work.flow, work.most
    at_p = _words_of(work, p, t)
    sent, got = flow[SENT], flow[GOT]
    counts[p, t, READS] += sent
    energy = sent * at_p * levels[p, READ_PJ]
    if work.limited[p]:
        busy[work.memory[p], 0] += most[SENT] * at_p
    if c == work.levels:
        return energy
    at_c = _words_of(work, c, t)
    counts[c, t, FILLS] += got
    energy += got * at_c * levels[c, WRITE_PJ]
    if work.limited[c]:
        busy[work.memory[c], 1] += most[GOT] * at_c
    if first_tiles and (work.limited[p] or work.limited[c]):
        at_parent, at_child = _first_step(work, t, p, c) * at_p, work.words[c, t] * at_c
        work.totals[3] += max(at_parent / levels[p, READ_BANDWIDTH], at_child / levels[c, WRITE_BANDWIDTH])
    return energy


@inside(float64(_work, int64, int64, int64))
def _collect(work, p, c, convention):
    """Account for outputs going from level ``c`` up to ``p``, and partial sums down again; as :func:`_bring`."""
    chain, levels, busy, counts, flow, most = (
        work.chain, work.hardware, work.busy, work.counts, work.flow, work.most
    )  # fmt: skip
    to_macs = c == work.levels
    # Partial sums are wider than what they become.
    at_p, final_at_p = _words_of(work, p, 3), _words_of(work, p, O)
    sent, sent_new, got, got_new = flow[SENT], flow[SENT_NEW], flow[GOT], flow[GOT_NEW]
    # The last update of a word is final, unless instances beside this one hold other parts of its sum.
    final = sent_new
    if chain[WIDTH + p, C] * chain[WIDTH + p, R] * chain[WIDTH + p, S] > 1 or (to_macs and sent > sent_new):
        final = 0
    counts[p, O, UPDATES] += sent
    counts[p, O, READS] += sent - sent_new
    energy = ((sent - final) * at_p + final * final_at_p) * levels[p, WRITE_PJ]
    energy += (sent - sent_new) * at_p * levels[p, READ_PJ]
    if work.limited[p]:
        final_most = most[SENT_NEW] if final > 0 else 0.0
        busy[work.memory[p], 1] += (most[SENT] - final_most) * at_p + final_most * final_at_p
        busy[work.memory[p], 0] += (most[SENT] - most[SENT_NEW]) * at_p
    if to_macs:
        return energy
    at_c = _words_of(work, c, 3)
    counts[c, O, FILLS] += got - got_new
    energy += (got - got_new) * at_c * levels[c, WRITE_PJ]
    drain_reads = convention & DRAIN_READS
    if drain_reads:
        counts[c, O, READS] += got
        energy += got * at_c * levels[c, READ_PJ]
    if work.limited[c]:
        busy[work.memory[c], 1] += (most[GOT] - most[GOT_NEW]) * at_c
        if drain_reads:
            busy[work.memory[c], 0] += most[GOT] * at_c
    if convention & FILL_AND_DRAIN and (work.limited[p] or work.limited[c]):
        taken, held = _last_outputs(work, p, c)
        at_parent, at_child = taken * final_at_p, held * at_c
        work.totals[4] += max(at_parent / levels[p, WRITE_BANDWIDTH], at_child / levels[c, READ_BANDWIDTH])
    return energy


@inside(int64(_work, int64))
def _evaluate(work, convention):
    """Evaluate the mapping at hand; returns a status code.

    Fills ``work.counts``, ``work.level_cycles`` and ``work.totals``: cycles, energy_pj, compute_cycles, fill_cycles,
    drain_cycles, what binds (a level, or ``COMPUTE``), pipeline_cycles.
    """
    L = work.levels
    levels, busy, flow, totals = work.hardware, work.busy, work.flow, work.totals
    status = _unpack(work)
    if status != OK:
        return _bad_tile(work)
    status = _find_loops(work)
    if status != OK:
        return status
    status = _check_axes(work)
    if status != OK:
        return status
    status = _check_capacity(work)
    if status != OK:
        return status
    _count_steps(work)
    compute, macs = 1, 1
    for d in range(8):
        macs *= work.bounds[d]
        compute *= work.steps[0, L, d]
    totals[2], totals[3], totals[4] = compute, 0.0, 0.0
    energy = macs * work.machine[MAC_PJ]
    for level in range(L):
        busy[level, 0] = 0.0
        busy[level, 1] = 0.0
        for t in range(3):
            for what in range(3):
                work.counts[level, t, what] = 0

    for t in range(3):
        p = 0
        for c in range(1, L + 1):
            if c < L and not work.keep[c, t]:
                continue
            _transfer(work, t, p, c)
            if t == O:
                energy += _collect(work, p, c, convention)
            else:
                energy += _bring(work, t, p, c, convention & FILL_AND_DRAIN != 0)
            crossing = macs if c == L else flow[GOT]
            if t == O and c < L:
                crossing += flow[GOT] - flow[GOT_NEW]
            for level in range(p, c):
                energy += crossing * _words_of(work, p, 3 if t == O else t) * levels[level, NETWORK_PJ]
            p = c

    pipeline = _pipeline_cycles(work) if convention & SYSTOLIC else 0.0
    cycles = compute + pipeline
    binds = COMPUTE
    for level in range(L):
        work.level_cycles[level] = 0.0
        if work.limited[level] and work.memory[level] == level:
            need = max(busy[level, 0] / levels[level, READ_BANDWIDTH], busy[level, 1] / levels[level, WRITE_BANDWIDTH])
            need = max(need, (busy[level, 0] + busy[level, 1]) / levels[level, SHARED_BANDWIDTH])
            work.level_cycles[level] = need
            if need > cycles:
                cycles = need
                binds = level
    cycles += totals[3] + totals[4]
    energy += cycles * work.machine[STATIC_PJ_PER_CYCLE]
    totals[0], totals[1], totals[5], totals[6] = cycles, energy, binds, pipeline
    return OK


@inside()
def _load_machine(work, levels, machine, can_keep, at):
    """Copy an accelerator's rows next to the rest of what one evaluation reads."""
    work.levels = levels.shape[1]
    for level in range(levels.shape[1]):
        for column in range(LEVEL_COLUMNS):
            work.hardware[level, column] = levels[at, level, column]
        work.memory[level] = int(levels[at, level, MEMORY])
        for t in range(3):
            work.can_keep[level, t] = can_keep[at, level, t]
        slowest = min(levels[at, level, READ_BANDWIDTH], levels[at, level, WRITE_BANDWIDTH])
        work.limited[level] = min(slowest, levels[at, level, SHARED_BANDWIDTH]) < np.inf
    for column in range(MACHINE_COLUMNS):
        work.machine[column] = machine[at, column]


@inside()
def _load_layer(work, bounds, geometry, bits, layer):
    """Copy a layer's figures next to the rest of what one evaluation reads."""
    for i in range(4):
        work.geometry[i] = geometry[layer, i]
        work.bits[i] = bits[layer, i]
    for d in range(8):
        work.bounds[d] = bounds[layer, d]
    for t in range(3):
        work.whole[t] = 1
        for d in range(8):
            if DEPENDS[t, d] == 1:
                work.whole[t] *= bounds[layer, d]


@entry()
def evaluate_range(
    work,
    begin,
    end,
    bounds,
    geometry,
    bits,
    levels,
    machine,
    can_keep,
    layer_of,
    accelerator_of,
    tile,
    part,
    order,
    axis,
    keep,
    convention,
    status,
    cycles,
    energy,
    details,
    counts,
    level_cycles,
):
    """Evaluate mappings ``begin..end-1``; ``details``, ``counts`` and ``level_cycles`` may be empty (not wanted)."""
    L = tile.shape[1]
    full = len(details) > 0
    last_layer, last_machine = -1, -1
    for b in range(begin, end):
        if accelerator_of[b] != last_machine:
            last_machine = accelerator_of[b]
            _load_machine(work, levels, machine, can_keep, last_machine)
        if layer_of[b] != last_layer:
            last_layer = layer_of[b]
            _load_layer(work, bounds, geometry, bits, last_layer)
        for level in range(L):
            for d in range(8):
                work.tile[level, d] = tile[b, level, d]
                work.part[level, d] = part[b, level, d]
                work.order[level, d] = order[b, level, d]
                work.axis[level, d] = axis[b, level, d]
            for t in range(3):
                work.keep[level, t] = keep[b, level, t]
        code = _evaluate(work, convention)
        status[b] = code
        cycles[b] = work.totals[0] if code == OK else np.inf
        energy[b] = work.totals[1] if code == OK else np.inf
        if full:
            for i in range(7):
                details[b, i] = work.totals[i]
            for level in range(L):
                level_cycles[b, level] = work.level_cycles[level]
                for t in range(3):
                    for what in range(3):
                        counts[b, level, t, what] = work.counts[level, t, what]


@entry(parallel=True)
def evaluate_parallel(
    work,
    bounds,
    geometry,
    bits,
    levels,
    machine,
    can_keep,
    layer_of,
    accelerator_of,
    tile,
    part,
    order,
    axis,
    keep,
    convention,
    status,
    cycles,
    energy,
    details,
    counts,
    level_cycles,
):
    """As :func:`evaluate_range` over all mappings, cut into one piece for each of ``work``."""
    n = len(status)
    pieces = len(work)
    for i in prange(pieces):
        evaluate_range(
            work[i],
            n * i // pieces,
            n * (i + 1) // pieces,
            bounds,
            geometry,
            bits,
            levels,
            machine,
            can_keep,
            layer_of,
            accelerator_of,
            tile,
            part,
            order,
            axis,
            keep,
            convention,
            status,
            cycles,
            energy,
            details,
            counts,
            level_cycles,
        )
