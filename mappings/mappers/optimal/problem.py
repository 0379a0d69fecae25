"""A problem as the compiled searches take it, and what a search finds out about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.cost import CONVENTIONS
from accel_models.loopnest import MappingArrays
from mappings.mappers.mapper import Objective
from mappings.mappers.optimal import kernel
from mappings.mappers.optimal.cases import merged, merges_dims
from mappings.mapspace import MapSpace

OBJECTIVES: Final = {"edp": kernel.EDP, "latency": kernel.LATENCY, "energy": kernel.ENERGY}


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


def new_state(space: MapSpace, problem: int, objective: Objective) -> Any:
    """The memory of a compiled search, which knows all of the problem but its case."""
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


def bound_case(state: Any) -> float:
    """Prepare the case that was entered; a lower bound on its objective."""
    least = np.empty(1)
    kernel.bound_cases(state, state["spatial"][None, : state["levels"]].copy(), least)
    return float(least[0])


def take_apart(outside: NDArray[np.int64], budget: NDArray[np.int64]) -> None:
    """Give N, P and Q their shares of the trips outside every level, which stand as P's."""
    left = outside[:, kernel.P].copy()
    for d in (kernel.N, kernel.P, kernel.Q):
        outside[:, d] = np.gcd(left, budget[d])
        left //= outside[:, d]
