"""A linear model of top-1 accuracy with a cap: what Once-for-All's released ResNet-50 predictor comes down to."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nets.accuracy.predictor import FittedPredictor, Floats
from nets.elementary import least_where, select_and_add
from nets.spaces import Space


class CappedLinearPredictor(FittedPredictor):
    """Percent add up over one-hot genes and the resolution, up to a cap.

    Args:
        levels: percent by resolution, everything else zero.
        genes: percent of each feature.
        cap: percent; every subnet above it is predicted at the cap.
        error: standard error in percent.
        freedom: its degrees of freedom, where few measurements told it.
    """

    def __init__(
        self,
        id: str,
        space: Space,
        *,
        estimates: str,
        notes: Sequence[str],
        levels: dict[int, float],
        genes: Floats,
        cap: float,
        error: float,
        freedom: int | None = None,
    ) -> None:
        super().__init__(id, space, estimates=estimates, resolutions=(min(levels), max(levels)), notes=notes)
        self.levels, self.genes, self.cap, self.error, self.freedom = levels, genes, cap, error, freedom
        self.saturates_at = cap

    def _estimate(self, features: Floats, resolution: NDArray[np.int64]) -> tuple[Floats, Floats]:
        level = np.array([self.levels[value] for value in resolution.tolist()])
        top1 = np.minimum(select_and_add(features, self.genes) + level, self.cap)
        return top1, np.full(len(top1), self.error)

    def degrees_of_freedom(self, resolution: int) -> int | None:
        """See :meth:`Predictor.degrees_of_freedom`: the same everywhere."""
        return self.freedom

    def least_error(self, resolution: int) -> float:
        """See :meth:`Predictor.least_error`: the error of all."""
        return self.error

    def most_error(self, resolution: int) -> float:
        """See :meth:`Predictor.most_error`: the error of all."""
        return self.error

    def worth(self, resolution: int) -> Floats:
        """See :meth:`Predictor.worth`: percent below the cap."""
        return self.genes

    def least_worth(self, resolution: int, top1_percent: float) -> float:
        """See :meth:`Predictor.least_worth`; infinite above the cap."""
        level = self.levels[resolution]
        if top1_percent > self.cap:
            return math.inf
        return least_where(lambda worth: worth + level >= top1_percent, top1_percent - level)
