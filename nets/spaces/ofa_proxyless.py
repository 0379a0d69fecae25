"""Once-for-All ProxylessNAS (Cai et al. 2019 and 2020; mit-han-lab/once-for-all), width 1.3."""

from __future__ import annotations

from nets.blocks import make_divisible
from nets.spaces.ofa_mobile import DEPTHS, MobileSpace, Stage
from nets.spaces.registry import register_space

_BASE_WIDTHS = (32, 16, 24, 40, 80, 96, 192, 320, 1280)
_STRIDES = (2, 2, 2, 1, 2, 1)


@register_space("ofa-proxyless-w1.3")
def proxyless_w13() -> MobileSpace:
    """Width 1.3, 128 to 224 pixels. The sixth stage is a single block, so ``ks`` and ``e`` have 21 entries."""
    first, block0, *stages, last = (make_divisible(base * 1.3) for base in _BASE_WIDTHS)
    depths = (DEPTHS,) * 5 + ((1,),)
    return MobileSpace(
        "ofa-proxyless-w1.3",
        "Once-for-All ProxylessNAS, width 1.3",
        stem=(first, block0),
        stem_activations=("relu6", "relu6"),
        stem_skip=False,
        stages=[
            Stage(width, stride, "relu6", squeeze=False, depths=choices)
            for width, stride, choices in zip(stages, _STRIDES, depths)
        ],
        head=(last, None),
        head_activation="relu6",
        resolutions=range(128, 225, 4),
    )
