"""Words of the pieces that stay in place while the loops inside run (``docs/cost_model.md``, 2.1 and 2.3)."""

from __future__ import annotations

from numba import int64

from accel_models.codes import DEPENDS
from accel_models.compiled import inside
from accel_models.kernel.pieces import listed, pieces_above, put, take
from accel_models.kernel.work import CUT, EVEN, FACTOR, STEPS, TRIPS, WIDTH, WORK


@inside(int64(WORK, int64, int64, int64, int64))
def _ragged_size(work, d, c, lo, hi):
    """Sum of the sizes of all pieces above level ``c``, spatial levels in [lo, hi) summed."""
    total = 0
    if work.chain[WIDTH + lo, d] == 1:
        pieces = work.pieces[d, listed(work, d, hi), c]
        for i in range(pieces[STEPS, 0]):
            total += pieces[i, 0] * pieces[i, 1]
        return total
    lists = work.lists
    n = pieces_above(work, d, c, lo, hi)
    for i in range(n):
        total += lists[0, i, 0] * lists[0, i, 3]
    return total


@inside(int64(WORK, int64, int64, int64, int64, int64))
def _ragged_unsplit(work, d, k, c, lo, hi):
    """Sum of the sizes of those pieces that an instance works on alone while the loops inside the cut run.

    A state (size, other) is a piece together with the largest piece beside it in which the instance must have *no*
    work; the instance then has one piece only and keeps it.
    """
    chain, lists = work.chain, work.lists
    n = pieces_above(work, d, k, lo, hi)
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
                m = put(lists[1], m, size, other, 0, mult)
        n = m
        take(work, n)
        part = chain[2 * level + 2, d]
        m = 0
        for i in range(n):
            size, other, mult = lists[0, i, 0], lists[0, i, 1], lists[0, i, 3]
            if not lo <= level < hi:
                size, other = min(size, part), min(other, part)
                if other < size:
                    m = put(lists[1], m, size, other, 0, mult)
                continue
            # Where the neighbour piece is full there is work; where it is cut there may be; beyond it there is none.
            full = other // part
            first_free = full
            if other % part:
                own = min(part, size - full * part)
                if other % part < own:
                    m = put(lists[1], m, own, other % part, 0, mult)
                first_free = full + 1
            free = size // part - first_free
            if free > 0:
                m = put(lists[1], m, part, 0, 0, mult * free)
            if size % part and first_free <= size // part:
                m = put(lists[1], m, size % part, 0, 0, mult)
        n = m
        take(work, n)
    total = 0
    for i in range(n):
        if lists[0, i, 1] == 0:
            total += lists[0, i, 0] * lists[0, i, 3]
    return total


@inside(int64(WORK, int64, int64, int64, int64, int64))
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
    pieces = work.pieces[d, listed(work, d, hi), k]
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


@inside(int64(WORK, int64, int64, int64, int64))
def own_words(work, tensor, c, lo, hi):
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


@inside(int64(WORK, int64, int64, int64, int64, int64))
def still_words(work, pending, own, c, lo, hi):
    """``own`` words less those of the pieces that move in the dims ``pending``, each inside its cut."""
    chain = work.chain
    for d in range(8):
        if (pending >> d) & 1 and own:
            stay = _unsplit(work, d, chain[CUT, d], c, lo, hi)
            own = own // chain[FACTOR, d] * stay
            chain[FACTOR, d] = stay
    return own
