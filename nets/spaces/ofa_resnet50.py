"""Once-for-All ResNet-50 (Cai et al. 2020; mit-han-lab/once-for-all): ResNet-D of elastic depth, expansion, width."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap, add, bottleneck, conv, global_pool, linear, make_divisible, pool
from nets.spaces.block import Block
from nets.spaces.genome import Config, Depth
from nets.spaces.paths import SOURCE, Arc, PathGraph
from nets.spaces.registry import register_space
from nets.spaces.space import Space, rows_behind

if TYPE_CHECKING:
    from nets.network import Network

WIDTHS: Final = (0.65, 0.8, 1.0)
EXPANSIONS: Final = (0.2, 0.25, 0.35)
_BASE_DEPTHS: Final = (2, 2, 4, 2)
_STAGE_CHANNELS: Final = (256, 512, 1024, 2048)
_STRIDES: Final = (1, 2, 2, 2)


@dataclass(frozen=True, slots=True)
class ResNetStem(Block):
    """Two or three 3x3 convolutions and a max pool; the middle one is residual and elastic."""

    mid_channels: int
    out_channels: int
    residual: bool

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        x = conv(net, f"{name}.conv1", x, self.mid_channels, kernel=3, stride=2, activation="relu")
        if self.residual:
            y = conv(net, f"{name}.conv2", x, self.mid_channels, kernel=3, activation="relu")
            x = add(net, f"{name}.add", y, x)
        x = conv(net, f"{name}.conv3", x, self.out_channels, kernel=3, activation="relu")
        return pool(net, f"{name}.pool", x, kernel=3, stride=2, padding=1)


@dataclass(frozen=True, slots=True)
class ResNetBlock(Block):
    """A bottleneck with an average pool before the 1x1 of a strided shortcut."""

    out_channels: int
    mid_channels: int
    stride: int

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return bottleneck(
            net,
            name,
            x,
            self.out_channels,
            mid_channels=self.mid_channels,
            stride=self.stride,
            downsample="avgpool",
        )


@dataclass(frozen=True, slots=True)
class ResNetHead(Block):
    """Global pool and classifier."""

    classes: int = 1000

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return linear(net, f"{name}.classifier", global_pool(net, f"{name}.pool", x), self.classes)


class ResNet50Space(Space):
    """Bottlenecks in four stages behind an elastic stem.

    ``d[0]``: 2 with the residual stem convolution, 0 without; ``d[1:]``: blocks of each stage beyond (2, 2, 4, 2).
    ``e``: expand ratio of each block, relative to its output channels.
    ``w``: indices into :data:`WIDTHS` of the stem's first and last convolution and of each stage.
    """

    title = "Once-for-All ResNet-50"

    def __init__(self, id: str) -> None:
        super().__init__(
            id,
            depths=[Depth((0, 2), 0), *(Depth((0, 1, 2), base + 2, base) for base in _BASE_DEPTHS)],
            block_genes={"e": EXPANSIONS},
            free_genes={"w": (6, (0, 1, 2))},
            resolutions=(128, 144, 160, 176, 192, 224, 240, 256),
        )
        self._block = lru_cache(maxsize=None)(self._make_block)
        self._stem = lru_cache(maxsize=None)(self._make_stem)
        self._head = lru_cache(maxsize=None)(self._make_head)

    def _chain(self, architecture: Config, resolution: int) -> tuple[tuple[str, Block], ...]:
        d, w = architecture["d"], architecture["w"]
        chain: list[tuple[str, Block]] = [("stem", self._stem(w[0], w[1], d[0] > 0, resolution))]
        slot = 0
        for stage, depth in enumerate(self.depths[1:]):
            for index in range(depth.active(d[stage + 1])):
                before = w[stage + 2] if index else w[stage + 1]
                block = self._block(stage, index > 0, architecture["e"][slot + index], before, w[stage + 2], resolution)
                chain.append((f"stage{stage + 1}.block{index + 1}", block))
            slot += depth.slots
        chain.append(("head", self._head(w[5], resolution)))
        return tuple(chain)

    def all_blocks(self, resolution: int) -> tuple[Block, ...]:
        """See :meth:`Space.all_blocks`."""
        indices = range(len(WIDTHS))
        blocks: dict[Block, None] = {}
        for width in indices:
            blocks |= dict.fromkeys(self._stem(mid, width, on, resolution) for mid in indices for on in (False, True))
            blocks[self._head(width, resolution)] = None
            for stage in range(len(_STAGE_CHANNELS)):
                for expansion in EXPANSIONS:
                    blocks[self._block(stage, True, expansion, width, width, resolution)] = None
                    for before in indices:
                        blocks[self._block(stage, False, expansion, before, width, resolution)] = None
        return tuple(blocks)

    def paths(self, resolution: int) -> PathGraph:
        """See :meth:`Space.paths`: a node for each width index of what a number of blocks of a stage leaves."""
        indices = range(len(WIDTHS))
        node, slot = SOURCE + 1, 0  # of the first width index of what the stem leaves
        arcs = [
            Arc(
                SOURCE, node + out, self._stem(mid, out, d > 0, resolution), (("w", 0, mid), ("w", 1, out), ("d", 0, d))
            )
            for out in indices
            for mid in indices
            for d in self.depths[0].choices
        ]
        for stage, depth in enumerate(self.depths[1:]):
            width = len(indices)
            behind = node + width * (depth.slots + 1)
            for index in range(depth.slots):
                after = node + width * (index + 1)
                for out in indices:
                    for before in (out,) if index else indices:
                        for e in EXPANSIONS:
                            block = self._block(stage, index > 0, e, before, out, resolution)
                            chosen = (("e", slot + index, e), *(() if index else (("w", stage + 2, out),)))
                            arcs.append(Arc(node + width * index + before, after + out, block, chosen))
            for value in depth.choices:
                ends = node + width * depth.active(value)
                arcs += [Arc(ends + out, behind + out, None, (("d", stage + 1, value),)) for out in indices]
            node, slot = behind, slot + depth.slots
        end = node + len(indices)
        return PathGraph([*arcs, *(Arc(node + out, end, self._head(out, resolution)) for out in indices)])

    def _make_stem(self, mid: int, out: int, residual: bool, resolution: int) -> ResNetStem:
        return ResNetStem(resolution, 3, make_divisible(32 * WIDTHS[mid]), make_divisible(64 * WIDTHS[out]), residual)

    def _make_block(
        self, stage: int, later: bool, expansion: float, before: int, width: int, resolution: int
    ) -> ResNetBlock:
        """A block of ``stage``; ``before`` and ``width`` are the width indices of its input and output."""
        out = make_divisible(_STAGE_CHANNELS[stage] * WIDTHS[width])
        base_in = _STAGE_CHANNELS[stage] if later else (64, *_STAGE_CHANNELS)[stage]
        return ResNetBlock(
            resolution=rows_behind(resolution, (2, 2, *_STRIDES[: stage + later])),
            in_channels=make_divisible(base_in * WIDTHS[before]),
            out_channels=out,
            mid_channels=make_divisible(round(out * expansion)),
            stride=1 if later else _STRIDES[stage],
        )

    def _make_head(self, width: int, resolution: int) -> ResNetHead:
        size = rows_behind(resolution, (2, 2, *_STRIDES))
        return ResNetHead(size, make_divisible(_STAGE_CHANNELS[-1] * WIDTHS[width]))


@register_space("ofa-resnet50")
def resnet50() -> ResNet50Space:
    """128 to 256 pixels, the resolutions of Once-for-All's predictor."""
    return ResNet50Space("ofa-resnet50")
