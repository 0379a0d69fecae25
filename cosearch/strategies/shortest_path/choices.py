"""The best choice of one option for each of several parts whose losses add up: a shortest path of little loss.

Every part is an arc from one node to the next for each of its options, so a choice is a path; what it loses, as a gain
that must not fall short, is what accuracy is to subnets (:mod:`.problem`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cosearch.problem.objective import Objective
from cosearch.strategies.shortest_path.chain import MOST_LABELS, PricedPaths
from cosearch.strategies.shortest_path.problem import NO_LIMITS
from cosearch.strategies.shortest_path.product import Product

TOLERANCE: Final = 1e-9
"""Share that an energy-delay product may lie above its bound."""


@dataclass(frozen=True, slots=True)
class Option:
    """One of a part: what it loses, in whole units, and what it costs."""

    loss: int
    energy_pj: float
    latency_s: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The option taken of each part.

    Attributes:
        taken: its number, part by part.
        value: of the objective, in its unit; lower_bound: what no choice is below.
    """

    taken: tuple[int, ...]
    value: float
    lower_bound: float

    @property
    def proven(self) -> bool:
        """Whether no choice is better, but for rounding."""
        return self.value <= self.lower_bound * (1 + TOLERANCE)


def best_choice(parts: Sequence[Sequence[Option]], most: int, objective: Objective) -> Choice | None:
    """The choice of least objective that loses no more than ``most``; ``None`` where every choice loses more.

    Args:
        parts: at least one, each with an option or more. A part of one option is what costs and loses in any case.
    """
    arcs = [(part, number, option) for part, options in enumerate(parts) for number, option in enumerate(options)]
    figures = np.array([(-option.loss, option.energy_pj, option.latency_s) for _, _, option in arcs], dtype=np.float64)
    source = np.array([part for part, _, _ in arcs])
    paths = PricedPaths((source, source + 1, len(parts) + 1), -float(most), figures)
    if objective.energy_power and objective.latency_power:
        product = Product(paths, NO_LIMITS)
        bound = product.relax(math.inf, MOST_LABELS, TOLERANCE)
        best = product.best
    else:
        best, bound = paths.least((float(objective.energy_power), float(objective.latency_power)), NO_LIMITS)
    if best is None:
        return None
    taken = dict(arcs[arc][:2] for arc in best.arcs)
    value = objective.of(best.energy_pj, best.latency_s)
    return Choice(
        tuple(taken[part] for part in range(len(parts))), value, min(bound * 1e-12**objective.energy_power, value)
    )
