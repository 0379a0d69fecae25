"""A linear model of top-1 accuracy with a cap: what Once-for-All's released ResNet-50 predictor comes down to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nets.accuracy.predictor import FittedPredictor, Floats
from nets.elementary import select_and_add
from nets.spaces import Space


class CappedLinearPredictor(FittedPredictor):
    """Percent add up over one-hot genes and the resolution, up to a cap.

    Args:
        levels: percent by resolution, everything else zero.
        genes: percent of each feature.
        cap: percent; every subnet above it is predicted at the cap.
        error: standard error in percent.
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
    ) -> None:
        super().__init__(id, space, estimates=estimates, resolutions=(min(levels), max(levels)), notes=notes)
        self.levels, self.genes, self.cap, self.error = levels, genes, cap, error
        self.saturates_at = cap

    def _estimate(self, features: Floats, resolution: NDArray[np.int64]) -> tuple[Floats, Floats]:
        level = np.array([self.levels[value] for value in resolution.tolist()])
        top1 = np.minimum(select_and_add(features, self.genes) + level, self.cap)
        return top1, np.full(len(top1), self.error)

    def worth(self, resolution: int) -> Floats:
        """See :meth:`Predictor.worth`: percent below the cap."""
        return self.genes
