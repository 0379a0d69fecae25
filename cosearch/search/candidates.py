"""What a worker does: map the layers on some accelerators of a generation, and evaluate the networks on each.

The answer follows from the task alone. So it does not matter which process gives it, beside which other tasks, or how
often: a task whose worker was killed is given to another.
"""

from __future__ import annotations

import math
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from accel_models.description import Sized
from accel_models.template import Template
from cosearch.bounds.design import LEVEL, Bounded, bounded, least_of_layers
from cosearch.bounds.grid import HI
from cosearch.bounds.spec import BoundSpec
from cosearch.evaluation.best_subnet import BestSubnet
from cosearch.evaluation.demand import USUAL, Demand
from cosearch.evaluation.design import Design, WorkloadCost
from cosearch.evaluation.mapping_table import MappingTable, Vectors, map_shapes, vectors_of
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.serial import Serial
from cosearch.problem.machine_space import MachineSpace
from cosearch.problem.mapper_options import MapperOptions
from cosearch.problem.options import CoSearchOptions
from cosearch.search.last_mapping import LastMapping, Mapped, Promise
from cosearch.strategies.accelerators import Look
from nets.layer import Layer
from nets.spaces import Config

FEW_SHAPES: Final = 120
MOST_FOLD: Final = 4
"""An accelerator with fewer layer shapes than that has more evaluations for each, up to so many times as many."""
NEAR_BUDGETS: Final = 5
"""How many times the usual budget goes into mappings that others begin with."""
VECTORS_KEPT: Final = 64
LOOK: Final = {"gap": 0.03, "boxes": 200, "cases": 2, "larger": 8}
"""Settings of the optimal mapper in a search of the template."""
LOOK_AT_OTHERS: Final = LOOK | {"cases": 8, "larger": 2}
"""The same of others: where an axis may run any dim, more ways to spread a layer help more than larger layers."""
FEW: Final = 7
"""Layer shapes on the MAC array, at most, of what is looked at more exactly on the template: a Transformer's."""
LOOK_AT_FEW: Final = LOOK | {"gap": 0.01}
"""Settings of the optimal mapper where these are few."""
LEVEL_OF_FEW: Final = LEVEL + 1
"""How long each layer is searched for a bound where these are few, see :data:`cosearch.bounds.design.LEVEL`."""
ENOUGH: Final = 1.2
"""How many times what would have it mapped precisely a bound need not be more than."""
BEYOND: Final = 1e300
"""Bound of an accelerator on which nothing keeps the limits."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An accelerator to evaluate.

    Attributes:
        number: of the trial, which seeds the search for its subnet.
        machine: the accelerator.
        demand: what is asked of its networks; layers are mapped for its goal.
        memory: subnets to start from.
        near: an accelerator whose mappings its own begin with; none where they begin anew.
        budget: evaluations for each layer; 0 for as many as the search has.
        look: how it is bounded, and when it is mapped precisely; none for neither.
    """

    number: int
    machine: Sized
    demand: Demand = USUAL
    memory: tuple[Config, ...] = ()
    near: Sized | None = None
    budget: int = 0
    look: Look | None = None


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
class Evaluated:
    """What became of a candidate.

    Attributes:
        costs: of the networks on it.
        evaluations: mappings evaluated for it.
        bound: what no networks and mappings are below on it, in the objective's unit; none where it was not asked for.
        precise: whether its networks were mapped by the last mapper.
    """

    costs: tuple[WorkloadCost, ...]
    evaluations: int
    bound: float | None = None
    precise: bool = False


