"""What designs taught, for all lanes of a race: how far bounds lie above estimates, and costs above bounds."""

from __future__ import annotations

from typing import Final

import numpy as np

from cosearch.bounds.boxes import Floats, Ints
from cosearch.search.race.doubt import Doubt
from cosearch.search.race.forecast import Forecast
from cosearch.search.race.ground import Ground

APART: Final = 1.0
"""How far apart two kinds of designs are, as factors of two of a size, where estimates are held against bounds: what
these miss of a small L2 is much the same for all; what bounds miss of costs is not."""
FARTHEST_BOUND: Final = 10.0
"""How far above its estimate a bound counts at most: memories that are much too small are known by it."""


class Lore:
    """Forecasts of designs, as logarithms of what is made small, and how far they are to be trusted.

    Args:
        ground: of the designs.
        contexts: see :class:`Forecast`.
    """

    def __init__(self, ground: Ground, contexts: int = 0) -> None:
        self._ground = ground
        self._to_bound = Forecast(ground, contexts, apart=APART, most=FARTHEST_BOUND)
        self._to_cost = Forecast(ground, contexts)
        self._doubt = Doubt()

    def learn_bound(self, design: Ints, context: Floats, estimate: float, bound: float) -> None:
        """Hear what bounds a design (k,), and what was thought to."""
        self._to_bound.learn(design, context, bound - estimate)

    def learn_cost(self, design: Ints, context: Floats, bound: float, merit: float) -> None:
        """Hear what a design (k,) costs, mapped precisely, that has such a bound."""
        if len(self._to_cost):
            self._doubt.learn(self.niche(design), merit - bound - self.above(design, context))
        self._to_cost.learn(design, context, merit - bound)

    def niche(self, design: Ints) -> int:
        """The niche of a design (k,)."""
        return int(self._ground.niches(design[None])[0])

    def above(self, design: Ints, context: Floats) -> float:
        """How far above its bound a design (k,) is thought to lie."""
        return float(self._to_cost.above(design[None], context)[0])

    def doubt(self, design: Ints) -> float:
        """How much less than its forecast a design (k,) may cost."""
        return self._doubt.of(self.niche(design))

    def doubts(self, designs: Ints) -> Floats:
        """The same of designs (n, k), (n,)."""
        niches = self._ground.niches(designs).tolist()
        doubts = {niche: self._doubt.of(niche) for niche in set(niches)}
        return np.array([doubts[niche] for niche in niches])

    def bounds(self, designs: Ints, context: Floats, estimates: Floats) -> Floats:
        """What designs (n, k) are thought to be bounded by, (n,)."""
        thought: Floats = estimates + self._to_bound.above(designs, context)
        return thought

    def costs(self, designs: Ints, context: Floats, bounds: Floats) -> Floats:
        """What designs (n, k) that have such bounds, or are thought to, are thought to cost, (n,)."""
        thought: Floats = bounds + self._to_cost.above(designs, context)
        return thought

    def hopes(self, designs: Ints, context: Floats, bounds: Floats) -> Floats:
        """The same less the doubt: what they may cost."""
        if not len(self._to_cost):
            return bounds
        hoped: Floats = self.costs(designs, context, bounds) - self.doubts(designs)
        return hoped
