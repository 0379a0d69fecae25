"""A network of which layers run together tile by tile: what it costs, beside the same with every layer alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from accel_models.accelerator import Accelerator
from accel_models.fusion.inside import static_pj
from cosearch.problem.objective import Objective
from mappings.fusion.cutter import Part
from mappings.fusion.fuse import fuse
from mappings.fusion.plan import Plan, carried_out, plans_of
from nets.network import Network


@dataclass(frozen=True)
class Grouped:
    """A network cut into groups on a machine.

    Attributes:
        network, accelerator: what runs where.
        plans: how, in its order.
        at_least: what the objective is not below for any groups of the kind that was searched, in its unit; 0 where
            nothing is proven.
    """

    network: Network
    accelerator: Accelerator
    plans: tuple[Plan, ...]
    at_least: float

    @classmethod
    def search(cls, network: Network, accelerator: Accelerator, objective: Objective) -> Grouped:
        """The groups of least energy, latency or their product that are found.

        Raises:
            InputError: a machine without a memory that all tensors share.
            InfeasibleError: a layer fits nowhere.
        """
        found = fuse(network, accelerator, objective=objective.name)
        bound = {
            "edp": found.lower_bound * 1e-12 / accelerator.clock_hz,
            "energy": found.lower_bound * 1e-12,
            "latency": found.lower_bound / accelerator.clock_hz,
        }
        grouped = cls(network, accelerator, tuple(plans_of(found)), bound[objective.name])
        return cls(network, accelerator, grouped.plans, min(grouped.at_least, grouped.value(objective)))

    @cached_property
    def parts(self) -> Sequence[Part]:
        """What runs together or alone, and what that costs; priced anew from the plans.

        Raises:
            InputError, InfeasibleError: see :func:`mappings.fusion.plan.carried_out`.
        """
        return carried_out(self.network, self.accelerator, self.plans)

    @cached_property
    def cycles(self) -> float:
        """Of one inference."""
        return math.fsum(part.cost.cycles for part in self.parts)

    @property
    def latency_s(self) -> float:
        """Of one inference."""
        return self.cycles / self.accelerator.clock_hz

    @cached_property
    def energy_pj(self) -> float:
        """Of one inference, static power included."""
        return math.fsum(part.cost.energy_pj for part in self.parts) + static_pj(self.accelerator) * self.cycles

    def value(self, objective: Objective) -> float:
        """Of an objective, in its unit."""
        return objective.of(self.energy_pj, self.latency_s)

    def to_dict(self) -> dict[str, Any]:
        """Figures as plain data for JSON and YAML."""
        return {
            "energy_pj": self.energy_pj,
            "latency_s": self.latency_s,
            "lower_bound": self.at_least,
            "groups": [self._part(part) for part in self.parts],
        }

    def _part(self, part: Part) -> dict[str, Any]:
        layers = self.network.layers[part.begin : part.end]
        figures: dict[str, Any] = {
            "layers": [layers[0].name, layers[-1].name],
            "count": len(layers),
            "energy_pj": part.cost.energy_pj,
            "cycles": part.cost.cycles,
        }
        if (way := part.cost.way) is None:
            return figures
        return figures | {
            "schedule": way.schedule.described((layers[-1].P, layers[-1].Q)),
            "tiles": len(way.written),
            "room_words": way.room,
            "dram_words": way.dram_words,
        }
