"""What a search would do and how long it would take, without doing it: ``cosearch search --dry-run``."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from cosearch.evaluation.best_subnet import BestSubnet
from cosearch.evaluation.room import require_room_for
from cosearch.executors.serial import Serial
from cosearch.problem.options import CoSearchOptions
from cosearch.search.pending import PendingTrials
from cosearch.search.proposals import begin_strategy, outcome_of
from cosearch.search.state import SearchState
from cosearch.studies.study import Recorded

SAMPLED: Final = 4
"""Generations that are evaluated; of the time only what those after the first took counts, as that one compiles."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A search in figures.

    Attributes:
        trials: accelerators to evaluate, in that many generations.
        mapped_shapes: different layers that are mapped on each accelerator.
        mappings: evaluated in the outer loop, as far as is known before; the design found and the baselines take more.
        accelerators_at_most: points of the space; the budget leaves fewer.
        subnets: of the space at one resolution; ``None`` when networks are given.
        expected_s: of the outer loop, from the time that some generations took here.
    """

    trials: int
    generations: int
    mapped_shapes: int
    mappings: int
    accelerators_at_most: float
    subnets: float | None
    expected_s: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def plan(options: CoSearchOptions) -> Plan:
    """Evaluate the first generations as the search would, in this process, and multiply."""
    options.hardware.require_feasible()
    require_room_for(options)
    executor, state = Serial(1), SearchState()
    spec, strategy = begin_strategy(options, executor)
    workload = spec.make()
    pending = PendingTrials(spec, strategy, executor, state, Recorded(None))
    mappings, seconds = 0, 0.0
    sampled = min(SAMPLED * options.population, options.trials)
    for first in range(0, sampled, options.population):
        last = min(first + options.population, sampled)
        pending.ask(last)
        pending.finish(last)
        trials = pending.take(range(first, last))
        mappings += sum(trial.evaluations for trial in trials)
        seconds += state.seconds_each if first or last == sampled else 0.0
        strategy.tell([trial.proposal for trial in trials], [outcome_of(options, trial.design) for trial in trials])
    return Plan(
        trials=options.trials,
        generations=math.ceil(options.trials / options.population),
        mapped_shapes=len({layer.shape_key for layer in workload.layers if layer.is_mac}),
        mappings=round(mappings * options.trials / sampled),
        accelerators_at_most=options.hardware.size,
        subnets=float(workload.space.size) if isinstance(workload, BestSubnet) else None,
        expected_s=seconds / max(math.ceil(sampled / options.population) - 1, 1) * options.trials / options.jobs,
    )


def describe(found: Plan) -> str:
    """The plan for a person."""
    subnets = "" if found.subnets is None else f", {found.subnets:.2g} subnets"
    return (
        f"space: at most {found.accelerators_at_most:.2g} accelerators{subnets}\n"
        f"plan: {found.trials} accelerators in {found.generations} generations, {found.mapped_shapes} layer shapes "
        f"mapped on each, about {found.mappings:,} mappings evaluated\n"
        f"time: about {found.expected_s:.0f} s on this machine, and the longer mapping of what is found\n"
    )
