"""What designs are worth at least, a million layers a second: by this the race knows where to begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from cosearch.bounds.grid import DesignGrid, Floats, Ints
from cosearch.bounds.workload import counted
from cosearch.problem.budget import Budget
from cosearch.problem.objective import Objective
from mappings.corner_bounds import ShapeArrays, least_sums
from nets.elementary import logs
from nets.network import Network

BROKEN: Final = 1e100
"""Value of a design that breaks a limit whatever its mappings: any that may keep all of them is better."""
DIGITS: Final = 9
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
        layers, self._counts = counted(networks)
        self._shapes = ShapeArrays.of(layers)

    def ranks(self, sizes: Ints) -> Floats:
        """Numbers that rise with :meth:`merits`, of many designs (n, 9); cheaper than logarithms."""
        lanes, figures = self.grid.corners(np.repeat(sizes[:, :, None], 2, axis=2))
        energy_pj, cycles = least_sums(self._shapes, self._counts, lanes, figures)
        energy_j, latency_s = energy_pj * 1e-12, cycles / self.grid.clock_hz
        value = np.ones_like(energy_j)
        for figure, counts in ((energy_j, self._objective.energy_power), (latency_s, self._objective.latency_power)):
            value = value * figure if counts else value
        excess = np.ones_like(value)
        for limit, figure in ((self._budget.energy_j, energy_j), (self._budget.latency_s, latency_s)):
            if limit is not None:
                excess *= np.maximum(figure / limit, 1.0)
        value = np.where(excess > 1, BROKEN * excess, value)
        joined: Floats = value.min(axis=1) if self._any_of else value.prod(axis=1)
        return joined

    def figures(self, design: Ints) -> tuple[float, float]:
        """What energy (pJ) and latency (s) all networks are not below together, on one design (9,)."""
        lanes, figures = self.grid.corners(np.repeat(design[None, :, None], 2, axis=2))
        energy_pj, cycles = least_sums(self._shapes, self._counts, lanes, figures)
        return float(energy_pj.sum()), float(cycles.sum()) / self.grid.clock_hz

    def merits(self, ranks: Floats) -> Floats:
        """Logarithms of the objective, at least, by :meth:`ranks`, to so many digits as count."""
        networks = 1 if self._any_of else len(self._counts)
        rounded: Floats = np.round(logs(ranks) / networks, DIGITS)
        return rounded
