"""What follows the loop: the final mapping of the best design, longer, and published designs beside it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from accel_models.compiled import wait_beside
from cosearch.bounds.joint import JointBound
from cosearch.evaluation.candidates import Candidate, map_candidates
from cosearch.evaluation.design import Design, WorkloadCost, measures
from cosearch.evaluation.front import hypervolumes
from cosearch.evaluation.mapping_table import MappingTable
from cosearch.evaluation.network_cost import LayerCost, ShapeKey, evaluate_network
from cosearch.evaluation.winner import AccuracyFloor, Winner
from cosearch.evaluation.workload import ACCURACY_KNOB, Workload
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.executor import Executor, Future
from cosearch.executors.serial import Serial, WithFallback
from cosearch.problem.objective import geometric_mean
from cosearch.problem.options import LAST_MAPPER, CoSearchOptions
from cosearch.search.baselines import BaselineComparison
from cosearch.search.joint import first_bound
from cosearch.search.layer_mapper import LayerMapper
from cosearch.search.observer import Observer
from cosearch.search.precise import begin_precise, gathered
from cosearch.search.result import Baseline, CoSearchResult
from cosearch.search.state import SearchState

FINALISTS: Final = 3
"""Designs that are mapped again, longer."""
GAP: Final = 0.01
"""How near the optimum the optimal mapper goes."""
ROUNDS: Final = 4
"""Looks for a subnet at most, each after the last one's layers were mapped precisely."""
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
                baselines = final.baselines(winner)
            if not state.interrupted:
                observer.stage("bounding what any design inside the budget can reach")
                joint = first_bound(options, winner, final.executor)
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
    """The best designs, mapped longer by the workers that searched them; nothing is lost with them."""

    def __init__(self, options: CoSearchOptions, state: SearchState, workload: Workload, executor: Executor) -> None:
        self.options, self.state, self.workload, self.best = options, state, workload, state.best
        lost = state.interrupted or state.lost
        self.executor = Serial(options.jobs) if lost else WithFallback(executor, options.jobs)
        each_s = state.seconds_each / len(workload.layers) / options.mapper_budget
        self.mapper = LayerMapper(
            self.executor, options.mapper_options, options.last_mapper_budget, each_s * options.last_mapper_budget
        )
        self._mapped: MappingTable | None = None
        self.comparison = BaselineComparison(options.hardware, self.best.template.area_mm2, self.mapper)

    def winner(self) -> Winner:
        """The best designs mapped again, longer, with one more look for their subnets; the best of them.

        A longer search makes the objective smaller and may make a limited figure larger: then the answer stays that of
        the shorter search, which keeps every limit. While this process looks for the subnet, workers begin to map the
        one there is on the baselines: most of its layers will be the new one's too.
        """
        begun = [(design, self._begin(design)) for design in self._finalists]
        if self._prefetches:
            self.comparison.prefetch(self.workload.networks(self.best.workloads), SHARE_EXPECTED)
        tables = [(design, future.result()) for design, future in begun]
        wait_beside()
        winners: list[tuple[Winner, MappingTable]] = []
        for design, table in tables:
            winner = self._longer(design, table)
            costs = [WorkloadCost.of(cost) for cost in winner.costs]
            if not self.options.budget.violations(measures(design.template, costs)):
                winners.append((winner, table))
        if not winners:
            return self.shorter()
        winner, self._mapped = min(winners, key=lambda one: one[0].value(self.options.goal))
        if self._prefetches:
            self.comparison.prefetch([cost.network for cost in winner.costs])
        return winner

    def baselines(self, winner: Winner) -> tuple[Baseline, ...]:
        """Published designs beside the winner, all under the mapper of the search: the last one takes longer."""
        goal, table = self.options.goal, self._mapped
        if table is None:
            return self.comparison.baselines(winner, goal, winner.value(goal))
        by_shape = table.costs([layer for cost in winner.costs for layer in cost.network.layers])
        sums = [[by_shape[layer.shape_key] for layer in cost.network.layers] for cost in winner.costs]
        values = [goal.of(math.fsum(e for e, _ in costs), math.fsum(t for _, t in costs)) for costs in sums]
        return self.comparison.baselines(winner, goal, geometric_mean(values))

    def shorter(self) -> Winner:
        """The best design as it was found; done here, since workers may be in the middle of something."""
        spec = WorkloadSpec(self.options, self.workload.resolutions)
        candidate = self.state.candidates.get(self.best.number, Candidate(self.best.number, self.best.template))
        table = map_candidates(spec, [candidate], self.options.jobs)
        self.state.evaluations += table.evaluations
        return self._with(self.best, self.best.workloads, table, {})

    @property
    def _finalists(self) -> list[Design]:
        """The best designs, all different; one alone where several figures are searched for."""
        several = len(self.options.axes) > 1
        ranked = sorted(self.state.designs, key=lambda design: design.rank)
        distinct = {design.template: design for design in reversed(ranked) if design.feasible}
        return list(reversed(distinct.values()))[: 1 if several else FINALISTS]

    @property
    def _prefetches(self) -> bool:
        """Whether baselines will be asked for, and somebody has time for them."""
        return self.options.baselines and not self.state.interrupted and self.executor.workers > 1

    def _begin(self, design: Design) -> Future[MappingTable]:
        return self.mapper.begin(self.workload.layers, [design.template.accelerator()])

    def _longer(self, design: Design, table: MappingTable) -> Winner:
        """A design with its best subnet by a longer search, and that one's layers mapped by the last mapper.

        Layers that were mapped precisely look better than others, so what they favour is looked at again, for as long
        as it wants layers that are not.
        """
        self.state.evaluations += table.evaluations
        table = replace(table, energy_pj=table.energy_pj.copy(), latency_s=table.latency_s.copy())
        accelerator = design.template.accelerator()
        columns = {layer.shape_key: column for column, layer in enumerate(table.layers)}
        precise: dict[ShapeKey, LayerCost] = {}
        for _ in range(ROUNDS):
            found = self._evaluated(design, table)
            wanted = {
                layer.shape_key: layer
                for network in self.workload.networks(found)
                for layer in network.layers
                if layer.is_mac and layer.shape_key not in precise
            }
            if self.options.last_mapper != LAST_MAPPER or not wanted or not math.isfinite(found[0].energy_pj):
                break
            nests = table.mappings(list(wanted.values()))
            pairs = {key: (layer, nests[key]) for key, layer in wanted.items()}
            weight = sum(work.energy_pj for work in found) / sum(work.latency_s for work in found)
            fresh = gathered(
                begin_precise(
                    self.executor, pairs, accelerator, self.options.goal, weight / accelerator.clock_hz,
                    {"gap": GAP, "boxes": self.options.last_mapper_budget},
                )
            )  # fmt: skip
            precise |= fresh
            for key, mapped in fresh.items():
                table.energy_pj[0, columns[key]] = mapped.energy_pj
                table.latency_s[0, columns[key]] = mapped.latency_s
        return self._with(design, self._evaluated(design, table), table, precise)

    def _evaluated(self, design: Design, table: MappingTable) -> tuple[WorkloadCost, ...]:
        return self.workload.evaluate(
            table.energy_pj[0],
            table.latency_s[0],
            design.number,
            demand=design.knobs.get(ACCURACY_KNOB, 0.0),
            memory=self.state.memory,
            last=True,
        )

    def _with(
        self,
        design: Design,
        found: Sequence[WorkloadCost],
        table: MappingTable,
        precise: Mapping[ShapeKey, LayerCost],
    ) -> Winner:
        accelerator = design.template.accelerator()
        networks = self.workload.networks(found)
        nests = {key: mapped.mapping for key, mapped in precise.items() if mapped.mapping is not None}
        proofs = {key: mapped.proof for key, mapped in precise.items() if mapped.proof is not None}
        costs = tuple(
            evaluate_network(net, accelerator, table.mappings(net.layers) | nests, proofs) for net in networks
        )
        options = self.options
        floor = None if options.networks else AccuracyFloor(options.min_accuracy, options.confidence)
        return Winner(design.template, costs, tuple(map(self.workload.accuracy, networks)), floor, self.workload.method)
