"""What strategies find on a grid whose best design is known: the project's own, told what its designs cost.

The race, by default the strategy of every search, is the one that a search begins, but for the sizes that its designs
have. Others search the unit cube, as in a search; each point becomes the nearest design of the grid.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from accel_models.template import Template
from benchmarks.grids.problem import Problem
from benchmarks.grids.table import Place, Table
from cosearch.bounds.grid import L1, L2, LO, NOC, DesignGrid, Ints, on_stride
from cosearch.evaluation.design import WorkloadCost
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.serial import Serial
from cosearch.problem.hardware import Knobs
from cosearch.problem.template_space import TemplateSpace
from cosearch.search.candidates import Candidate, CandidateCosts, CandidateTask, Evaluated, evaluate_candidates
from cosearch.search.loop import AHEAD
from cosearch.search.pending import PendingTrials
from cosearch.search.proposals import outcome_of
from cosearch.search.race import begin_race
from cosearch.search.state import SearchState
from cosearch.strategies.accelerators import AcceleratorStrategy, Proposer
from cosearch.strategies.samplers import RACE
from cosearch.studies.study import Recorded

FAR: Final = 1.2
"""How many times the best's value the bound of a design is of which others than the race hear a quick mapping's."""
BOUNDED: Final = 2
"""The stage by which the race bounds designs."""


@dataclass(frozen=True)
class Run:
    """A strategy on a grid.

    Attributes:
        place: of the grid.
        sampler: a strategy's name.
        seed: of its draws.
        trials: accelerators that it may try.
        best: of the grid.
    """

    place: Place
    sampler: str
    seed: int
    trials: int
    best: float


@dataclass(frozen=True)
class Found:
    """What came of a run.

    Attributes:
        regrets: after each trial, how much more the best so far costs than the best of the grid.
        mapped: designs that were mapped by the optimal mapper.
        distinct: different designs that were tried.
        seconds: that it took, of which what was not in the table is a part.
    """

    regrets: tuple[float, ...]
    mapped: int
    distinct: int
    seconds: float


@dataclass(frozen=True)
class SnappedSpace(TemplateSpace):
    """The designs of a budget, each replaced by the nearest one of a grid."""

    grid: DesignGrid | None = None

    def decode(self, knobs: Knobs) -> Template | None:
        """The nearest design of the grid, with less L2 where that does not fit; ``None`` outside the budget."""
        template = super().decode(knobs)
        if template is None or self.grid is None:
            return None
        grid = self.grid
        sizes = grid.point(template)[:, LO].copy()
        wired = np.flatnonzero(sizes[:L1] > 1)
        if (grid.most_lanes[wired] < grid.lanes[0]).any():
            return None
        for place in wired:
            sizes[place] = _nearest(grid.lanes[grid.lanes <= grid.most_lanes[place]], int(sizes[place]))
        sizes[L1] = np.searchsorted(grid.l1.size, _nearest(grid.l1.size, template.l1_bytes))
        sizes[NOC] = _nearest(grid.words, template.noc_bandwidth)
        wanted = int(np.searchsorted(grid.l2.size, _nearest(grid.l2.size, template.l2_bytes)))
        sizes[L2] = 0
        sizes[L2] = min(wanted, int(grid.last_l2(sizes[None])[0]))
        return grid.machine(sizes) if sizes[L2] >= 0 and on_stride(sizes[None, :L1])[0] else None


def _nearest(sizes: Ints, wanted: float) -> int:
    """Of some sizes, the nearest by its ratio."""
    return int(sizes[np.abs(np.log(sizes / wanted)).argmin()])


class Answers(Serial):
    """Evaluates designs as a worker does, but knows what they cost from a table.

    Args:
        problem: whose designs they are.
        table: that knows them.
        run: for which.
    """

    def __init__(self, problem: Problem, table: Table, run: Run) -> None:
        super().__init__(1)
        self._problem, self._table, self._run = problem, table, run
        self.told: list[Told] = []

    def submit(self, function: Callable[..., object], argument: object) -> Answered:  # type: ignore[override]
        """See :class:`cosearch.executors.executor.Executor`."""
        assert function is evaluate_candidates
        assert isinstance(argument, CandidateTask)
        each = tuple(self._evaluated(argument.workload, candidate) for candidate in argument.candidates)
        return Answered(CandidateCosts(each, 0.0))

    def _evaluated(self, spec: WorkloadSpec, candidate: Candidate) -> Evaluated:
        design, table, look = self._problem.design_of(candidate.machine), self._table, candidate.look
        bound = None if look is None else table.bound(design, BOUNDED)
        precise = self._is_near(design) if look is None or bound is None else bound < look.precise_below
        if precise:
            energy, latency = table.cost(design)
        else:
            energy, latency = table.quick_cost(design) if look is None else self._look(spec, candidate, design)
        counts = precise or look is None
        value = self._problem.value((energy, latency)) if counts else math.inf
        self.told.append(Told(design.tobytes(), value, precise))
        costs = (WorkloadCost(self._problem.name, energy, latency),)
        return Evaluated(costs, 0, bound, precise)

    def _is_near(self, design: Ints) -> bool:
        """Whether a design is not proven to be :data:`FAR` above the best."""
        far = FAR * self._run.best
        if self._problem.estimates(design[None])[0] >= far:
            return False
        return all(self._table.bound(design, stage) < far for stage in range(1, BOUNDED + 1))

    def _look(self, spec: WorkloadSpec, candidate: Candidate, design: Ints) -> tuple[float, float]:
        """What the search's own quick mapping finds."""
        near = "anew" if candidate.near is None else " ".join(map(str, self._problem.design_of(candidate.near)))
        kind = f"seed {spec.options.seed}, {candidate.budget} near {near}"

        def find() -> tuple[float, float]:
            task = CandidateTask(workload=spec, candidates=(replace(candidate, look=None),))
            cost = evaluate_candidates(task).each[0].costs[0]
            return cost.energy_pj, cost.latency_s

        energy, latency = self._table.look(kind, design, find)
        return energy, latency


