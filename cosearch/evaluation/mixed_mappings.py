"""The mappings of all layers, and the width of each, that make the best network (:mod:`mappings.network_search`).

The best choice of widths and of one point from the front of each layer at each width is one more choice of options: the
points of a width lose alike. What no mix and no mappings are below follows from bounds on each layer at each width, as
for one network, since the least sum of any mix takes the place of the sum: the least of concave functions of the weight
of a cycle is concave, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosearch.evaluation.mixes import Mixes
from cosearch.evaluation.weight_bits import WeightBits
from cosearch.problem.objective import OBJECTIVES
from cosearch.strategies.shortest_path.chain import Floats
from mappings.network_join import Aggregate, LayerBound, NetworkChoice, join_network
from mappings.pareto import Front


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedChoice(NetworkChoice):
    """The best network, its mappings and its widths.

    Attributes:
        mix: the widths.
    """

    mix: WeightBits


@dataclass(frozen=True, slots=True)
class MixedNetworks:
    """The networks of all mixes, see :class:`mappings.network_join.Networks`.

    Attributes:
        mixes: whose layers are searched.
    """

    mixes: Mixes

    def least(self, values: Floats) -> float:
        """See :class:`~mappings.network_join.Networks`."""
        return self.mixes.least(values, exact=True)[0]

    def join(self, fronts: Sequence[Front], bounds: Sequence[LayerBound], aggregate: Aggregate) -> MixedChoice:
        """See :class:`~mappings.network_join.Networks`."""
        if aggregate == "network":
            points = [(front.energy_pj[front.hull], front.cycles[front.hull]) for front in fronts]
            choice = self.mixes.best_of_points(points, OBJECTIVES["edp"])
        else:
            products = np.array([(front.energy_pj * front.cycles).min() for front in fronts])
            choice = self.mixes.best(products, np.zeros(len(products)), OBJECTIVES["energy"])
        assert choice is not None  # every layer has a point, and some mix loses little enough
        counts = self.mixes.counts(choice.taken)
        runs = np.flatnonzero(counts).tolist()
        best = join_network([fronts[column] for column in runs], counts[runs].tolist(), aggregate=aggregate)
        weight = best.energy_pj / best.cycles
        at = [int((front.energy_pj + weight * front.cycles).argmin()) for front in fronts]
        for column, point in zip(runs, best.points):
            at[column] = point
        return MixedChoice(
            tuple(at),
            best.energy_pj,
            best.cycles,
            best.edp,
            tuple(counts.tolist()),
            min(self._bound(bounds, aggregate), best.edp),
            mix=self.mixes.weight_bits(choice.taken),
        )

    def _bound(self, bounds: Sequence[LayerBound], aggregate: Aggregate) -> float:
        """What no mix is below: for the product of sums by the sums of each figure, and of the roots of products."""
        energy, cycles = np.array([(bound.energy_pj, bound.cycles) for bound in bounds]).T
        product = np.maximum([bound.edp for bound in bounds], energy * cycles)
        if aggregate == "layers":
            return self.least(product)
        return max(self.least(energy) * self.least(cycles), self.least(np.sqrt(product)) ** 2)
