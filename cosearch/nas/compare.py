"""Several strategies on one problem at equal evaluations, over several seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cosearch.evaluation.front import dominated_share
from cosearch.nas.search import NasResult, search
from cosearch.problem.architectures import Evaluated, Problem
from cosearch.problem.measures import Measure
from cosearch.strategies.methods import make_strategy
from nets.errors import NO_VALUE, InputError


@dataclass(frozen=True, slots=True)
class Row:
    """One strategy over its seeds.

    Attributes:
        method: its name.
        results: one search for each seed.
        best: value of the goal's first measure in each search; none where nothing was within the limits.
        hypervolumes: share of the box (:attr:`Comparison.box`) that each search's architectures dominate.
    """

    method: str
    results: tuple[NasResult, ...]
    best: tuple[float, ...]
    hypervolumes: tuple[float, ...]

    @property
    def seconds(self) -> float:
        """Mean wall time of a search."""
        return statistics.fmean(result.seconds for result in self.results)

    @property
    def kept(self) -> float:
        """Share of the evaluations that were within the limits."""
        spent = sum(len(result.evaluated) for result in self.results)
        return sum(found.feasible for result in self.results for found in result.evaluated) / spent

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "method": self.method,
            "best_by_seed": list(self.best),
            "best_mean": mean(self.best),
            "best_deviation": deviation(self.best),
            "found": len(self.best),
            "seeds": len(self.results),
            "hypervolume_mean": mean(self.hypervolumes),
            "evaluations": [len(result.evaluated) for result in self.results],
            "within_limits": self.kept,
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Comparison:
    """What became of the strategies.

    Attributes:
        problem: that they searched.
        evaluations: that each might spend.
        results: by method, one for each seed.
    """

    problem: Problem
    evaluations: int
    results: Mapping[str, tuple[NasResult, ...]]

    @property
    def axes(self) -> tuple[Measure, ...]:
        """What hypervolume is measured in: the objectives, and for a single one the costs that limits are on too."""
        measures = (*self.problem.goal.measures, *(limit.measure for limit in self.problem.limits))
        return tuple(dict.fromkeys(measures))

    @cached_property
    def box(self) -> tuple[tuple[float, float], ...]:
        """(best, worst) loss on each axis: what bounds and limits say, else the extremes that any search found."""
        bounds, limits = self.problem.evaluator.bounds(), {limit.measure: limit for limit in self.problem.limits}
        feasible = [found for results in self.results.values() for one in results for found in _feasible(one)]
        box = []
        for measure in self.axes:
            losses = [measure.loss(found.figures[measure.name]) for found in feasible] or [0.0]
            known = sorted(measure.loss(value) for value in bounds.get(measure.name, ()) if math.isfinite(value))
            low = known[0] if known else min(losses)
            high = known[1] if len(known) == 2 else max(losses)
            box.append((low, measure.loss(limits[measure].bound) if measure in limits else high))
        return tuple(box)

    @cached_property
    def rows(self) -> list[Row]:
        """One for each strategy, the best first."""
        first = self.problem.goal.measures[0]
        rows = []
        for method, results in self.results.items():
            best = tuple(result.best.figures[first.name] for result in results if result.best is not None)
            rows.append(Row(method, results, best, tuple(self._dominated(result) for result in results)))
        several = self.problem.goal.objectives > 1
        return sorted(rows, key=lambda row: -mean(row.hypervolumes) if several else _mean_loss(row))

    def _dominated(self, result: NasResult) -> float:
        points = [
            [
                (measure.loss(found.figures[measure.name]) - low) / (high - low) if high > low else 0.0
                for measure, (low, high) in zip(self.axes, self.box)
            ]
            for found in _feasible(result)
        ]
        return dominated_share(points)

    @property
    def remark(self) -> str | None:
        """What is to be said of the figures of one of the answers, see :meth:`Evaluator.remark`."""
        return next((result.remark for row in self.rows for result in row.results if result.remark), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "space": self.problem.space.id,
            "goal": self.problem.goal.name,
            "limits": {limit.measure.name: limit.bound for limit in self.problem.limits},
            "evaluations": self.evaluations,
            "remark": self.remark,
            "hypervolume_of": [measure.name for measure in self.axes],
            "methods": [row.to_dict() for row in self.rows],
            "warnings": list(self.problem.warnings()),
        }


def compare(
    problem: Problem,
    methods: Sequence[str],
    *,
    evaluations: int,
    seeds: int,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    callback: Callable[[NasResult], None] | None = None,
) -> Comparison:
    """Search with every method from every seed 0, 1, ... .

    Args:
        settings: of methods, by name.
        callback: called with every search that ends.

    Raises:
        InputError: as :func:`cosearch.nas.search.search`, for any of the methods before the first search begins; a
            method named twice.
        InfeasibleError: no architecture keeps the limits, known before any evaluation.
    """
    if seeds < 1:
        raise InputError("seeds", seeds, "must be a whole number of at least 1")
    if not methods:
        raise InputError("methods", NO_VALUE, "must name at least one")
    for method in methods:
        if list(methods).count(method) > 1:
            raise InputError("methods", method, "is named twice")
        make_strategy(method, problem, evaluations=evaluations, settings=dict((settings or {}).get(method, {})))
    problem.require_feasible()  # also fills its tables, which the first search would be timed for otherwise
    results = {}
    for method in methods:
        searched = []
        for seed in range(seeds):
            own = dict((settings or {}).get(method, {}))
            searched.append(search(problem, method, evaluations=evaluations, seed=seed, settings=own))
            if callback is not None:
                callback(searched[-1])
        results[method] = tuple(searched)
    return Comparison(problem, evaluations, results)


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean; not a number where there is none."""
    return statistics.fmean(values) if values else math.nan


def deviation(values: Sequence[float]) -> float:
    """Standard deviation of a sample; not a number for fewer than two."""
    return statistics.stdev(values) if len(values) > 1 else math.nan


def _feasible(result: NasResult) -> list[Evaluated]:
    return [found for found in result.evaluated if found.feasible]


def _mean_loss(row: Row) -> float:
    """Mean of the best losses; a search that found nothing counts as infinitely bad."""
    losses = [math.inf if result.best is None else result.best.losses[0] for result in row.results]
    return statistics.fmean(losses)
