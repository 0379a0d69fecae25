"""SPVNAS (Tang et al. 2020): sparse point-voxel networks of elastic width and depth.

The U-Net of SPVCNN with channels between the bounds of mit-han-lab/spvnas at every stage, one or two residual blocks
per stage, and part of the channels inside a block. Layers are as large as a simulated scan is full
(:mod:`nets.zoo.lidar`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap, make_divisible
from nets.blocks.sparse import (
    classify,
    interpolate,
    join_voxels,
    residual_voxels,
    strided_conv,
    strided_deconv,
    submanifold_conv,
    through_points,
)
from nets.spaces.block import Block, Joint, SequenceBlock
from nets.spaces.genome import Config, Depth
from nets.spaces.registry import register_space
from nets.spaces.space import GraphSpace, Node
from nets.zoo.lidar import POINTS, VOXEL_MM, grids
from nets.zoo.sparse import CLASSES, INPUTS

if TYPE_CHECKING:
    from nets.network import Network

STEM: Final = 32
MOST: Final = (48, 96, 192, 384, 384, 192, 128, 128)
"""Channels of the largest network, four stages down and four up."""

LEAST: Final = (16, 32, 64, 128, 128, 64, 48, 48)
"""Of the smallest (mit-han-lab/spvnas): a third, but more in the last two stages."""

WIDTHS: Final = (0.34, 0.5, 0.67, 0.75, 1.0)
INSIDE: Final = (0.25, 0.5, 0.75, 1.0)

THROUGH_POINTS: Final = (3, 5, 7)
"""Stages behind which features go to the points and back: the last one down, the second and the last one up."""


@dataclass(frozen=True, slots=True)
class Resample(SequenceBlock):
    """Features of other points or voxels."""

    points: int
    corners: int

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return interpolate(net, name, x, self.points, corners=self.corners)


@dataclass(frozen=True, slots=True)
class Submanifold(SequenceBlock):
    """A 3x3x3 convolution."""

    out_channels: int
    neighbours: int

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return submanifold_conv(net, name, x, self.out_channels, neighbours=self.neighbours)


@dataclass(frozen=True, slots=True)
class Transition(SequenceBlock):
    """To a grid of twice or half the voxel size."""

    out_channels: int
    voxels: int
    up: bool

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        change = strided_deconv if self.up else strided_conv
        return change(net, name, x, self.out_channels, voxels=self.voxels)


@dataclass(frozen=True, slots=True)
class ResidualVoxels(SequenceBlock):
    """Two 3x3x3 convolutions and a shortcut."""

    out_channels: int
    mid_channels: int
    neighbours: int

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        mid, neighbours = self.mid_channels, self.neighbours
        return residual_voxels(net, name, x, self.out_channels, mid_channels=mid, neighbours=neighbours)


@dataclass(frozen=True, slots=True)
class _Pair(Joint):
    """Reads two sequences; the second has ``other_rows`` and ``other_channels``."""

    other_rows: int
    other_channels: int

    @property
    def entry(self) -> FeatureMap:
        """Voxels."""
        return FeatureMap.sequence(self.resolution, channels=self.in_channels)

    @property
    def others(self) -> tuple[FeatureMap, ...]:
        """The second sequence."""
        return (FeatureMap.sequence(self.other_rows, channels=self.other_channels),)


@dataclass(frozen=True, slots=True)
class JoinVoxels(_Pair):
    """Joins the features of a stage on the way down."""

    def join(self, net: Network, name: str, x: FeatureMap, *others: FeatureMap) -> FeatureMap:
        """See :meth:`Joint.join`."""
        return join_voxels(net, name, x, *others)


@dataclass(frozen=True, slots=True)
class ThroughPoints(_Pair):
    """Adds what the points carry."""

    def join(self, net: Network, name: str, x: FeatureMap, *others: FeatureMap) -> FeatureMap:
        """See :meth:`Joint.join`."""
        return through_points(net, name, x, *others)


@dataclass(frozen=True, slots=True)
class Classify(SequenceBlock):
    """Scores of every point."""

    classes: int

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return classify(net, name, x, self.classes)


class SparseSpace(GraphSpace):
    """Genes: ``w`` multipliers of the channels of the eight stages, ``d`` residual blocks of each, ``inside`` the
    share of channels between the two convolutions of a block. ``r`` is the edge of a voxel in mm: the larger, the less
    work.
    """

    title = "SPVNAS"

    def __init__(self, id: str) -> None:
        super().__init__(
            id,
            depths=[Depth((1, 2), 2)] * len(MOST),
            block_genes={"inside": INSIDE},
            free_genes={"w": (len(MOST), WIDTHS)},
            resolutions=VOXEL_MM,
        )

    def _entry(self, resolution: int, batch: int) -> FeatureMap:
        return FeatureMap.sequence(POINTS, channels=INPUTS, batch=batch)

    def _graph(self, architecture: Config, resolution: int) -> tuple[Node, ...]:
        levels = grids(resolution)
        bounds = zip(LEAST, MOST, architecture["w"])
        channels = [max(least, make_divisible(most * width)) for least, most, width in bounds]
        voxels, neighbours = levels[0].voxels, levels[0].neighbours
        net = _Wires()
        net.put("voxelize", Resample(POINTS, INPUTS, voxels, 1))
        net.put("stem1", Submanifold(voxels, INPUTS, STEM, neighbours))
        net.put("stem2", Submanifold(voxels, STEM, STEM, neighbours))
        carried = net.put("points0", Resample(voxels, STEM, POINTS, 8)), STEM
        skips = [(net.put("voxels0", Resample(POINTS, STEM, voxels, 1)), STEM)]
        now = STEM
        for stage, out in enumerate(channels):
            down, fine = stage < 4, stage if stage < 4 else 7 - stage  # its finer level
            rows, level = levels[fine + (not down)].voxels, levels[fine + down]
            name = f"down{stage + 1}" if down else f"up{stage - 3}"
            width = now if down else out
            net.put(f"{name}.transition", Transition(rows, now, width, level.voxels, not down))
            if not down:
                skip, more = skips[fine]
                net.put(f"{name}.join", JoinVoxels(level.voxels, width, level.voxels, more), net.last, skip)
                width += more
            for index in range(architecture["d"][stage]):
                mid = make_divisible(out * architecture["inside"][2 * stage + index])
                net.put(f"{name}.block{index + 1}", ResidualVoxels(level.voxels, width, out, mid, level.neighbours))
                width = out
            now = out
            if down:
                skips.append((net.last, now))
            if stage in THROUGH_POINTS:
                number = THROUGH_POINTS.index(stage) + 1
                block = ThroughPoints(level.voxels, now, POINTS, carried[1])
                carried = net.put(f"points{number}", block, net.last, carried[0]), now
                if stage < len(channels) - 1:
                    net.put(f"voxels{number}", Resample(POINTS, now, level.voxels, 1))
        net.put("classifier", Classify(POINTS, now, CLASSES))
        return tuple(net.nodes)


class _Wires:
    """Nodes of a graph in the making; each reads the last one unless told otherwise."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    @property
    def last(self) -> str:
        """Name of the last node."""
        return self.nodes[-1][0]

    def put(self, name: str, block: Block, *sources: str) -> str:
        """Add a node and return its name."""
        self.nodes.append((name, block, sources or tuple(name for name, _, _ in self.nodes[-1:])))
        return name


@register_space("spvnas")
def spvnas() -> SparseSpace:
    """For SemanticKITTI's 19 classes, on a simulated scan."""
    return SparseSpace("spvnas")
