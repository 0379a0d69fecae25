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

from cosearch.problem.axes import Axis
from cosearch.problem.budget import Budget
from cosearch.strategies.points import Outcome
from nets.elementary import exp, log, log1p

SLICES: Final = 20
"""Of two objectives; of more, about as many in all."""
TRIALS: Final = 12
"""That a slice takes at least: fewer trials are shared out among fewer slices."""
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

    def budget(self, axes: Sequence[Axis], budget: Budget) -> Budget:
        """The budget with the slice's limits; it has none on accuracy and on products of energy and latency."""
        known = budget.limits()
        for axis, limit in zip(axes, self.limits):
            if axis.name in FIELDS and math.isfinite(limit):
                known[axis.name] = min(known.get(axis.name, math.inf), exp(limit))
        return replace(budget, **{field: known[name] for name, field in FIELDS.items() if name in known})


FIELDS: Final[Mapping[str, str]] = {
    "area": "area_mm2", "latency": "latency_s", "energy": "energy_j", "power": "power_w"
}  # fmt: skip
"""Where a budget limits an axis."""


def steps_of(axes: int, trials: int) -> int:
    """Steps between the ends of each axis but the first, so that every slice has some trials."""
    slices = min(SLICES, max(trials // TRIALS, 2))
    return max(1, round(slices ** (1 / (axes - 1))) - 1)


def laid(axes: Sequence[Axis], ends: Sequence[tuple[float, float]], steps: int) -> list[Slice]:
    """The slices of a front, from the loosest limits to the tightest.

    Args:
        axes: of the front.
        ends: loosest and tightest loss of each axis but the first.
        steps: between them.
    """
    limits = [
        [scaled(axis, loose, tight, step / steps) for step in range(steps + 1)]
        for axis, (loose, tight) in zip(axes[1:], ends)
    ]
    places = sorted(product(range(steps + 1), repeat=len(limits)), key=lambda place: (sum(place), place))
    return [Slice(0, (math.inf, *(row[at] for row, at in zip(limits, place))), place) for place in places]


def scaled(axis: Axis, loose: float, tight: float, share: float) -> float:
    """The limit at a share of the way between two losses; of areas by their roots, halfway from sums to ratios."""
    if axis.name != "area":
        return loose + (tight - loose) * share
    root = exp(loose / 2) + (exp(tight / 2) - exp(loose / 2)) * share
    return 2 * log(root) if share < 1 else tight
