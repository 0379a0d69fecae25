"""A correction of latency that was learnt from measured rows: costs of the counts, a small ridge, an interval, a range.

    cycles = (sum over counts of cost x count)
             x exp(intercept + sum over features of coefficient x (feature - mean) / deviation)

with costs of :class:`~accel_models.calibration.tile_work.TileWork` that are not negative, so that more work of any
kind never takes less time for equal features. The interval is that of rows whose layer was held out when they were
predicted (:mod:`~accel_models.calibration.fit`); where a figure lies outside the range of the rows, the interval is
widened by as many half-widths as the figure is factors of e outside. No data support that rule, which only says that
less is known there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from accel_models.calibration.tile_work import Array, TileWork
from nets.documents.strict import STRICT

COSTS: Final = ("array_cycles", "input_bursts", "weight_bursts", "store_commands", "tiles")
"""Counts that have a cost in cycles."""
FEATURES: Final = ("narrow_bursts", "single_tile", "tiles", "sums_share", "tiles_per_weights")
CONFIDENCE: Final = 0.9
"""Share of held-out rows that an interval contains."""


@dataclass(frozen=True, slots=True)
class Feature:
    """Mean and standard deviation of a feature over the rows, and what a deviation more adds to the logarithm."""

    __pydantic_config__ = STRICT

    mean: float
    deviation: float
    coefficient: float


@dataclass(frozen=True, slots=True)
class Range:
    """Least and most of a figure over the rows."""

    __pydantic_config__ = STRICT

    least: float
    most: float

    def outside(self, value: float) -> float:
        """By how many factors of e a positive value lies outside."""
        return max(math.log(self.least / value), math.log(value / self.most), 0.0)

    def __str__(self) -> str:
        return f"{self.least:g}" if self.least == self.most else f"{self.least:g} to {self.most:g}"


@dataclass(frozen=True, slots=True)
class Outside:
    """A figure that lies outside the range of the measured rows."""

    figure: str
    value: float
    range: Range

    def __str__(self) -> str:
        return f"{self.figure.replace('_', ' ')} {self.value:g}, measured were {self.range}"


@dataclass(frozen=True, slots=True)
class Prediction:
    """Cycles that a calibration expects, an interval, and what lies outside its rows."""

    cycles: float
    low: float
    high: float
    outside: tuple[Outside, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """Costs and ridge.

    Attributes:
        costs: cycles of each count of :data:`COSTS`, none negative.
        features: of :data:`FEATURES`.
        intercept: of the logarithm.
    """

    __pydantic_config__ = STRICT

    costs: Mapping[str, float]
    features: Mapping[str, Feature]
    intercept: float

    def cycles(self, counted: Array, measured: Array) -> Array:
        """Cycles (B,) of :func:`counts` and :func:`features`, both (B, 5)."""
        parts = [self.features[name] for name in FEATURES]
        mean = np.array([part.mean for part in parts])
        slope = np.array([part.coefficient / part.deviation for part in parts])
        summed = counted @ np.array([self.costs[name] for name in COSTS])
        return np.asarray(summed * np.exp(self.intercept + (measured - mean) @ slope))


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was learnt of some measured rows.

    Attributes:
        source: whose rows.
        rows, layers: how many there were.
        half_width: of the interval, in logarithms.
        correction: what makes cycles of counts.
        ranges: of the rows' figures, by name.
    """

    __pydantic_config__ = STRICT

    source: str
    rows: int
    layers: int
    half_width: float
    correction: Correction
    ranges: Mapping[str, Range]

    def interval(self, cycles: float, figures: Mapping[str, float], least_cycles: float) -> Prediction:
        """The interval around some cycles, wider where figures lie outside, and never below ``least_cycles``."""
        outside = tuple(
            Outside(name, value, self.ranges[name])
            for name, value in figures.items()
            if self.ranges[name].outside(value) > 1e-9
        )
        half = self.half_width * (1 + sum(found.range.outside(found.value) for found in outside))
        expected = max(cycles, least_cycles)
        return Prediction(expected, max(expected * math.exp(-half), least_cycles), expected * math.exp(half), outside)


def counts(work: TileWork) -> Array:
    """What the costs multiply, (B, 5)."""
    return np.stack([getattr(work, name) for name in COSTS], axis=1)


def features(work: TileWork, accumulator_rows: Array) -> Array:
    """What the ridge corrects by, (B, 5).

    Short bursts; a single tile, whose transfers nothing overlaps with; how many tiles; how full the accumulators are,
    since a tile's sums leave while the next one's come; and how many tiles one fetch of weights serves.
    """
    return np.stack(
        [
            np.log(work.burst_share),
            work.tiles == 1,
            np.log(work.tiles),
            work.sums_per_column / accumulator_rows,
            np.log(work.tiles_per_weights),
        ],
        axis=1,
    )
