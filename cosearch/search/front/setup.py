"""From options to a front: its slices, and where each begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from cosearch.bounds.grid import Floats, Ints
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.executor import Executor
from cosearch.problem.objective import OBJECTIVES
from cosearch.problem.options import CoSearchOptions
from cosearch.search.candidates import usual_budget
from cosearch.search.front.lane import Lane
from cosearch.search.front.slices import Slice, laid, steps_of
from cosearch.search.front.strategy import FrontSearch
from cosearch.search.race.forecast import Forecast
from cosearch.search.race.setup import Arena, Field, arena_of, field_of
from cosearch.strategies.points import Outcome
from nets.elementary import log

EACH: Final = 6
"""Designs of a stratum of a niche that may begin a slice."""
END_TRIALS: Final = 24
"""Trials of an end before slices are laid, at most; a quarter of all where they are few."""


def begin_front(options: CoSearchOptions, executor: Executor) -> tuple[WorkloadSpec, FrontSearch]:
    """What the accelerators of a search for several objectives are evaluated with, and what proposes them.

    Raises:
        InputError, InfeasibleError, ExecutorError: see :func:`cosearch.search.race.setup.arena_of`.
    """
    arena = arena_of(options, executor)
    front = _Front(options, arena)
    first = Slice(0, (math.inf,) * len(options.axes), (0,) * (len(options.axes) - 1))
    ends = [lane for lane in (front.lane(first),) if lane is not None]
    end_trials = max(1, min(END_TRIALS, options.trials // (4 * len(ends)))) * len(ends)
    budget = usual_budget(options, arena.layers)
    forecast = Forecast(ends[0].grid, len(options.axes))
    return arena.spec, FrontSearch(ends, front.lay, forecast, options.seed, budget, end_trials)


@dataclass(frozen=True)
class _Front:
    """Makes the slices of a front."""

    options: CoSearchOptions
    arena: Arena

    def lay(self, outcomes: Sequence[Outcome]) -> list[Lane]:
        """All slices but the ends that were searched first."""
        axes = self.options.axes
        steps = steps_of(len(axes), self.options.trials)
        ends = [self._range(place, outcomes) for place in range(1, len(axes))]
        lanes = [self.lane(one) for one in laid(axes, ends, steps)[1:]]
        return [lane for lane in lanes if lane is not None]

    def _range(self, place: int, outcomes: Sequence[Outcome]) -> tuple[float, float]:
        """Loosest and tightest loss of an axis."""
        axis, budget = self.options.axes[place], self.options.budget
        kept = [o for o in outcomes if o.losses and all(slack <= 0 for slack in o.slacks.values())]
        best = min(kept, key=lambda outcome: outcome.losses[0], default=None)
        if axis.name == "area":
            smallest = log(self.options.hardware.smallest.area_mm2 * (1 + 1e-9))
            limit = budget.area_mm2
            loose = log(limit) if limit is not None else smallest if best is None else best.losses[place]
            return loose, smallest
        raise NotImplementedError

    def lane(self, one: Slice) -> Lane | None:
        """A slice with where it begins; ``None`` where its limits leave no room for a design to begin with."""
        options, arena = self.options, self.arena
        axis = options.axes[one.goal]
        narrowed = replace(options, objectives=(), objective=axis.name, budget=one.budget(options.axes, options.budget))
        field = field_of(narrowed, arena.networks, arena.layers, any_of=arena.any_of)
        starts = [design for rows in field.starts(EACH).values() for _, design in rows]
        if not starts:
            return None
        designs = np.array(starts)
        bounds = _Bounds(options, arena, field)
        return Lane(one, field.grid, bounds, designs, bounds(designs), np.zeros(0))


@dataclass(frozen=True)
class _Bounds:
    """Losses that designs (n, 9) are not below, (n, axes); areas are exact, and of some figures nothing is known."""

    options: CoSearchOptions
    arena: Arena
    field: Field

    def __call__(self, designs: Ints) -> Floats:
        columns = [self._column(axis.name, designs) for axis in self.options.axes]
        return np.stack(columns, axis=1)

    def _column(self, name: str, designs: Ints) -> Floats:
        if name in OBJECTIVES:
            return self.field.merits(designs)
        if name == "area":
            overhead = self.options.hardware.overhead
            return np.array([log(mm2 * overhead) for mm2 in self.field.grid.raw_mm2(designs).tolist()])
        return np.zeros(len(designs))
