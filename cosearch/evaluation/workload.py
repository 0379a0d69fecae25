"""What the accelerators are judged by: the best subnet of a space on each, or networks that are given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from cosearch.evaluation.design import WorkloadCost
from cosearch.problem.budget import Budget
from cosearch.problem.objective import Objective
from cosearch.strategies.subnets import Evolution, Reward, Subnet, SubnetSearch, canonical_key
from nets import list_networks, network_info
from nets.accuracy import Accuracy, Predictor
from nets.errors import InfeasibleError
from nets.layer import Layer
from nets.network import Network, unique_layers
from nets.spaces import Config, Space

Floats = NDArray[np.float64]
Memory = Sequence[Config]
"""Subnets of good designs, the latest first."""

RESOLUTIONS_KEPT: Final = 1
RESOLUTION_STEP: Final = 16
"""Resolutions looked at when none is asked for: the multiples of this, which Once-for-All was trained around."""


ACCURACY_KNOB: Final = "accuracy"
"""How much accuracy a point asks of its subnet, where accuracy is an objective."""

BROKEN: Final = 1e6


class Workload(Protocol):
    """Turns costs of layer shapes on one accelerator into costs of networks."""

    @property
    def layers(self) -> Sequence[Layer]:
        """One layer of each different shape."""

    @property
    def resolutions(self) -> tuple[int, ...] | None:
        """Of the subnets' images; ``None`` where no subnet is searched."""

    def judge(
        self,
        energy_pj: Floats,
        latency_s: Floats,
        stream: int,
        *,
        demand: float = 0.0,
        memory: Memory = (),
        last: bool = False,
    ) -> tuple[WorkloadCost, ...]:
        """Cost of each network.

        Args:
            energy_pj, latency_s: of each of :attr:`layers` on the accelerator; infinite where nothing maps it.
            stream: number of the design: seeds the draws, if there are any.
            demand: 0 asks for the least accuracy allowed, 1 for the highest there is; given networks have theirs.
            memory: subnets to start from.
            last: look longer; this is the design that will be reported.
        """

    def networks(self, found: Sequence[WorkloadCost]) -> list[Network]:
        """The networks that a judgement was about."""

    def accuracy(self, network: Network) -> Accuracy | None:
        """Accuracy of one of :meth:`networks`, where it is known."""

    def remember(self, memory: Memory, found: Sequence[WorkloadCost]) -> Memory:
        """The memory with what was found now before what was found earlier."""


