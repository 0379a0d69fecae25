"""Windows of ragged dims of which several children want words, step by step (``docs/cost_model.md``, 2.3 and 2.4)."""

from __future__ import annotations

import numpy as np
from numba import boolean, int64

from accel_models.codes import MOST_PIECES, MOST_PLACES, P, R
from accel_models.compiled import inside
from accel_models.kernel.intervals import union_of
from accel_models.kernel.pieces import keep_first, put, split, start_list, take
from accel_models.kernel.tiles import window_length
from accel_models.kernel.work import PAIR, TABLE, WINDOW_ROWS, WORK


@inside(PAIR(WORK, int64, int64, int64, int64, int64, int64))
def last_piece(work, d, level, k, c, size, which):
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
        inner_start, inner_size = last_piece(work, d, level + 1, k, c, rest, which)
        if inner_size > 0:
            return start + inner_start, inner_size
    return 0, 0


@inside(PAIR(WORK, int64, int64, int64, int64, int64, int64))
def _first_piece(work, d, level, k, c, size, which):
    """Start and size of the first piece an instance works on, as :func:`last_piece`."""
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


@inside(int64(WORK, int64, int64, boolean, int64, int64, int64, int64, TABLE, TABLE))
def _ragged_moves(work, d, k, advance, p, c, lo, hi, head, moves):
    """Every way in which the pieces of a window dim move in one step, with the children that move together.

    ``head`` receives rows (multiplicity, first row in ``moves``, rows in ``moves``), one for each kind of parent step;
    ``moves`` rows (new start, new size, old start, old size), one for each child with work. Spatial levels ``>= p`` are
    children, levels in [lo, hi) below that are summed over, in others only the first instance counts.

    Returns how many rows of ``head`` there are.
    """
    chain, lists = work.chain, work.lists
    a = min(k, p + 1)
    start_list(work, chain[0, d])
    n = 1
    for level in range(a):
        tile = chain[2 * level + 1, d]
        if level > 0:
            part = chain[2 * level, d]
            n = split(work, n, part) if lo <= level - 1 < hi else keep_first(work, n, part)
        if advance and level == k - 1:
            # A pair of neighbours: (new size, old size, distance).
            m = 0
            for i in range(n):
                size, mult = lists[0, i, 0], lists[0, i, 3]
                full = size // tile
                if full > 1:
                    m = put(lists[1], m, tile, tile, tile, mult * (full - 1))
                if full > 0 and size % tile:
                    m = put(lists[1], m, size % tile, tile, tile, mult)
            n = m
            take(work, n)
        else:
            n = split(work, n, tile)
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
                inner_old, old = last_piece(work, d, a, k, c, old, 1)
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


@inside(int64(WORK, int64, int64, int64, int64))
def _moves_room(work, d, k, p, c):
    """Upper bound on the rows :func:`_ragged_moves` writes; above ``MOST_PLACES`` where those are too many."""
    chain = work.chain
    a = min(k, p + 1)
    rows = 2 * (a + 1) * (a + 2)
    for level in range(a, k):
        rows = min(rows * -(-chain[2 * level, d] // chain[2 * level + 1, d]), MOST_PLACES)
    for level in range(max(a - 1, 0), c):
        rows = min(rows * -(-chain[2 * level + 1, d] // chain[2 * level + 2, d]), MOST_PLACES)
    return rows + 1


@inside(PAIR(WORK, int64, int64, int64, int64, int64, int64, int64, int64), allocates=True)
def ragged_window(work, axis, ka, kb, advance, p, c, lo, hi):
    """Words wanted, and words that all who want them hold already, over all steps of one kind, for ragged windows.

    Args: dims ``a`` (P or Q) and ``b`` (R or S) with stride ``scale_a`` and dilation ``scale_b``; ``advance`` is 1 when
    the loop at hand is over ``a``, 2 when over ``b``, 0 when over neither. With ``p = c`` nothing is shared and the
    figures are sums over instances. Too many pieces are not counted, but noted in ``work.too_many``.
    """
    geometry = work.geometry
    a, b = P + axis, R + axis
    scale_a, scale_b = geometry[axis], geometry[2 + axis]
    room_a, room_b = _moves_room(work, a, ka, p, c), _moves_room(work, b, kb, p, c)
    if room_a > MOST_PLACES or room_b > MOST_PLACES:
        work.too_many = 1
        return 0, 0
    head_a, moves_a, head_b, moves_b = work.kinds[0], work.children[0], work.kinds[1], work.children[1]
    if room_a > WINDOW_ROWS:
        head_a, moves_a = np.empty((room_a, 3), dtype=np.int64), np.empty((room_a, 4), dtype=np.int64)
    if room_b > WINDOW_ROWS:
        head_b, moves_b = np.empty((room_b, 3), dtype=np.int64), np.empty((room_b, 4), dtype=np.int64)
    n_a = _ragged_moves(work, a, ka, advance == 1, p, c, lo, hi, head_a, moves_a)
    n_b = _ragged_moves(work, b, kb, advance == 2, p, c, lo, hi, head_b, moves_b)
    most_a, most_b, all_a, all_b = 0, 0, 0, 0
    for i in range(n_a):
        most_a = max(most_a, head_a[i, 2])
        all_a += head_a[i, 2]
    for j in range(n_b):
        most_b = max(most_b, head_b[j, 2])
        all_b += head_b[j, 2]
    if all_a * all_b > MOST_PIECES or most_a * most_b > MOST_PLACES:
        work.too_many = 1
        return 0, 0
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
                        new_end = new + window_length(scale_a, moves_a[x, 1], scale_b, moves_b[y, 1])
                        old = scale_a * moves_a[x, 2] + scale_b * moves_b[y, 2]
                        old_end = old + window_length(scale_a, moves_a[x, 3], scale_b, moves_b[y, 3])
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
                    union = union_of(starts, ends, n)
                else:
                    lacking = union_of(starts, ends, n)
            wanted += mult * union
            held += mult * (union - lacking)
    return wanted, held
