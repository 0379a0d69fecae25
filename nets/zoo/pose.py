"""LitePose (Wang et al. 2022): pose estimation of many people on small devices, as its search found them.

Sizes from mit-han-lab/litepose; 14 joints as in CrowdPose. Two heat maps per image: at a quarter of the resolution
with one tag per joint, at half of it without.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final, NamedTuple

from nets.blocks import FeatureMap
from nets.blocks.pose import fusion_deconv, pose_block, pose_output, pose_stem
from nets.zoo.registry import register_network

if TYPE_CHECKING:
    from nets.network import Network

JOINTS: Final = 14
OUTPUTS: Final = (2 * JOINTS, JOINTS)
"""Channels of the two heat maps."""


class PoseSizes(NamedTuple):
    """Channels of a network.

    Attributes:
        stem: behind the stem.
        stages: of the four stages.
        deconvs: of the three deconvolutions.
        resolution: of its image.
    """

    stem: int
    stages: tuple[int, int, int, int]
    deconvs: tuple[int, int, int]
    resolution: int


REPEATS: Final = (6, 8, 10, 10)
STRIDES: Final = (2, 2, 2, 1)

SIZES: Final = {
    "xs": PoseSizes(16, (16, 32, 48, 80), (16, 24, 24), 256),
    "s": PoseSizes(16, (16, 32, 48, 120), (32, 24, 32), 448),
    "m": PoseSizes(16, (24, 48, 72, 120), (64, 40, 32), 448),
    "l": PoseSizes(24, (24, 64, 96, 160), (64, 40, 32), 512),
}


def _litepose(net: Network, image: FeatureMap, *, sizes: PoseSizes) -> None:
    x = pose_stem(net, "stem", image, sizes.stem)
    made = [x]
    for number, (channels, repeats, stride) in enumerate(zip(sizes.stages, REPEATS, STRIDES), start=1):
        for index in range(repeats):
            x = pose_block(net, f"stage{number}.block{index + 1}", x, channels, stride=stride if index == 0 else 1)
        made.append(x)
    x, raw = made[-1], made[-2]
    for index, channels in enumerate(sizes.deconvs):
        x = fusion_deconv(net, f"deconv{index + 1}", x, raw, channels)
        raw = made[-3 - index]
        if index:
            pose_output(net, f"output{index}", x, raw, OUTPUTS[index - 1])


for _size, _sizes in SIZES.items():
    register_network(f"litepose_{_size}", f"LitePose-Auto-{_size.upper()}", resolution=_sizes.resolution)(
        functools.partial(_litepose, sizes=_sizes)
    )
