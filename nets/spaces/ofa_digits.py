"""A small space of the Once-for-All kind: its supernet trains on small images in minutes, without any special hardware.

The structure is that of Once-for-All MobileNetV3: elastic kernel, expansion and depth, squeeze-and-excite, resolution.
"""

from __future__ import annotations

from nets.spaces.ofa_mobile import MobileSpace, Stage
from nets.spaces.registry import register_space


@register_space("ofa-digits")
def digits() -> MobileSpace:
    """12 to 20 pixels, three stages, ten classes."""
    return MobileSpace(
        "ofa-digits",
        "Once-for-All in small, for handwritten digits",
        stem=(8, 8),
        stem_activations=("h_swish", "relu"),
        stem_skip=True,
        stages=[
            Stage(8, 1, "relu", squeeze=False),
            Stage(16, 2, "h_swish", squeeze=True),
            Stage(24, 2, "h_swish", squeeze=True),
        ],
        head=(64, 64),
        head_activation="h_swish",
        resolutions=range(12, 21, 4),
        classes=10,
    )
