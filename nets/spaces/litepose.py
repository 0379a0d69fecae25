"""LitePose's space (Wang et al. 2022; mit-han-lab/litepose): widths of stem, stages and deconvolutions, and the
image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap, make_divisible
from nets.blocks.pose import fusion_deconv, pose_block, pose_output, pose_stem
from nets.spaces.block import Block, Joint
from nets.spaces.genome import Config
from nets.spaces.registry import register_space
from nets.spaces.space import GraphSpace, Node, halved
from nets.zoo.pose import OUTPUTS, REPEATS, SIZES, STRIDES

if TYPE_CHECKING:
    from nets.network import Network

WIDTHS: Final = (0.25, 0.5, 0.75, 1.0)
RESOLUTIONS: Final = (256, 320, 384, 448, 512)

_STEM: Final = 24
_STAGES: Final = (32, 64, 96, 160)
_DECONVS: Final = (64, 48, 32)


@dataclass(frozen=True, slots=True)
class PoseStem(Block):
    """Two convolutions at half the resolution, and a 1x1."""

    channels: int

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return pose_stem(net, name, x, self.channels)


@dataclass(frozen=True, slots=True)
class PoseBlock(Block):
    """An inverted bottleneck with a 7x7 kernel."""

    out_channels: int
    stride: int

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return pose_block(net, name, x, self.out_channels, stride=self.stride)


@dataclass(frozen=True, slots=True)
class Fusion(Joint):
    """A deconvolution that adds a stage of the backbone, which has ``raw_channels`` on the same plane."""

    out_channels: int
    raw_channels: int

    @property
    def others(self) -> tuple[FeatureMap, ...]:
        """The stage."""
        return (FeatureMap.image(self.resolution, channels=self.raw_channels),)

    def join(self, net: Network, name: str, x: FeatureMap, *others: FeatureMap) -> FeatureMap:
        """See :meth:`Joint.join`."""
        return fusion_deconv(net, name, x, others[0], self.out_channels)


@dataclass(frozen=True, slots=True)
class PoseOutput(Fusion):
    """A heat map from a deconvolution and a stage of the backbone."""

    def join(self, net: Network, name: str, x: FeatureMap, *others: FeatureMap) -> FeatureMap:
        """See :meth:`Joint.join`."""
        return pose_output(net, name, x, others[0], self.out_channels)


class LitePoseSpace(GraphSpace):
    """Gene ``w``: width multipliers of the stem, the four stages and the three deconvolutions."""

    title = "LitePose"

    def __init__(self, id: str) -> None:
        genes = {"w": (1 + len(_STAGES) + len(_DECONVS), WIDTHS)}
        super().__init__(id, depths=(), block_genes={}, free_genes=genes, resolutions=RESOLUTIONS)

    def _graph(self, architecture: Config, resolution: int) -> tuple[Node, ...]:
        bases = (_STEM, *_STAGES, *_DECONVS)
        stem, *rest = (make_divisible(base * width) for base, width in zip(bases, architecture["w"]))
        stages, deconvs = rest[: len(_STAGES)], rest[len(_STAGES) :]
        nodes: list[Node] = [("stem", PoseStem(resolution, 3, stem), ())]
        made = [("stem", stem)]
        size = halved(resolution)
        for number, (channels, repeats, stride) in enumerate(zip(stages, REPEATS, STRIDES), start=1):
            before = made[-1][1]
            for index in range(repeats):
                step = 1 if index else stride
                block = PoseBlock(size, channels if index else before, channels, step)
                nodes.append((f"stage{number}.block{index + 1}", block, (nodes[-1][0],)))
                size = halved(size, step)
            made.append((nodes[-1][0], channels))
        x, raw = made[-1], made[-2]
        for index, channels in enumerate(deconvs):
            name = f"deconv{index + 1}"
            nodes.append((name, Fusion(size, x[1], channels, raw[1]), (x[0], raw[0])))
            x, raw, size = (name, channels), made[-3 - index], 2 * size
            if index:
                output = PoseOutput(size, channels, OUTPUTS[index - 1], raw[1])
                nodes.append((f"output{index}", output, (x[0], raw[0])))
        return tuple(nodes)


def found(name: str) -> Config:
    """One of LitePose's own networks (``xs``, ``s``, ``m``, ``l``) in the space."""
    sizes = SIZES[name]
    bases = (_STEM, *_STAGES, *_DECONVS)
    widths = []
    for base, channels in zip(bases, (sizes.stem, *sizes.stages, *sizes.deconvs)):
        widths.append(next(width for width in WIDTHS if make_divisible(base * width) == channels))
    return {"d": [], "w": widths, "r": sizes.resolution}


@register_space("litepose")
def litepose() -> LitePoseSpace:
    """For CrowdPose's 14 joints."""
    return LitePoseSpace("litepose")
