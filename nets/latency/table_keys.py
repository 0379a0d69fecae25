"""How tables of measured layers name what a block is made of: the spelling of Once-for-All's and ProxylessNAS' files.

``Conv``, ``Conv_1``, ``AvgPool2D``, ``Conv_2`` and ``Logits`` are the ends of a mobile network, ``expanded_conv`` is an
inverted bottleneck. Once-for-All's ``expand`` is a number of channels and stands before ``se`` and ``hs``; the older
ProxylessNAS files give the ratio there and no more. OFA-ResNet50, for which neither has a table, is named alike.
Blocks of any other kind are tabled layer by layer, named after all that a layer's cost depends on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, singledispatch
from typing import Final

from nets.documents.plain import plain
from nets.layer import Layer
from nets.spaces.block import Block
from nets.spaces.ends import ConvBlock, MobileHead
from nets.spaces.inverted import InvertedBlock
from nets.spaces.ofa_mobile import MobileBlock, MobileStem
from nets.spaces.ofa_resnet50 import ResNetBlock, ResNetHead, ResNetStem
from nets.spaces.space import halved

_NO_SHAPE: Final = ("name", "kind", "activation", "extra_params", "cached", "times", "tied")
"""What of a layer its cost does not depend on, and what stands before the rest."""


@dataclass(frozen=True, slots=True)
class Part:
    """A row of a table.

    Attributes:
        keys: its name, and any older one.
        layers: that it stands for.
    """

    keys: tuple[str, ...]
    layers: tuple[Layer, ...]


def layer_key(layer: Layer) -> str:
    """Kind of a layer and what of its shape is not as usual: ``conv-K:16-C:8-P:14-Q:14-stride:2x2``."""
    shape = {name: value for name, value in plain(layer).items() if name not in _NO_SHAPE}
    words = map(_word, shape.values())
    return "-".join([layer.kind, *(f"{name}:{word}" for name, word in zip(shape, words))])


@cache
def parts(block: Block) -> tuple[Part, ...]:
    """The rows that a block's latency is the sum of."""
    return _parts(block)


@singledispatch
def _parts(block: Block) -> tuple[Part, ...]:
    return tuple(Part((layer_key(layer),), (layer,)) for layer in block.layers)


@_parts.register
def _(block: MobileStem) -> tuple[Part, ...]:
    size = halved(block.resolution)
    conv = _key("Conv", (block.resolution, block.in_channels), (size, block.channels))
    bottleneck = _expanded_conv(
        (size, block.channels),
        (size, block.out_channels),
        mid=block.channels,
        ratio=1,
        kernel=3,
        stride=1,
        skip=block.skip,
        squeeze=False,
        swish=block.block_activation == "h_swish",
    )
    first, *rest = block.layers
    return (Part((conv,), (first,)), Part(bottleneck, tuple(rest)))


@_parts.register
def _(block: MobileBlock) -> tuple[Part, ...]:
    keys = _expanded_conv(
        (block.resolution, block.in_channels),
        (halved(block.resolution, block.stride), block.out_channels),
        mid=block.mid_channels,
        ratio=block.expansion,
        kernel=block.kernel,
        stride=block.stride,
        skip=block.skip,
        squeeze=block.squeeze,
        swish=block.activation == "h_swish",
    )
    return (Part(keys, block.layers),)


@_parts.register
def _(block: ConvBlock) -> tuple[Part, ...]:
    if block.kernel == 3 and block.padded:  # what the name of the first layer leaves out
        out = (halved(block.resolution, block.stride), block.out_channels)
        return (Part((_key("Conv", (block.resolution, block.in_channels), out),), block.layers),)
    return tuple(Part((layer_key(layer),), (layer,)) for layer in block.layers)


@_parts.register
def _(block: InvertedBlock) -> tuple[Part, ...]:
    ratio = block.mid_channels / block.in_channels
    keys = _expanded_conv(
        (block.resolution, block.in_channels),
        (halved(block.resolution, block.stride), block.out_channels),
        mid=block.mid_channels,
        ratio=ratio,
        kernel=block.kernel,
        stride=block.stride,
        skip=block.stride == 1 and block.in_channels == block.out_channels,
        squeeze=block.squeeze_channels is not None,
        swish=block.activation == "h_swish",
    )
    return (Part(keys, block.layers),)


@_parts.register
def _(block: MobileHead) -> tuple[Part, ...]:
    size, width = block.resolution, block.channels
    conv = _key("Conv_1", (size, block.in_channels), (size, width))
    first, pool, *rest = block.layers
    if block.hidden is None:  # ProxylessNAS counts the pool with the classifier
        logits = f"Logits-input:{size}x{size}x{width}-output:{block.classes}"
        return (Part((conv,), (first,)), Part((logits,), (pool, *rest)))
    hidden, classifier = rest
    return (
        Part((conv,), (first,)),
        Part((_key("AvgPool2D", (size, width), (1, width)),), (pool,)),
        Part((_key("Conv_2", (1, width), (1, block.hidden)),), (hidden,)),
        Part((f"Logits-input:1x1x{block.hidden}-output:{block.classes}",), (classifier,)),
    )


@_parts.register
def _(block: ResNetStem) -> tuple[Part, ...]:
    out = (halved(halved(block.resolution)), block.out_channels)
    key = _key("input_stem", (block.resolution, block.in_channels), out)
    return (Part((f"{key}-mid:{block.mid_channels}-residual:{block.residual:d}",), block.layers),)


@_parts.register
def _(block: ResNetBlock) -> tuple[Part, ...]:
    out = (halved(block.resolution, block.stride), block.out_channels)
    key = _key("bottleneck", (block.resolution, block.in_channels), out)
    return (Part((f"{key}-mid:{block.mid_channels}-kernel:3-stride:{block.stride}",), block.layers),)


@_parts.register
def _(block: ResNetHead) -> tuple[Part, ...]:
    classes = block.layers[-1].K
    key = f"Logits-input:{block.resolution}x{block.resolution}x{block.in_channels}-output:{classes}"
    return (Part((key,), block.layers),)


def _key(name: str, given: tuple[int, int], out: tuple[int, int]) -> str:
    """Name with the shapes of input and output, each (rows, channels)."""
    shapes = (f"{rows}x{rows}x{channels}" for rows, channels in (given, out))
    return "{}-input:{}-output:{}".format(name, *shapes)


def _expanded_conv(
    given: tuple[int, int],
    out: tuple[int, int],
    *,
    mid: int,
    ratio: float,
    kernel: int,
    stride: int,
    skip: bool,
    squeeze: bool,
    swish: bool,
) -> tuple[str, str]:
    start = _key("expanded_conv", given, out)
    end = f"kernel:{kernel}-stride:{stride}-idskip:{skip:d}"
    return (f"{start}-expand:{mid}-{end}-se:{squeeze:d}-hs:{swish:d}", f"{start}-expand:{ratio:g}-{end}")


def _word(value: object) -> str:
    """A part of a layer's shape: a number, a name, or several numbers."""
    return "x".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, str) else f"{value:g}"
