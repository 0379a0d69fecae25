"""Mobile networks found by search: MnasNet (Tan et al. 2019), FBNet-C (Wu et al. 2019), Single-Path NAS
(Stamoulis et al. 2019)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap, conv, global_pool, linear, make_divisible, pointwise_conv
from nets.zoo.inverted_stages import Stage, inverted_stages
from nets.zoo.registry import TORCHVISION, register_network

if TYPE_CHECKING:
    from nets.network import Network

# A1 as in figure 7 of the MnasNet paper; B1, without squeeze-excite, as its authors released it
_MNASNET_B1: Final = (
    Stage(1, 3, 1, 1, 16),
    Stage(3, 3, 2, 3, 24),
    Stage(3, 5, 2, 3, 40),
    Stage(3, 5, 2, 6, 80),
    Stage(2, 3, 1, 6, 96),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
_MNASNET_A1: Final = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(3, 5, 2, 3, 40, squeeze=True),
    Stage(4, 3, 2, 6, 80),
    Stage(2, 3, 1, 6, 112, squeeze=True),
    Stage(3, 5, 2, 6, 160, squeeze=True),
    Stage(1, 3, 1, 6, 320),
)
_FBNET_C: Final = (
    Stage(1, 3, 1, 1, 16, expand_always=True),
    Stage(1, 3, 2, 6, 24),
    Stage(2, 3, 1, 1, 24, expand_always=True),
    Stage(1, 5, 2, 6, 32),
    Stage(1, 5, 1, 3, 32),
    Stage(1, 5, 1, 6, 32),
    Stage(1, 3, 1, 6, 32),
    Stage(1, 5, 2, 6, 64),
    Stage(1, 5, 1, 3, 64),
    Stage(2, 5, 1, 6, 64),
    Stage(3, 5, 1, 6, 112),
    Stage(1, 5, 1, 3, 112),
    Stage(4, 5, 2, 6, 184),
    Stage(1, 3, 1, 6, 352),
)
_SINGLE_PATH: Final = (
    Stage(1, 3, 1, 1, 16),
    Stage(3, 3, 2, 3, 24),
    Stage(1, 5, 2, 6, 40),
    Stage(3, 3, 1, 3, 40),
    Stage(1, 5, 2, 6, 80),
    Stage(3, 3, 1, 3, 80),
    Stage(1, 5, 1, 6, 96),
    Stage(3, 5, 1, 3, 96),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


def _searched(net: Network, image: FeatureMap, *, stages: tuple[Stage, ...], stem: int = 32, head: int = 1280) -> None:
    x = conv(net, "stem", image, stem, kernel=3, stride=2, activation="relu")
    x = inverted_stages(net, x, stages, activation="relu")
    x = pointwise_conv(net, "head", x, head, activation="relu")
    linear(net, "classifier", global_pool(net, "pool", x), 1000)


def _mnasnet_b1(net: Network, image: FeatureMap, *, width: float) -> None:
    """MnasNet-B1 with every width but the head's multiplied."""
    stages = tuple(stage._replace(channels=make_divisible(width * stage.channels)) for stage in _MNASNET_B1)
    _searched(net, image, stages=stages, stem=make_divisible(width * 32))


for _name, _width, _top1 in (("b1", 1.0, 73.456), ("0_5", 0.5, 67.734), ("0_75", 0.75, 71.18), ("1_3", 1.3, 76.506)):
    register_network(f"mnasnet_{_name}", f"MnasNet-B1 {_width}", top1=_top1, top1_source=TORCHVISION)(
        functools.partial(_mnasnet_b1, width=_width)
    )

register_network("mnasnet_a1", "MnasNet-A1", top1=75.2, top1_source="Tan et al. 2019")(
    functools.partial(_searched, stages=_MNASNET_A1)
)
register_network("fbnet_c", "FBNet-C", top1=74.9, top1_source="Wu et al. 2019")(
    functools.partial(_searched, stages=_FBNET_C, stem=16, head=1984)
)
register_network("spnasnet", "Single-Path NAS")(functools.partial(_searched, stages=_SINGLE_PATH))
