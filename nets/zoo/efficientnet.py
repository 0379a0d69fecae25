"""EfficientNet B0 to B7 (Tan & Le 2019): one searched network, scaled in width, depth and resolution together."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap, conv, global_pool, linear, make_divisible, pointwise_conv
from nets.zoo.inverted_stages import Stage, inverted_stages
from nets.zoo.registry import register_network

if TYPE_CHECKING:
    from nets.network import Network

B0: Final = (
    Stage(1, 3, 1, 1, 16, squeeze=True),
    Stage(2, 3, 2, 6, 24, squeeze=True),
    Stage(2, 5, 2, 6, 40, squeeze=True),
    Stage(3, 3, 2, 6, 80, squeeze=True),
    Stage(3, 5, 1, 6, 112, squeeze=True),
    Stage(4, 5, 2, 6, 192, squeeze=True),
    Stage(1, 3, 1, 6, 320, squeeze=True),
)
"""Table 1 of the paper."""

STEM: Final = 32

SCALES: Final = (
    (1.0, 1.0, 224, 77.1),
    (1.0, 1.1, 240, 79.1),
    (1.1, 1.2, 260, 80.1),
    (1.2, 1.4, 300, 81.6),
    (1.4, 1.8, 380, 82.9),
    (1.6, 2.2, 456, 83.6),
    (1.8, 2.6, 528, 84.0),
    (2.0, 3.1, 600, 84.3),
)
"""(width, depth, resolution, top-1) of B0 to B7, as released by its authors."""


def scaled_stages(width: float, depth: float) -> tuple[Stage, ...]:
    """B0's stages with channels multiplied (to multiples of 8, never a tenth below) and repeats (rounded up)."""
    return tuple(
        stage._replace(repeats=math.ceil(depth * stage.repeats), channels=make_divisible(width * stage.channels))
        for stage in B0
    )


def _efficientnet(net: Network, image: FeatureMap, *, width: float, depth: float) -> None:
    x = conv(net, "stem", image, make_divisible(width * STEM), kernel=3, stride=2, activation="swish")
    x = inverted_stages(net, x, scaled_stages(width, depth), activation="swish", squeeze_activation="swish")
    x = pointwise_conv(net, "head", x, 4 * x.channels, activation="swish")
    linear(net, "classifier", global_pool(net, "pool", x), 1000)


for _index, (_width, _depth, _resolution, _top1) in enumerate(SCALES):
    register_network(
        f"efficientnet_b{_index}",
        f"EfficientNet-B{_index}",
        resolution=_resolution,
        top1=_top1,
        top1_source="Tan & Le 2019",
    )(functools.partial(_efficientnet, width=_width, depth=_depth))
