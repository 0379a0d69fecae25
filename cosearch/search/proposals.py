"""What proposes the accelerators of a search, and what it hears of each."""

from __future__ import annotations

import math

from cosearch.evaluation.demand import ACCURACY_KNOB
from cosearch.evaluation.design import Design
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.executor import Executor
from cosearch.problem.options import CoSearchOptions
from cosearch.search.front import begin_front
from cosearch.search.race import begin_race
from cosearch.search.resolutions import specify_workload
from cosearch.strategies.accelerators import AcceleratorStrategy, Proposer
from cosearch.strategies.points import Outcome
from cosearch.strategies.samplers import RACE
from nets.elementary import log


def begin_strategy(options: CoSearchOptions, executor: Executor) -> tuple[WorkloadSpec, Proposer]:
    """What the accelerators of a search are evaluated with, and what proposes them.

    Raises:
        InputError: no such network or space, no figures of its accuracy.
        InfeasibleError: no subnet reaches the accuracy, no array fits.
        ExecutorError: the workers were lost.
    """
    if options.sampler == RACE:
        return begin_race(options, executor) if len(options.axes) == 1 else begin_front(options, executor)
    more = (ACCURACY_KNOB,) if "accuracy" in options.objectives else ()
    strategy = AcceleratorStrategy(
        options.hardware, options.sampler, options.seed, options.population, len(options.axes), more
    )
    return specify_workload(options, executor), strategy


def outcome_of(options: CoSearchOptions, design: Design) -> Outcome:
    """What the strategy hears of a design."""
    bound = None if design.bound is None else log(design.bound)
    if not math.isfinite(design.value):
        return Outcome(design.merit, (), bound=bound, precise=design.precise)
    measured = design.measures()
    slacks = tuple(measured[name] / limit - 1.0 for name, limit in options.budget.limits().items())
    losses = tuple(axis.loss(design) for axis in options.axes)
    return Outcome(design.merit, losses, slacks, bound, design.precise)
