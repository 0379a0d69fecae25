"""What a predictor that is no sum over genes offers a search: where to look, by a regression to what it says."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np

from nets.accuracy.predictor import Accuracy, Floats, Predictor
from nets.spaces import Config

WORTH_SUBNETS: Final = 2000
"""Random subnets per resolution that :meth:`SampledPredictor.worth` is fitted to."""

_RIDGE: Final = 1.0


class SampledPredictor(Predictor):
    """Accuracies by any function of the genes, of which random subnets are asked."""

    def worth(self, resolution: int) -> Floats:
        """See :meth:`Predictor.worth`; in percent, by ridge regression to what it says of random subnets."""
        if resolution not in self._worths:
            configs = self._random(resolution)
            features, (top1, _) = self.space.features_batch(configs), self.predict_batch(configs)
            centred = features - features.mean(axis=0)
            penalised = centred.T @ centred + _RIDGE * np.eye(features.shape[1])
            self._worths[resolution] = np.linalg.solve(penalised, centred.T @ (top1 - top1.mean()))
        return self._worths[resolution]

    @cached_property
    def _worths(self) -> dict[int, Floats]:
        return {}

    def _random(self, resolution: int) -> list[Config]:
        rng, largest = np.random.default_rng(resolution), self.space.max_config() | {"r": resolution}
        return [self.space.mutate(largest, rng, prob=1.0, resolution_prob=0.0) for _ in range(WORTH_SUBNETS)]

    def highest_reachable(self) -> tuple[Config, Accuracy]:
        """The best of the largest subnets, and at the ends of the domain of random ones and the best by :meth:`worth`.

        Not exact, as it is for the other fitted predictors.
        """
        candidates = [self.space.max_config() | {"r": resolution} for resolution in self.domain]
        ends = {self.domain[0], self.domain[-1]}
        for resolution in sorted(ends):
            candidates += [self.most_accurate(resolution), *self._random(resolution)]
        return self.best_of(candidates)
