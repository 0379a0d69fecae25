"""Residual blocks: ResNet basic and bottleneck (He et al. 2016), ResNeXt (Xie et al. 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nets.blocks.feature_map import FeatureMap
from nets.blocks.movement import add, pool
from nets.blocks.primitives import conv, pointwise_conv

if TYPE_CHECKING:
    from nets.network import Network

Downsample = Literal["conv", "avgpool"]


def shortcut(
    net: Network, name: str, x: FeatureMap, out_channels: int, *, stride: int, downsample: Downsample = "conv"
) -> FeatureMap:
    """The path around a residual block: nothing where the shape stays, else a 1x1 convolution.

    Args:
        downsample: ``"conv"`` strides in the 1x1 convolution; ``"avgpool"`` averages before it (ResNet-D, He et al.
            2019, "Bag of tricks"), so that no input is skipped.
    """
    if stride == 1 and x.channels == out_channels:
        return x
    if downsample == "avgpool" and stride > 1:
        pooled = pool(net, f"{name}.pool", x, kernel=stride, ceil=True)
        return pointwise_conv(net, f"{name}.conv", pooled, out_channels)
    return pointwise_conv(net, f"{name}.conv", x, out_channels, stride=stride)


def basic_block(net: Network, name: str, x: FeatureMap, out_channels: int, *, stride: int = 1) -> FeatureMap:
    """ResNet basic block: two 3x3 convolutions and a shortcut."""
    y = conv(net, f"{name}.conv1", x, out_channels, kernel=3, stride=stride, activation="relu")
    y = conv(net, f"{name}.conv2", y, out_channels, kernel=3)
    return add(
        net, f"{name}.add", y, shortcut(net, f"{name}.shortcut", x, out_channels, stride=stride), activation="relu"
    )


def bottleneck(
    net: Network,
    name: str,
    x: FeatureMap,
    out_channels: int,
    *,
    mid_channels: int,
    stride: int = 1,
    groups: int = 1,
    downsample: Downsample = "conv",
) -> FeatureMap:
    """ResNet bottleneck: 1x1 down to ``mid_channels``, 3x3 (which strides), 1x1 up, and a shortcut."""
    y = pointwise_conv(net, f"{name}.conv1", x, mid_channels, activation="relu")
    y = conv(net, f"{name}.conv2", y, mid_channels, kernel=3, stride=stride, groups=groups, activation="relu")
    y = pointwise_conv(net, f"{name}.conv3", y, out_channels)
    around = shortcut(net, f"{name}.shortcut", x, out_channels, stride=stride, downsample=downsample)
    return add(net, f"{name}.add", y, around, activation="relu")


def resnext_block(
    net: Network,
    name: str,
    x: FeatureMap,
    out_channels: int,
    *,
    groups: int,
    group_width: int,
    stride: int = 1,
) -> FeatureMap:
    """ResNeXt block: a bottleneck whose 3x3 works in ``groups`` groups of ``group_width`` channels."""
    return bottleneck(net, name, x, out_channels, mid_channels=groups * group_width, stride=stride, groups=groups)
