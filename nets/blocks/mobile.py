"""Mobile blocks: depthwise-separable (MobileNet), inverted bottleneck (MobileNetV2/V3), squeeze-and-excite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.blocks.feature_map import FeatureMap
from nets.blocks.movement import add, global_pool, scale
from nets.blocks.primitives import depthwise_conv, pointwise_conv
from nets.errors import InputError
from nets.layer import Activation

if TYPE_CHECKING:
    from nets.network import Network


def depthwise_separable(
    net: Network,
    name: str,
    x: FeatureMap,
    out_channels: int,
    *,
    kernel: int = 3,
    stride: int = 1,
    activation: Activation = "relu",
) -> FeatureMap:
    """MobileNet block (Howard et al. 2017): a depthwise convolution, then a 1x1; both activated, no shortcut."""
    y = depthwise_conv(net, f"{name}.depthwise", x, kernel=kernel, stride=stride, activation=activation)
    return pointwise_conv(net, f"{name}.pointwise", y, out_channels, activation=activation)


def squeeze_excite(
    net: Network,
    name: str,
    x: FeatureMap,
    squeeze_channels: int,
    *,
    activation: Activation = "relu",
    gate: Activation = "h_sigmoid",
) -> FeatureMap:
    """Squeeze-and-excite (Hu et al. 2018): scale every channel by what two 1x1 layers make of all channels' means."""
    y = global_pool(net, f"{name}.pool", x)
    y = pointwise_conv(net, f"{name}.reduce", y, squeeze_channels, bias=True, norm=False, activation=activation)
    y = pointwise_conv(net, f"{name}.expand", y, x.channels, bias=True, norm=False, activation=gate)
    return scale(net, f"{name}.scale", x, y)


def inverted_bottleneck(
    net: Network,
    name: str,
    x: FeatureMap,
    out_channels: int,
    *,
    mid_channels: int,
    kernel: int = 3,
    stride: int = 1,
    activation: Activation = "relu6",
    squeeze_channels: int | None = None,
    squeeze_activation: Activation = "relu",
    squeeze_gate: Activation = "h_sigmoid",
    expand: bool | None = None,
    skip: bool | None = None,
) -> FeatureMap:
    """MobileNetV2 block (Sandler et al. 2018), with what MobileNetV3 added (Howard et al. 2019).

    1x1 up to ``mid_channels``, depthwise, squeeze-excite, 1x1 down without activation, identity shortcut.

    Args:
        mid_channels: channels of the depthwise convolution.
        squeeze_channels: channels between the two layers of the squeeze-excite; none without.
        expand: has the first 1x1; by default where ``mid_channels`` differs from the input's channels.
        skip: has the shortcut; by default wherever it fits (stride 1 and as many channels out as in).

    Raises:
        InputError: ``skip`` where shapes differ, or no ``expand`` where ``mid_channels`` differs from the input's.
    """
    fits = stride == 1 and x.channels == out_channels
    if skip and not fits:
        raise InputError(f"block {name!r}: skip", skip, "needs stride 1 and as many channels out as in")
    expand = mid_channels != x.channels if expand is None else expand
    if not expand and mid_channels != x.channels:
        raise InputError(f"block {name!r}: mid_channels", mid_channels, f"must be {x.channels} without expansion")
    y = x
    if expand:
        y = pointwise_conv(net, f"{name}.expand", y, mid_channels, activation=activation)
    y = depthwise_conv(net, f"{name}.depthwise", y, kernel=kernel, stride=stride, activation=activation)
    if squeeze_channels is not None:
        y = squeeze_excite(net, f"{name}.se", y, squeeze_channels, activation=squeeze_activation, gate=squeeze_gate)
    y = pointwise_conv(net, f"{name}.project", y, out_channels)
    return add(net, f"{name}.add", y, x) if (fits if skip is None else skip) else y
