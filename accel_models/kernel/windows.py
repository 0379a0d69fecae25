"""How the rows and columns of inputs move, and what of them stays (``docs/cost_model.md``, 2.2 to 2.4)."""

from __future__ import annotations

from numba import boolean, int64

from accel_models.codes import P, R
from accel_models.compiled import inside
from accel_models.kernel.intervals import union_of_combs
from accel_models.kernel.pieces import full_pieces, last_step, listed, only_fan
from accel_models.kernel.ragged_windows import ragged_window
from accel_models.kernel.tiles import window_length
from accel_models.kernel.work import BACK, EVEN, PAIR, STEPS, TABLE, TRIPS, WIDTH, WORK


@inside(int64(WORK, int64, int64, int64, int64, boolean, int64, int64, int64, int64, int64, TABLE))
def _fall_back(work, d, k, c, fan, every, new, old, distance, mult, n, moves):
    """Append to ``n`` rows of :func:`_window_moves` how instances move while the loops of levels >= ``k`` fall back.

    Args: ``new`` and ``old`` are the sizes of the pieces outside those loops, ``distance`` how far the one starts
    beyond the other. ``fan`` is the level of the one fan-out inside (-1: none), of which ``every`` instance or only the
    first counts. Instances that move alike make one row.
    """
    chain = work.chain
    first, part, active = new, new, 1
    if fan >= 0:
        if fan >= k:
            first = min(new, chain[2 * fan + 1, d])
        part = chain[2 * fan + 2, d]
        if every:
            active = (first + part - 1) // part
    i = 0
    while i < active:
        start, last = 0, old
        if fan >= k:
            start, last = last_step(work, d, k, fan, old, i * part)
        count = 1
        new_size, old_size = first - i * part, last - i * part
        if fan >= 0:
            count = min(new_size, old_size) // part  # both full
            count = max(count, 1) if every else 1
            new_size, old_size = min(new_size, part), min(old_size, part)
        inside = max(k, fan + 1)
        for level in range(inside, c):
            tile = chain[2 * level + 1, d]
            if old_size > tile:
                trips = full_pieces(old_size - 1, tile)
                start += trips * tile
                old_size -= trips * tile
        if c > inside:
            new_size = min(new_size, chain[2 * c - 1, d])
        moves[n, 0] = new_size
        moves[n, 1] = old_size
        moves[n, 2] = distance - start
        moves[n, 3] = mult * count
        n += 1
        i += count
    return n


@inside(int64(WORK, int64, int64, boolean, int64, int64, TABLE))
def _window_moves(work, d, k, advance, c, hi, moves):
    """How pieces of a window dim move in one step: rows (new size, old size, distance, multiplicity).

    Returns the number of rows, or -1 where several fan-outs spread a ragged dim inside the cut (see
    :mod:`~accel_models.kernel.ragged_windows`).
    """
    chain, pieces = work.chain, work.pieces
    if chain[EVEN, d]:
        distance = chain[BACK + k, d] - chain[BACK + c, d]
        steps = chain[TRIPS + k, d]
        if advance:
            distance += chain[2 * k - 1, d]
            steps -= chain[TRIPS + k - 1, d]
        moves[0, 0] = chain[2 * c, d]
        moves[0, 1] = chain[2 * c, d]
        moves[0, 2] = distance
        moves[0, 3] = steps * chain[WIDTH + hi, d]
        return 1
    above = k - 1 if advance else k
    fan = -1
    if chain[WIDTH + c, d] > chain[WIDTH + above, d]:
        fan = only_fan(work, d, above, c)
        if fan < 0:
            return -1
    pieces = work.pieces[d, listed(work, d, hi), above]
    n = 0
    for i in range(pieces[STEPS, 0]):
        size, mult = pieces[i, 0], pieces[i, 1]
        if not advance:
            n = _fall_back(work, d, k, c, fan, hi > fan, size, size, 0, mult, n, moves)
            continue
        # From a full piece to a full one, or to the rest.
        tile = chain[2 * k - 1, d]
        full = full_pieces(size, tile)
        rest = size - full * tile
        if full > 1:
            n = _fall_back(work, d, k, c, fan, hi > fan, tile, tile, tile, mult * (full - 1), n, moves)
        if full and rest:
            n = _fall_back(work, d, k, c, fan, hi > fan, rest, tile, tile, mult, n, moves)
    return n


@inside(int64(WORK, int64, int64, int64, int64))
def _spread(work, axis, p, c, width):
    """Length of the union of equal intervals that stand where the children of one parent stand (even tiles)."""
    chain, geometry = work.chain, work.geometry
    a, b = P + axis, R + axis
    scale_a, scale_b = geometry[axis], geometry[2 + axis]
    spacing, count = work.index[0], work.index[1]
    n = 0
    for level in range(p, c):
        trips = chain[2 * level + 1, a] // chain[2 * level + 2, a]
        if trips > 1:
            spacing[n], count[n] = scale_a * chain[2 * level + 2, a], trips
            n += 1
        trips = chain[2 * level + 1, b] // chain[2 * level + 2, b]
        if trips > 1:
            spacing[n], count[n] = scale_b * chain[2 * level + 2, b], trips
            n += 1
    union = union_of_combs(spacing, count, n, width)
    if union < 0:
        work.too_many = 1
        return 0
    return union


