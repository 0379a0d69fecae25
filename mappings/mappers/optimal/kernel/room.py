"""Whether memories have room for tiles, as far as loops further in are known (``docs/mapping.md``, "Labels")."""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64

from accel_models.codes import CAPACITY_WORDS, PARTITION_W, PSUM, C, O, R, S
from accel_models.compiled import inside
from accel_models.kernel.tiles import words_held
from mappings.mappers.optimal.kernel.state import SEARCH
from mappings.mappers.optimal.kernel.tiles import tile_words


@inside(boolean(SEARCH, int64, int64))
def sums_go_on(w, level, outer):
    """Whether sums at ``level`` are partial because of loops outside level ``outer`` or of other instances."""
    partial = False
    for d in (C, R, S):
        partial = partial or w.n[outer, d] > 1 or w.above[level, d] > 1
    return partial


@inside(float64(SEARCH, int64, int64, boolean))
def _words_kept(w, level, t, partial):
    """Words of memory that the tile of a tensor takes at a level, with final or partial sums."""
    width = PSUM if t == O and partial else t
    return words_held(w.hardware[level], tile_words(w, t, level), w.bits[width], width)


@inside(float64(SEARCH, int64, int64, int64))
def memory_words(w, level, placed, form):
    """Words that the memory of a level holds in its levels up to ``placed``; infinite where a tensor has no room.

    Sums are taken as final (``form`` 0), partial (1), or as they are (2): where it depends on loops further in than
    ``placed`` as what takes less.
    """
    total = 0.0
    for at in range(w.memory[level], placed + 1):
        if w.memory[at] != w.memory[level]:
            break
        for t in range(3):
            if not w.keep[at, t]:
                continue
            partial = form == 1
            if t == O and form == 2:
                further = w.next_level[at, O]
                partial = sums_go_on(w, at, further if further == w.levels else min(further, placed))
                if not partial and placed < further < w.levels:
                    partial = w.bits[3] < w.bits[O]
            words = _words_kept(w, at, t, partial)
            if words > w.hardware[at, PARTITION_W + t]:
                return np.inf
            total += words
    return total


@inside(float64(SEARCH, int64))
def memory_words_alone(w, c):
    """Least words of the memory of level ``c`` that this level takes, whatever the loops further in do."""
    total = 0.0
    further = w.next_level[c, O]
    for t in range(3):
        if not w.keep[c, t]:
            continue
        words = _words_kept(w, c, t, False)
        if t == O:
            partial = _words_kept(w, c, t, True)
            if sums_go_on(w, c, w.levels if further == w.levels else c):
                words = partial
            elif further < w.levels:
                words = min(words, partial)
        if words > w.hardware[c, PARTITION_W + t]:
            return np.inf
        total += words
    return total


@inside(boolean(SEARCH, int64, float64))
def has_room(w, level, words):
    """Whether the memory of a level has room for so many words (infinite: a tensor has no room)."""
    return words < np.inf and words <= w.hardware[level, CAPACITY_WORDS]


@inside(boolean(SEARCH, int64))
def tiles_fit(w, c):
    """Whether the tiles placed down to level ``c`` fit, as far as that is not known from level ``c - 1``.

    At level ``c`` itself; and where it holds sums, at the memory that sends them, for it is known now whether those are
    partial.
    """
    if not has_room(w, c, memory_words(w, c, c, 2)):
        return False
    holder = w.parent[c, O] if c > 0 and w.keep[c, O] else c
    while not w.keep[holder, O]:
        holder -= 1
    return w.memory[holder] == w.memory[c] or has_room(w, holder, memory_words(w, holder, c, 2))
