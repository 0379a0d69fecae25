"""The cost kernel: what a loop nest reads, fills and updates, how long it takes and what energy that costs.

Everything that runs compiled stands in this one file, because Numba's cache does not see a change in another. The
functions take plain arrays and trust them; :mod:`accel_models.cost` builds the arrays and turns status codes into
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

A row of ``chain`` belongs to a dim: ``chain[d, 0]`` is its bound, ``chain[d, 2l + 1]`` its extent below the temporal
loops of level ``l``, ``chain[d, 2l + 2]`` below its fan-out; ``TRIPS + k`` and ``WIDTH + k`` hold the products of its
temporal and of its spatial trips over the levels ``< k``, ``SPREAD + l`` the spatial trips of level ``l`` alone, and
``EVEN`` whether every tile divides. The *cut* ``k`` of a dim
says that its temporal loops of levels ``< k`` lie outside the loop at hand, the others inside. A range ``lo, hi`` says
which spatial levels are summed over; in the others only the first instance counts (it has work whenever any has).
"""

from __future__ import annotations

import numpy as np
from numba import boolean, from_dtype, int64, njit, prange, types

N_DIMS = 8
G, K, C, P, Q, R, S = 1, 2, 3, 4, 5, 6, 7
W, I, O = 0, 1, 2
READS, FILLS, UPDATES = 0, 1, 2

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

# Columns of the chain (at most 6 levels), and sizes of the lists of pieces: a cut adds at most one size of piece.
TRIPS, WIDTH, SPREAD, EVEN, CUT, FACTOR, CHAIN_COLUMNS = 13, 20, 27, 33, 34, 35, 36
LIST_ROWS = 512
PIECES = 16
STALE = -1
STEPS = PIECES  # the row of ``pieces`` that holds (number of sizes, sum of multiplicities)

