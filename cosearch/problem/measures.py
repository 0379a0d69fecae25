"""Figures of an architecture, and limits on them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that an evaluator gives of every architecture.

    Attributes:
        name: what a person asks for; title: as tables call it.
        unit: of its values.
        larger: whether larger is better.
        shown_unit, shown_per_unit: what people read it in: ``ms`` and 1000 for seconds.
        ratio: whether it is a positive cost that is compared by ratios, as latencies are.
    """

    name: str
    title: str
    unit: str
    larger: bool = False
    shown_unit: str = ""
    shown_per_unit: float = 1.0
    ratio: bool = True

    def loss(self, value: float) -> float:
        """What is made small: the logarithm of a cost, or the figure itself, turned round where larger is better."""
        if self.larger:
            return -value
        if not self.ratio or not math.isfinite(value):
            return value
        return math.log(value) if value > 0 else -math.inf

    def show(self, value: float) -> str:
        """``value`` for people."""
        return f"{value * self.shown_per_unit:.4g} {self.shown_unit or self.unit}".rstrip()


ACCURACY: Final = Measure("accuracy", "top-1", "%", larger=True)
LATENCY: Final = Measure("latency", "latency", "s", shown_unit="ms", shown_per_unit=1e3)
ENERGY: Final = Measure("energy", "energy", "J", shown_unit="mJ", shown_per_unit=1e3)
POWER: Final = Measure("power", "power", "W")
MACS: Final = Measure("macs", "MACs", "", shown_unit="M", shown_per_unit=1e-6)
PARAMS: Final = Measure("params", "parameters", "", shown_unit="M", shown_per_unit=1e-6)
SRAM: Final = Measure("sram", "peak memory", "B", shown_unit="KB", shown_per_unit=1e-3)
"""Activations alive at once on a microcontroller, 8 bits each, depthwise convolutions in place."""
FLASH: Final = Measure("flash", "flash", "B", shown_unit="KB", shown_per_unit=1e-3)
"""Parameters at 8 bits each."""
CAPACITY: Final = Measure(
    "capacity", "capacity", "MACs", larger=True, shown_unit="million MACs", shown_per_unit=1e-6, ratio=False
)
"""MACs as what stands in for accuracy where none is known: the more the better, as MCUNet judges spaces."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound that an architecture must keep: at least where larger is better, else at most."""

    measure: Measure
    bound: float

    def violation(self, value: float) -> float:
        """By what share of the bound it is broken; 0 where it is kept, infinite where there is no figure."""
        excess = self.bound - value if self.measure.larger else value - self.bound
        if math.isnan(excess):
            return math.inf
        return max(excess, 0.0) / (abs(self.bound) or 1.0)

    def __str__(self) -> str:
        relation = ">=" if self.measure.larger else "<="
        return f"{self.measure.name} {relation} {self.measure.show(self.bound)}"
