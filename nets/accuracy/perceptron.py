"""Accuracy by a multilayer perceptron over one-hot genes and the resolution, as Once-for-All predicts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from nets.accuracy.predictor import Accuracy, Floats, Predictor
from nets.perceptron import Perceptron
from nets.spaces import Config, Space

WORTH_SUBNETS: Final = 2000
"""Random subnets per resolution that :meth:`PerceptronPredictor.worth` is fitted to."""

_RIDGE: Final = 1.0


class PerceptronPredictor(Predictor):
    """Percent from a perceptron.

    Args:
        model: of the rows that :func:`perceptron_inputs` makes.
        error: standard error in percent.
    """

    def __init__(
        self,
        id: str,
        space: Space,
        *,
        estimates: str,
        resolutions: tuple[int, int],
        notes: Sequence[str],
        model: Perceptron,
        error: float,
    ) -> None:
        super().__init__(id, space, estimates=estimates, resolutions=resolutions, notes=notes)
        self.model, self.error = model, error
        self._worth: dict[int, Floats] = {}

    def predict_batch(self, configs: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats]:
        """See :meth:`Predictor.predict_batch`."""
        canonical = self.inside_domain(configs)
        if not canonical:
            return np.zeros(0), np.zeros(0)
        top1 = np.clip(self.model(perceptron_inputs(self.space, canonical)), 0.0, 100.0)
        return top1, np.full(len(top1), self.error)

    def least_error(self, resolution: int) -> float:
        """See :meth:`Predictor.least_error`: the error of all."""
        return self.error

    def most_error(self, resolution: int) -> float:
        """See :meth:`Predictor.most_error`: the error of all."""
        return self.error

    def worth(self, resolution: int) -> Floats:
        """See :meth:`Predictor.worth`; in percent, by ridge regression to what it says of random subnets."""
        if resolution not in self._worth:
            configs = self._random(resolution)
            features, (top1, _) = self.space.features_batch(configs), self.predict_batch(configs)
            centred = features - features.mean(axis=0)
            penalised = centred.T @ centred + _RIDGE * np.eye(features.shape[1])
            self._worth[resolution] = np.linalg.solve(penalised, centred.T @ (top1 - top1.mean()))
        return self._worth[resolution]

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


def perceptron_inputs(space: Space, canonical: Sequence[Config]) -> Floats:
    """One-hot genes and the resolution as a share of the highest, shape (configs, features + 1)."""
    resolution = np.array([config["r"] / space.resolutions[-1] for config in canonical])
    return np.column_stack([space.features_batch(canonical), resolution])
