"""Blocks of LitePose (Wang et al. 2022): large-kernel backbone stages and the deconvolutions that fuse scales."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.blocks.feature_map import FeatureMap
from nets.blocks.mobile import inverted_bottleneck
from nets.blocks.movement import add
from nets.blocks.primitives import conv, depthwise_conv, pointwise_conv
from nets.blocks.upsampling import overlapping_transposed_conv

if TYPE_CHECKING:
    from nets.network import Network

STEM = 32


def pose_stem(net: Network, name: str, x: FeatureMap, channels: int) -> FeatureMap:
    """Strided 3x3, depthwise 3x3, 1x1."""
    x = conv(net, f"{name}.conv", x, STEM, kernel=3, stride=2, activation="relu6")
    x = depthwise_conv(net, f"{name}.depthwise", x, kernel=3, activation="relu6")
    return pointwise_conv(net, f"{name}.project", x, channels)


def pose_block(net: Network, name: str, x: FeatureMap, channels: int, *, stride: int = 1) -> FeatureMap:
    """Inverted bottleneck with a 7x7 kernel, six times as wide inside."""
    return inverted_bottleneck(
        net, name, x, channels, mid_channels=6 * x.channels, kernel=7, stride=stride, expand=True
    )


def fusion_deconv(net: Network, name: str, x: FeatureMap, raw: FeatureMap, channels: int) -> FeatureMap:
    """Fusion deconvolution head: two 4x4 transposed convolutions, of what was made so far and of a backbone stage of
    the same plane, added; one norm for the sum."""
    refined = overlapping_transposed_conv(net, f"{name}.refined", x, channels, kernel=4)
    return add(
        net,
        f"{name}.add",
        refined,
        overlapping_transposed_conv(net, f"{name}.raw", raw, channels, kernel=4, norm=False),
        activation="relu",
    )


def pose_output(net: Network, name: str, x: FeatureMap, raw: FeatureMap, channels: int) -> FeatureMap:
    """Heat maps (and tags) from both branches: 5x5 depthwise, 1x1; added."""
    outputs = []
    for branch, y in (("refined", x), ("raw", raw)):
        y = depthwise_conv(net, f"{name}.{branch}.depthwise", y, kernel=5, activation="relu")
        outputs.append(pointwise_conv(net, f"{name}.{branch}.pointwise", y, channels, norm=False))
    return add(net, f"{name}.add", *outputs)
