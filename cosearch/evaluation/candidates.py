"""What a worker does: map the layers on some accelerators of a generation, and evaluate the networks on each.

The answer follows from the task alone. So it does not matter which process gives it, beside which other tasks, or how
often: a task whose worker was killed is given to another.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from accel_models.template import Template
from cosearch.evaluation.demand import USUAL, Demand
from cosearch.evaluation.design import WorkloadCost
from cosearch.evaluation.mapping_table import MappingTable, Vectors, map_shapes, vectors_of
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.problem.options import CoSearchOptions, MapperOptions
from nets.layer import Layer
from nets.spaces import Config

FEW_SHAPES: Final = 120
MOST_FOLD: Final = 4
"""An accelerator with fewer layer shapes than that has more evaluations for each, up to so many times as many."""
NEAR_BUDGETS: Final = 5
"""How many times the usual budget goes into mappings that others begin with."""
VECTORS_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class Candidate:
    """An accelerator to evaluate.

    Attributes:
        number: of the trial, which seeds the search for its subnet.
        template: the accelerator.
        demand: what is asked of its networks; layers are mapped for its goal.
        memory: subnets to start from.
        near: an accelerator whose mappings its own begin with; none where they begin anew.
        budget: evaluations for each layer; 0 for as many as the search has.
    """

    number: int
    template: Template
    demand: Demand = USUAL
    memory: tuple[Config, ...] = ()
    near: Template | None = None
    budget: int = 0


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
    workload = task.workload.load()
    costs: dict[int, tuple[WorkloadCost, ...]] = {}
    evaluations: dict[int, int] = {}
    for alike in _by_mapping(task.candidates).values():
        table = map_candidates(task.workload, alike, task.threads)
        for row, candidate in enumerate(alike):
            evaluations[candidate.number] = table.evaluations_each[row]
            costs[candidate.number] = workload.evaluate(
                table.energy_pj[row],
                table.latency_s[row],
                candidate.number,
                demand=candidate.demand,
                memory=candidate.memory,
            )
    numbers = [candidate.number for candidate in task.candidates]
    return CandidateCosts(
        tuple(costs[number] for number in numbers),
        tuple(evaluations[number] for number in numbers),
        time.perf_counter() - began,
    )


def map_candidates(spec: WorkloadSpec, candidates: Sequence[Candidate], threads: int) -> MappingTable:
    """Map every layer on candidates that are mapped alike: near the same accelerator, with the same budget."""
    near = candidates[0].near
    options = replace(mapper_options(spec.options, candidates[0].demand), threads=threads)
    return map_shapes(
        spec.load().layers,
        [candidate.template.accelerator() for candidate in candidates],
        options,
        candidates[0].budget or spec.options.mapper_budget,
        near=None if near is None else _vectors_on(spec, options, near),
    )


def mapper_options(options: CoSearchOptions, demand: Demand) -> MapperOptions:
    """How layers are mapped for what is asked."""
    return replace(options.mapper_options, objective=demand.objective(options.goal).name)


def usual_budget(options: CoSearchOptions, layers: Sequence[Layer]) -> int:
    """Evaluations for each layer of an accelerator that is mapped by itself: more where there are few layers to map."""
    shapes = len({layer.shape_key for layer in layers if layer.is_mac})
    return options.mapper_budget * min(max(FEW_SHAPES // max(shapes, 1), 1), MOST_FOLD)


def _by_mapping(candidates: Sequence[Candidate]) -> dict[tuple[Template | None, int, str], list[Candidate]]:
    """Candidates that are mapped alike, and so at the same time."""
    groups: dict[tuple[Template | None, int, str], list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault((candidate.near, candidate.budget, candidate.demand.goal), []).append(candidate)
    return groups


def _vectors_on(workload: WorkloadSpec, options: MapperOptions, template: Template) -> Vectors:
    """Mappings of every layer on an accelerator, found by this process once; they follow from the accelerator alone."""
    key = (workload, template, options.objective)
    if key not in _vectors:
        layers = [layer for layer in workload.load().layers if layer.is_mac]
        budget = NEAR_BUDGETS * usual_budget(workload.options, layers)
        table = map_shapes(layers, [template.accelerator()], options, budget)
        while len(_vectors) >= VECTORS_KEPT:
            _vectors.pop(next(iter(_vectors)))
        _vectors[key] = vectors_of(table)
    return _vectors[key]


_vectors: dict[tuple[WorkloadSpec, Template, str], Vectors] = {}


def seconds_each(answers: Sequence[CandidateCosts]) -> float:
    """Seconds that a candidate of these answers took."""
    return sum(answer.seconds for answer in answers) / max(1, sum(len(answer.costs) for answer in answers))
