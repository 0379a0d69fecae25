"""A saturating model of top-1 accuracy over the one-hot genes of a space.

    top1(config, r) = ceiling(x) - exp(-score(config, x)),    x = log(r_high / r) / log(r_high / r_low)
    ceiling(x)      = c0 + c1 x + c2 x^2
    score(config, x) = s0 + s1 x + s2 x^2 + sum over genes g of (u_g + x v_g)

Effects of genes add up in the *score*, the negative logarithm of the distance to a ceiling: a gain that a weak subnet
shows in full is worth little near the ceiling. A model that adds percentages instead promises too much exactly where
a search goes. With gene effects that only add up, the best config at a resolution is found gene by gene, so the
highest accuracy a space reaches is exact.

The posterior of all coefficients is a Gaussian around the best fit (Laplace's approximation), so that the error bar
grows away from the measured configs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nets.accuracy.confidence import climb
from nets.accuracy.predictor import FittedPredictor, Floats
from nets.elementary import exp, exps, least_where, log, logs, select_and_add
from nets.spaces import Config, Space

CURVE = 3
"""Coefficients of a quadratic."""


@dataclass(frozen=True, slots=True)
class SaturatingModel:
    """Coefficients of one space.

    Attributes:
        resolutions: (lowest, highest) that x = 1 and x = 0 stand for.
        ceiling: percent, shape (3,).
        score: shape (3,).
        genes: u, shape (features,).
        slopes: v, shape (features,).
        spread: lower factor L of the posterior covariance L L^T of (score, genes, slopes, ceiling), shape
            (6 + 2 features, rank).
        scatter: percent by resolution: how far measurements of single subnets lie from a model with exact coefficients.
        runs: by resolution: how many search runs told that, which are the degrees of freedom of the error; where none
            are named the error is taken for known.
    """

    resolutions: tuple[int, int]
    ceiling: Floats
    score: Floats
    genes: Floats
    slopes: Floats
    spread: Floats
    scatter: dict[int, float]
    runs: dict[int, int] = field(default_factory=dict)

    def predict(self, features: Floats, resolution: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Mean and standard error of the top-1 of each row, in percent.

        Args:
            features: one-hot configs, shape (rows, features).
            resolution: shape (rows,).
        """
        top1, error = np.empty(len(features)), np.empty(len(features))
        for level in set(resolution.tolist()):
            rows = resolution == level
            top1[rows], error[rows] = self._predict_at(features[rows], level)
        return top1, error

    def _predict_at(self, features: Floats, resolution: int) -> tuple[Floats, Floats]:
        """:meth:`predict` at one resolution, where effects of genes are sums over those that are there."""
        x = position(np.array([resolution]), self.resolutions)
        curve = quadratic(x)[0]
        gap = exps(-((curve * self.score).sum() + select_and_add(features, self.worth(resolution))))
        # The gradient: gap * (curve, features, x * features) by score, genes and slopes; the curve by the ceiling.
        by_score, by_gene, by_slope, by_ceiling = np.split(
            self.spread, np.cumsum([CURVE, len(self.genes), len(self.slopes)])
        )
        turned = (curve[:, None] * by_score).sum(axis=0) + select_and_add(features, by_gene + x * by_slope)
        turned = gap[:, None] * turned + (curve[:, None] * by_ceiling).sum(axis=0)
        variance = (turned * turned).sum(axis=1)
        scatter = self.scatter_at(resolution)
        return (curve * self.ceiling).sum() - gap, np.sqrt(variance + scatter * scatter)

    def scatter_at(self, resolution: int) -> float:
        """:attr:`scatter` between two known resolutions on a straight line, beyond them as at the last, in percent."""
        below = max((value for value in self.scatter if value <= resolution), default=min(self.scatter))
        above = min((value for value in self.scatter if value >= resolution), default=max(self.scatter))
        share = (resolution - below) / (above - below) if above > below else 0.0
        return self.scatter[below] + share * (self.scatter[above] - self.scatter[below])

    def worth(self, resolution: int) -> Floats:
        """What each one-hot feature adds to the score at ``resolution``, shape (features,)."""
        x = float(position(np.array([resolution]), self.resolutions)[0])
        worth: Floats = self.genes + x * self.slopes
        return worth

    def least_worth(self, resolution: int, top1_percent: float) -> float:
        """What the genes must add to the score for ``top1_percent``; infinite from the ceiling up."""
        curve = quadratic(position(np.array([resolution]), self.resolutions))[0]
        ceiling, score = float((curve * self.ceiling).sum()), float((curve * self.score).sum())
        if top1_percent >= ceiling:
            return math.inf
        near = -log(ceiling - top1_percent) - score
        return least_where(lambda worth: ceiling - exp(-(score + worth)) >= top1_percent, near)


class SaturatingPredictor(FittedPredictor):
    """Predictor from a :class:`SaturatingModel`; its error grows away from the measured configs."""

    def __init__(self, id: str, space: Space, *, estimates: str, notes: Sequence[str], model: SaturatingModel) -> None:
        super().__init__(id, space, estimates=estimates, resolutions=model.resolutions, notes=notes)
        self.model = model

    def _estimate(self, features: Floats, resolution: NDArray[np.int64]) -> tuple[Floats, Floats]:
        return self.model.predict(features, resolution)

    def worth(self, resolution: int) -> Floats:
        """See :meth:`Predictor.worth`: the score's."""
        return self.model.worth(resolution)

    def least_worth(self, resolution: int, top1_percent: float) -> float:
        """See :meth:`Predictor.least_worth`."""
        return self.model.least_worth(resolution, top1_percent)

    def degrees_of_freedom(self, resolution: int) -> int | None:
        """See :meth:`Predictor.degrees_of_freedom`: the runs at the resolution, or the fewer of those around."""
        runs = self.model.runs
        above = [level for level in runs if level >= resolution]
        below = [level for level in runs if level <= resolution]
        ends = ([min(above)] if above else []) + ([max(below)] if below else [])
        return min((runs[level] for level in ends), default=None)

    def least_error(self, resolution: int) -> float:
        """See :meth:`Predictor.least_error`: the scatter of single subnets, which exact coefficients would leave."""
        return self.model.scatter_at(resolution)

    def most_assured(self, resolution: int, confidence: float | None) -> Config:
        """See :meth:`Predictor.most_assured`: where single changes of genes end that begin at the most accurate."""
        start = self.most_accurate(resolution)
        if confidence is None:
            return start
        return climb(self.space, start, lambda configs: self.assured_batch(configs, confidence))


def position(resolution: NDArray[np.int64], span: tuple[int, int]) -> Floats:
    """x: 0 at the highest resolution of ``span`` and 1 at the lowest, linear in the logarithm."""
    low, high = span
    x: Floats = logs(high / np.asarray(resolution, dtype=np.float64)) / log(high / low)
    return x


def quadratic(x: Floats) -> Floats:
    """Columns 1, x, x^2."""
    return np.stack([np.ones_like(x), x, x * x], axis=1)


def score_design(features: Floats, x: Floats) -> Floats:
    """Columns of the score: quadratic in x, genes, genes times x; shape (rows, 3 + 2 features)."""
    return np.hstack([quadratic(x), features, features * x[:, None]])
