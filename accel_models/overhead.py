"""The area between the parts and the die, calibrated on published designs for each class of nodes.

    area = factor x sum of the parts + fixed

``fixed`` are the units that a chip needs whatever the size of its array (post-processing, DMA, interfaces, control);
``factor`` is clock tree, wiring, fill and address generation. Both are fitted by least squares of relative errors to
the designs of a class, and each design is predicted from the others of its class; the spread of those predictions is
the interval. With two designs, which are of different kinds, there is no fixed part to be told, and the factor is the
geometric mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.area import OVERHEAD
from accel_models.description import Machine
from accel_models.dram import PHY
from accel_models.silicon import Silicon, silicon, silicon_below_28nm

Array = NDArray[np.float64]
CLASSES: Final = {"65 and 45 nm": (65, 45), "32 to 22 nm": (32, 28, 22), "16 and 7 nm": (16, 7)}
"""Nodes of each class: planar with chips of 65 nm, planar with synthesised designs of 28 nm, FinFETs with those of
16 nm."""


@dataclass(frozen=True, slots=True)
class NodeClass:
    """What a class of nodes adds to the parts.

    Attributes:
        name: a key of :data:`CLASSES`.
        designs: that it is calibrated on.
        factor, fixed_mm2: see above.
        ratios: published over predicted area of every design, from the others.
    """

    name: str
    designs: tuple[Silicon, ...]
    factor: float
    fixed_mm2: float
    ratios: tuple[float, ...]

    def mm2(self, parts_mm2: float) -> float:
        """Area of a design."""
        return self.factor * parts_mm2 + self.fixed_mm2


@dataclass(frozen=True, slots=True)
class AreaInterval:
    """Area as published designs of a class of nodes have it, and what their spread leaves open."""

    low_mm2: float
    mm2: float
    high_mm2: float
    of: NodeClass

    def __str__(self) -> str:
        count, nodes = len(self.of.designs), self.of.name
        return f"{self.mm2:.3g} mm2 ({self.low_mm2:.3g} to {self.high_mm2:.3g}) by {count} published designs of {nodes}"

    def to_dict(self) -> dict[str, float | str | int]:
        """Plain data for JSON."""
        return {
            "low_mm2": self.low_mm2,
            "mm2": self.mm2,
            "high_mm2": self.high_mm2,
            "nodes": self.of.name,
            "designs": len(self.of.designs),
        }


def parts_mm2(accelerator: Accelerator) -> float:
    """Sum of the parts, without overhead and without the interface to DRAM, which is there as published."""
    parts = accelerator.area_breakdown_mm2()
    return math.fsum(mm2 for name, mm2 in parts.items() if not name.startswith(OVERHEAD) and name != PHY)


def area_interval(machine: Machine) -> AreaInterval | None:
    """The area of a machine as the published designs of its class have it.

    ``None`` where nothing says its node, or its area does not come from parts and an overhead of ours.
    """
    if isinstance(machine, Accelerator):
        accelerator = machine
    elif machine.technology is not None:
        return None  # published designs were held against parts by our figures
    else:
        accelerator = machine.accelerator()
    priced_here = any(name.startswith(OVERHEAD) for name in accelerator.area_breakdown_mm2())
    names = [name for name, nodes in CLASSES.items() if accelerator.node_nm in nodes]
    if not names or not priced_here:
        return None
    found = node_class(names[0])
    expected, phy_mm2 = found.mm2(parts_mm2(accelerator)), accelerator.other_area_mm2.get(PHY, 0.0)
    low, high = (expected * ratios(found.ratios) for ratios in (min, max))
    return AreaInterval(low + phy_mm2, expected + phy_mm2, high + phy_mm2, found)


@cache
def node_class(name: str) -> NodeClass:
    """What a class of :data:`CLASSES` adds to the parts."""
    nodes = CLASSES[name]
    designs = tuple(at for at in [*silicon(), *silicon_below_28nm()] if at.accelerator.node_nm in nodes)
    parts = np.array([parts_mm2(design.accelerator) for design in designs])
    published = np.array([design.published_mm2 for design in designs])
    factor, fixed = _fit(parts, published)
    ratios = []
    for index in range(len(designs)):
        others = np.arange(len(designs)) != index
        slope, constant = _fit(parts[others], published[others])
        ratios.append(float(published[index] / (slope * parts[index] + constant)))
    return NodeClass(name, designs, factor, fixed, tuple(ratios))


def _fit(parts: Array, published: Array) -> tuple[float, float]:
    """Factor and fixed part; no fixed part below three designs."""
    if len(parts) < 3:
        return float(np.exp(np.log(published / parts).mean())), 0.0
    design = np.stack([parts, np.ones_like(parts)], axis=1) / published[:, None]
    factor, fixed = np.linalg.lstsq(design, np.ones(len(parts)), rcond=None)[0]
    return float(factor), float(fixed)
