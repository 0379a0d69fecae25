"""One problem whose tensors are each held over their own loops: begins with the best even mapping."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.codes import BUFFERS, CAPACITY_WORDS, LEAST_BITS, MEMORY, PARTITION_W, WORD_BITS
from accel_models.loopnest import MappingArrays
from accel_models.refusals import tile_words
from mappings.mappers.mapper import Objective
from mappings.mappers.mapper import score as objective_of
from mappings.mappers.optimal import kernel
from mappings.mappers.optimal.arrangements import Nest, Nodes
from mappings.mappers.optimal.cases import Case, enter_case, list_cases, merges_dims, spread_case
from mappings.mappers.optimal.memory_bounds import CaseBounds
from mappings.mappers.optimal.problem import Solution, bound_case, new_state, take_apart
from mappings.mappers.optimal.uneven import CaseSearch, nodes_of, orders_of, sliding_dims, to_mapping_arrays
from mappings.mapspace import MapSpace, take

FIRST_CASES: Final = 4
"""Cases of even mappings with which an exact search of uneven ones begins."""


class UnevenSearch:
    """The search of one problem over uneven mappings, once its best even mapping is known.

    Args:
        stop: whether time is over.

    Attributes:
        even: the map space of the problem's even mappings alone.
    """

    def __init__(self, space: MapSpace, problem: int, objective: Objective, stop: Callable[[], bool]) -> None:
        self._space, self._problem, self._objective, self._stop = space, problem, objective, stop
        self._layer, self._on = int(space.layer_of[problem]), int(space.accelerator_of[problem])
        layer, machine = space.layers[self._layer], space.given[self._on]
        self.even = MapSpace.of([layer], [machine], tiles=space.tiles, bypass=space.bypass, convention=space.convention)
        self._several = space.depth > len(machine.levels)  # else no memory holds several tensors
        self._as_final, self._as_partial = _fits_outermost(space, problem)
        self._bounds = space.layer_table.bounds[self._layer]
        self._memory_of = space.accelerator_table.levels[self._on, :, MEMORY].astype(int).tolist()
        self._state = new_state(space, problem, objective)
        self._searches: dict[tuple[Nodes, tuple[int, ...]], CaseSearch | None] = {}
        self._search: CaseSearch | None = None
        self._kept: NDArray[np.bool_] | None = None
        self._mapping: MappingArrays | None = None
        self._score = math.inf
        self._priced = 0

    @property
    def most_even_cases(self) -> int | None:
        """How many cases of even mappings are enough to begin with; ``None`` for all.

        Few, where arrangements are priced exactly and each holds something.
        """
        rows, columns = [kernel.P, kernel.R], [kernel.Q, kernel.S]
        slides = (self._bounds[rows] > 1).all() or (self._bounds[columns] > 1).all()
        fits = self._several and self._as_final and self._as_partial
        return FIRST_CASES if fits and not (slides or self._space.bypass) else None

    def solve(self, first: Solution, best: float) -> Solution:
        """The best mapping.

        Args:
            first: what a search of :attr:`even` found.
            best: objective of a mapping already known; only better ones are looked for.
        """
        if not self._several:
            return first
        self._score = first.score
        if first.mapping is not None:
            self._mapping = self._space.from_even(first.mapping, self._on)
        if not (self._as_final and self._as_partial):
            # Whether it fits depends on the nest, which arrangements do not look at.
            proven = first.proven and not (self._as_final or self._as_partial)
            lower = first.lower_bound if proven else 0.0
            return replace(first, mapping=self._mapping, lower_bound=lower, proven=proven)
        state = self._state
        state["best"] = min(best, first.score)
        bounded, left = self._bound_cases()
        lower = float(min(left, self._search_cases(bounded), state["best"]))
        return Solution(
            self._mapping, self._score, lower, lower >= state["best"] * (1 - kernel.SLACK),
            first.evaluations + self._priced + int(state["evaluations"]), first.pruned + int(state["pruned"]),
            first.visited + int(state["visited"]),
        )  # fmt: skip

    def _bound_cases(self) -> tuple[list[tuple[float, Case, CaseBounds]], float]:
        """The cases that may hold a better mapping, and a lower bound on those that time was over for.

        That of least bound comes first.
        """
        bounded, left = [], math.inf
        for case in list_cases(self._space, self._problem, self._state):
            if case.bound >= self._threshold:
                break
            if self._stop():
                left = case.bound
                break
            if search := self._enter(case):
                bounds = search.bounds(self._state)
                bounded.append((max(case.bound, bounds.least()), case, bounds))
        return sorted(bounded, key=lambda entry: entry[0]), left

    def _search_cases(self, bounded: list[tuple[float, Case, CaseBounds]]) -> float:
        """Search cases in turn; a lower bound on what was left open."""
        left = math.inf
        for bound, case, bounds in bounded:
            if bound >= self._threshold:
                break
            if self._stop():
                return min(left, bound)
            search = self._enter(case)
            assert search is not None
            if sliding_dims(self._state):
                left = min(left, search.sliding(self._state, bounds, partial(self._price, case=case)))
                continue
            open_bound, nest = search.exactly(self._state, bounds)
            left = min(left, open_bound)
            if nest is not None:
                self._mapping = take(self._mappings_of(nest, case), np.array([0]))
                self._score = float(self._state["best"])
        return left

    @property
    def _threshold(self) -> float:
        return float(self._state["best"]) * (1 - kernel.SLACK)

    def _enter(self, case: Case) -> CaseSearch | None:
        """Prepare a case, and what searches it; none where nothing is kept."""
        if case.keep is self._kept:
            spread_case(self._space, self._problem, self._state, case)
        else:
            enter_case(self._space, self._problem, self._state, case)
            self._kept, nodes_there = case.keep, nodes_of(self._state)
            if nodes_there not in self._searches:
                self._searches[nodes_there] = CaseSearch(*nodes_there, self._stop) if nodes_there[0] else None
            self._search = self._searches[nodes_there]
        bound_case(self._state)
        return self._search

    def _mappings_of(self, nest: Nest, case: Case) -> MappingArrays:
        """A nest under every order of loops that is tried."""
        nodes, blocks, depths = nest
        apart = (nodes, *self._apart(case, blocks, depths))
        return to_mapping_arrays(apart, orders_of(self._state), case, self._bounds, self._memory_of)

    def _price(self, nest: Nest, case: Case) -> float:
        """Price a nest under several orders of its loops, keep the best mapping; the best objective so far."""
        drawn = self._mappings_of(nest, case)
        cost = self._space.evaluate(drawn, np.full(len(drawn), self._problem))
        scores = objective_of(self._objective, cost.cycles, cost.energy_pj)
        self._priced += len(drawn)
        least = int(scores.argmin())
        if scores[least] < self._score:
            self._mapping, self._score = take(drawn, np.array([least])), float(scores[least])
        return self._score

    def _apart(
        self, case: Case, blocks: NDArray[np.int64], depths: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Trips of every block, and how far inside they stand, with dims that were searched as one apart again."""
        if not merges_dims(self._space, self._problem):
            return blocks, depths
        outside, depths = blocks.cumprod(axis=0), depths.copy()
        take_apart(outside, self._bounds // np.prod([widths for widths, _ in case.fanouts], axis=0))
        depths[:, [kernel.N, kernel.Q]] = depths[:, [kernel.P]]
        return np.concatenate([outside[:1], outside[1:] // outside[:-1]]), depths


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
