"""What follows the loop: the final mapping of the best design, longer, and published designs beside it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from cosearch.bounds.joint import JointBound
from cosearch.evaluation.design import WorkloadCost, measures
from cosearch.evaluation.front import hypervolumes
from cosearch.evaluation.mapping_table import MappingTable
from cosearch.evaluation.network_cost import evaluate_network
from cosearch.evaluation.winner import Winner
from cosearch.evaluation.workload import ACCURACY_KNOB, Workload
from cosearch.executors.executor import Executor
from cosearch.executors.serial import Serial, WithFallback
from cosearch.problem.options import CoSearchOptions
from cosearch.search.baselines import BaselineComparison
from cosearch.search.joint import first_bound
from cosearch.search.layer_mapper import LayerMapper
from cosearch.search.observer import Observer
from cosearch.search.result import Baseline, CoSearchResult
from cosearch.search.state import SearchState

SHARE_EXPECTED: Final = 0.6
"""Of the baselines, for which there is time while one process looks for the last subnet."""


def finalize(
    options: CoSearchOptions, state: SearchState, workload: Workload, executor: Executor, observer: Observer
) -> CoSearchResult:
    """Everything that a search says of what it found; Ctrl-C leaves out what is not done yet.

    Args:
        options: of the search.
        state: at least one design; its counts go on here.
        workload: what the designs were evaluated with.
        executor: whose workers map; nothing is lost with them.
        observer: hears how it goes.
    """
    best = state.best
    winner: Winner | None = None
    baselines: tuple[Baseline, ...] = ()
    joint: JointBound | None = None
    if best.feasible:
        final = _FinalMapping(options, state, workload, executor)
        try:
            observer.stage("mapping the best design again, longer")
            winner = final.winner()
            if options.baselines and not state.interrupted:
                observer.stage("comparing with published designs at the same area")
                baselines = final.comparison.baselines(winner, options.goal)
            if not state.interrupted:
                observer.stage("bounding what any design inside the budget can reach")
                joint = first_bound(options, winner, final.mapper.executor)
        except KeyboardInterrupt:
            state.interrupted = True
            winner = winner or final.shorter()
    several = len(options.axes) > 1
    return CoSearchResult(
        objective=options.goal,
        winner=winner,
        axes=options.axes,
        hypervolumes=tuple(hypervolumes(state.designs, options.axes, options.population)) if several else (),
        closest=None if best.feasible else best,
        designs=tuple(state.designs),
        baselines=baselines,
        joint=joint,
        evaluations=state.evaluations,
        redrawn=state.redrawn,
        wall_s=time.monotonic() - state.began,
        interrupted=state.interrupted,
        cut_short=state.cut_short,
        lost=state.lost,
    )


def map_longer(options: CoSearchOptions, state: SearchState, workload: Workload, executor: Executor) -> Winner:
    """The best design of a state mapped longer, as a search ends."""
    return _FinalMapping(options, state, workload, executor).winner()


class _FinalMapping:
    """The best design, mapped longer by the workers that searched it; nothing is lost with them."""

    def __init__(self, options: CoSearchOptions, state: SearchState, workload: Workload, executor: Executor) -> None:
        self.options, self.state, self.workload, self.best = options, state, workload, state.best
        self.accelerator = self.best.template.accelerator()
        lost = state.interrupted or state.lost
        self.mapper = LayerMapper(
            Serial(options.jobs) if lost else WithFallback(executor, options.jobs),
            options.mapper_options,
            options.last_mapper_budget,
            state.seconds_each / len(workload.layers) * options.last_mapper_budget / options.mapper_budget,
        )
        self.comparison = BaselineComparison(options.hardware, self.best.template.area_mm2, self.mapper)

    def winner(self) -> Winner:
        """The best design mapped again, longer, with one more look for its subnet.

        A longer search makes the objective smaller and may make a limited figure larger: then the answer stays that of
        the shorter search, which keeps every limit. While this process looks for the subnet, workers begin to map the
        one there is on the baselines: most of its layers will be the new one's too.
        """
        best = self.best
        table = self._mapped(self.mapper)
        if self._prefetches:
            self.comparison.prefetch(self.workload.networks(best.workloads), SHARE_EXPECTED)
        found = self.workload.evaluate(
            table.energy_pj[0],
            table.latency_s[0],
            best.number,
            demand=best.knobs.get(ACCURACY_KNOB, 0.0),
            memory=self.state.memory,
            last=True,
        )
        if self._prefetches:
            self.comparison.prefetch(self.workload.networks(found))
        winner = self._with(found, table)
        costs = [WorkloadCost.of(cost) for cost in winner.costs]
        return self.shorter() if self.options.budget.violations(measures(best.template, costs)) else winner

    def shorter(self) -> Winner:
        """The best design as it was found; done here, since workers may be in the middle of something."""
        here = LayerMapper(
            Serial(self.options.jobs),
            self.options.mapper_options,
            self.options.mapper_budget,
            self.mapper.seconds_each,
        )
        return self._with(self.best.workloads, self._mapped(here))

    @property
    def _prefetches(self) -> bool:
        """Whether baselines will be asked for, and somebody has time for them."""
        return self.options.baselines and not self.state.interrupted and self.mapper.executor.workers > 1

    def _mapped(self, mapper: LayerMapper) -> MappingTable:
        table = mapper.begin(self.workload.layers, [self.accelerator]).result()
        self.state.evaluations += table.evaluations
        return table

    def _with(self, found: Sequence[WorkloadCost], table: MappingTable) -> Winner:
        networks = self.workload.networks(found)
        costs = tuple(evaluate_network(net, self.accelerator, table.mappings(net.layers)) for net in networks)
        return Winner(self.best.template, costs, tuple(self.workload.accuracy(network) for network in networks))
