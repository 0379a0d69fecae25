"""Lower bounds for boxes of ragged tilings of a machine of three levels, and best-first search over boxes, compiled.

``docs/mapping.md`` ("Ragged tiles") proves every rule used here.
"""

from mappings.mappers.optimal.boxes_kernel.machine import put_on, root_bounds
from mappings.mappers.optimal.boxes_kernel.search import COUNT, FULL, POINT, PROVEN, drop_least, run
from mappings.mappers.optimal.boxes_kernel.state import DRAM, JOINT_LO, LOCAL, PART_LO, SHARED, TILE_LO, new_bounds

__all__ = [
    "COUNT",
    "DRAM",
    "FULL",
    "JOINT_LO",
    "LOCAL",
    "PART_LO",
    "POINT",
    "PROVEN",
    "SHARED",
    "TILE_LO",
    "drop_least",
    "new_bounds",
    "put_on",
    "root_bounds",
    "run",
]
