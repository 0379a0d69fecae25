"""MCUNet's networks (Lin et al. 2020), searched for microcontrollers: ProxylessNAS' stages without the last 1x1. Beside
them the narrow MobileNetV2 and ProxylessNAS that it compares them with.

Kernels, expansions, channels and resolutions are those of the configurations that the authors published, accuracies
(32-bit) and names those of their tables.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final, NamedTuple

from nets.blocks import FeatureMap, conv, global_pool, linear, pointwise_conv
from nets.zoo.inverted_stages import Stage, inverted_stages
from nets.zoo.proxyless import MOBILE, Blocks, proxyless
from nets.zoo.registry import register_network

if TYPE_CHECKING:
    from nets.network import Network


class _Net(NamedTuple):
    resolution: int
    top1: float
    stem: int
    widths: tuple[int, ...]
    stages: tuple[Blocks, ...]


_NARROW: Final = (8, 16, 24, 40, 48, 96, 160)
_FIRST: Final = ((3, 1),)

_NETS: Final = (
    _Net(
        48, 41.5, 24, (16, 16, 24, 48, 56, 112, 192),
        (_FIRST, ((5, 4), (3, 3), (3, 4)), ((7, 5), (5, 4), (5, 5)), ((7, 5), (5, 4)), ((3, 5), (5, 4), (3, 5)),
         ((3, 6), (5, 4)), ((3, 6),)),
    ),
    _Net(
        96, 51.5, 16, _NARROW,
        (_FIRST, ((3, 4), (3, 3)), ((7, 3), (3, 5)), ((3, 5), (7, 4)), ((5, 4), (3, 3), (3, 4)),
         ((7, 5), (5, 4), (5, 4)), ((3, 6),)),
    ),
    _Net(
        160, 60.9, 16, _NARROW,
        (_FIRST, ((5, 3), (7, 6), (3, 5), (5, 5)), ((3, 5), (7, 6), (5, 6)), ((7, 4), (5, 5)),
         ((3, 5), (5, 5), (3, 4)), ((5, 6), (5, 4), (5, 3), (3, 4)), ((5, 5),)),
    ),
    _Net(
        176, 62.2, 16, _NARROW,
        (_FIRST, ((7, 3), (3, 5), (7, 5), (5, 4)), ((5, 5), (5, 5), (5, 5)), ((3, 5), (7, 6), (5, 4)),
         ((5, 5), (7, 5), (3, 5)), ((3, 6), (7, 5), (3, 4)), ((7, 5),)),
    ),
    _Net(
        160, 68.4, 32, (16, 24, 40, 80, 96, 192, 320),
        (_FIRST, ((7, 3), (3, 5), (5, 4)), ((7, 5), (3, 4), (7, 4)), ((7, 3), (3, 3), (7, 3)),
         ((3, 4), (5, 3), (5, 3)), ((7, 4), (7, 3), (5, 3)), ((5, 4),)),
    ),
)  # fmt: skip

for _number, _net in enumerate(_NETS):
    register_network(
        f"mcunet_in{_number}",
        f"MCUNet in{_number}",
        resolution=_net.resolution,
        top1=_net.top1,
        top1_source="mit-han-lab/mcunet, README",
    )(functools.partial(proxyless, stem=_net.stem, widths=_net.widths, stages=_net.stages, head=None))


class _Narrow(NamedTuple):
    """A baseline: how much narrower, and the channels that come of it."""

    width: float
    resolution: int
    top1: float
    stem: int
    widths: tuple[int, ...]
    head: int


_MOBILENETS: Final = (
    _Narrow(0.3, 80, 39.3, 16, (8, 8, 16, 24, 32, 48, 96), 384),
    _Narrow(0.35, 144, 49.7, 16, (8, 8, 16, 24, 32, 56, 112), 448),
)
_PROXYLESS: Final = (
    _Narrow(0.25, 112, 44.9, 8, (8, 8, 16, 24, 24, 48, 80), 320),
    _Narrow(0.3, 176, 57.0, 16, (8, 16, 16, 24, 32, 64, 96), 384),
)
_REPEATS: Final = (1, 2, 3, 4, 3, 3, 1)
_STRIDES: Final = (1, 2, 2, 2, 1, 2, 1)


def _mobilenet(net: Network, image: FeatureMap, *, of: _Narrow) -> None:
    """MobileNetV2 with a head as narrow as its stages."""
    x = conv(net, "stem", image, of.stem, kernel=3, stride=2, activation="relu6")
    stages = (
        Stage(repeats, 3, stride, 6 if number else 1, channels)
        for number, (repeats, stride, channels) in enumerate(zip(_REPEATS, _STRIDES, of.widths))
    )
    x = pointwise_conv(net, "head", inverted_stages(net, x, stages), of.head, activation="relu6")
    linear(net, "classifier", global_pool(net, "pool", x), 1000)


for _of in (*_MOBILENETS, *_PROXYLESS):
    _digits, _mobile = f"{_of.width:.2f}".rstrip("0").replace(".", "_"), _of in _MOBILENETS
    register_network(
        f"mcunet_{'mbv2' if _mobile else 'proxyless'}_w{_digits}",
        f"{'MobileNet V2' if _mobile else 'ProxylessNAS mobile'} {_of.width:g}, beside MCUNet",
        resolution=_of.resolution,
        top1=_of.top1,
        top1_source="mit-han-lab/tinyml, mcunet/README.md (d25cd4b)",
    )(
        functools.partial(_mobilenet, of=_of)
        if _mobile
        else functools.partial(proxyless, stem=_of.stem, widths=_of.widths, stages=MOBILE, head=_of.head)
    )
