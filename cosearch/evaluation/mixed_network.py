"""The workload of a network whose layers have the widths, among those of a table, that are best on each accelerator."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cosearch.evaluation.demand import USUAL, Demand
from cosearch.evaluation.design import WorkloadCost
from cosearch.evaluation.mixes import Mixes
from cosearch.evaluation.weight_bits import WeightBits
from cosearch.evaluation.winner import DeviceLatency
from cosearch.evaluation.workload import Floats, Memory
from cosearch.problem.budget import Budget
from cosearch.problem.objective import Objective
from cosearch.strategies.shortest_path.problem import limit_rows
from nets.accuracy import Accuracy
from nets.layer import Layer
from nets.network import Network


class MixedNetwork:
    """One network at the best widths.

    Args:
        mixes: the widths there are.
        objective: what is made small.
        budget: limits that the network keeps, on energy, latency and power.
        elsewhere: its latency on a device where it is limited too, which does not follow the widths.
    """

    resolutions = None
    method = ""

    def __init__(
        self, mixes: Mixes, objective: Objective, budget: Budget, elsewhere: DeviceLatency | None = None
    ) -> None:
        self._mixes, self._objective, self._budget, self._elsewhere = mixes, objective, budget, elsewhere

    @property
    def layers(self) -> Sequence[Layer]:
        """See :class:`Workload`: at each width."""
        return self._mixes.layers

    def evaluate(
        self,
        energy_pj: Floats,
        latency_s: Floats,
        stream: int,
        *,
        demand: Demand = USUAL,
        memory: Memory = (),
        last: bool = False,
    ) -> tuple[WorkloadCost, ...]:
        """See :meth:`Workload.evaluate`: nothing is drawn. Where no widths keep the limits, the best of all."""
        mixes, objective = self._mixes, demand.objective(self._objective)
        limits = limit_rows(demand.budget(self._budget))
        choice = mixes.best(energy_pj, latency_s, objective, limits) or mixes.best(energy_pj, latency_s, objective)
        name = mixes.network.name
        if choice is None:
            return (WorkloadCost(name, math.inf, math.inf),)
        energy, latency = (mixes.sum(figure, choice.taken) for figure in (energy_pj, latency_s))
        bits = dict(mixes.weight_bits(choice.taken).bits)
        return (WorkloadCost(name, energy, latency, weight_bits=bits),)

    def networks(self, found: Sequence[WorkloadCost]) -> list[Network]:
        """See :meth:`Workload.networks`."""
        return [self._mixes.network.with_weight_bits(work.weight_bits or {}) for work in found]

    def accuracy(self, network: Network) -> Accuracy | None:
        """See :meth:`Workload.accuracy`: the table says what is lost, and nobody of how much."""
        return None

    def elsewhere(self, network: Network) -> DeviceLatency | None:
        """See :meth:`Workload.elsewhere`."""
        return self._elsewhere

    def weight_bits(self, network: Network) -> WeightBits | None:
        """See :meth:`Workload.weight_bits`."""
        return self._mixes.of(network)

    def remember(self, memory: Memory, found: Sequence[WorkloadCost]) -> Memory:
        """Nothing to remember."""
        return ()
