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


def overlapping_transposed_conv(
    net: Network,
    name: str,
    x: FeatureMap,
    out_channels: int,
    *,
    kernel: int,
    factor: int = 2,
    norm: bool = True,
) -> FeatureMap:
    """Transposed convolution whose windows overlap, without multiplying zeros; the plane grows by ``factor``.

    Output pixels of one phase see the same taps of the kernel, so each of the ``factor**2`` phases is a convolution of
    the small plane, and together they have ``kernel**2`` taps. The phases are interleaved in the end.

    Raises:
        InputError: windows that do not overlap.
    """
    if kernel <= factor:
        raise InputError(f"block {name!r}: kernel", kernel, f"must be larger than the factor {factor}")
    phases: list[FeatureMap] = []
    for row in range(factor):
        for column in range(factor):
            rows, columns = len(range(row, kernel, factor)), len(range(column, kernel, factor))
            layer = Layer(
                name=f"{name}.phase{row}{column}",
                N=x.batch,
                K=out_channels,
                C=x.channels,
                P=x.height,
                Q=x.width,
                R=rows,
                S=columns,
                padding=(rows - 1, 0, columns - 1, 0),
                extra_params=0 if phases else 2 * norm * out_channels,
            )
            phases.append(replace(x, layer=net.add(layer, x.sources), channels=out_channels))
    out = replace(phases[0], height=x.height * factor, width=x.width * factor)
    return vector(net, f"{name}.interleave", "movement", phases, out)
