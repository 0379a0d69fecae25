"""From vectors in [0, 1]^n to loop nests, compiled: one call decodes the candidates of many problems.

Everything that runs compiled here stands in this one file, because Numba's cache does not see a change in another. The
rules of the decoding are documented in :mod:`mappings.encoding`.
"""

from __future__ import annotations

import numpy as np

from accel_models.compiled import entry, inside

# Columns of a level's row in the hardware table, as in the cost kernel, which need not be compiled for this one.
CAPACITY_WORDS, WORD_BITS, BUFFERS, PARTITION_W, AXIS_SIZE, AXIS_DIMS, MEMORY = 0, 1, 2, 9, 12, 15, 18

C, P, Q, R, S = 3, 4, 5, 6, 7
I, O = 1, 2
IMPORTANCE, INDEX = 0, 1
HELD, LEAST, MOST = 0, 1, 2
BISECTIONS = 7

# Sets of axes, as accel_models.axes numbers them: the axes of each number, a bit each; the number of each such mask;
# the first axis of each. From SEVERAL on a set has more than one axis.
AXES_OF = np.array([0b001, 0b010, 0b100, 0b011, 0b101, 0b110, 0b111], dtype=np.int64)
NUMBER_OF = np.array([0, 0, 1, 3, 2, 4, 5, 6], dtype=np.int8)
FIRST_AXIS = np.array([0, 1, 2, 0, 0, 1, 0], dtype=np.int64)
SEVERAL = 3
BEFORE = 3  # the row of ``share`` that holds the extents outside a fan-out; rows 0 to 2 are widths on its axes


@inside("void(float64[::1], int64, int64, int64, int64[::1])")
def _ranking(vector, at, k, encoding, ranking):
    """Rank ``k`` items, first the most important; the genes stand from ``at`` on."""
    if encoding == IMPORTANCE:
        for i in range(k):
            j = i
            while j > 0 and vector[at + ranking[j - 1]] < vector[at + i]:
                ranking[j] = ranking[j - 1]
                j -= 1
            ranking[j] = i
        return
    count = 1
    for i in range(k):
        count *= i + 1
    index = min(int(vector[at] * count), count - 1)
    for i in range(k):  # digits of the index in the factorial system, then the permutation of that rank
        count //= k - i
        ranking[i] = index // count
        index %= count
    for i in range(k - 2, -1, -1):
        for j in range(i + 1, k):
            if ranking[j] >= ranking[i]:
                ranking[j] += 1


@inside("int64(int64, int64)")
def _largest_divisor(extent, most):
    """The largest divisor of ``extent`` that is at most ``most``."""
    pieces = (extent + most - 1) // most
    while extent % pieces:
        pieces += 1
    return extent // pieces


