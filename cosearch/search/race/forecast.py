"""What designs will cost: their bounds, and by how much designs like them lay above theirs.

A bound without a mapping ranks the arrays of one wiring well, but lies below some wirings and sizes of memory by more
than below others. By how much changes slowly along a front: what a design of 5 mm2 taught holds for its like of 6.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from cosearch.bounds.boxes import Floats, Ints
from cosearch.search.race.ground import Ground

NEAREST: Final = 4
"""Designs of the same wiring and kind of L1 that tell how far another one lies above its bounds."""
SOFT: Final = 0.05
"""Squared distance below which all count alike."""
HOPE: Final = 0.04
"""How much less a design may cost for every factor of two that it is away from what is known."""
FARTHEST: Final = 3.0
"""Distance of a design of whose kind nothing is known."""
DIGITS: Final = 9


class Forecast:
    """Losses of designs, from their bounds and from designs that were evaluated.

    Args:
        ground: of the designs.
        least: how far above its bound each loss is at least; minus infinity where nothing bounds it.
        contexts: figures that set a design apart from the same design where something else is asked of it.
    """

    def __init__(self, ground: Ground, least: Floats, contexts: int = 0) -> None:
        self._ground, self._least = ground, least
        self._at: dict[bytes, int] = {}
        place, above = (ground.features + contexts,), least.shape
        self._learnt = np.zeros(8, [("kind", "i8"), ("known", "?"), ("place", "f8", place), ("above", "f8", above)])

    def __len__(self) -> int:
        """Designs that it knows of."""
        return len(self._at)

    def learn(self, design: Ints, context: Floats, above: Floats, *, known: bool) -> None:
        """Hear how far a design (k,) lies above its bounds (axes,).

        Args:
            design: that was evaluated, or is to be.
            context: (contexts,) that it has.
            above: its losses less their bounds.
            known: or only thought, until it is evaluated.
        """
        kind, place = self._ground.niches(design[None])[0], self._placed(design[None], context)[0]
        at = self._at.setdefault(kind.tobytes() + place.tobytes(), len(self._at))
        if at == len(self._learnt):
            self._learnt = np.concatenate([self._learnt, np.zeros_like(self._learnt)])
        self._learnt[at] = kind, known, place, above

    def above(self, designs: Ints, context: Floats) -> Floats:
        """How far above their bounds (n, axes) designs (n, k) are hoped to lie.

        As far as the nearest of the same wiring and kind of L1; where there is none, of all that were evaluated.
        """
        kinds, features = self._ground.niches(designs), self._placed(designs, context)
        hoped, learnt = np.zeros((len(designs), len(self._least))), self._learnt[: len(self._at)]
        for kind in np.unique(kinds).tolist():
            rows = np.flatnonzero(kinds == kind)
            alike = learnt[learnt["kind"] == kind]
            nearest = alike if len(alike) else learnt[learnt["known"]]
            if len(nearest):
                away = 0.0 if len(alike) else FARTHEST
                hoped[rows] = self._from(features[rows], nearest["place"], nearest["above"], away)
        lifted: Floats = np.maximum(hoped, self._least)
        rounded: Floats = np.round(lifted, DIGITS)
        return rounded

    def _from(self, features: Floats, places: Floats, above: Floats, away: float) -> Floats:
        """The mean of the nearest of those known, by distance; less the farther they are, ``away`` at least."""
        squares: Floats = ((features[:, None, :] - places[None]) ** 2).sum(axis=2)
        order = np.argsort(squares, axis=1, kind="stable")[:, :NEAREST]
        nearest = np.take_along_axis(squares, order, axis=1)
        weights = 1.0 / (nearest + SOFT)
        mean = (above[order] * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1)[:, None]
        hope = HOPE * np.clip(np.sqrt(nearest[:, :1]), away, FARTHEST)
        hoped: Floats = mean - hope
        return hoped

    def _placed(self, designs: Ints, context: Floats) -> Floats:
        """Designs as points (n, features + contexts)."""
        return np.concatenate([self._ground.placed(designs), np.tile(context, (len(designs), 1))], axis=1)
