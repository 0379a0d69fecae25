"""Costs that weigh energy and latency: what all bounds on layers have in common."""

from __future__ import annotations

import copy
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cosearch.evaluation.region import Direction

Floats = NDArray[np.float64]


class Directed:
    """Part of a :class:`cosearch.bounds.boxes.BoundsOfLayers`.

    Args:
        direction: (p, q) of the cost p E + q T that searches are for; p is 1, or 0 with q = 1.
    """

    def __init__(self, direction: Direction) -> None:
        self.direction = direction

    def towards(self, weight: float) -> Self:
        """The same for the cost E + weight T."""
        other = copy.copy(self)
        other.direction = 1.0, weight
        return other

    def weighted(self, energy_pj: Floats, latency_s: Floats) -> Floats:
        """Energy and latency of any shape in the direction searched for."""
        both: Floats = self.direction[0] * energy_pj + self.direction[1] * latency_s
        return both