@inside("int64(int64, int64, int64, int64[:,::1], int64[:,:,::1], int8[:,::1])")
def _whole(extent, level, d, width, share, axis):
    """The width at which a dim of perfect tiles runs: on each of its axes a divisor of what is left of the extent."""
    if axis[level, d] < SEVERAL:
        return _largest_divisor(extent, width[level, d])
    whole = 1
    for a in range(3):
        whole *= _largest_divisor(extent // whole, share[level, a, d])
    return whole


@inside("float64(int64[::1], int64, int64, boolean, float64[:,::1], float64[::1], int64[::1])")
def _words(held, level, t, partial, levels, bits, geometry):
    """Words that tensor ``t`` takes at ``level`` by a tile of extents ``held`` (the rule of the cost kernel)."""
    words = levels[level, BUFFERS]
    if t == 0:
        words *= held[1] * held[2] * held[C] * held[R] * held[S]
    elif t == I:
        words *= held[0] * held[1] * held[C]
        words *= geometry[0] * (held[P] - 1) + geometry[2] * (held[R] - 1) + 1
        words *= geometry[1] * (held[Q] - 1) + geometry[3] * (held[S] - 1) + 1
    else:
        words *= held[0] * held[1] * held[2] * held[P] * held[Q]
    if levels[level, WORD_BITS] > 0:
        words *= bits[3 if t == O and partial else t] / levels[level, WORD_BITS]
    return words


@inside(
    "boolean(int64[::1], int64, boolean, float64[:,::1], boolean[:,::1], float64[::1], int64[::1], float64)",
)
def _fits(held, level, partial, levels, keep, bits, geometry, taken):
    """Whether ``level`` has room for the tiles it keeps of extents ``held`` where ``taken`` words are taken already."""
    total = taken
    for t in range(3):
        if not keep[level, t]:
            continue
        words = _words(held, level, t, partial, levels, bits, geometry)
        if words > levels[level, PARTITION_W + t]:
            return False
        total += words
    return total <= levels[level, CAPACITY_WORDS]


@inside(
    "float64(int64[::1], int64, int64, boolean[::1], float64[:,::1], boolean[:,::1], float64[::1], int64[::1])",
)
def _words_of_levels(held, begin, end, partial, levels, keep, bits, geometry):
    """Words of the tiles that levels ``begin..end-1`` keep, were they all of extents ``held``."""
    total = 0.0
    for level in range(begin, end):
        for t in range(3):
            if keep[level, t]:
                total += _words(held, level, t, partial[level], levels, bits, geometry)
    return total


@inside("int64(int64, float64[:,::1])")
def _end_of_memory(level, levels):
    """The first level inside ``level`` that does not share its memory."""
    end = level + 1
    while end < len(levels) and levels[end, MEMORY] == levels[level, MEMORY]:
        end += 1
    return end


@inside(
    "void(boolean[:,::1], float64[:,::1], float64[::1], int64, int64, int64, int64[::1], boolean[:,::1])",
)
def _give_levels(can_keep, levels, vector, bypass_at, ranks_at, encoding, ranking, keep):
    """Give each tensor of a memory one of its levels, the most important the outermost; idle levels stand first.

    ``bypass_at`` is where the genes stand that say which tensors a memory holds, or -1; ``ranks_at`` where those stand
    that rank its tensors. Fills ``keep``, which holds nothing inside level 0 before.
    """
    first, number = 1, 0
    while first < len(levels):
        end = _end_of_memory(first, levels)
        n = 0
        for t in range(3):
            n += can_keep[first, t]
        _ranking(vector, ranks_at + (first - 1 if encoding == IMPORTANCE else number), n, encoding, ranking)
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
    "void(int64[::1], float64[:,::1], boolean, float64[::1], int64, int64[::1], int64, int64, int64, int64[::1],"
    "int64[:,::1], int64[:,::1], int64[:,:,::1], int8[:,::1])",
)
def _plan_array(
    bounds, levels, perfect, vector, encoding, dims, k, at, again_at, again_of, ranking, width, share, axis
):
    """Give the axes their dims and every dim the width it should run at, outermost fan-out first.

    ``at`` is where the genes of the parallel dims start, or -1 when no axis has a choice; ``again_at`` where those
    start that let a dim run on several axes, of which ``again_of`` numbers that of each level, or is -1. Fills
    ``width`` and ``axis``, and ``share`` at levels where dims may run on several.
    """
    left = bounds.copy()
    stride = k if encoding == IMPORTANCE else 1
    for level in range(len(levels)):
        order = ranking[level]
        for i in range(k):
            order[i] = i
        if at >= 0:
            _ranking(vector, at + level * stride, k, encoding, order)
        again = again_of[level] >= 0 and vector[again_at + again_of[level]] > 0.5
        for d in range(8):
            width[level, d] = 1
            axis[level, d] = 0
            if again:
                share[level, 0, d] = share[level, 1, d] = share[level, 2, d] = 1
                share[level, BEFORE, d] = left[d]
        taken = 0
        for a in range(3):
            room = int(levels[level, AXIS_SIZE + a])
            allowed = int(levels[level, AXIS_DIMS + a])
            for i in range(k):
                d = dims[order[i]]
                if room < 2:
                    break
                if ((taken >> d) & 1 and not again) or not (allowed >> d) & 1 or left[d] == 1:
                    continue
                wide = min(room, left[d])
                if perfect:
                    wide = _largest_divisor(left[d], wide)
                if wide < 2:
                    continue
                if (taken >> d) & 1:
                    width[level, d] = min(width[level, d] * wide, share[level, BEFORE, d])
                    axis[level, d] = NUMBER_OF[AXES_OF[axis[level, d]] | (1 << a)]
                else:
                    width[level, d] = wide
                    axis[level, d] = a
                if again:
                    share[level, a, d] = wide
                taken |= 1 << d
                left[d] = (left[d] + wide - 1) // wide
                room //= wide


