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
    """A choice of spatial loops and kept tensors, with a lower bound on what it can cost."""

    bound: float
    keep: NDArray[np.bool_]
    fanouts: tuple[Fanout, ...]


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
    mapping = _mapping(state, space.depth, cases[state.best_case]) if state.found else None
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
    state.bound[:] = space.layer_table.bounds[layer]
    state.geometry[:] = space.layer_table.geometry[layer]
    state.bits[:] = space.layer_table.bits[layer]
    state.hardware[: space.depth] = space.accelerator_table.levels[on]
    state.mac_pj, state.static_pj = space.accelerator_table.machine[on]
    state.low[: space.depth] = space.constraint_table.low[on]
    state.high[: space.depth] = space.constraint_table.high[on]
    state.rank[: space.depth] = space.constraint_table.rank[on]
    return state


def _cases(space: MapSpace, problem: int, state: Any) -> list[_Case]:
    """All cases, best bound first."""
    on = space.accelerator_of[problem]
    bounds = tuple(int(bound) for bound in state.bound)
    choices = spatial_choices(bounds, space.accelerator_table.levels[on])
    cases = []
    for keep in _keeps(space, int(on)):
        for fanouts in choices:
            case = _Case(0.0, keep, fanouts)
            _enter(state, case)
            cases.append(_Case(kernel.root_bound(state), keep, fanouts))
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
    for level, (widths, _) in enumerate(case.fanouts):
        state.spatial[level] = widths


def _run(state: Any, stop: Callable[[], bool]) -> float:
    """Search one case; a lower bound on what is left of it, ``inf`` when it is exhausted."""
    depth = int(state.levels)
    nodes = kernel.start_case(state)
    if nodes < 0:
        raise InputError("optimal mapper: bounds", state.bound.tolist(), "have a dim with too many divisors")
    trips = np.empty((nodes, 8), dtype=np.int64)
    table = np.empty((depth, 6, nodes))
    room = np.empty((depth, nodes), dtype=np.int8)
    listed = np.empty((depth, nodes), dtype=np.int64)
    keys = np.empty((depth, nodes))
    kernel.prepare_tables(state, trips, table, room, listed, keys)
    while kernel.run_case(state, trips, table, room, listed, keys, SLICE):
        if stop():
            return float(kernel.open_bound(state, keys))
    return math.inf


def _mapping(state: Any, depth: int, case: _Case) -> MappingArrays:
    tile = np.empty((1, depth, 8), dtype=np.int64)
    part = np.empty((1, depth, 8), dtype=np.int64)
    order = np.empty((1, depth, 8), dtype=np.int8)
    axis = np.zeros((1, depth, 8), dtype=np.int8)
    extent = state.bound.copy()
    for level, (widths, axes) in enumerate(case.fanouts):
        inner = [int(d) for d in state.best_order[level] if d >= 0]
        idle = [d for d in range(8) if d not in inner]
        order[0, level] = [*idle, *reversed(inner)]
        extent //= state.best_n[level + 1] // state.best_n[level]
        tile[0, level] = extent
        extent //= np.array(widths)
        part[0, level] = extent
        axis[0, level] = axes
    return MappingArrays(tile, part, order, axis, case.keep[None].copy())