@dataclass(frozen=True)
class Told:
    """What a strategy heard of a design.

    Attributes:
        design: which.
        value: of the objective; infinite where that of a quick mapping is not counted.
        precise: whether by the optimal mapper.
    """

    design: bytes
    value: float
    precise: bool


@dataclass(frozen=True)
class Answered:
    """An answer that is there."""

    costs: CandidateCosts

    def result(self) -> CandidateCosts:
        """See :class:`cosearch.executors.executor.Future`."""
        return self.costs


def run(asked: Run) -> Found:
    """Run a strategy as a search does."""
    began = time.perf_counter()
    problem, table = asked.place.table()
    options = replace(problem.options, seed=asked.seed, trials=asked.trials, sampler=asked.sampler)
    strategy: Proposer
    if asked.sampler == RACE:
        spec, strategy = begin_race(options, Serial(), problem.choices)
    else:
        space = SnappedSpace(
            options.budget,
            options.hardware.node_nm,
            options.hardware.precision,
            options.hardware.overhead,
            grid=problem.grid,
        )
        spec = WorkloadSpec(options, problem.spec.resolutions)
        strategy = AcceleratorStrategy(space, asked.sampler, asked.seed, options.population)
    answers = Answers(problem, table, asked)
    pending = PendingTrials(spec, strategy, answers, SearchState(), Recorded(None))
    for first in range(0, asked.trials, options.population):
        last = min(first + options.population, asked.trials)
        pending.ask(last)
        pending.ask(min(last + int(AHEAD * options.population), asked.trials))
        pending.finish(last)
        trials = pending.take(range(first, last))
        strategy.tell([trial.proposal for trial in trials], [outcome_of(options, trial.design) for trial in trials])
    values = np.minimum.accumulate(_counted(answers.told, table))
    if values[-1] < asked.best:
        raise SystemExit(f"{asked.sampler}, seed {asked.seed}: found a design better than the best of the grid")
    return Found(
        tuple((values / asked.best - 1).tolist()),
        len({told.design for told in answers.told if told.precise}),
        len({told.design for told in answers.told}),
        time.perf_counter() - began,
    )


def _counted(told: Sequence[Told], table: Table) -> list[float]:
    """What counts of each design: by the optimal mapper, too, where a quick mapping made it the best so far."""
    counted: list[float] = []
    least = math.inf
    for one in told:
        record = not one.precise and one.value < least
        least = min(least, one.value)
        counted.append(table.value(np.frombuffer(one.design, dtype=np.int64)) if record else one.value)
    return counted
