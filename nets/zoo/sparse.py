"""Sparse 3D networks for LiDAR: MinkUNet (Choy et al. 2019) and SPVCNN (Tang et al. 2020), as in mit-han-lab/spvnas.

The resolution is the edge of a voxel in millimetres; layers are as large as a simulated scan is full
(:mod:`nets.zoo.lidar`). Published: 114.0 G multiply-accumulates for MinkUNet at 50 mm on recorded scans of
SemanticKITTI.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap
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
from nets.zoo.lidar import POINTS, grids
from nets.zoo.registry import register_network

if TYPE_CHECKING:
    from nets.network import Network

CHANNELS: Final = (32, 32, 64, 128, 256, 256, 128, 96, 96)
"""Of the stem, four stages down and four up."""

CLASSES: Final = 19
INPUTS: Final = 4
"""Coordinates and remission."""


def _unet(net: Network, tokens: FeatureMap, *, points: bool) -> None:
    levels = grids(tokens.height)
    stem, *stages = CHANNELS
    cloud = replace(tokens, height=POINTS)
    x = interpolate(net, "voxelize", cloud, levels[0].voxels, corners=1)
    for index in (1, 2):
        x = submanifold_conv(net, f"stem{index}", x, stem, neighbours=levels[0].neighbours)
    features = interpolate(net, "points0", x, POINTS) if points else x
    if points:
        x = interpolate(net, "voxels0", features, levels[0].voxels, corners=1)
    skips = [x]
    for number, channels in enumerate(stages[:4], start=1):
        level = levels[number]
        x = strided_conv(net, f"down{number}.transition", x, x.channels, voxels=level.voxels)
        x = _stage(net, f"down{number}", x, channels, level.neighbours)
        skips.append(x)
    if points:
        features = through_points(net, "points1", x, features)
        x = interpolate(net, "voxels1", features, levels[4].voxels, corners=1)
    for number, channels in enumerate(stages[4:], start=1):
        level = levels[4 - number]
        x = strided_deconv(net, f"up{number}.transition", x, channels, voxels=level.voxels)
        x = join_voxels(net, f"up{number}.join", x, skips[4 - number])
        x = _stage(net, f"up{number}", x, channels, level.neighbours)
        if points and number in (2, 4):
            x = features = through_points(net, f"points{1 + number // 2}", x, features)
        if points and number == 2:
            x = interpolate(net, "voxels2", features, level.voxels, corners=1)
    classify(net, "classifier", x, CLASSES)


def _stage(net: Network, name: str, x: FeatureMap, channels: int, neighbours: int) -> FeatureMap:
    """Two residual blocks."""
    for index in (1, 2):
        x = residual_voxels(net, f"{name}.block{index}", x, channels, mid_channels=channels, neighbours=neighbours)
    return x


for _name, _title, _points in (("minkunet", "MinkUNet", False), ("spvcnn", "SPVCNN", True)):
    register_network(_name, _title, input_kind="sequence", resolution=50, channels=INPUTS)(
        functools.partial(_unet, points=_points)
    )
