"""What a point of a search asks of the networks on its accelerator, beyond what all of them are asked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from cosearch.problem.budget import Budget
from cosearch.problem.objective import OBJECTIVES, Objective, load_objective

ACCURACY_KNOB: Final = "accuracy"
GOAL_KNOB: Final = "goal_"
MOST_KNOBS: Final[Mapping[str, str]] = {
    "latency": "most_latency_s", "energy": "most_energy_j", "power": "most_power_w"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of networks.

    Attributes:
        accuracy: 0 asks for the least accuracy allowed, 1 for the highest there is; given networks have theirs.
        goal: name of what is made small; empty for that of the search.
        latency_s, energy_j, power_w: the most that a subnet may take; infinite for what the budget allows.
    """

    accuracy: float = 0.0
    goal: str = ""
    latency_s: float = math.inf
    energy_j: float = math.inf
    power_w: float = math.inf

    @classmethod
    def of(cls, knobs: Mapping[str, float]) -> Demand:
        """What a point asks; :data:`USUAL` itself where that is nothing, since every trial of a search keeps one."""
        goal = next((name for name in OBJECTIVES if f"{GOAL_KNOB}{name}" in knobs), "")
        latency, energy, power = (knobs.get(knob, math.inf) for knob in MOST_KNOBS.values())
        found = cls(knobs.get(ACCURACY_KNOB, 0.0), goal, latency, energy, power)
        return USUAL if found == USUAL else found

    def objective(self, usual: Objective) -> Objective:
        """What is made small."""
        return load_objective(self.goal) if self.goal else usual

    def budget(self, usual: Budget) -> Budget:
        """The limits to keep."""
        limits = {}
        for field in ("latency_s", "energy_j", "power_w"):
            own, given = getattr(self, field), getattr(usual, field)
            least = own if given is None else min(own, given)
            limits[field] = least if math.isfinite(least) else None
        return replace(usual, **limits)


USUAL: Final = Demand()
