"""ResNet (He et al. 2016), ResNet-D (He et al. 2019) and ResNeXt (Xie et al. 2017), with v1.5 strides in the 3x3."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nets.blocks import FeatureMap, basic_block, bottleneck, conv, global_pool, linear, pool, resnext_block
from nets.zoo.registry import TORCHVISION, register_network

if TYPE_CHECKING:
    from nets.network import Network

Block = Callable[[str, FeatureMap, int, int], FeatureMap]
"""Builds one block: (name, input, output channels, stride)."""


def _stem(net: Network, image: FeatureMap) -> FeatureMap:
    x = conv(net, "stem", image, 64, kernel=7, stride=2, activation="relu")
    return pool(net, "stem_pool", x, kernel=3, stride=2, padding=1)


def _stages(net: Network, x: FeatureMap, depths: tuple[int, ...], width: int, block: Block) -> None:
    """Stages of blocks, each twice as wide and half as large as the one before, then the classifier."""
    for stage, depth in enumerate(depths):
        for index in range(depth):
            stride = 2 if stage > 0 and index == 0 else 1
            x = block(f"stage{stage + 1}.block{index + 1}", x, width << stage, stride)
    linear(net, "classifier", global_pool(net, "pool", x), 1000)


def _basic_resnet(net: Network, image: FeatureMap, depths: tuple[int, ...]) -> None:
    def block(name: str, x: FeatureMap, channels: int, stride: int) -> FeatureMap:
        return basic_block(net, name, x, channels, stride=stride)

    _stages(net, _stem(net, image), depths, 64, block)


@register_network("resnet18", "ResNet-18", top1=69.758, top1_source=TORCHVISION)
def resnet18(net: Network, image: FeatureMap) -> None:
    """18 layers of basic blocks."""
    _basic_resnet(net, image, (2, 2, 2, 2))


@register_network("resnet34", "ResNet-34", top1=73.314, top1_source=TORCHVISION)
def resnet34(net: Network, image: FeatureMap) -> None:
    """34 layers of basic blocks."""
    _basic_resnet(net, image, (3, 4, 6, 3))


@register_network("resnet50", "ResNet-50", top1=76.13, top1_source=TORCHVISION)
def resnet50(net: Network, image: FeatureMap) -> None:
    """50 layers of bottlenecks."""

    def block(name: str, x: FeatureMap, channels: int, stride: int) -> FeatureMap:
        return bottleneck(net, name, x, channels, mid_channels=channels // 4, stride=stride)

    _stages(net, _stem(net, image), (3, 4, 6, 3), 256, block)


@register_network("resnet50d", "ResNet-50-D")
def resnet50d(net: Network, image: FeatureMap) -> None:
    """ResNet-50 with three 3x3 convolutions as stem and average pools before the shortcuts' 1x1."""

    def block(name: str, x: FeatureMap, channels: int, stride: int) -> FeatureMap:
        return bottleneck(net, name, x, channels, mid_channels=channels // 4, stride=stride, downsample="avgpool")

    x = conv(net, "stem1", image, 32, kernel=3, stride=2, activation="relu")
    x = conv(net, "stem2", x, 32, kernel=3, activation="relu")
    x = conv(net, "stem3", x, 64, kernel=3, activation="relu")
    _stages(net, pool(net, "stem_pool", x, kernel=3, stride=2, padding=1), (3, 4, 6, 3), 256, block)


@register_network("resnext50_32x4d", "ResNeXt-50 32x4d", top1=77.618, top1_source=TORCHVISION)
def resnext50_32x4d(net: Network, image: FeatureMap) -> None:
    """ResNet-50 with 32 groups, four channels wide in the first stage."""

    def block(name: str, x: FeatureMap, channels: int, stride: int) -> FeatureMap:
        return resnext_block(net, name, x, channels, groups=32, group_width=channels // 64, stride=stride)

    _stages(net, _stem(net, image), (3, 4, 6, 3), 256, block)
