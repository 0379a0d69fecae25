"""ShuffleNet V1 (Zhang et al. 2018) and V2 (Ma et al. 2018)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap, conv, global_pool, linear, pointwise_conv, pool, shuffle_split_unit, shuffle_unit
from nets.zoo.registry import TORCHVISION, register_network

if TYPE_CHECKING:
    from nets.network import Network

_REPEATS: Final = (4, 8, 4)


def _stem(net: Network, image: FeatureMap) -> FeatureMap:
    x = conv(net, "stem", image, 24, kernel=3, stride=2, activation="relu")
    return pool(net, "stem_pool", x, kernel=3, stride=2, padding=1)


@register_network("shufflenet_v1_g3", "ShuffleNet V1 1x, 3 groups", top1=67.4, top1_source="Zhang et al. 2018")
def shufflenet_v1_g3(net: Network, image: FeatureMap) -> None:
    """Three stages of shuffle units; the very first 1x1 reads too few channels to be grouped."""
    x = _stem(net, image)
    for stage, (repeats, channels) in enumerate(zip(_REPEATS, (240, 480, 960)), start=2):
        for index in range(repeats):
            name, first = f"stage{stage}.unit{index + 1}", stage == 2 and index == 0
            stride = 2 if index == 0 else 1
            x = shuffle_unit(net, name, x, channels, groups=3, stride=stride, first_groups=1 if first else 3)
    linear(net, "classifier", global_pool(net, "pool", x), 1000)


def _shufflenet_v2(net: Network, image: FeatureMap, *, widths: tuple[int, int, int]) -> None:
    x = _stem(net, image)
    for stage, (repeats, channels) in enumerate(zip(_REPEATS, widths), start=2):
        parts: tuple[FeatureMap, ...] = (x,)
        for index in range(repeats):
            name, last = f"stage{stage}.unit{index + 1}", index == repeats - 1
            stride = 2 if index == 0 else 1
            parts = shuffle_split_unit(net, name, parts, channels, stride=stride, split=not last)
        (x,) = parts
    x = pointwise_conv(net, "head", x, 1024, activation="relu")
    linear(net, "classifier", global_pool(net, "pool", x), 1000)


register_network("shufflenet_v2_x0_5", "ShuffleNet V2 0.5x", top1=60.552, top1_source=TORCHVISION)(
    functools.partial(_shufflenet_v2, widths=(48, 96, 192))
)
register_network("shufflenet_v2_x1_0", "ShuffleNet V2 1x", top1=69.362, top1_source=TORCHVISION)(
    functools.partial(_shufflenet_v2, widths=(116, 232, 464))
)
register_network("shufflenet_v2_x1_5", "ShuffleNet V2 1.5x", top1=72.996, top1_source=TORCHVISION)(
    functools.partial(_shufflenet_v2, widths=(176, 352, 704))
)
