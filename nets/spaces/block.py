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
    def entry(self) -> FeatureMap:
        """What it reads when it stands alone: a square plane unless the kind of block says otherwise."""
        return FeatureMap.image(self.resolution, channels=self.in_channels)

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


@dataclass(frozen=True, slots=True)
class Joint(Block):
    """A block that reads several feature maps; ``resolution`` and ``in_channels`` describe the first."""

    @property
    @abstractmethod
    def others(self) -> tuple[FeatureMap, ...]:
        """What it reads besides :attr:`entry` when it stands alone."""

    @abstractmethod
    def join(self, net: Network, name: str, x: FeatureMap, *others: FeatureMap) -> FeatureMap:
        """Append the block's layers to ``net``."""

    def build(self, net: Network, name: str, x: FeatureMap, *others: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return self.join(net, name, x, *(others or self.others))


@dataclass(frozen=True, slots=True)
class SequenceBlock(Block):
    """A block on a sequence of tokens, or voxels, ``resolution`` of them."""

    @property
    def entry(self) -> FeatureMap:
        """See :attr:`Block.entry`: one column."""
        return FeatureMap.sequence(self.resolution, channels=self.in_channels)


@cache
def _layers(block: Block) -> tuple[Layer, ...]:
    from nets.network import Network

    net = Network("block")
    block.build(net, "block", block.entry)
    return net.layers


@cache
def _macs_params(block: Block) -> tuple[int, int]:
    layers = _layers(block)
    return sum(layer.macs for layer in layers), sum(layer.params for layer in layers)
