"""Designs as a search ends with them: all layers mapped longer, those of the network found by the optimal mapper."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from cosearch.evaluation.design import Design, WorkloadCost
from cosearch.evaluation.mapping_table import MappingTable
from cosearch.evaluation.network_cost import ShapeKey, evaluate_network
from cosearch.evaluation.winner import AccuracyFloor, Winner
from cosearch.evaluation.workload import Memory, Workload
from cosearch.executors.executor import Executor
from cosearch.problem.options import CoSearchOptions
from cosearch.problem.stated import LAST_MAPPER
from cosearch.search.precise import PreciselyMapped, begin_precise, gathered
from nets.layer import Layer
from nets.network import Network

GAP: Final = 0.01
"""How near the optimum the optimal mapper goes."""
CASES: Final = 16
"""Ways to spread a layer over the array that it begins with; where energy alone counts, all take twice as long."""
ROUNDS: Final = 4
"""Looks for a subnet at most, each after the last one's layers were mapped precisely."""
WEIGHTS: Final = (0.0, 0.05, 0.25, 1.0, 4.0, 20.0, math.inf)
"""What a cycle may be worth, in shares of E / T: none where energy alone counts, all where latency does."""
PRESSED: Final = 0.97
"""Share of a limit from which on a design might be better if cycles were worth more, or less."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A design that was mapped last.

    Attributes:
        design: with what its networks cost now, and the limits that it breaks now.
        table: of all layers, as they were mapped before the optimal mapper.
        precise: what that found, by shape.
    """

    design: Design
    table: MappingTable
    precise: Mapping[ShapeKey, PreciselyMapped]


