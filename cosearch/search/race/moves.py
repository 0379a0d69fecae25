"""Steps from a design to its neighbours: among the sizes there are, inside the budget."""

from __future__ import annotations

from typing import Final

import numpy as np

from cosearch.bounds.choices import nearest
from cosearch.bounds.grid import L1, L2, NOC, DesignGrid, Ints, on_stride
from cosearch.search.race.starts import with_largest_l2

FACTORS: Final = (0.5, 0.7, 0.85, 0.93, 1.08, 1.2, 1.4, 2.0)
"""Of a size, on its scale."""
MOST_STEPS: Final = 3
"""Sizes that a move changes."""
GROWS: Final = 0.5
"""How often L2 takes whatever area a move leaves."""
TRIES: Final = 60


def moved(grid: DesignGrid, design: Ints, rng: np.random.Generator) -> Ints | None:
    """A neighbour (9,) of a design with the same wiring and kind of L1; ``None`` where no try was inside the budget."""
    wired = np.flatnonzero(design[:L1] > 1)
    for _ in range(TRIES):
        new = design.copy()
        for _ in range(int(rng.integers(1, MOST_STEPS + 1))):
            _step(grid, new, wired, rng)
        if not on_stride(new[None, :L1])[0]:
            continue
        most = len(grid.l2.size) if rng.random() < GROWS else new[L2]
        fitting = with_largest_l2(grid, new[None], np.array([most]))
        if len(fitting) and (fitting[0] != design).any():
            fitted: Ints = fitting[0]
            return fitted
    return None


def _step(grid: DesignGrid, new: Ints, wired: Ints, rng: np.random.Generator) -> None:
    """Change one size, or let one axis grow as another shrinks."""
    which = int(rng.integers(0, 4 + len(wired)))
    factor = FACTORS[int(rng.integers(len(FACTORS)))]
    registers = new[L1] < grid.l1.first_sram
    first, last = (0, grid.l1.first_sram - 1) if registers else (grid.l1.least_sram, len(grid.l1.size) - 1)
    if which == 0:
        size = grid.l1.size[new[L1]] * factor
        place = int(np.searchsorted(grid.l1.size, size)) + int(rng.integers(-1, 2))
        new[L1] = min(max(place, first), last)
    elif which == 1:
        size = grid.l2.size[new[L2]] * factor
        new[L2] = min(int(np.searchsorted(grid.l2.size, size)), len(grid.l2.size) - 1)
    elif which == 2:
        new[NOC] = grid.words[nearest(grid.words, new[NOC] * factor)]
    elif which == 3 and len(wired) > 1:
        up, down = rng.permutation(wired)[:2]
        _scale(grid, new, int(up), factor)
        _scale(grid, new, int(down), 1 / factor)
    else:
        _scale(grid, new, int(wired[which % len(wired)]), factor)


def _scale(grid: DesignGrid, new: Ints, place: int, factor: float) -> None:
    """An axis that many times as wide, by a step at least."""
    at = int(nearest(grid.lanes, new[place] * factor))
    if grid.lanes[at] == new[place]:
        at += 1 if factor > 1 else -1
    last = int(np.searchsorted(grid.lanes, grid.most_lanes[place], side="right")) - 1
    new[place] = grid.lanes[min(max(at, 0), last)]
