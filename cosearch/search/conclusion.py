"""What follows the outer loop: the best design mapped longer, beside published ones, and the files of the run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cosearch.evaluation.design import Design, WorkloadCost, measures
from cosearch.evaluation.front import AXES, DEFAULT_AXES, hypervolumes
from cosearch.evaluation.mapping_table import MappingTable, Shapes, begin_mapping
from cosearch.evaluation.network_cost import evaluate_network
from cosearch.evaluation.workload import ACCURACY_KNOB, Memory, Workload
from cosearch.executors.executor import Executor
from cosearch.executors.serial import OrHere, Serial
from cosearch.reports import write_report
from cosearch.search.baselines import Comparison
from cosearch.search.observer import Observer
from cosearch.search.result import Baseline, CoSearchResult, Winner
from cosearch.studies.replay import write_best
from cosearch.studies.run_folder import write_layers, write_pareto

if TYPE_CHECKING:
    from cosearch.co_search import CoSearch

SHARE_EXPECTED: Final = 0.6
"""Of the baselines, for which there is time while one process looks for the last subnet."""


@dataclass(slots=True)
class Explored:
    """What the outer loop comes back with.

    Attributes:
        designs: evaluated, in order.
        memory: subnets of the best of them.
        evaluations: mappings evaluated.
        redrawn: points drawn outside the budget and drawn again.
        interrupted: whether it was stopped by hand; cut_short: by its time limit.
        lost: which storage or cluster was lost, and how; empty when none was.
        seconds_each: that a worker took to judge a design, lately; zero where none was judged.
    """

    designs: list[Design] = field(default_factory=list)
    memory: Memory = ()
    evaluations: int = 0
    redrawn: int = 0
    interrupted: bool = False
    cut_short: bool = False
    lost: str = ""
    seconds_each: float = 0.0


def conclude(
    search: CoSearch, explored: Explored, workload: Workload, executor: Executor, observer: Observer, began: float
) -> CoSearchResult:
    """Everything that a search says of what it explored; Ctrl-C leaves out what is not done yet.

    Args:
        search: that explored.
        explored: at least one design; its counts go on here.
        workload: what the designs were judged by.
        executor: whose workers map; nothing is lost with them.
        observer: hears how it goes.
        began: when the search did, by the monotonic clock.
    """
    best = min(explored.designs, key=lambda design: design.rank)
    winner: Winner | None = None
    baselines: tuple[Baseline, ...] = ()
    if best.feasible:
        last = _Conclusion(search, explored, best, workload, executor)
        try:
            observer.stage("mapping the best design again, longer")
            winner = last.winner()
            if search.baselines and not explored.interrupted:
                observer.stage("comparing with published designs at the same area")
                baselines = last.comparison.baselines(winner, search.goal)
        except KeyboardInterrupt:
            explored.interrupted = True
            winner = winner or last.shorter()
    several = len(search.axes) > 1
    return CoSearchResult(
        objective=search.goal,
        winner=winner,
        axes=search.axes,
        hypervolumes=tuple(hypervolumes(explored.designs, search.axes, search.population)) if several else (),
        closest=None if best.feasible else best,
        designs=tuple(explored.designs),
        baselines=baselines,
        evaluations=explored.evaluations,
        redrawn=explored.redrawn,
        wall_s=time.monotonic() - began,
        interrupted=explored.interrupted,
        cut_short=explored.cut_short,
        lost=explored.lost,
    )


class _Conclusion:
    """The best design, mapped longer by the workers that searched it; nothing is lost with them."""

    def __init__(
        self, search: CoSearch, explored: Explored, best: Design, workload: Workload, executor: Executor
    ) -> None:
        self.search, self.explored, self.best, self.workload = search, explored, best, workload
        self.accelerator = best.template.accelerator()
        lost = explored.interrupted or explored.lost
        self.executor = Serial(search.jobs) if lost else OrHere(executor, search.jobs)
        self.seconds_each = (
            explored.seconds_each / len(workload.layers) * search.last_mapper_budget / search.mapper_budget
        )
        self.comparison = Comparison(
            search.hardware,
            best.template.area_mm2,
            search.mapper_options,
            search.last_mapper_budget,
            self.executor,
            self.seconds_each,
        )

    def winner(self) -> Winner:
        """The best design mapped again, longer, with one more look for its subnet.

        A longer search makes the objective smaller and may make a limited figure larger: then the answer stays that of
        the shorter search, which keeps every limit. While this process looks for the subnet, workers begin to map the
        one there is on the baselines: most of its layers will be the new one's too.
        """
        search, best, compared = self.search, self.best, self.search.baselines and not self.explored.interrupted
        table = self._mapped(search.last_mapper_budget, self.executor)
        if compared and self.executor.workers > 1:
            self.comparison.expect(self.workload.networks(best.workloads), SHARE_EXPECTED)
        found = self.workload.judge(
            table.energy_pj[0],
            table.latency_s[0],
            best.number,
            demand=best.knobs.get(ACCURACY_KNOB, 0.0),
            memory=self.explored.memory,
            last=True,
        )
        if compared and self.executor.workers > 1:
            self.comparison.expect(self.workload.networks(found))
        winner = self._with(found, table)
        return self.shorter() if search.budget.violations(_measures(winner, best)) else winner

    def shorter(self) -> Winner:
        """The best design as it was found; done here, since workers may be in the middle of something."""
        return self._with(self.best.workloads, self._mapped(self.search.mapper_budget, Serial(self.search.jobs)))

    def _mapped(self, budget: int, executor: Executor) -> MappingTable:
        shapes = Shapes(self.workload.layers, [self.accelerator], self.search.mapper_options, budget)
        table = begin_mapping(shapes, executor, self.seconds_each)()
        self.explored.evaluations += table.evaluations
        return table

    def _with(self, found: Sequence[WorkloadCost], table: MappingTable) -> Winner:
        networks = self.workload.networks(found)
        costs = tuple(evaluate_network(net, self.accelerator, table.mappings(net.layers)) for net in networks)
        return Winner(self.best.template, costs, tuple(self.workload.accuracy(network) for network in networks))


def _measures(winner: Winner, design: Design) -> dict[str, float]:
    costs = [WorkloadCost(cost.network.name, cost.energy_pj, cost.latency_s) for cost in winner.costs]
    return measures(design.template, costs)


def write_result(folder: Path, search: CoSearch, result: CoSearchResult) -> None:
    """Write every file of a run but its study and its options, which were written before."""
    axes = search.axes if len(search.axes) > 1 else [AXES[name] for name in DEFAULT_AXES]
    write_pareto(folder, result.designs, axes, search.goal)
    if result.winner is not None:
        write_layers(folder, result.winner.costs)
        write_best(folder, result, str(search.budget))
    write_report(folder)
