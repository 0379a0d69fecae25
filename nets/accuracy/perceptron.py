"""Accuracy by a multilayer perceptron over one-hot genes and the resolution, as Once-for-All predicts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nets.accuracy.predictor import Floats
from nets.accuracy.sampled import SampledPredictor
from nets.perceptron import Perceptron
from nets.spaces import Config, Space


class PerceptronPredictor(SampledPredictor):
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


def perceptron_inputs(space: Space, canonical: Sequence[Config]) -> Floats:
    """One-hot genes and the resolution as a share of the highest, shape (configs, features + 1)."""
    resolution = np.array([config["r"] / space.resolutions[-1] for config in canonical])
    return np.column_stack([space.features_batch(canonical), resolution])
