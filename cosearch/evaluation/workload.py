"""What is to run on every accelerator: the interface, and the networks that are given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cosearch.evaluation.demand import USUAL, Demand
from cosearch.evaluation.design import WorkloadCost
from cosearch.evaluation.weight_bits import WeightBits
from cosearch.evaluation.winner import DeviceLatency
from nets import network_info
from nets.accuracy import Accuracy
from nets.given import is_reference
from nets.layer import Layer
from nets.network import Network, unique_layers
from nets.spaces import Config

Floats = NDArray[np.float64]
Memory = Sequence[Config]
"""Subnets of good designs, the latest first."""


class Workload(Protocol):
    """Turns costs of layer shapes on one accelerator into costs of networks."""

    @property
    def layers(self) -> Sequence[Layer]:
        """One layer of each different shape."""

    @property
    def resolutions(self) -> tuple[int, ...] | None:
        """Of the subnets' images; ``None`` where no subnet is searched."""

    @property
    def method(self) -> str:
        """How the best subnet of an accelerator is found, in words; empty where no subnet is searched."""

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
        """Cost of each network.

        Args:
            energy_pj, latency_s: of each of :attr:`layers` on the accelerator; infinite where nothing maps it.
            stream: number of the design: seeds the draws, if there are any.
            demand: what is asked of them beyond what all are asked; given networks are what they are.
            memory: subnets to start from.
            last: look longer; this is the design that will be reported.
        """

    def networks(self, found: Sequence[WorkloadCost]) -> list[Network]:
        """The networks that an evaluation was about."""

    def accuracy(self, network: Network) -> Accuracy | None:
        """Accuracy of one of :meth:`networks`, where it is known."""

    def elsewhere(self, network: Network) -> DeviceLatency | None:
        """Latency of the slowest of :meth:`networks`, one or all, on a device where it is limited too."""

    def weight_bits(self, network: Network) -> WeightBits | None:
        """Widths of one of :meth:`networks`, where they were chosen."""

    def remember(self, memory: Memory, found: Sequence[WorkloadCost]) -> Memory:
        """The memory with what was found now before what was found earlier."""


class FixedNetworks:
    """Networks that are given.

    Args:
        measured: their accuracies by name, where somebody measured them; published ones are taken for others.
        elsewhere: latency of the network, or the slowest, on a device where it is limited too.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        measured: Mapping[str, Accuracy] | None = None,
        elsewhere: DeviceLatency | None = None,
    ) -> None:
        self._networks, self._elsewhere = list(networks), elsewhere
        known = measured or {}
        self._accuracies = {net.name: known.get(net.name) or published_accuracy(net) for net in networks}
        self._layers = [layer for layer, _ in unique_layers(layer for net in networks for layer in net.layers)]
        columns = {layer.shape_key: column for column, layer in enumerate(self._layers)}
        self._columns = [[columns[layer.shape_key] for layer in network.layers] for network in networks]
        self._times = [np.array([layer.times for layer in network.layers], dtype=np.float64) for network in networks]

    @property
    def layers(self) -> Sequence[Layer]:
        """See :class:`Workload`: of all networks."""
        return self._layers

    @property
    def resolutions(self) -> tuple[int, ...] | None:
        """See :class:`Workload`."""
        return None

    @property
    def method(self) -> str:
        """See :class:`Workload`."""
        return ""

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
        """See :meth:`Workload.evaluate`; nothing is drawn. Sums are rounded once, as those of a mapped network are."""
        return tuple(
            WorkloadCost(
                network.name,
                math.fsum((energy_pj[columns] * times).tolist()),
                math.fsum((latency_s[columns] * times).tolist()),
                accuracy=None if (known := self.accuracy(network)) is None else known.top1_percent,
            )
            for network, columns, times in zip(self._networks, self._columns, self._times)
        )

    def networks(self, found: Sequence[WorkloadCost]) -> list[Network]:
        """See :meth:`Workload.networks`."""
        return self._networks

    def remember(self, memory: Memory, found: Sequence[WorkloadCost]) -> Memory:
        """Nothing to remember."""
        return ()

    def elsewhere(self, network: Network) -> DeviceLatency | None:
        """See :meth:`Workload.elsewhere`."""
        return self._elsewhere

    def weight_bits(self, network: Network) -> WeightBits | None:
        """See :meth:`Workload.weight_bits`: there is no choice."""
        return None

    def accuracy(self, network: Network) -> Accuracy | None:
        """See :meth:`Workload.accuracy`: as measured; else as published, for the published resolution."""
        return self._accuracies[network.name]


def published_accuracy(network: Network) -> Accuracy | None:
    """Published top-1 of a reference network at its published resolution; ``None`` for any other network, and where
    numbers are narrower than 8 bits: nobody has measured that."""
    if not is_reference(network, at_any_precision=True):
        return None
    if min(min(layer.weight_bits, layer.input_bits) for layer in network.layers) < 8:
        return None
    info = network_info(network.name)
    if info.top1 is None or network.resolution != info.resolution:
        return None
    return Accuracy(info.top1, math.nan, f"published: {info.top1_source}")
