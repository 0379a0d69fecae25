"""Ragged tiles on machines of the template, or on their two inner levels alone: a bound for all of them, and the
tilings that it finds on the way.

Boxes of tilings are cut in two, least bound first (:mod:`mappings.mappers.optimal.boxes_kernel`). Where the least
bound is that of a single tiling, all orders of its loops are priced by the cost model, and the best of them takes the
bound's place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import permutations, product
from math import factorial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.codes import (
    AXIS_DIMS,
    AXIS_SIZE,
    DRAIN_READS,
    FILL_AND_DRAIN,
    C,
    G,
    K,
    N,
    O,
    P,
    Q,
    R,
    S,
    W,
)
from accel_models.cost import CONVENTIONS
from accel_models.loopnest import MappingArrays
from accel_models.tables import AcceleratorTable
from mappings.mappers.mapper import Objective
from mappings.mappers.optimal import boxes_kernel as kernel
from mappings.mappers.optimal.cases import is_square
from mappings.mappers.optimal.problem import OBJECTIVES
from mappings.mapspace import MapSpace
from nets.positions import touched

SLICE: Final = 100
"""Boxes cut between two looks at the clock, some milliseconds."""
FIRST_BOXES: Final = 1 << 13
MOST_ORDERS: Final = 40_320
"""Orders of a tiling that are priced; where there are more, its bound stands."""


def applies(space: MapSpace, problem: int) -> bool:
    """Whether the bound speaks of a problem: of its machine, without bypass, constraints or an array that skews."""
    on, table = space.accelerator_of[problem], space.accelerator_table
    if space.bypass or space.constraint_table.active or space.convention == "systolic":
        return False
    return space.depth in (2, 3) and _holds_all(table.levels[on], table.can_keep[on])


def speaks_of(accelerator: Accelerator) -> bool:
    """Whether the bound speaks of a machine: three levels that hold everything, and axes of one dim each between the
    second and the third."""
    table = AcceleratorTable.of([accelerator])
    return len(accelerator.levels) == 3 and _holds_all(table.levels[0], table.can_keep[0])


def _holds_all(levels: NDArray[np.float64], can_keep: NDArray[np.bool_]) -> bool:
    """Whether every level holds all tensors, and axes, of one dim each, stand between the last two alone."""
    *around, shared, local = [_axes(level) for level in levels]
    dims = [d for _, _, of in shared for d in of]
    one_each = all(len(of) == 1 for _, _, of in shared) and len(set(dims)) == len(dims)
    return bool(can_keep.all() and one_each and not any(around) and not local)


def search_boxes(
    space: MapSpace,
    problem: int,
    objective: Objective,
    *,
    best: float,
    gap: float,
    most: int,
    offer: Callable[[MappingArrays], NDArray[np.float64]],
    stop: Callable[[], bool],
    finished: bool = False,
) -> float:
    """Search the tilings of one problem; a lower bound on the objective of every mapping.

    Args:
        best: objective of the best mapping known.
        gap: the search ends when the bound is within this of the best.
        most: boxes that are cut at most.
        offer: prices mappings of the problem and keeps the best; returns their objectives, ``inf`` for invalid ones.
        stop: whether time is over.
        finished: every output that goes up to the outermost of two levels must be finished; ``offer`` then refuses what
            is not.
    """
    problems = problems_of(space, np.array([problem]), objective, finished=finished)
    w = problems[0]
    boxes = np.empty((FIRST_BOXES, 8, 6), dtype=np.int64)
    keys, heap = np.empty(FIRST_BOXES), np.zeros(FIRST_BOXES, dtype=np.int64)
    state = np.array([1, 1], dtype=np.int64)
    kernel.root_bounds(problems, np.zeros(1, dtype=np.int64), boxes, keys)
    if np.isinf(keys[0]):
        return float("inf")
    settled = float("inf")  # of tilings whose orders were all priced, or too many to price
    while most > 0 and not stop():
        enough = min(best / (1 + gap), settled)
        answer = kernel.run(w, boxes, keys, heap, state, enough, min(SLICE, most))
        most -= min(SLICE, most)
        if answer == kernel.PROVEN:
            break
        if answer == kernel.FULL:
            boxes, keys, heap = (np.concatenate([rows, np.empty_like(rows)]) for rows in (boxes, keys, heap))
        elif answer == kernel.POINT:
            tiling, key = boxes[heap[0]], float(keys[heap[0]])
            kernel.drop_least(keys, heap, state)
            if space.depth == 2:  # one block of loops, of which the innermost two decide nearly all
                best = min(best, float(offer(_few_orders_of(space, problem, tiling)).min()))
            if best > key * (1 + gap):
                mappings = orders_of(space, problem, tiling)
                if mappings is not None:
                    key = max(key, float(offer(mappings).min()))
                    best = min(best, key)
            settled = min(settled, key)
    left = float(keys[heap[0]]) if state[kernel.COUNT] else float("inf")
    # Boxes that were not kept are not below the best of their time over 1 + gap, nor below what was settled.
    return min(left, settled, best / (1 + gap))


def least_of_all(space: MapSpace, objective: Objective, *, finished: bool = False) -> NDArray[np.float64]:
    """Bounds on the objective of every mapping of each problem, without any search; all are on one machine.

    Args:
        finished: as :func:`search_boxes` has it.
    """
    every = np.arange(len(space))
    keys, boxes = np.empty(len(every)), np.empty((len(every), 8, 6), dtype=np.int64)
    kernel.root_bounds(problems_of(space, every, objective, finished=finished), every, boxes, keys)
    return keys


def _axes(level: NDArray[np.float64]) -> list[tuple[int, int, list[int]]]:
    """Number, size and dims of every axis of more than one instance."""
    found = []
    for a in range(3):
        size, dims = int(level[AXIS_SIZE + a]), int(level[AXIS_DIMS + a])
        if size > 1:
            found.append((a, size, [d for d in range(8) if (dims >> d) & 1]))
    return found


def problems_of(space: MapSpace, chosen: NDArray[np.int64], objective: Objective, *, finished: bool = False) -> Any:
    """What the kernel must know of some problems on one machine, in an array."""
    problems = kernel.new_bounds(len(chosen))
    on, layers = space.accelerator_of[chosen[0]], space.layer_of[chosen]
    problems["bound"], problems["geometry"] = space.layer_table.bounds[layers], space.layer_table.geometry[layers]
    problems["objective"], problems["finished"] = OBJECTIVES[objective], int(finished)
    convention = CONVENTIONS[space.convention]
    levels = space.accelerator_table.levels[on]
    if space.depth == 2:
        problems["at_home"], levels = 1, np.concatenate([levels[:1], levels])
    problems["fills"] = int(bool(convention & FILL_AND_DRAIN))
    problems["drain_reads"] = int(bool(convention & DRAIN_READS))
    extent = problems["bound"].astype(np.float64)
    problems["macs"] = extent.prod(axis=1)
    problems["words"][:, W] = extent[:, [G, K, C, R, S]].prod(axis=1)
    problems["words"][:, O] = extent[:, [N, G, K, P, Q]].prod(axis=1)
    for axis in range(2):
        bound, geometry = problems["bound"], problems["geometry"]
        sizes = zip(bound[:, P + axis], bound[:, R + axis], geometry[:, axis], geometry[:, axis + 2])
        problems["touched"][:, axis] = [touched(*map(int, of)) for of in sizes]
    kernel.put_on(
        problems,
        np.arange(len(chosen)),
        levels,
        space.accelerator_table.machine[on],
        space.layer_table.bits[layers].astype(np.float64),
        np.array([is_square(space, problem) for problem in chosen.tolist()]),
    )
    return problems


@lru_cache(maxsize=512)
def _orders(dims: tuple[int, ...]) -> NDArray[np.int8]:
    """(m!, 8) every order of some dims, behind the others."""
    idle = tuple(d for d in range(8) if d not in dims)
    return np.array([idle + order for order in permutations(dims)], dtype=np.int8)


def orders_of(space: MapSpace, problem: int, tiling: NDArray[np.int64]) -> MappingArrays | None:
    """Every order of the loops of a tiling, as mappings; ``None`` where there are more than ``MOST_ORDERS``.

    Args:
        tiling: int64 (8, 6), a box of one tiling.
    """
    bound = space.layer_table.bounds[space.layer_of[problem]]
    tile, joint = tiling[:, kernel.TILE_LO], tiling[:, kernel.JOINT_LO]
    outer, inner = np.flatnonzero(tile < bound).tolist(), np.flatnonzero(joint < tile).tolist()
    if factorial(len(outer)) * factorial(len(inner)) > MOST_ORDERS:
        return None
    return _ordered(space, problem, tiling, list(product(_orders(tuple(outer)), _orders(tuple(inner)))))


def _few_orders_of(space: MapSpace, problem: int, tiling: NDArray[np.int64]) -> MappingArrays:
    """Of a tiling on two levels, an order for every choice of the two innermost loops."""
    inner = np.flatnonzero(tiling[:, kernel.JOINT_LO] < tiling[:, kernel.TILE_LO]).tolist()
    return _ordered(space, problem, tiling, list(product(_orders(()), _last_two(tuple(inner)))))


@lru_cache(maxsize=512)
def _last_two(dims: tuple[int, ...]) -> NDArray[np.int8]:
    """(m (m - 1), 8) orders of some dims that differ in the last two; their one order, where there are fewer."""
    if len(dims) < 3:
        return _orders(dims)
    return np.array([[*(d for d in range(8) if d not in pair), *pair] for pair in permutations(dims, 2)], dtype=np.int8)


def _ordered(
    space: MapSpace, problem: int, tiling: NDArray[np.int64], pairs: list[tuple[NDArray[np.int8], NDArray[np.int8]]]
) -> MappingArrays:
    """A tiling with pairs of orders, of the loops around the shared memory and around the array."""
    tile, joint, part = tiling[:, kernel.TILE_LO], tiling[:, kernel.JOINT_LO], tiling[:, kernel.PART_LO]
    count, depth = len(pairs), space.depth
    shared = depth - 2
    tiles, parts = np.ones((count, depth, 8), dtype=np.int64), np.ones((count, depth, 8), dtype=np.int64)
    tiles[:, :shared] = parts[:, :shared] = tile
    tiles[:, shared], parts[:, shared] = joint, part
    order = np.tile(np.arange(8, dtype=np.int8), (count, depth, 1))
    order[:, 0], order[:, shared] = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    axis = np.zeros((count, depth, 8), dtype=np.int8)
    for a, _, (d,) in _axes(space.accelerator_table.levels[space.accelerator_of[problem]][shared]):
        axis[:, shared, d] = a
    return MappingArrays(tiles, parts, order, axis, np.ones((count, depth, 3), dtype=np.bool_))
