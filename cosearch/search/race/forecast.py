"""What designs will cost: their bounds, and by how much designs like them lay above theirs.

A bound without a mapping ranks the arrays of one wiring well, but lies below some wirings and sizes of memory by more
than below others. By how much changes slowly along a front: what a design of 5 mm2 taught holds for its like of 6.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from cosearch.bounds.boxes import Floats, Ints
from cosearch.search.race.ground import Ground
from cosearch.search.race.nearest import Nearest

SOFT: Final = 0.05
"""Squared distance below which all count alike."""
HOPE: Final = 0.04
"""How much less a design may cost for every factor of two that it is away from what is known."""
FARTHEST: Final = 3.0
"""Distance that counts at most."""
BEST: Final = 0.25
"""Share of all designs by the best of which a kind is judged of whose like nothing is known."""
BROKEN: Final = 1.0
"""How far above its bound a design counts as that breaks a limit."""
DIGITS: Final = 9


class Forecast:
    """How far designs lie above what bounds them, from designs that were evaluated.

    Args:
        ground: of the designs.
        contexts: figures that set a design apart from the same design where something else is asked of it.
        apart: how far apart designs of different kinds are by that alone. Where that is infinite, a kind of which
            nothing is known is hoped to be like the best of all others.
        most: how far above a design counts at most.
    """

    def __init__(self, ground: Ground, contexts: int = 0, *, apart: float = math.inf, most: float = BROKEN) -> None:
        self._ground, self._most = ground, most
        self._count = 0
        place = (ground.features + contexts,)
        self._rows = np.zeros(8, [("kind", "i8"), ("place", "f8", place), ("above", "f8")])
        self._nearest = Nearest(apart)

    def __len__(self) -> int:
        """Designs that it knows of."""
        return self._count

    def learn(self, design: Ints, context: Floats, above: float) -> None:
        """Hear how far a design (k,) lies above what bounds it.

        Args:
            design: that was evaluated.
            context: (contexts,) that it has.
            above: of logarithms.
        """
        kind, place = self._ground.niches(design[None])[0], self._placed(design[None], context)[0]
        learnt = self._learnt
        known = np.flatnonzero((learnt["kind"] == kind) & (learnt["place"] == place).all(axis=1))
        at = int(known[0]) if len(known) else self._count
        self._count = max(self._count, at + 1)
        if at == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        self._rows[at] = kind, place, min(max(above, 0.0), self._most)

    def above(self, designs: Ints, context: Floats) -> Floats:
        """How far above what bounds them (n,) designs (n, k) are hoped to lie: as far as the nearest that are known."""
        learnt = self._learnt
        if not len(learnt) or not len(designs):
            return np.zeros(len(designs))
        squares, nearest = self._nearest.of(self._ground.niches(designs), self._placed(designs, context), learnt)
        hoped = np.empty(len(designs))
        alike = np.isfinite(squares[:, 0])
        hoped[alike] = self._from(squares[alike], nearest[alike])
        if not alike.all():
            hoped[~alike] = np.partition(learnt["above"], best := int(BEST * (len(learnt) - 1)))[best]
        lifted: Floats = np.maximum(hoped, 0.0)
        rounded: Floats = np.round(lifted, DIGITS)
        return rounded

    def _from(self, squares: Floats, nearest: Ints) -> Floats:
        """The mean of the nearest (n, 4) of those known, by their squared distance; less the farther they are."""
        weights = 1.0 / (squares + SOFT)
        mean = (self._learnt["above"][nearest] * weights).sum(axis=1) / weights.sum(axis=1)
        hoped: Floats = mean - HOPE * np.clip(np.sqrt(squares[:, 0]), 0.0, FARTHEST)
        return hoped

    @property
    def _learnt(self) -> np.ndarray[Any, Any]:
        """What is known, a design a row."""
        return self._rows[: self._count]

    def _placed(self, designs: Ints, context: Floats) -> Floats:
        """Designs as points (n, features + contexts)."""
        return np.concatenate([self._ground.placed(designs), np.tile(context, (len(designs), 1))], axis=1)
