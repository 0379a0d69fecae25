"""What designs are worth at least: by this the race knows where to begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from cosearch.bounds.boxes import Floats, Ints
from cosearch.bounds.grid import DesignGrid
from cosearch.bounds.workload import counted
from cosearch.problem.budget import Budget
from cosearch.problem.objective import Objective
from mappings.corner_bounds import ShapeArrays, least_costs, least_sums
from nets.elementary import logs
from nets.layer import Layer
from nets.network import Network

BROKEN: Final = 1e100
"""Value of a design that breaks a limit whatever its mappings: any that may keep all of them is better."""
DIGITS: Final = 9
"""Of a merit that count: designs that differ less are alike, on every processor."""


class LeastCosts(Protocol):
    """What layers cost at least on many designs, without a search."""

    def of_layers(self, layers: Sequence[Layer], designs: Ints) -> tuple[Floats, Floats]:
        """Energy in pJ and latency in s, each (n, layers), that no mappings are below on designs (n, k)."""

    def of_networks(self, designs: Ints) -> tuple[Floats, Floats]:
        """The same of each network of a race, (n, networks)."""


class TemplateLeast:
    """See :class:`LeastCosts`: a million layers a second."""

    def __init__(self, grid: DesignGrid, networks: Sequence[Network]) -> None:
        self._grid = grid
        layers, self._counts = counted(networks)
        self._shapes = ShapeArrays.of(layers)

    def of_layers(self, layers: Sequence[Layer], designs: Ints) -> tuple[Floats, Floats]:
        """See :class:`LeastCosts`."""
        energy_pj, cycles = least_costs(ShapeArrays.of(layers), *self._grid.corners(_points(designs)))
        return energy_pj, cycles / self._grid.clock_hz

    def of_networks(self, designs: Ints) -> tuple[Floats, Floats]:
        """See :class:`LeastCosts`."""
        energy_pj, cycles = least_sums(self._shapes, self._counts, *self._grid.corners(_points(designs)))
        return energy_pj, cycles / self._grid.clock_hz


def _points(designs: Ints) -> Ints:
    """Designs (n, k) as boxes (n, k, 2)."""
    return np.repeat(designs[:, :, None], 2, axis=2)


class Estimates:
    """Merits of many designs at once, from bounds on what some networks cost on them.

    Args:
        least: what the networks cost at least.
        networks: how many there are.
        objective, budget: what is made small, and limits on latency, energy and power.
        any_of: the best network counts, as of subnets; else the geometric mean of all.
    """

    def __init__(self, least: LeastCosts, networks: int, objective: Objective, budget: Budget, *, any_of: bool) -> None:
        self._least, self._objective, self._budget, self._any_of = least, objective, budget, any_of
        self._mean_of = 1 if any_of else networks

    def ranks(self, sizes: Ints) -> Floats:
        """Numbers that rise with :meth:`merits`, of many designs (n, k); cheaper than logarithms."""
        energy_pj, latency_s = self._least.of_networks(sizes)
        energy_j = energy_pj * 1e-12
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
        """What energy (pJ) and latency (s) all networks are not below together, on one design (k,)."""
        energy_pj, latency_s = self._least.of_networks(design[None])
        return float(energy_pj.sum()), float(latency_s.sum())

    def merits(self, ranks: Floats) -> Floats:
        """Logarithms of the objective, at least, by :meth:`ranks`, to so many digits as count."""
        rounded: Floats = np.round(logs(ranks) / self._mean_of, DIGITS)
        return rounded

    def of(self, designs: Ints) -> Floats:
        """Merits of designs (n, k)."""
        return self.merits(self.ranks(designs))
