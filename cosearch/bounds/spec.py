"""The problem of a joint bound by what it follows from, so that every process makes its own once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from cosearch.bounds.boxes import BoxSearch
from cosearch.bounds.grid import DesignGrid
from cosearch.bounds.group_layers import GroupLayerBounds
from cosearch.bounds.layers import LayerBounds
from cosearch.bounds.machine_boxes import MachineBoxes
from cosearch.bounds.machine_layers import bounds_on_machines
from cosearch.bounds.template_boxes import TemplateBoxes
from cosearch.bounds.workload import MixesBound, NetworksBound, SubnetsBound, WorkloadBound
from cosearch.evaluation.mixes import mixes_of
from cosearch.evaluation.region import Direction, steepest
from cosearch.problem.machine_space import MachineSpace
from cosearch.problem.options import CoSearchOptions
from cosearch.strategies.shortest_path.problem import ChainProblem, is_chain
from cosearch.strategies.subnets import ShapeTable

SPECS_KEPT: Final = 32
"""A front has as many kinds of limits."""


@dataclass(frozen=True, slots=True)
class BoundSpec:
    """What a joint bound follows from.

    Attributes:
        options: of the search.
        resolutions: of subnets' images; ``None`` for given networks.
        direction: (p, q) of the cost p E + q T that layers are searched for, see :func:`direction_of`.
        groups: whether layers may run in groups, or each alone; of the template's designs.
    """

    options: CoSearchOptions
    resolutions: tuple[int, ...] | None
    direction: Direction
    groups: bool = False

    def load(self) -> BoxSearch:
        """The search of boxes that follows; made once in a process."""
        if self not in _made:
            while len(_made) >= SPECS_KEPT:
                _made.pop(next(iter(_made)))
            _made[self] = self._make()
        return _made[self]

    def _make(self) -> BoxSearch:
        options = self.options
        workload: WorkloadBound
        if (mixes := mixes_of(options)) is not None:
            workload = MixesBound(mixes, options.goal, options.budget)
        elif self.resolutions is None:
            networks = options.load_networks()
            workload = NetworksBound(networks, options.goal, options.budget)
        else:
            predictor = options.accuracies()
            table = ShapeTable(predictor.space, self.resolutions)
            workload = SubnetsBound(
                ChainProblem(table, predictor, options.min_accuracy, options.confidence), options.goal, options.budget
            )
        layers = workload.layers
        space = options.hardware
        if isinstance(space, MachineSpace):
            return BoxSearch(MachineBoxes(space), bounds_on_machines(space, layers, self.direction), workload)
        grid = DesignGrid(space, layers)
        if self.groups:
            return BoxSearch(TemplateBoxes(grid, layers), GroupLayerBounds(grid, layers, self.direction), workload)
        return BoxSearch(TemplateBoxes(grid, layers), LayerBounds(grid, layers, self.direction), workload)


_made: dict[BoundSpec, BoxSearch] = {}


def why_unbounded(options: CoSearchOptions, resolutions: tuple[int, ...] | None) -> str:
    """Why there is no joint bound for a search, in words; empty where there is one."""
    if resolutions is None:
        return ""
    if options.data is not None:
        return "the accuracy of subnets is measured, not a sum over their genes"
    predictor = options.accuracies()
    if not is_chain(predictor.space, predictor, resolutions):
        return f"the accuracy of subnets of {options.space} is not predicted by a sum over their genes"
    return ""


def direction_of(options: CoSearchOptions, energy_pj: float, latency_s: float) -> Direction:
    """The cost that layers are searched for, given what the best design known costs.

    For a product the sum E + w T with w = E / T, whose least stands where the least product does; for one figure that
    figure, unless the other is limited.
    """
    goal, budget = options.goal, options.budget
    limited = budget.latency_s is not None or budget.energy_j is not None or budget.power_w is not None
    return (1.0, energy_pj / latency_s) if limited else steepest(goal, energy_pj, latency_s)


def reachable(options: CoSearchOptions, resolutions: tuple[int, ...]) -> tuple[int, ...]:
    """Those of some resolutions at which a subnet reaches the accuracy at all."""
    import numpy as np

    predictor = options.accuracies()
    kept = []
    for resolution in resolutions:
        table = ShapeTable(predictor.space, [resolution])
        problem = ChainProblem(table, predictor, options.min_accuracy, options.confidence)
        if math.isfinite(problem.least_weighted(np.ones(len(table.layers)), exact=False)[0]):
            kept.append(resolution)
    return tuple(kept)
