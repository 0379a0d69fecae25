"""The best choice of one option for each of several parts whose losses add up: a shortest path of little loss.

Every part is an arc from one node to the next for each of its options, so a choice is a path; what it loses, as a gain
that must not fall short, is what accuracy is to subnets (:mod:`.problem`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosearch.problem.objective import Objective
from cosearch.strategies.shortest_path.chain import MOST_LABELS, Floats, Path, PricedPaths
from cosearch.strategies.shortest_path.problem import NO_LIMITS
from cosearch.strategies.shortest_path.product import Product

Ints = NDArray[np.int64]

TOLERANCE: Final = 1e-9
"""Share that an energy-delay product may lie above its bound."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The option taken of each part.

    Attributes:
        taken: their places among all options, part by part.
        value: of the objective, in its unit; lower_bound: what no choice is below.
    """

    taken: tuple[int, ...]
    value: float
    lower_bound: float

    @property
    def proven(self) -> bool:
        """Whether no choice is better, but for rounding."""
        return self.value <= self.lower_bound * (1 + TOLERANCE)


class Choices:
    """All choices that lose little.

    Args:
        part: of each option (options,), 0 and up without a gap. A part of one option is what costs and loses in any
            case.
        loss: of each option (options,), in whole units.
        most: that a choice may lose.
    """

    def __init__(self, part: Ints, loss: Ints, most: int) -> None:
        self._part, self._loss, self._most = part, loss, most
        self._shape = part, part + 1, int(part.max()) + 2

    def best(
        self, energy_pj: Floats, latency_s: Floats, objective: Objective, limits: Floats = NO_LIMITS
    ) -> Choice | None:
        """The choice of least objective; ``None`` where every one loses more, breaks a limit or cannot be paid.

        Args:
            energy_pj, latency_s: of each option (options,); infinite where it cannot be had.
            objective: what is least.
            limits: rows (p, q, most) of p E + q T <= most.
        """
        paths = self._priced(energy_pj, latency_s)
        if objective.energy_power and objective.latency_power:
            product = Product(paths, limits)
            bound = product.relax(math.inf, MOST_LABELS, TOLERANCE)
            best = product.best
        else:
            best, bound = paths.least((float(objective.energy_power), float(objective.latency_power)), limits)
        if best is None:
            return None
        value = objective.of(best.energy_pj, best.latency_s)
        return Choice(self._taken(best), value, min(bound * 1e-12**objective.energy_power, value))

    def least(self, cost: Floats, *, exact: bool) -> tuple[float, tuple[int, ...] | None]:
        """What no choice costs less than, and one that costs little, if one is met.

        Args:
            cost: of each option (options,), at least 0; infinite where it cannot be had.
            exact: by labels; the relaxation alone is faster.
        """
        paths = self._priced(cost, np.zeros(len(cost)))
        best, bound = paths.least((1.0, 0.0), NO_LIMITS, most=MOST_LABELS if exact else 0)
        return bound, None if best is None else self._taken(best)

    def _priced(self, energy_pj: Floats, latency_s: Floats) -> PricedPaths:
        return PricedPaths(self._shape, -float(self._most), np.stack([-self._loss, energy_pj, latency_s], axis=1))

    def _taken(self, path: Path) -> tuple[int, ...]:
        return tuple(sorted(path.arcs, key=self._part.__getitem__))