class FixedNetworks:
    """Networks that are given."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = list(networks)
        self._layers = [layer for layer, _ in unique_layers(layer for net in networks for layer in net.layers)]
        columns = {layer.shape_key: column for column, layer in enumerate(self._layers)}
        self._columns = [[columns[layer.shape_key] for layer in network.layers] for network in networks]

    @property
    def layers(self) -> Sequence[Layer]:
        """See :class:`Workload`: of all networks."""
        return self._layers

    @property
    def resolutions(self) -> tuple[int, ...] | None:
        """See :class:`Workload`."""
        return None

    def judge(
        self,
        energy_pj: Floats,
        latency_s: Floats,
        stream: int,
        *,
        demand: float = 0.0,
        memory: Memory = (),
        last: bool = False,
    ) -> tuple[WorkloadCost, ...]:
        """See :meth:`Workload.judge`; nothing is drawn."""
        return tuple(
            WorkloadCost(
                network.name,
                float(energy_pj[columns].sum()),
                float(latency_s[columns].sum()),
                accuracy=None if (known := self.accuracy(network)) is None else known.top1_percent,
            )
            for network, columns in zip(self._networks, self._columns)
        )

    def networks(self, found: Sequence[WorkloadCost]) -> list[Network]:
        """See :meth:`Workload.networks`."""
        return self._networks

    def remember(self, memory: Memory, found: Sequence[WorkloadCost]) -> Memory:
        """Nothing to remember."""
        return ()

    def accuracy(self, network: Network) -> Accuracy | None:
        """See :meth:`Workload.accuracy`: as published, for the published resolution."""
        return published_accuracy(network)


class BestSubnet:
    """The best subnet of a space that reaches an accuracy, found anew on every accelerator.

    Args:
        space, predictor, min_accuracy: as :class:`SubnetSearch` has them.
        resolutions: allowed.
        objective: what is made small.
        budget: whose limits on latency, energy and power a subnet keeps if any can.
        seed: of every draw.
    """

    SEARCH: Final = Evolution(population=16, generations=2)
    LAST: Final = Evolution(population=100, generations=40)
    ELITES: Final = 24
    DEMANDS: Final = 20

    def __init__(
        self,
        space: Space,
        predictor: Predictor,
        min_accuracy: float,
        resolutions: Sequence[int],
        objective: Objective,
        budget: Budget,
        seed: int,
    ) -> None:
        self._search = SubnetSearch(space, predictor, min_accuracy, resolutions)
        self._reward, self._seed = subnet_reward(objective, budget), seed
        self._demands: dict[int, SubnetSearch] = {}

    @property
    def layers(self) -> Sequence[Layer]:
        """See :class:`Workload`: of every subnet at the allowed resolutions."""
        return self._search.layers

    @property
    def resolutions(self) -> tuple[int, ...] | None:
        """See :class:`Workload`."""
        return self._search.table.resolutions

    def judge(
        self,
        energy_pj: Floats,
        latency_s: Floats,
        stream: int,
        *,
        demand: float = 0.0,
        memory: Memory = (),
        last: bool = False,
    ) -> tuple[WorkloadCost, ...]:
        """See :meth:`Workload.judge`."""
        rng = np.random.default_rng([self._seed, stream, int(last)])
        evolution = self.LAST if last else self.SEARCH
        search = self._demanding(demand)
        elites = [config for config, kept in zip(memory, search.reaches(memory)) if kept]
        found = search.best(energy_pj, latency_s, self._reward, rng, evolution, elites)
        return (self._cost(found),)

    @property
    def space(self) -> Space:
        """Where subnets come from."""
        return self._search.space

    def _demanding(self, demand: float) -> SubnetSearch:
        """The search for an accuracy, on a grid so that few are made."""
        if demand <= 0.0:
            return self._search
        step = min(int(demand * self.DEMANDS), self.DEMANDS - 1)
        if step not in self._demands:
            least, most = self._search.min_accuracy, self._search.highest
            self._demands[step] = self._search.demanding(least + (most - least) * step / self.DEMANDS)
        return self._demands[step]

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

    def accuracy(self, network: Network) -> Accuracy | None:
        """See :meth:`Workload.accuracy`: as predicted."""
        return None if network.config is None else self._search.predictor.predict(network.config)


def published_accuracy(network: Network) -> Accuracy | None:
    """Published top-1 of a reference network at its published resolution; ``None`` for any other network."""
    if network.space is not None or network.name not in list_networks():
        return None
    info = network_info(network.name)
    if info.top1 is None or network.resolution != info.resolution:
        return None
    return Accuracy(info.top1, math.nan, f"published: {info.top1_source}")


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
                excess += np.log(np.maximum(figure / limit, 1.0))
        value = objective.energy_power * np.log(energy_pj) + objective.latency_power * np.log(latency_s)
        worth: Floats = np.where(excess > 0, BROKEN + excess, value)
        return np.where(np.isfinite(energy_pj), worth, np.inf)

    return reward


def resolutions_of(predictor: Predictor) -> list[int]:
    """The resolutions looked at when none is asked for."""
    trained = [resolution for resolution in predictor.domain if resolution % RESOLUTION_STEP == 0]
    return trained if len(trained) > 1 else list(predictor.domain)


def fewest_macs(predictor: Predictor, min_accuracy: float, resolution: int, seed: int) -> float:
    """The MACs that a subnet of that accuracy needs at a resolution, as evolution finds; infinite where none has it."""
    try:
        search = SubnetSearch(predictor.space, predictor, min_accuracy, [resolution])
    except InfeasibleError:
        return math.inf
    macs = np.array([float(layer.macs) for layer in search.layers])
    rng = np.random.default_rng([seed, resolution])
    return search.best(macs, macs, lambda energy, latency: energy, rng, Evolution()).energy_pj


def leanest(predictor: Predictor, min_accuracy: float, fewest: Mapping[int, float]) -> list[int]:
    """The resolutions at which subnets need the fewest MACs, found without any hardware.

    Every layer shape of every resolution would have to be mapped on every accelerator; few MACs is what all of them
    like.

    Args:
        predictor, min_accuracy: as :func:`fewest_macs` had them.
        fewest: what it said, by resolution.

    Raises:
        InfeasibleError: no subnet reaches the accuracy; says the highest reachable.
    """
    reached = [resolution for resolution, macs in fewest.items() if math.isfinite(macs)]
    if not reached:
        SubnetSearch(predictor.space, predictor, min_accuracy, list(fewest))  # raises, with the highest of them all
    return sorted(sorted(reached, key=lambda resolution: fewest[resolution])[:RESOLUTIONS_KEPT])
