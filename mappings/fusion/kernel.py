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
        at = step_at[first_step[group] : first_step[group + 1]]
        tiles = slice(first_tile[group], first_tile[group + 1])
        own, share, loads = steps[at], parts[at], loading[at]
        fetch, fill, write = fetched[tiles], filled[tiles], written[tiles]
        transfers, exposed = np.empty(len(fetch)), np.empty(len(fetch))
        cost, of, stay = costs[group], words[group], flags[group, RESIDENT]
        crossing, ends = of[CROSSING], port(dram, fetch[0], 0.0) + port(dram, 0.0, write[len(write) - 1])
        slots, least = np.zeros(len(fetch)), 0.0
        for mapped in range(2 if twice else 1):
            sums, time = _timed(
                own, of_tile, pieces, share, loads, of, stay, fetch, fill, write, dram, shared,
                frugal if mapped else figures, CYCLES, transfers, exposed,
            )  # fmt: skip
            energy_pj = crossing + sums[ENERGY].sum()
            score = time if np.isinf(cycle_pj) else energy_pj + cycle_pj * time
            if flags[group, ROOM_FOR_FINISHED] and sums[FINISHED].min() < 0:
                score = np.inf  # no room for what the mappings send up
            if mapped == 0 or score < cost[SCORE]:
                cost[TOTAL], cost[TIME], cost[SCORE], cost[FRUGAL] = energy_pj, time, score, mapped
            if np.isinf(cycle_pj):  # every part of the time rises with the cycles of pieces
                _, least = _timed(
                    own, of_tile, pieces, share, loads, of, stay, fetch, fill, write, dram, shared,
                    figures, BOUND, transfers, exposed,
                )  # fmt: skip
                continue
            if mapped:
                slots = np.maximum(slots, sums[BOUND] + (cycle_pj - frugal_pj) * transfers)
            else:
                waiting = np.maximum(transfers - sums[CYCLES] - exposed, 0.0).sum()
                slower[group] = cycle_pj * waiting > MATTERS * score
                slots = sums[BOUND] + cycle_pj * exposed
            least = crossing + cycle_pj * ends + slots.sum()
        cost[LEAST] = min(least, cost[SCORE])


@inside(allocates=True)
def _timed(
    own, of_tile, pieces, share, loads, of, stay, fetch, fill, write, dram, shared, figures, time, transfers, exposed,
):  # fmt: skip
    """(6, tiles) figures of all pieces of a group, and its cycles where pieces take what the figure ``time`` says."""
    slices, counts, shares = own[:, SLICES].copy(), share[:, :, 0].copy(), share[:, :, 1].copy()
    cycles, sums = _in_tiles(own, of_tile, pieces, counts, figures, time)
    reads, writes = sums[READS], sums[WRITES]
    if time == BOUND:  # other mappings may move less
        reads, writes = np.zeros(len(fetch)), np.zeros(len(fetch))
    total = cycles_of(
        cycles, slices, counts, shares, loads, of[SHARED_WORDS], reads, writes,
        fetch, fill, write, of[DRAM_WORDS], stay, dram, shared, transfers, exposed,
    )  # fmt: skip
    return sums, total


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
