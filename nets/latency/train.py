"""A latency predictor from anybody's measured networks, judged on networks that it has not seen.

The file is CSV. For a space of subnets: one column per gene (``d``, ``ks``, ``e``, ``w``: numbers between spaces),
``r`` and ``latency_ms``. For transformers: HAT's ten features and its two latencies (see :mod:`nets.latency.hat`), or
``latency_ms``. Rows of equal features are one network, and held out together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from nets.documents.table import read_table
from nets.errors import InputError, unknown
from nets.latency.features import AnySpace, Floats, feature_names, features
from nets.latency.hat import read_hat_latencies
from nets.latency.polynomial import PolynomialLatency, Score, fit_polynomial, score
from nets.latency.predictor import FittedLatency, LatencyPredictor, check_domain
from nets.measured_configs import read_configs, write_configs
from nets.perceptron import Perceptron, fit_perceptrons
from nets.spaces import Config, Space

Model = Literal["linear", "quadratic", "mlp"]
MODELS: Final = ("linear", "quadratic", "mlp")
FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class LatencyPairs:
    """Measured networks.

    Attributes:
        space: that they are of.
        features: as :func:`nets.latency.features.features` makes them.
        latency_ms: shape (networks,).
        configs: of each, where the file has them: HAT's has features alone.
        source: where they were read.
    """

    space: AnySpace
    features: Floats
    latency_ms: Floats
    configs: tuple[Config, ...] | None
    source: str


def read_latency_pairs(path: str | Path, space: AnySpace) -> LatencyPairs:
    """Read measured networks of a space.

    Raises:
        InputError: the file cannot be read, a column is missing, or a row is not of the space (says the line).
    """
    if not isinstance(space, Space):
        data = read_hat_latencies(path)
        return LatencyPairs(space, data.features, data.latency_ms, None, Path(path).name)
    from nets.documents.model import Positive

    of = f"latencies of {space.id}"
    table = read_table(path, (), of=of, may_be_empty=True)
    configs, (latency_ms,) = read_configs(table, space, of, ("latency_ms", Positive))
    return LatencyPairs(space, features(space, configs), latency_ms, configs, Path(path).name)


def write_latency_pairs(path: str | Path, space: Space, configs: Sequence[Config], latency_ms: Floats) -> None:
    """Write measured networks as :func:`read_latency_pairs` reads them."""
    write_configs(path, space, configs, "latency_ms", [f"{value:.6g}" for value in latency_ms])


def train_latency(
    pairs: LatencyPairs, *, model: Model | None = None, estimates: str = ""
) -> tuple[FittedLatency, Score]:
    """Fit a predictor, and its score on held-out networks, each fifth predicted by a fit to the others.

    Args:
        model: ``linear`` and ``quadratic`` in the features by relative least squares, ``mlp`` a perceptron;
            quadratic for transformers and linear for subnets when omitted.
        estimates: what was measured, in words: which device.

    Raises:
        InputError: no such model, or too few networks for it.
    """
    chosen = model or ("linear" if isinstance(pairs.space, Space) else "quadratic")
    if chosen not in MODELS:
        raise unknown("latency predictor: model", chosen, MODELS)
    domain = _domain(pairs)
    _, network = np.unique(pairs.features, axis=0, return_inverse=True)
    fold = np.random.default_rng(0).permutation(network.max() + 1)[network.ravel()] % FOLDS
    fitted, *judged = _fit(pairs, chosen, [fold >= 0, *(fold != held for held in range(FOLDS))], domain)
    predicted = np.zeros(len(fold))
    for held, one in enumerate(judged):
        predicted[fold == held] = _ask(one, pairs.features[fold == held])
    found = score(predicted, pairs.latency_ms)
    relative = predicted / pairs.latency_ms - 1
    predictor = FittedLatency(
        f"{pairs.space.id}/{Path(pairs.source).stem}",
        pairs.space,
        estimates=estimates or f"latency as measured in {pairs.source}",
        notes=[
            f"{chosen} model of {len(fold)} measured networks of {pairs.source}; on networks held out: "
            f"RMSE {found.rmse:.3g} ms, MAPE {found.mape_percent:.2f} %, Kendall tau {found.kendall_tau:.3f}."
        ],
        model=fitted,
        lowest=domain[0],
        highest=domain[1],
        relative_error=float(np.sqrt((relative**2).mean())),
    )
    return predictor, found


def _domain(pairs: LatencyPairs) -> tuple[Floats, Floats]:
    """(lowest, highest) of each feature to answer for.

    Means over layers hardly ever reach their ends in random networks, so for transformers it is a tenth wider than what
    was measured, within the space.
    """
    low, high = pairs.features.min(axis=0), pairs.features.max(axis=0)
    if isinstance(pairs.space, Space):
        return low, high
    smallest, largest = pairs.space.features([pairs.space.min_config(), pairs.space.max_config()])
    margin = 0.1 * (high - low)
    return np.minimum(low, np.maximum(low - margin, smallest)), np.maximum(high, np.minimum(high + margin, largest))


def _fit(
    pairs: LatencyPairs, model: str, subsets: Sequence[NDArray[np.bool_]], domain: tuple[Floats, Floats]
) -> Sequence[PolynomialLatency | Perceptron]:
    """A model of each subset of the pairs."""
    data = [(pairs.features[rows], pairs.latency_ms[rows]) for rows in subsets]
    if model == "mlp":
        for _, latency in data:
            if len(latency) < 2 * FOLDS:
                raise InputError("latency predictor: networks", len(latency), f"must be at least {2 * FOLDS}")
        return fit_perceptrons([(inputs, np.log(latency)) for inputs, latency in data])
    degree, names = 1 if model == "linear" else 2, feature_names(pairs.space)
    return [fit_polynomial(inputs, latency, names, degree=degree, domain=domain) for inputs, latency in data]


def _ask(model: PolynomialLatency | Perceptron, table: Floats) -> Floats:
    return np.exp(model(table)) if isinstance(model, Perceptron) else model.predict(table)[0]


def compare_latency(predictor: LatencyPredictor, pairs: LatencyPairs) -> Score:
    """How well a predictor says what was measured.

    Raises:
        InputError: it is for another space, or a network lies outside its domain.
    """
    predictor.check_space(pairs.space.id)
    if pairs.configs is not None:
        predicted, _ = predictor.predict_batch(pairs.configs)
    else:
        assert isinstance(predictor, FittedLatency)  # tables are of subnets, whose pairs have configs
        check_domain(pairs.space, pairs.features, predictor.lowest, predictor.highest)
        predicted = _ask(predictor.model, pairs.features)
    return score(predicted, pairs.latency_ms)