@inside("void(int64[::1], int64, int64[:,::1], float64[:,::1], float64)")
def _place(dims, k, line, span, factor):
    """Put the tiles where ``factor`` times their ratios stands, evenly on a logarithmic scale, rounded down.

    ``line`` holds the tiles and the ends of the scale (HELD, LEAST, MOST); ``span`` the ratios and the scale's lengths.
    """
    for i in range(k):
        d = dims[i]
        at = factor * span[0, d]
        if at >= 1.0:
            line[HELD, d] = line[MOST, d]
        else:
            line[HELD, d] = min(int(line[LEAST, d] * np.exp(at * span[1, d])), line[MOST, d])


@inside(
    "boolean(int64[::1], float64[::1], boolean, int64[::1], int64, int64, boolean[::1], int64[:,::1], int64[:,::1],"
    "int64[:,::1], int64[:,:,::1], int8[:,::1], float64[:,::1], boolean[:,::1], float64[::1], int64[::1],"
    "int64[:,::1], float64[:,::1], int64[:,::1], int64[:,::1])",
)
def _cut(
    bounds,
    vector,
    perfect,
    dims,
    k,
    at,
    partial,
    low,
    high,
    width,
    share,
    axis,
    levels,
    keep,
    bits,
    geometry,
    line,
    span,
    tile,
    part,
):
    """Choose all tiles, outermost level first; ``partial[level]`` says how wide outputs are taken to be there;
    ``low`` and ``high`` bound what each level may hold.

    Returns whether a tile was scaled down to fit.
    """
    L = len(levels)
    held, least, most = line[HELD], line[LEAST], line[MOST]
    scaled = False
    taken, end = 0.0, 1
    for d in range(8):
        held[d] = bounds[d]
    for level in range(L):
        for i in range(k):
            d = dims[i]
            tile[level, d] = held[d]
            wide = width[level, d]
            if perfect and wide > 1:
                wide = _whole(held[d], level, d, width, share, axis)
            most[d] = (held[d] + wide - 1) // wide
            below = 1
            for inner in range(level + 1, L):
                below *= width[inner, d]
            least[d] = min(most[d], below)
            if level < L - 1:
                # What a constraint asks for comes before filling the array.
                most[d] = max(min(most[d], high[level + 1, d]), min(low[level + 1, d], tile[level, d]))
                least[d] = min(max(least[d], low[level + 1, d]), most[d])
            held[d] = 1
        if level < L - 1:
            for i in range(k):
                d = dims[i]
                span[0, d] = vector[at + level * k + i]
                span[1, d] = np.log((most[d] + 1) / least[d])
            # Levels of one memory share its room: outer ones have taken some, and inner ones need their least.
            if level + 1 == end:
                taken, end = 0.0, _end_of_memory(level + 1, levels)
            needed = 0.0
            if level + 2 < end:
                needed = _words_of_levels(least, level + 2, end, partial, levels, keep, bits, geometry)
            # As they are (trial 0); else between 0 (trial 1) and 1 by bisection, and last the largest that fits.
            factor, fitting, over = 1.0, 0.0, 1.0
            for trial in range(BISECTIONS + 3):
                _place(dims, k, line, span, factor)
                if trial == BISECTIONS + 2:
                    break
                fits = _fits(held, level + 1, partial[level + 1], levels, keep, bits, geometry, taken + needed)
                if trial == 0:
                    if fits:
                        break
                    scaled = True
                    factor = 0.0
                    continue
                if trial == 1 and not fits:
                    # Not even the array can be filled: go on down from there to 1, all dims together.
                    for i in range(k):
                        d = dims[i]
                        most[d] = least[d]
                        least[d] = min(low[level + 1, d], most[d])
                        span[0, d] = 1.0
                        span[1, d] = np.log((most[d] + 1) / least[d])
                    if level + 2 < end:
                        needed = _words_of_levels(least, level + 2, end, partial, levels, keep, bits, geometry)
                elif trial > 1:
                    if fits:
                        fitting = factor
                    else:
                        over = factor
                factor = (fitting + over) / 2 if trial <= BISECTIONS else fitting
        for i in range(k):
            d = dims[i]
            extent = tile[level, d]
            wide = width[level, d]
            if perfect:
                whole = _whole(extent, level, d, width, share, axis)
                held[d] = _largest_divisor(extent // whole, held[d])
                tile[level, d] = held[d] * whole
            else:
                # Of all tiles of one number of trips the smallest.
                size = min(held[d] * wide, extent)
                pieces = (extent + size - 1) // size
                tile[level, d] = (extent + pieces - 1) // pieces
                snapped = (tile[level, d] + wide - 1) // wide
                if level < L - 1 and snapped < low[level + 1, d]:  # but a tile that is asked for stays as it is
                    tile[level, d] = size
                else:
                    held[d] = snapped
            part[level, d] = held[d]
        if level + 2 < end:
            taken += _words_of_levels(held, level + 1, level + 2, partial, levels, keep, bits, geometry)
    return scaled


@inside("boolean(int64[::1], int64[:,::1], int64[:,::1], boolean[:,::1], int64)")
def _are_partial(bounds, tile, part, keep, level):
    """Whether a level's sums are partial (the rule of the cost kernel): for loops outside the next level that holds
    sums, or for other instances."""
    L = len(tile)
    further = level + 1
    while further < L and not keep[further, O]:
        further += 1
    for d in (C, R, S):
        extent = bounds[d]
        for outer in range(further):
            if tile[outer, d] < extent or (outer < level and part[outer, d] < tile[outer, d]):
                return True
            extent = part[outer, d]
    return False


@entry(
    "void(int64, int64, int64[:,::1], int64[:,::1], float64[:,::1], float64[:,:,::1], boolean[:,:,::1],"
    "int64[::1], int64[::1], int64[:,::1], int64[::1], int64[::1], float64[:,::1], int64, boolean, boolean, boolean,"
    "int64, boolean, int64[::1],"
    "int64[:,:,::1], int64[:,:,::1], int64[:,:,::1], boolean[:,:,::1],"
    "int64[:,:,::1], int64[:,:,::1], int8[:,:,::1], int8[:,:,::1], boolean[:,:,::1])",
)
def decode(
    begin,
    end,
    bounds,
    geometry,
    bits,
    levels,
    can_keep,
    layer_of,
    accelerator_of,
    dims_of,
    n_dims,
    problem_of,
    vectors,
    encoding,
    choice,
    bypass,
    perfect,
    memories,
    uneven,
    again_of,
    low,
    high,
    rank,
    fixed,
    tile,
    part,
    order,
    axis,
    keep,
):
    """Decode candidates ``begin..end-1``; see :mod:`mappings.encoding` for the layout of a vector.

    Args:
        layer_of, accelerator_of, dims_of, n_dims: of every problem: its layer, accelerator, and dims of more than one
            trip (the first ``n_dims`` of its row).
        problem_of: (B,), which problem each vector belongs to.
        vectors: (B, n).
        encoding: ``IMPORTANCE`` or ``INDEX``. choice: some axis may run one of several dims. bypass: genes say which
            tensors a memory keeps. perfect: tiles divide.
        memories: inner ones of a machine, at most. uneven: genes say which of a memory's levels keeps which tensor.
        again_of: (L,), the number of the gene that lets dims run on several axes of a level's fan-out, or -1.
        low, high, rank, fixed: of every accelerator, as in a :class:`~mappings.constraints.ConstraintTable`.
        tile, part, order, axis, keep: arrays of a :class:`~accel_models.loopnest.MappingArrays`, filled.
    """
    L = levels.shape[1]
    width = np.ones((L, 8), dtype=np.int64)
    share = np.ones((L, 4, 8), dtype=np.int64)
    ranking = np.zeros((L, 8), dtype=np.int64)
    line = np.ones((3, 8), dtype=np.int64)
    span = np.empty((2, 8))
    choosing = bypass and not uneven
    partial = np.zeros(L, dtype=np.bool_)
    for b in range(begin, end):
        problem = problem_of[b]
        layer, at = layer_of[problem], accelerator_of[problem]
        dims, k = dims_of[problem], n_dims[problem]
        vector = vectors[b]
        per_order = k if encoding == IMPORTANCE else 1
        tiles_at = L * per_order
        choice_at = tiles_at + (L - 1) * k
        keep_at = choice_at + (L * per_order if choice else 0)
        ranks_at = keep_at + (3 * memories if bypass else 0)
        again_at = ranks_at + ((L - 1 if encoding == IMPORTANCE else memories) if uneven else 0)
        for level in range(L):
            for t in range(3):
                keep[b, level, t] = can_keep[at, level, t] and (level == 0 or not uneven)
                if choosing and level > 0 and not fixed[at, level, t]:
                    keep[b, level, t] = keep[b, level, t] and vector[keep_at + (level - 1) * 3 + t] >= 0.5
            for d in range(8):
                order[b, level, d] = -1
                tile[b, level, d] = 1
                part[b, level, d] = 1
            _ranking(vector, level * per_order, k, encoding, ranking[0])
            # What constraints put further out comes first; among equals the vector decides.
            for i in range(1, k):
                item = ranking[0, i]
                j = i
                while j > 0 and rank[at, level, dims[ranking[0, j - 1]]] > rank[at, level, dims[item]]:
                    ranking[0, j] = ranking[0, j - 1]
                    j -= 1
                ranking[0, j] = item
            n = 0
            for i in range(k):
                order[b, level, n] = dims[ranking[0, i]]
                n += 1
            for d in range(8):
                if bounds[layer, d] == 1:
                    order[b, level, n] = d
                    n += 1
        if uneven:
            bypass_at = keep_at if bypass else -1
            _give_levels(can_keep[at], levels[at], vector, bypass_at, ranks_at, encoding, ranking[0], keep[b])
        _plan_array(
            bounds[layer],
            levels[at],
            perfect,
            vector,
            encoding,
            dims,
            k,
            choice_at if choice else -1,
            again_at,
            again_of,
            ranking,
            width,
            share,
            axis[b],
        )
        # Outputs count at the width of partial sums wherever the layer sums at all, except at a level whose share of
        # the reduction turns out to be complete: there the wider room is tried, and kept if the reduction stays
        # complete.
        reduces = bounds[layer, C] > 1 or bounds[layer, R] > 1 or bounds[layer, S] > 1
        for level in range(L):
            partial[level] = reduces
        for attempt in range(3):
            scaled = _cut(
                bounds[layer],
                vector,
                perfect,
                dims,
                k,
                tiles_at,
                partial,
                low[at],
                high[at],
                width,
                share,
                axis[b],
                levels[at],
                keep[b],
                bits[layer],
                geometry[layer],
                line,
                span,
                tile[b],
                part[b],
            )
            again = attempt == 0 and scaled and reduces
            if attempt < 2 and (again or attempt == 1):
                complete, as_taken = False, True
                for level in range(1, L):
                    sums = _are_partial(bounds[layer], tile[b], part[b], keep[b], level)
                    complete = complete or not sums
                    as_taken = as_taken and (partial[level] or not sums)
                    partial[level] = sums or attempt == 1
                again = complete if attempt == 0 else not as_taken
            if not again:
                break


@inside("int64(int64, int64, int64[:,::1], int64[:,::1], int8[:,::1])")
def _importance(level, d, tile, part, axis):
    """How early a dim that runs in parallel took its first axis: the wider the earlier, on several axes last."""
    return tile[level, d] // part[level, d] if axis[level, d] < SEVERAL else 1


@inside("void(int64[::1], int64, int64, float64[::1], int64)")
def _write_ranking(ranking, k, encoding, vector, at):
    """Inverse of :func:`_ranking`: genes in the middle of what decodes to a ranking."""
    if encoding == IMPORTANCE:
        for i in range(k):
            vector[at + ranking[i]] = (k - i - 0.5) / k
        return
    index, count = 0, 1
    for i in range(k):
        smaller = 0
        for j in range(i + 1, k):
            if ranking[j] < ranking[i]:
                smaller += 1
        index = index * (k - i) + smaller
        count *= i + 1
    vector[at] = (index + 0.5) / count


@inside(
    "void(boolean[:,::1], float64[:,::1], boolean[:,::1], int64, int64, int64, int64[::1], float64[::1], int64[::1])",
)
def _write_levels(can_keep, levels, keep, bypass_at, ranks_at, encoding, ranking, vector, source):
    """Inverse of :func:`_give_levels`.

    ``source[level]`` becomes the level of the given mapping that begins where ``level`` begins in the decoded one:
    another where tensors share a level, or where a level that keeps nothing stands inside one that does.
    """
    source[0] = 0
    first, number = 1, 0
    while first < len(levels):
        end = _end_of_memory(first, levels)
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
        _write_ranking(ranking, n, encoding, vector, ranks_at + (first - 1 if encoding == IMPORTANCE else number))
        first, number = end, number + 1


@inside("int64(int64, int64[::1], float64[:,::1], int64[:,::1], int64[:,::1])")
def _ordering(level, source, levels, tile, part):
    """The level of the given mapping whose loops stand at ``level``: the innermost with loops of those it takes in."""
    begin, end = source[level], _end_of_memory(level, levels)
    if level + 1 < end:
        end = max(source[level + 1], begin + 1)
    for given in range(end - 1, begin, -1):
        for d in range(8):
            if tile[given, d] < part[given - 1, d]:
                return given
    return begin


@entry(
    "void(int64[:,::1], float64[:,:,::1], int64[::1], int64[::1], int64[:,::1], int64[::1], int64[::1], int64, boolean,"
    "boolean, boolean, int64, boolean, int64[::1], boolean[:,:,::1],"
    "int64[:,:,::1], int64[:,:,::1], int8[:,:,::1], int8[:,:,::1], boolean[:,:,::1], float64[:,::1])",
)
def encode(
    bounds,
    levels,
    layer_of,
    accelerator_of,
    dims_of,
    n_dims,
    problem_of,
    encoding,
    choice,
    bypass,
    perfect,
    memories,
    uneven,
    again_of,
    can_keep,
    tile,
    part,
    order,
    axis,
    keep,
    vectors,
):
    """Write the vectors that decode to the given mappings, or to their nearest; arguments as for :func:`decode`."""
    L = levels.shape[1]
    width = np.ones((L, 8), dtype=np.int64)
    planned = np.zeros((L, 8), dtype=np.int8)
    ranking = np.zeros(8, dtype=np.int64)
    rankings = np.zeros((L, 8), dtype=np.int64)
    share = np.ones((L, 4, 8), dtype=np.int64)
    source = np.arange(L)
    for b in range(len(vectors)):
        problem = problem_of[b]
        layer, at = layer_of[problem], accelerator_of[problem]
        dims, k = dims_of[problem], n_dims[problem]
        vector = vectors[b]
        per_order = k if encoding == IMPORTANCE else 1
        tiles_at = L * per_order
        choice_at = tiles_at + (L - 1) * k
        keep_at = choice_at + (L * per_order if choice else 0)
        ranks_at = keep_at + (3 * memories if bypass else 0)
        again_at = ranks_at + ((L - 1 if encoding == IMPORTANCE else memories) if uneven else 0)
        if uneven:
            bypass_at = keep_at if bypass else -1
            _write_levels(can_keep[at], levels[at], keep[b], bypass_at, ranks_at, encoding, ranking, vector, source)
        for level in range(L):
            n = 0
            given = _ordering(level, source, levels[at], tile[b], part[b]) if uneven else level
            for place in range(8):
                for i in range(k):
                    if dims[i] == order[b, given, place]:
                        ranking[n] = i
                        n += 1
            _write_ranking(ranking, k, encoding, vector, level * per_order)
            if choice:
                # The dims that run in parallel first, axis by axis, the wider before the narrower.
                n = 0
                for a in range(4):
                    begin = n
                    for i in range(k):
                        d = dims[i]
                        runs = part[b, level, d] < tile[b, level, d]
                        if (a < 3 and runs and FIRST_AXIS[axis[b, level, d]] == a) or (a == 3 and not runs):
                            j = n
                            wide = _importance(level, d, tile[b], part[b], axis[b])
                            while j > begin:
                                other = dims[ranking[j - 1]]
                                if _importance(level, other, tile[b], part[b], axis[b]) >= wide:
                                    break
                                ranking[j] = ranking[j - 1]
                                j -= 1
                            ranking[j] = i
                            n += 1
                _write_ranking(ranking, k, encoding, vector, choice_at + level * per_order)
            if again_of[level] >= 0:
                several = False
                for d in range(8):
                    several = several or (part[b, level, d] < tile[b, level, d] and axis[b, level, d] >= SEVERAL)
                vector[again_at + again_of[level]] = 0.75 if several else 0.25
            if bypass and not uneven and level > 0:
                for t in range(3):
                    vector[keep_at + (level - 1) * 3 + t] = 0.75 if keep[b, level, t] else 0.25
        _plan_array(
            bounds[layer],
            levels[at],
            perfect,
            vector,
            encoding,
            dims,
            k,
            choice_at if choice else -1,
            again_at,
            again_of,
            rankings,
            width,
            share,
            planned,
        )
        for level in range(L - 1):
            for i in range(k):
                d = dims[i]
                extent = bounds[layer, d] if level == 0 else part[b, source[level] - 1, d]
                wide = width[level, d]
                if perfect and wide > 1:
                    wide = _whole(extent, level, d, width, share, planned)
                most = (extent + wide - 1) // wide
                below = 1
                for inner in range(level + 1, L):
                    below *= width[inner, d]
                least = min(most, below)
                ratio = np.log((part[b, source[level + 1] - 1, d] + 0.5) / least) / np.log((most + 1) / least)
                vector[tiles_at + level * k + i] = min(max(ratio, 0.0), 1.0)
