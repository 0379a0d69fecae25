"""Blocks that many spaces begin and end with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nets.blocks import FeatureMap, conv, global_pool, linear
from nets.layer import Activation
from nets.spaces.block import Block

if TYPE_CHECKING:
    from nets.network import Network


@dataclass(frozen=True, slots=True)
class ConvBlock(Block):
    """One convolution with its norm.

    Attributes:
        padded: keeps the plane at stride 1; without, the filter stays inside the input.
    """

    out_channels: int
    kernel: int = 3
    stride: int = 1
    padded: bool = True
    activation: Activation | None = None

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        padding = None if self.padded else 0
        channels, kernel, stride = self.out_channels, self.kernel, self.stride
        return conv(net, name, x, channels, kernel=kernel, stride=stride, padding=padding, activation=self.activation)


@dataclass(frozen=True, slots=True)
class Classifier(Block):
    """Global pool and one linear layer."""

    classes: int = 1000

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return linear(net, f"{name}.classifier", global_pool(net, f"{name}.pool", x), self.classes)
