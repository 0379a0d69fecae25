"""Blocks that many spaces begin and end with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nets.blocks import FeatureMap, conv, global_pool, linear, pointwise_conv
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


@dataclass(frozen=True, slots=True)
class MobileHead(Block):
    """1x1 convolution, global pool, optional hidden layer, classifier: how mobile networks end.

    Attributes:
        channels: of the convolution.
        hidden: units of a layer before the classifier; none without.
        activation: of both.
    """

    channels: int
    hidden: int | None
    activation: Activation
    classes: int = 1000

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        x = pointwise_conv(net, f"{name}.conv", x, self.channels, activation=self.activation)
        x = global_pool(net, f"{name}.pool", x)
        if self.hidden is not None:
            x = linear(net, f"{name}.hidden", x, self.hidden, bias=False, activation=self.activation)
        return linear(net, f"{name}.classifier", x, self.classes)
