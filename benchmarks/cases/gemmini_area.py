"""Areas of Gemmini-like hardware in a table of Timeloop's, from four constants.

A place of the array (MAC and register), a word of the accumulators, a word of the scratchpad, and what every design
has: the ones, none negative, of least squared relative error. Each design is predicted from the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator

Array = NDArray[np.float64]
AREA_NAMES: Final = ("place_of_the_array", "accumulator_word", "scratchpad_word", "every_design")


def area_features(accelerators: Sequence[Accelerator]) -> Array:
    """What the constants multiply, (n, 4): places, words of all accumulators, words of the scratchpad, one."""
    return np.array(
        [
            (
                machine.macs_per_cycle,
                machine.levels[2].capacity_words * machine.instances(2),
                machine.levels[1].capacity_words,
                1.0,
            )
            for machine in accelerators
        ]
    )


def fit_areas(features: Array, area_mm2: Array) -> Array:
    """The constants in mm2."""
    from scipy.optimize import nnls

    relative = features / area_mm2[:, None]
    scale = relative.max(axis=0)
    return np.asarray(nnls(relative / scale, np.ones(len(area_mm2)))[0] / scale, dtype=np.float64)


def compare_areas(accelerators: Sequence[Accelerator], area_mm2: Array) -> dict[str, Any]:
    """How far every design's area is from what the others say of it; empty with fewer designs than constants + 1."""
    if len(accelerators) <= len(AREA_NAMES):
        return {}
    features, indices = area_features(accelerators), np.arange(len(area_mm2))
    error = np.empty(len(area_mm2))
    for design in indices:
        others = indices != design
        error[design] = abs(features[design] @ fit_areas(features[others], area_mm2[others]) / area_mm2[design] - 1)
    return {
        "area_designs": len(area_mm2),
        "area_mape": float(error.mean()),
        "area_worst_error": float(error.max()),
        "area_table_mm2": dict(zip(AREA_NAMES, fit_areas(features, area_mm2).tolist())),
    }
