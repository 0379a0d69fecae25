"""From options to a front: its slices, and where each begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from cosearch.bounds.grid import LO, Floats, Ints
from cosearch.evaluation.best_subnet import BestSubnet
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.executor import Executor
from cosearch.problem.axes import Axis
from cosearch.problem.budget import Budget
from cosearch.problem.objective import OBJECTIVES
from cosearch.problem.options import CoSearchOptions
from cosearch.search.candidates import usual_budget
from cosearch.search.front.lane import Lane
from cosearch.search.front.slices import Slice, first_slices, laid, scale_of, steps_of
from cosearch.search.front.strategy import FrontSearch
from cosearch.search.race.estimates import Estimates
from cosearch.search.race.field import TemplateField, template_field, template_space
from cosearch.search.race.forecast import Forecast
from cosearch.search.race.setup import Arena, arena_of
from cosearch.strategies.points import Outcome
from nets.elementary import log

EACH: Final = 6
"""Designs of a stratum of a niche that may begin a slice."""
END_TRIALS: Final = 24
"""Trials of an end before slices are laid, at most; a quarter of all where they are few."""
LEAST_POWER: Final = 1 / 16
"""Of the power at the first end: how low limits on power go, for which layers cannot be mapped."""
CONTEXT: Final = 2.0
"""How far apart the ends of a front are, when designs are compared, by anything but their sizes."""


def begin_front(options: CoSearchOptions, executor: Executor) -> tuple[WorkloadSpec, FrontSearch]:
    """What the accelerators of a search for several objectives are evaluated with, and what proposes them.

    Raises:
        InputError, InfeasibleError, ExecutorError: see :func:`cosearch.search.race.setup.arena_of`.
    """
    arena = arena_of(options, executor)
    front = _Front(options, arena)
    ends = [front.lane(one) for one in first_slices(options.axes)]
    end_trials = max(1, min(END_TRIALS, options.trials // (4 * len(ends)))) * len(ends)
    least = np.array([0.0 if axis.name in (*OBJECTIVES, "area") else -np.inf for axis in options.axes])
    forecast = Forecast(ends[0].ground, least, len(ends[0].context))
    budget = usual_budget(options, arena.layers)
    return arena.spec, FrontSearch(ends, front.lay, forecast, options.seed, budget, end_trials)


@dataclass(frozen=True)
class _Front:
    """Makes the slices of a front.

    Attributes:
        shares: by limit on the accuracy's loss, how much of the highest is asked for.
    """

    options: CoSearchOptions
    arena: Arena
    shares: dict[float, float] = field(default_factory=dict)

    def lay(self, outcomes: Sequence[Outcome]) -> list[Lane]:
        """All slices but the ends that were searched first, by what became of those."""
        kept = [o.losses for o in outcomes if o.losses and all(slack <= 0 for slack in o.slacks.values())]
        axes = self.options.axes
        scales = [self._scale(place, kept) for place in range(1, len(axes))] if kept else [[]]
        return [self.lane(one) for one in laid(scales) if any(one.place)]

    def _scale(self, place: int, losses: Sequence[tuple[float, ...]]) -> list[float]:
        """The limits on the loss of an axis, the loosest first."""
        options, axis = self.options, self.options.axes[place]
        steps = steps_of(len(options.axes), options.trials)
        if axis.name == "accuracy":
            return self._accuracies(steps)
        loose = min(losses)[place]
        if axis.name == "area":
            limit = options.budget.area_mm2
            smallest = log(template_space(options).smallest.area_mm2)
            return scale_of(axis, loose if limit is None else log(limit), smallest, steps)
        tight = min(row[place] for row in losses) if axis.name in OBJECTIVES else loose + log(LEAST_POWER)
        return scale_of(axis, loose, tight, steps)

    def _accuracies(self, steps: int) -> list[float]:
        """Limits on what accuracy has for a loss."""
        workload = self.arena.spec.load()
        assert isinstance(workload, BestSubnet)
        for step in range(steps + 1):
            share = round(step / steps * workload.DEMANDS) / workload.DEMANDS
            self.shares.setdefault(-workload.floor(share), share)
        return sorted(self.shares, reverse=True)

    def lane(self, one: Slice) -> Lane:
        """A slice with where it begins: the smallest design of all where its limits leave no room for another."""
        options, arena = self.options, self.arena
        goal = options.axes[one.goal].name
        narrowed = replace(options, objectives=(), objective=goal, budget=one.budget(options.axes, options.budget))
        found = template_field(narrowed, arena.networks, arena.layers, any_of=arena.any_of)
        starts = [design for rows in found.starts(EACH) for _, design in rows]
        starts = starts or [found.grid.point(found.grid.space.smallest)[:, LO]]
        bounds, designs = _Bounds(options, arena, found), np.array(starts)
        return Lane(
            slice=one,
            ground=found.ground,
            bounds=bounds,
            starts=designs,
            start_bounds=bounds(designs),
            knobs=one.knobs(options.axes, self.shares),
            met=[place for place, axis in enumerate(options.axes) if axis.name == "accuracy"],
            context=self._context(one),
        )

    def _context(self, one: Slice) -> Floats:
        """What sets designs of a slice apart from the same designs in others: what is asked of their networks."""
        axes, place = self.options.axes, one.place or (0,) * (len(self.options.axes) - 1)
        steps = steps_of(len(axes), self.options.trials)
        of_subnets = [axis.name != "area" and self.arena.any_of for axis in axes[1:]]
        places = [at / steps for at, counts in zip(place, of_subnets) if counts]
        return CONTEXT * np.array([*places, *(float(one.goal == goal) for goal in range(1, len(axes)))])


class _Bounds:
    """Losses that designs (n, 9) are not below, (n, axes); areas are exact, and of some figures nothing is known."""

    def __init__(self, options: CoSearchOptions, arena: Arena, found: TemplateField) -> None:
        self._axes, self._grid, self._overhead = options.axes, found.grid, options.hardware.overhead
        self._estimates = {
            axis.name: Estimates(found.least, len(arena.networks), OBJECTIVES[axis.name], Budget(), any_of=arena.any_of)
            for axis in options.axes
            if axis.name in OBJECTIVES
        }

    def __call__(self, designs: Ints) -> Floats:
        return np.stack([self._column(axis, designs) for axis in self._axes], axis=1)

    def _column(self, axis: Axis, designs: Ints) -> Floats:
        if axis.name in self._estimates:
            estimates = self._estimates[axis.name]
            return estimates.merits(estimates.ranks(designs))
        if axis.name == "area":
            return np.array([log(mm2 * self._overhead) for mm2 in self._grid.raw_mm2(designs).tolist()])
        return np.zeros(len(designs))
