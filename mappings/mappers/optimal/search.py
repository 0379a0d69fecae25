"""The ``optimal`` mapper: branch and bound with a proof, for each problem of a map space."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np

from mappings.bounds import lower_bounds
from mappings.mappers.mapper import Found, SearchOptions, offer_start, read_settings, register_mapper
from mappings.mappers.optimal.ragged import cut, padded_spaces
from mappings.mappers.optimal.solve import Solution, solve
from mappings.mapspace import MapSpace
from nets.errors import InputError

SETTINGS: Final[dict[str, Any]] = {}
AGREES: Final = 1e-9


@register_mapper("optimal")
def optimal_search(space: MapSpace, options: SearchOptions) -> Found:
    """Find the best mapping of every problem and prove it.

    The budget does not bind it; ``time_limit_s`` does, shared evenly by the problems: then it answers the best so far
    with a lower bound, and ``extra["proven"]`` says which problems were finished. Where tiles may be ragged, it takes
    the best mapping with perfect factors of the layer and of some slightly larger ones, cut to the layer; its bound
    then is one that ragged tiles keep to as well.
    """
    read_settings("optimal", options.settings, SETTINGS)
    if space.convention == "systolic":
        raise InputError("optimal mapper: convention", space.convention, "is not known to it", "take 'default'")
    found, _ = offer_start(space, options)
    found.lower_bound = lower_bounds(space, options.objective)
    end = time.perf_counter() + options.time_limit_s
    problems = range(len(space))

    def one(problem: int) -> Solution:
        share = (end - time.perf_counter()) / -(-(len(space) - problem) // options.threads)
        until = time.perf_counter() + share
        return solve(
            space, problem, options.objective, best=float(found.score[problem]),
            stop=lambda: time.perf_counter() >= until,
        )  # fmt: skip

    if options.threads > 1:
        with ThreadPoolExecutor(options.threads) as pool:
            solutions = list(pool.map(one, problems))
    else:
        solutions = [one(problem) for problem in problems]
    for problem, solution in enumerate(solutions):
        _enter(space, found, problem, solution, options)
    if space.tiles == "ragged":
        for problem in problems:
            _offer_ragged(space, found, problem, options, lambda: time.perf_counter() >= end)
    found.extra["proven"] = found.lower_bound >= found.score
    found.extra["pruned"] = np.array([solution.pruned for solution in solutions])
    return found


def _enter(space: MapSpace, found: Found, problem: int, solution: Solution, options: SearchOptions) -> None:
    """Take over the solution of one problem, priced by the cost model."""
    assert found.lower_bound is not None
    if solution.mapping is not None:
        found.offer_one(space, problem, solution.mapping, options)
        found.evaluations[problem] += solution.evaluations - 1
        if solution.proven and abs(found.score[problem] / solution.lower_bound - 1) > AGREES:
            raise RuntimeError(f"optimal mapper and cost model disagree on problem {problem}: {solution}")
    else:
        found.history.append((int(found.evaluations.max()), found.score.copy()))
    if space.tiles == "perfect":  # of ragged tiles it proves nothing
        bound = found.score[problem] if solution.proven else solution.lower_bound
        found.lower_bound[problem] = max(found.lower_bound[problem], min(bound, found.score[problem]))


def _offer_ragged(
    space: MapSpace, found: Found, problem: int, options: SearchOptions, stop: Callable[[], bool]
) -> None:
    """Offer the best mappings of larger layers, cut to the layer."""
    for larger in padded_spaces(space, problem):
        if stop():
            return
        solution = solve(larger, 0, options.objective, stop=stop)
        if solution.mapping is not None:
            found.offer_one(space, problem, cut(solution.mapping, space.problem(problem)[0]), options)
            found.evaluations[problem] += solution.evaluations - 1
