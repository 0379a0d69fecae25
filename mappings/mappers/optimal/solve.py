"""One problem: its cases, best bound first, until none can hold a better mapping or time is over."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from accel_models.loopnest import MappingArrays
from mappings.mappers.mapper import Objective
from mappings.mappers.optimal import kernel
from mappings.mappers.optimal.cases import Case, enter_case, list_cases, merges_dims, spread_case
from mappings.mappers.optimal.problem import Solution, bound_case, new_state, take_apart
from mappings.mappers.optimal.solve_uneven import UnevenSearch
from mappings.mapspace import MapSpace
from nets.errors import InputError

SLICE: Final = 20_000
"""Nodes visited between two looks at the clock, some milliseconds."""
MOST_CHILDREN: Final = 4096
"""Children that a label may have, to begin with."""


def solve(
    space: MapSpace,
    problem: int,
    objective: Objective,
    *,
    best: float = math.inf,
    stop: Callable[[], bool],
    most_cases: int | None = None,
) -> Solution:
    """The best mapping of one problem with perfect factors.

    Args:
        best: objective of a mapping already known; only better ones are looked for.
        stop: whether time is over.
        most_cases: how many cases of even mappings are searched, those that promise most; all if omitted.
    """
    if space.uneven:
        search = UnevenSearch(space, problem, objective, stop)
        first = solve(search.even, 0, objective, best=best, stop=stop, most_cases=search.most_even_cases)
        return search.solve(first, best)
    state = new_state(space, problem, objective)
    state["best"] = best
    cases = list_cases(space, problem, state, promising=most_cases is not None)
    left, searched, entered = math.inf, 0, -1
    for number in np.flatnonzero(cases.bounds < best * (1 - kernel.SLACK)).tolist():
        if cases.bounds[number] >= state["best"] * (1 - kernel.SLACK):
            continue
        if stop() or searched == most_cases:
            left = float(cases.bounds[number:].min())
            break
        searched += 1
        if cases.keep_of[number] == entered:
            spread_case(space, problem, state, cases[number])
        else:
            enter_case(space, problem, state, cases[number])
            entered = cases.keep_of[number]
        state["case"] = number
        open_bound = _run(state, stop, float(cases.bounds[number]))
        if open_bound < math.inf:
            left = min(open_bound, *cases.bounds[number + 1 :].tolist(), math.inf)
            break
    mapping, best = None, math.inf
    if state["found"]:
        mapping, best = _mapping(space, problem, state, cases[state["best_case"]]), float(state["best"])
    return Solution(
        mapping, best, float(min(left, state["best"])), left == math.inf,
        int(state["evaluations"]), int(state["pruned"]), int(state["visited"]),
    )  # fmt: skip


def _run(state: Any, stop: Callable[[], bool], bound: float) -> float:
    """Search one case of that lower bound; a bound on what is left of it, ``inf`` when it is exhausted."""
    depth = int(state["levels"])
    bound_case(state)
    nodes = kernel.start_case(state)
    if nodes < 0:
        raise InputError("optimal mapper: bounds", state["bound"].tolist(), "have a dim with too many divisors")
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
        if stop():  # before tables that take as long again
            return bound
        most *= 4


def _mapping(space: MapSpace, problem: int, state: Any, case: Case) -> MappingArrays:
    """The best mapping as arrays; dims that were searched as one come apart again."""
    depth = space.depth
    tile = np.empty((1, depth, 8), dtype=np.int64)
    part = np.empty((1, depth, 8), dtype=np.int64)
    order = np.empty((1, depth, 8), dtype=np.int8)
    axis = np.zeros((1, depth, 8), dtype=np.int8)
    bounds = space.layer_table.bounds[space.layer_of[problem]]
    trips = state["best_n"][: len(case.levels) + 1].copy()
    if merges_dims(space, problem):
        take_apart(trips, bounds // np.prod([widths for widths, _ in case.fanouts], axis=0))
    extent = bounds.copy()
    for level, (widths, axes) in enumerate(case.fanouts):
        inner: list[int] = []
        if level in case.levels:
            block = case.levels.index(level)
            inner = [int(d) for d in state["best_order"][block] if d >= 0]
            if merges_dims(space, problem) and kernel.P in inner:
                at = inner.index(kernel.P)
                inner[at : at + 1] = [kernel.N, kernel.P, kernel.Q]
            extent //= trips[block + 1] // trips[block]
        rank = space.constraint_table.rank[space.accelerator_of[problem], level]
        idle = [d for d in range(8) if d not in inner]
        # Where the search left the order open (no loops, or innermost), constraints still ask for one.
        order[0, level] = sorted([*idle, *reversed(inner)], key=rank.__getitem__)
        tile[0, level] = extent
        extent //= np.array(widths)
        part[0, level] = extent
        axis[0, level] = axes
    return MappingArrays(tile, part, order, axis, case.keep[None].copy())
