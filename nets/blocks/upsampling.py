"""Blocks that enlarge the plane: transposed convolution, depth to space, repeated pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nets.blocks.feature_map import FeatureMap
from nets.blocks.movement import vector
from nets.errors import InputError
from nets.layer import Layer

if TYPE_CHECKING:
    from nets.network import Network


def depth_to_space(net: Network, name: str, x: FeatureMap, factor: int) -> FeatureMap:
    """Spread each ``factor`` x ``factor`` group of channels over a plane that much larger."""
    if factor < 1 or x.channels % factor**2:
        raise InputError(f"layer {name!r}: factor", factor, f"must have its square divide {x.channels} channels")
    out = replace(x, channels=x.channels // factor**2, height=x.height * factor, width=x.width * factor)
    return vector(net, name, "movement", (x,), out)


def upsample(net: Network, name: str, x: FeatureMap, factor: int) -> FeatureMap:
    """Repeat (or interpolate) pixels to a plane ``factor`` times as high and wide."""
    out = replace(x, height=x.height * factor, width=x.width * factor)
    return vector(net, name, "movement", (x,), out)


def transposed_conv(net: Network, name: str, x: FeatureMap, out_channels: int, *, factor: int = 2) -> FeatureMap:
    """Transposed convolution whose kernel equals its stride, with a bias.

    Its windows do not overlap, so it is a 1x1 convolution to ``factor**2`` times the channels, spread over the plane.
    """
    layer = Layer(
        name=f"{name}.conv",
        N=x.batch,
        K=out_channels * factor**2,
        C=x.channels,
        P=x.height,
        Q=x.width,
        extra_params=out_channels,
    )
    deep = replace(x, layer=net.add(layer, x.sources), channels=out_channels * factor**2)
    return depth_to_space(net, f"{name}.spread", deep, factor)
