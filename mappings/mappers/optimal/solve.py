"""One problem: its cases, best bound first, until none can hold a better mapping or time is over."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.cost import CONVENTIONS
from accel_models.loopnest import MappingArrays
from mappings.mappers.mapper import Objective
from mappings.mappers.optimal import kernel
from mappings.mappers.optimal.spatial import Fanout, spatial_choices
from mappings.mapspace import MapSpace
from nets.errors import InputError

OBJECTIVES: Final = {"edp": kernel.EDP, "latency": kernel.LATENCY, "energy": kernel.ENERGY}
SLICE: Final = 20_000
"""Nodes visited between two looks at the clock, some milliseconds."""
MOST_CHILDREN: Final = 4096
"""Children that a label may have, to begin with."""


@dataclass(frozen=True, slots=True)
class Solution:
    """What a search found out about one problem.

    Attributes:
        mapping: the best (one row), or ``None`` where nothing was found.
        lower_bound: on the objective of every mapping with perfect factors; ``inf`` where none exists.
        proven: whether the search was finished.
        evaluations: mappings whose exact cost was computed. pruned: nodes cut off by a bound. visited: all nodes.
    """

    mapping: MappingArrays | None
    lower_bound: float
    proven: bool
    evaluations: int
    pruned: int
    visited: int


@dataclass(frozen=True, slots=True)
class _Case:
    """A choice of spatial loops and kept tensors, with a lower bound on what it can cost.

    ``widths`` are those of the fan-outs, as the search sees them (see :func:`_merges`).
    """

    bound: float
    keep: NDArray[np.bool_]
    fanouts: tuple[Fanout, ...]
    widths: tuple[tuple[int, ...], ...]


def solve(
    space: MapSpace, problem: int, objective: Objective, *, best: float = math.inf, stop: Callable[[], bool]
) -> Solution:
    """The best mapping of one problem with perfect factors.

    Args:
        best: objective of a mapping already known; only better ones are looked for.
        stop: whether time is over.
    """
    state = _new_state(space, problem, objective)
    state.best = best
    cases = _cases(space, problem, state)
    left = math.inf
    for number, case in enumerate(cases):
        if case.bound >= state.best * (1 - kernel.SLACK):
            break
        if stop():
            left = case.bound
            break
        _enter(state, case)
        state.case = number
        open_bound = _run(state, stop)
        if open_bound < math.inf:
            following = cases[number + 1].bound if number + 1 < len(cases) else math.inf
            left = min(open_bound, following)
            break
    mapping = _mapping(space, problem, state, cases[state.best_case]) if state.found else None
    return Solution(
        mapping, float(min(left, state.best)), left == math.inf,
        int(state.evaluations), int(state.pruned), int(state.visited),
    )  # fmt: skip


def _new_state(space: MapSpace, problem: int, objective: Objective) -> Any:
    state = kernel.new_search()
    layer, on = space.layer_of[problem], space.accelerator_of[problem]
    state.levels = space.depth
    state.objective = OBJECTIVES[objective]
    state.convention = CONVENTIONS[space.convention]
    state.bound[:] = (
        _merged(space.layer_table.bounds[layer]) if _merges(space, problem) else space.layer_table.bounds[layer]
    )
    state.geometry[:] = space.layer_table.geometry[layer]
    state.bits[:] = space.layer_table.bits[layer]
    state.hardware[: space.depth] = space.accelerator_table.levels[on]
    state.mac_pj, state.static_pj = space.accelerator_table.machine[on]
    state.low[: space.depth] = space.constraint_table.low[on]
    state.high[: space.depth] = space.constraint_table.high[on]
    state.rank[: space.depth] = space.constraint_table.rank[on]
    state.constrained = space.constraint_table.active
    return state


def _merges(space: MapSpace, problem: int) -> bool:
    """Whether N, P and Q can be searched as one dim, P: nothing tells them apart where no window slides.

    A chain of tiles of their product comes apart into chains of tiles of each, prime factor by prime factor.
    """
    layer = space.layer_of[problem]
    bounds, geometry = space.layer_table.bounds[layer], space.layer_table.geometry[layer]
    window = bounds[kernel.R] * bounds[kernel.S] > 1 or geometry[0] > 1 or geometry[1] > 1
    return not window and not space.constraint_table.active


def _merged(sizes: Any) -> tuple[int, ...]:
    """Sizes per dim with those of N and Q moved to P."""
    merged = [int(size) for size in sizes]
    merged[kernel.P] *= merged[kernel.N] * merged[kernel.Q]
    merged[kernel.N] = merged[kernel.Q] = 1
    return tuple(merged)


def is_square(space: MapSpace, problem: int) -> bool:
    """Whether rows and columns can change places."""
    layer = space.layer_of[problem]
    bounds, geometry = space.layer_table.bounds[layer], space.layer_table.geometry[layer]
    rows, columns = [kernel.P, kernel.R], [kernel.Q, kernel.S]
    return bool(
        not space.constraint_table.active
        and (bounds[rows] == bounds[columns]).all()
        and geometry[0] == geometry[1]
        and geometry[2] == geometry[3]
    )


def _transposed(widths: tuple[int, ...]) -> tuple[int, ...]:
    n, g, k, c, p, q, r, s = widths
    return n, g, k, c, q, p, s, r


def _cases(space: MapSpace, problem: int, state: Any) -> list[_Case]:
    """All cases that differ in what they can cost, best bound first."""
    on = space.accelerator_of[problem]
    bounds = tuple(int(bound) for bound in space.layer_table.bounds[space.layer_of[problem]])
    merges, square = _merges(space, problem), is_square(space, problem)
    choices: dict[tuple[tuple[int, ...], ...], tuple[Fanout, ...]] = {}
    for fanouts in spatial_choices(bounds, space.accelerator_table.levels[on]):
        widths = tuple(_merged(wide) if merges else wide for wide, _ in fanouts)
        if square and tuple(map(_transposed, widths)) in choices:
            continue
        choices.setdefault(widths, fanouts)
    cases = []
    for keep in _keeps(space, int(on)):
        for widths, fanouts in choices.items():
            case = _Case(0.0, keep, fanouts, widths)
            _enter(state, case)
            cases.append(_Case(kernel.root_bound(state), keep, fanouts, widths))
    return sorted(cases, key=lambda case: case.bound)


def _keeps(space: MapSpace, on: int) -> Iterator[NDArray[np.bool_]]:
    """Every choice of the tensors that each level holds."""
    full = space.accelerator_table.can_keep[on]
    free = np.argwhere(full & ~space.constraint_table.fixed[on])
    free = free[free[:, 0] > 0] if space.bypass else free[:0]
    for held in product((True, False), repeat=len(free)):
        keep = full.copy()
        keep[tuple(free.T)] = held
        yield keep


def _enter(state: Any, case: _Case) -> None:
    depth = len(case.fanouts)
    state.keep[:depth] = case.keep
    state.spatial[:depth] = case.widths


def _run(state: Any, stop: Callable[[], bool]) -> float:
    """Search one case; a lower bound on what is left of it, ``inf`` when it is exhausted."""
    depth = int(state.levels)
    kernel.root_bound(state)
    nodes = kernel.start_case(state)
    if nodes < 0:
        raise InputError("optimal mapper: bounds", state.bound.tolist(), "have a dim with too many divisors")
    most = MOST_CHILDREN
    while True:
        tables = kernel.new_tables(depth, nodes, most)
        kernel.prepare_tables(state, tables)
        while left := kernel.run_case(state, tables, SLICE):
            if left == kernel.NO_ROOM:
                break
            if stop():
                return float(kernel.open_bound(state, tables))
        else:
            return math.inf
        most *= 4


def _mapping(space: MapSpace, problem: int, state: Any, case: _Case) -> MappingArrays:
    """The best mapping as arrays; dims that were searched as one come apart again."""
    depth = space.depth
    tile = np.empty((1, depth, 8), dtype=np.int64)
    part = np.empty((1, depth, 8), dtype=np.int64)
    order = np.empty((1, depth, 8), dtype=np.int8)
    axis = np.zeros((1, depth, 8), dtype=np.int8)
    bounds = space.layer_table.bounds[space.layer_of[problem]]
    trips = state.best_n[: depth + 1].copy()
    if _merges(space, problem):
        budget = bounds // np.prod([widths for widths, _ in case.fanouts], axis=0)
        left = trips[:, kernel.P].copy()
        for d in (kernel.N, kernel.P, kernel.Q):
            trips[:, d] = np.gcd(left, budget[d])
            left //= trips[:, d]
    extent = bounds.copy()
    for level, (widths, axes) in enumerate(case.fanouts):
        inner = [int(d) for d in state.best_order[level] if d >= 0]
        if _merges(space, problem) and kernel.P in inner:
            at = inner.index(kernel.P)
            inner[at : at + 1] = [kernel.N, kernel.P, kernel.Q]
        idle = [d for d in range(8) if d not in inner]
        order[0, level] = [*idle, *reversed(inner)]
        extent //= trips[level + 1] // trips[level]
        tile[0, level] = extent
        extent //= np.array(widths)
        part[0, level] = extent
        axis[0, level] = axes
    return MappingArrays(tile, part, order, axis, case.keep[None].copy())
