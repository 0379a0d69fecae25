"""Which level of a memory keeps which tensor, where each is held over its own loops."""

from __future__ import annotations

from accel_models.codes import MEMORY
from accel_models.compiled import inside
from mappings.decode_kernel.rankings import IMPORTANCE, read_ranking, write_ranking


@inside("int64(int64, float64[:,::1])")
def end_of_memory(level, levels):
    """The first level inside ``level`` that does not share its memory."""
    end = level + 1
    while end < len(levels) and levels[end, MEMORY] == levels[level, MEMORY]:
        end += 1
    return end


@inside(
    "void(boolean[:,::1], float64[:,::1], float64[::1], int64, int64, int64, int64[::1], boolean[:,::1])",
)
def give_levels(can_keep, levels, vector, bypass_at, ranks_at, encoding, ranking, keep):
    """Give each tensor of a memory one of its levels, the most important the outermost; idle levels stand first.

    ``bypass_at`` is where the genes stand that say which tensors a memory holds, or -1; ``ranks_at`` where those stand
    that rank its tensors. Fills ``keep``, which holds nothing inside level 0 before.
    """
    first, number = 1, 0
    while first < len(levels):
        end = end_of_memory(first, levels)
        n = 0
        for t in range(3):
            n += can_keep[first, t]
        read_ranking(vector, ranks_at + (first - 1 if encoding == IMPORTANCE else number), n, encoding, ranking)
        level = end - 1
        for i in range(n - 1, -1, -1):
            place, tensor = ranking[i], 0
            for t in range(3):
                if can_keep[first, t]:
                    if place == 0:
                        tensor = t
                    place -= 1
            if bypass_at < 0 or vector[bypass_at + 3 * number + tensor] >= 0.5:
                keep[level, tensor] = True
                level -= 1
        first, number = end, number + 1


@inside(
    "void(boolean[:,::1], float64[:,::1], boolean[:,::1], int64, int64, int64, int64[::1], float64[::1], int64[::1])",
)
def write_levels(can_keep, levels, keep, bypass_at, ranks_at, encoding, ranking, vector, source):
    """Inverse of :func:`give_levels`.

    ``source[level]`` becomes the level of the given mapping that begins where ``level`` begins in the decoded one:
    another where tensors share a level, or where a level that keeps nothing stands inside one that does.
    """
    source[0] = 0
    first, number = 1, 0
    while first < len(levels):
        end = end_of_memory(first, levels)
        n, held = 0, 0
        for t in range(3):
            n += can_keep[first, t]
        for level in range(first, end):
            place = -1
            for t in range(3):
                place += can_keep[first, t]
                if keep[level, t] and held < n:
                    ranking[held] = place
                    source[first + held] = level
                    held += 1
        idle = end - first - held
        for i in range(held - 1, -1, -1):
            source[first + idle + i] = source[first + i]
        for level in range(first, first + idle):
            source[level] = min(level, source[first + idle]) if held else level
        # Last rank tensors that are not held: where says nothing.
        place, last = -1, held
        for t in range(3):
            place += can_keep[first, t]
            holds = False
            for level in range(first, end):
                holds = holds or keep[level, t]
            if can_keep[first, t] and not holds and last < n:
                ranking[last] = place
                last += 1
            if bypass_at >= 0:
                vector[bypass_at + 3 * number + t] = 0.75 if holds else 0.25
        write_ranking(ranking, n, encoding, vector, ranks_at + (first - 1 if encoding == IMPORTANCE else number))
        first, number = end, number + 1
