"""What no network of a workload costs less than, given bounds on its layers."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cosearch.evaluation.mixes import Mixes
from cosearch.evaluation.region import Direction, least_objective
from cosearch.problem.budget import Budget
from cosearch.problem.objective import Objective
from cosearch.strategies.shortest_path.problem import ChainProblem
from nets.layer import Layer
from nets.network import Network, unique_layers
from nets.spaces import Block

Floats = NDArray[np.float64]


class WorkloadBound(Protocol):
    """Bounds the objective of a workload.

    Attributes:
        layers: one of each shape.
    """

    layers: Sequence[Layer]

    def least(self, energy_pj: Floats, latency_s: Floats, weighted: Floats, direction: Direction) -> Floats:
        """What the objective of no network is below, (n,), in its unit.

        Args:
            energy_pj, latency_s, weighted: what no layer's energy, latency, and sum of them in ``direction`` is below,
                each (n, layers).
            direction: of the sum.
        """

    def typical(self, weighted: Floats) -> Floats:
        """How often each layer runs in a network that is cheap by a cost (layers,)."""

    def estimate(
        self, counts: Floats, energy_pj: Floats, latency_s: Floats, weighted: Floats, direction: Direction
    ) -> Floats:
        """:meth:`least` for networks of these counts, which is quick; where networks are given, of them."""


class NetworksBound:
    """Of given networks: the geometric mean of their objectives, each of which keeps the limits.

    The geometric mean rises with each of them, so the mean of bounds is a bound.
    """

    def __init__(self, networks: Sequence[Network], objective: Objective, limits: Budget) -> None:
        self._objective, self._limits = objective, limits
        self.layers: Sequence[Layer]
        self.layers, self._counts = counted(networks)

    def least(self, energy_pj: Floats, latency_s: Floats, weighted: Floats, direction: Direction) -> Floats:
        """See :class:`WorkloadBound`."""
        each = [
            least_of_network(
                counts, energy_pj, latency_s, weighted, direction, objective=self._objective, limits=self._limits
            )
            for counts in self._counts
        ]
        if len(each) == 1:
            return each[0]
        return np.array([_geometric_mean(values) for values in zip(*(values.tolist() for values in each))])

    def typical(self, weighted: Floats) -> Floats:
        """See :class:`WorkloadBound`: each network counts by its share."""
        totals = [(counts[counts > 0] * weighted[counts > 0]).sum() for counts in self._counts]
        shares: Floats = sum(
            (counts / total for counts, total in zip(self._counts, totals)), np.zeros(len(self.layers))
        )
        return shares

    def estimate(
        self, counts: Floats, energy_pj: Floats, latency_s: Floats, weighted: Floats, direction: Direction
    ) -> Floats:
        """See :class:`WorkloadBound`."""
        return self.least(energy_pj, latency_s, weighted, direction)


def counted(networks: Sequence[Network]) -> tuple[list[Layer], Floats]:
    """One layer of each shape of some networks, and how often it runs in each, (networks, layers)."""
    layers = [layer for layer, _ in unique_layers(layer for network in networks for layer in network.layers)]
    columns = {layer.shape_key: column for column, layer in enumerate(layers)}
    counts = np.zeros((len(networks), len(layers)))
    for row, network in enumerate(networks):
        for layer in network.layers:
            counts[row, columns[layer.shape_key]] += layer.times
    return layers, counts


class _LeastSums(ABC):
    """Of the best of many networks, by the least sum that any of them has, of each figure by itself."""

    def __init__(self, layers: Sequence[Layer], objective: Objective, limits: Budget) -> None:
        self.layers = layers
        self._objective, self._limits = objective, limits

    @abstractmethod
    def _least_sum(self, cost: Floats) -> float:
        """What no sum of a cost (layers,) over the layers of a network is below."""

    def least(self, energy_pj: Floats, latency_s: Floats, weighted: Floats, direction: Direction) -> Floats:
        """See :class:`WorkloadBound`: the least energy, latency and sum of any network, each by itself."""
        rows = zip(energy_pj, latency_s, weighted)
        found = np.array([[self._least_sum(figure) for figure in row] for row in rows]).reshape(-1, 3)
        return least_objective(found[:, 0], found[:, 1], found[:, 2], direction, self._objective, self._limits)

    def estimate(
        self, counts: Floats, energy_pj: Floats, latency_s: Floats, weighted: Floats, direction: Direction
    ) -> Floats:
        """See :class:`WorkloadBound`."""
        return least_of_network(
            counts, energy_pj, latency_s, weighted, direction, objective=self._objective, limits=self._limits
        )


class SubnetsBound(_LeastSums):
    """Of all subnets that reach an accuracy."""

    def __init__(self, problem: ChainProblem, objective: Objective, limits: Budget) -> None:
        super().__init__(problem.table.layers, objective, limits)
        self._problem = problem
        self._columns = {layer.shape_key: column for column, layer in enumerate(self.layers)}
        self._of_block: dict[Block, list[int]] = {}

    def _least_sum(self, cost: Floats) -> float:
        return self._problem.least_weighted(cost, exact=False)[0]

    def typical(self, weighted: Floats) -> Floats:
        """See :class:`WorkloadBound`."""
        counts = np.zeros(len(self.layers))
        _, config = self._problem.least_weighted(weighted, exact=False)
        if config is None:
            return np.ones(len(self.layers))
        for block in self._problem.table.space.blocks(config):
            if block not in self._of_block:
                self._of_block[block] = [self._columns[layer.shape_key] for layer in block.layers]
            for column in self._of_block[block]:
                counts[column] += 1
        return counts


class MixesBound(_LeastSums):
    """Of one network at all widths that lose little enough."""

    def __init__(self, mixes: Mixes, objective: Objective, limits: Budget) -> None:
        super().__init__(mixes.layers, objective, limits)
        self._mixes = mixes

    def _least_sum(self, cost: Floats) -> float:
        return self._mixes.least(cost)[0]

    def typical(self, weighted: Floats) -> Floats:
        """See :class:`WorkloadBound`."""
        _, taken = self._mixes.least(weighted)
        return np.ones(len(self.layers)) if taken is None else self._mixes.counts(taken)


def least_of_network(
    counts: Floats,
    energy_pj: Floats,
    latency_s: Floats,
    weighted: Floats,
    direction: Direction,
    *,
    objective: Objective,
    limits: Budget,
) -> Floats:
    """What the objective of a network is not below, (n,), given its layers' counts (layers,) and bounds (n, layers)."""
    runs = np.flatnonzero(counts)
    times = counts[runs]
    energy, latency, both = ((figure[:, runs] * times).sum(axis=1) for figure in (energy_pj, latency_s, weighted))
    return least_objective(energy, latency, both, direction, objective, limits)


def _geometric_mean(values: Sequence[float]) -> float:
    if any(math.isinf(value) for value in values):
        return math.inf
    return math.exp(math.fsum(math.log(value) for value in values) / len(values)) * (1 - 1e-12)
