"""Learning a calibration from measured rows, with whole groups of rows held out.

The costs are the non-negative ones of least squared relative error; the ridge then fits what is left of the
logarithm. The interval contains :data:`~accel_models.calibration.model.CONFIDENCE` of the rows as predicted from
other groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.calibration.model import (
    CONFIDENCE,
    COSTS,
    FEATURES,
    Calibration,
    Correction,
    Feature,
    Range,
    counts,
    features,
)
from accel_models.calibration.tile_work import Array, TileWork

_CONSTANT: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Choice:
    """What a ridge is made of.

    Attributes:
        features: that it corrects by. penalty: its weight, in rows.
    """

    features: tuple[str, ...]
    penalty: float


USUAL: Final = Choice(FEATURES, 30.0)
"""What is shipped. With penalties from 1 to 150 held-out layers of DOSA's rows are predicted alike."""
CHOICES: Final = tuple(
    Choice(features, penalty)
    for count in range(len(FEATURES) + 1)
    for features in combinations(FEATURES, count)
    for penalty in (3.0, 30.0, 300.0)
)
"""Every one that :func:`nested_cycles` chooses among."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Measured rows.

    Attributes:
        counts: (B, 5), see :func:`~accel_models.calibration.model.counts`.
        features: (B, 5), see :func:`~accel_models.calibration.model.features`.
        cycles: measured, (B,).
        groups: which rows are held out together, (B,).
    """

    counts: Array
    features: Array
    cycles: Array
    groups: NDArray[np.int64]

    @classmethod
    def of(cls, work: TileWork, accumulator_rows: Array, cycles: Array, groups: NDArray[np.int64]) -> Rows:
        """Of the work of measured mappings."""
        return cls(counts(work), features(work, accumulator_rows), cycles, groups)

    def only(self, chosen: NDArray[np.bool_]) -> Rows:
        """Some of them."""
        return Rows(self.counts[chosen], self.features[chosen], self.cycles[chosen], self.groups[chosen])


def fit(rows: Rows, *, source: str, figures: Mapping[str, Array]) -> Calibration:
    """Learn a calibration of at least two groups.

    Args:
        rows: to learn from; the interval follows from holding out each of their groups.
        source: whose rows they are.
        figures: (B,) each, whose range is kept, by name.
    """
    predicted = _predict_held_out(rows)
    return Calibration(
        source=source,
        rows=len(rows.cycles),
        layers=len(np.unique(rows.groups)),
        half_width=_half_width(rows, predicted),
        correction=_ridge(rows, _costs(rows), USUAL),
        ranges={name: Range(float(values.min()), float(values.max())) for name, values in figures.items()},
    )


def held_out_cycles(rows: Rows) -> tuple[Array, NDArray[np.bool_]]:
    """Cycles of every row as predicted from the rows of other groups, and whether the row lies inside its interval.

    The interval too is that of the others, with each of their groups held out in turn.
    """
    cycles, inside = _predict_held_out(rows), np.empty(len(rows.cycles), dtype=np.bool_)
    for group in np.unique(rows.groups):
        held = rows.groups == group
        others = rows.only(~held)
        half_width = _half_width(others, _predict_held_out(others))
        inside[held] = np.abs(np.log(rows.cycles[held] / cycles[held])) <= half_width
    return cycles, inside


def nested_cycles(rows: Rows) -> Array:
    """Cycles of every row from the rows of other groups, features and penalty chosen on those too.

    Of :data:`CHOICES` each group has the one that predicts the others best when each of them is held out in turn. So
    what is not known of the choice counts as well.
    """
    cycles = np.empty(len(rows.cycles))
    for group in np.unique(rows.groups):
        held = rows.groups == group
        others, own = rows.only(~held), rows.only(held)
        correction = _ridge(others, _costs(others), _chosen(others))
        cycles[held] = correction.cycles(own.counts, own.features)
    return cycles


def _chosen(rows: Rows) -> Choice:
    """What predicts held-out groups best."""
    errors = np.zeros(len(CHOICES))
    for group in np.unique(rows.groups):
        held = rows.groups == group
        others, own = rows.only(~held), rows.only(held)
        costs = _costs(others)
        for place, choice in enumerate(CHOICES):
            predicted = _ridge(others, costs, choice).cycles(own.counts, own.features)
            errors[place] += np.square(np.log(predicted / own.cycles)).sum()
    return CHOICES[int(errors.argmin())]


def _predict_held_out(rows: Rows) -> Array:
    """Cycles of every row, from the rows of other groups."""
    cycles = np.empty(len(rows.cycles))
    for group in np.unique(rows.groups):
        held = rows.groups == group
        own = rows.only(held)
        others = rows.only(~held)
        cycles[held] = _ridge(others, _costs(others), USUAL).cycles(own.counts, own.features)
    return cycles


def _half_width(rows: Rows, predicted: Array) -> float:
    """Of the interval that contains the wanted share of the rows, in logarithms."""
    return float(np.quantile(np.abs(np.log(rows.cycles / predicted)), CONFIDENCE))


def _costs(rows: Rows) -> Array:
    """Cycles of every count."""
    from scipy.optimize import nnls

    relative = rows.counts / rows.cycles[:, None]
    scale = np.maximum(relative.max(axis=0), np.finfo(float).tiny)
    return np.asarray(nnls(relative / scale, np.ones(len(relative)))[0] / scale, dtype=np.float64)


def _ridge(rows: Rows, costs: Array, choice: Choice) -> Correction:
    """The ridge on what the costs leave; features that are not chosen have no say."""
    left = np.log(rows.cycles / (rows.counts @ costs))
    mean, spread = rows.features.mean(axis=0), rows.features.std(axis=0)
    deviation = np.where(spread > _CONSTANT, spread, 1.0)
    scaled = (rows.features - mean) / deviation * [name in choice.features for name in FEATURES]
    normal = scaled.T @ scaled + choice.penalty * np.eye(scaled.shape[1])
    coefficient = np.linalg.solve(normal, scaled.T @ (left - left.mean()))
    parts = zip(FEATURES, mean.tolist(), deviation.tolist(), coefficient.tolist())
    return Correction(
        costs=dict(zip(COSTS, costs.tolist())),
        features={name: Feature(*figures) for name, *figures in parts},
        intercept=float(left.mean()),
    )
