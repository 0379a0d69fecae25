"""From options to a front: its slices, and where each begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np

from cosearch.bounds.boxes import Floats
from cosearch.evaluation.best_subnet import BestSubnet
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.executor import Executor
from cosearch.problem.objective import OBJECTIVES
from cosearch.problem.options import CoSearchOptions
from cosearch.search.candidates import usual_budget
from cosearch.search.front.slices import first_slices, laid, scale_of, steps_of
from cosearch.search.race.field import field_of
from cosearch.search.race.lane import Lane, Terms
from cosearch.search.race.lore import Lore
from cosearch.search.race.setup import Arena, Track, arena_of
from cosearch.search.race.slice import Slice
from cosearch.search.race.strategy import Race
from cosearch.strategies.points import Outcome
from nets.elementary import log

END_TRIALS: Final = 24
"""Trials of an end before slices are laid, at most; a quarter of all where they are few."""
LEAST_POWER: Final = 1 / 16
"""Of the power at the first end: how low limits on power go, for which layers cannot be mapped."""
CONTEXT: Final = 2.0
"""How far apart the ends of a front are, when designs are compared, by anything but their sizes."""


def begin_front(options: CoSearchOptions, executor: Executor) -> tuple[WorkloadSpec, Race]:
    """What the accelerators of a search for several objectives are evaluated with, and what proposes them.

    Raises:
        InputError, InfeasibleError, ExecutorError: see :func:`cosearch.search.race.setup.arena_of`.
    """
    arena = arena_of(options, executor)
    front = _Front(options, arena, executor)
    ends = [front.lane(one) for one in first_slices(options.axes)]
    end_trials = max(1, min(END_TRIALS, options.trials // (4 * len(ends)))) * len(ends)
    return arena.spec, Race(ends, options.trials, usual_budget(options, arena.layers), front.lay, end_trials)


@dataclass(frozen=True)
class _Front:
    """Makes the lanes of a front.

    Attributes:
        executor: whose workers bound designs to begin with.
        shares: by limit on the accuracy's loss, how much of the highest is asked for.
        terms: of slices, by their knobs.
    """

    options: CoSearchOptions
    arena: Arena
    executor: Executor
    shares: dict[float, float] = field(default_factory=dict)
    terms: dict[frozenset[tuple[str, float]], Terms] = field(default_factory=dict)

    @cached_property
    def lore(self) -> Lore:
        """What all lanes learn together."""
        arena, whole = self.arena, Slice.whole(len(self.options.axes))
        designs = field_of(self._narrowed(whole), arena.networks, arena.layers, any_of=arena.any_of)
        return Lore(designs.ground, len(self._context(whole)))

    def lay(self, outcomes: Sequence[Outcome]) -> list[Lane]:
        """All slices but the ends that were searched first, by what became of those.

        Raises:
            ExecutorError: the workers were lost.
        """
        kept = [o.losses for o in outcomes if o.losses and all(slack <= 0 for slack in o.slacks)]
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
            smallest = log(options.hardware.smallest.area_mm2)
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
        """The lane of a slice, screened; it begins with the smallest of all designs where its limits fit no other."""
        axes = len(self.options.axes)
        lanes = (steps_of(axes, self.options.trials) + 1) ** (axes - 1)
        track = Track.of(self._narrowed(one), self.arena, lanes=lanes)
        if not track.starts:
            smallest = track.field.smallest
            track = replace(track, starts=[[(float(track.field.estimates.of(smallest[None])[0]), smallest)]])
        knobs = one.knobs(self.options.axes, self.shares)
        asked = frozenset(knobs.items())
        if asked not in self.terms:
            self.terms[asked] = track.terms(knobs, self._context(one))
        lane = track.lane(one, self.terms[asked], self.lore)
        return track.screened(lane, self.options.trials // lanes, self.executor)

    def _narrowed(self, one: Slice) -> CoSearchOptions:
        """The options of a search for a slice alone."""
        options, axes = self.options, self.options.axes
        floors = [-limit for axis, limit in zip(axes, one.limits) if axis.name == "accuracy" and limit < np.inf]
        return replace(
            options,
            objectives=(),
            objective=axes[one.goal].name,
            budget=one.budget(axes, options.budget),
            min_accuracy=max([options.min_accuracy, *floors]),
        )

    def _context(self, one: Slice) -> Floats:
        """What sets designs of a slice apart from the same designs in others: what is asked of their networks."""
        axes, place = self.options.axes, one.place or (0,) * (len(self.options.axes) - 1)
        steps = steps_of(len(axes), self.options.trials)
        of_subnets = [axis.name != "area" and self.arena.any_of for axis in axes[1:]]
        places = [at / steps for at, counts in zip(place, of_subnets) if counts]
        return CONTEXT * np.array([*places, *(float(one.goal == goal) for goal in range(1, len(axes)))])
