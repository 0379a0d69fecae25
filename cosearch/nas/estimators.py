"""What is estimated of a network beside its costs: its accuracy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from cosearch.problem.measures import ACCURACY, Measure
from nets.accuracy import Predictor
from nets.accuracy.predictor import best_config
from nets.spaces import Config, SearchSpace, Space


class Estimator(Protocol):
    """Estimates one figure of a network from its configuration.

    Attributes:
        measure: what it estimates.
    """

    measure: Measure

    def estimate(self, configs: Sequence[Config]) -> Sequence[float]:
        """Of each."""

    def bounds(self, space: SearchSpace) -> tuple[float, float]:
        """No estimate in the space lies below the first or above the second; infinite where nothing is known."""

    def remark(self, config: Config) -> str:
        """What the estimate of a network is, with its error."""


class PredictedAccuracy:
    """Top-1 by a predictor of :mod:`nets.accuracy`."""

    measure = ACCURACY

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    def estimate(self, configs: Sequence[Config]) -> Sequence[float]:
        """See :meth:`Estimator.estimate`."""
        top1, _ = self.predictor.predict_batch(configs)
        return [float(value) for value in top1]

    def bounds(self, space: SearchSpace) -> tuple[float, float]:
        """See :meth:`Estimator.bounds`: the least and most accurate of each resolution are found gene by gene.

        Nothing is known where accuracy rises with no sum over genes.
        """
        if not isinstance(space, Space) or not self._is_sum(space):
            return -math.inf, math.inf
        worths = [(r, self.predictor.worth(r)) for r in space.resolutions]
        ends = [best_config(space, sign * worth, r) for sign in (-1, 1) for r, worth in worths]
        top1, _ = self.predictor.predict_batch(ends)
        return float(top1.min()), float(top1.max())

    def _is_sum(self, space: Space) -> bool:
        return all(self.predictor.least_worth(resolution, 0.0) is not None for resolution in space.resolutions)

    def remark(self, config: Config) -> str:
        """See :meth:`Estimator.remark`."""
        said = self.predictor.predict(config)
        error = f", ± {said.standard_error:.2f} % (standard error)" if math.isfinite(said.standard_error) else ""
        return f"top-1 is {'measured' if said.measured else 'predicted'}{error}: {said.estimates}"
