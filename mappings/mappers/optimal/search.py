"""The ``optimal`` mapper: branch and bound with a proof, for each problem of a map space."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.loopnest import MappingArrays
from mappings.bounds import lower_bounds
from mappings.mappers.mapper import Found, SearchOptions, offer_start, read_settings, register_mapper, score
from mappings.mappers.optimal.boxes import applies, search_boxes
from mappings.mappers.optimal.problem import Solution
from mappings.mappers.optimal.ragged import cut, padded_spaces
from mappings.mappers.optimal.solve import solve
from mappings.mapspace import MapSpace, take
from nets.errors import InputError

SETTINGS: Final[dict[str, Any]] = {"gap": 0.01, "boxes": 50_000, "cases": 0, "larger": 24}
AGREES: Final = 1e-9
START: Final = 0.25
"""Share of what is left of the time for mappings to begin a search over ragged tiles with."""


@register_mapper("optimal")
def optimal_search(space: MapSpace, options: SearchOptions) -> Found:
    """Find the best mapping of every problem and prove it.

    The budget does not bind it; ``time_limit_s`` does, shared evenly by the problems: then it answers the best so far
    with a lower bound, and ``extra["proven"]`` says which problems were finished. Where tiles may be ragged, it begins
    with the best mapping with perfect factors of the layer and of some slightly larger ones, cut to the layer. On
    machines of the template it then searches ragged tilings until its best is within ``gap`` (a setting, 0.01 by
    default; 0 to prove the best) of the optimum, or ``boxes`` of them are cut (50,000 for each problem, some seconds);
    on others its bound is that of :mod:`mappings.bounds`. ``cases`` are the ways to spread a layer over the array that
    the search for that beginning looks at, the most promising first; 0 for all. ``larger`` is how many slightly larger
    layers it tries, the smallest first.
    """
    settings = read_settings("optimal", options.settings, SETTINGS)
    gap = settings["gap"]
    if not isinstance(gap, int | float) or isinstance(gap, bool) or not 0 <= gap < math.inf:
        raise InputError("optimal mapper: gap", gap, "must be a number of at least 0", "0.01 is one percent")
    for name, hint in (("boxes", ""), ("cases", "0 is all of them"), ("larger", "")):
        count = settings[name]
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise InputError(f"optimal mapper: {name}", count, "must be a whole number of at least 0", hint)
    most_cases = (settings["cases"] or None) if space.tiles == "ragged" and not space.uneven else None
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
            stop=lambda: time.perf_counter() >= until, most_cases=most_cases,
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
            share = (end - time.perf_counter()) / (len(space) - problem)
            _search_ragged(space, found, problem, options, settings, time.perf_counter() + share, most_cases)
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


def _search_ragged(
    space: MapSpace,
    found: Found,
    problem: int,
    options: SearchOptions,
    settings: Mapping[str, Any],
    end: float,
    most_cases: int | None,
) -> None:
    """Offer the best mappings of larger layers, cut to the layer; then search all tilings, where that is known."""
    assert found.lower_bound is not None
    known, layer = applies(space, problem), space.problem(problem)[0]
    now = time.perf_counter()
    until = now + START * (end - now) if known else end
    for larger in padded_spaces(space, problem, settings["larger"]):
        if time.perf_counter() >= until:
            break
        added = larger.layers[0].macs / layer.macs  # a mapping that costs so many times as much may be better once cut
        enough = float(found.score[problem]) * (added**2 if options.objective == "edp" else added)
        solution = solve(
            larger, 0, options.objective, best=enough, stop=lambda: time.perf_counter() >= until, most_cases=most_cases
        )
        if solution.mapping is not None:
            mapping = space.from_even(solution.mapping, int(space.accelerator_of[problem]))
            found.offer_one(space, problem, cut(mapping, layer), options)
            found.evaluations[problem] += solution.evaluations - 1
    if not known:
        return

    def offer(mappings: MappingArrays) -> NDArray[np.float64]:
        cost = space.evaluate(mappings, np.full(len(mappings), problem), options.threads)
        scores = score(options.objective, cost.cycles, cost.energy_pj)
        found.offer_one(space, problem, take(mappings, np.array([scores.argmin()])), options)
        found.evaluations[problem] += len(mappings) - 1
        return scores

    bound = search_boxes(
        space, problem, options.objective, best=float(found.score[problem]), gap=settings["gap"],
        most=settings["boxes"], offer=offer, stop=lambda: time.perf_counter() >= end,
    )  # fmt: skip
    found.lower_bound[problem] = max(found.lower_bound[problem], min(bound, found.score[problem]))
