"""Fit a saturating model: maximum a posteriori coefficients, with priors and noise learned from the data.

Gauss-Newton steps alternate with MacKay's fixed-point updates of the variances ("Bayesian interpolation", Neural
Computation 4, 1992): a group of coefficients of which the data determine gamma gets the prior variance
sum(w^2) / gamma; a group of n rows gets the noise variance sum(residual^2) / (n - gamma). No knob is left to tune, so a
model fitted without a run has seen nothing of that run.

Rows measured on one shard of the validation set share its sampling error, all rows of a run and those of a resolution a
little more. Such offsets are random effects of the fit, or they would be taken for effects of genes. A shard drawn at
random would have the binomial variance, one drawn class by class less; the sources do not say which. So the binomial
value is a prior worth as many runs as there are, and the offsets found have an equal say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nets.accuracy.measurements import VALIDATION_IMAGES, Measurements
from nets.accuracy.predictor import Floats
from nets.accuracy.saturating import CURVE, SaturatingModel, position, quadratic, score_design
from nets.errors import InputError

_SCORE_PRIOR: Final = (9.0, 9.0, 1.0)
"""Prior variances of the score's quadratic in x: wide, but for the curvature."""
_CEILING_PRIOR: Final = (9.0, 36.0, 9.0)
"""Prior variances of the ceiling's quadratic, in percent squared."""
_HEADROOM: Final = 2.5
"""Prior mean of the ceiling, in percent above the best measurement."""
_ONE_SIGMA: Final = 0.6827
"""Share of a normal distribution within one standard deviation."""
_REDUNDANCIES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_LEAST_NOISE: Final = 0.03
"""Percent; about what evaluating the same subnet twice differs by."""
_LEAST_VARIANCE: Final = 1e-6
_MOST_STEPS: Final = 200
_STEPS_BEFORE_LEARNING: Final = 4
_SETTLED: Final = 1e-4
"""Percent by which no prediction moves any more."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model with what the fit learned beside it.

    Attributes:
        model: its scatter holds noise and shard error together.
        noise: percent by resolution, the scatter inside a run that the coefficients' error does not explain.
        shard: percent by resolution, the standard deviation of what a whole shard lies off.
        redundancy: how many rows of a search count for one independent row.
        rows: how many measurements it saw.
    """

    model: SaturatingModel
    noise: dict[int, float]
    shard: dict[int, float]
    redundancy: float
    rows: int


