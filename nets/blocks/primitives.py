"""Blocks of one layer that multiply: convolutions and fully connected layers.

Every block of this package is called ``block(network, name, x, ...)``: it adds its layers to ``network`` under
``name`` (as a prefix if there are several), reads the feature map ``x`` and returns the feature map it writes. Batch
norms are folded into the convolution before them, so they only add their scale and shift to its parameters;
activation functions are fused, so they only label the layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.blocks.feature_map import FeatureMap
from nets.errors import InputError
from nets.layer import Activation, Layer

if TYPE_CHECKING:
    from nets.network import Network

Pair = int | tuple[int, int]


class PlaneTooSmall(InputError):
    """A window that does not fit its input: the network's resolution is too low."""


def pair(value: Pair) -> tuple[int, int]:
    """(rows, columns) of a value given once or for each."""
    return (value, value) if isinstance(value, int) else value


def window(
    name: str, size: int, kernel: int, stride: int, padding: int, *, dilation: int = 1, ceil: bool = False
) -> tuple[int, int]:
    """Positions of a sliding window along one dim, and the padding after the input that it reaches.

    A window that does not come out even leaves the last rows unread: then the padding after is 0 and the layer reads
    fewer rows than there are.

    Args:
        ceil: let the last window begin inside the padded input and reach past it, as some pooling layers do.

    Returns:
        (number of positions, zeros read after the input).

    Raises:
        PlaneTooSmall: the window is larger than the padded input.
        InputError: a kernel, stride or dilation below 1, or a negative padding.
    """
    if min(kernel, stride, dilation) < 1 or padding < 0:
        given = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding}
        raise InputError(f"layer {name!r}: window", given, "must be at least 1 each, and the padding at least 0")
    free = size + 2 * padding - (kernel - 1) * dilation - 1
    if free < 0:
        needed = (kernel - 1) * dilation + 1 - 2 * padding
        raise PlaneTooSmall(f"layer {name!r}: input rows or columns", size, f"must be at least {needed}")
    positions = free // stride + 1
    if ceil and free % stride and positions * stride < size + padding:
        positions += 1
    reach = (positions - 1) * stride + (kernel - 1) * dilation + 1
    return positions, max(0, reach - padding - size)


def conv(
    net: Network,
    name: str,
    x: FeatureMap,
    out_channels: int,
    *,
    kernel: Pair = 1,
    stride: Pair = 1,
    padding: Pair | None = None,
    dilation: Pair = 1,
    groups: int = 1,
    bias: bool = False,
    norm: bool = True,
    activation: Activation | None = None,
) -> FeatureMap:
    """Convolution, optionally in groups, with its batch norm folded.

    Args:
        padding: zeros on each side; half the (dilated) kernel when omitted, which keeps the plane at stride 1.
        bias: has one bias per output channel.
        norm: a batch norm follows, which adds a scale and a shift per output channel.

    Raises:
        InputError: channels do not divide into ``groups``, or the padded input is smaller than the filter.
    """
    for field, channels in (("input", x.channels), ("output", out_channels)):
        if groups < 1 or channels % groups:
            raise InputError(f"layer {name!r}: groups", groups, f"must divide its {channels} {field} channels")
    (rows, columns), strides, dilations = pair(kernel), pair(stride), pair(dilation)
    top, left = (
        ((rows - 1) * dilations[0] // 2, (columns - 1) * dilations[1] // 2) if padding is None else pair(padding)
    )
    height, bottom = window(name, x.height, rows, strides[0], top, dilation=dilations[0])
    width, right = window(name, x.width, columns, strides[1], left, dilation=dilations[1])
    layer = Layer(
        name=name,
        N=x.batch,
        G=groups,
        K=out_channels // groups,
        C=x.channels // groups,
        P=height,
        Q=width,
        R=rows,
        S=columns,
        stride=strides,
        dilation=dilations,
        padding=(top, bottom, left, right),
        extra_params=(bias + 2 * norm) * out_channels,
        activation=activation,
    )
    return FeatureMap(net.add(layer, x.sources), out_channels, height, width, x.batch)


def pointwise_conv(
    net: Network,
    name: str,
    x: FeatureMap,
    out_channels: int,
    *,
    stride: Pair = 1,
    groups: int = 1,
    bias: bool = False,
    norm: bool = True,
    activation: Activation | None = None,
) -> FeatureMap:
    """1x1 convolution."""
    return conv(net, name, x, out_channels, stride=stride, groups=groups, bias=bias, norm=norm, activation=activation)


def grouped_conv(
    net: Network,
    name: str,
    x: FeatureMap,
    out_channels: int,
    *,
    groups: int,
    kernel: Pair = 3,
    stride: Pair = 1,
    padding: Pair | None = None,
    norm: bool = True,
    activation: Activation | None = None,
) -> FeatureMap:
    """Convolution of ``groups`` parts that do not see each other's channels."""
    return conv(
        net,
        name,
        x,
        out_channels,
        kernel=kernel,
        stride=stride,
        padding=padding,
        groups=groups,
        norm=norm,
        activation=activation,
    )


def depthwise_conv(
    net: Network,
    name: str,
    x: FeatureMap,
    *,
    kernel: Pair = 3,
    stride: Pair = 1,
    padding: Pair | None = None,
    norm: bool = True,
    activation: Activation | None = None,
) -> FeatureMap:
    """Convolution with one filter per channel."""
    return grouped_conv(
        net,
        name,
        x,
        x.channels,
        groups=x.channels,
        kernel=kernel,
        stride=stride,
        padding=padding,
        norm=norm,
        activation=activation,
    )


def linear(
    net: Network,
    name: str,
    x: FeatureMap,
    out_features: int,
    *,
    bias: bool = True,
    activation: Activation | None = None,
) -> FeatureMap:
    """Fully connected layer on the channels of every token (of the one pixel, after pooling or ``x.flat``).

    Raises:
        InputError: ``x`` is a plane; say ``x.flat`` or ``x.tokens`` first.
    """
    if x.width != 1:
        raise InputError(f"layer {name!r}: input", x.plane, "is a plane", "flatten it with .flat or .tokens")
    layer = Layer(
        name=name,
        kind="matmul",
        N=x.batch,
        K=out_features,
        C=x.channels,
        P=x.height,
        extra_params=bias * out_features,
        activation=activation,
    )
    return FeatureMap(net.add(layer, x.sources), out_features, x.height, 1, x.batch)
