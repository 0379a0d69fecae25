"""What designs will cost: their bounds, and by how much designs like them lay above theirs.

A bound without a mapping ranks the arrays of one wiring well, but lies below some wirings and sizes of memory by more
than below others. By how much changes slowly along a front: what a design of 5 mm2 taught holds for its like of 6.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from cosearch.bounds.grid import L1, L2, NOC, DesignGrid, Floats, Ints
from cosearch.problem.template_space import MOST_ELEMENTS
from nets.elementary import log, logs

NEAREST: Final = 4
"""Designs of the same wiring and kind of L1 that tell how far another one lies above its bounds."""
WEIGHTS: Final = np.array([1.0] * L1 + [0.7, 0.7, 0.4])
"""Of a factor of two in each size, when designs are compared."""
SOFT: Final = 0.05
"""Squared distance below which all count alike."""
HOPE: Final = 0.02
"""How much less a design may cost for every factor of two that it is away from what is known."""
FARTHEST: Final = 3.0
"""Distance of a design of whose kind nothing is known."""
DIGITS: Final = 9


class Forecast:
    """Losses of designs, from their bounds and from designs that were evaluated.

    Args:
        grid: of the designs.
        axes: how many figures a design has.
    """

    def __init__(self, grid: DesignGrid, axes: int) -> None:
        self._grid, self._axes = grid, axes
        self._lanes, self._l1, self._l2 = (
            logs(np.maximum(sizes, 1).astype(np.float64)) / log(2.0)
            for sizes in (np.arange(MOST_ELEMENTS + 1), grid.l1.size, grid.l2.size)
        )
        self._kinds = np.empty(0, dtype=np.int64)
        self._features = np.empty((0, len(WEIGHTS)))
        self._above = np.empty((0, axes))

    def __len__(self) -> int:
        """Designs that it knows of."""
        return len(self._features)

    def learn(self, designs: Ints, context: Floats, above: Floats) -> None:
        """Hear how far designs (n, 9) lie above their bounds (n, axes), or are thought to while they are evaluated."""
        features = self._placed(designs, context)
        if not len(self._features):
            self._features = np.empty((0, features.shape[1]))
        for kind, feature, excess in zip(self._kinds_of(designs), features, above):
            same = np.flatnonzero((self._features == feature).all(axis=1) & (self._kinds == kind))
            if len(same):
                self._above[same[0]] = excess
                continue
            self._kinds = np.append(self._kinds, kind)
            self._features = np.concatenate([self._features, feature[None]])
            self._above = np.concatenate([self._above, excess[None]])

    def above(self, designs: Ints, context: Floats) -> Floats:
        """How far above their bounds (n, axes) designs (n, 9) are hoped to lie."""
        kinds, features = self._kinds_of(designs), self._placed(designs, context)
        hoped = np.empty((len(designs), self._axes))
        least = self._above.min(axis=0) if len(self._above) else np.zeros(self._axes)
        for kind in np.unique(kinds).tolist():
            rows, known = np.flatnonzero(kinds == kind), np.flatnonzero(self._kinds == kind)
            hoped[rows] = self._from(features[rows], known) if len(known) else least - HOPE * FARTHEST
        rounded: Floats = np.round(hoped, DIGITS)
        return rounded

    def _from(self, features: Floats, known: Ints) -> Floats:
        """The mean of the nearest of those known, by distance; less the farther they are."""
        squares = ((features[:, None, :] - self._features[known][None]) ** 2).sum(axis=2)
        order = np.argsort(squares, axis=1, kind="stable")[:, :NEAREST]
        nearest = np.take_along_axis(squares, order, axis=1)
        weights = 1.0 / (nearest + SOFT)
        mean = (self._above[known][order] * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1)[:, None]
        away = np.minimum(np.sqrt(nearest[:, 0]), FARTHEST)
        hoped: Floats = mean - HOPE * away[:, None]
        return hoped

    def _kinds_of(self, designs: Ints) -> Ints:
        """A number for each wiring with registers or SRAM in its elements."""
        wired = (designs[:, :L1] > 1) @ (1 << np.arange(L1))
        kinds: Ints = 2 * wired + (designs[:, L1] >= self._grid.l1.first_sram)
        return kinds

    def _placed(self, designs: Ints, context: Floats) -> Floats:
        """Designs as points, of which those that are alike lie near each other."""
        buffers = zip((L1, L2, NOC), (self._l1, self._l2, self._lanes))
        sizes = [self._lanes[designs[:, :L1]], *(table[designs[:, place, None]] for place, table in buffers)]
        placed = np.concatenate(sizes, axis=1) * WEIGHTS
        return np.concatenate([placed, np.tile(context, (len(designs), 1))], axis=1)
