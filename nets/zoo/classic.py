"""AlexNet (Krizhevsky 2014, one tower), VGG-16 (Simonyan & Zisserman 2015), SqueezeNet (Iandola et al. 2016)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from nets.blocks import FeatureMap, adaptive_pool, concat, conv, global_pool, linear, pool
from nets.zoo.registry import TORCHVISION, register_network

if TYPE_CHECKING:
    from nets.network import Network


def _plain(net: Network, name: str, x: FeatureMap, channels: int, kernel: int, stride: int = 1) -> FeatureMap:
    """A convolution from before batch norm, padded to keep the plane."""
    return conv(net, name, x, channels, kernel=kernel, stride=stride, bias=True, norm=False, activation="relu")


def _classifier(net: Network, x: FeatureMap) -> None:
    x = linear(net, "fc1", x.flat, 4096, activation="relu")
    x = linear(net, "fc2", x, 4096, activation="relu")
    linear(net, "fc3", x, 1000)


@register_network("alexnet", "AlexNet", top1=56.522, top1_source=TORCHVISION)
def alexnet(net: Network, image: FeatureMap) -> None:
    """Five convolutions and three fully connected layers, the widths of "One weird trick"."""
    x = conv(net, "conv1", image, 64, kernel=11, stride=4, padding=2, bias=True, norm=False, activation="relu")
    x = pool(net, "pool1", x, kernel=3, stride=2)
    x = pool(net, "pool2", _plain(net, "conv2", x, 192, 5), kernel=3, stride=2)
    for number, channels in ((3, 384), (4, 256), (5, 256)):
        x = _plain(net, f"conv{number}", x, channels, 3)
    x = pool(net, "pool5", x, kernel=3, stride=2)
    _classifier(net, adaptive_pool(net, "pool", x, 6))


def _vgg16(net: Network, image: FeatureMap, *, norm: bool) -> None:
    x = image
    for stage, (channels, repeats) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), start=1):
        for index in range(repeats):
            name = f"conv{stage}_{index + 1}"
            x = conv(net, name, x, channels, kernel=3, bias=True, norm=norm, activation="relu")
        x = pool(net, f"pool{stage}", x, kernel=2)
    _classifier(net, adaptive_pool(net, "pool", x, 7))


register_network("vgg16", "VGG-16", top1=71.592, top1_source=TORCHVISION)(functools.partial(_vgg16, norm=False))
register_network("vgg16_bn", "VGG-16 with batch norm", top1=73.36, top1_source=TORCHVISION)(
    functools.partial(_vgg16, norm=True)
)


def _fire(net: Network, name: str, x: FeatureMap, squeeze: int, expand: int) -> FeatureMap:
    """SqueezeNet's block: a narrow 1x1 feeds a 1x1 and a 3x3 side by side."""
    x = _plain(net, f"{name}.squeeze", x, squeeze, 1)
    left, right = _plain(net, f"{name}.expand1", x, expand, 1), _plain(net, f"{name}.expand3", x, expand, 3)
    return concat(net, f"{name}.concat", left, right)


def _squeezenet(net: Network, image: FeatureMap, *, stem: int, kernel: int, pool_before: tuple[int, ...]) -> None:
    widths = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
    x = conv(net, "stem", image, stem, kernel=kernel, stride=2, padding=0, bias=True, norm=False, activation="relu")
    for number, (squeeze, expand) in enumerate(widths, start=2):
        if number in pool_before:
            x = pool(net, f"pool{number - 1}", x, kernel=3, stride=2, ceil=True)
        x = _fire(net, f"fire{number}", x, squeeze, expand)
    global_pool(net, "pool", _plain(net, "classifier", x, 1000, 1))


register_network("squeezenet1_0", "SqueezeNet 1.0", top1=58.092, top1_source=TORCHVISION)(
    functools.partial(_squeezenet, stem=96, kernel=7, pool_before=(2, 5, 9))
)
register_network("squeezenet1_1", "SqueezeNet 1.1", top1=58.178, top1_source=TORCHVISION)(
    functools.partial(_squeezenet, stem=64, kernel=3, pool_before=(2, 4, 6))
)
