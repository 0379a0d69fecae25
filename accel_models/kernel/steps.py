"""How many steps and instances of a dim have work (``docs/cost_model.md``, 2.1 and 2.3)."""

from __future__ import annotations

from numba import int64, types

from accel_models.compiled import inside
from accel_models.kernel.pieces import keep_first, listed, pieces_above, split
from accel_models.kernel.work import EVEN, STEPS, TRIPS, WIDTH, WORK


@inside(int64(WORK, int64, int64, int64, int64, int64))
def _ragged_active(work, d, k, c, lo, hi):
    """How many (outer step, instance) pairs have work: steps of temporal levels < k, spatial levels in [lo, hi)."""
    chain, lists = work.chain, work.lists
    n = pieces_above(work, d, k, lo, hi)
    for level in range(k, c):
        n = keep_first(work, n, chain[2 * level + 1, d])
        part = chain[2 * level + 2, d]
        n = split(work, n, part) if lo <= level < hi else keep_first(work, n, part)
    total = 0
    for i in range(n):
        total += lists[0, i, 3]
    return total


@inside(types.void(WORK, int64, int64))
def _ragged_steps(work, d, hi):
    """Correct the steps of ragged dim ``d`` for the spatial levels ``< hi``."""
    chain, L = work.chain, work.levels
    steps, own = work.steps[hi], listed(work, d, hi)
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


@inside(types.void(WORK))
def count_steps(work):
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
