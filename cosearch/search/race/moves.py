"""Steps from a design to its neighbours: among the sizes there are, inside the budget."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np

from cosearch.bounds.arrays import upright
from cosearch.bounds.choices import nearest
from cosearch.bounds.grid import L1, L2, NOC, DesignGrid, Ints, on_stride
from cosearch.problem.template_space import MOST_ELEMENTS, WIRED
from cosearch.search.race.starts import with_largest_l2
from nets.layer import DIMS, Layer

FACTORS: Final = (0.5, 0.7, 0.85, 0.93, 1.08, 1.2, 1.4, 2.0)
"""Of a size, on its scale."""
MOST_STEPS: Final = 3
"""Sizes that a move changes."""
GROWS: Final = 0.5
"""How often L2 takes whatever area a move leaves."""
TRIES: Final = 60
REACH: Final = 2.0
"""How many times longer or shorter an axis becomes, at most, among all lengths."""


def moved(grid: DesignGrid, design: Ints, rng: np.random.Generator, *, square: bool) -> Ints | None:
    """A neighbour (9,) of a design with the same wiring and kind of L1; ``None`` where no try was inside the budget.

    Args:
        square: whether of two mirror images one is a neighbour, see :func:`cosearch.bounds.arrays.upright`.
    """
    wired = np.flatnonzero(design[:L1] > 1)
    for _ in range(TRIES):
        new = design.copy()
        for _ in range(int(rng.integers(1, MOST_STEPS + 1))):
            _step(grid, new, wired, rng)
        if not on_stride(new[None, :L1])[0]:
            continue
        most = len(grid.l2.size) if rng.random() < GROWS else new[L2]
        fitting = with_largest_l2(grid, new[None], np.array([most]))
        fitting = upright(fitting) if square else fitting
        if len(fitting) and (fitting[0] != design).any():
            fitted: Ints = fitting[0]
            return fitted
    return None


def around(grid: DesignGrid, design: Ints, *, square: bool) -> Ints:
    """Designs (n, 9) with the same wiring and kind of L1 that differ from one in two sizes at most, and in L2.

    L2 stays, where there is room for it, or takes whatever area the others leave.

    Args:
        square: see :func:`moved`.
    """
    places = (*np.flatnonzero(design[:L1] > 1).tolist(), L1, NOC)
    changes = [(place, size) for place in places for size in _sizes(grid, design, place)]
    pairs = np.array([(one, other) for one, other in combinations(changes, 2) if one[0] != other[0]])
    new = np.tile(design, (len(pairs), 1))
    new[np.arange(len(pairs))[:, None], pairs[:, :, 0]] = pairs[:, :, 1]
    return _fitted(grid, new[on_stride(new[:, :L1])], design, square)


def lengths_of(grid: DesignGrid, layers: Sequence[Layer]) -> list[Ints]:
    """Of an axis over each dim, the lengths (ascending) with which some layer takes fewer steps than with any shorter.

    Between two of them lanes are added that no layer uses.
    """
    lengths = []
    for dim, most in zip(WIRED, grid.most_lanes):
        lanes = grid.lanes[grid.lanes <= most]
        extents = {layer.bounds[DIMS.index(dim)] for layer in layers if layer.is_mac}
        steps = [np.diff(-(-extent // lanes), prepend=np.iinfo(np.int64).max) < 0 for extent in extents]
        lengths.append(lanes[np.any(steps, axis=0)])
    return lengths


def refitted(grid: DesignGrid, design: Ints, lengths: Sequence[Ints], *, square: bool) -> Ints:
    """Designs (n, 9) with another array, or another network on chip, near those of one, and buffers that fit again.

    An array has other lengths, two at most, and as many words a cycle, or as many for each lane on its edges. Or it
    stays, with any words. L2 stays or takes what area is left: what a word less leaves may be what a tile lacks.

    Args:
        lengths: of an axis over each dim, see :func:`lengths_of`.
        square: see :func:`moved`.
    """
    wired = np.flatnonzero(design[:L1] > 1)
    near = {place: _near(lengths[place], int(design[place])) for place in wired.tolist()}
    arrays = [
        _with(design, places, np.stack(np.meshgrid(*(near[place] for place in places)), axis=-1))
        for places in combinations(near, min(2, len(near)))
    ]
    same = np.concatenate(arrays)
    same = same[on_stride(same[:, :L1]) & (same[:, :L1].prod(axis=1) <= MOST_ELEMENTS)]
    wide = same.copy()
    edge = same[:, wired].sum(axis=1) / design[wired].sum()
    wide[:, NOC] = grid.words[nearest(grid.words, design[NOC] * edge)]
    words = _with(design, (NOC,), _near(grid.words, int(design[NOC])))
    return _fitted(grid, np.concatenate([same, wide, words]), design, square)


def _near(sizes: Ints, size: int) -> Ints:
    """Those of some sizes that are at most :data:`REACH` times as large or small."""
    return sizes[(sizes * REACH >= size) & (sizes <= size * REACH)]


def _with(design: Ints, places: Sequence[int], sizes: Ints) -> Ints:
    """A design with other sizes (..., places) at some places, (n, 9)."""
    sizes = sizes.reshape(-1, len(places))
    found = np.tile(design, (len(sizes), 1))
    found[:, places] = sizes
    return found


def _fitted(grid: DesignGrid, new: Ints, design: Ints, square: bool) -> Ints:
    """New designs (n, 9) with the L2 of an old one, where there is room, and with the largest; without the old one."""
    grown, kept = with_largest_l2(grid, new), with_largest_l2(grid, new, design[L2])
    found = np.concatenate([grown, kept])
    distinct = np.unique(upright(found) if square else found, axis=0)
    others: Ints = distinct[(distinct != design).any(axis=1)]
    return others


def _sizes(grid: DesignGrid, design: Ints, place: int) -> list[int]:
    """What a size is, and those that one step makes of it."""
    found = {int(design[place])}
    for factor in FACTORS:
        new = design.copy()
        _resize(grid, new, place, factor)
        found.add(int(new[place]))
    return sorted(found)


def _step(grid: DesignGrid, new: Ints, wired: Ints, rng: np.random.Generator) -> None:
    """Change one size, or let one axis grow as another shrinks."""
    which = int(rng.integers(0, 4 + len(wired)))
    factor = FACTORS[int(rng.integers(len(FACTORS)))]
    if which == 0:
        _resize(grid, new, L1, factor, int(rng.integers(-1, 2)))
    elif which < 3:
        _resize(grid, new, (L2, NOC)[which - 1], factor)
    elif which == 3 and len(wired) > 1:
        up, down = rng.permutation(wired)[:2]
        _resize(grid, new, int(up), factor)
        _resize(grid, new, int(down), 1 / factor)
    else:
        _resize(grid, new, int(wired[which % len(wired)]), factor)


def _resize(grid: DesignGrid, new: Ints, place: int, factor: float, more: int = 0) -> None:
    """One size that many times as large; of L1, so many places more."""
    if place == L1:
        registers = new[L1] < grid.l1.first_sram
        first, last = (0, grid.l1.first_sram - 1) if registers else (grid.l1.least_sram, len(grid.l1.size) - 1)
        at = int(np.searchsorted(grid.l1.size, grid.l1.size[new[L1]] * factor)) + more
        new[L1] = min(max(at, first), last)
    elif place == L2:
        at = int(np.searchsorted(grid.l2.size, grid.l2.size[new[L2]] * factor))
        new[L2] = min(at, len(grid.l2.size) - 1)
    elif place == NOC:
        new[NOC] = grid.words[nearest(grid.words, new[NOC] * factor)]
    else:
        _scale(grid, new, place, factor)


def _scale(grid: DesignGrid, new: Ints, place: int, factor: float) -> None:
    """An axis that many times as wide, by a step at least."""
    at = int(nearest(grid.lanes, new[place] * factor))
    if grid.lanes[at] == new[place]:
        at += 1 if factor > 1 else -1
    last = int(np.searchsorted(grid.lanes, grid.most_lanes[place], side="right")) - 1
    new[place] = grid.lanes[min(max(at, 0), last)]
