"""ProxylessNAS (Cai, Zhu, Han 2019): networks searched for a phone, a CPU and a GPU.

Kernels, expansions and channels are those of the released configurations (han-cai/files, proxylessnas), accuracies
those of the authors' README, latencies those of their page on PyTorch Hub (pytorch/hub,
pytorch_vision_proxylessnas.md), which has each network on each device. Which CPU it was, and how many images the GPU
had at once, is from memory of the paper's text: not verified.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap, conv, global_pool, inverted_bottleneck, linear, pointwise_conv
from nets.zoo.registry import register_network

if TYPE_CHECKING:
    from nets.network import Network

Blocks = tuple[tuple[int, int], ...]
"""(kernel, expansion) of each block of one stage."""

STRIDES: Final = (1, 2, 2, 2, 1, 2, 1)
MOBILE_WIDTHS: Final = (16, 32, 40, 80, 96, 192, 320)

MOBILE: Final[tuple[Blocks, ...]] = (
    ((3, 1),),
    ((5, 3), (3, 3)),
    ((7, 3), (3, 3), (5, 3), (5, 3)),
    ((7, 6), (5, 3), (5, 3), (5, 3)),
    ((5, 6), (5, 3), (5, 3), (5, 3)),
    ((7, 6), (7, 6), (7, 3), (7, 3)),
    ((7, 6),),
)
_CPU: Final[tuple[Blocks, ...]] = (
    ((3, 1),),
    ((3, 6), (3, 3), (3, 3), (3, 3)),
    ((3, 6), (3, 3), (3, 3), (5, 3)),
    ((3, 6), (3, 3)),
    ((5, 6), (3, 3), (3, 3), (3, 3)),
    ((5, 6), (5, 3), (5, 3), (3, 3)),
    ((5, 6),),
)
_GPU: Final[tuple[Blocks, ...]] = (
    ((3, 1),),
    ((5, 3),),
    ((7, 3), (3, 3)),
    ((7, 6), (5, 3)),
    ((5, 6), (3, 3), (5, 3)),
    ((7, 6), (7, 6), (7, 6), (5, 6)),
    ((7, 6),),
)


def proxyless(
    net: Network, image: FeatureMap, *, stem: int, widths: tuple[int, ...], stages: tuple[Blocks, ...], head: int | None
) -> None:
    """Stages of inverted bottlenecks at ProxylessNAS' strides, and a 1x1 before the pool if ``head`` says how wide.

    The first block of a stage has no shortcut, even in a network so narrow that one would fit.
    """
    x = conv(net, "stem", image, stem, kernel=3, stride=2, activation="relu6")
    for number, (width, first_stride, blocks) in enumerate(zip(widths, STRIDES, stages), start=1):
        for index, (kernel, expansion) in enumerate(blocks):
            x = inverted_bottleneck(
                net,
                f"stage{number}.block{index + 1}",
                x,
                width,
                mid_channels=expansion * x.channels,
                kernel=kernel,
                stride=first_stride if index == 0 else 1,
                skip=False if index == 0 else None,
            )
    if head is not None:
        x = pointwise_conv(net, "head", x, head, activation="relu6")
    linear(net, "classifier", global_pool(net, "pool", x), 1000)


def _enter(
    name: str,
    title: str,
    top1: float,
    latency_ms: float | None = None,
    device: str = "",
    *,
    stem: int,
    widths: tuple[int, ...],
    stages: tuple[Blocks, ...],
    head: int,
) -> None:
    build = functools.partial(proxyless, stem=stem, widths=widths, stages=stages, head=head)
    source = "mit-han-lab/proxylessnas, README"
    register_network(name, title, top1=top1, top1_source=source, latency_ms=latency_ms, device=device)(build)


_enter(
    "proxyless_mobile",
    "ProxylessNAS mobile",
    74.6,
    78,
    "Google Pixel 1",
    stem=32,
    widths=MOBILE_WIDTHS,
    stages=MOBILE,
    head=1280,
)
_enter(
    "proxyless_mobile14",
    "ProxylessNAS mobile, 1.4 times as wide",
    76.7,
    stem=48,
    widths=(24, 40, 56, 112, 136, 256, 448),
    stages=MOBILE,
    head=1792,
)
_enter(
    "proxyless_cpu",
    "ProxylessNAS CPU",
    75.3,
    138.7,
    "Intel Xeon E5-2640 v4",
    stem=40,
    widths=(24, 32, 48, 88, 104, 216, 360),
    stages=_CPU,
    head=1432,
)
_enter(
    "proxyless_gpu",
    "ProxylessNAS GPU",
    75.1,
    5.1,
    "V100 GPU, 8 images",
    stem=40,
    widths=(24, 32, 56, 112, 128, 256, 432),
    stages=_GPU,
    head=1728,
)