@inside(PAIR(WORK, int64, int64, int64, int64, int64, int64, int64))
def window(work, axis, ka, kb, advance, p, c, hi):
    """Words wanted and words held already, for one window (rows or columns) over all steps of one kind.

    For the arguments see :func:`ragged_window`; spatial levels ``< hi`` are summed over.
    """
    chain, geometry = work.chain, work.geometry
    a, b = P + axis, R + axis
    scale_a, scale_b = geometry[axis], geometry[2 + axis]
    moves = work.moves
    even = chain[EVEN, a] and chain[EVEN, b]
    spread = p < c and (chain[WIDTH + c, a] > chain[WIDTH + p, a] or chain[WIDTH + c, b] > chain[WIDTH + p, b])
    if even:
        length = window_length(scale_a, chain[2 * c, a], scale_b, chain[2 * c, b])
        steps_a, steps_b = chain[TRIPS + ka, a], chain[TRIPS + kb, b]
        distance = scale_a * (chain[BACK + ka, a] - chain[BACK + c, a])
        distance += scale_b * (chain[BACK + kb, b] - chain[BACK + c, b])
        if advance == 1:
            distance += scale_a * chain[2 * ka - 1, a]
            steps_a -= chain[TRIPS + ka - 1, a]
        elif advance == 2:
            distance += scale_b * chain[2 * kb - 1, b]
            steps_b -= chain[TRIPS + kb - 1, b]
        mult = steps_a * steps_b * chain[WIDTH + hi, a] * chain[WIDTH + hi, b]
        moved = min(abs(distance), length)
        if not spread:
            return mult * length, mult * (length - moved)
        wanted = _spread(work, axis, p, c, length)
        if moved == 0:
            return mult * wanted, mult * wanted
        return mult * wanted, mult * (wanted - _spread(work, axis, p, c, moved))
    if spread:
        return ragged_window(work, axis, ka, kb, advance, p, c, 0, hi)
    n_a = _window_moves(work, a, ka, advance == 1, c, hi, moves[0])
    n_b = _window_moves(work, b, kb, advance == 2, c, hi, moves[1])
    if n_a < 0 or n_b < 0:
        return ragged_window(work, axis, ka, kb, advance, c, c, 0, hi)
    wanted, held = 0, 0
    for i in range(n_a):
        for j in range(n_b):
            new = window_length(scale_a, moves[0, i, 0], scale_b, moves[1, j, 0])
            old = window_length(scale_a, moves[0, i, 1], scale_b, moves[1, j, 1])
            at = scale_a * moves[0, i, 2] + scale_b * moves[1, j, 2]
            mult = moves[0, i, 3] * moves[1, j, 3]
            wanted += mult * new
            both = min(at + new, old) - max(at, 0)
            if both > 0:
                held += mult * both
    return wanted, held


@inside(int64(WORK, int64, int64, int64, int64))
def wanted_words(work, axis, parent, c, hi):
    """Words along a window that the children of a parent want, over all steps and instances."""
    chain, geometry, steps = work.chain, work.geometry, work.steps[work.summed[hi]]
    a, b = P + axis, R + axis
    if chain[WIDTH + c, a] == chain[WIDTH + hi, a] and chain[WIDTH + c, b] == chain[WIDTH + hi, b]:
        # No two children share: add up the lengths of all windows, one for each pair of pieces.
        n_a, n_b = steps[c, a], steps[c, b]
        words = geometry[axis] * (chain[0, a] - n_a) * n_b + geometry[2 + axis] * (chain[0, b] - n_b) * n_a
        return words + n_a * n_b
    words, _ = window(work, axis, c, c, 0, parent, c, hi)
    return words


@inside(int64(WORK, int64, int64, int64))
def first_window(work, axis, p, c):
    """Length of the union of the windows that the first parent's children want in the first step."""
    chain, geometry = work.chain, work.geometry
    a, b = P + axis, R + axis
    scale_a, scale_b = geometry[axis], geometry[2 + axis]
    length = window_length(scale_a, chain[2 * c, a], scale_b, chain[2 * c, b])
    spread_a = chain[WIDTH + c, a] > chain[WIDTH + p, a]
    spread_b = chain[WIDTH + c, b] > chain[WIDTH + p, b]
    if not spread_a and not spread_b:
        return length
    # Children of one fan-out stand side by side; where each reaches the next their windows make one.
    touch_a = not spread_a or scale_a * chain[2 * c, a] <= length
    touch_b = not spread_b or scale_b * chain[2 * c, b] <= length
    if touch_a and touch_b and chain[2 * p + 2, a] == chain[2 * c, a] and chain[2 * p + 2, b] == chain[2 * c, b]:
        return window_length(scale_a, chain[2 * p + 1, a], scale_b, chain[2 * p + 1, b])
    wanted, _ = window(work, axis, 0, 0, 0, p, c, 0)
    return wanted
