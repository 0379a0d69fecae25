"""MCUNet's networks (Lin et al. 2020), searched for microcontrollers: ProxylessNAS' stages without the last 1x1.

Kernels, expansions, channels and resolutions are those of the configurations that the authors published, accuracies
(32-bit) and names those of their table.
"""

from __future__ import annotations

import functools
from typing import Final, NamedTuple

from nets.zoo.proxyless import Blocks, proxyless
from nets.zoo.registry import register_network


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
