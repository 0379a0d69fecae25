"""Networks under the roof of a machine: every layer's point, and the share of the time it takes.

A network whose layers run in groups stands there twice: layer by layer, and group by group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accel_models.accelerator import Accelerator
from accel_models.cost import Cost, evaluate
from accel_models.roofline import Roof, RooflinePoint, machine_roof, roofline
from cosearch.evaluation.network_cost import NetworkCost, ShapeKey


@dataclass(frozen=True, slots=True)
class NetworkRoofline:
    """One mapped network on one machine.

    Attributes:
        network: its name. accelerator: the machine.
        points: one for each MAC layer, or each group with MACs, in the order they run.
        time_shares: of the same, in the latency of the whole network.
        resolution: of the network's input image.
        groups: the same network group by group; ``None`` where every layer runs alone.
    """

    network: str
    accelerator: Accelerator
    points: Sequence[RooflinePoint]
    time_shares: Sequence[float]
    resolution: int | None = None
    groups: GroupedRoofline | None = None

    @property
    def series(self) -> list[NetworkRoofline]:
        """What a plot shows: itself, and the groups."""
        return [self] if self.groups is None else [self, self.groups.roofline]

    @property
    def name(self) -> str:
        """What a plot calls it."""
        return f"{self.network} on {self.accelerator.name}"

    @property
    def roof(self) -> Roof:
        """Ceilings of the machine."""
        return machine_roof(self.accelerator)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        groups = {} if self.groups is None else {"groups": self.groups.to_dict()}
        return {
            "network": self.network,
            "resolution": self.resolution,
            "accelerator": self.accelerator.name,
            "clock_hz": self.accelerator.clock_hz,
            "roof": self.roof.to_dict(),
            "layers": self.points_to_list(),
            **groups,
        }

    def points_to_list(self) -> list[dict[str, Any]]:
        """The points as plain data for JSON."""
        return [
            point.to_dict() | {"time_share": share} for point, share in zip(self.points, self.time_shares, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class GroupedRoofline:
    """A network in groups on one machine.

    Attributes:
        roofline: a point for each group, and for each layer alone, that has MACs.
        alone: by point, MACs a byte of DRAM traffic of the same layers with every layer alone.
        intensity, intensity_alone: of the whole network, layers without MACs included.
    """

    roofline: NetworkRoofline
    alone: Sequence[float]
    intensity: float
    intensity_alone: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        parts = zip(self.roofline.points_to_list(), self.alone, strict=True)
        return {
            "intensity_macs_per_byte": self.intensity,
            "intensity_alone_macs_per_byte": self.intensity_alone,
            "parts": [part | {"alone_intensity_macs_per_byte": alone} for part, alone in parts],
        }


def network_roofline(cost: NetworkCost) -> NetworkRoofline:
    """The roofline of a network as it was mapped.

    Raises:
        InputError: no layer of it runs on the MAC array.
    """
    shapes: dict[ShapeKey, Cost] = {}
    costs, shares = {}, []
    for ran in cost.layers:
        if ran.mapping is None:
            continue
        key = ran.layer.shape_key
        if key not in shapes:
            shapes[key] = evaluate(ran.layer, cost.accelerator, ran.mapping)
        costs[ran.layer.name] = shapes[key]
        shares.append(ran.latency_s / cost.latency_s)
    points = roofline(cost.network, cost.accelerator, costs)
    return NetworkRoofline(cost.network.name, cost.accelerator, points, shares, cost.network.resolution)
