"""Subnets whose accuracies are looked up, beside all others, whose accuracy rises with a sum over genes.

A file of measurements says the accuracy of some subnets, a model fitted to them that of the others. Those of the file
are few: each is priced by itself. The others are paths, but so are those of the file that the model takes for more
accurate than they are. Where the best path is one of these, the rest is shared out among chains that part from it one
arc after the other (Lawler 1972, "A procedure for computing the k best solutions"), the one of the least bound first.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from cosearch.strategies.shortest_path.chain import Floats, PricedChain
from cosearch.strategies.shortest_path.sure import Solve
from cosearch.strategies.subnets import ShapeTable, Subnet
from nets.accuracy import Predictor
from nets.spaces import Config

MOST_PARTED: Final = 500
"""Paths that a search parts from before it settles for the bound it has; each has some ten arcs."""


class LookedUp:
    """Subnets of a predictor whose accuracies are looked up.

    Args:
        table: of their layer shapes, at the resolutions allowed.
        predictor: that looks them up.
        min_accuracy: percent top-1 that they reach.
        confidence: with what probability; by the mean alone for ``None``.
    """

    def __init__(self, table: ShapeTable, predictor: Predictor, min_accuracy: float, confidence: float | None) -> None:
        known = [config for config in predictor.looked_up if config["r"] in table.resolutions]
        reaches = predictor.reaches(known, min_accuracy, confidence) if known else np.zeros(0, np.bool_)
        self._table, self._key = table, table.space.key
        self.configs = [config for config, kept in zip(known, reaches) if kept]
        self._missing = {self._key(config) for config, kept in zip(known, reaches) if not kept}

    def subnets(self, energy_pj: Floats, latency_s: Floats) -> list[Subnet]:
        """Those that reach the accuracy and can be mapped, given the costs of each of the table's layers."""
        costs = zip(self.configs, *self._table.costs(self.configs, energy_pj, latency_s))
        return [
            Subnet(config, float(energy), float(latency))
            for config, energy, latency in costs
            if math.isfinite(energy) and math.isfinite(latency)
        ]

    def others(self, solve: Solve, value: Callable[[Subnet], float]) -> Solve:
        """A search that finds none of those which do not reach the accuracy, though the sum over their genes does.

        Args:
            solve: that may find them; its bound is one on ``value``.
            value: what is made small.
        """
        if not self._missing:
            return solve

        def parted(chains: Sequence[PricedChain]) -> tuple[Subnet | None, float]:
            found, bound = solve(chains)
            if found is None or not self._misses(found.config):
                return found, bound
            best, least, settled = None, math.inf, math.inf
            left = [(solve([chain]), chain) for chain in chains]
            queue = [(below, place, subnet, chain) for place, ((subnet, below), chain) in enumerate(left)]
            heapq.heapify(queue)
            pushed = itertools.count(len(queue))
            for _ in range(MOST_PARTED):
                if not queue or queue[0][0] >= least:
                    break
                below, _, subnet, chain = heapq.heappop(queue)
                if subnet is not None and self._misses(subnet.config):
                    for part in chain.without(subnet.config):
                        found, below = solve([part])
                        heapq.heappush(queue, (below, next(pushed), found, part))
                    continue
                settled = min(settled, below)
                if subnet is not None and value(subnet) < least:
                    best, least = subnet, value(subnet)
            return best, min([settled, *(row[0] for row in queue)])

        return parted

    def _misses(self, config: Config) -> bool:
        return self._key(config) in self._missing
