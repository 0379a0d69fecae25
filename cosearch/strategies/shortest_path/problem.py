"""The best subnet that reaches an accuracy on an accelerator, exactly, and what no subnet is below.

Where the predictor's accuracy rises with a sum over genes, the subnets of a resolution are the paths of a graph along
which that sum, energy and latency all add up: the best one is a shortest path of enough gain. It is found by a
relaxation with multipliers, which bounds it, and by labels, which make it exact (:mod:`.kernel`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cosearch.problem.budget import Budget
from cosearch.problem.objective import OBJECTIVES, Objective
from cosearch.strategies.shortest_path.chain import MOST_LABELS, Chain, Floats, Path, PricedChain
from cosearch.strategies.shortest_path.looked_up import LookedUp
from cosearch.strategies.shortest_path.product import Product
from cosearch.strategies.shortest_path.sure import Solve, best_sure
from cosearch.strategies.subnets import ShapeTable, Subnet
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
        lower_bound: what no subnet is below, in the same unit. With a confidence it may be below all of them.
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
    """Whether subnets are paths whose accuracy rises with a sum, but for some that are looked up: :class:`ChainProblem`
    serves."""
    others = predictor.of_others
    return others is None or all(
        others.least_worth(resolution, 0.0) is not None and space.paths(resolution) is not None
        for resolution in resolutions
    )


class ChainProblem:
    """All subnets of a space that reach an accuracy.

    Args:
        table: of their layer shapes, at the resolutions allowed.
        predictor: of their accuracy.
        min_accuracy: percent top-1.
        confidence: with what probability they reach it; by the mean alone for ``None``. Where the predictor's errors
            differ the best subnet is not proven (:mod:`.sure`).
        surest: subnets that may be sure of it where none on a shortest path is.

    Subnets whose accuracies are looked up are priced one by one (:mod:`.looked_up`).

    Raises:
        InputError: subnets are not paths, or accuracy does not rise with a sum.
    """

    def __init__(
        self,
        table: ShapeTable,
        predictor: Predictor,
        min_accuracy: float,
        confidence: float | None = None,
        surest: Sequence[Config] = (),
    ) -> None:
        space = table.space
        if not is_chain(space, predictor, table.resolutions):
            rule = (
                f"is no sum over genes of {space.id}, or its subnets are no paths: no shortest path is the best subnet"
            )
            raise InputError("accuracy predictor", predictor.id, rule, "search by evolution")
        self.table, self.min_accuracy, self.confidence = table, min_accuracy, confidence
        self._looked_up = LookedUp(table, predictor, min_accuracy, confidence)
        self._surest = [config for config in surest if predictor.reaches([config], min_accuracy, confidence)[0]]
        self._others = predictor.of_others
        self._chains = [
            Chain(graph, table, others, others.floor_for(min_accuracy, confidence, resolution), resolution)
            for resolution in table.resolutions
            if (others := self._others) is not None and (graph := space.paths(resolution)) is not None
        ]

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
        solve = _solver(objective, limits, tolerance, MOST_LABELS)
        found, bound = self.surely(energy_pj, latency_s, solve, _value(objective, limits))
        if found is None:
            return None
        least = objective.of(found.energy_pj, found.latency_s)
        return ExactSubnet(found.config, found.energy_pj, found.latency_s, least, min(bound, least))

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
        solve, value = _solver(objective, limits, tolerance, MOST_LABELS if exact else 0), _value(objective, limits)
        _, bound = (self._looked_up.others(solve, value) if exact else solve)(self.priced(energy_pj, latency_s))
        return min([bound, *map(value, self._looked_up.subnets(energy_pj, latency_s))])

    def least_weighted(self, cost_by_shape: Floats, *, exact: bool = True) -> tuple[float, Config | None]:
        """What no sum of a cost over a subnet's layers is below, and the best subnet.

        Args:
            cost_by_shape: of each of the table's layers, at least 0; infinite where there is none.
            exact: by labels; the relaxation alone is faster.

        Returns:
            An infinite bound and ``None`` where no subnet reaches the accuracy at a finite cost.
        """
        most = MOST_LABELS if exact else 0

        def solve(chains: Sequence[PricedChain]) -> tuple[Subnet | None, float]:
            best, bound = least(chains, (1.0, 0.0), NO_LIMITS, most)
            return subnet_of(best), bound

        nothing = np.zeros(len(cost_by_shape))
        found, bound = self.surely(cost_by_shape, nothing, solve, lambda subnet: subnet.energy_pj, exact=exact)
        return bound, None if found is None else found.config

    def priced(self, energy_pj: Floats, latency_s: Floats) -> list[PricedChain]:
        """The subnets of each resolution with what they cost."""
        energy, latency = self.table.block_costs(energy_pj), self.table.block_costs(latency_s)
        return [chain.priced(energy, latency) for chain in self._chains]

    def surely(
        self,
        energy_pj: Floats,
        latency_s: Floats,
        solve: Solve,
        value: Callable[[Subnet], float],
        *,
        exact: bool = True,
    ) -> tuple[Subnet | None, float]:
        """The best subnet that reaches the accuracy as surely as is asked, and what none is below.

        Args:
            energy_pj, latency_s: of each of the table's layers.
            solve: for the best by mean accuracy.
            value: what is made small; infinite where a limit is broken that must not be.
            exact: whether none is found that misses the accuracy by what was looked up; else the bound alone counts.
        """
        chains, looked_up = self.priced(energy_pj, latency_s), self._looked_up.subnets(energy_pj, latency_s)
        solve = self._looked_up.others(solve, value) if exact else solve
        if self.confidence is None:
            found, bound = solve(chains)
        else:
            costs = zip(self._surest, *self.table.costs(self._surest, energy_pj, latency_s))
            known = [Subnet(config, float(energy), float(latency)) for config, energy, latency in costs]
            found, bound = best_sure(chains, known, self._asked, solve, value)
        known = sorted(looked_up, key=value)[:1]
        if known and value(known[0]) < (math.inf if found is None else value(found)):
            found = known[0]
        return found, min([bound, *map(value, known)])

    def _asked(self, config: Config) -> tuple[float, float]:
        """(mean that a subnet has, mean that its own error asks for), in percent."""
        assert self._others is not None
        top1, assured = (float(self._others.assured_batch([config], sure)[0]) for sure in (None, self.confidence))
        needed = self.min_accuracy + (top1 - assured)
        return top1, min(needed, top1) if assured >= self.min_accuracy else max(needed, math.nextafter(top1, math.inf))


def _solver(objective: Objective, limits: Budget | None, tolerance: float, most: int) -> Solve:
    """Of :meth:`ChainProblem.best`; bounds are in the objective's unit."""
    rows, direction = limit_rows(limits), (float(objective.energy_power), float(objective.latency_power))

    def solve(chains: Sequence[PricedChain]) -> tuple[Subnet | None, float]:
        if objective.energy_power and objective.latency_power:
            best, bound = _least_product(chains, rows, tolerance, most)
        else:
            best, bound = least(chains, direction, rows, most)
        bound *= 1e-12**objective.energy_power
        found = subnet_of(best)
        return found, bound if found is None else min(bound, objective.of(found.energy_pj, found.latency_s))

    return solve


def _value(objective: Objective, limits: Budget | None) -> Callable[[Subnet], float]:
    """The objective of a subnet, infinite where it breaks a limit."""

    def value(subnet: Subnet) -> float:
        kept = limits is None or all(figure <= most for figure, most in limited_figures(subnet, limits))
        return objective.of(subnet.energy_pj, subnet.latency_s) if kept else math.inf

    return value


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


def limited_figures(subnet: Subnet, limits: Budget) -> list[tuple[float, float]]:
    """(figure, most that it may be) of each limit that a subnet has."""
    power_w = subnet.energy_pj * 1e-12 / subnet.latency_s if subnet.latency_s > 0 else 0.0
    pairs = (
        (subnet.energy_pj * 1e-12, limits.energy_j), (subnet.latency_s, limits.latency_s), (power_w, limits.power_w)
    )  # fmt: skip
    return [(figure, limit) for figure, limit in pairs if limit is not None]


Best = tuple[PricedChain, Path] | None


def subnet_of(best: Best) -> Subnet | None:
    """The subnet of a path."""
    return None if best is None else Subnet(best[0].chain.config(best[1]), best[1].energy_pj, best[1].latency_s)


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
