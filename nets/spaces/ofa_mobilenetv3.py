"""Once-for-All MobileNetV3 (Cai et al. 2020; mit-han-lab/once-for-all), widths 1.0 and 1.2."""

from __future__ import annotations

from nets.blocks import make_divisible
from nets.layer import Activation
from nets.spaces.ofa_mobile import MobileSpace, Stage
from nets.spaces.registry import register_space

_BASE_WIDTHS = (16, 16, 24, 40, 80, 112, 160, 960, 1280)
_STRIDES = (2, 2, 2, 1, 2)
_ACTIVATIONS: tuple[Activation, ...] = ("relu", "relu", "h_swish", "h_swish", "h_swish")
_SQUEEZE = (False, True, False, True, True)


def ofa_mobilenetv3(id: str, width: float, lowest_resolution: int) -> MobileSpace:
    """The space at one width multiplier; resolutions go in steps of 4 up to 224."""
    first, block0, *stages, last, hidden = (make_divisible(base * width) for base in _BASE_WIDTHS)
    return MobileSpace(
        id,
        f"Once-for-All MobileNetV3, width {width}",
        stem=(first, block0),
        stem_activations=("h_swish", "relu"),
        stem_skip=True,
        stages=[Stage(*figures) for figures in zip(stages, _STRIDES, _ACTIVATIONS, _SQUEEZE)],
        head=(last, hidden),
        head_activation="h_swish",
        resolutions=range(lowest_resolution, 225, 4),
    )


@register_space("ofa-mbv3-w1.0")
def mobilenetv3_w10() -> MobileSpace:
    """Width 1.0, 128 to 224 pixels."""
    return ofa_mobilenetv3("ofa-mbv3-w1.0", 1.0, 128)


@register_space("ofa-mbv3-w1.2")
def mobilenetv3_w12() -> MobileSpace:
    """Width 1.2, 160 to 224 pixels."""
    return ofa_mobilenetv3("ofa-mbv3-w1.2", 1.2, 160)
