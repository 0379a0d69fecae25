"""The sizes of the pieces of a ragged dim, each with a multiplicity (``docs/cost_model.md``, 2.3).

A list holds states (size, other, shift, multiplicity), equal ones merged; what ``other`` and ``shift`` are is the
business of whoever makes it.
"""

from __future__ import annotations

from numba import int64, types

from accel_models.compiled import inside
from accel_models.kernel.work import PAIR, SPREAD, STEPS, TABLE, WORK


@inside(int64(TABLE, int64, int64, int64, int64, int64))
def put(states, n, size, other, shift, mult):
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


@inside(types.void(WORK, int64))
def take(work, n):
    """Make the spare list the list at hand."""
    lists = work.lists
    for i in range(n):
        for column in range(4):
            lists[0, i, column] = lists[1, i, column]


@inside(types.void(WORK, int64))
def start_list(work, size):
    """Begin a list with one piece."""
    lists = work.lists
    lists[0, 0, 0] = size
    lists[0, 0, 1] = 0
    lists[0, 0, 2] = 0
    lists[0, 0, 3] = 1


@inside(int64(WORK, int64, int64))
def split(work, n, tile):
    """Cut every piece of a list into pieces of ``tile``."""
    states, spare = work.lists[0], work.lists[1]
    m = 0
    for i in range(n):
        size, mult = states[i, 0], states[i, 3]
        if size <= tile:
            m = put(spare, m, size, 0, 0, mult)
        else:
            m = put(spare, m, tile, 0, 0, mult * (size // tile))
            if size % tile:
                m = put(spare, m, size % tile, 0, 0, mult)
    take(work, m)
    return m


@inside(int64(WORK, int64, int64))
def keep_first(work, n, tile):
    """Keep the first piece of every piece in a list."""
    lists = work.lists
    for i in range(n):
        lists[0, i, 0] = min(lists[0, i, 0], tile)
    return n


@inside(int64(int64, int64))
def full_pieces(size, tile):
    """How many full pieces of ``tile`` a piece holds: a division, avoided where it can be (it is slow)."""
    if size < 2 * tile:
        return 1 if size >= tile else 0
    if tile == 1:
        return size
    return size // tile


@inside(int64(WORK, int64, int64))
def _summed(work, d, hi):
    """The smallest ``hi`` that sums over the same instances of dim ``d``."""
    chain = work.chain
    while hi > 0 and chain[SPREAD + hi - 1, d] == 1:
        hi -= 1
    return hi


@inside(types.void(WORK, int64, int64))
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
                    full = full_pieces(size, tile)
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


@inside(int64(WORK, int64, int64))
def listed(work, d, hi):
    """The row of ``pieces[d]`` that lists a ragged dim with the spatial levels ``< hi`` summed."""
    own = _summed(work, d, hi)
    if work.pieces[d, own, 0, STEPS, 0] == 0:
        _list_pieces(work, d, own)
    return own


@inside(int64(WORK, int64, int64, int64, int64))
def pieces_above(work, d, k, lo, hi):
    """Pieces of dim ``d`` above cut ``k``: sizes with multiplicities, spatial levels in [lo, hi) summed."""
    chain = work.chain
    start_list(work, chain[0, d])
    n = 1
    for level in range(k):
        n = split(work, n, chain[2 * level + 1, d])
        part = chain[2 * level + 2, d]
        n = split(work, n, part) if lo <= level < hi else keep_first(work, n, part)
    return n


@inside(int64(WORK, int64, int64, int64))
def only_fan(work, d, lo, hi):
    """The level in [lo, hi) whose fan-out alone spreads dim ``d``; -1 if there are several."""
    chain = work.chain
    fan = -1
    for level in range(lo, hi):
        if chain[SPREAD + level, d] > 1:
            if fan >= 0:
                return -1
            fan = level
    return fan


@inside(PAIR(WORK, int64, int64, int64, int64, int64))
def last_step(work, d, level, fan, size, offset):
    """Start and size of the last temporal piece at level ``fan`` that reaches beyond ``offset``.

    Args: ``size`` is that of the piece at hand outside the temporal loops of ``level``; no fan-out lies between. Size 0
    where no piece reaches that far.
    """
    tile = work.chain[2 * level + 1, d]
    for trip in range(full_pieces(size - 1, tile), -1, -1):
        start, rest = trip * tile, min(tile, size - trip * tile)
        if level < fan:
            inner, rest = last_step(work, d, level + 1, fan, rest, offset)
            start += inner
        if rest > offset:
            return start, rest
    return 0, 0


@inside(int64(WORK, int64, int64, int64, int64))
def last_size(work, d, level, c, size):
    """Size of the last piece above level ``c`` of a piece outside the temporal loops of ``level``; no fan-outs."""
    chain = work.chain
    for inner in range(level, c):
        tile = chain[2 * inner + 1, d]
        if size > tile:
            size -= full_pieces(size - 1, tile) * tile
    return size
