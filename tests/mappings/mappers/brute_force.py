"""Every mapping of a small layer with perfect factors, priced by the cost model: what a proof is held against."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from accel_models.accelerator import Accelerator
from accel_models.axes import NUMBER_OF
from accel_models.codes import AXIS_DIMS, AXIS_SIZE
from accel_models.cost import Convention
from accel_models.loopnest import MappingArrays
from mappings.mappers.mapper import Objective, score
from mappings.mapspace import MapSpace
from nets.layer import Layer

CHUNK = 20_000
CUTS = 20_000


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
    the innermost level, below which nothing is held. A ``space`` of this one problem brings its constraints, and
    whether mappings may be uneven.
    """
    if space is None:
        space = MapSpace.of([layer], [accelerator], tiles="perfect", bypass=bypass, convention=convention)
    best, count = np.inf, 0
    for mappings in _nests(layer, space.accelerator_table.levels[0], space.keeps(0)):
        cost = space.evaluate(mappings, np.zeros(len(mappings.tile), dtype=np.int64))
        best = min(best, float(score(objective, cost.cycles, cost.energy_pj).min()))
        count += len(mappings.tile)
        if count > cap:
            return float("nan"), count
    return best, count


def _nests(layer: Layer, levels: np.ndarray, keeps: list[np.ndarray]) -> Iterator[MappingArrays]:
    """All mappings, some ten thousand at once: the cuts that permute the same loops share their orders."""
    depth = len(levels)
    # Per dim: how its factors go to (temporal, spatial) of every level.
    cuts = [np.array(list(_cuts(bound, 2 * depth))) for bound in layer.bounds]
    shape = tuple(len(cut) for cut in cuts)
    held = np.array(keeps)
    for first in range(0, math.prod(shape), CUTS):
        chosen = np.unravel_index(np.arange(first, min(first + CUTS, math.prod(shape))), shape)
        trips = np.stack([cut[i] for cut, i in zip(cuts, chosen)], axis=2)  # (n, 2 L, 8)
        axis, fits = _axes(trips[:, 1::2], levels)
        trips, axis = trips[fits], axis[fits]
        extents = np.array(layer.bounds) // np.cumprod(trips, axis=1)
        turning = (trips[:, 0::2] > 1).reshape(-1, depth * 8) @ (1 << np.arange(depth * 8))
        distinct = np.unique(turning)
        pieces: list[tuple[np.ndarray, np.ndarray]] = []
        gathered = 0
        for loops in distinct.tolist():
            orders, rows = _orders(loops, depth), np.flatnonzero(turning == loops)
            pieces.append((np.repeat(rows, len(orders)), np.tile(orders, (len(rows), 1, 1))))
            gathered += len(rows) * len(orders)
            if loops == distinct[-1] or gathered >= CHUNK:
                at, order = (np.concatenate(column) for column in zip(*pieces))
                pieces, gathered = [], 0
                for keep in held:
                    tile, part = extents[at, 0::2], extents[at, 1::2]
                    yield MappingArrays(tile, part, order, axis[at], np.tile(keep, (len(at), 1, 1)))


@lru_cache(maxsize=100_000)
def _orders(turning: int, depth: int) -> np.ndarray:
    """Every order of the loops that turn (a bit for each, dims within levels), at each level but the innermost.

    Shape (orders, L, 8).
    """
    turns = []
    for number in range(depth):
        loops = [d for d in range(8) if turning >> (8 * number + d) & 1]
        idle = [d for d in range(8) if d not in loops]
        permuted = itertools.permutations(loops) if number + 1 < depth else [tuple(loops)]
        turns.append([[*idle, *order] for order in permuted])
    return np.array(list(itertools.product(*turns)), dtype=np.int8)


def _cuts(bound: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (bound,)
        return
    for trips in range(1, bound + 1):
        if bound % trips == 0:
            for rest in _cuts(bound // trips, parts - 1):
                yield (trips, *rest)


def _axes(widths: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An axis for every parallel loop (n, L, 8), and whether the axes have room (n)."""
    axis = np.zeros(widths.shape, dtype=np.int8)
    fits = np.ones(len(widths), dtype=bool)
    for number, level in enumerate(levels):
        code = np.ravel_multi_index(tuple(widths[:, number].T), tuple(widths[:, number].max(axis=0) + 1))
        _, first, which = np.unique(code, return_index=True, return_inverse=True)
        axes = [_axes_of_level(wide, level) for wide in widths[first, number]]
        axis[:, number] = np.array([at or [0] * 8 for at in axes], dtype=np.int8)[which]
        fits &= np.array([at is not None for at in axes])[which]
    return axis, fits


def _axes_of_level(wide: np.ndarray, level: np.ndarray) -> list[int] | None:
    """The axes of every dim as a number of their set, each dim sharing out its width among any of them."""
    sizes = tuple(int(size) for size in level[AXIS_SIZE : AXIS_SIZE + 3])
    dims_of = [int(dims) for dims in level[AXIS_DIMS : AXIS_DIMS + 3]]

    def place(dims: list[int], room: tuple[int, ...]) -> dict[int, int] | None:
        if not dims:
            return {}
        d = dims[0]
        for shares in itertools.product(*(range(1, size + 1) for size in room)):
            if math.prod(shares) != wide[d]:
                continue
            used = tuple(a for a, share in enumerate(shares) if share > 1)
            if any(not dims_of[a] >> d & 1 for a in used):
                continue
            others = place(dims[1:], tuple(size // share for size, share in zip(room, shares)))
            if others is not None:
                return {d: NUMBER_OF[used], **others}
        return None

    placed = place([d for d in range(8) if wide[d] > 1], sizes)
    return None if placed is None else [placed.get(d, 0) for d in range(8)]
