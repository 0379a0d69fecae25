"""Auto-DeepLab (Liu et al. 2019): the path and the cell that its search found, under the head of DeepLabv3+.

Path and cell as released (tensorflow/models ``deeplab/core/nas_network``), the sizes of S, M and L by the filters of
their first level. Published for images of 1024 x 2048 pixels, of which the resolution is the rows of a square.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap, concat, conv, global_pool, pointwise_conv, upsample
from nets.blocks.cell import Cell, Combination, cell
from nets.errors import InputError
from nets.zoo.registry import register_network

if TYPE_CHECKING:
    from nets.network import Network

PATH: Final = (0, 0, 0, 1, 2, 1, 2, 2, 3, 3, 2, 1)
"""Level of each layer: 0 for an output stride of 4."""

CELL: Final = Cell(
    (
        Combination(1, "atrous_5x5", 0, "separable_3x3"),
        Combination(1, "separable_3x3", 0, "atrous_3x3"),
        Combination(3, "separable_3x3", 1, "separable_3x3"),
        Combination(4, "separable_5x5", 2, "separable_5x5"),
        Combination(3, "separable_5x5", 5, "atrous_5x5"),
    ),
    output=(2, 3, 4, 5, 6),
)

RATES: Final = (12, 24, 36)
"""Of the dilated convolutions in the pyramid, at an output stride of 8."""

_PYRAMID: Final = 256
_LOW_LEVEL: Final = 48
_CLASSES: Final = 19


def _auto_deeplab(net: Network, image: FeatureMap, *, filters: int) -> None:
    if image.height % 32:
        raise InputError(f"network {net.name!r}: resolution", image.height, "must be a multiple of 32")
    before = conv(net, "stem1", image, 64, kernel=3, stride=2, activation="relu")
    before = conv(net, "stem2", before, 64, kernel=3, activation="relu")
    x = conv(net, "stem3", before, 128, kernel=3, stride=2, activation="relu")
    level, low_level = 0, x
    for number, target in enumerate(PATH, start=1):
        name = f"layer{number}"
        entry = upsample(net, f"{name}.up", x, 2) if target < level else x
        y = cell(net, name, entry, before, CELL, filters << target, stride=2 if target > level else 1)
        before, x, level = x, y, target
        low_level = x if level == 0 else low_level
    y = upsample(net, "head.up", _pyramid(net, x), 2)
    detail = pointwise_conv(net, "head.detail", low_level, _LOW_LEVEL, activation="relu")
    y = concat(net, "head.concat", y, detail)
    for number in (1, 2):
        y = conv(net, f"head.refine{number}", y, _PYRAMID, kernel=3, activation="relu")
    y = pointwise_conv(net, "head.classifier", y, _CLASSES, bias=True, norm=False)
    upsample(net, "head.enlarge", y, 4)


def _pyramid(net: Network, x: FeatureMap) -> FeatureMap:
    """Atrous spatial pyramid pooling (Chen et al. 2017) with five branches."""
    branches = [pointwise_conv(net, "pyramid.single", x, _PYRAMID, activation="relu")]
    for rate in RATES:
        branches.append(conv(net, f"pyramid.rate{rate}", x, _PYRAMID, kernel=3, dilation=rate, activation="relu"))
    mean = pointwise_conv(net, "pyramid.mean", global_pool(net, "pyramid.pool", x), _PYRAMID, activation="relu")
    branches.append(upsample(net, "pyramid.spread", mean, x.height))
    joined = concat(net, "pyramid.concat", *branches)
    return pointwise_conv(net, "pyramid.project", joined, _PYRAMID, activation="relu")


for _size, _filters in (("s", 20), ("m", 32), ("l", 48)):
    register_network(f"auto_deeplab_{_size}", f"Auto-DeepLab-{_size.upper()}", resolution=1024)(
        functools.partial(_auto_deeplab, filters=_filters)
    )
