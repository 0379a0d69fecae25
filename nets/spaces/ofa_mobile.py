"""The mobile spaces of Once-for-All (Cai et al. 2020): elastic kernel, expansion and depth of inverted bottlenecks.

Once-for-All's MobileNetV3 and ProxylessNAS spaces are one structure with other figures: :class:`MobileSpace` is that
structure, the modules beside it hold the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap, conv, inverted_bottleneck, make_divisible
from nets.layer import Activation
from nets.spaces.block import Block
from nets.spaces.ends import Classifier, MobileHead
from nets.spaces.genome import Config, Depth
from nets.spaces.paths import SOURCE, Arc, PathGraph
from nets.spaces.space import Space, rows_behind

if TYPE_CHECKING:
    from nets.network import Network

KERNELS: Final = (3, 5, 7)
EXPANSIONS: Final = (3, 4, 6)
DEPTHS: Final = (2, 3, 4)


@dataclass(frozen=True, slots=True)
class MobileStem(Block):
    """The strided 3x3 convolution and the fixed first block (3x3, no expansion)."""

    channels: int
    out_channels: int
    conv_activation: Activation
    block_activation: Activation
    skip: bool

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        x = conv(net, f"{name}.conv", x, self.channels, kernel=3, stride=2, activation=self.conv_activation)
        return inverted_bottleneck(
            net,
            f"{name}.block",
            x,
            self.out_channels,
            mid_channels=self.channels,
            activation=self.block_activation,
            skip=self.skip,
        )


@dataclass(frozen=True, slots=True)
class MobileBlock(Block):
    """An inverted bottleneck; ``kernel`` and ``expansion`` are its genes."""

    out_channels: int
    kernel: int
    expansion: int
    stride: int
    activation: Activation
    squeeze: bool
    skip: bool

    @property
    def mid_channels(self) -> int:
        """Channels of the depthwise convolution."""
        return make_divisible(self.in_channels * self.expansion)

    @property
    def squeeze_channels(self) -> int | None:
        """Channels between the two layers of the squeeze-and-excite; none without."""
        return make_divisible(self.mid_channels // 4) if self.squeeze else None

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return inverted_bottleneck(
            net,
            name,
            x,
            self.out_channels,
            mid_channels=self.mid_channels,
            kernel=self.kernel,
            stride=self.stride,
            activation=self.activation,
            squeeze_channels=self.squeeze_channels,
            skip=self.skip,
        )


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of blocks; ``depths`` holds how many of its first blocks may run."""

    channels: int
    stride: int
    activation: Activation
    squeeze: bool
    depths: tuple[int, ...] = DEPTHS


class MobileSpace(Space):
    """A space of inverted bottlenecks in stages. ``ks``, ``e`` per block; ``d`` per stage keeps the first blocks.

    Args:
        id: name of the space.
        title: what a person calls it.
        stem: channels of (first convolution, first block).
        stem_activations: of (first convolution, first block).
        stem_skip: the first block has a shortcut.
        stages: in order; at full depth a stage has ``max(depths)`` blocks.
        head: channels of (last convolution, hidden layer or None); ``None`` for a classifier alone.
        head_activation: of both.
        resolutions: allowed values of ``r``.
        classes: that the last layer tells apart.
        expansions: middle channels of a block as multiples of its input's.
    """

    def __init__(
        self,
        id: str,
        title: str,
        *,
        stem: tuple[int, int],
        stem_activations: tuple[Activation, Activation],
        stem_skip: bool,
        stages: Sequence[Stage],
        head: tuple[int, int | None] | None,
        head_activation: Activation,
        resolutions: Sequence[int],
        classes: int = 1000,
        expansions: tuple[int, ...] = EXPANSIONS,
    ) -> None:
        super().__init__(
            id,
            depths=[Depth(stage.depths, max(stage.depths)) for stage in stages],
            block_genes={"ks": KERNELS, "e": expansions},
            resolutions=resolutions,
        )
        self.expansions = expansions
        self.title = title
        self.stages = tuple(stages)
        self._stem, self._stem_activations, self._stem_skip = stem, stem_activations, stem_skip
        self._head, self._head_activation, self._classes = head, head_activation, classes
        # Values are shared, so that a chain is made of dictionary look-ups.
        self._block = lru_cache(maxsize=None)(self._make_block)
        self._ends = lru_cache(maxsize=None)(self._make_ends)

    def _chain(self, architecture: Config, resolution: int) -> tuple[tuple[str, Block], ...]:
        stem, head = self._ends(resolution)
        chain: list[tuple[str, Block]] = [("stem", stem)]
        slot = 0
        for stage, depth in enumerate(architecture["d"]):
            for index in range(depth):
                kernel, expansion = architecture["ks"][slot + index], architecture["e"][slot + index]
                block = self._block(stage, index > 0, kernel, expansion, resolution)
                chain.append((f"stage{stage + 1}.block{index + 1}", block))
            slot += self.depths[stage].slots
        chain.append(("head", head))
        return tuple(chain)

    def all_blocks(self, resolution: int) -> tuple[Block, ...]:
        """See :meth:`Space.all_blocks`."""
        blocks: dict[Block, None] = dict.fromkeys(self._ends(resolution))
        for stage, depth in enumerate(self.depths):
            for later in (False, True)[: depth.slots]:
                for kernel in KERNELS:
                    for expansion in self.expansions:
                        blocks[self._block(stage, later, kernel, expansion, resolution)] = None
        return tuple(blocks)

    def paths(self, resolution: int) -> PathGraph:
        """See :meth:`Space.paths`: a node for each number of blocks that a stage has run."""
        stem, head = self._ends(resolution)
        node, slot = SOURCE + 1, 0
        arcs = [Arc(SOURCE, node, stem)]
        for stage, depth in enumerate(self.depths):
            behind = node + depth.slots + 1
            for index in range(depth.slots):
                for kernel in KERNELS:
                    for expansion in self.expansions:
                        block = self._block(stage, index > 0, kernel, expansion, resolution)
                        genes = (("ks", slot + index, kernel), ("e", slot + index, expansion))
                        arcs.append(Arc(node + index, node + index + 1, block, genes))
            arcs += [Arc(node + depth.active(value), behind, None, (("d", stage, value),)) for value in depth.choices]
            node, slot = behind, slot + depth.slots
        return PathGraph([*arcs, Arc(node, node + 1, head)])

    def _make_block(self, index: int, later: bool, kernel: int, expansion: int, resolution: int) -> MobileBlock:
        """A block of stage ``index``; only the first block of a stage strides, changes channels and has no shortcut."""
        stage = self.stages[index]
        size = rows_behind(resolution, (2, *(before.stride for before in self.stages[: index + later])))
        channels_before = self.stages[index - 1].channels if index else self._stem[1]
        return MobileBlock(
            resolution=size,
            in_channels=stage.channels if later else channels_before,
            out_channels=stage.channels,
            kernel=kernel,
            expansion=expansion,
            stride=1 if later else stage.stride,
            activation=stage.activation,
            squeeze=stage.squeeze,
            skip=later,
        )

    def _make_ends(self, resolution: int) -> tuple[MobileStem, Block]:
        size = rows_behind(resolution, (2, *(stage.stride for stage in self.stages)))
        stem = MobileStem(resolution, 3, *self._stem, *self._stem_activations, self._stem_skip)
        channels = self.stages[-1].channels
        if self._head is None:
            return stem, Classifier(size, channels, self._classes)
        return stem, MobileHead(size, channels, *self._head, self._head_activation, self._classes)
