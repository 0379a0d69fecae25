"""Sparse 3D convolutions (Choy et al. 2019; SPVNAS, Tang et al. 2020) as the matrix products that libraries run.

Only occupied voxels have features: a sequence of them is a feature map whose tokens are voxels. A convolution gathers,
for each offset of its kernel, the voxels that have a neighbour there, multiplies them by that offset's weights, and
adds the products up where they belong. Offsets differ in how many pairs they have; all but the centre are counted at
their mean.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nets.blocks.feature_map import FeatureMap
from nets.blocks.movement import add, vector
from nets.blocks.primitives import linear
from nets.errors import InputError
from nets.layer import Activation, Layer

if TYPE_CHECKING:
    from nets.network import Network

OFFSETS = 26
"""Neighbours in a 3x3x3 kernel."""

CORNERS = 8
"""Offsets of a 2x2x2 kernel."""


def submanifold_conv(
    net: Network,
    name: str,
    x: FeatureMap,
    out_channels: int,
    *,
    neighbours: int,
    activation: Activation | None = "relu",
) -> FeatureMap:
    """3x3x3 convolution that keeps the occupied voxels, with its norm.

    Args:
        neighbours: ordered pairs of occupied voxels one step apart.

    Raises:
        InputError: no voxel has a neighbour.
    """
    if neighbours < 1:
        raise InputError(f"block {name!r}: neighbours", neighbours, "must be at least 1")
    rows = -(-neighbours // OFFSETS)
    centre = _product(net, f"{name}.centre", x, x, 1, out_channels, x.height, 2 * out_channels, activation)
    gathered = vector(net, f"{name}.gather", "movement", (x,), replace(x, height=OFFSETS * rows))
    around = _product(net, f"{name}.offsets", gathered, x, OFFSETS, out_channels, rows, 0, None)
    return vector(net, f"{name}.scatter", "movement", (centre, around), replace(centre, layer=None))


def strided_conv(net: Network, name: str, x: FeatureMap, out_channels: int, *, voxels: int) -> FeatureMap:
    """2x2x2 convolution with stride 2 down to ``voxels``, with its norm: every input voxel belongs to one output."""
    return _corners(net, name, x, out_channels, pairs=x.height, voxels=voxels)


def strided_deconv(net: Network, name: str, x: FeatureMap, out_channels: int, *, voxels: int) -> FeatureMap:
    """Its transpose, back up to the ``voxels`` there were before: every output voxel belongs to one input."""
    return _corners(net, name, x, out_channels, pairs=voxels, voxels=voxels)


def residual_voxels(
    net: Network, name: str, x: FeatureMap, out_channels: int, *, mid_channels: int, neighbours: int
) -> FeatureMap:
    """Two 3x3x3 convolutions and a shortcut, which is a product by itself where channels change."""
    y = submanifold_conv(net, f"{name}.conv1", x, mid_channels, neighbours=neighbours)
    y = submanifold_conv(net, f"{name}.conv2", y, out_channels, neighbours=neighbours, activation=None)
    around = (
        x if x.channels == out_channels else point_linear(net, f"{name}.shortcut", x, out_channels, activation=None)
    )
    return add(net, f"{name}.add", y, around, activation="relu")


def point_linear(
    net: Network,
    name: str,
    x: FeatureMap,
    out_channels: int,
    *,
    bias: bool = False,
    activation: Activation | None = "relu",
) -> FeatureMap:
    """Fully connected layer on every voxel or point, with its norm."""
    extra = (2 + bias) * out_channels
    return _product(net, name, x, x, 1, out_channels, x.height, extra, activation)


def join_voxels(net: Network, name: str, *parts: FeatureMap) -> FeatureMap:
    """Join the features of the same voxels."""
    channels = sum(part.channels for part in parts)
    return vector(net, name, "movement", parts, replace(parts[0], channels=channels))


def interpolate(net: Network, name: str, x: FeatureMap, points: int, *, corners: int = CORNERS) -> FeatureMap:
    """Features of ``points`` (or other voxels) from those of voxels: each reads up to ``corners``, and is written
    once."""
    layer = Layer(name=name, kind="movement", N=x.batch, G=x.channels, P=points, operands=corners)
    return FeatureMap(net.add(layer, x.sources), x.channels, points, 1, x.batch)


def through_points(net: Network, name: str, x: FeatureMap, features: FeatureMap) -> FeatureMap:
    """Features of the points: those of their voxels, added to what the points carry (point-voxel convolution)."""
    y = interpolate(net, name, x, features.height)
    carried = point_linear(net, f"{name}.transform", features, y.channels, bias=True)
    return add(net, f"{name}.add", y, carried)


def classify(net: Network, name: str, x: FeatureMap, classes: int) -> FeatureMap:
    """Scores of every voxel or point."""
    return linear(net, name, x, classes)


def _corners(net: Network, name: str, x: FeatureMap, channels: int, *, pairs: int, voxels: int) -> FeatureMap:
    rows = -(-pairs // CORNERS)
    gathered = vector(net, f"{name}.gather", "movement", (x,), replace(x, height=CORNERS * rows))
    products = _product(net, f"{name}.offsets", gathered, x, CORNERS, channels, rows, 2 * channels, "relu")
    return vector(net, f"{name}.scatter", "movement", (products,), replace(x, channels=channels, height=voxels))


def _product(
    net: Network,
    name: str,
    x: FeatureMap,
    like: FeatureMap,
    groups: int,
    channels: int,
    rows: int,
    extra_params: int,
    activation: Activation | None,
) -> FeatureMap:
    """``groups`` products of ``rows`` x input channels by weights of their own."""
    layer = Layer(
        name=name,
        kind="matmul",
        N=like.batch,
        G=groups,
        K=channels,
        C=like.channels,
        P=rows,
        extra_params=extra_params,
        activation=activation,
    )
    return FeatureMap(net.add(layer, x.sources), channels, groups * rows, 1, like.batch)
