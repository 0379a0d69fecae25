"""Blocks that a subnet is a chain of: the unit whose cost a co-search looks up instead of building the network.

A block is a frozen value that knows its own input shape, so equal blocks cost the same wherever they stand: sum a
table keyed by blocks instead of evaluating a network.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from nets.blocks import FeatureMap
from nets.layer import Layer

if TYPE_CHECKING:
    from nets.network import Network


@dataclass(frozen=True, slots=True)
class Block(ABC):
    """A part of a subnet.

    Attributes:
        resolution: rows (= columns) of its input.
        in_channels: channels of its input.
    """

    resolution: int
    in_channels: int

    @abstractmethod
    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """Append the block's layers to ``net``, their names prefixed by ``name``."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The block's layers at batch 1; built once per block."""
        return _layers(self)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one image."""
        return _macs_params(self)[0]

    @property
    def params(self) -> int:
        """Learned parameters."""
        return _macs_params(self)[1]


@cache
def _layers(block: Block) -> tuple[Layer, ...]:
    from nets.network import Network

    net = Network("block")
    block.build(net, "block", FeatureMap.image(block.resolution, channels=block.in_channels))
    return net.layers


@cache
def _macs_params(block: Block) -> tuple[int, int]:
    layers = _layers(block)
    return sum(layer.macs for layer in layers), sum(layer.params for layer in layers)
