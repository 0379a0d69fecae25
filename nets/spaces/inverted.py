"""The inverted bottleneck as a block with every figure given, where no gene says them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nets.blocks import FeatureMap, inverted_bottleneck
from nets.layer import Activation
from nets.spaces.block import Block

if TYPE_CHECKING:
    from nets.network import Network


@dataclass(frozen=True, slots=True)
class InvertedBlock(Block):
    """An inverted bottleneck; it has a shortcut wherever that fits.

    Attributes:
        mid_channels: of the depthwise convolution.
        squeeze_channels: between the two layers of the squeeze-and-excite; none without.
        expand: has the first 1x1.
    """

    out_channels: int
    mid_channels: int
    kernel: int
    stride: int = 1
    activation: Activation = "relu6"
    squeeze_channels: int | None = None
    expand: bool = True

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return inverted_bottleneck(
            net,
            name,
            x,
            self.out_channels,
            mid_channels=self.mid_channels,
            kernel=self.kernel,
            stride=self.stride,
            activation=self.activation,
            squeeze_channels=self.squeeze_channels,
            squeeze_activation=self.activation,
            squeeze_gate="sigmoid",
            expand=self.expand,
        )
