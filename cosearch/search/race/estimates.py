"""What designs are worth at least, a million layers a second: by this the race knows where to begin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cosearch.bounds.grid import DesignGrid, Floats, Ints
from cosearch.problem.budget import Budget
from cosearch.problem.objective import Objective
from mappings.corner_bounds import ShapeArrays, least_sums
from nets.elementary import logs
from nets.layer import Layer
from nets.network import Network, unique_layers

BROKEN = 1e3
"""Added to the merit of a design that breaks a limit whatever its mappings: any that may keep all of them is better."""
DIGITS = 9
"""Of a merit that count: designs that differ less are alike, on every processor."""


class Estimates:
    """Merits of many designs at once, from bounds on what some networks cost on them.

    Args:
        grid: of the designs.
        networks: that run on them.
        objective, budget: what is made small, and limits on latency, energy and power.
        any_of: the best network counts, as of subnets; else the geometric mean of all.
    """

    def __init__(
        self, grid: DesignGrid, networks: Sequence[Network], objective: Objective, budget: Budget, *, any_of: bool
    ) -> None:
        self.grid, self._objective, self._budget, self._any_of = grid, objective, budget, any_of
        layers: dict[tuple[object, ...], int] = {}
        first: list[Layer] = []
        for network in networks:
            for layer, _ in unique_layers(network.layers):
                if layers.setdefault(layer.shape_key, len(first)) == len(first):
                    first.append(layer)
        self._shapes = ShapeArrays.of(first)
        self._counts = np.zeros((len(networks), len(first)))
        for row, network in enumerate(networks):
            for layer, count in unique_layers(network.layers):
                self._counts[row, layers[layer.shape_key]] += count

    def merits(self, sizes: Ints) -> Floats:
        """Logarithms of the objective, at least, of designs (n, 9); smaller is better."""
        lanes, figures = self.grid.corners(np.repeat(sizes[:, :, None], 2, axis=2))
        energy_pj, cycles = least_sums(self._shapes, self._counts, lanes, figures)
        return self._merits(energy_pj * 1e-12, cycles / self.grid.clock_hz)

    def _merits(self, energy_j: Floats, latency_s: Floats) -> Floats:
        objective, budget = self._objective, self._budget
        value = objective.energy_power * logs(energy_j) + objective.latency_power * logs(latency_s)
        excess = np.zeros_like(value)
        for limit, figure in ((budget.energy_j, energy_j), (budget.latency_s, latency_s)):
            if limit is not None:
                excess += logs(np.maximum(figure / limit, 1.0))
        merits = np.where(excess > 0, BROKEN + excess, value)
        joined = merits.min(axis=1) if self._any_of else merits.mean(axis=1)
        rounded: Floats = np.round(joined, DIGITS)
        return rounded


def is_square(layers: Sequence[Layer]) -> bool:
    """Whether rows and columns are alike in every layer, so that P and Q, R and S may change places."""
    return all(
        layer.P == layer.Q and layer.R == layer.S and layer.stride[0] == layer.stride[1] and layer.dilation[0] == layer.dilation[1]
        for layer in layers
    )