# One mapping's scratch memory, passed from function to function as one pointer.
WORK_DTYPE = np.dtype(
    [
        ("levels", np.int64),
        ("loop_count", np.int64),
        ("chain", np.int64, (8, CHAIN_COLUMNS)),
        ("geometry", np.int64, (4,)),
        ("loops", np.int64, (48, 2)),
        ("lists", np.int64, (2, LIST_ROWS, 4)),
        ("pieces", np.int64, (8, 7, 7, PIECES + 1, 2)),
        ("moves", np.int64, (2, 2 * PIECES, 4)),
        ("index", np.int64, (2, 14)),
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


@njit(int64(_table, int64, int64, int64, int64, int64), cache=True, nogil=True)
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


@njit(types.void(_work, int64), cache=True, nogil=True)
def _take(work, n):
    """Make the spare list the list at hand."""
    lists = work.lists
    for i in range(n):
        for column in range(4):
            lists[0, i, column] = lists[1, i, column]


@njit(types.void(_work, int64), cache=True, nogil=True)
def _start(work, size):
    """Begin a list with one piece."""
    lists = work.lists
    lists[0, 0, 0] = size
    lists[0, 0, 1] = 0
    lists[0, 0, 2] = 0
    lists[0, 0, 3] = 1


@njit(int64(_work, int64, int64), cache=True, nogil=True)
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


@njit(int64(_work, int64, int64), cache=True, nogil=True)
def _first(work, n, tile):
    """Keep the first piece of every piece in a list."""
    lists = work.lists
    for i in range(n):
        lists[0, i, 0] = min(lists[0, i, 0], tile)
    return n


@njit(int64(_work, int64, int64, int64, int64), cache=True, nogil=True)
def _prefix(work, d, k, lo, hi):
    """Pieces of dim ``d`` above cut ``k``: sizes with multiplicities, spatial levels in [lo, hi) summed."""
    chain = work.chain
    _start(work, chain[d, 0])
    n = 1
    for level in range(k):
        n = _split(work, n, chain[d, 2 * level + 1])
        part = chain[d, 2 * level + 2]
        n = _split(work, n, part) if lo <= level < hi else _first(work, n, part)
    return n


@njit(int64(_work, int64, int64, int64, int64, int64), cache=True, nogil=True)
def _ragged_active(work, d, k, c, lo, hi):
    """How many (outer step, instance) pairs have work: steps of temporal levels < k, spatial levels in [lo, hi)."""
    chain, lists = work.chain, work.lists
    n = _prefix(work, d, k, lo, hi)
    for level in range(k, c):
        n = _first(work, n, chain[d, 2 * level + 1])
        part = chain[d, 2 * level + 2]
        n = _split(work, n, part) if lo <= level < hi else _first(work, n, part)
    total = 0
    for i in range(n):
        total += lists[0, i, 3]
    return total


@njit(int64(_work, int64, int64, int64, int64), cache=True, nogil=True)
def _ragged_size(work, d, c, lo, hi):
    """Sum of the sizes of all pieces above level ``c``, spatial levels in [lo, hi) summed."""
    lists = work.lists
    n = _prefix(work, d, c, lo, hi)
    total = 0
    for i in range(n):
        total += lists[0, i, 0] * lists[0, i, 3]
    return total


@njit(int64(_work, int64, int64, int64, int64, int64), cache=True, nogil=True)
def _ragged_unsplit(work, d, k, c, lo, hi):
    """Sum of the sizes of those pieces that an instance works on alone while the loops inside the cut run.

    A state (size, other) is a piece together with the largest piece beside it in which the instance must have *no*
    work; the instance then has one piece only and keeps it.
    """
    chain, lists = work.chain, work.lists
    n = _prefix(work, d, k, lo, hi)
    for level in range(k, c):
        tile = chain[d, 2 * level + 1]
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
        part = chain[d, 2 * level + 2]
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


@njit(_two(_work, int64, int64, int64, int64, int64, int64), cache=True, nogil=True)
def _last_piece(work, d, level, k, c, size, which):
    """Start and size of the last piece an instance works on, from the temporal loop of ``level`` inwards.

    Row ``which`` of ``work.index`` holds, for each level ``l``, the fixed temporal index in column ``2l`` (``l < k``)
    and the spatial one in column ``2l + 1``. Size 0: the instance has no work here.
    """
    chain, index = work.chain, work.index[which]
    if level == c:
        return 0, size
    tile, part = chain[d, 2 * level + 1], chain[d, 2 * level + 2]
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


@njit(_two(_work, int64, int64, int64, int64, int64, int64), cache=True, nogil=True)
def _first_piece(work, d, level, k, c, size, which):
    """Start and size of the first piece an instance works on, as :func:`_last_piece`."""
    chain, index = work.chain, work.index[which]
    start = 0
    for inner in range(level, c):
        tile, part = chain[d, 2 * inner + 1], chain[d, 2 * inner + 2]
        trip = index[2 * inner] if inner < k else 0
        start += trip * tile + index[2 * inner + 1] * part
        size = min(min(tile, size - trip * tile) - index[2 * inner + 1] * part, part)
        if size <= 0:
            return 0, 0
    return start, size


@njit(int64(_work, int64, int64, boolean, int64, int64, int64, int64, _table, _table), cache=True, nogil=True)
def _ragged_moves(work, d, k, advance, p, c, lo, hi, head, moves):
    """Every way in which the pieces of a window dim move in one step, with the children that move together.

    ``head`` receives rows (multiplicity, first row in ``moves``, rows in ``moves``), one for each kind of parent step;
    ``moves`` rows (new start, new size, old start, old size), one for each child with work. Spatial levels ``>= p`` are
    children, levels in [lo, hi) below that are summed over, in others only the first instance counts.

    Returns how many rows of ``head`` there are.
    """
    chain, lists = work.chain, work.lists
    a = min(k, p + 1)
    _start(work, chain[d, 0])
    n = 1
    for level in range(a):
        tile = chain[d, 2 * level + 1]
        if level > 0:
            part = chain[d, 2 * level]
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
        lists[0, 0, 1] = chain[d, 0]

    # Coordinates enumerated one by one: outer temporal levels a..k-1, spatial levels from a-1 on.
    first_spatial = max(a - 1, 0)
    groups = 1
    children = 1
    for level in range(a, k):
        groups *= -(-chain[d, 2 * level] // chain[d, 2 * level + 1])
    for level in range(first_spatial, c):
        width = -(-chain[d, 2 * level + 1] // chain[d, 2 * level + 2])
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
                trips = -(-chain[d, 2 * level] // chain[d, 2 * level + 1])
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
                    width = -(-chain[d, 2 * level + 1] // chain[d, 2 * level + 2])
                    index[2 * level + 1] = rest % width
                    rest //= width
                else:
                    index[2 * level + 1] = 0
                old_index[2 * level + 1] = index[2 * level + 1]
            begin = rows
            for child in range(children):
                rest = child
                for level in range(max(first_spatial, p), c):
                    width = -(-chain[d, 2 * level + 1] // chain[d, 2 * level + 2])
                    index[2 * level + 1] = rest % width
                    old_index[2 * level + 1] = index[2 * level + 1]
                    rest //= width
                start, new, old_start, old = 0, new_size, 0, old_size
                if a > 0:  # the spatial loop of level a-1 comes before the first temporal level left
                    at = index[2 * (a - 1) + 1] * chain[d, 2 * a]
                    new = min(new_size - at, chain[d, 2 * a])
                    old = min(old_size - at, chain[d, 2 * a])
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


@njit(int64(_work, int64, int64, int64, int64), cache=True, nogil=True)
def _moves_room(work, d, k, p, c):
    """Upper bound on the rows :func:`_ragged_moves` writes."""
    chain = work.chain
    a = min(k, p + 1)
    rows = 2 * (a + 1) * (a + 2)
    for level in range(a, k):
        rows *= -(-chain[d, 2 * level] // chain[d, 2 * level + 1])
    for level in range(max(a - 1, 0), c):
        rows *= -(-chain[d, 2 * level + 1] // chain[d, 2 * level + 2])
    return rows + 1


@njit(int64(_row, _row, int64), cache=True, nogil=True)
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


@njit(_two(_work, int64, int64, int64, int64, int64, int64, int64, int64), cache=True, nogil=True)
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
    head_a = np.empty((room_a, 3), dtype=np.int64)
    moves_a = np.empty((room_a, 4), dtype=np.int64)
    head_b = np.empty((room_b, 3), dtype=np.int64)
    moves_b = np.empty((room_b, 4), dtype=np.int64)
    n_a = _ragged_moves(work, a, ka, advance == 1, p, c, lo, hi, head_a, moves_a)
    n_b = _ragged_moves(work, b, kb, advance == 2, p, c, lo, hi, head_b, moves_b)
    most_a, most_b = 0, 0
    for i in range(n_a):
        most_a = max(most_a, head_a[i, 2])
    for j in range(n_b):
        most_b = max(most_b, head_b[j, 2])
    starts = np.empty(2 * most_a * most_b + 1, dtype=np.int64)
    ends = np.empty(2 * most_a * most_b + 1, dtype=np.int64)
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


@njit(int64(_work, int64, int64, int64, int64), cache=True, nogil=True)
def _spread(work, axis, p, c, width):
    """Length of the union of equal intervals that stand where the children of one parent stand (even tiles)."""
    chain, geometry = work.chain, work.geometry
    a, b = P + axis, R + axis
    scale_a, scale_b = geometry[axis], geometry[2 + axis]
    spacing = np.empty(2 * c, dtype=np.int64)
    count = np.empty(2 * c, dtype=np.int64)
    n = 0
    for level in range(p, c):
        trips = chain[a, 2 * level + 1] // chain[a, 2 * level + 2]
        if trips > 1:
            spacing[n], count[n] = scale_a * chain[a, 2 * level + 2], trips
            n += 1
        trips = chain[b, 2 * level + 1] // chain[b, 2 * level + 2]
        if trips > 1:
            spacing[n], count[n] = scale_b * chain[b, 2 * level + 2], trips
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


@njit(int64(int64, int64), cache=True, nogil=True)
def _full(size, tile):
    """How many full pieces of ``tile`` a piece holds: a division, avoided where it can be (it is slow)."""
    if size < 2 * tile:
        return 1 if size >= tile else 0
    if tile == 1:
        return size
    return size // tile


@njit(int64(_work, int64, int64), cache=True, nogil=True)
def _summed(work, d, hi):
    """The smallest ``hi`` that sums over the same instances of dim ``d``."""
    chain = work.chain
    while hi > 0 and chain[d, SPREAD + hi - 1] == 1:
        hi -= 1
    return hi


@njit(types.void(_work, int64, int64), cache=True, nogil=True)
def _list_pieces(work, d, hi):
    """List the sizes of the pieces of ragged dim ``d`` above every cut, spatial levels ``< hi`` summed."""
    chain, L = work.chain, work.levels
    table = work.pieces[d, hi]
    table[0, 0, 0] = chain[d, 0]
    table[0, 0, 1] = 1
    table[0, STEPS, 0] = 1
    table[0, STEPS, 1] = 1
    for step in range(2 * L):
        tile = chain[d, step + 1]
        level = step // 2
        temporal = step % 2 == 0
        above, below = (table[level], table[level + 1]) if temporal else (table[level + 1], table[level + 1])
        n = above[STEPS, 0]
        if not temporal and chain[d, SPREAD + level] == 1:
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


@njit(int64(_work, int64, int64, int64), cache=True, nogil=True)
def _steps(work, d, k, hi):
    """How many (outer step, instance) pairs of a dim have work: steps of levels ``< k``, spatial levels ``< hi``."""
    chain, pieces = work.chain, work.pieces
    if chain[d, EVEN]:
        return chain[d, TRIPS + k] * chain[d, WIDTH + hi]
    hi = _summed(work, d, hi)
    if pieces[d, hi, 0, STEPS, 0] == 0:
        _list_pieces(work, d, hi)
    if hi <= k:
        return pieces[d, hi, k, STEPS, 1]
    if chain[d, WIDTH + hi - 1] > chain[d, WIDTH + k]:
        return _ragged_active(work, d, k, hi, 0, hi)
    # One fan-out inside the cut: every piece occupies as many of its instances as its first part needs.
    tile, part = chain[d, 2 * hi - 1], chain[d, 2 * hi]
    total = 0
    for i in range(pieces[d, hi, k, STEPS, 0]):
        total += pieces[d, hi, k, i, 1] * ((min(pieces[d, hi, k, i, 0], tile) + part - 1) // part)
    return total


@njit(int64(_work, int64, int64, int64, int64, int64), cache=True, nogil=True)
def _unsplit(work, d, k, c, lo, hi):
    """Words along a dim of those pieces that stay in place while the loops inside the cut run."""
    chain, pieces = work.chain, work.pieces
    if chain[d, EVEN]:
        if chain[d, TRIPS + c] > chain[d, TRIPS + k]:
            return 0
        return chain[d, 0] // chain[d, WIDTH + c] * (chain[d, WIDTH + hi] // chain[d, WIDTH + lo])
    if lo > 0 or hi < c or chain[d, WIDTH + c] > chain[d, WIDTH + k]:
        return _ragged_unsplit(work, d, k, c, lo, hi)
    hi = _summed(work, d, hi)
    if pieces[d, hi, 0, STEPS, 0] == 0:
        _list_pieces(work, d, hi)
    tile = chain[d, 2 * c - 1]
    total = 0
    for i in range(pieces[d, hi, k, STEPS, 0]):
        if pieces[d, hi, k, i, 0] <= tile:
            total += pieces[d, hi, k, i, 0] * pieces[d, hi, k, i, 1]
    return total


@njit(int64(_work, int64, int64, boolean, int64, int64, _table), cache=True, nogil=True)
def _window_moves(work, d, k, advance, c, hi, moves):
    """How pieces of a window dim move in one step: rows (new size, old size, distance, multiplicity).

    Returns the number of rows, or -1 where instances of a ragged dim move differently (see :func:`_ragged_moves`).
    """
    chain, pieces = work.chain, work.pieces
    if chain[d, EVEN]:
        distance = 0
        for level in range(k, c):
            distance -= chain[d, 2 * level] - chain[d, 2 * level + 1]
        steps = chain[d, TRIPS + k]
        if advance:
            distance += chain[d, 2 * k - 1]
            steps -= chain[d, TRIPS + k - 1]
        moves[0, 0] = chain[d, 2 * c]
        moves[0, 1] = chain[d, 2 * c]
        moves[0, 2] = distance
        moves[0, 3] = steps * chain[d, WIDTH + hi]
        return 1
    above = k - 1 if advance else k
    if chain[d, WIDTH + c] > chain[d, WIDTH + above]:
        return -1
    hi = _summed(work, d, hi)
    if pieces[d, hi, 0, STEPS, 0] == 0:
        _list_pieces(work, d, hi)
    n = 0
    for i in range(pieces[d, hi, above, STEPS, 0]):
        size, mult = pieces[d, hi, above, i, 0], pieces[d, hi, above, i, 1]
        full, rest, tile = 0, 0, size
        if advance:
            tile = chain[d, 2 * k - 1]
            full = _full(size, tile)
            rest = size - full * tile
        for kind in range(2):
            # Advancing: from a full piece to a full one, or to the rest. Falling back: from last to first piece.
            new = tile
            times = mult
            if advance:
                times = mult * (full - 1)
                if kind == 1:
                    new = rest
                    times = mult if full and rest else 0
            elif kind == 1:
                break
            if times <= 0:
                continue
            old, start = tile, 0
            for level in range(k, c):
                inner = chain[d, 2 * level + 1]
                if old > inner:
                    last = _full(old - 1, inner)
                    start += last * inner
                    old -= last * inner
            moves[n, 0] = min(new, chain[d, 2 * c - 1]) if c > k else new
            moves[n, 1] = old
            moves[n, 2] = (tile if advance else 0) - start
            moves[n, 3] = times
            n += 1
    return n


@njit(_two(_work, int64, int64, int64, int64, int64, int64, int64), cache=True, nogil=True)
def _window(work, axis, ka, kb, advance, p, c, hi):
    """Words wanted and words held already, for one window (rows or columns) over all steps of one kind.

    For the arguments see :func:`_ragged_window`; spatial levels ``< hi`` are summed over.
    """
    chain, geometry = work.chain, work.geometry
    a, b = P + axis, R + axis
    scale_a, scale_b = geometry[axis], geometry[2 + axis]
    moves = work.moves
    even = chain[a, EVEN] and chain[b, EVEN]
    spread = p < c and (chain[a, WIDTH + c] > chain[a, WIDTH + p] or chain[b, WIDTH + c] > chain[b, WIDTH + p])
    if even:
        length = scale_a * (chain[a, 2 * c] - 1) + scale_b * (chain[b, 2 * c] - 1) + 1
        steps_a, steps_b = chain[a, TRIPS + ka], chain[b, TRIPS + kb]
        distance = 0
        for level in range(ka, c):
            distance -= scale_a * (chain[a, 2 * level] - chain[a, 2 * level + 1])
        for level in range(kb, c):
            distance -= scale_b * (chain[b, 2 * level] - chain[b, 2 * level + 1])
        if advance == 1:
            distance += scale_a * chain[a, 2 * ka - 1]
            steps_a -= chain[a, TRIPS + ka - 1]
        elif advance == 2:
            distance += scale_b * chain[b, 2 * kb - 1]
            steps_b -= chain[b, TRIPS + kb - 1]
        mult = steps_a * steps_b * chain[a, WIDTH + hi] * chain[b, WIDTH + hi]
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


@njit(_two(_work, int64, int64, int64, boolean, boolean, boolean), cache=True, nogil=True)
def _moved(work, tensor, p, c, shared, first, hold):
    """Words that cross from level ``p`` to level ``c`` (``c`` = number of levels: to the MACs).

    Args:
        shared: count words read at ``p`` (one for all children that want it); else words received by every child.
        first: count the first instance only instead of the sum over instances.
        hold: the child keeps its tile from one step to the next (MACs do not).

    Returns:
        (words moved, and for outputs words moved for the first time).
    """
    chain, loops, geometry = work.chain, work.loops, work.geometry
    # Spatial levels summed over: for dims of the tensor (from lo_own), and for dims that only multiply it.
    lo_own, hi_own = 0, c
    hi_rest = p if shared else c
    if first:
        lo_own, hi_own = (p, c) if shared else (0, 0)
        hi_rest = 0
    parent = p if shared else c
    whole = 1
    fresh = 1
    for d in range(8):
        chain[d, CUT] = c
        kind = DEPENDS[tensor, d]
        value = 1
        if kind == 1:
            if not first:
                value = chain[d, 0]
            elif chain[d, EVEN]:
                share = chain[d, WIDTH + hi_own] // chain[d, WIDTH + lo_own]
                value = chain[d, 0] // chain[d, WIDTH + c] * share
            else:
                value = _ragged_size(work, d, c, lo_own, hi_own)
            fresh *= value
        elif kind == 0:
            if chain[d, EVEN]:
                value = chain[d, TRIPS + c] * chain[d, WIDTH + hi_rest]
                fresh *= chain[d, WIDTH + hi_rest]
            else:
                value = _steps(work, d, c, hi_rest)
                if tensor == O:
                    fresh *= _steps(work, d, 0, hi_rest)
        chain[d, FACTOR] = value
        whole *= value
    if tensor == I:
        for axis in range(2):
            a, b = P + axis, R + axis
            if chain[a, WIDTH + c] == chain[a, WIDTH + hi_rest] and chain[b, WIDTH + c] == chain[b, WIDTH + hi_rest]:
                # No two children share: add up the lengths of all windows, one for each pair of pieces.
                n_a, n_b = _steps(work, a, c, hi_rest), _steps(work, b, c, hi_rest)
                wanted = geometry[axis] * (chain[a, 0] - n_a) * n_b + geometry[2 + axis] * (chain[b, 0] - n_b) * n_a
                wanted += n_a * n_b
            else:
                wanted, _ = _window(work, axis, c, c, 0, parent, c, hi_rest)
            whole *= wanted
            chain[P + axis, FACTOR] = wanted  # while nothing lies inside, what is wanted is held
    if not hold:
        return whole, fresh
    kept = 0
    for i in range(work.loop_count - 1, -1, -1):
        d, level = loops[i, 0], loops[i, 1]
        if level >= c:
            continue
        kind = DEPENDS[tensor, d]
        axis = 1 if d in (Q, S) else 0
        a = P + axis if kind == 2 else d
        product = 1
        for other in range(8):
            if other != a and chain[other, FACTOR] != STALE:
                product *= chain[other, FACTOR]
        if product and tensor == I:
            for other_axis in range(2):
                other = P + other_axis
                if other != a and chain[other, FACTOR] == STALE:
                    _, chain[other, FACTOR] = _window(
                        work, other_axis, chain[other, CUT], chain[R + other_axis, CUT], 0, parent, c, hi_rest
                    )
                    product *= chain[other, FACTOR]
        if kind == 0:
            if chain[d, EVEN]:
                inner = chain[d, TRIPS + level] * chain[d, WIDTH + hi_rest]
            else:
                inner = _steps(work, d, level, hi_rest)
            kept += product * (chain[d, FACTOR] - inner)
            chain[d, FACTOR] = inner
        elif kind == 2:
            b = R + axis
            chain[d, CUT] = level + 1
            if product:
                _, held = _window(work, axis, chain[a, CUT], chain[b, CUT], 1 if d == a else 2, parent, c, hi_rest)
                kept += product * held
            chain[a, FACTOR] = STALE  # what stays when both loops fall back; computed when a loop outside asks
        else:
            if chain[d, EVEN]:
                break  # it moves without overlap, in every step of the loops outside
            chain[d, FACTOR] = _unsplit(work, d, level, c, lo_own, hi_own)
            if chain[d, FACTOR] == 0:
                break
        chain[d, CUT] = level
    return whole - kept, fresh


@njit(int64(_work, int64, int64, int64), cache=True, nogil=True)
def _first_window(work, axis, p, c):
    """Length of the union of the windows that the first parent's children want in the first step."""
    chain, geometry = work.chain, work.geometry
    a, b = P + axis, R + axis
    scale_a, scale_b = geometry[axis], geometry[2 + axis]
    length = scale_a * (chain[a, 2 * c] - 1) + scale_b * (chain[b, 2 * c] - 1) + 1
    spread_a = chain[a, WIDTH + c] > chain[a, WIDTH + p]
    spread_b = chain[b, WIDTH + c] > chain[b, WIDTH + p]
    if not spread_a and not spread_b:
        return length
    # Children of one fan-out stand side by side; where each reaches the next their windows make one.
    touch_a = not spread_a or scale_a * chain[a, 2 * c] <= length
    touch_b = not spread_b or scale_b * chain[b, 2 * c] <= length
    if touch_a and touch_b and chain[a, 2 * p + 2] == chain[a, 2 * c] and chain[b, 2 * p + 2] == chain[b, 2 * c]:
        return scale_a * (chain[a, 2 * p + 1] - 1) + scale_b * (chain[b, 2 * p + 1] - 1) + 1
    wanted, _ = _window(work, axis, 0, 0, 0, p, c, 0)
    return wanted


@njit(int64(_work, int64, int64, int64), cache=True, nogil=True)
def _first_step(work, tensor, p, c):
    """Words of a tensor that the first parent sends (or takes) in the first step, for all children below it."""
    chain, lists = work.chain, work.lists
    words = 1
    for d in range(8):
        if DEPENDS[tensor, d] != 1:
            continue
        if chain[d, EVEN]:
            words *= chain[d, 2 * c] * (chain[d, WIDTH + c] // chain[d, WIDTH + p])
        else:
            _start(work, chain[d, 0])
            n = 1
            for level in range(c):
                n = _first(work, n, chain[d, 2 * level + 1])
                part = chain[d, 2 * level + 2]
                n = _split(work, n, part) if level >= p else _first(work, n, part)
            size = 0
            for i in range(n):
                size += lists[0, i, 0] * lists[0, i, 3]
            words *= size
    if tensor == I:
        for axis in range(2):
            words *= _first_window(work, axis, p, c)
    return words


@njit(_two(_work, int64, int64), cache=True, nogil=True)
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
        children = chain[d, WIDTH + c] // chain[d, WIDTH + p]
        if chain[d, EVEN]:
            taken *= chain[d, 2 * c] * children
            sent *= chain[d, 2 * c]
            continue
        most, most_together, together = 0, 0, 0
        for instance in range(chain[d, WIDTH + c]):
            rest = instance
            for level in range(c - 1, -1, -1):
                index[2 * level + 1] = rest % chain[d, SPREAD + level]
                rest //= chain[d, SPREAD + level]
            _, size = _last_piece(work, d, 0, 0, c, chain[d, 0], 0)
            together = size if instance % children == 0 else together + size
            most = max(most, size)
            most_together = max(most_together, together)
        taken *= most_together
        sent *= most
    return taken, sent


@njit(int64(_work, int64, int64), cache=True, nogil=True)
def _tile_words(work, tensor, at):
    """Words of a tensor in the tile whose extents stand at column ``at`` of the chain."""
    chain, geometry = work.chain, work.geometry
    words = 1
    for d in range(8):
        if DEPENDS[tensor, d] == 1:
            words *= chain[d, at]
    if tensor == I:
        words *= geometry[0] * (chain[P, at] - 1) + geometry[2] * (chain[R, at] - 1) + 1
        words *= geometry[1] * (chain[Q, at] - 1) + geometry[3] * (chain[S, at] - 1) + 1
    return words


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
) = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15)
LEVEL_COLUMNS = 18
# Columns of a machine's row.
MAC_PJ, STATIC_PJ_PER_CYCLE = 0, 1
MACHINE_COLUMNS = 2

# What the latency counts and what a drain costs, as bits of a convention.
FILL_AND_DRAIN = 1
DRAIN_READS = 2
SYSTOLIC = 4

COMPUTE = -1


@njit(cache=True, nogil=True)
def _unpack(bounds, tile, part, chain):
    """Fill the chain of every dim; returns a status code."""
    L = len(tile)
    for d in range(8):
        size = bounds[d]
        chain[d, 0] = size
        chain[d, TRIPS] = 1
        chain[d, WIDTH] = 1
        divides = 1
        for step in range(2 * L):
            level = step // 2
            inner = part[level, d] if step % 2 else tile[level, d]
            if inner < 1 or inner > size:
                return BAD_TILE | (level << 8) | (d << 16)
            n = 1
            if inner < size:
                n = _full(size, inner)
                if n * inner != size:
                    n += 1
                    divides = 0
            at = (WIDTH if step % 2 else TRIPS) + level
            chain[d, at + 1] = chain[d, at] * n
            chain[d, SPREAD + level] = n
            chain[d, step + 1] = inner
            size = inner
        if size != 1:
            return BAD_TILE | ((L - 1) << 8) | (d << 16)
        chain[d, EVEN] = divides
    return OK


@njit(cache=True, nogil=True)
def _find_loops(order, chain, loops):
    """List the temporal loops of more than one trip, outermost first; returns how many, or -1 - level."""
    n = 0
    for level in range(len(order)):
        seen = 0
        for i in range(8):
            d = order[level, i]
            if d < 0 or d > 7 or (seen >> d) & 1:
                return -1 - level
            seen |= 1 << d
            if chain[d, 2 * level + 1] < chain[d, 2 * level]:
                loops[n, 0] = d
                loops[n, 1] = level
                n += 1
    return n


@njit(cache=True, nogil=True)
def _check_axes(levels, axis, chain):
    """Whether every fan-out has room for its spatial loops; returns a status code."""
    for level in range(len(axis)):
        used_0, used_1, used_2 = 1, 1, 1
        for d in range(8):
            a = axis[level, d]
            if a < 0 or a > 2:
                return AXIS_DIM | (level << 8) | (d << 16) | (3 << 24)
            n = chain[d, SPREAD + level]
            if n > 1:
                if not (int(levels[level, AXIS_DIMS + a]) >> d) & 1:
                    return AXIS_DIM | (level << 8) | (d << 16) | (a << 24)
                if a == 0:
                    used_0 *= n
                elif a == 1:
                    used_1 *= n
                else:
                    used_2 *= n
        if used_0 > levels[level, AXIS_SIZE]:
            return AXIS_OVERFLOW | (level << 8)
        if used_1 > levels[level, AXIS_SIZE + 1]:
            return AXIS_OVERFLOW | (level << 8) | (1 << 16)
        if used_2 > levels[level, AXIS_SIZE + 2]:
            return AXIS_OVERFLOW | (level << 8) | (2 << 16)
    return OK


@njit(cache=True, nogil=True)
def _check_capacity(levels, can_keep, keep, bits, work):
    """Whether every level has room for the tiles it keeps, at the precision they have there; returns a status code."""
    chain = work.chain
    for level in range(len(keep)):
        total = 0.0
        for t in range(3):
            if not keep[level, t]:
                if level == 0:
                    return NOT_KEPT | (t << 16)
                continue
            if not can_keep[level, t]:
                return NOT_KEPT | (level << 8) | (t << 16)
            words = _tile_words(work, t, 2 * level) * levels[level, BUFFERS]
            if levels[level, WORD_BITS] > 0:
                bit_at = t
                if t == O:
                    # Sums are partial here when reduction goes on around this tile, in time or in other instances.
                    for d in (C, R, S):
                        if chain[d, TRIPS + level + 1] > 1 or chain[d, WIDTH + level] > 1:
                            bit_at = 3
                words = words * bits[bit_at] / levels[level, WORD_BITS]
            if words > levels[level, PARTITION_W + t]:
                return CAPACITY | (level << 8) | (t << 16)
            total += words
        if total > levels[level, CAPACITY_WORDS]:
            return CAPACITY | (level << 8) | (3 << 16)
    return OK


@njit(cache=True, nogil=True)
def _pipeline_cycles(levels, axis, work):
    """Cycles in which a systolic array fills, skews and drains: so many for each pass of the stationary tensor.

    The array is the innermost fan-out; the tensor that the innermost temporal loops leave alone is the stationary one.
    Operands take a cycle for each place along each axis (skew and drain). A stationary W or I first comes in row by
    row, unless the level below the array is double-buffered and takes it in meanwhile.
    """
    chain, loops, L = work.chain, work.loops, work.levels
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
        if chain[d, SPREAD + array] > 1:
            rows = levels[array, AXIS_SIZE + axis[array, d]]
    stationary = O
    if work.loop_count > 0:
        for t in range(3):
            if DEPENDS[t, loops[work.loop_count - 1, 0]] == 0:
                stationary = t
    fill = 0.0
    if stationary != O and (array + 1 == L or levels[array + 1, BUFFERS] == 1):
        fill = rows
    passes = 1.0
    inside = True
    for i in range(work.loop_count - 1, -1, -1):
        d, level = loops[i, 0], loops[i, 1]
        inside = inside and DEPENDS[stationary, d] == 0
        if not inside:
            passes *= (chain[d, 2 * level] + chain[d, 2 * level + 1] - 1) // chain[d, 2 * level + 1]
    return passes * (skew + fill)


@njit(cache=True, nogil=True)
def _is_limited(levels, level):
    """Whether any bandwidth of a level is finite."""
    return (
        levels[level, READ_BANDWIDTH] < np.inf
        or levels[level, WRITE_BANDWIDTH] < np.inf
        or levels[level, SHARED_BANDWIDTH] < np.inf
    )


@njit(cache=True, nogil=True)
def _evaluate(
    bounds,
    geometry,
    bits,
    levels,
    machine,
    can_keep,
    tile,
    part,
    order,
    axis,
    keep,
    convention,
    work,
    busy,
    counts,
    level_cycles,
    totals,
):
    """Evaluate one mapping; fills ``counts`` (L, 3, 3), ``level_cycles`` (L,) and ``totals``; returns a status code.

    ``totals``: cycles, energy_pj, compute_cycles, fill_cycles, drain_cycles, what binds (a level, or ``COMPUTE``),
    pipeline_cycles.
    """
    L = len(tile)
    chain, pieces = work.chain, work.pieces
    work.levels = L
    for i in range(4):
        work.geometry[i] = geometry[i]
    status = _unpack(bounds, tile, part, chain)
    if status != OK:
        return status
    work.loop_count = _find_loops(order, chain, work.loops)
    if work.loop_count < 0:
        return BAD_ORDER | ((-1 - work.loop_count) << 8)
    status = _check_axes(levels, axis, chain)
    if status != OK:
        return status
    status = _check_capacity(levels, can_keep, keep, bits, work)
    if status != OK:
        return status

    compute = 1
    macs = 1
    for d in range(8):
        macs *= bounds[d]
        if not chain[d, EVEN]:
            for hi in range(L + 1):
                pieces[d, hi, 0, STEPS, 0] = 0  # not listed yet
        compute *= _steps(work, d, L, 0)
    energy = macs * machine[MAC_PJ]
    fill, drain = 0.0, 0.0
    for level in range(L):
        busy[level, 0] = 0.0
        busy[level, 1] = 0.0
        for t in range(3):
            for what in range(3):
                counts[level, t, what] = 0

    for t in range(3):
        p = 0
        for c in range(1, L + 1):
            if c < L and not keep[c, t]:
                continue
            to_macs = c == L
            # Words sent by all parents, received by all children, and both for the busiest instance.
            # How many children receive each word, when that is the same for all words.
            copies, alike = 1, True
            apart = False  # is there a fan-out between?
            parents, children = 1, 1
            parents_differ, children_differ = False, False
            for d in range(8):
                parents *= chain[d, WIDTH + p]
                children *= chain[d, WIDTH + c]
                if chain[d, WIDTH + c] > chain[d, WIDTH + p]:
                    apart = True
                    if DEPENDS[t, d] == 0:
                        copies *= chain[d, WIDTH + c] // chain[d, WIDTH + p]
                        alike = alike and chain[d, EVEN] == 1
                    elif DEPENDS[t, d] == 2:
                        alike = False
                if not chain[d, EVEN]:
                    parents_differ = parents_differ or chain[d, WIDTH + p] > 1
                    children_differ = children_differ or chain[d, WIDTH + c] > 1
            # Where no bandwidth is limited, the busiest instance does not matter.
            parents_differ = parents_differ and _is_limited(levels, p)
            children_differ = children_differ and not to_macs and _is_limited(levels, c)
            sent, sent_new, got, got_new = 0, 0, 0, 0
            sent_most, sent_most_new, got_most, got_most_new = 0.0, 0.0, 0.0, 0.0
            for mode in range(4):
                shared, first = mode % 2 == 0, mode >= 2
                if not shared and to_macs:
                    continue
                if mode == 1 and alike:
                    got, got_new = sent * copies, sent_new * copies
                    got_most, got_most_new = got / children, got_new / children
                    continue
                if (mode == 2 and not parents_differ) or (mode == 3 and not children_differ):
                    continue
                if mode == 3 and parents_differ and not apart:
                    got_most, got_most_new = sent_most, sent_most_new
                    continue
                words, new = _moved(work, t, p, c, shared, first, not to_macs)
                if mode == 0:
                    sent, sent_new = words, new
                    sent_most, sent_most_new = words / parents, new / parents
                elif mode == 1:
                    got, got_new = words, new
                    got_most, got_most_new = words / children, new / children
                elif mode == 2:
                    sent_most, sent_most_new = float(words), float(new)
                else:
                    got_most, got_most_new = float(words), float(new)
            if to_macs:
                got, got_new = macs, 0

            # Words of memory per element at either end; partial sums are wider than what they become.
            at_p, at_c, final_at_p = 1.0, 1.0, 1.0
            width_at = 3 if t == O else t
            if levels[p, WORD_BITS] > 0:
                at_p = bits[width_at] / levels[p, WORD_BITS]
                final_at_p = bits[t] / levels[p, WORD_BITS]
            if not to_macs and levels[c, WORD_BITS] > 0:
                at_c = bits[width_at] / levels[c, WORD_BITS]
            at_parent, at_child = 0.0, 0.0  # words of the first tiles down, or of the last ones up
            if convention & FILL_AND_DRAIN and not to_macs and (_is_limited(levels, p) or _is_limited(levels, c)):
                if t == O:
                    taken, held = _last_outputs(work, p, c)
                    at_parent, at_child = taken * final_at_p, held * at_c
                else:
                    at_parent = _first_step(work, t, p, c) * at_p
                    at_child = _tile_words(work, t, 2 * c) * at_c
            if t != O:
                counts[p, t, READS] += sent
                energy += sent * at_p * levels[p, READ_PJ]
                busy[p, 0] += sent_most * at_p
                if not to_macs:
                    counts[c, t, FILLS] += got
                    energy += got * at_c * levels[c, WRITE_PJ]
                    busy[c, 1] += got_most * at_c
                    fill += max(at_parent / levels[p, READ_BANDWIDTH], at_child / levels[c, WRITE_BANDWIDTH])
                crossing = got * at_p
            else:
                # The last update of a word is final, unless instances beside this one hold other parts of its sum.
                final = sent_new
                for d in (C, R, S):
                    if chain[d, WIDTH + p] > 1:
                        final = 0
                if to_macs and sent > sent_new:
                    final = 0
                counts[p, t, UPDATES] += sent
                counts[p, t, READS] += sent - sent_new
                energy += ((sent - final) * at_p + final * final_at_p) * levels[p, WRITE_PJ]
                energy += (sent - sent_new) * at_p * levels[p, READ_PJ]
                final_most = sent_most_new if final > 0 else 0.0
                busy[p, 1] += (sent_most - final_most) * at_p + final_most * final_at_p
                busy[p, 0] += (sent_most - sent_most_new) * at_p
                if not to_macs:
                    counts[c, t, FILLS] += got - got_new
                    energy += (got - got_new) * at_c * levels[c, WRITE_PJ]
                    busy[c, 1] += (got_most - got_most_new) * at_c
                    if convention & DRAIN_READS:
                        counts[c, t, READS] += got
                        energy += got * at_c * levels[c, READ_PJ]
                        busy[c, 0] += got_most * at_c
                    drain += max(at_parent / levels[p, WRITE_BANDWIDTH], at_child / levels[c, READ_BANDWIDTH])
                crossing = (got + got - got_new) * at_p if not to_macs else got * at_p
            for level in range(p, c):
                energy += crossing * levels[level, NETWORK_PJ]
            p = c

    pipeline = _pipeline_cycles(levels, axis, work) if convention & SYSTOLIC else 0.0
    cycles = compute + pipeline
    binds = COMPUTE
    for level in range(L):
        need = max(busy[level, 0] / levels[level, READ_BANDWIDTH], busy[level, 1] / levels[level, WRITE_BANDWIDTH])
        need = max(need, (busy[level, 0] + busy[level, 1]) / levels[level, SHARED_BANDWIDTH])
        level_cycles[level] = need
        if need > cycles:
            cycles = need
            binds = level
    cycles += fill + drain
    energy += cycles * machine[STATIC_PJ_PER_CYCLE]
    totals[0] = cycles
    totals[1] = energy
    totals[2] = compute
    totals[3] = fill
    totals[4] = drain
    totals[5] = binds
    totals[6] = pipeline
    return OK


@njit(cache=True, nogil=True)
def _evaluate_range(
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
    busy = np.empty((L, 2), dtype=np.float64)
    own_counts = np.empty((1, L, 3, 3), dtype=np.int64)
    own_cycles = np.empty((1, L), dtype=np.float64)
    own_totals = np.empty((1, 7), dtype=np.float64)
    full = len(details) > 0
    for b in range(begin, end):
        layer, at = layer_of[b], accelerator_of[b]
        row = b if full else 0
        totals = (details if full else own_totals)[row]
        code = _evaluate(
            bounds[layer],
            geometry[layer],
            bits[layer],
            levels[at],
            machine[at],
            can_keep[at],
            tile[b],
            part[b],
            order[b],
            axis[b],
            keep[b],
            convention,
            work,
            busy,
            (counts if full else own_counts)[row],
            (level_cycles if full else own_cycles)[row],
            totals,
        )
        status[b] = code
        cycles[b] = totals[0] if code == OK else np.inf
        energy[b] = totals[1] if code == OK else np.inf


@njit(cache=True, nogil=True, parallel=True)
def _evaluate_parallel(
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
    """As :func:`_evaluate_range` over all mappings, cut into one piece for each of ``work``."""
    n = len(status)
    pieces = len(work)
    for i in prange(pieces):
        _evaluate_range(
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
