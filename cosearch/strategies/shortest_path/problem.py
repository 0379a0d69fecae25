"""The best subnet that reaches an accuracy on an accelerator, exactly, and what no subnet is below.

Where the predictor's accuracy rises with a sum over genes, the subnets of a resolution are the paths of a graph along
which that sum, energy and latency all add up: the best one is a shortest path of enough gain. It is found by a
relaxation with multipliers, which bounds it, and by labels, which make it exact (:mod:`.kernel`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cosearch.problem.budget import Budget
from cosearch.problem.objective import OBJECTIVES, Objective
from cosearch.strategies.shortest_path.chain import MOST_LABELS, Chain, Floats, Path, PricedChain
from cosearch.strategies.shortest_path.product import Product
from cosearch.strategies.subnets import ShapeTable
from nets.accuracy import Predictor
from nets.errors import InputError
from nets.spaces import Config, Space

SPARE: Final = 1e-12
"""Share by which limits are kept at least, so that rounding breaks none."""
TOLERANCE: Final = 1e-6
"""Usual share that an energy-delay product may lie above its bound."""
NO_LIMITS: Final = np.empty((0, 3))


@dataclass(frozen=True, slots=True)
class ExactSubnet:
    """The best subnet.

    Attributes:
        config: canonical.
        energy_pj, latency_s: that it costs.
        value: of the objective, in its unit.
        lower_bound: what no subnet is below, in the same unit.
    """

    config: Config
    energy_pj: float
    latency_s: float
    value: float
    lower_bound: float

    @property
    def gap(self) -> float:
        """How far it may be from the best: value / lower bound - 1."""
        return max(self.value / self.lower_bound - 1, 0.0) if self.lower_bound > 0 else math.inf


def is_chain(space: Space, predictor: Predictor, resolutions: Sequence[int]) -> bool:
    """Whether subnets are paths whose accuracy rises with a sum, so that :class:`ChainProblem` serves."""
    return all(
        predictor.least_worth(resolution, 0.0) is not None and space.paths(resolution) is not None
        for resolution in resolutions
    )


class ChainProblem:
    """All subnets of a space that reach an accuracy.

    Args:
        table: of their layer shapes, at the resolutions allowed.
        predictor: of their accuracy.
        min_accuracy: percent top-1.

    Raises:
        InputError: subnets are not paths, or accuracy does not rise with a sum.
    """

    def __init__(self, table: ShapeTable, predictor: Predictor, min_accuracy: float) -> None:
        space = table.space
        if not is_chain(space, predictor, table.resolutions):
            rule = (
                f"is no sum over genes of {space.id}, or its subnets are no paths: no shortest path is the best subnet"
            )
            raise InputError("accuracy predictor", predictor.id, rule, "search by evolution")
        self.table, self.predictor, self.min_accuracy = table, predictor, min_accuracy
        graphs = [(resolution, space.paths(resolution)) for resolution in table.resolutions]
        self._chains = [Chain(graph, table, predictor, min_accuracy, r) for r, graph in graphs if graph is not None]

    def demanding(self, min_accuracy: float) -> ChainProblem:
        """The same problem for another accuracy."""
        return ChainProblem(self.table, self.predictor, min_accuracy)

    def best(
        self,
        energy_pj: Floats,
        latency_s: Floats,
        objective: Objective = OBJECTIVES["edp"],
        limits: Budget | None = None,
        *,
        tolerance: float = TOLERANCE,
    ) -> ExactSubnet | None:
        """The best subnet on one accelerator.

        Args:
            energy_pj, latency_s: of each of the table's layers on that accelerator; infinite where nothing maps it.
            objective: what is least.
            limits: on energy, latency and power; others are not of a subnet.
            tolerance: an energy-delay product is no more than this share above its bound; energy and latency are exact.

        Returns:
            ``None`` where no subnet keeps the limits.
        """
        return self._solved(energy_pj, latency_s, objective, limits, tolerance, MOST_LABELS)[0]

    def bound(
        self,
        energy_pj: Floats,
        latency_s: Floats,
        objective: Objective = OBJECTIVES["edp"],
        limits: Budget | None = None,
        *,
        exact: bool = False,
        tolerance: float = TOLERANCE,
    ) -> float:
        """What the objective of no subnet is below, in its unit; infinite where none keeps the limits.

        Args:
            energy_pj, latency_s: of each of the table's layers, or what they are not below.
            exact: by labels, not by the relaxation alone, which is faster.
            objective, limits, tolerance: as :meth:`best` takes them.
        """
        most = MOST_LABELS if exact else 0
        return self._solved(energy_pj, latency_s, objective, limits, tolerance, most)[1]

    def least_weighted(self, cost_by_shape: Floats, *, exact: bool = True) -> tuple[float, Config | None]:
        """What no sum of a cost over a subnet's layers is below, and the best subnet.

        Args:
            cost_by_shape: of each of the table's layers, at least 0; infinite where there is none.
            exact: by labels; the relaxation alone is faster.

        Returns:
            An infinite bound and ``None`` where no subnet reaches the accuracy at a finite cost.
        """
        chains = self.priced(cost_by_shape, np.zeros(len(cost_by_shape)))
        best, bound = least(chains, (1.0, 0.0), NO_LIMITS, MOST_LABELS if exact else 0)
        return bound, None if best is None else best[0].chain.config(best[1])

    def priced(self, energy_pj: Floats, latency_s: Floats) -> list[PricedChain]:
        """The subnets of each resolution with what they cost."""
        energy, latency = self.table.block_costs(energy_pj), self.table.block_costs(latency_s)
        return [chain.priced(energy, latency) for chain in self._chains]

    def _solved(
        self,
        energy_pj: Floats,
        latency_s: Floats,
        objective: Objective,
        limits: Budget | None,
        tolerance: float,
        most: int,
    ) -> tuple[ExactSubnet | None, float]:
        chains, rows = self.priced(energy_pj, latency_s), limit_rows(limits)
        if objective.energy_power and objective.latency_power:
            best, bound = _least_product(chains, rows, tolerance, most)
        else:
            direction = (float(objective.energy_power), float(objective.latency_power))
            best, bound = least(chains, direction, rows, most)
        bound *= 1e-12**objective.energy_power
        if best is None:
            return None, bound
        chain, path = best
        value = objective.of(path.energy_pj, path.latency_s)
        bound = min(bound, value)
        return ExactSubnet(chain.chain.config(path), path.energy_pj, path.latency_s, value, bound), bound


def limit_rows(limits: Budget | None) -> Floats:
    """Rows (p, q, most) of p E + q T <= most, in pJ and s, of the limits that a subnet has, kept with some to spare."""
    if limits is None:
        return NO_LIMITS
    rows = []
    if limits.latency_s is not None:
        rows.append((0.0, 1.0, limits.latency_s * (1 - SPARE)))
    if limits.energy_j is not None:
        rows.append((1.0, 0.0, limits.energy_j * 1e12 * (1 - SPARE)))
    if limits.power_w is not None:
        rows.append((1.0, -limits.power_w * 1e12 * (1 - SPARE), 0.0))
    return np.array(rows).reshape(-1, 3)


Best = tuple[PricedChain, Path] | None


def least(
    chains: Sequence[PricedChain], direction: tuple[float, float], limits: Floats, most: int
) -> tuple[Best, float]:
    """The best path of all chains, the most promising first, and what none is below."""
    relaxed = [(chain, *chain.least(direction, limits, most=0)) for chain in chains]
    best: Best = None
    value, bounds = math.inf, []
    for chain, path, bound in sorted(relaxed, key=lambda row: row[2]):
        if most and bound < value:
            path, exact = chain.least(direction, limits, [] if path is None else [path], most=most)
            bound = max(bound, exact)
        bounds.append(bound)
        if path is not None and path.cost(direction) < value:
            best, value = (chain, path), path.cost(direction)
    return best, min(bounds, default=math.inf)


def _least_product(chains: Sequence[PricedChain], limits: Floats, tolerance: float, most: int) -> tuple[Best, float]:
    """The path of the least energy x latency of all chains, the most promising first, and what none is below."""
    products = [(product := Product(chain, limits), chain, product.relax(math.inf)) for chain in chains]
    best: Best = None
    value, bounds = math.inf, []
    for product, chain, bound in sorted(products, key=lambda row: row[2]):
        if most and bound < value:
            bound = max(bound, product.relax(value, most, tolerance))
        bounds.append(bound)
        if product.best is not None and product.value < value:
            best, value = (chain, product.best), product.value
    return best, min(bounds, default=math.inf)
