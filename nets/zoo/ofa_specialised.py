"""Networks that Once-for-All (Cai et al. 2020) was specialised to: subnets of its supernets, searched for one device
each and fine-tuned.

Kernels, expansions and resolutions are those of the ``net.config`` and ``run.config`` that the authors released
(han-cai/files, ofa/ofa_specialized), accuracies and latencies those by which they name them (mit-han-lab/once-for-all,
README). It lists eight of its ResNet-50 kind, too; their configurations are not among the released ones.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final, NamedTuple

from nets.blocks import (
    FeatureMap,
    conv,
    global_pool,
    inverted_bottleneck,
    linear,
    make_divisible,
    pointwise_conv,
)
from nets.zoo.proxyless import Blocks, proxyless
from nets.zoo.registry import register_network

if TYPE_CHECKING:
    from nets.network import Network


class _Family(NamedTuple):
    """Channels of the first convolution, of the first block and of each stage, and of the layers behind them."""

    stem: int
    widths: tuple[int, ...]
    head: int
    hidden: int | None


_V3: Final = _Family(16, (16, 24, 40, 80, 112, 160), 960, 1280)
_V3_WIDE: Final = _Family(24, (24, 32, 48, 96, 136, 192), 1152, 1536)
_PROXYLESS: Final = _Family(40, (24, 32, 56, 104, 128, 248, 416), 1664, None)
_V3_STRIDES: Final = (1, 2, 2, 2, 1, 2)


class _Net(NamedTuple):
    """One line of the table.

    Attributes:
        device: key of the table of devices.
        rank: milliseconds there, or millions of MACs.
        resolution: that it was searched at.
        top1: published.
        epochs: of fine-tuning.
        family: widths.
        blocks: (kernel, expansion) of each block as two digits, stage after stage.
    """

    device: str
    rank: int
    resolution: int
    top1: float
    epochs: int
    family: _Family
    blocks: str

    @property
    def stages(self) -> tuple[Blocks, ...]:
        """With the first block, which has no expansion."""
        stages = [[(int(block[0]), int(block[1])) for block in stage.split()] for stage in self.blocks.split("|")]
        return ((3, 1),), *map(tuple, stages)


_DEVICES: Final = {
    "pixel1": "Google Pixel 1",
    "pixel2": "Google Pixel 2",
    "note10": "Samsung Note 10",
    "note8": "Samsung Note 8",
    "s7edge": "Samsung S7 Edge",
    "lg_g8": "LG G8",
    "1080ti": "1080 Ti GPU, 64 images",
    "v100": "V100 GPU, 64 images",
    "tx2": "Jetson TX2 GPU, 16 images",
    "cpu": "Intel Xeon CPU with MKL-DNN",
}

# fmt: off
_NETS: Final = (
    _Net("flops", 595, 236, 80.0, 75, _V3_WIDE, "33 54 33 | 54 54 36 53 | 76 56 33 54 | 36 56 76 34 | 36 36 56 33"),
    _Net("flops", 482, 224, 79.6, 75, _V3_WIDE, "53 33 33 | 54 34 54 33 | 54 56 33 33 | 56 76 36 54 | 76 36 36 33"),
    _Net("flops", 389, 224, 79.1, 75, _V3_WIDE, "33 33 | 53 56 33 | 54 54 33 | 56 54 34 34 | 36 36 76 33"),
    _Net("pixel1", 143, 240, 80.1, 75, _V3_WIDE, "53 36 33 | 56 56 36 53 | 76 56 36 34 | 56 36 56 34 | 36 36 56 33"),
    _Net("pixel1", 132, 228, 79.8, 75, _V3_WIDE, "53 36 | 54 56 36 53 | 76 56 36 54 | 56 56 56 54 | 36 36 56 33"),
    _Net("pixel1", 79, 224, 78.7, 75, _V3_WIDE, "33 33 | 53 34 | 74 54 33 | 56 34 34 33 | 36 36 36 33"),
    _Net("pixel1", 58, 220, 76.9, 75, _V3, "33 33 | 74 53 33 | 56 54 53 | 34 74 53 | 56 76 36 34"),
    _Net("pixel1", 40, 172, 74.9, 25, _V3, "53 34 | 54 34 74 | 74 73 34 | 34 36 34 | 36 56 36 54"),
    _Net("pixel1", 28, 160, 73.3, 25, _V3, "33 34 | 73 36 34 | 73 36 | 36 54 | 36 34 33 36"),
    _Net("pixel1", 20, 152, 71.4, 25, _V3, "33 33 | 53 53 | 74 33 | 53 34 | 36 76"),
    _Net("pixel2", 62, 208, 75.8, 25, _V3, "33 33 | 74 53 33 | 56 54 53 | 34 74 53 | 56 76 36 34"),
    _Net("pixel2", 50, 208, 74.7, 25, _V3, "33 34 | 33 33 | 33 56 | 56 74 | 36 53 74 53"),
    _Net("pixel2", 35, 160, 73.4, 25, _V3, "33 33 | 33 34 36 | 74 74 | 54 33 33 73 | 74 76 73 53"),
    _Net("pixel2", 25, 144, 71.5, 25, _V3, "33 33 | 56 54 | 74 33 | 74 73 34 | 56 34"),
    _Net("note10", 64, 260, 80.2, 75, _V3_WIDE, "33 36 33 | 54 36 33 53 | 56 56 34 74 | 56 36 36 34 | 36 36 56 33"),
    _Net("note10", 50, 220, 79.7, 75, _V3_WIDE, "53 36 36 | 54 36 36 53 | 76 76 34 54 | 76 56 36 36 | 36 36 36"),
    _Net("note10", 41, 220, 79.3, 75, _V3_WIDE, "33 34 | 74 34 36 | 76 36 33 34 | 36 56 36 34 | 36 36 36 33"),
    _Net("note10", 30, 224, 78.4, 75, _V3_WIDE, "33 33 | 54 33 34 | 54 54 33 | 36 34 34 | 36 36 34 33"),
    _Net("note10", 22, 224, 76.6, 25, _V3, "33 33 | 53 34 34 | 74 54 54 | 54 36 34 | 36 36 36 33"),
    _Net("note10", 16, 192, 75.5, 25, _V3, "33 33 | 53 54 34 33 | 54 54 33 | 54 54 33 | 36 74 54 33"),
    _Net("note10", 11, 176, 73.6, 25, _V3, "33 33 | 54 34 | 54 34 | 34 33 33 | 34 54 54"),
    _Net("note10", 8, 160, 71.4, 25, _V3, "33 33 | 33 34 | 34 33 33 | 33 34 | 34 54"),
    _Net("note8", 65, 204, 76.1, 25, _V3, "73 33 | 34 54 33 | 76 36 34 | 56 36 34 | 56 54 54 33"),
    _Net("note8", 49, 176, 74.9, 25, _V3, "53 34 | 54 34 74 | 74 73 34 | 34 36 34 | 36 56 36 54"),
    _Net("note8", 31, 152, 72.8, 25, _V3, "53 33 | 54 53 | 34 34 54 | 34 53 74 | 36 33 53 53"),
    _Net("note8", 22, 140, 70.4, 25, _V3, "33 33 | 53 53 | 74 33 | 53 34 | 36 76"),
    _Net("s7edge", 88, 192, 76.3, 25, _V3, "53 34 | 56 36 34 | 74 56 53 | 56 56 34 54 | 36 76 36 34"),
    _Net("s7edge", 58, 192, 74.7, 25, _V3, "33 33 | 53 34 | 74 53 34 33 | 34 34 33 | 36 54 54"),
    _Net("s7edge", 41, 160, 73.1, 25, _V3, "33 33 | 53 34 | 74 54 | 34 34 33 | 36 54 33 33"),
    _Net("s7edge", 29, 144, 70.5, 25, _V3, "33 33 | 53 34 | 54 34 | 54 54 | 36 53"),
    _Net("lg_g8", 24, 220, 76.4, 25, _V3, "33 33 | 74 53 33 | 56 54 53 | 34 74 53 | 56 76 36 34"),
    _Net("lg_g8", 16, 176, 74.7, 25, _V3, "33 33 | 74 53 33 | 56 54 53 | 34 74 53 | 56 76 36 34"),
    _Net("lg_g8", 11, 156, 73.0, 25, _V3, "33 33 | 53 34 74 | 54 33 | 54 34 53 | 56 76 54"),
    _Net("lg_g8", 8, 144, 71.1, 25, _V3, "33 33 | 54 53 | 53 33 33 | 36 74 | 36 74"),
    _Net("1080ti", 27, 188, 76.4, 25, _PROXYLESS, "33 33 | 36 56 34 34 | 56 33 54 | 56 34 54 | 36 56 73 36 | 76"),
    _Net("1080ti", 22, 188, 75.3, 25, _PROXYLESS, "33 33 | 53 36 | 34 54 36 | 34 36 74 | 36 54 54 | 34"),
    _Net("1080ti", 15, 144, 73.8, 25, _PROXYLESS, "34 34 | 36 36 34 | 33 53 | 33 54 33 36 | 36 76 74 36 | 53"),
    _Net("1080ti", 12, 128, 72.6, 25, _PROXYLESS, "33 33 | 36 54 54 | 56 53 73 | 34 73 36 34 | 76 54 73 53 | 36"),
    _Net("v100", 11, 192, 76.1, 25, _PROXYLESS, "33 33 | 56 53 | 73 33 74 | 74 54 33 74 | 36 56 54 36 | 34"),
    _Net("v100", 9, 188, 75.3, 25, _PROXYLESS, "33 33 | 53 36 | 34 54 36 | 34 36 74 | 36 54 54 | 34"),
    _Net("v100", 6, 144, 73.0, 25, _PROXYLESS, "33 34 | 53 34 | 36 73 33 | 53 54 36 | 36 54 33 | 34"),
    _Net("v100", 5, 128, 71.6, 25, _PROXYLESS, "33 33 | 53 36 | 34 54 36 | 34 36 74 | 36 54 54 | 34"),
    _Net("tx2", 96, 172, 75.8, 25, _PROXYLESS, "33 34 36 | 73 54 | 34 54 54 53 | 54 73 73 36 | 36 36 56 34 | 53"),
    _Net("tx2", 80, 188, 75.4, 25, _PROXYLESS, "33 33 | 53 36 | 34 54 36 | 34 36 74 | 36 54 54 | 34"),
    _Net("tx2", 47, 144, 72.9, 25, _PROXYLESS, "33 34 | 53 34 | 36 73 33 | 53 54 36 | 36 54 33 | 34"),
    _Net("tx2", 35, 128, 70.3, 25, _PROXYLESS, "34 33 | 36 76 | 56 53 | 53 34 | 56 34 | 54"),
    _Net("cpu", 17, 208, 75.7, 25, _PROXYLESS, "33 34 | 53 34 | 36 73 33 | 53 54 36 | 36 54 33 | 34"),
    _Net("cpu", 15, 188, 74.6, 25, _PROXYLESS, "33 33 | 34 36 | 76 34 | 54 36 36 | 56 33 | 76"),
    _Net("cpu", 11, 144, 72.0, 25, _PROXYLESS, "54 53 | 33 73 | 54 34 73 | 54 74 | 36 34 | 54"),
    _Net("cpu", 10, 144, 71.1, 25, _PROXYLESS, "54 33 | 33 33 | 73 33 73 | 53 54 | 53 34 | 34"),
)
# fmt: on


def _mobilenet_v3(net: Network, image: FeatureMap, *, family: _Family, stages: tuple[Blocks, ...]) -> None:
    """MobileNetV3's stages; squeeze-excites in the second, fourth and fifth, h-swish from the third on."""
    x = conv(net, "stem", image, family.stem, kernel=3, stride=2, activation="h_swish")
    for number, (width, first_stride, blocks) in enumerate(zip(family.widths, _V3_STRIDES, stages)):
        for index, (kernel, expansion) in enumerate(blocks):
            mid = expansion * x.channels
            x = inverted_bottleneck(
                net,
                f"stage{number}.block{index + 1}",
                x,
                width,
                mid_channels=mid,
                kernel=kernel,
                stride=first_stride if index == 0 else 1,
                activation="h_swish" if number > 2 else "relu",
                squeeze_channels=make_divisible(mid // 4) if number in (2, 4, 5) else None,
            )
    x = pointwise_conv(net, "head", x, family.head, activation="h_swish")
    x = linear(net, "hidden", global_pool(net, "pool", x), family.hidden or 0, bias=False, activation="h_swish")
    linear(net, "classifier", x, 1000)


for _net in _NETS:
    _family, _device = _net.family, _DEVICES.get(_net.device, "")
    _unit = "ms" if _device else "m"
    register_network(
        f"ofa_{_net.device}_{_net.rank}{_unit}",
        f"Once-for-All for {_device}, {_net.rank} ms" if _device else f"Once-for-All for {_net.rank} M MACs",
        resolution=_net.resolution,
        top1=_net.top1,
        top1_source=f"mit-han-lab/once-for-all, README; fine-tuned for {_net.epochs} epochs",
        latency_ms=_net.rank if _device else None,
        device=_device,
    )(
        functools.partial(_mobilenet_v3, family=_family, stages=_net.stages)
        if _family.hidden is not None
        else functools.partial(
            proxyless, stem=_family.stem, widths=_family.widths, stages=_net.stages, head=_family.head
        )
    )
