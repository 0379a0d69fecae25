"""Anycost GAN (Lin et al. 2021): StyleGAN2 that stops at any resolution and runs with part of its channels.

Every convolution keeps the first quarter, half, three quarters or all of its channels, and the image is taken from the
colours of 128, 256, 512 or 1024 pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap
from nets.blocks.style import RGB, constant, mapping_network, styled_conv, to_rgb
from nets.spaces.block import Block, Joint
from nets.spaces.genome import Config, Depth
from nets.spaces.registry import register_space
from nets.spaces.space import GraphSpace, Node
from nets.zoo.generators import CHANNELS, STYLE

if TYPE_CHECKING:
    from nets.network import Network

RATIOS: Final = (0.25, 0.5, 0.75, 1.0)

_SMALLEST: Final = 4
_LEVELS: Final = tuple(size for size in CHANNELS if size > _SMALLEST)


@dataclass(frozen=True, slots=True)
class Mapping(Block):
    """Latent to style."""

    @property
    def entry(self) -> FeatureMap:
        """A latent."""
        return FeatureMap.sequence(1, channels=self.in_channels)

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return mapping_network(net, name, x)


@dataclass(frozen=True, slots=True)
class Constant(Mapping):
    """The learned plane of the smallest resolution, once per style."""

    channels: int

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return constant(net, name, x, self.channels, size=_SMALLEST)


@dataclass(frozen=True, slots=True)
class Styled(Joint):
    """A convolution scaled by the style; ``up`` doubles the plane."""

    out_channels: int
    up: bool

    @property
    def others(self) -> tuple[FeatureMap, ...]:
        """The style."""
        return (FeatureMap.sequence(1, channels=STYLE),)

    def join(self, net: Network, name: str, x: FeatureMap, *others: FeatureMap) -> FeatureMap:
        """See :meth:`Joint.join`."""
        return styled_conv(net, name, x, others[0], self.out_channels, up=self.up)


@dataclass(frozen=True, slots=True)
class Colours(Joint):
    """Colours of one resolution, added to those of half of it unless it is the ``first``."""

    first: bool

    @property
    def others(self) -> tuple[FeatureMap, ...]:
        """The style, and the colours before."""
        style = FeatureMap.sequence(1, channels=STYLE)
        return (style,) if self.first else (style, FeatureMap.image(self.resolution // 2, channels=RGB))

    def join(self, net: Network, name: str, x: FeatureMap, *others: FeatureMap) -> FeatureMap:
        """See :meth:`Joint.join`."""
        return to_rgb(net, name, x, *others)


class AnycostSpace(GraphSpace):
    """Genes: ``d`` doublings of the 4 x 4 plane (5 to 8: images of 128 to 1024 pixels), ``base`` shares of channels of
    the constant plane and of the convolution on it, ``c1`` and ``c2`` shares of the two convolutions behind each
    doubling.

    ``r`` is the length of the latent, always 512.
    """

    title = "Anycost GAN (StyleGAN2)"

    def __init__(self, id: str, *, doublings: Sequence[int] = (5, 6, 7, 8)) -> None:
        super().__init__(
            id,
            depths=[Depth(tuple(doublings), max(doublings))],
            block_genes={"c1": RATIOS, "c2": RATIOS},
            free_genes={"base": (2, RATIOS)},
            resolutions=(STYLE,),
        )

    def _entry(self, resolution: int, batch: int) -> FeatureMap:
        return FeatureMap.sequence(1, channels=resolution, batch=batch)

    def _graph(self, architecture: Config, resolution: int) -> tuple[Node, ...]:
        before, channels = (_share(CHANNELS[_SMALLEST], ratio) for ratio in architecture["base"])
        nodes: list[Node] = [
            ("mapping", Mapping(1, resolution), ()),
            ("constant", Constant(1, STYLE, before), ("mapping",)),
            ("res4.conv", Styled(_SMALLEST, before, channels, False), ("constant", "mapping")),
            ("res4.rgb", Colours(_SMALLEST, channels, True), ("res4.conv", "mapping")),
        ]
        x, colours = "res4.conv", "res4.rgb"
        for level in range(architecture["d"][0]):
            size = _LEVELS[level]
            first, second = (_share(CHANNELS[size], architecture[gene][level]) for gene in ("c1", "c2"))
            name = f"res{size}"
            nodes += [
                (f"{name}.conv1", Styled(size // 2, channels, first, True), (x, "mapping")),
                (f"{name}.conv2", Styled(size, first, second, False), (f"{name}.conv1", "mapping")),
                (f"{name}.rgb", Colours(size, second, False), (f"{name}.conv2", "mapping", colours)),
            ]
            x, colours, channels = f"{name}.conv2", f"{name}.rgb", second
        return tuple(nodes)


def _share(channels: int, ratio: float) -> int:
    """Never fewer than 8 channels."""
    return max(8, int(channels * ratio))


@register_space("anycost-gan")
def anycost_gan() -> AnycostSpace:
    """128 to 1024 pixels; every convolution by itself."""
    return AnycostSpace("anycost-gan")
