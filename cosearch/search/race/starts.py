"""Where the race begins: the designs of each wiring whose estimates are least, from small L2s to large ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from accel_models.template import ARRAY_STRIDE
from cosearch.bounds.grid import L1, L2, NOC, SIZES, DesignGrid, Ints, on_stride
from cosearch.problem.template_space import MOST_ELEMENTS, WIRED
from cosearch.search.race.estimates import Estimates

L1_BYTES: Final = (32, 64, 256, 512)
"""L1s that designs begin with; the race goes on from there."""
WORDS_OF_EDGE: Final = 1.5
"""Words a cycle of the network, over the lanes on the array's edges."""
SHARES: Final = (0.08, 0.16, 0.32, 0.64, 1.0)
"""Strata: the share of the area that L2 takes, up to each. Estimates do not see what a small L2 costs."""
MOST_WORDS: Final = 256

Kind = tuple[tuple[str, ...], bool]
"""A wiring, and whether its elements have SRAM and not registers."""


def starts_of(
    grid: DesignGrid, wiring: Sequence[str], estimates: Estimates, square: bool, each: int
) -> dict[Kind, list[tuple[float, Ints]]]:
    """Designs to begin with, the least estimates first, taken from the strata in turn.

    Args:
        wiring: the dims that run in parallel.
        square: whether P and Q, R and S are alike: then the first has no fewer lanes.
        each: at most so many of each stratum.
    """
    arrays = _arrays(grid, wiring, square)
    found: dict[Kind, list[tuple[float, Ints]]] = {}
    for kind in (False, True):
        sizes = [part for l1 in L1_BYTES if len(part := _with_buffers(grid, arrays, l1, kind))]
        if not sizes:
            continue
        designs = np.concatenate(sizes)
        ranks = estimates.ranks(designs)
        share = grid.l2.mm2[designs[:, L2]] / grid.raw_mm2(designs)
        ranked = np.lexsort((*designs.T[::-1], ranks))
        strata = [
            ranked[(share[ranked] <= high) & (share[ranked] > low)].tolist()
            for low, high in zip((0.0, *SHARES), SHARES)
        ]
        best = [stratum[rank] for rank in range(each) for stratum in strata if rank < len(stratum)]
        merits = estimates.merits(ranks[best]).tolist() if best else []
        found[tuple(wiring), kind] = list(zip(merits, designs[best]))
    return found


def _arrays(grid: DesignGrid, wiring: Sequence[str], square: bool) -> Ints:
    """All arrays of a wiring on the strides, (n, 6)."""
    places = [WIRED.index(dim) for dim in wiring]
    axes = [np.arange(ARRAY_STRIDE, min(grid.most_lanes[place], MOST_ELEMENTS) + 1, ARRAY_STRIDE) for place in places]
    lanes = np.ones((1, len(WIRED)), dtype=np.int64)
    room = _most_elements(grid)
    for place, axis in zip(places, axes):
        lanes = np.repeat(lanes, len(axis), axis=0)
        lanes[:, place] = np.tile(axis, len(lanes) // len(axis))
        lanes = lanes[lanes.prod(axis=1) <= room]
    lanes = lanes[on_stride(lanes)]
    if square:
        for first, second in (("P", "Q"), ("R", "S")):
            a, b = WIRED.index(first), WIRED.index(second)
            if first in wiring and second in wiring:
                lanes = lanes[lanes[:, a] >= lanes[:, b]]
    return lanes


def _most_elements(grid: DesignGrid) -> int:
    """Elements that the budget leaves room for with everything else at its least."""
    box = grid.whole(["K"])[0]
    box[0, 1] = MOST_ELEMENTS
    tight, holds = grid.tighten(box[None])
    return int(tight[0, 0, 1]) if holds[0] else 0


def _with_buffers(grid: DesignGrid, arrays: Ints, l1_bytes: int, sram: bool) -> Ints:
    """Designs with those arrays, an L1 and the largest L2 that fits; none if that L1 is of the other kind."""
    place = int(np.searchsorted(grid.l1.size, l1_bytes))
    if place >= len(grid.l1.size) or (place >= grid.l1.first_sram) != sram or not len(arrays):
        return np.empty((0, len(SIZES)), dtype=np.int64)
    designs = np.zeros((len(arrays), len(SIZES)), dtype=np.int64)
    designs[:, :L1] = arrays
    designs[:, L1] = place
    edge = (arrays * (arrays > 1)).sum(axis=1)
    designs[:, NOC] = np.clip(np.round(edge * WORDS_OF_EDGE), 1, MOST_WORDS)
    return with_largest_l2(grid, designs)


def with_largest_l2(grid: DesignGrid, designs: Ints, most: Ints | None = None) -> Ints:
    """Designs with the largest L2 that the budget leaves room for, at most ``most``; those without any are left out."""
    designs = designs.copy()
    designs[:, L2] = 0
    places = grid.last_l2(designs)
    if most is not None:
        places = np.minimum(places, most)
    designs[:, L2] = np.maximum(places, 0)
    return designs[places >= 0]
