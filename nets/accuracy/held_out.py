"""How well a predictor does on search runs that it never saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nets.accuracy.empirical_bayes import fit_saturating
from nets.accuracy.measurements import Measurements
from nets.accuracy.predictor import Floats
from nets.errors import InputError


@dataclass(frozen=True, slots=True)
class Score:
    """Agreement of predictions with measurements.

    Attributes:
        rmse: root mean square error in percent.
        rmse_by_resolution: the same, resolution by resolution.
        kendall_tau: rank correlation over all pairs, resolutions mixed.
        inside_one_sigma: share of measurements within one standard error.
        rows: how many.
    """

    rmse: float
    rmse_by_resolution: dict[int, float]
    kendall_tau: float
    inside_one_sigma: float
    rows: int


def score(data: Measurements, top1: Floats, standard_error: Floats) -> Score:
    """Compare predictions, in percent, with the measured top-1 of the same rows."""
    error = top1 - data.top1
    return Score(
        rmse=_rms(error),
        rmse_by_resolution={
            level: _rms(error[data.resolution == level]) for level in np.unique(data.resolution).tolist()
        },
        kendall_tau=kendall_tau(top1, data.top1),
        inside_one_sigma=float((np.abs(error) <= standard_error).mean()),
        rows=len(data),
    )


def runs_left(data: Measurements) -> NDArray[np.int64]:
    """Degrees of freedom of each row's :func:`predict_held_out`: the other runs at its resolution; at least 1."""
    pairs = set(zip(data.run.tolist(), data.resolution.tolist()))
    runs = {level: sum(at == level for _, at in pairs) for level in set(data.resolution.tolist())}
    return np.array([max(1, runs[level] - 1) for level in data.resolution.tolist()])


def predict_held_out(data: Measurements) -> tuple[Floats, Floats]:
    """(top-1, standard error) of every row, each run predicted by a fit to the other runs.

    Raises:
        InputError: fewer than three runs.
    """
    runs = np.unique(data.run)
    if len(runs) < 3:
        raise InputError("measurements: runs", len(runs), "must be at least 3 to hold out whole runs")
    features = data.space.features_batch(data.configs)
    top1, standard_error = np.zeros(len(data)), np.zeros(len(data))
    for run in runs:
        held = data.run == run
        model = fit_saturating(data.select(~held)).model
        top1[held], standard_error[held] = model.predict(features[held], data.resolution[held])
    return top1, standard_error


def kendall_tau(a: Floats, b: Floats) -> float:
    """Kendall's rank correlation (tau-b)."""
    from scipy.stats import kendalltau

    return float(kendalltau(a, b).statistic)


def _rms(error: Floats) -> float:
    return float(np.sqrt((error**2).mean()))
