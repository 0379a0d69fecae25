"""The extents of every dim from level to level, and the loops between them (``docs/cost_model.md``, 1)."""

from __future__ import annotations

from numba import float64, int64

from accel_models.codes import BAD_ORDER, BAD_TILE, OK
from accel_models.compiled import inside
from accel_models.kernel.work import BACK, EVEN, RAGGED, SPREAD, TRIPS, WIDTH, WORK


@inside(int64(WORK))
def unpack(work):
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


@inside(int64(WORK))
def bad_tile(work):
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


@inside(int64(WORK))
def find_loops(work):
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
