"""Operations of searched cells: NASNet's thirteen (Zoph et al. 2018, section 3.1) and those that Auto-DeepLab adds.

Each brings any input to the cell's number of channels. How (which 1x1 stand around pools and large kernels) follows the
implementations that the authors of NASNet and AmoebaNet released: tensorflow/models ``nasnet_utils``, tensorflow/tpu
``amoeba_net``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from nets.blocks.feature_map import FeatureMap
from nets.blocks.movement import concat, pool
from nets.blocks.primitives import Pair, conv, depthwise_conv, pointwise_conv

if TYPE_CHECKING:
    from nets.network import Network

Operation = Callable[["Network", str, FeatureMap, int, int], FeatureMap]
"""Appends its layers: (network, name, input, output channels, stride)."""


def factorized_reduction(net: Network, name: str, x: FeatureMap, out_channels: int) -> FeatureMap:
    """Halve the plane without losing pixels: two strided 1x1 convolutions, one shifted, half of the channels each."""
    half = out_channels // 2
    even = pointwise_conv(net, f"{name}.even", x, half, stride=2)
    odd = pointwise_conv(net, f"{name}.odd", x, out_channels - half, stride=2)
    return concat(net, f"{name}.concat", even, odd)


def _identity(net: Network, name: str, x: FeatureMap, channels: int, stride: int) -> FeatureMap:
    if stride == 1 and x.channels == channels:
        return x
    return pointwise_conv(net, name, x, channels, stride=stride, activation="relu")


def _pool(net: Network, name: str, x: FeatureMap, channels: int, stride: int, *, kernel: int) -> FeatureMap:
    y = pool(net, name, x, kernel=kernel, stride=stride, padding=kernel // 2)
    return y if x.channels == channels else pointwise_conv(net, f"{name}.match", y, channels)


def _separable(net: Network, name: str, x: FeatureMap, channels: int, stride: int, *, kernel: int) -> FeatureMap:
    """Twice: depthwise, 1x1; a norm only after the 1x1."""
    for number in (1, 2):
        step = stride if number == 1 else 1
        x = depthwise_conv(net, f"{name}.depthwise{number}", x, kernel=kernel, stride=step, norm=False)
        x = pointwise_conv(net, f"{name}.pointwise{number}", x, channels, activation="relu")
    return x


def _single(net: Network, name: str, x: FeatureMap, channels: int, stride: int) -> FeatureMap:
    return pointwise_conv(net, name, x, channels, stride=stride, activation="relu")


def _bottleneck(
    net: Network,
    name: str,
    x: FeatureMap,
    channels: int,
    stride: int,
    *,
    kernels: tuple[Pair, ...],
    share: tuple[int, int] = (1, 4),
    dilation: int = 1,
) -> FeatureMap:
    """Convolutions on ``share`` of the channels, between two 1x1; a flat kernel strides along its own axis only."""
    mid = channels * share[0] // share[1] or channels
    y = pointwise_conv(net, f"{name}.reduce", x, mid, activation="relu") if mid < channels else x
    for number, kernel in enumerate(kernels, start=1):
        rows, columns = (kernel, kernel) if isinstance(kernel, int) else kernel
        strides = (stride if rows > 1 else 1, stride if columns > 1 else 1)
        y = conv(net, f"{name}.conv{number}", y, mid, kernel=kernel, stride=strides, dilation=dilation)
    return pointwise_conv(net, f"{name}.expand", y, channels, activation="relu") if mid < channels else y


def _atrous(net: Network, name: str, x: FeatureMap, channels: int, stride: int, *, kernel: int) -> FeatureMap:
    """One convolution at rate 2, or with a stride in its place."""
    dilation = 2 if stride == 1 else 1
    return conv(net, name, x, channels, kernel=kernel, stride=stride, dilation=dilation, activation="relu")


NONE: Final = "none"
"""No connection: the combination adds nothing on that side."""

_NASNET: Final[dict[str, Operation]] = {
    "identity": _identity,
    "conv_1x3_3x1": partial(_bottleneck, kernels=((1, 3), (3, 1)), share=(3, 8)),
    "conv_1x7_7x1": partial(_bottleneck, kernels=((1, 7), (7, 1))),
    "dilated_3x3": partial(_bottleneck, kernels=(3,), dilation=2),
    "avg_pool_3x3": partial(_pool, kernel=3),
    "max_pool_3x3": partial(_pool, kernel=3),
    "max_pool_5x5": partial(_pool, kernel=5),
    "max_pool_7x7": partial(_pool, kernel=7),
    "conv_1x1": _single,
    "conv_3x3": partial(_bottleneck, kernels=(3,)),
    "separable_3x3": partial(_separable, kernel=3),
    "separable_5x5": partial(_separable, kernel=5),
    "separable_7x7": partial(_separable, kernel=7),
}

NASNET_OPERATIONS: Final = tuple(_NASNET)
"""In the order of the paper."""

DEEPLAB_OPERATIONS: Final = (
    "separable_3x3",
    "separable_5x5",
    "atrous_3x3",
    "atrous_5x5",
    "avg_pool_3x3",
    "max_pool_3x3",
    "identity",
    NONE,
)
"""Of Auto-DeepLab (Liu et al. 2019, section 3.1)."""

OPERATIONS: Final[dict[str, Operation]] = _NASNET | {
    "atrous_3x3": partial(_atrous, kernel=3),
    "atrous_5x5": partial(_atrous, kernel=5),
}
