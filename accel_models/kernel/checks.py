"""What is refused: axes and memories without room (``docs/cost_model.md``, 3 and 6)."""

from __future__ import annotations

from numba import boolean, float64, int64

from accel_models.codes import (
    AXES_OF,
    AXIS_DIM,
    AXIS_DIMS,
    AXIS_OVERFLOW,
    AXIS_SIZE,
    CAPACITY,
    CAPACITY_WORDS,
    NOT_KEPT,
    OK,
    PARTITION_W,
    PSUM,
    C,
    G,
    I,
    K,
    N,
    O,
    P,
    Q,
    R,
    S,
    W,
)
from accel_models.compiled import inside
from accel_models.kernel.tiles import window_length, words_held
from accel_models.kernel.work import SPREAD, TRIPS, WIDTH, WORK


@inside(boolean(WORK, int64, int64, int64, int64, int64))
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
            if on_2 == 1:  # more of axis 1 would only leave less for the others
                break
    return False


@inside(int64(WORK))
def check_axes(work):
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


@inside(int64(WORK, int64))
def _next_holder(work, level):
    """The next level inside ``level`` that holds outputs (the number of levels: the MACs)."""
    following = level + 1
    while following < work.levels and not work.keep[following, O]:
        following += 1
    return following


@inside(int64(WORK))
def check_capacity(work):
    """Whether every memory has room for the tiles it keeps, at the precision they have there; returns a status code.

    Levels of one memory share its room, and no two of them keep the same tensor. Leaves the words of the tiles of every
    level in ``words``.
    """
    chain, levels, geometry, bits = work.chain, work.hardware, work.geometry, work.bits
    for level in range(work.levels):
        at, memory = 2 * level, work.memory[level]
        shared = chain[at, N] * chain[at, G]
        height = window_length(geometry[0], chain[at, P], geometry[2], chain[at, R])
        width = window_length(geometry[1], chain[at, Q], geometry[3], chain[at, S])
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
            bit_at = t
            if t == O:
                # Sums are partial here when reduction goes on around this tile, in other instances or in time:
                # outside the next memory that holds sums, which sends them up each time it lets go of them.
                further = _next_holder(work, level)
                for d in (C, R, S):
                    if chain[TRIPS + further, d] > 1 or chain[WIDTH + level, d] > 1:
                        bit_at = PSUM
            words = words_held(levels[level], float64(work.words[level, t]), bits[bit_at], bit_at)
            if words > levels[level, PARTITION_W + t]:
                return CAPACITY | (level << 8) | (t << 16)
            work.taken[memory] += words
        if work.taken[memory] > levels[level, CAPACITY_WORDS]:
            return CAPACITY | (level << 8) | (3 << 16)
    return OK
