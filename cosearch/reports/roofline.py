"""Networks under the roof of a machine: every layer's point, and the share of the time it takes."""

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
        points: one for each MAC layer, in the order they run.
        time_shares: of the same layers, in the latency of the whole network.
        resolution: of the network's input image.
    """

    network: str
    accelerator: Accelerator
    points: Sequence[RooflinePoint]
    time_shares: Sequence[float]
    resolution: int | None = None

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
        layers = [
            point.to_dict() | {"time_share": share} for point, share in zip(self.points, self.time_shares, strict=True)
        ]
        return {
            "network": self.network,
            "resolution": self.resolution,
            "accelerator": self.accelerator.name,
            "clock_hz": self.accelerator.clock_hz,
            "roof": self.roof.to_dict(),
            "layers": layers,
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
