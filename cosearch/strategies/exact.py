"""The best architecture as a shortest path: no search, an answer. Where objective and limits are sums along a path.

The graph is the space's own (:meth:`nets.spaces.Space.paths`), the solver that of
:mod:`cosearch.strategies.shortest_path`. Accuracy rises with a sum at a given resolution, so it may be a limit or the
objective; energy, latency, MACs and parameters are sums over blocks; a limit on power, E / T <= P, is one on E - P T;
one on peak memory is kept by leaving out blocks (:mod:`cosearch.strategies.peaks`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from cosearch.problem.architectures import Evaluated, Problem
from cosearch.problem.goals import Best
from cosearch.problem.measures import (
    ACCURACY,
    CAPACITY,
    ENERGY,
    FLASH,
    LATENCY,
    MACS,
    PARAMS,
    POWER,
    SRAM,
    Limit,
    Measure,
)
from cosearch.strategies.peaks import Bools, Path, best_under_peaks
from cosearch.strategies.shortest_path.chain import MOST_LABELS
from cosearch.strategies.shortest_path.kernel.labels import shortest_path
from cosearch.strategies.shortest_path.problem import SPARE
from cosearch.strategies.strategy import Strategy
from nets.errors import InputError
from nets.spaces import Config
from nets.spaces.paths import Arc, PathGraph

Floats = NDArray[np.float64]

SUMS: Final = (ACCURACY, LATENCY, ENERGY, MACS, PARAMS, FLASH, CAPACITY)
"""What may be the objective."""
PLANE: Final = {LATENCY.name: (0.0, 1.0), ENERGY.name: (1.0, 0.0)}
"""Objectives under which any number of limits on energy, latency and power are directions of one plane."""


@dataclass(frozen=True, slots=True)
class SummedPaths:
    """All architectures of one kind (of one resolution) as paths, with figures that add up along them.

    Attributes:
        graph: whose paths they are.
        figures: of each arc, by name of the measure; under ``accuracy`` a worth that accuracy rises with. Infinite
            where a part cannot run. Under ``sram`` a row for each arc, whose columns have their peaks along a path, the
            sum of which is the memory.
        least_worth: what the worths must add up to for an accuracy in percent; ``None`` where it rises with no sum.
        config: the architecture of the arcs of a path.
    """

    graph: PathGraph
    figures: Mapping[str, Floats]
    least_worth: Callable[[float], float] | None
    config: Callable[[Sequence[Arc]], Config]


class Exact(Strategy):
    """Evaluates the best architecture of each resolution, and no others.

    Proven but where a search gives up at its most labels, which no space and limits met so far come near.

    Raises:
        InputError: architectures are no paths, or the objective, a limit or accuracy is no sum along them; says which.
    """

    name: ClassVar = "exact"
    title: ClassVar = "shortest path under limits: the best architecture, proven, where all figures are sums"

    def __init__(self, problem: Problem, *, evaluations: int, seed: int) -> None:
        super().__init__(problem, evaluations=evaluations, seed=seed)
        self._check_sums()
        paths: Sequence[SummedPaths] = getattr(problem.evaluator, "paths", ())
        if not paths:
            raise _refused("space", problem.space.id, "does not say how its architectures are paths")
        self._paths = paths
        self._left: list[Config] | None = None

    @property
    def proves(self) -> bool:
        """See :meth:`Strategy.proves`."""
        return True

    def ask(self, most: int) -> list[Config]:
        """See :meth:`Strategy.ask`; where no path keeps the limits, what is known to be good at keeping them."""
        if self._left is None:
            found = [config for paths in self._paths if (config := self._shortest(paths)) is not None]
            distinct = {self.space.encode(config): config for config in found or self.problem.evaluator.landmarks()}
            self._left = list(distinct.values())
        asked, self._left = self._left[:most], self._left[most:]
        return asked

    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """See :meth:`Strategy.tell`: nothing is learnt."""

    def _check_sums(self) -> None:
        goal, limits = self.problem.goal, self.problem.limits
        if not isinstance(goal, Best) or goal.measure not in SUMS:
            raise _refused("objective", goal.name, "is no sum along a path", "take one figure and limit the others")
        for limit in limits:
            if limit.measure not in (*SUMS, POWER, SRAM):
                raise _refused("limit", str(limit), "is on no sum along a path")
            if limit.measure == SRAM and any(
                SRAM.name not in paths.figures for paths in getattr(self.problem.evaluator, "paths", ())
            ):
                raise _refused("limit", str(limit), "is on memory in patches, which no path says block by block")
        limits = tuple(limit for limit in limits if limit.measure != SRAM)
        in_plane = all(limit.measure in (ACCURACY, LATENCY, ENERGY, POWER) for limit in limits)
        if len(limits) > 2 and not (in_plane and goal.measure.name in PLANE):
            rule = f"can be made best under two limits, not {len(limits)}"
            raise _refused("objective", goal.name, rule, "only energy and latency can be under more")
        used = (goal.measure, *(limit.measure for limit in limits))
        if ACCURACY in used and any(
            paths.least_worth is None for paths in getattr(self.problem.evaluator, "paths", ())
        ):
            raise _refused("accuracy", self.problem.space.id, "is predicted, but rises with no sum over genes")

    def _shortest(self, paths: SummedPaths) -> Config | None:
        goal = self.problem.goal.measures[0]
        on_sums = [limit for limit in self.problem.limits if limit.measure != SRAM]
        rows = sorted(on_sums, key=lambda limit: limit.measure != ACCURACY)
        bounded = [_bounded(limit, paths) for limit in rows]
        arcs = len(paths.graph.arcs)
        table, least_gain, limits = np.zeros((arcs, 3)), 0.0, []
        if goal.name in PLANE and len(bounded) > 1:
            table[:, 1], table[:, 2] = paths.figures[ENERGY.name], paths.figures[LATENCY.name]
            direction = PLANE[goal.name]
            for limit, (figure, most) in zip(rows, bounded):
                if limit.measure == ACCURACY:
                    table[:, 0], least_gain = -figure, -most
                elif limit.measure == POWER:
                    limits.append((1.0, -limit.bound * (1 - SPARE), 0.0))
                else:
                    limits.append((*PLANE[limit.measure.name], most))
        else:
            table[:, 1], direction = _loss(goal, paths), (1.0, 0.0)
            if bounded:
                table[:, 0], least_gain = -bounded[0][0], -bounded[0][1]
            if len(bounded) > 1:
                table[:, 2] = bounded[1][0]
                limits.append((0.0, 1.0, bounded[1][1]))
        runs = np.isfinite(paths.figures[ENERGY.name]) & np.isfinite(paths.figures[LATENCY.name])
        source = np.array([arc.source for arc in paths.graph.arcs])
        target = np.array([arc.target for arc in paths.graph.arcs])
        rows_of, steps = np.array(limits).reshape(-1, 3), paths.graph.nodes - 1

        def solve(allowed: Bools) -> Path | None:
            open_table, chosen = np.where((runs & allowed)[:, None], table, np.inf), np.empty(steps, np.int64)
            shortest_path(
                source, target, open_table, least_gain, rows_of, np.array(direction), math.inf, MOST_LABELS, chosen
            )
            taken = chosen[chosen >= 0]
            return Path(taken, float((table[taken, 1:] @ np.array(direction)).sum())) if chosen[0] >= 0 else None

        most = min((limit.bound for limit in self.problem.limits if limit.measure == SRAM), default=math.inf)
        peaks = paths.figures[SRAM.name] if SRAM.name in paths.figures else np.zeros((arcs, 1))
        found = best_under_peaks(solve, peaks, most)
        return None if found is None else paths.config([paths.graph.arcs[i] for i in found.arcs])


def _loss(measure: Measure, paths: SummedPaths) -> Floats:
    """What of a figure is made small along a path."""
    figure = paths.figures[MACS.name if measure == CAPACITY else measure.name]
    return -figure if measure.larger else figure


def _bounded(limit: Limit, paths: SummedPaths) -> tuple[Floats, float]:
    """(figure of each arc, most that it may add up to) of a limit, with some to spare."""
    if limit.measure == POWER:
        with np.errstate(invalid="ignore"):
            power = paths.figures[ENERGY.name] - limit.bound * (1 - SPARE) * paths.figures[LATENCY.name]
        return power, 0.0
    if limit.measure == ACCURACY and paths.least_worth is not None:
        return -paths.figures[ACCURACY.name], -paths.least_worth(limit.bound)
    most = -limit.bound if limit.measure.larger else limit.bound
    return _loss(limit.measure, paths), most - SPARE * abs(most)


def _refused(place: str, value: object, rule: str, hint: str = "") -> InputError:
    return InputError(f"method exact: {place}", value, rule, hint or "--method evolution searches it")
