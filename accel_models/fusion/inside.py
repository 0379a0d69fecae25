"""The machine as layers of a group see it: from the shared memory inwards.

What a group holds between its layers has its *home* in the shared memory: the outermost memory that holds it. A layer
whose tensors are all at home there costs what the cost model says of the machine without DRAM; what crosses between
DRAM and the shared memory is the group's (:mod:`accel_models.fusion.timing`), and so is room.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from accel_models.accelerator import Accelerator
from nets.errors import InputError
from nets.layer import TENSORS

DRAM: Final = 0
SHARED: Final = 1


def require_shared(accelerator: Accelerator) -> None:
    """Make sure that the second level can be the home of whole tensors.

    Raises:
        InputError: there is none, it holds not all tensors, or there are several of it; says which.
    """
    place, way_out = f"accelerator {accelerator.name!r}", "groups of layers need one memory that all tensors share"
    if len(accelerator.levels) <= SHARED:
        raise InputError(f"{place}: levels", accelerator.level_names, "has no memory on the chip", way_out)
    shared = accelerator.levels[SHARED]
    missing = [tensor for tensor in TENSORS if tensor not in shared.keeps]
    parts = [level.name for level in accelerator.levels if level.shares]
    if missing:
        raise InputError(f"{place}: {shared.name}.keeps", list(shared.keeps), f"lacks {', '.join(missing)}", way_out)
    if accelerator.instances(SHARED) > 1:
        rule = f"stands {accelerator.instances(SHARED)} times"
        raise InputError(f"{place}: {shared.name}", shared.name, rule, way_out)
    if parts or shared.partition_words:
        raise InputError(f"{place}: {shared.name}", shared.name, "is divided among tensors", way_out)


def inside(accelerator: Accelerator) -> Accelerator:
    """The machine from the shared memory inwards, which holds whatever the group's room says it holds."""
    shared = replace(accelerator.levels[SHARED], capacity_words=math.inf, double_buffered=False)
    return replace(accelerator, levels=(shared, *accelerator.levels[SHARED + 1 :]))


def static_pj(accelerator: Accelerator) -> float:
    """Energy that a machine draws in a cycle whether anything runs or not."""
    return accelerator.leakage_mw * 1e9 / accelerator.clock_hz


def with_static_pj(accelerator: Accelerator, cycle_pj: float) -> Accelerator:
    """The machine with so much energy in a cycle instead: the energy of a mapping on it is ``E + w T``."""
    levels = tuple(replace(level, leakage_mw=0.0) for level in accelerator.levels)
    return replace(accelerator, levels=levels, static_mw=cycle_pj * accelerator.clock_hz / 1e9)
