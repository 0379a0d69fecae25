"""Groups priced by compiled code (:mod:`mappings.fusion.price`)."""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, types

from accel_models.compiled import entry, inside
from accel_models.fusion.kernel.timing import cycles_of, port

ENERGY, CYCLES, READS, WRITES, FINISHED, BOUND = 0, 1, 2, 3, 4, 5
"""Figures of a mapped piece; ``FINISHED`` is 0 where sums go up that are not."""
DOWN, ACROSS, PIECES, ROWS, COLUMNS, SLICES = 0, 1, 2, 3, 4, 5
"""Of a step: where its rows and columns of tiles begin in ``of_tile``, and its pieces in ``pieces``; how many rows and
columns of tiles there are; how many slices."""
WIDE = 6
"""And how many distinct numbers of columns."""
DRAM_WORDS, SHARED_WORDS, CROSSING = 0, 1, 2
"""Of a group: words of weights in either memory, and the energy of all that crosses."""
RESIDENT, ROOM_FOR_FINISHED = 0, 1
"""Of a group: whether weights stay, and whether there is room for finished outputs only."""
TOTAL, TIME, SCORE, LEAST, FRUGAL = 0, 1, 2, 3, 4
"""What a group costs: energy without static power, cycles, score, bound, whether mappings are of the lower price."""
MATTERS = 1e-3
"""Share of a score from which on it matters that transfers take longer than layers."""


@entry(
    types.void(
        int64[::1], int64[::1], int64[::1], int64[:, ::1], int64[::1], int64[::1], float64[:, :, ::1], float64[::1],
        int64[::1], float64[::1], float64[::1], float64[::1], float64[:, ::1], boolean[:, ::1],
        float64[::1], float64[::1], float64[:, ::1], float64[:, ::1], boolean,
        float64, float64, float64[:, ::1], boolean[::1],
    )
)  # fmt: skip
def price_groups(
    asked, first_step, step_at, steps, of_tile, pieces, parts, loading,
    first_tile, fetched, filled, written, words, flags,
    dram, shared, figures, frugal, twice, cycle_pj, frugal_pj, costs, slower,
):  # fmt: skip
    """Price some groups with mappings that are best at one price, or with the better of those and of a lower price.

    Args:
        asked: groups.
        first_step: (groups + 1,) where the steps of each begin in ``step_at``, which holds rows of ``steps``.
        of_tile, pieces: as ``steps`` say; a piece of -1 is nothing.
        parts: (steps, 2, 2) how many pieces of each slice there are, and what one takes of the weights.
        loading: (steps,) cycles that the layer's weights take to come in.
        first_tile: (groups + 1,) where the tiles of each begin in ``fetched``, ``filled`` and ``written``.
        words: (groups, 3); flags: (groups, 2).
        dram, shared: (3,) bandwidths.
        figures: (pieces, 6) of the best mappings at the price, ``frugal`` of those at the lower one, looked at if
            ``twice``.
        cycle_pj: price of a cycle; infinite for time alone. frugal_pj: the lower one.
        costs: (groups, 5) to fill; ``slower``: (groups,) whether it matters that transfers take longer than
            layers somewhere.
    """
    for group in asked:
        own = steps[step_at[first_step[group] : first_step[group + 1]]]
        share = parts[step_at[first_step[group] : first_step[group + 1]]]
        loads = loading[step_at[first_step[group] : first_step[group + 1]]]
        begin, end = first_tile[group], first_tile[group + 1]
        fetch, fill, write = fetched[begin:end], filled[begin:end], written[begin:end]
        transfers, exposed = np.empty(end - begin), np.empty(end - begin)
        cost, of, stay = costs[group], words[group], flags[group, RESIDENT]
        crossing, ends = of[CROSSING], port(dram, fetch[0], 0.0) + port(dram, 0.0, write[len(write) - 1])
        slices, counts, shares = own[:, SLICES].copy(), share[:, :, 0].copy(), share[:, :, 1].copy()
        cycles, sums = _in_tiles(own, of_tile, pieces, counts, figures, CYCLES)
        time = cycles_of(
            cycles, slices, counts, shares, loads, of[SHARED_WORDS], sums[READS], sums[WRITES],
            fetch, fill, write, of[DRAM_WORDS], stay, dram, shared, transfers, exposed,
        )  # fmt: skip
        no_room = flags[group, ROOM_FOR_FINISHED] and sums[FINISHED].min() < 0
        _note(cost, crossing + sums[ENERGY].sum(), time, cycle_pj, no_room)
        cost[FRUGAL] = 0.0
        if np.isinf(cycle_pj):  # every part of the time rises with the cycles of pieces
            nothing = np.zeros(end - begin)
            cycles, _ = _in_tiles(own, of_tile, pieces, counts, figures, BOUND)
            least = cycles_of(
                cycles, slices, counts, shares, loads, of[SHARED_WORDS], nothing, nothing,
                fetch, fill, write, of[DRAM_WORDS], stay, dram, shared, transfers, exposed,
            )  # fmt: skip
        else:
            waiting = np.maximum(transfers - sums[CYCLES] - exposed, 0.0).sum()
            slower[group] = cycle_pj * waiting > MATTERS * cost[SCORE]
            slots = sums[BOUND] + cycle_pj * exposed
            if twice:
                other = np.empty(len(cost))
                cycles, sums = _in_tiles(own, of_tile, pieces, counts, frugal, CYCLES)
                time = cycles_of(
                    cycles, slices, counts, shares, loads, of[SHARED_WORDS], sums[READS], sums[WRITES],
                    fetch, fill, write, of[DRAM_WORDS], stay, dram, shared, transfers, exposed,
                )  # fmt: skip
                no_room = flags[group, ROOM_FOR_FINISHED] and sums[FINISHED].min() < 0
                _note(other, crossing + sums[ENERGY].sum(), time, cycle_pj, no_room)
                other[FRUGAL] = 1.0
                if other[SCORE] < cost[SCORE]:
                    cost[:] = other
                slots = np.maximum(slots, sums[BOUND] + (cycle_pj - frugal_pj) * transfers)
            least = crossing + cycle_pj * ends + slots.sum()
        cost[LEAST] = min(least, cost[SCORE])


