"""What a search makes small: energy-delay product, latency or energy of a network; a geometric mean over several."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from nets.elementary import exp, log
from nets.errors import unknown

ObjectiveName = Literal["edp", "latency", "energy"]


@dataclass(frozen=True, slots=True)
class Objective:
    """One figure of merit, ``energy ** energy_power * latency ** latency_power``; smaller is better.

    Attributes:
        name: what a person asks for.
        title: as tables call it.
        unit: of its value.
        energy_power, latency_power: exponents of energy in joule and latency in seconds.
    """

    name: ObjectiveName
    title: str
    unit: str
    energy_power: int
    latency_power: int

    @property
    def unit_ending(self) -> str:
        """The unit as a name ends with it: ``edp_js``."""
        return self.unit.replace(" ", "").lower()

    def of(self, energy_pj: float, latency_s: float) -> float:
        """The value for one inference, in :attr:`unit`."""
        return float((energy_pj * 1e-12) ** self.energy_power * latency_s**self.latency_power)


OBJECTIVES: Final = {
    objective.name: objective
    for objective in (
        Objective("edp", "EDP", "J s", 1, 1),
        Objective("latency", "latency", "s", 0, 1),
        Objective("energy", "energy", "J", 1, 0),
    )
}


def load_objective(name: str) -> Objective:
    """The objective of that name.

    Raises:
        InputError: no such objective; names the nearest.
    """
    if name not in OBJECTIVES:
        raise unknown("objective", name, OBJECTIVES)
    return OBJECTIVES[name]


def geometric_mean(values: Iterable[float]) -> float:
    """Geometric mean of positive values; ``inf`` when one of them is (as NAAS rewards several benchmarks)."""
    values = list(values)
    if any(math.isinf(value) for value in values):
        return math.inf
    return exp(math.fsum(log(value) for value in values) / len(values))
