"""U-Net (Ronneberger, Fischer, Brox 2015): the original with valid convolutions, and the padded one in common use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.blocks import FeatureMap, concat, conv, pointwise_conv, pool, transposed_conv
from nets.errors import InputError
from nets.zoo.registry import register_network

if TYPE_CHECKING:
    from nets.network import Network


def _double_conv(net: Network, name: str, x: FeatureMap, channels: int, padding: int) -> FeatureMap:
    for number in (1, 2):
        x = conv(
            net,
            f"{name}.conv{number}",
            x,
            channels,
            kernel=3,
            padding=padding,
            bias=True,
            norm=False,
            activation="relu",
        )
    return x


def _unet(net: Network, image: FeatureMap, classes: int, padding: int) -> None:
    # every plane that is halved must be even; unpadded, each level loses four rows on its way
    remainder, rule = (0, "must be a multiple of 16") if padding else (12, "must be 12 more than a multiple of 16")
    if image.height % 16 != remainder:
        raise InputError(f"network {net.name!r}: resolution", image.height, rule)
    x, skips = image, []
    for level in range(4):
        x = _double_conv(net, f"down{level + 1}", x, 64 << level, padding)
        skips.append(x)
        x = pool(net, f"down{level + 1}.pool", x, kernel=2)
    x = _double_conv(net, "bottom", x, 1024, padding)
    for level in reversed(range(4)):
        x = transposed_conv(net, f"up{level + 1}", x, 64 << level)
        x = concat(net, f"up{level + 1}.concat", skips[level], x)
        x = _double_conv(net, f"up{level + 1}.merged", x, 64 << level, padding)
    pointwise_conv(net, "classifier", x, classes, bias=True, norm=False)


@register_network("unet", "U-Net (valid convolutions)", resolution=572, channels=1)
def unet(net: Network, image: FeatureMap) -> None:
    """The original: one channel in, two classes out, 572 x 572 in and 388 x 388 out."""
    _unet(net, image, classes=2, padding=0)


@register_network("unet_same", "U-Net (padded)", resolution=512)
def unet_same(net: Network, image: FeatureMap) -> None:
    """Padded convolutions, three channels in and one mask of the same size out."""
    _unet(net, image, classes=1, padding=1)
