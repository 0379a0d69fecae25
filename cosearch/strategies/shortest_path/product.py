"""The subnet of least energy x latency by searches for the least E + w T, and what no subnet is below.

For any weight w > 0, E T <= (E + w T)^2 / (4 w), with equality at w = E / T (:mod:`mappings.network_join`). So the
best subnet has the least E + w T at its own w, and with g(w), the least E + w T of all subnets, the least product is
the minimum over w of g(w)^2 / (4 w). g is concave: between two weights it lies above the chord, and beyond the last one
it rises at least as fast as the least latency.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from cosearch.strategies.shortest_path.chain import Floats, Path, PricedPaths
from mappings.network_join import least_product

MOST_WEIGHTS: Final = 64
"""Searches for one product; three to six are usual."""
REPEATED: Final = 1e-12
"""Weights this close, relatively, are the same."""


def chord_bound(
    known: Sequence[tuple[float, float]], least_latency: float, low: float = 0.0, high: float = math.inf
) -> tuple[float, float]:
    """What no E x T is below, and the weight where more knowledge would raise it first.

    Args:
        known: (w, what no E + w T is below), by rising w from w = 0 on, where it bounds the energy.
        least_latency: what no T is below.
        low, high: the only weights E / T that matter.

    Returns:
        The bound, infinite where no weight matters; the weight.
    """
    rows = []
    for (left, at_left), (right, at_right) in pairwise(known):
        rise = (at_right - at_left) / (right - left)
        rows.append((at_left - left * rise, rise, max(left, low), min(right, high)))
    last, at_last = known[-1]
    rows.append((at_last - last * least_latency, least_latency, max(last, low), high))
    found = [least_product(start, rise, 0.0, left, right) for start, rise, left, right in rows if left <= right]
    return min(found, default=(math.inf, low))


class Product:
    """The least energy x latency of the paths of one graph, such as subnets of a chain, that keep the limits.

    Args:
        chain: with costs.
        limits: rows (p, q, most) of p E + q T <= most.

    Attributes:
        best: the subnet of the least product met; ``None`` while none is known.
    """

    def __init__(self, chain: PricedPaths, limits: Floats) -> None:
        self._chain, self._limits = chain, limits
        self._met: list[Path] = []
        self.best: Path | None = None
        self._least_energy = self._search((1.0, 0.0), 0)
        self._least_latency = self._search((0.0, 1.0), 0)

    @property
    def value(self) -> float:
        """The least product met, in pJ s; infinite while none is known."""
        return math.inf if self.best is None else _product(self.best)

    def relax(self, beat: float, most: int = 0, tolerance: float = 0.0) -> float:
        """What no product is below.

        Args:
            beat: a product that is of interest only if it can be beaten; stop when it cannot.
            most: labels at a node for each search; 0 for the relaxation alone.
            tolerance: stop when the least product met is no more than this share above the bound.
        """
        if math.isinf(self._least_energy) or math.isinf(self._least_latency):
            return math.inf
        known, bound = [(0.0, self._least_energy)], 0.0
        weight = math.inf if self.best is None else self.best.energy_pj / self.best.latency_s
        for _ in range(MOST_WEIGHTS):
            if math.isinf(weight) or any(abs(weight - w) <= REPEATED * w for w, _ in known):
                below = min(self.value, beat)
                high = below / self._least_latency**2
                bound, weight = chord_bound(known, self._least_latency, self._least_energy**2 / below, high)
                bound = min(bound, below)
                if below <= bound * (1 + tolerance) or any(abs(weight - w) <= REPEATED * w for w, _ in known):
                    break
            known = sorted([*known, (weight, self._search((1.0, weight), most))])
            weight = math.inf if self.best is None else self.best.energy_pj / self.best.latency_s
        return bound

    def _search(self, direction: tuple[float, float], most: int) -> float:
        path, bound = self._chain.least(direction, self._limits, self._met, most=most)
        if path is not None and path not in self._met:
            self._met.append(path)
            self.best = min(self._met, key=_product)
        return bound


def _product(path: Path) -> float:
    return path.energy_pj * path.latency_s
