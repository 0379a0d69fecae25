"""The workload of a search for networks: the best subnet of a space, found anew on every accelerator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from cosearch.evaluation.demand import USUAL, Demand
from cosearch.evaluation.design import WorkloadCost
from cosearch.evaluation.weight_bits import WeightBits
from cosearch.evaluation.winner import FOUND_BY, DeviceLatency
from cosearch.evaluation.workload import Floats, Memory
from cosearch.problem.budget import Budget
from cosearch.problem.objective import Objective
from cosearch.strategies.shortest_path import ChainProblem, is_chain, least_broken
from cosearch.strategies.subnets import Evolution, Reward, Subnet, SubnetSearch, canonical_key
from nets.accuracy import Accuracy
from nets.documents import FileMark
from nets.elementary import logs
from nets.latency.in_time import InTimePredictor
from nets.layer import Layer
from nets.network import Network
from nets.spaces import Space

BROKEN: Final = 1e6
"""Added to the worth of a subnet that breaks a limit, so that whatever keeps all of them is better."""
ALMOST: Final = 1 - 1e-9
"""Of the way to the highest accuracy, where rounding still leaves a subnet."""


class BestSubnet:
    """The best subnet of a space that reaches an accuracy, found anew on every accelerator.

    Args:
        search: of subnets that reach the least accuracy allowed.
        objective: what is made small.
        budget: limits that a subnet keeps, on energy, latency and power.
        seed: of every draw; where subnets are shortest paths nothing is drawn.
        device: file of the latencies of a device, where subnets are limited there too.

    Attributes:
        exact: whether the best subnet is found by its shortest path, which proves it unless a confidence is asked for,
            or as the best of those whose accuracies are looked up; else by evolution.
    """

    SEARCH: Final = Evolution(population=16, generations=2)
    LAST: Final = Evolution(population=100, generations=40)
    ELITES: Final = 24
    DEMANDS: Final = 20

    def __init__(
        self,
        search: SubnetSearch,
        objective: Objective,
        budget: Budget,
        seed: int,
        device: FileMark | None = None,
    ) -> None:
        self._search, self._objective, self._budget, self._seed = search, objective, budget, seed
        self._device = device
        self._demands: dict[int, SubnetSearch] = {}
        self._problems: dict[float, ChainProblem] = {}
        self.exact = is_chain(search.space, search.predictor, search.table.resolutions)

    @property
    def method(self) -> str:
        """See :class:`Workload`: one of :data:`cosearch.evaluation.winner.FOUND_BY`."""
        exact, sure, evolution, priced, _ = FOUND_BY
        if self._search.predictor.of_others is None:
            return priced
        return evolution if not self.exact else exact if self._search.confidence is None else sure

    @property
    def layers(self) -> Sequence[Layer]:
        """See :class:`Workload`: of every subnet at the allowed resolutions."""
        return self._search.layers

    @property
    def resolutions(self) -> tuple[int, ...] | None:
        """See :class:`Workload`."""
        return self._search.table.resolutions

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
        """See :meth:`Workload.evaluate`."""
        search = self._demanding(demand.accuracy)
        objective, budget = demand.objective(self._objective), demand.budget(self._budget)
        if self.exact:
            return (self._cost(self._shortest(search, energy_pj, latency_s, objective, budget)),)
        rng = np.random.default_rng([self._seed, stream, int(last)])
        evolution = self.LAST if last else self.SEARCH
        elites = [config for config, kept in zip(memory, search.reaches(memory)) if kept]
        found = search.best(energy_pj, latency_s, subnet_reward(objective, budget), rng, evolution, elites)
        return (self._cost(found),)

    @property
    def space(self) -> Space:
        """Where subnets come from."""
        return self._search.space

    def floor(self, demand: float) -> float:
        """The accuracy that a demand asks for, one of :attr:`DEMANDS` steps up to the highest there is."""
        least, most = self._search.min_accuracy, self._search.highest
        return least + (most - least) * min(round(demand * self.DEMANDS) / self.DEMANDS, ALMOST)

    def _demanding(self, demand: float) -> SubnetSearch:
        """The search for an accuracy, on a grid so that few are made."""
        step = round(demand * self.DEMANDS)
        if step <= 0:
            return self._search
        if step not in self._demands:
            self._demands[step] = self._search.demanding(self.floor(demand))
        return self._demands[step]

    def _shortest(
        self, search: SubnetSearch, energy_pj: Floats, latency_s: Floats, objective: Objective, budget: Budget
    ) -> Subnet:
        """The best subnet; one that breaks limits little where none keeps them; any where none can be mapped."""
        if search.min_accuracy not in self._problems:
            self._problems[search.min_accuracy] = ChainProblem(
                search.table, search.predictor, search.min_accuracy, search.confidence, search.surest
            )
        problem = self._problems[search.min_accuracy]
        best = problem.best(energy_pj, latency_s, objective, budget)
        if best is not None:
            return Subnet(best.config, best.energy_pj, best.latency_s)
        broken = least_broken(problem, energy_pj, latency_s, budget)
        return broken or Subnet(search.surest[0], math.inf, math.inf)

    def _cost(self, found: Subnet) -> WorkloadCost:
        space = self._search.space
        accuracy = self._search.predictor.predict(found.config).top1_percent
        return WorkloadCost(space.id, found.energy_pj, found.latency_s, found.config, accuracy)

    def networks(self, found: Sequence[WorkloadCost]) -> list[Network]:
        """See :meth:`Workload.networks`."""
        return [self._search.space.network(work.config) for work in found if work.config is not None]

    def remember(self, memory: Memory, found: Sequence[WorkloadCost]) -> Memory:
        """See :meth:`Workload.remember`: the first population of the next search."""
        configs = [work.config for work in found if work.config is not None and math.isfinite(work.energy_pj)]
        elites = {canonical_key(config): config for config in [*configs, *memory]}
        return tuple(elites.values())[: self.ELITES]

    def elsewhere(self, network: Network) -> DeviceLatency | None:
        """See :meth:`Workload.elsewhere`."""
        accuracies = self._search.predictor
        if not isinstance(accuracies, InTimePredictor) or self._device is None or network.config is None:
            return None
        said = accuracies.device.predict(network.config)
        return DeviceLatency(said.ms, said.standard_error_ms, said.estimates, accuracies.limit_ms, self._device)

    def weight_bits(self, network: Network) -> WeightBits | None:
        """See :meth:`Workload.weight_bits`: there is no choice."""
        return None

    def accuracy(self, network: Network) -> Accuracy | None:
        """See :meth:`Workload.accuracy`: as predicted."""
        return None if network.config is None else self._search.predictor.predict(network.config)


def subnet_reward(objective: Objective, budget: Budget) -> Reward:
    """What a subnet's energy and latency are worth: smaller is better, and breaking a limit is worse than anything.

    The logarithm of the objective where every limit is kept; else :data:`BROKEN` and by how much limits are exceeded.
    """

    def reward(energy_pj: Floats, latency_s: Floats) -> Floats:
        excess = np.zeros(len(energy_pj))
        energy_j = energy_pj * 1e-12
        with np.errstate(invalid="ignore"):
            power_w = energy_j / latency_s
        for limit, figure in ((budget.energy_j, energy_j), (budget.latency_s, latency_s), (budget.power_w, power_w)):
            if limit is not None:
                excess += logs(np.maximum(figure / limit, 1.0))
        value = objective.energy_power * logs(energy_pj) + objective.latency_power * logs(latency_s)
        worth: Floats = np.where(excess > 0, BROKEN + excess, value)
        return np.where(np.isfinite(energy_pj), worth, np.inf)

    return reward
