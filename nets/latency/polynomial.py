"""Network-wise latency: a polynomial of a network's features, fitted to measured networks.

Of the ten features of HAT's transformers (Wang et al., ACL 2020) it has degree two: latency is a sum over layers of
products (of widths, of widths and depth), so that is close to the truth. Of one-hot genes it is linear. Relative errors
are made small: a millisecond matters more in a fast network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nets.errors import InputError

Floats = NDArray[np.float64]

_RIDGE: Final = 1e-9
"""Relative to the largest eigenvalue: it decides only where features do not vary, or follow from each other."""


@dataclass(frozen=True, slots=True)
class PolynomialLatency:
    """A fitted polynomial.

    Attributes:
        names: of the features.
        lowest, highest: of each feature; it answers for no networks outside.
        degree: 1 or 2.
        coefficients: of 1, every scaled feature and, at degree 2, every product of two.
        relative_error: root mean square over the fitted networks, corrected for the number of coefficients.
    """

    names: tuple[str, ...]
    lowest: Floats
    highest: Floats
    degree: int
    coefficients: Floats
    relative_error: float

    def predict(self, features: Floats) -> tuple[Floats, Floats]:
        """(latency, standard error) of each row, in the unit of the fit.

        Args:
            features: shape (networks, features).

        Raises:
            InputError: another number of features, or a network outside of what was measured (says which feature).
        """
        table = np.asarray(features, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != len(self.names):
            raise InputError("latency predictor: features", table.shape, f"must have {len(self.names)} columns")
        outside = (table < self.lowest) | (table > self.highest)
        if outside.any():
            row, column = (int(index) for index in np.argwhere(outside)[0])
            low, high = self.lowest[column], self.highest[column]
            raise InputError(
                f"latency predictor: {self.names[column]}",
                float(table[row, column]),
                f"must lie in {low:g} to {high:g}, where networks were measured",
            )
        latency: Floats = _terms(table, self.lowest, self.highest, self.degree) @ self.coefficients
        return latency, self.relative_error * latency


def fit_polynomial(
    features: Floats,
    latency: Floats,
    names: Sequence[str],
    *,
    degree: int = 2,
    domain: tuple[Floats, Floats] | None = None,
) -> PolynomialLatency:
    """Fit to measured networks by relative least squares.

    Args:
        features: shape (networks, features).
        latency: positive, shape (networks,), in any unit.
        degree: 1 or 2.
        domain: (lowest, highest) of each feature that it shall answer for; those of the networks when omitted.

    Raises:
        InputError: too few networks (twice the coefficients at degree 2), or a latency that is not positive.
    """
    count = len(names)
    least = 2 + count if degree == 1 else (count + 1) * (count + 2)
    if len(latency) < least:
        raise InputError(
            "latency predictor: networks",
            len(latency),
            f"must be at least {least} for {count} features at degree {degree}",
        )
    if not (latency > 0).all():
        raise InputError("latency predictor: latency", float(latency.min()), "must be greater than zero")
    lowest, highest = (features.min(axis=0), features.max(axis=0)) if domain is None else domain
    terms = _terms(features, lowest, highest, degree) / latency[:, None]
    moments = terms.T @ terms
    ridge = _RIDGE * float(np.linalg.eigvalsh(moments)[-1]) * np.eye(len(moments))
    coefficients = np.linalg.solve(moments + ridge, terms.sum(axis=0))
    residual = terms @ coefficients - 1
    freedom = len(latency) - np.linalg.matrix_rank(terms)
    return PolynomialLatency(
        tuple(names), lowest, highest, degree, coefficients, float(np.sqrt((residual**2).sum() / max(1, freedom)))
    )


def _terms(features: Floats, lowest: Floats, highest: Floats, degree: int) -> Floats:
    """1, every feature scaled to between -1 and 1, and products of two; constant features are left out."""
    span = np.where(highest > lowest, highest - lowest, 1.0)
    scaled = 2 * (features - lowest) / span - 1
    scaled[:, highest == lowest] = 0.0
    columns = [np.ones(len(scaled)), *scaled.T]
    if degree == 1:
        return np.stack(columns, axis=1)
    columns += [scaled[:, a] * scaled[:, b] for a, b in combinations_with_replacement(range(scaled.shape[1]), 2)]
    return np.stack(columns, axis=1)


@dataclass(frozen=True, slots=True)
class Score:
    """Agreement of predicted with measured latencies.

    Attributes:
        rmse: in the unit of the latencies.
        mape_percent: mean of the absolute relative errors.
        kendall_tau: rank correlation.
    """

    rmse: float
    mape_percent: float
    kendall_tau: float


def score(predicted: Floats, measured: Floats) -> Score:
    """Compare predictions with measurements of the same networks."""
    from scipy.stats import kendalltau

    error = predicted - measured
    return Score(
        rmse=float(np.sqrt((error**2).mean())),
        mape_percent=float(100 * np.abs(error / measured).mean()),
        kendall_tau=float(kendalltau(predicted, measured).statistic),
    )
