"""MCUNet's networks (Lin et al. 2020), searched for microcontrollers: ProxylessNAS' stages without the last 1x1. Beside
them the narrow MobileNetV2 and ProxylessNAS that it compares them with.

Kernels, expansions, channels and resolutions are those of the configurations that the authors published, accuracies
(32-bit) and names those of their tables.
"""

from __future__ import annotations

import functools
from typing import Final, NamedTuple

from nets.zoo.proxyless import MOBILE, Blocks, proxyless
from nets.zoo.registry import register_network


class _Net(NamedTuple):
    resolution: int
    top1: float
    stem: int
    widths: tuple[int, ...]
    stages: tuple[Blocks, ...]
    head: int | None = None


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

_MOBILENET: Final = (_FIRST, *(((3, 6),) * repeats for repeats in (2, 3, 4, 3, 3, 1)))
"""MobileNetV2, whose stages stride as ProxylessNAS' do; none could begin with a shortcut at these widths."""

_BASELINES: Final = {
    "mbv2_w0_3": ("MobileNet V2 0.3", _Net(80, 39.3, 16, (8, 8, 16, 24, 32, 48, 96), _MOBILENET, 384)),
    "mbv2_w0_35": ("MobileNet V2 0.35", _Net(144, 49.7, 16, (8, 8, 16, 24, 32, 56, 112), _MOBILENET, 448)),
    "proxyless_w0_25": ("ProxylessNAS mobile 0.25", _Net(112, 44.9, 8, (8, 8, 16, 24, 24, 48, 80), MOBILE, 320)),
    "proxyless_w0_3": ("ProxylessNAS mobile 0.3", _Net(176, 57.0, 16, (8, 16, 16, 24, 32, 64, 96), MOBILE, 384)),
}


def _enter(name: str, title: str, net: _Net, source: str) -> None:
    build = functools.partial(proxyless, stem=net.stem, widths=net.widths, stages=net.stages, head=net.head)
    register_network(f"mcunet_{name}", title, resolution=net.resolution, top1=net.top1, top1_source=source)(build)


for _number, _net in enumerate(_NETS):
    _enter(f"in{_number}", f"MCUNet in{_number}", _net, "mit-han-lab/mcunet, README")
for _name, (_title, _net) in _BASELINES.items():
    _enter(_name, f"{_title}, beside MCUNet", _net, "mit-han-lab/tinyml, mcunet/README.md (d25cd4b)")