@dataclass(frozen=True, slots=True, eq=False)
class Promise:
    """What bounds say of a design before it is mapped precisely.

    Attributes:
        layers: of the network that is cheapest by them.
        least: energy in pJ and latency in s of each MAC layer by shape, alone.
    """

    layers: Sequence[Layer] = ()
    least: Mapping[ShapeKey, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Look:
    """How a design is mapped: see :meth:`LastMapping.of`."""

    last: bool
    anew: bool
    promise: Promise


@dataclass(frozen=True)
class LastMapping:
    """Maps designs for the last time.

    Attributes:
        options: of the search.
        workload: what runs on the designs.
        executor: whose workers map.
        memory: subnets of good designs.
        settings: of the optimal mapper; those of a search's end when omitted.
    """

    options: CoSearchOptions
    workload: Workload
    executor: Executor
    memory: Memory = ()
    settings: Mapping[str, float] | None = None

    def of(
        self,
        design: Design,
        table: MappingTable,
        *,
        last: bool = True,
        anew: bool = True,
        promise: Promise | None = None,
    ) -> Mapped:
        """A design with its best subnet by these mappings, and that one's layers mapped by the last mapper.

        Layers are mapped for what the objective makes of energy and latency. Where the design then breaks a limit on
        one of them, or nearly does, they are mapped once more for the other to count less, for as long as that helps.

        Args:
            design: to map.
            table: of all layers on it.
            last: look longer for its subnet, and hold layers of which nothing else is proven against the best mappings
                whose tiles divide; this is the design that will be reported.
            anew: look for its subnet; otherwise it keeps the networks that it has.
            promise: what bounds say of it, where they were asked.
        """
        goal = design.demand.objective(self.options.goal)
        limits = design.demand.budget(self.options.budget).limits()
        own = 1.0 if goal.energy_power and goal.latency_power else math.inf if goal.latency_power else 0.0
        at, step = WEIGHTS.index(own), 0
        look = _Look(last, anew, promise or Promise())
        best = self._mapped(design, table, look, own)
        if self.options.last_mapper != LAST_MAPPER:
            return best
        while True:
            measured = best.design.measures()
            pressed = {name for name, limit in limits.items() if measured[name] > PRESSED * limit}
            towards = ("latency" in pressed) - bool(pressed & {"energy", "power"})
            at += towards
            if not towards or towards == -step or not 0 <= at < len(WEIGHTS):
                return best
            other = self._mapped(design, table, look, WEIGHTS[at])
            if self._rank(other.design) >= self._rank(best.design):
                return best
            best, step = other, towards

    def _rank(self, design: Design) -> tuple[int, float]:
        """See :attr:`Design.rank`: by what is asked of it."""
        goal, budget = design.demand.objective(self.options.goal), design.demand.budget(self.options.budget)
        return Design.evaluated(design.number, design.machine, design.workloads, goal, budget).rank

    def _mapped(self, design: Design, table: MappingTable, look: _Look, weight: float) -> Mapped:
        """:meth:`of` where a cycle is worth a share of E / T.

        The layers of the subnet that it had are mapped at once, and those of the one that bounds favour. Others are
        hoped to gain what these did, so that no subnet is kept for being mapped first; what the best subnet wants then
        is mapped too, for as long as it wants any.
        """
        known = replace(table, energy_pj=table.energy_pj.copy(), latency_s=table.latency_s.copy())
        columns = {layer.shape_key: column for column, layer in enumerate(table.layers)}
        precise: dict[ShapeKey, PreciselyMapped] = {}
        optimal = self.options.last_mapper == LAST_MAPPER
        begun = look.anew and optimal and math.isfinite(design.value)
        found = design.workloads if begun else self._evaluated(design, table, look)
        promised = look.promise.layers if look.anew else ()
        also = [layer for layer in promised if math.isfinite(table.energy_pj[0, columns[layer.shape_key]])]
        for _ in range(ROUNDS):
            wanted = {
                layer.shape_key: layer
                for layers in (also, *(network.layers for network in self.workload.networks(found)))
                for layer in layers
                if layer.is_mac and layer.shape_key not in precise
            }
            if not optimal or not wanted or not math.isfinite(found[0].energy_pj):
                break
            fresh = self._precisely(design, table, weight, wanted, found, look.last)
            precise |= fresh
            for key, mapped in fresh.items():
                known.energy_pj[0, columns[key]] = mapped.energy_pj
                known.latency_s[0, columns[key]] = mapped.latency_s
            hoped = _hoped(table, known, [columns[key] for key in precise], look.promise.least)
            found = self._evaluated(design, hoped, look)
        if precise:
            found = self._evaluated(design, known, look)
        options = self.options
        mapped_design = Design.evaluated(
            design.number, design.machine, found, options.goal, options.budget, demand=design.demand
        )
        return Mapped(mapped_design, known, precise)

    def winner(self, mapped: Mapped) -> Winner:
        """A design with all that is known of it."""
        design, options = mapped.design, self.options
        accelerator = design.machine.accelerator()
        networks = self.workload.networks(design.workloads)
        nests = {key: cost.mapping for key, cost in mapped.precise.items()}
        proofs = {key: cost.proof for key, cost in mapped.precise.items() if cost.proof is not None}
        costs = tuple(
            evaluate_network(net, accelerator, mapped.table.mappings(net.layers) | nests, proofs) for net in networks
        )
        floor = None if options.networks else AccuracyFloor(options.min_accuracy, options.confidence)
        accuracies, file = tuple(map(self.workload.accuracy, networks)), options.held_predictor
        mark = None if file is None else file.mark
        elsewhere, bits = self.workload.elsewhere(networks[0]), self.workload.weight_bits(networks[0])
        method = self.workload.method
        return Winner(design.machine, costs, accuracies, floor, method, mark, elsewhere, bits, options.limit)

    def _precisely(
        self,
        design: Design,
        table: MappingTable,
        weight: float,
        wanted: Mapping[ShapeKey, Layer],
        found: Sequence[WorkloadCost],
        last: bool,
    ) -> dict[ShapeKey, PreciselyMapped]:
        """Layers mapped by the optimal mapper."""
        accelerator = design.machine.accelerator()
        nests = table.mappings(list(wanted.values()))
        pairs = {key: (layer, nests[key]) for key, layer in wanted.items()}
        power = sum(work.energy_pj for work in found) / sum(work.latency_s for work in found)
        return gathered(
            begin_precise(
                self.executor, pairs, accelerator, weight * power / accelerator.clock_hz,
                self.settings or {"gap": GAP, "boxes": self.options.last_mapper_budget, "cases": CASES}, divides=last,
            )
        )  # fmt: skip

    def _evaluated(self, design: Design, table: MappingTable, look: _Look) -> tuple[WorkloadCost, ...]:
        if not look.anew:
            networks = self.workload.networks(design.workloads)
            return tuple(_kept(work, network, table) for work, network in zip(design.workloads, networks))
        return self.workload.evaluate(
            table.energy_pj[0],
            table.latency_s[0],
            design.number,
            demand=design.demand,
            memory=self.memory,
            last=look.last,
        )


def _kept(work: WorkloadCost, network: Network, table: MappingTable) -> WorkloadCost:
    """What a network costs by a table."""
    columns = {layer.shape_key: column for column, layer in enumerate(table.layers)}
    runs = [(layer.times, columns[layer.shape_key]) for layer in network.layers]
    energy_pj, latency_s = (
        math.fsum(times * float(figure[0, column]) for times, column in runs)
        for figure in (table.energy_pj, table.latency_s)
    )
    return replace(work, energy_pj=energy_pj, latency_s=latency_s)


def _hoped(
    table: MappingTable, known: MappingTable, columns: Sequence[int], least: Mapping[ShapeKey, tuple[float, float]]
) -> MappingTable:
    """What all layers are hoped to cost, given a table of quick mappings and one where some columns are precise.

    Those that are not are hoped to gain as much, as a share, as the others did together, or to lie as far above what
    they cost at least: whichever is less, for a quick mapping may be very bad.
    """
    figures = []
    bounds = np.array([least.get(layer.shape_key, (np.nan, np.nan)) for layer in table.layers]).T
    of_mac = np.array([layer.is_mac for layer in table.layers])
    tables = (table.energy_pj[0], known.energy_pj[0], bounds[0]), (table.latency_s[0], known.latency_s[0], bounds[1])
    for quick, best, bound in tables:
        precise = math.fsum(best[columns])
        hoped = np.fmin(
            quick * min(precise / math.fsum(quick[columns]), 1.0), bound * (precise / math.fsum(bound[columns]))
        )
        kept = ~of_mac | ~np.isfinite(quick)
        kept[columns] = True
        figures.append(np.where(kept, best, hoped)[None])
    return replace(known, energy_pj=figures[0], latency_s=figures[1])
