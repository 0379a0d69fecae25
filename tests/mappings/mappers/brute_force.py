"""Every mapping of a small layer with perfect factors, priced by the cost model: what a proof is held against."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from accel_models.accelerator import Accelerator
from accel_models.cost import Convention
from accel_models.loopnest import MappingArrays
from mappings.mappers.mapper import Objective, score
from mappings.mapspace import MapSpace
from nets.layer import DIMS, Layer

CHUNK = 20_000


def brute_force(
    layer: Layer,
    accelerator: Accelerator,
    objective: Objective,
    *,
    convention: Convention = "default",
    bypass: bool = False,
    space: MapSpace | None = None,
    cap: int = 1_000_000,
) -> tuple[float, int]:
    """The least objective over all tilings, orders, spatial choices (and kept tensors), and how many were evaluated.

    Returns ``(nan, n)`` when there are more than ``cap``. Loops of one trip are not permuted, and neither are those of
    the innermost level, below which nothing is held. A ``space`` of this one problem brings its constraints.
    """
    if space is None:
        space = MapSpace.of([layer], [accelerator], tiles="perfect", bypass=bypass, convention=convention)
    best, count = np.inf, 0
    nests = _nests(layer, accelerator, _keeps(space))
    while True:
        rows = list(itertools.islice(nests, CHUNK))
        if not rows:
            return best, count
        tile, part, order, axis, keep = (np.array(column) for column in zip(*rows))
        mappings = MappingArrays(tile, part, order.astype(np.int8), axis.astype(np.int8), keep)
        cost = space.evaluate(mappings, np.zeros(len(rows), dtype=np.int64))
        best = min(best, float(score(objective, cost.cycles, cost.energy_pj).min()))
        count += len(rows)
        if count > cap:
            return float("nan"), count


def _nests(layer: Layer, accelerator: Accelerator, keeps: list[np.ndarray]) -> Iterator[tuple[object, ...]]:
    depth = len(accelerator.levels)
    # Per dim: how its factors go to (temporal, spatial) of every level.
    for cut in itertools.product(*(list(_cuts(bound, 2 * depth)) for bound in layer.bounds)):
        trips = np.array(cut).T  # (2 L, 8)
        axis = _axes(trips[1::2], accelerator)
        if axis is None:
            continue
        extents = np.array(layer.bounds) // np.cumprod(trips, axis=0)
        loops = [[d for d in range(8) if trips[2 * level, d] > 1] for level in range(depth)]
        idle = [[d for d in range(8) if d not in at] for at in loops]
        turns = [itertools.permutations(at) for at in loops[:-1]]
        for orders in itertools.product(*turns):
            order = [[*rest, *at] for rest, at in zip(idle, [*orders, loops[-1]])]
            for keep in keeps:
                yield extents[0::2], extents[1::2], order, axis, keep


def _cuts(bound: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (bound,)
        return
    for trips in range(1, bound + 1):
        if bound % trips == 0:
            for rest in _cuts(bound // trips, parts - 1):
                yield (trips, *rest)


def _axes(widths: np.ndarray, accelerator: Accelerator) -> list[list[int]] | None:
    """An axis for every parallel loop, if the axes have room."""
    axes = []
    for level, wide in zip(accelerator.levels, widths):
        dims = [d for d in range(8) if wide[d] > 1]
        for choice in itertools.product(range(len(level.fanout)), repeat=len(dims)):
            room = [axis.size for axis in level.fanout]
            fits = True
            for d, a in zip(dims, choice):
                room[a] //= wide[d]
                fits = fits and room[a] >= 1 and (not level.fanout[a].dims or DIMS[d] in level.fanout[a].dims)
            if fits:
                at = [0] * 8
                for d, a in zip(dims, choice):
                    at[d] = a
                axes.append(at)
                break
        else:
            return None
    return axes


def _keeps(space: MapSpace) -> list[np.ndarray]:
    can = space.accelerator_table.can_keep[0]
    free = [place for place in np.argwhere(can & ~space.constraint_table.fixed[0]).tolist() if place[0] > 0]
    keeps = []
    for bits in itertools.product((True, False), repeat=len(free) if space.bypass else 0):
        keep = can.copy()
        for (level, t), bit in zip(free, bits):
            keep[level, t] = bit
        keeps.append(keep)
    return keeps
