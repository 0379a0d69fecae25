"""Accuracies of the subnets that are small enough by themselves, whatever they run on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np

from nets.accuracy.limited import LimitedPredictor
from nets.accuracy.predictor import Floats, Predictor
from nets.accuracy.sources import accuracy_of
from nets.documents import HeldFile
from nets.network import Network
from nets.peak_memory import sram_of
from nets.spaces import Space
from nets.spaces.space_design import chain_of, flash_bytes, sram_of_chain

KEPT: Final = 4
Limits = tuple[tuple[str, float], ...]
"""(a field of :class:`Footprint`, the most that it may be), each field once."""


class Footprint(NamedTuple):
    """What a network takes by itself, at 8 bits.

    Attributes:
        sram: bytes of a microcontroller's memory (:class:`nets.peak_memory.Sram`).
        flash: bytes of its parameters. macs: multiply-accumulates. params: parameters.
    """

    sram: int
    flash: int
    macs: int
    params: int


def footprint_of(network: Network) -> Footprint:
    """Of a network."""
    return Footprint(sram_of(network).total, network.params, network.macs, network.params)


class SmallPredictor(LimitedPredictor):
    """Accuracies of the subnets within limits on their footprint, see :class:`LimitedPredictor`.

    Args:
        accuracies: of the space's subnets.
        limits: that a subnet keeps.

    Raises:
        InfeasibleError: no subnet found keeps the limits; says what comes nearest.
    """

    def __init__(self, accuracies: Predictor, limits: Limits) -> None:
        self.limits = dict(limits)
        most = " and ".join(f"{name} {limit:,.0f}" for name, limit in limits)
        super().__init__(accuracies, most, accuracies.domain)

    def excess(self, configs: Sequence[Mapping[str, Any]]) -> Floats:
        """See :meth:`LimitedPredictor.excess`: of the limit that is broken most."""
        taken = [subnet_footprint(self.space, config) for config in configs]
        return np.array(
            [max((getattr(one, name) - limit) / limit for name, limit in self.limits.items()) for one in taken]
        )

    def describe_taken(self, config: Mapping[str, Any]) -> str:
        """See :meth:`LimitedPredictor.describe_taken`."""
        taken = subnet_footprint(self.space, config)
        return " and ".join(f"{name} {getattr(taken, name):,}" for name in self.limits)


def subnet_footprint(space: Space, config: Mapping[str, Any]) -> Footprint:
    """Of a subnet, block by block where the space is a chain of them."""
    if (blocks := chain_of(space, config)) is None:
        return footprint_of(space.network(config))
    params = flash_bytes(blocks)
    return Footprint(sram_of_chain(blocks).total, params, sum(block.macs for block in blocks), params)


@lru_cache(maxsize=KEPT)
def accuracies_of_small(space: str, data: str | None, predictor: HeldFile | None, limits: Limits) -> Predictor:
    """Accuracies of the subnets within limits; of all where there are none.

    Args:
        space, data, predictor: as :func:`nets.accuracy.accuracy_of` takes them.

    Raises:
        InputError: as that.
        InfeasibleError: see :class:`SmallPredictor`.
    """
    accuracies = accuracy_of(space, data, predictor)
    return SmallPredictor(accuracies, limits) if limits else accuracies
