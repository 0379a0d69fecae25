"""MobileNet V1 (Howard et al. 2017), V2 (Sandler et al. 2018) and V3 (Howard et al. 2019)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from nets.blocks import (
    FeatureMap,
    conv,
    depthwise_separable,
    global_pool,
    inverted_bottleneck,
    linear,
    make_divisible,
    pointwise_conv,
)
from nets.layer import Activation
from nets.zoo.registry import register_network

if TYPE_CHECKING:
    from nets.network import Network


@register_network("mobilenet_v1", "MobileNet V1 1.0", top1=70.6, top1_source="Howard et al. 2017")
def mobilenet_v1(net: Network, image: FeatureMap) -> None:
    """Thirteen depthwise-separable blocks."""
    widths = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
    strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
    x = conv(net, "stem", image, 32, kernel=3, stride=2, activation="relu")
    for index, (channels, stride) in enumerate(zip(widths, strides)):
        x = depthwise_separable(net, f"block{index + 1}", x, channels, stride=stride)
    linear(net, "classifier", global_pool(net, "pool", x), 1000)


def _mobilenet_v2(net: Network, image: FeatureMap, *, width: float) -> None:
    """Seventeen inverted bottlenecks; a width above 1 widens the head too."""
    x = conv(net, "stem", image, make_divisible(width * 32), kernel=3, stride=2, activation="relu6")
    # (expansion, channels, repeats, first stride), table 2 of the paper
    rows = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    for stage, (expansion, channels, repeats, first_stride) in enumerate(rows):
        for index in range(repeats):
            name, stride = f"stage{stage + 1}.block{index + 1}", first_stride if index == 0 else 1
            out = make_divisible(width * channels)
            x = inverted_bottleneck(net, name, x, out, mid_channels=expansion * x.channels, stride=stride)
    x = pointwise_conv(net, "head", x, make_divisible(max(1.0, width) * 1280), activation="relu6")
    linear(net, "classifier", global_pool(net, "pool", x), 1000)


for _name, _title, _width, _top1 in (("", "1.0", 1.0, 72.0), ("_1_4", "1.4", 1.4, 74.7)):
    register_network(f"mobilenet_v2{_name}", f"MobileNet V2 {_title}", top1=_top1, top1_source="Sandler et al. 2018")(
        functools.partial(_mobilenet_v2, width=_width)
    )


# (kernel, mid channels, channels, squeeze-excite, h-swish, stride), tables 1 and 2 of the paper
_V3_LARGE: Final = (
    (3, 16, 16, False, False, 1),
    (3, 64, 24, False, False, 2),
    (3, 72, 24, False, False, 1),
    (5, 72, 40, True, False, 2),
    (5, 120, 40, True, False, 1),
    (5, 120, 40, True, False, 1),
    (3, 240, 80, False, True, 2),
    (3, 200, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 480, 112, True, True, 1),
    (3, 672, 112, True, True, 1),
    (5, 672, 160, True, True, 2),
    (5, 960, 160, True, True, 1),
    (5, 960, 160, True, True, 1),
)
_V3_SMALL: Final = (
    (3, 16, 16, True, False, 2),
    (3, 72, 24, False, False, 2),
    (3, 88, 24, False, False, 1),
    (5, 96, 40, True, True, 2),
    (5, 240, 40, True, True, 1),
    (5, 240, 40, True, True, 1),
    (5, 120, 48, True, True, 1),
    (5, 144, 48, True, True, 1),
    (5, 288, 96, True, True, 2),
    (5, 576, 96, True, True, 1),
    (5, 576, 96, True, True, 1),
)


def _mobilenet_v3(
    net: Network, image: FeatureMap, rows: tuple[tuple[int, int, int, bool, bool, int], ...], head: int, hidden: int
) -> None:
    x = conv(net, "stem", image, 16, kernel=3, stride=2, activation="h_swish")
    for index, (kernel, mid, channels, squeeze, swish, stride) in enumerate(rows):
        activation: Activation = "h_swish" if swish else "relu"
        x = inverted_bottleneck(
            net,
            f"block{index + 1}",
            x,
            channels,
            mid_channels=mid,
            kernel=kernel,
            stride=stride,
            activation=activation,
            squeeze_channels=make_divisible(mid / 4) if squeeze else None,
        )
    x = pointwise_conv(net, "head", x, head, activation="h_swish")
    x = linear(net, "hidden", global_pool(net, "pool", x), hidden, activation="h_swish")
    linear(net, "classifier", x, 1000)


@register_network("mobilenet_v3_large", "MobileNet V3 Large", top1=75.2, top1_source="Howard et al. 2019")
def mobilenet_v3_large(net: Network, image: FeatureMap) -> None:
    """Fifteen inverted bottlenecks, with squeeze-excite and h-swish where the search put them."""
    _mobilenet_v3(net, image, _V3_LARGE, 960, 1280)


@register_network("mobilenet_v3_small", "MobileNet V3 Small", top1=67.4, top1_source="Howard et al. 2019")
def mobilenet_v3_small(net: Network, image: FeatureMap) -> None:
    """Eleven inverted bottlenecks."""
    _mobilenet_v3(net, image, _V3_SMALL, 576, 1024)
