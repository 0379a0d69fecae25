"""What a worker does: map the layers on some accelerators of a generation, and judge the networks on each.

The answer follows from the task alone. So it does not matter which process gives it, beside which other tasks, or how
often: a task whose worker was killed is given to another.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from accel_models.template import Template
from cosearch.evaluation.design import WorkloadCost
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.workload import Workload
from nets.spaces import Config

if TYPE_CHECKING:
    from cosearch.co_search import CoSearch

WORKLOADS_KEPT: Final = 4
_workloads: dict[tuple[CoSearch, tuple[int, ...] | None], Workload] = {}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An accelerator to judge.

    Attributes:
        number: of the design, which seeds the search for its subnet.
        template: the accelerator.
        demand: how much accuracy is asked of its subnet, see :meth:`Workload.judge`.
        memory: subnets to start from.
    """

    number: int
    template: Template
    demand: float = 0.0
    memory: tuple[Config, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Candidates to judge, with everything the answer depends on.

    Attributes:
        search: whose candidates they are.
        resolutions: of its subnets' images, so that nobody looks for them again; ``None`` for given networks.
        candidates: to judge.
        threads: that the process may use; the answer does not depend on them.
    """

    search: CoSearch
    resolutions: tuple[int, ...] | None
    candidates: tuple[Candidate, ...]
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of the candidates of a task, in their order.

    Attributes:
        costs: of the networks on each.
        evaluations: mappings evaluated for each.
        seconds: that the task took.
    """

    costs: tuple[tuple[WorkloadCost, ...], ...]
    evaluations: tuple[int, ...]
    seconds: float


def judge(task: Task) -> Answer:
    """Map, judge, count."""
    began = time.perf_counter()
    search, candidates = task.search, task.candidates
    workload = _workload(search, task.resolutions)
    table = map_shapes(
        workload.layers,
        [candidate.template.accelerator() for candidate in candidates],
        replace(search.mapper_options, threads=task.threads),
        search.mapper_budget,
    )
    costs = tuple(
        workload.judge(
            table.energy_pj[row],
            table.latency_s[row],
            candidate.number,
            demand=candidate.demand,
            memory=candidate.memory,
        )
        for row, candidate in enumerate(candidates)
    )
    return Answer(costs, table.evaluations_each, time.perf_counter() - began)


def know(search: CoSearch, workload: Workload) -> None:
    """Keep a workload for this process's tasks, and for those of processes forked from it."""
    while len(_workloads) >= WORKLOADS_KEPT:
        _workloads.pop(next(iter(_workloads)))
    _workloads[search, workload.resolutions] = workload


def _workload(search: CoSearch, resolutions: tuple[int, ...] | None) -> Workload:
    if (search, resolutions) not in _workloads:
        know(search, search.workload(resolutions))
    return _workloads[search, resolutions]


def seconds_each(answers: Sequence[Answer]) -> float:
    """Seconds that a candidate of these answers took."""
    return sum(answer.seconds for answer in answers) / max(1, sum(len(answer.costs) for answer in answers))
