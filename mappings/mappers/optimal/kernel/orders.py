"""The orders of a block of loops of which one is the best (``docs/mapping.md``, "Rules for orders")."""

from __future__ import annotations

from numba import boolean, int64, types

from accel_models.codes import DEPENDS, C, G, K, N, O, P, Q, R, S, W
from accel_models.compiled import inside
from mappings.mappers.optimal.kernel.state import FACTORIAL, PERMUTATIONS, SEARCH


@inside(types.void(SEARCH, int64, int64))
def note_multipliers(w, block, at):
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


@inside(types.void(SEARCH, int64, boolean))
def list_patterns(w, block, windows):
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
        note_multipliers(w, block, i)
