"""What follows the outer loop: the best design mapped longer, beside published ones, and the files of the run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cosearch.baselines import compare_baselines
from cosearch.design import Design, WorkloadCost, measures
from cosearch.evaluate import evaluate_network
from cosearch.front import AXES, DEFAULT_AXES, hypervolumes
from cosearch.mapping_table import map_shapes
from cosearch.observer import Observer
from cosearch.replay import write_best
from cosearch.report import write_report
from cosearch.result import Baseline, CoSearchResult, Winner
from cosearch.run_folder import write_layers, write_pareto
from cosearch.workload import ACCURACY_KNOB, Memory, Workload

if TYPE_CHECKING:
    from cosearch.search import CoSearch


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
    """

    designs: list[Design] = field(default_factory=list)
    memory: Memory = ()
    evaluations: int = 0
    redrawn: int = 0
    interrupted: bool = False
    cut_short: bool = False
    lost: str = ""


def conclude(
    search: CoSearch, explored: Explored, workload: Workload, observer: Observer, began: float
) -> CoSearchResult:
    """Everything that a search says of what it explored; Ctrl-C leaves out what is not done yet.

    Args:
        search: that explored.
        explored: at least one design; its counts go on here.
        workload: what the designs were judged by.
        observer: hears how it goes.
        began: when the search did, by the monotonic clock.
    """
    best = min(explored.designs, key=lambda design: design.rank)
    winner: Winner | None = None
    baselines: tuple[Baseline, ...] = ()
    if best.feasible:
        winner = _refine(search, explored, best, workload, observer)
        if search.baselines and not explored.interrupted:
            try:
                observer.stage("comparing with published designs at the same area")
                baselines = compare_baselines(
                    winner, search.hardware, search.goal, search.mapper_options, search.last_mapper_budget
                )
            except KeyboardInterrupt:
                explored.interrupted = True
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


def _refine(search: CoSearch, explored: Explored, best: Design, workload: Workload, observer: Observer) -> Winner:
    """The best design mapped again, longer, with one more look for its subnet.

    A longer search makes the objective smaller and may make a limited figure larger: then, and when it is interrupted,
    the answer stays that of the shorter search, which keeps every limit.
    """
    try:
        observer.stage("mapping the best design again, longer")
        winner = _mapped(search, explored, best, workload, longer=True)
        if not search.budget.violations(_measures(winner, best)):
            return winner
    except KeyboardInterrupt:
        explored.interrupted = True
    return _mapped(search, explored, best, workload, longer=False)


def _mapped(search: CoSearch, explored: Explored, best: Design, workload: Workload, *, longer: bool) -> Winner:
    """The best design with its networks, every layer mapped anew."""
    accelerator = best.template.accelerator()
    budget = search.last_mapper_budget if longer else search.mapper_budget
    table = map_shapes(workload.layers, [accelerator], search.mapper_options, budget)
    explored.evaluations += table.evaluations
    found = best.workloads
    if longer:
        found = workload.judge(
            table.energy_pj[0],
            table.latency_s[0],
            best.number,
            demand=best.knobs.get(ACCURACY_KNOB, 0.0),
            memory=explored.memory,
            last=True,
        )
    networks = workload.networks(found)
    costs = tuple(evaluate_network(network, accelerator, table.mappings(network.layers)) for network in networks)
    return Winner(best.template, costs, tuple(workload.accuracy(network) for network in networks))


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
