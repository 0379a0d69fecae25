"""What a given mapping of a layer costs on a given accelerator.

Most names below load on first use, so that importing the package is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

# Bound at once, and cheap: a name that is also its module's would turn into the module when that is imported later.
from accel_models.roofline import RooflinePoint, roofline
from nets.first_use import on_first_use

if TYPE_CHECKING:
    from accel_models.accelerator import Accelerator, Axis, Level
    from accel_models.cost import Cost, evaluate, evaluate_batch
    from accel_models.loopnest import LevelLoops, Loop, Mapping, MappingArrays
    from accel_models.presets import list_accelerators, load_accelerator

_HOMES = {
    "Accelerator": "accel_models.accelerator",
    "Axis": "accel_models.accelerator",
    "Cost": "accel_models.cost",
    "Level": "accel_models.accelerator",
    "LevelLoops": "accel_models.loopnest",
    "Loop": "accel_models.loopnest",
    "Mapping": "accel_models.loopnest",
    "MappingArrays": "accel_models.loopnest",
    "evaluate": "accel_models.cost",
    "evaluate_batch": "accel_models.cost",
    "list_accelerators": "accel_models.presets",
    "load_accelerator": "accel_models.presets",
}

__all__ = [
    "Accelerator",
    "Axis",
    "Cost",
    "Level",
    "LevelLoops",
    "Loop",
    "Mapping",
    "MappingArrays",
    "RooflinePoint",
    "evaluate",
    "evaluate_batch",
    "list_accelerators",
    "load_accelerator",
    "roofline",
]

__getattr__, __dir__ = on_first_use(__name__, _HOMES)