@dataclass(slots=True)
class _Problem:
    """Measurements as matrices, and the variances while they are being learned.

    The coefficients are (score, genes, slopes | shard offsets of runs, of runs at a resolution | ceiling).
    """

    design: Floats
    offsets: Floats
    curve: Floats
    top1: Floats
    level: NDArray[np.int64]
    prior_mean: Floats
    variance: Floats
    noise: Floats
    groups: list[slice]
    runs: slice | None

    @property
    def parts(self) -> tuple[slice, slice, slice]:
        """Where the coefficients of score, offsets and ceiling stand."""
        scores, shards = self.design.shape[1], self.offsets.shape[1]
        return slice(0, scores), slice(scores, scores + shards), slice(scores + shards, scores + shards + CURVE)

    def mean(self, weights: Floats) -> Floats:
        """Expected top-1 of every row."""
        score, shard, ceiling = self.parts
        mean: Floats = self.curve @ weights[ceiling] + self.offsets @ weights[shard] - self._gap(weights[score])
        return mean

    def gradient(self, weights: Floats) -> Floats:
        """Of :meth:`mean` with respect to the coefficients, shape (rows, coefficients)."""
        gap = self._gap(weights[self.parts[0]])
        return np.hstack([self.design * gap[:, None], self.offsets, self.curve])

    def _gap(self, score: Floats) -> Floats:
        # The bound keeps a trial step of the fit finite; no subnet lies so far below a ceiling.
        return np.exp(np.minimum(-self.design @ score, 5.0))

    def gram(self, weights: Floats, rows: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """What some rows say about the coefficients: (their precision without priors, the pull of the residuals)."""
        gradient = self.gradient(weights)[rows]
        scaled = gradient / self.noise[rows, None]
        return scaled.T @ gradient, scaled.T @ (self.top1 - self.mean(weights))[rows]

    def covariance(self, gram: Floats, redundancy: float = 1.0) -> Floats:
        """Posterior covariance of the coefficients when so many rows count for one."""
        precision = gram / redundancy + np.diag(1 / self.variance)
        return np.asarray(np.linalg.inv(precision), dtype=np.float64)

    def loss(self, weights: Floats, rows: NDArray[np.bool_]) -> float:
        """What the most probable coefficients make least."""
        misfit = (self.top1 - self.mean(weights))[rows] ** 2 / self.noise[rows]
        return float(misfit.sum() + ((weights - self.prior_mean) ** 2 / self.variance).sum())

    def step(self, weights: Floats, rows: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """One Gauss-Newton step on some rows, halved until it gains: (next coefficients, posterior covariance)."""
        gram, pull = self.gram(weights, rows)
        covariance = self.covariance(gram)
        change = covariance @ (pull - (weights - self.prior_mean) / self.variance)
        before = self.loss(weights, rows)
        for halvings in range(20):
            after = weights + change / 2**halvings
            if self.loss(after, rows) <= before:
                return after, covariance
        return weights, covariance


def fit_saturating(data: Measurements) -> Fit:
    """Fit the measured pairs of one space.

    Raises:
        InputError: fewer than two resolutions, or rows that do not suffice.
    """
    levels = sorted(set(data.resolution.tolist()))
    if len(levels) < 2 or len(data) < 20:
        raise InputError("fit: rows", len(data), "must be at least 20 over at least 2 resolutions")
    problem = _pose(data, levels)
    weights = _learn(problem, _shard_deviation(data))
    offset = float(np.sqrt(sum(problem.variance[group][0] for group in problem.groups[2:])))
    shard = {
        level: offset * bool((data.images[data.resolution == level] < VALIDATION_IMAGES).any()) for level in levels
    }
    noise, redundancy = _held_out_errors(problem, data, weights)
    covariance = problem.covariance(problem.gram(weights, np.ones(len(data), dtype=bool))[0], redundancy)
    score, _, ceiling = problem.parts
    kept = np.r_[score, ceiling]
    features = (score.stop - CURVE) // 2
    model = SaturatingModel(
        resolutions=(levels[0], levels[-1]),
        ceiling=weights[ceiling],
        score=weights[:CURVE],
        genes=weights[CURVE : CURVE + features],
        slopes=weights[CURVE + features : score.stop],
        spread=np.linalg.cholesky(covariance[np.ix_(kept, kept)]),
        scatter={level: float(np.hypot(noise[level], shard[level])) for level in levels},
        runs={level: len(np.unique(data.run[data.resolution == level])) for level in levels},
    )
    return Fit(model, noise, shard, redundancy, len(data))


def _pose(data: Measurements, levels: list[int]) -> _Problem:
    x = position(data.resolution, (levels[0], levels[-1]))
    design = score_design(data.space.features_batch(data.configs), x)
    offsets, runs = _shard_offsets(data)
    scores, shards = design.shape[1], offsets.shape[1]
    features = (scores - CURVE) // 2
    groups = [slice(CURVE, CURVE + features), slice(CURVE + features, scores)]
    of_runs = slice(scores, scores + runs) if runs else None
    groups += [of_runs, slice(scores + runs, scores + shards)] if of_runs else []
    variance = np.empty(scores + shards + CURVE)
    variance[:CURVE], variance[scores + shards :] = _SCORE_PRIOR, _CEILING_PRIOR
    for group, start in zip(groups, (0.01, 0.001, 0.1, 0.01)):
        variance[group] = start
    top, bottom = (data.top1[data.resolution == level] for level in (levels[-1], levels[0]))
    prior_mean = np.zeros(len(variance))
    prior_mean[scores + shards : scores + shards + 2] = top.max() + _HEADROOM, bottom.max() - top.max()
    prior_mean[0] = -np.log(top.max() + _HEADROOM - top.mean())
    noise = np.full(len(data), 0.2**2)
    return _Problem(
        design, offsets, quadratic(x), data.top1, data.resolution, prior_mean, variance, noise, groups, of_runs
    )


def _learn(problem: _Problem, shard_deviation: float) -> Floats:
    """Coefficients where steps and variances have settled; the variances stay in ``problem``."""
    everything = np.ones(len(problem.top1), dtype=bool)
    weights = problem.prior_mean.copy()
    for step in range(_MOST_STEPS):
        before = problem.mean(weights)
        weights, covariance = problem.step(weights, everything)
        if step < _STEPS_BEFORE_LEARNING:
            continue
        mean, gradient = problem.mean(weights), problem.gradient(weights)
        if step > _STEPS_BEFORE_LEARNING and np.abs(mean - before).max() < _SETTLED:
            return weights
        determined = 1 - np.diag(covariance) / problem.variance
        for group in problem.groups:
            power, gamma = float((weights[group] ** 2).sum()), float(determined[group].sum())
            if group == problem.runs:
                count = group.stop - group.start
                power, gamma = power + count * shard_deviation**2, gamma + count
            problem.variance[group] = max(_LEAST_VARIANCE, power / max(gamma, 1e-3))
        leverage = ((gradient @ covariance) * gradient).sum(axis=1) / problem.noise
        for level in np.unique(problem.level):
            rows = problem.level == level
            freedom = max(1.0, float(rows.sum() - leverage[rows].sum()))
            problem.noise[rows] = float(((problem.top1 - mean)[rows] ** 2).sum()) / freedom
    raise InputError("fit: rows", len(problem.top1), "do not determine the model: its coefficients did not settle")


def _held_out_errors(problem: _Problem, data: Measurements, weights: Floats) -> tuple[dict[int, float], float]:
    """What the errors inside runs that the fit did not see say about its error bars: (noise by resolution, redundancy).

    A search measures near-duplicates, so its rows determine the coefficients less than as many independent rows would.
    The redundancy is by how much less: the power of two under which the held-out errors are most likely. The noise is
    what it leaves unexplained: the half-width that holds 68 % of the errors, as a standard error should, whatever
    their tails. Shard offsets are taken out of both.

    Where few runs stand at a resolution, the coefficients are so uncertain without one of them that they seem to
    explain every error. So the noise is at least that of the rows around a fit that has seen them.
    """
    levels = np.unique(data.resolution).tolist()
    seen = {level: float(np.sqrt(problem.noise[data.resolution == level][0])) for level in levels}
    runs = np.unique(data.run)
    if len(runs) < 3:
        return seen, 1.0
    residual, gradients, grams = np.zeros(len(data)), np.zeros((len(data), len(weights))), {}
    for run in runs:
        held = data.run == run
        refit = weights
        for _ in range(2):
            refit, _ = problem.step(refit, ~held)
        grams[run], _ = problem.gram(refit, ~held)
        residual[held], gradients[held] = (data.top1 - problem.mean(refit))[held], problem.gradient(refit)[held]
        for level in np.unique(data.resolution[held]).tolist():
            cell = held & (data.resolution == level) & (data.images < VALIDATION_IMAGES)
            if cell.any():
                residual[cell] -= residual[cell].mean()
                gradients[cell] -= gradients[cell].mean(axis=0)
    best = (-np.inf, seen, 1.0)
    for redundancy in _REDUNDANCIES:
        explained = np.zeros(len(data))
        for run in runs:
            held = data.run == run
            covariance = problem.covariance(grams[run], redundancy)
            explained[held] = ((gradients[held] @ covariance) * gradients[held]).sum(axis=1)
        noise, likelihood = {}, 0.0
        for level in levels:
            rows = data.resolution == level
            square = np.quantile(residual[rows] ** 2 - explained[rows], _ONE_SIGMA)
            noise[level] = float(np.sqrt(max(square, _LEAST_NOISE**2)))
            variance = explained[rows] + noise[level] ** 2
            likelihood -= float((residual[rows] ** 2 / variance + np.log(variance)).sum())
        best = max(best, (likelihood, noise, redundancy), key=lambda found: found[0])
    _, noise, redundancy = best
    return {level: max(noise[level], seen[level]) for level in levels}, redundancy


def _shard_deviation(data: Measurements) -> float:
    """Standard deviation, in percent, of the top-1 on a randomly drawn shard around that on the whole validation set.

    Binomial with the correction for drawing without replacement; zero where all images were used.
    """
    images = float(data.images.min())
    top1 = float(data.top1[data.images == images].mean())
    return float(np.sqrt(top1 * (100 - top1) / images * (1 - images / VALIDATION_IMAGES)))


def _shard_offsets(data: Measurements) -> tuple[Floats, int]:
    """Indicator columns of runs measured on a shard, then of these by resolution; and the number of the former."""
    sharded: NDArray[np.bool_] = data.images < VALIDATION_IMAGES
    runs = sorted(set(data.run[sharded].tolist()))
    cells = sorted(set(zip(data.run[sharded].tolist(), data.resolution[sharded].tolist())))
    columns = [data.run == run for run in runs]
    columns += [(data.run == run) & (data.resolution == level) for run, level in cells]
    table = np.stack(columns, axis=1).astype(np.float64) if columns else np.zeros((len(data), 0))
    return table, len(runs)