@dataclass(frozen=True, slots=True)
class CandidateCosts:
    """What became of the candidates of a task, in their order.

    Attributes:
        each: of them.
        seconds: that the task took.
    """

    each: tuple[Evaluated, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Asked:
    """A candidate with its bounds, if they are known, and what follows: whether it is mapped precisely."""

    candidate: Candidate
    bounded: Bounded | None
    precise: bool

    @property
    def bound(self) -> float | None:
        """What it cannot beat, in the objective's unit."""
        return None if self.bounded is None else self.bounded.bound

    @classmethod
    def of(cls, spec: WorkloadSpec, candidate: Candidate) -> _Asked:
        """A candidate as it is asked for."""
        look = candidate.look
        if look is None:
            return cls(candidate, None, False)
        found = None
        if (asked := _bound_spec(spec, candidate)) is not None:
            found = bounded_on(asked, candidate.machine, ENOUGH * look.precise_below or math.inf)
        if (0.0 if found is None else found.bound) < look.precise_below:
            return cls(replace(candidate, budget=look.budget), found, True)
        return cls(candidate, found, False)

    def mapped_with(self) -> tuple[Sized | None, int, str, int]:
        """What those have in common that are mapped at the same time; one that is mapped precisely is by itself."""
        candidate = self.candidate
        return candidate.near, candidate.budget, candidate.demand.goal, candidate.number if self.precise else -1


def evaluate_candidates(task: CandidateTask) -> CandidateCosts:
    """Bound, map, evaluate, count."""
    began = time.perf_counter()
    groups: dict[Hashable, list[_Asked]] = {}
    for candidate in task.candidates:
        asked = _Asked.of(task.workload, candidate)
        groups.setdefault(asked.mapped_with(), []).append(asked)
    found: dict[int, Evaluated] = {}
    for alike in groups.values():
        table = map_candidates(task.workload, [asked.candidate for asked in alike], task.threads)
        for row, asked in enumerate(alike):
            found[asked.candidate.number] = _evaluated(task.workload, asked, table, row)
    return CandidateCosts(tuple(found[candidate.number] for candidate in task.candidates), time.perf_counter() - began)


def bounded_on(spec: BoundSpec, machine: Sized, enough: float = math.inf) -> Bounded:
    """What an accelerator cannot beat, in the objective's unit.

    Args:
        spec: of the bounds of its layers and of what runs on it.
        machine: the accelerator.
        enough: no layer is searched any more once the bound is above this.
    """
    search = spec.load()
    level = LEVEL_OF_FEW if looks_closely(spec.options, search.workload.layers) else LEVEL
    found = bounded(search, search.boxes.point(machine)[:, HI], enough, level)
    return replace(found, bound=min(found.bound, BEYOND))


def _bound_spec(spec: WorkloadSpec, candidate: Candidate) -> BoundSpec | None:
    """Of the bounds of a candidate; none where it is not bounded."""
    if candidate.look is None or candidate.look.direction is None:
        return None
    return BoundSpec(demanded(spec, candidate.demand), spec.resolutions, candidate.look.direction)


def _promise(spec: WorkloadSpec, asked: _Asked) -> Promise | None:
    """What bounds say of a candidate; none where it has none."""
    bounds = _bound_spec(spec, asked.candidate)
    if bounds is None or asked.bounded is None:
        return None
    search = bounds.load()
    figures = least_of_layers(search, search.boxes.point(asked.candidate.machine)[:, HI])
    least = {
        layer.shape_key: figure for layer, figure in zip(search.workload.layers, zip(*map(np.ndarray.tolist, figures)))
    }
    return Promise(asked.bounded.layers, least)


def bound_on(spec: BoundSpec, machine: Sized, enough: float = math.inf) -> float:
    """The bound of :func:`bounded_on`."""
    return bounded_on(spec, machine, enough).bound


def looks_closely(options: CoSearchOptions, layers: Sequence[Layer]) -> bool:
    """Whether designs are bounded and mapped more exactly: those of the template, for layers of few shapes."""
    few = len({layer.shape_key for layer in layers if layer.is_mac}) <= FEW
    return few and not isinstance(options.hardware, MachineSpace)


def demanded(spec: WorkloadSpec, demand: Demand) -> CoSearchOptions:
    """The options of a search for what is asked of a candidate alone."""
    options = spec.options
    if demand == USUAL:
        return options
    workload = spec.load()
    return replace(
        options,
        objectives=(),
        objective=demand.objective(options.goal).name,
        budget=demand.budget(options.budget),
        min_accuracy=workload.floor(demand.accuracy) if isinstance(workload, BestSubnet) else options.min_accuracy,
    )


def map_again(spec: WorkloadSpec, candidate: Candidate, *, precise: bool, threads: int) -> Mapped:
    """A candidate as it was mapped in a search, with its mappings.

    Args:
        spec: what runs on it.
        candidate: to map.
        precise: whether it was mapped by the last mapper.
        threads: that the process may use.
    """
    asked = _Asked.of(spec, candidate) if precise else _Asked(candidate, None, False)
    table = map_candidates(spec, [asked.candidate], threads)
    costs = _costs(spec, asked.candidate, table, 0)
    if precise:
        return _mapped_last(spec, asked, costs, table)
    return Mapped(_design(spec, candidate, costs), table, {})


def _evaluated(spec: WorkloadSpec, asked: _Asked, table: MappingTable, row: int) -> Evaluated:
    """What the networks of a candidate cost by a row of a table, or precisely."""
    costs = _costs(spec, asked.candidate, table, row)
    if asked.precise:
        costs = _mapped_last(spec, asked, costs, table).design.workloads
    return Evaluated(costs, table.evaluations_each[row], asked.bound, asked.precise)


def _costs(spec: WorkloadSpec, candidate: Candidate, table: MappingTable, row: int) -> tuple[WorkloadCost, ...]:
    return spec.load().evaluate(
        table.energy_pj[row],
        table.latency_s[row],
        candidate.number,
        demand=candidate.demand,
        memory=candidate.memory,
    )


def _mapped_last(spec: WorkloadSpec, asked: _Asked, costs: tuple[WorkloadCost, ...], table: MappingTable) -> Mapped:
    """A candidate mapped by the last mapper."""
    candidate = asked.candidate
    workload = spec.load()
    look = LOOK_AT_FEW if looks_closely(spec.options, workload.layers) else LOOK
    settings = look if isinstance(candidate.machine, Template) else LOOK_AT_OTHERS
    last = LastMapping(spec.options, workload, Serial(1), candidate.memory, settings)
    return last.of(_design(spec, candidate, costs), table, last=False, promise=_promise(spec, asked))


def _design(spec: WorkloadSpec, candidate: Candidate, costs: tuple[WorkloadCost, ...]) -> Design:
    options = spec.options
    return Design.evaluated(
        candidate.number, candidate.machine, costs, options.goal, options.budget, demand=candidate.demand
    )


def map_candidates(spec: WorkloadSpec, candidates: Sequence[Candidate], threads: int) -> MappingTable:
    """Map every layer on candidates that are mapped alike: near the same accelerator, with the same budget."""
    near = candidates[0].near
    options = replace(mapper_options(spec.options, candidates[0].demand), threads=threads)
    return map_shapes(
        spec.load().layers,
        [candidate.machine.accelerator() for candidate in candidates],
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


def _vectors_on(workload: WorkloadSpec, options: MapperOptions, machine: Sized) -> Vectors:
    """Mappings of every layer on an accelerator, found by this process once; they follow from the accelerator alone."""
    key = (workload, machine, options.objective)
    if key not in _vectors:
        layers = [layer for layer in workload.load().layers if layer.is_mac]
        budget = NEAR_BUDGETS * usual_budget(workload.options, layers)
        table = map_shapes(layers, [machine.accelerator()], options, budget)
        while len(_vectors) >= VECTORS_KEPT:
            _vectors.pop(next(iter(_vectors)))
        _vectors[key] = vectors_of(table)
    return _vectors[key]


_vectors: dict[tuple[WorkloadSpec, Sized, str], Vectors] = {}


def seconds_each(answers: Sequence[CandidateCosts]) -> float:
    """Seconds that a candidate of these answers took."""
    return sum(answer.seconds for answer in answers) / max(1, sum(len(answer.each) for answer in answers))
