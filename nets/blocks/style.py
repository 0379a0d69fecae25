"""Blocks of style-based generators (StyleGAN2, Karras et al. 2020): convolutions whose inputs a style scales.

A style scales the weights of each convolution per image; scaling the input channels instead is the same product. What
follows a convolution (demodulation, one learned share of noise, bias, activation) is one pass over its output and is
fused. The factor of demodulation is not counted: it takes one multiplication per weight pair, once per image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.blocks.feature_map import FeatureMap
from nets.blocks.movement import add, scale, vector
from nets.blocks.primitives import linear
from nets.blocks.upsampling import overlapping_transposed_conv, upsample
from nets.layer import Layer

if TYPE_CHECKING:
    from nets.network import Network

RGB = 3


def mapping_network(net: Network, name: str, latent: FeatureMap, *, layers: int = 8) -> FeatureMap:
    """Fully connected layers from the latent to the style, all as wide as the latent."""
    style = latent
    for index in range(layers):
        style = linear(net, f"{name}.fc{index + 1}", style, latent.channels, activation="relu")
    return style


def constant(net: Network, name: str, style: FeatureMap, channels: int, *, size: int = 4) -> FeatureMap:
    """The learned plane that every image begins with."""
    out = FeatureMap(None, channels, size, size, style.batch)
    return vector(net, name, "movement", (style,), out, extra_params=channels * size * size)


def styled_conv(
    net: Network, name: str, x: FeatureMap, style: FeatureMap, out_channels: int, *, up: bool = False
) -> FeatureMap:
    """3x3 convolution of the scaled input; ``up`` doubles the plane by a transposed one, and blurs it.

    Its own parameters besides weights and style: a bias per channel and one share of noise.
    """
    y = _modulated(net, name, x, style)
    if not up:
        return _conv(net, f"{name}.conv", y, out_channels, kernel=3, extra_params=out_channels + 1)
    y = overlapping_transposed_conv(net, f"{name}.conv", y, out_channels, kernel=3, norm=False)
    return _blur(net, f"{name}.blur", y, extra_params=out_channels + 1)


def to_rgb(net: Network, name: str, x: FeatureMap, style: FeatureMap, before: FeatureMap | None = None) -> FeatureMap:
    """1x1 convolution to colours, added to the colours of half the resolution where there are any."""
    y = _conv(net, f"{name}.conv", _modulated(net, name, x, style), RGB, kernel=1, extra_params=RGB)
    return y if before is None else add(net, f"{name}.add", y, upsample(net, f"{name}.up", before, 2))


def _modulated(net: Network, name: str, x: FeatureMap, style: FeatureMap) -> FeatureMap:
    factors = linear(net, f"{name}.style", style, x.channels)
    return scale(net, f"{name}.modulate", x, factors)


def _conv(net: Network, name: str, x: FeatureMap, channels: int, *, kernel: int, extra_params: int) -> FeatureMap:
    half = kernel // 2
    layer = Layer(
        name=name,
        N=x.batch,
        K=channels,
        C=x.channels,
        P=x.height,
        Q=x.width,
        R=kernel,
        S=kernel,
        padding=(half, half, half, half),
        extra_params=extra_params,
    )
    return FeatureMap(net.add(layer, x.sources), channels, x.height, x.width, x.batch)


def _blur(net: Network, name: str, x: FeatureMap, *, extra_params: int) -> FeatureMap:
    """A fixed 4x4 filter on every channel."""
    layer = Layer(
        name=name,
        kind="pool",
        N=x.batch,
        G=x.channels,
        P=x.height,
        Q=x.width,
        R=4,
        S=4,
        padding=(2, 1, 2, 1),
        extra_params=extra_params,
    )
    return FeatureMap(net.add(layer, x.sources), x.channels, x.height, x.width, x.batch)
