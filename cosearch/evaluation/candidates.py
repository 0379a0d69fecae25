"""What a worker does: map the layers on some accelerators of a generation, and evaluate the networks on each.

The answer follows from the task alone. So it does not matter which process gives it, beside which other tasks, or how
often: a task whose worker was killed is given to another.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from accel_models.template import Template
from cosearch.evaluation.design import WorkloadCost
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.workload_spec import WorkloadSpec
from nets.spaces import Config


@dataclass(frozen=True, slots=True)
class Candidate:
    """An accelerator to evaluate.

    Attributes:
        number: of the trial, which seeds the search for its subnet.
        template: the accelerator.
        demand: how much accuracy is asked of its subnet, see :meth:`Workload.evaluate`.
        memory: subnets to start from.
    """

    number: int
    template: Template
    demand: float = 0.0
    memory: tuple[Config, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateTask:
    """Candidates to evaluate, with everything the answer depends on.

    Attributes:
        workload: what runs on them.
        candidates: to evaluate.
        threads: that the process may use; the answer does not depend on them.
    """

    workload: WorkloadSpec
    candidates: tuple[Candidate, ...]
    threads: int = 1


@dataclass(frozen=True, slots=True)
class CandidateCosts:
    """What became of the candidates of a task, in their order.

    Attributes:
        costs: of the networks on each.
        evaluations: mappings evaluated for each.
        seconds: that the task took.
    """

    costs: tuple[tuple[WorkloadCost, ...], ...]
    evaluations: tuple[int, ...]
    seconds: float


def evaluate_candidates(task: CandidateTask) -> CandidateCosts:
    """Map, evaluate, count."""
    began = time.perf_counter()
    options, candidates = task.workload.options, task.candidates
    workload = task.workload.load()
    table = map_shapes(
        workload.layers,
        [candidate.template.accelerator() for candidate in candidates],
        replace(options.mapper_options, threads=task.threads),
        options.mapper_budget,
    )
    costs = tuple(
        workload.evaluate(
            table.energy_pj[row],
            table.latency_s[row],
            candidate.number,
            demand=candidate.demand,
            memory=candidate.memory,
        )
        for row, candidate in enumerate(candidates)
    )
    return CandidateCosts(costs, table.evaluations_each, time.perf_counter() - began)


def seconds_each(answers: Sequence[CandidateCosts]) -> float:
    """Seconds that a candidate of these answers took."""
    return sum(answer.seconds for answer in answers) / max(1, sum(len(answer.costs) for answer in answers))
