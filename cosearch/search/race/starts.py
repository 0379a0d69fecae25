"""Where the race begins: the designs of each wiring whose estimates are least, from small L2s to large ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from cosearch.bounds.arrays import are_images, arrays_of
from cosearch.bounds.choices import nearest
from cosearch.bounds.grid import L1, L2, NOC, SIZES, DesignGrid, Ints
from cosearch.search.race.estimates import Estimates

L1_BYTES: Final = (16, 32, 64, 256, 512)
"""L1s that designs begin with, a stratum each: no estimate sees what a small one costs. The race goes on from there."""
WORDS_OF_EDGE: Final = (1.5, 3.0)
"""Words a cycle of the network, over the lanes on the array's edges: a stratum each: no estimate sees all waiting."""
WORDS_OF_FEW: Final = (0.6, *WORDS_OF_EDGE)
"""The same for layers of few shapes, matrix products mostly: tiles of them are read so often that fewer words do."""
SHARES: Final = (0.08, 0.16, 0.32, 0.64, 1.0)
"""Strata of each L1: the share of the area that L2 takes, up to each. Nor do estimates see what a small L2 costs."""


def starts_of(
    grid: DesignGrid,
    wiring: Sequence[str],
    estimates: Estimates,
    square: bool,
    each: int,
    words_of_edge: Sequence[float] = WORDS_OF_EDGE,
) -> list[list[tuple[float, Ints]]]:
    """Designs to begin with, of registers in their elements and of SRAM: the least estimates of each stratum in turn.

    Args:
        wiring: the dims that run in parallel.
        square: whether rows and columns can change places in every layer.
        each: at most so many of each stratum.
        words_of_edge: see :data:`WORDS_OF_EDGE`.
    """
    arrays = arrays_of(grid, wiring)
    if square:
        arrays = arrays[~are_images(arrays, arrays)]
    found = []
    for kind in (False, True):
        sizes = [
            part
            for l1 in L1_BYTES
            for words in words_of_edge
            if len(part := _with_buffers(grid, arrays, l1, kind, words))
        ]
        if not sizes:
            continue
        designs = np.concatenate(sizes)
        ranks = estimates.ranks(designs)
        share = grid.l2.mm2[designs[:, L2]] / grid.raw_mm2(designs)
        wide = np.repeat(np.arange(len(sizes)), [len(part) for part in sizes])
        of_stratum = len(SHARES) * wide + np.searchsorted(SHARES, share)
        ranked = np.lexsort((*designs.T[::-1], ranks))
        strata = [ranked[of_stratum[ranked] == stratum].tolist() for stratum in np.unique(of_stratum)]
        best = [stratum[rank] for rank in range(each) for stratum in strata if rank < len(stratum)]
        merits = estimates.merits(ranks[best]).tolist() if best else []
        found.append(list(zip(merits, designs[best])))
    return found


def _with_buffers(grid: DesignGrid, arrays: Ints, l1_bytes: int, sram: bool, words: float) -> Ints:
    """Designs with an L1, so many words a cycle for each lane on the edges, and the largest L2 that fits.

    None if that L1 is of the other kind.
    """
    place = int(np.searchsorted(grid.l1.size, l1_bytes))
    if place >= len(grid.l1.size) or (place >= grid.l1.first_sram) != sram or not len(arrays):
        return np.empty((0, len(SIZES)), dtype=np.int64)
    designs = np.zeros((len(arrays), len(SIZES)), dtype=np.int64)
    designs[:, :L1] = arrays
    designs[:, L1] = place
    edge = (arrays * (arrays > 1)).sum(axis=1)
    designs[:, NOC] = grid.words[nearest(grid.words, edge * words)]
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
