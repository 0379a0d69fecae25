"""What a lane of a race is after: one figure made small, with limits on the others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cosearch.evaluation.demand import ACCURACY_KNOB, GOAL_KNOB, MOST_KNOBS
from cosearch.problem.axes import Axis
from cosearch.problem.budget import Budget
from cosearch.strategies.points import Outcome
from nets.elementary import exp, log1p

FIELDS: Final[Mapping[str, str]] = {
    "area": "area_mm2", "latency": "latency_s", "energy": "energy_j", "power": "power_w"
}  # fmt: skip
"""Where a budget limits an axis."""
BROKEN: Final = 1e3
"""Merit of a design outside a slice, as of one that breaks a limit of the budget."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One objective within limits.

    Attributes:
        goal: which axis is made small.
        limits: the most that the loss of each axis may be; infinite for none.
        place: steps from the loosest limit of each axis; none for the best of an axis without any.
    """

    goal: int
    limits: tuple[float, ...]
    place: tuple[int, ...] = ()

    @classmethod
    def whole(cls, axes: int) -> Slice:
        """The least of the first of some axes, without a limit."""
        return cls(0, (math.inf,) * axes, (0,) * (axes - 1))

    def merit(self, outcome: Outcome) -> float:
        """A number that ranks designs in this slice: the loss of its goal, or :data:`BROKEN` and by how much."""
        if not outcome.losses or any(slack > 0 for slack in outcome.slacks):
            return outcome.merit
        excess = sum(max(loss - limit, 0.0) for loss, limit in zip(outcome.losses, self.limits))
        return BROKEN + log1p(excess) if excess else outcome.losses[self.goal]

    def apart(self, other: Slice) -> int:
        """Steps between two slices; none where either has no place."""
        return sum(abs(one - its) for one, its in zip(self.place, other.place))

    def knobs(self, axes: Sequence[Axis], shares: Mapping[float, float]) -> dict[str, float]:
        """What a design of this slice is asked for, as :class:`cosearch.evaluation.demand.Demand` reads it.

        Args:
            axes: of the front.
            shares: by limit on the accuracy's loss, how much of the highest is asked for.
        """
        asked = {f"{GOAL_KNOB}{axes[self.goal].name}": 1.0} if self.goal else {}
        for axis, limit in zip(axes, self.limits):
            if axis.name in MOST_KNOBS and math.isfinite(limit):
                asked[MOST_KNOBS[axis.name]] = exp(limit)
            elif axis.name == "accuracy":
                asked[ACCURACY_KNOB] = shares.get(limit, 0.0)
        return asked

    def budget(self, axes: Sequence[Axis], budget: Budget) -> Budget:
        """The budget with the slice's limits; it has none on accuracy and on products of energy and latency."""
        known = budget.limits()
        for axis, limit in zip(axes, self.limits):
            if axis.name in FIELDS and math.isfinite(limit):
                known[axis.name] = min(known.get(axis.name, math.inf), exp(limit))
        return replace(budget, **{field: known[name] for name, field in FIELDS.items() if name in known})
