"""Slices of a front: the least of one figure with limits on the others.

The design that is best within a limit is a point of the front, and every point of the front is best within some limits.
So a front is as many searches for one objective as it has points worth telling apart: this module says which.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from cosearch.evaluation.demand import ACCURACY_KNOB, GOAL_KNOB, MOST_KNOBS
from cosearch.problem.axes import Axis
from cosearch.problem.budget import Budget
from cosearch.problem.objective import OBJECTIVES
from cosearch.strategies.points import Outcome
from nets.elementary import exp, log, log1p, power

SLICES: Final = 20
"""Of two objectives; of more, about as many in all."""
TRIALS: Final = 12
"""That a slice takes at least: fewer trials are shared out among fewer slices."""
ROOT: Final = 4
"""Of areas: their fourth roots are spread evenly."""
SAME: Final = 1e-3
"""Range of losses that is not worth cutting into slices."""
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

    def merit(self, outcome: Outcome) -> float:
        """A number that ranks designs in this slice: the loss of its goal, or :data:`BROKEN` and by how much."""
        if not outcome.losses or any(slack > 0 for slack in outcome.slacks.values()):
            return outcome.merit
        excess = sum(max(loss - limit, 0.0) for loss, limit in zip(outcome.losses, self.limits))
        return BROKEN + log1p(excess) if excess else outcome.losses[self.goal]

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


def steps_of(axes: int, trials: int) -> int:
    """Steps between the ends of each axis but the first, so that every slice has some trials."""
    slices = min(SLICES, max(trials // TRIALS, 2))
    return max(1, round(power(slices, 1 / (axes - 1))) - 1)


def first_slices(axes: Sequence[Axis]) -> list[Slice]:
    """The ends that come first: the best of each figure that layers can be mapped for."""
    free = (math.inf,) * len(axes)
    others = [Slice(goal, free) for goal, axis in enumerate(axes) if goal and axis.name in OBJECTIVES]
    return [Slice(0, free, (0,) * (len(axes) - 1)), *others]


def laid(scales: Sequence[Sequence[float]]) -> list[Slice]:
    """The slices of a front, from the loosest limits to the tightest.

    Args:
        scales: limits on the loss of each axis but the first, the loosest first.
    """
    places = sorted(product(*(range(len(scale)) for scale in scales)), key=lambda place: (sum(place), place))
    return [Slice(0, (math.inf, *(scale[at] for scale, at in zip(scales, place))), place) for place in places]


def scale_of(axis: Axis, loose: float, tight: float, steps: int) -> list[float]:
    """Limits from one loss to another, evenly; of areas by their roots, between differences and ratios."""
    if tight > loose - SAME:
        return [loose]
    shares = [step / steps for step in range(1, steps)]
    if axis.name != "area":
        return [loose, *(loose + (tight - loose) * share for share in shares), tight]
    wide, narrow = exp(loose / ROOT), exp(tight / ROOT)
    return [loose, *(ROOT * log(wide + (narrow - wide) * share) for share in shares), tight]