@inside()
def _note(cost, energy_pj, time, cycle_pj, no_room):
    """Write down what a group costs; infinitely much where there is no room for the sums that its mappings send up."""
    cost[TOTAL], cost[TIME] = energy_pj, time
    cost[SCORE] = time if np.isinf(cycle_pj) else energy_pj + cycle_pj * time
    if no_room:
        cost[SCORE] = np.inf


@inside(allocates=True)
def _in_tiles(own, of_tile, pieces, counts, figures, time):
    """(steps, tiles, 2) cycles of a piece of each slice, or what ``time`` says; (6, tiles) figures of all pieces.

    Of ``FINISHED`` the sum is negative where sums go up that are not finished.
    """
    down, across = own[0, ROWS], own[0, COLUMNS]
    cycles = np.zeros((len(own), down * across, 2))
    sums = np.zeros((6, down * across))
    for n in range(len(own)):
        for r in range(down):
            row = of_tile[own[n, DOWN] + r]
            for c in range(across):
                at = row * own[n, WIDE] + of_tile[own[n, ACROSS] + c]
                t = r * across + c
                for part in range(own[n, SLICES]):
                    piece = pieces[own[n, PIECES] + at * own[n, SLICES] + part]
                    if piece < 0:
                        continue
                    cycles[n, t, part] = figures[piece, time]
                    for figure in (ENERGY, CYCLES, READS, WRITES, BOUND):
                        sums[figure, t] += figures[piece, figure] * counts[n, part]
                    sums[FINISHED, t] -= 1.0 - figures[piece, FINISHED]
    return cycles, sums
