"""Latency of a mapped network as a model of measured latencies has it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from accel_models.calibration.latency_models import MeasuredLatency, measured_latency
from accel_models.calibration.model import Outside, Range
from cosearch.evaluation.network_cost import LayerCost, NetworkCost, ShapeKey


@dataclass(frozen=True, slots=True)
class MeasuredNetwork:
    """Latency of the layers of a network, one after the other.

    Attributes:
        model: a key of :data:`accel_models.calibration.latency_models.LATENCY_MODELS`.
        clock_hz: of the machine.
        layers: layers of the MAC array with what the model says of one run of each.
        other_cycles: of what runs beside the array, as the cost model has it.
    """

    model: str
    clock_hz: float
    layers: tuple[tuple[LayerCost, MeasuredLatency], ...]
    other_cycles: float

    @classmethod
    def of(cls, cost: NetworkCost, model: str) -> MeasuredNetwork:
        """Of a mapped network.

        Raises:
            InputError: see :func:`accel_models.calibration.latency_models.measured_latency`.
        """
        known: dict[ShapeKey, MeasuredLatency] = {}
        layers = []
        for at in cost.layers:
            if at.mapping is not None:
                if at.layer.shape_key not in known:
                    known[at.layer.shape_key] = measured_latency(at.layer, cost.accelerator, at.mapping, model=model)
                layers.append((at, known[at.layer.shape_key]))
        others = math.fsum(at.cycles for at in cost.layers if at.mapping is None)
        return cls(model, cost.accelerator.clock_hz, tuple(layers), others)

    def cycles(self, end: str) -> float:
        """Cycles of all layers: ``"cycles"``, or the sum of one end of their intervals, ``"low"`` or ``"high"``."""
        found = (at.layer.times * getattr(measured.prediction, end) for at, measured in self.layers)
        return math.fsum((*found, self.other_cycles))

    @property
    def outside(self) -> list[str]:
        """What lies outside the measured rows, and of how many layers."""
        found: dict[str, list[Outside]] = {}
        for _, measured in self.layers:
            for figure in measured.prediction.outside:
                found.setdefault(figure.figure, []).append(figure)
        return [
            f"{name.replace('_', ' ')} {Range(min(at.value for at in each), max(at.value for at in each))} of "
            f"{len(each)} of {len(self.layers)} layers, measured were {each[0].range}"
            for name, each in found.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "model": self.model,
            "cycles": self.cycles("cycles"),
            "low_cycles": self.cycles("low"),
            "high_cycles": self.cycles("high"),
            "latency_s": self.cycles("cycles") / self.clock_hz,
            "outside": self.outside,
            "layers": [
                {"name": at.layer.name, "times": at.layer.times} | measured.to_dict() for at, measured in self.layers
            ],
        }
