"""A predictor from anybody's own measured pairs: a ridge or a perceptron on one-hot genes, judged on the unseen.

The file is CSV with one column per gene of the space (``d``, ``ks``, ``e``, ``w``: numbers between spaces), ``r`` and
``top1`` in percent. A column ``run`` names rows that belong together, as those of one search do, which are
near-duplicates of each other: whole runs are then held out, else architectures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nets.accuracy.capped_linear import CappedLinearPredictor
from nets.accuracy.held_out import kendall_tau
from nets.accuracy.perceptron import PerceptronPredictor, perceptron_inputs
from nets.accuracy.predictor import Floats, Predictor
from nets.documents import File
from nets.documents.table import read_table
from nets.errors import InputError, unknown
from nets.measured_configs import read_configs, write_configs
from nets.perceptron import fit_perceptrons
from nets.spaces import Config, Space

MODELS: Final = ("ridge", "mlp")

FOLDS: Final = 10
PERCEPTRON_FOLDS: Final = 5
PENALTIES: Final = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Of the ridge; the one whose held-out error is least is taken."""

LEAST_PAIRS: Final = 30
LEAST_GROUPS: Final = 3


@dataclass(frozen=True, slots=True)
class Pairs:
    """Measured subnets.

    Attributes:
        space: of the configs.
        configs: canonical.
        top1: percent.
        group: number of what is held out together.
        source: where they were read.
    """

    space: Space
    configs: tuple[Config, ...]
    top1: Floats
    group: NDArray[np.int64]
    source: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Predictions beside measurements of the same subnets.

    Attributes:
        rmse: in percent.
        kendall_tau: rank correlation.
        macs_kendall_tau: that of MACs alone, which a predictor must beat.
        inside_one_sigma: share of measurements within one standard error.
        rows: how many.
    """

    rmse: float
    kendall_tau: float
    macs_kendall_tau: float
    inside_one_sigma: float
    rows: int


def read_pairs(path: File, space: Space) -> Pairs:
    """Read measured pairs of a space.

    Raises:
        InputError: the file cannot be read, a column is missing, or a row is not of the space (says the line).
    """
    from nets.documents.model import AnyPercent

    of = f"pairs of {space.id}"
    table = read_table(path, (), of=of, may_be_empty=True)
    configs, (top1,) = read_configs(table, space, of, ("top1", AnyPercent))
    table.may_have(("run",))
    runs = [row["run"] for row in table.rows] if "run" in table.columns else None
    return pairs_of(space, configs, top1, source=Path(path).name, runs=runs)


def pairs_of(
    space: Space, configs: Sequence[Config], top1: Floats, *, source: str, runs: Sequence[str] | None = None
) -> Pairs:
    """Pairs whose architectures are held out together, or the rows of each of ``runs``; configs are canonical."""
    groups = runs or [str(space.key(config | {"r": space.resolutions[0]})) for config in configs]
    _, group = np.unique(np.array(groups, dtype=str), return_inverse=True)
    return Pairs(space, tuple(configs), top1, group, source)


def write_pairs(path: str | Path, space: Space, configs: Sequence[Config], top1: Floats) -> None:
    """Write measured pairs as :func:`read_pairs` reads them."""
    write_configs(path, space, configs, "top1", [f"{value:.4f}" for value in top1])


def train(pairs: Pairs, *, model: str = "ridge", estimates: str) -> CappedLinearPredictor | PerceptronPredictor:
    """Fit a predictor; its standard error is what it errs on held-out groups.

    Args:
        model: ``ridge`` or ``mlp``.
        estimates: what was measured, in words: which images, which weights.

    Raises:
        InputError: no such model, or too few pairs or groups to hold any out.
    """
    if model not in MODELS:
        raise unknown("accuracy predictor: model", model, MODELS)
    return train_ridge(pairs, estimates=estimates) if model == "ridge" else train_perceptron(pairs, estimates=estimates)


def train_perceptron(pairs: Pairs, *, estimates: str) -> PerceptronPredictor:
    """Fit a perceptron; arguments and errors as :func:`train`."""
    _check_count(pairs)
    inputs = perceptron_inputs(pairs.space, pairs.configs)
    fold, held_out = _folds(pairs, PERCEPTRON_FOLDS), np.zeros(len(inputs))
    kept = [fold != held for held in range(int(fold.max()) + 1)]
    fitted, *judged = fit_perceptrons([(inputs, pairs.top1), *((inputs[rows], pairs.top1[rows]) for rows in kept)])
    for rows, model in zip(kept, judged):
        held_out[~rows] = model(inputs[~rows])
    error = float(np.sqrt(((held_out - pairs.top1) ** 2).mean()))
    measured = [config["r"] for config in pairs.configs]
    return PerceptronPredictor(
        f"{pairs.space.id}/{Path(pairs.source).stem}",
        pairs.space,
        estimates=estimates,
        resolutions=(min(measured), max(measured)),
        notes=[_note("Perceptron fitted", pairs, error, kendall_tau(held_out, pairs.top1))],
        model=fitted,
        error=error,
    )


def train_ridge(pairs: Pairs, *, estimates: str) -> CappedLinearPredictor:
    """Fit a ridge; arguments and errors as :func:`train`."""
    _check_count(pairs)
    levels = sorted({config["r"] for config in pairs.configs})
    table = _table(pairs.space, pairs.configs, levels)
    held_out = {penalty: _predict_held_out(table, pairs, len(levels), penalty) for penalty in PENALTIES}
    errors = {penalty: float(np.sqrt(((top1 - pairs.top1) ** 2).mean())) for penalty, top1 in held_out.items()}
    penalty = min(errors, key=lambda candidate: errors[candidate])
    weights = _ridge(table, pairs.top1, len(levels), penalty)
    return CappedLinearPredictor(
        f"{pairs.space.id}/{Path(pairs.source).stem}",
        pairs.space,
        estimates=estimates,
        notes=[_note("Ridge regression", pairs, errors[penalty], kendall_tau(held_out[penalty], pairs.top1))],
        levels=_all_levels(pairs.space, levels, weights[: len(levels)]),
        genes=weights[len(levels) :],
        cap=100.0,
        error=errors[penalty],
    )


def compare(predictor: Predictor, pairs: Pairs) -> Agreement:
    """How well a predictor says what was measured.

    Raises:
        InputError: it is for another space, or a pair lies outside its domain.
    """
    predictor.check_space(pairs.space.id)
    top1, sigma = predictor.predict_batch(pairs.configs)
    macs = np.array([float(pairs.space.macs_params(config)[0]) for config in pairs.configs])
    error = top1 - pairs.top1
    return Agreement(
        rmse=float(np.sqrt((error**2).mean())),
        kendall_tau=kendall_tau(top1, pairs.top1),
        macs_kendall_tau=kendall_tau(macs, pairs.top1),
        inside_one_sigma=float((np.abs(error) <= sigma).mean()),
        rows=len(error),
    )


def _table(space: Space, configs: Sequence[Config], levels: Sequence[int]) -> Floats:
    """One column per resolution, then the one-hot genes."""
    resolution = np.array([[float(config["r"] == level) for level in levels] for config in configs])
    return np.hstack([resolution, space.features_batch(configs)])


def _ridge(table: Floats, top1: Floats, levels: int, penalty: float) -> Floats:
    """Weights of every column; resolutions are hardly penalised, for they carry the mean."""
    penalties: Floats = np.full(table.shape[1], penalty)
    penalties[:levels] = 1e-6
    solved = np.linalg.solve(table.T @ table + np.diag(penalties), table.T @ top1)
    return np.asarray(solved, dtype=np.float64)


def _predict_held_out(table: Floats, pairs: Pairs, levels: int, penalty: float) -> Floats:
    """Every row by a fit without its fold; groups stay whole."""
    fold, top1 = _folds(pairs, FOLDS), np.zeros(len(table))
    for held in range(int(fold.max()) + 1):
        unseen = fold == held
        top1[unseen] = table[unseen] @ _ridge(table[~unseen], pairs.top1[~unseen], levels, penalty)
    return top1


def _folds(pairs: Pairs, most: int) -> NDArray[np.int64]:
    """Number of the fold that each pair is held out in; groups stay whole."""
    groups = _groups(pairs)
    folds: NDArray[np.int64] = np.random.default_rng(0).permutation(groups)[pairs.group] % min(most, groups)
    return folds


def can_train(pairs: Pairs) -> bool:
    """Whether there are pairs and groups enough to hold some out."""
    return len(pairs.configs) >= LEAST_PAIRS and _groups(pairs) >= LEAST_GROUPS


def _check_count(pairs: Pairs) -> None:
    if not can_train(pairs):
        raise InputError(
            f"pairs of {pairs.source}",
            f"{len(pairs.configs)} in {_groups(pairs)} groups",
            f"must be at least {LEAST_PAIRS} in {LEAST_GROUPS} groups",
        )


def _groups(pairs: Pairs) -> int:
    return int(pairs.group.max()) + 1 if len(pairs.group) else 0


def _note(model: str, pairs: Pairs, rmse: float, tau: float) -> str:
    return (
        f"{model} to {len(pairs.configs)} measured pairs of {pairs.source}; held out in {_groups(pairs)} groups: "
        f"RMSE {rmse:.2f} points, Kendall tau {tau:.3f}."
    )


def _all_levels(space: Space, measured: Sequence[int], values: Floats) -> dict[int, float]:
    """Resolutions of the space between the measured ones are interpolated."""
    between = [level for level in space.resolutions if measured[0] <= level <= measured[-1]]
    return dict(zip(between, np.interp(between, measured, values).tolist()))
