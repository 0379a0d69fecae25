"""One problem: its cases, best bound first, until none can hold a better mapping or time is over."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.codes import (
    BUFFERS,
    CAPACITY_WORDS,
    LEAST_BITS,
    MEMORY,
    PARTITION_W,
    WORD_BITS,
)
from accel_models.cost import CONVENTIONS
from accel_models.loopnest import MappingArrays
from accel_models.refusals import tile_words
from mappings.mappers.mapper import Objective
from mappings.mappers.mapper import score as objective_of
from mappings.mappers.optimal import kernel
from mappings.mappers.optimal.cases import Case, enter_case, list_cases, merged, merges_dims
from mappings.mappers.optimal.uneven import (
    MemoryBounds,
    Nest,
    bound_arrangements,
    orders_of,
    search_arrangements,
    to_mapping_arrays,
)
from mappings.mapspace import MapSpace, take
from nets.errors import InputError

OBJECTIVES: Final = {"edp": kernel.EDP, "latency": kernel.LATENCY, "energy": kernel.ENERGY}
SLICE: Final = 20_000
"""Nodes visited between two looks at the clock, some milliseconds."""
FIRST_CASES: Final = 4
"""Cases of even mappings with which an exact search of uneven ones begins."""
MOST_CHILDREN: Final = 4096
"""Children that a label may have, to begin with."""


@dataclass(frozen=True, slots=True)
class Solution:
    """What a search found out about one problem.

    Attributes:
        mapping: the best (one row), or ``None`` where nothing was found.
        score: its objective, ``inf`` where nothing was found.
        lower_bound: on the objective of every mapping with perfect factors; ``inf`` where none exists.
        proven: whether the search was finished.
        evaluations: mappings whose exact cost was computed. pruned: nodes cut off by a bound. visited: all nodes.
    """

    mapping: MappingArrays | None
    score: float
    lower_bound: float
    proven: bool
    evaluations: int
    pruned: int
    visited: int


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
        return _solve_uneven(space, problem, objective, best, stop)
    state = _new_state(space, problem, objective)
    state["best"] = best
    cases = list_cases(space, problem, state, promising=most_cases is not None)
    left, searched = math.inf, 0
    for number in np.flatnonzero(cases.bounds < best * (1 - kernel.SLACK)).tolist():
        if cases.bounds[number] >= state["best"] * (1 - kernel.SLACK):
            continue
        if stop() or searched == most_cases:
            left = float(cases.bounds[number:].min())
            break
        searched += 1
        enter_case(space, problem, state, cases[number])
        state["case"] = number
        open_bound = _run(state, stop)
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


def _solve_uneven(
    space: MapSpace, problem: int, objective: Objective, best: float, stop: Callable[[], bool]
) -> Solution:
    """As :func:`solve`, each tensor held over its own loops: begins with the best even mapping."""
    of, on = space.layers[space.layer_of[problem]], space.given[space.accelerator_of[problem]]
    even = MapSpace.of([of], [on], tiles=space.tiles, bypass=space.bypass, convention=space.convention)
    others = space.depth > len(on.levels)  # else no memory holds several tensors
    as_final, as_partial = _fits_outermost(space, problem)
    bounds = space.layer_table.bounds[space.layer_of[problem]]
    # Where arrangements are priced exactly, and each holds something, good even mappings are enough to begin with.
    rows, columns = (bounds[[kernel.P, kernel.R]] > 1).all(), (bounds[[kernel.Q, kernel.S]] > 1).all()
    exact = others and as_final and as_partial and not (rows or columns or space.bypass)
    first = solve(even, 0, objective, best=best, stop=stop, most_cases=FIRST_CASES if exact else None)
    if not others:
        return first
    mapping, score = first.mapping, first.score
    if mapping is not None:
        mapping = space.from_even(mapping, int(space.accelerator_of[problem]))
    if not (as_final and as_partial):  # whether it fits depends on the nest, which arrangements do not look at
        proven = first.proven and not (as_final or as_partial)
        lower = first.lower_bound if proven else 0.0
        return replace(first, mapping=mapping, lower_bound=lower, proven=proven)
    state = _new_state(space, problem, objective)
    state["best"] = min(best, score)
    memory_of = space.accelerator_table.levels[space.accelerator_of[problem], :, MEMORY].astype(int).tolist()
    priced, left = 0, math.inf

    def mappings_of(nest: Nest, case: Case) -> MappingArrays:
        nodes, blocks, depths = nest
        apart = (nodes, *_apart(space, problem, case, blocks, depths))
        return to_mapping_arrays(apart, orders_of(state), case, bounds, memory_of)

    def price(nest: Nest, case: Case) -> float:
        nonlocal mapping, score, priced
        drawn = mappings_of(nest, case)
        cost = space.evaluate(drawn, np.full(len(drawn), problem))
        scores = objective_of(objective, cost.cycles, cost.energy_pj)
        priced += len(drawn)
        least = int(scores.argmin())
        if scores[least] < score:
            mapping, score = take(drawn, np.array([least])), float(scores[least])
        return score

    bounded: list[tuple[float, int, Case, MemoryBounds]] = []
    for number, case in enumerate(list_cases(space, problem, state)):
        if case.bound >= state["best"] * (1 - kernel.SLACK):
            break
        if stop():
            left = case.bound
            break
        enter_case(space, problem, state, case)
        _bound(state)
        if bound_of := bound_arrangements(state):
            bounded.append((max(case.bound, bound_of.least()), number, case, bound_of))
    for bound, _, case, bound_of in sorted(bounded, key=lambda entry: entry[:2]):
        if bound >= state["best"] * (1 - kernel.SLACK):
            break
        if stop():
            left = min(left, bound)
            break
        enter_case(space, problem, state, case)
        _bound(state)
        open_bound, nest = search_arrangements(state, bound_of, price=partial(price, case=case), stop=stop)
        left = min(left, open_bound)
        if nest is not None:
            mapping, score = mappings_of(nest, case), float(state["best"])
            mapping = take(mapping, np.array([0]))
    lower = float(min(left, state["best"]))
    return Solution(
        mapping, score, lower, lower >= state["best"] * (1 - kernel.SLACK),
        first.evaluations + priced + int(state["evaluations"]), first.pruned + int(state["pruned"]),
        first.visited + int(state["visited"]),
    )  # fmt: skip


def _fits_outermost(space: MapSpace, problem: int) -> tuple[bool, bool]:
    """Whether the outermost memory has room for the layer, with final and with partial sums."""
    on, layer = space.accelerator_of[problem], space.layer_of[problem]
    row, bits = space.accelerator_table.levels[on, 0], space.layer_table.bits[layer]
    words = np.array(list(tile_words(space.layers[layer], space.layers[layer].bounds).values()), dtype=float)
    words *= row[BUFFERS]

    def fits(width: int) -> bool:
        own = words
        if row[WORD_BITS] > 0:
            widths = np.array([kernel.W, kernel.I, width])
            own = words * np.maximum(bits[widths], row[LEAST_BITS + widths]) / row[WORD_BITS]
        return bool((own <= row[PARTITION_W : PARTITION_W + 3]).all() and own.sum() <= row[CAPACITY_WORDS])

    return fits(kernel.O), fits(3)


def _apart(
    space: MapSpace, problem: int, case: Case, blocks: NDArray[np.int64], depths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Trips of every block, and how far inside they stand, with dims that were searched as one apart again."""
    if not merges_dims(space, problem):
        return blocks, depths
    bounds = space.layer_table.bounds[space.layer_of[problem]]
    outside, depths = blocks.cumprod(axis=0), depths.copy()
    _take_apart(outside, bounds // np.prod([widths for widths, _ in case.fanouts], axis=0))
    depths[:, [kernel.N, kernel.Q]] = depths[:, [kernel.P]]
    return np.concatenate([outside[:1], outside[1:] // outside[:-1]]), depths


def _take_apart(outside: NDArray[np.int64], budget: NDArray[np.int64]) -> None:
    """Give N, P and Q their shares of the trips outside every level, which stand as P's."""
    left = outside[:, kernel.P].copy()
    for d in (kernel.N, kernel.P, kernel.Q):
        outside[:, d] = np.gcd(left, budget[d])
        left //= outside[:, d]


def _new_state(space: MapSpace, problem: int, objective: Objective) -> Any:
    state = kernel.new_search()
    layer, on = space.layer_of[problem], space.accelerator_of[problem]
    state["objective"] = OBJECTIVES[objective]
    state["convention"] = CONVENTIONS[space.convention]
    state["bound"][:] = (
        merged(space.layer_table.bounds[layer]) if merges_dims(space, problem) else space.layer_table.bounds[layer]
    )
    state["geometry"][:] = space.layer_table.geometry[layer]
    state["bits"][:] = space.layer_table.bits[layer]
    state["mac_pj"], state["static_pj"] = space.accelerator_table.machine[on]
    state["constrained"] = space.constraint_table.active
    return state


def _bound(state: Any) -> float:
    """Prepare the case that was entered; a lower bound on its objective."""
    least = np.empty(1)
    kernel.bound_cases(state, state["spatial"][None, : state["levels"]].copy(), least)
    return float(least[0])


def _run(state: Any, stop: Callable[[], bool]) -> float:
    """Search one case; a lower bound on what is left of it, ``inf`` when it is exhausted."""
    depth = int(state["levels"])
    _bound(state)
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
        _take_apart(trips, bounds // np.prod([widths for widths, _ in case.fanouts], axis=0))
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
