"""What follows the loop: the final mapping of the best design, longer, and published designs beside it."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Final

from accel_models.description import Sized
from cosearch.bounds.joint import JointBound
from cosearch.evaluation.design import Design, WorkloadCost
from cosearch.evaluation.front import hypervolumes, pareto, telling
from cosearch.evaluation.mapping_table import MappingTable
from cosearch.evaluation.winner import IN_GROUPS, Winner
from cosearch.evaluation.workload import Workload
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.executor import Executor, Future
from cosearch.executors.serial import Serial, WithFallback
from cosearch.problem.objective import geometric_mean
from cosearch.problem.options import CoSearchOptions
from cosearch.search.baselines import BaselineComparison
from cosearch.search.candidates import Candidate, map_again, mapper_options
from cosearch.search.joint import first_bound
from cosearch.search.last_mapping import LastMapping
from cosearch.search.layer_mapper import LayerMapper
from cosearch.search.observer import Observer
from cosearch.search.result import Baseline, CoSearchResult
from cosearch.search.state import SearchState

FINALISTS: Final = 2
"""Designs that are mapped again, longer."""
FRONT: Final = 32
"""Designs of a front that are mapped again, at most."""
FRONT_SHARE: Final = 5
"""How many times fewer evaluations these take than the finalists."""
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
    several = len(options.axes) > 1
    front = pareto(state.designs, options.axes) if several else []
    if best.feasible:
        final = _FinalMapping(options, state, workload, executor)
        try:
            observer.stage("mapping the best design again, longer")
            winner = final.winner()
            if several:
                observer.stage("mapping the front again, longer")
                front = final.front()
            if not options.layers_alone and not state.interrupted:
                observer.stage("looking for the best design with layers in groups")
                winner = final.grouped(winner)
            if options.baselines and not state.interrupted:
                observer.stage("comparing with published designs at the same area")
                baselines = final.baselines(winner)
            if not state.interrupted:
                observer.stage("bounding what any design inside the budget can reach")
                joint = first_bound(options, winner, final.executor)
        except KeyboardInterrupt:
            state.interrupted = True
            winner = winner or final.shorter()
    return CoSearchResult(
        objective=options.goal,
        winner=winner,
        axes=options.axes,
        hypervolumes=tuple(hypervolumes(state.designs, options.axes, options.population)) if several else (),
        front=tuple(front),
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
    """The best designs, mapped longer by the workers that searched them; nothing is lost with them."""

    def __init__(self, options: CoSearchOptions, state: SearchState, workload: Workload, executor: Executor) -> None:
        self.options, self.state, self.workload, self.best = options, state, workload, state.best
        lost = state.interrupted or state.lost
        self.executor = Serial(options.jobs) if lost else WithFallback(executor, options.jobs)
        each_s = state.seconds_each / len(workload.layers) / options.mapper_budget
        self.mapper = LayerMapper(
            self.executor, options.mapper_options, options.last_mapper_budget, each_s * options.last_mapper_budget
        )
        self.last = LastMapping(options, workload, self.executor, state.memory)
        self._mapped: MappingTable | None = None
        self._front: list[Design] = []
        self.comparison = BaselineComparison(options.hardware, self.best.machine.area_mm2, self.mapper)

    def winner(self) -> Winner:
        """The best designs mapped again, longer, with one more look for their subnets; the best of them.

        A longer search may end worse, and one that makes the objective smaller may break a limit: then the answer stays
        that of the shorter search. While this process looks for the subnet, workers begin to map the one there is on
        the baselines: most of its layers will be the new one's too.
        """
        begun = [(design, self._begin(design, self.mapper)) for design in self._finalists]
        if self._prefetches:
            self.comparison.prefetch(self.workload.networks(self.best.workloads), SHARE_EXPECTED)
        tables = [(design, future.result()) for design, future in begun]
        self.state.evaluations += sum(table.evaluations for _, table in tables)
        mapped = [(design, self.last.of(design, table)) for design, table in tables]
        self._front += [min(design, longer.design, key=lambda one: one.rank) for design, longer in mapped]
        best = min((longer for _, longer in mapped), key=lambda one: one.design.rank)
        if best.design.rank > self.best.rank:
            return self.shorter()
        self._mapped = best.table
        winner = self.last.winner(best)
        if self._prefetches:
            self.comparison.prefetch([cost.network for cost in winner.costs])
        return winner

    def grouped(self, winner: Winner) -> Winner:
        """The best design that is found with layers in groups, mapped as others are; with groups, where these help."""
        from cosearch.search.grouped import GroupedSearch, in_groups

        configs = [cost.network.config for cost in winner.costs]
        again = tuple(
            replace(WorkloadCost.of(cost), config=None if config is None else dict(config))
            for cost, config in zip(winner.costs, configs)
        )
        known = [  # the best design's subnet was looked for once more
            replace(design, workloads=again) if design.number == self.best.number else design
            for design in self.state.designs
        ]
        looked = GroupedSearch(self.options, self.workload, self.executor).best(known)
        found, goal = winner, self.options.goal
        if looked is not None and not (
            looked.machine == winner.machine and [work.config for work in looked.workloads] == configs
        ):
            table = self._begin(replace(looked, value=math.inf), self.mapper).result()
            self.state.evaluations += table.evaluations
            mapped = self.last.of(looked, table, anew=False)
            if mapped.design.feasible:
                found = self.last.winner(mapped)
                found = replace(found, found_by=IN_GROUPS if winner.found_by else "")
        grouped = [in_groups(found, self.options, self.executor)]
        if found is not winner and (grouped[0] is None or grouped[0].value_in_groups(goal) > winner.value(goal)):
            grouped.append(in_groups(winner, self.options, self.executor))
        return min(
            (one for one in grouped if one is not None), key=lambda one: one.value_in_groups(goal), default=winner
        )

    def front(self) -> list[Design]:
        """Designs mapped again that no other beats: those that say most of the front, and the finalists."""
        axes = self.options.axes
        asked = {design.number for design in self._front}
        chosen = [one for one in telling(pareto(self.state.designs, axes), axes, FRONT) if one.number not in asked]
        mapper = replace(self.mapper, budget=max(1, self.mapper.budget // FRONT_SHARE))
        begun = [(design, self._begin(design, mapper)) for design in chosen]
        for design, future in begun:
            table = future.result()
            self.state.evaluations += table.evaluations
            longer = self.last.of(design, table, last=False).design
            self._front.append(min(design, longer, key=lambda one: one.rank))
        distinct = {(one.machine, *(axis.of(one) for axis in axes)): one for one in reversed(self._front)}
        return pareto(list(distinct.values()), axes)

    def baselines(self, winner: Winner) -> tuple[Baseline, ...]:
        """Published designs beside the winner, all under the mapper of the search: the last one takes longer."""
        goal, table = self.options.goal, self._mapped
        if table is None:
            return self.comparison.baselines(winner, goal, winner.value(goal))
        by_shape = table.costs([layer for cost in winner.costs for layer in cost.network.layers])
        sums = [[(layer.times, *by_shape[layer.shape_key]) for layer in cost.network.layers] for cost in winner.costs]
        values = [goal.of(math.fsum(n * e for n, e, _ in runs), math.fsum(n * t for n, _, t in runs)) for runs in sums]
        return self.comparison.baselines(winner, goal, geometric_mean(values))

    def shorter(self) -> Winner:
        """The best design as it was found; done here, since workers may be in the middle of something."""
        spec = WorkloadSpec(self.options, self.workload.resolutions)
        candidate = self.state.candidate or Candidate(self.best.number, self.best.machine)
        mapped = map_again(spec, candidate, precise=self.best.precise, threads=self.options.jobs)
        self.state.evaluations += mapped.table.evaluations
        return self.last.winner(replace(mapped, design=self.best))

    @property
    def _finalists(self) -> list[Design]:
        """The best designs, all different."""
        ranked = sorted(self.state.designs, key=lambda design: design.rank)
        distinct: dict[Sized, Design] = {}
        for design in ranked:
            distinct.setdefault(design.machine, design)
        return [design for design in distinct.values() if design.feasible][:FINALISTS]

    @property
    def _prefetches(self) -> bool:
        """Whether baselines will be asked for, and somebody has time for them."""
        return self.options.baselines and not self.state.interrupted and self.executor.workers > 1

    def _begin(self, design: Design, mapper: LayerMapper) -> Future[MappingTable]:
        mapper = replace(mapper, options=mapper_options(self.options, design.demand))
        return mapper.begin(self.workload.layers, [design.machine.accelerator()])
