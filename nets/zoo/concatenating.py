"""Networks that join branches along their channels: GoogLeNet (Szegedy et al. 2015), DenseNet (Huang et al. 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap, batch_norm, concat, conv, global_pool, linear, pointwise_conv, pool
from nets.zoo.registry import TORCHVISION, register_network

if TYPE_CHECKING:
    from nets.network import Network

# channels of the 1x1, of the first 3x3 branch (down, out), of the second (down, out), and behind the pool: table 1
_INCEPTIONS: Final = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def _inception(net: Network, name: str, x: FeatureMap, channels: tuple[int, ...]) -> FeatureMap:
    single, down1, out1, down2, out2, pooled = channels
    branch1 = pointwise_conv(net, f"{name}.branch1", x, single, activation="relu")
    branch2 = pointwise_conv(net, f"{name}.branch2.reduce", x, down1, activation="relu")
    branch2 = conv(net, f"{name}.branch2.conv", branch2, out1, kernel=3, activation="relu")
    branch3 = pointwise_conv(net, f"{name}.branch3.reduce", x, down2, activation="relu")
    branch3 = conv(net, f"{name}.branch3.conv", branch3, out2, kernel=3, activation="relu")
    branch4 = pool(net, f"{name}.branch4.pool", x, kernel=3, stride=1, padding=1)
    branch4 = pointwise_conv(net, f"{name}.branch4.conv", branch4, pooled, activation="relu")
    return concat(net, f"{name}.concat", branch1, branch2, branch3, branch4)


@register_network("googlenet", "GoogLeNet", top1=69.778, top1_source=TORCHVISION)
def googlenet(net: Network, image: FeatureMap) -> None:
    """Nine inception blocks without the auxiliary heads.

    As in torchvision: batch norm throughout, and a 3x3 where the paper has a 5x5.
    """
    x = conv(net, "conv1", image, 64, kernel=7, stride=2, activation="relu")
    x = pool(net, "pool1", x, kernel=3, stride=2, ceil=True)
    x = pointwise_conv(net, "conv2", x, 64, activation="relu")
    x = conv(net, "conv3", x, 192, kernel=3, activation="relu")
    x = pool(net, "pool2", x, kernel=3, stride=2, ceil=True)
    for name, channels in _INCEPTIONS.items():
        x = _inception(net, f"inception{name}", x, channels)
        if name == "3b":
            x = pool(net, "pool3", x, kernel=3, stride=2, ceil=True)
        elif name == "4e":
            x = pool(net, "pool4", x, kernel=2, stride=2, ceil=True)
    linear(net, "classifier", global_pool(net, "pool", x), 1000)


@register_network("densenet121", "DenseNet-121", top1=74.434, top1_source=TORCHVISION)
def densenet121(net: Network, image: FeatureMap) -> None:
    """Four dense blocks of growth 32; each layer normalises and joins all that the block made before it."""
    growth = 32
    x = conv(net, "stem", image, 64, kernel=7, stride=2, activation="relu")
    x = pool(net, "stem_pool", x, kernel=3, stride=2, padding=1)
    depths = (6, 12, 24, 16)
    for number, depth in enumerate(depths, start=1):
        made = [x]
        for index in range(depth):
            name = f"dense{number}.layer{index + 1}"
            y = batch_norm(net, f"{name}.norm", *made, activation="relu")
            y = pointwise_conv(net, f"{name}.conv1", y, 4 * growth, activation="relu")
            made.append(conv(net, f"{name}.conv2", y, growth, kernel=3, norm=False))
        x = batch_norm(net, f"transition{number}.norm", *made, activation="relu")
        if number < len(depths):
            x = pointwise_conv(net, f"transition{number}.conv", x, x.channels // 2, norm=False)
            x = pool(net, f"transition{number}.pool", x, kernel=2)
    linear(net, "classifier", global_pool(net, "pool", x), 1000)
