"""What a search would do and how long it would take, without doing it: ``cosearch search --dry-run``."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from cosearch.evaluation.best_subnet import BestSubnet
from cosearch.search.candidates import Candidate, CandidateTask, evaluate_candidates
from cosearch.evaluation.design import Design
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.serial import Serial
from cosearch.problem.options import CoSearchOptions
from cosearch.search.race import begin_race
from cosearch.search.resolutions import specify_workload
from cosearch.strategies.accelerators import AcceleratorStrategy, Proposal
from cosearch.strategies.points import Outcome
from cosearch.strategies.samplers import RACE

SAMPLED: Final = 5
"""Generations of a race that are evaluated, from its first to its last: later designs are mapped in fewer steps."""


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
    """Evaluate some generations, once what compiles is compiled, and multiply."""
    options.hardware.require_feasible()
    spec, generations = _proposed(options)
    workload = spec.make()
    step = max(1, math.ceil(len(generations) / SAMPLED))
    sample = generations[::step]
    evaluate_candidates(_task(spec, sample[0][:1]))
    mappings, seconds, beside_s = 0, 0.0, 0.0
    for generation in sample:
        first, again = (evaluate_candidates(_task(spec, generation)) for _ in range(2))
        mappings += sum(again.evaluations)
        seconds += again.seconds
        beside_s += max(first.seconds - again.seconds, 0.0)  # mapping what its designs are mapped near
    played = [proposal for generation in generations for proposal in generation]
    sampled = [proposal for generation in sample for proposal in generation]
    more = _budgets(options, played) / _budgets(options, sampled) * options.trials / len(played)
    # Each process maps by itself what others are mapped near.
    beside_s *= _nears(played) / max(_nears(sampled), 1)
    return Plan(
        trials=options.trials,
        generations=math.ceil(options.trials / options.population),
        mapped_shapes=len({layer.shape_key for layer in workload.layers if layer.is_mac}),
        mappings=round(mappings * more),
        accelerators_at_most=options.hardware.size,
        subnets=float(workload.space.size) if isinstance(workload, BestSubnet) else None,
        expected_s=seconds * more / options.jobs + beside_s,
    )


def _budgets(options: CoSearchOptions, proposals: Sequence[Proposal]) -> int:
    """Evaluations for one layer of each."""
    return sum(proposal.budget or options.mapper_budget for proposal in proposals)


def _nears(proposals: Sequence[Proposal]) -> int:
    """How many designs others are mapped near."""
    return len({proposal.near for proposal in proposals} - {None})


def _proposed(options: CoSearchOptions) -> tuple[WorkloadSpec, list[Sequence[Proposal]]]:
    """What would be evaluated: every generation of a race, one of any other sampler.

    The race hears what its bounds say, and what designs of its first generation cost more.
    """
    size = options.population
    if options.sampler != RACE:
        strategy = AcceleratorStrategy(options.hardware, "random", options.seed, size)
        return specify_workload(options, Serial()), [strategy.ask(min(size, options.trials))]
    spec, race = begin_race(options, Serial())
    generations: list[Sequence[Proposal]] = []
    more: float | None = None
    for first in range(0, options.trials, size):
        asked = race.ask(min(size, options.trials - first))
        estimates = [race.estimate(proposal) for proposal in asked]
        more = _above(spec, asked, estimates) if more is None else more
        race.tell(asked, [Outcome(estimate + more, ()) for estimate in estimates])
        generations.append(asked)
    return spec, generations


def _above(spec: WorkloadSpec, proposals: Sequence[Proposal], estimates: Sequence[float]) -> float:
    """How far merits of designs are above what bounds say of them, in the median."""
    options, found = spec.options, evaluate_candidates(_task(spec, proposals))
    designs = (
        Design.evaluated(one.number, one.knobs, one.template, costs, options.goal, options.budget)
        for one, costs in zip(proposals, found.costs)
    )
    return statistics.median(design.merit - estimate for design, estimate in zip(designs, estimates))


def _task(spec: WorkloadSpec, proposals: Sequence[Proposal]) -> CandidateTask:
    candidates = (Candidate(one.number, one.template, near=one.near, budget=one.budget) for one in proposals)
    return CandidateTask(workload=spec, candidates=tuple(candidates))


def describe(found: Plan) -> str:
    """The plan for a person."""
    subnets = "" if found.subnets is None else f", {found.subnets:.2g} subnets"
    return (
        f"space: at most {found.accelerators_at_most:.2g} accelerators{subnets}\n"
        f"plan: {found.trials} accelerators in {found.generations} generations, {found.mapped_shapes} layer shapes "
        f"mapped on each, about {found.mappings:,} mappings evaluated\n"
        f"time: about {found.expected_s:.0f} s on this machine, and the longer mapping of what is found\n"
    )
