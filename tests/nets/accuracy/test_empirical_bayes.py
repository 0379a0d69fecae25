"""The fit, on data made by a known saturating model."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nets.accuracy.empirical_bayes import fit_saturating
from nets.accuracy.held_out import predict_held_out, score
from nets.accuracy.measurements import Measurements
from nets.errors import InputError
from nets.spaces import Config, load_space

SPACE = load_space("ofa-mbv3-w1.0")
LEVELS = (128, 160, 192, 224)


def truth(configs: list[Config]) -> NDArray[np.float64]:
    """A top-1 that saturates at 79 % at r224 and at 74 % at r128."""
    genes = SPACE.features_batch(configs)
    weights = np.random.default_rng(7).normal(0, 0.05, genes.shape[1])
    x = np.log(224 / np.array([config["r"] for config in configs])) / np.log(224 / 128)
    top1: NDArray[np.float64] = 79 - 5 * x - np.exp(1.5 - genes @ weights)
    return top1


def measured(rows: int, *, runs: int = 4, noise: float = 0.1, shard: float = 0.0, seed: int = 0) -> Measurements:
    """Rows over the four resolutions; with ``shard``, each run below r224 lies off as a whole."""
    rng = np.random.default_rng(seed)
    configs = [SPACE.sample(rng) | {"r": LEVELS[row % 4]} for row in range(rows)]
    resolution = np.array([config["r"] for config in configs])
    run = rng.integers(runs, size=rows)
    offset = np.where(resolution < 224, rng.normal(0, shard, runs)[run], 0.0)
    images = np.where((resolution < 224) & (shard > 0), 12_500, 50_000)
    top1 = truth(configs) + offset + rng.normal(0, noise, rows)
    return Measurements(SPACE, tuple(configs), resolution, top1, images, run)


def test_a_known_model_is_found() -> None:
    """Far more exactly than single rows are measured, on configs it never saw."""
    model = fit_saturating(measured(1200)).model
    fresh = measured(400, noise=0.0, seed=99)
    predicted, _ = model.predict(SPACE.features_batch(fresh.configs), fresh.resolution)
    assert np.sqrt(((predicted - fresh.top1) ** 2).mean()) < 0.06


def test_error_bars_hold_what_they_say() -> None:
    """On rows of runs held out: 68 % within one standard error, 95 % within two."""
    data = measured(1200)
    predicted, error = predict_held_out(data)
    result = score(data, predicted, error)
    assert result.inside_one_sigma == pytest.approx(0.68, abs=0.05)
    assert (np.abs(predicted - data.top1) <= 2 * error).mean() == pytest.approx(0.95, abs=0.03)
    assert result.kendall_tau > 0.95


def test_error_bars_grow_away_from_the_data() -> None:
    """A model that saw only kernels of 3 knows less of kernels of 7."""
    data = measured(1200)
    narrow = [config | {"ks": [3 if kernel else 0 for kernel in config["ks"]]} for config in data.configs]
    top1 = truth(narrow) + np.random.default_rng(3).normal(0, 0.1, len(narrow))
    model = fit_saturating(Measurements(SPACE, tuple(narrow), data.resolution, top1, data.images, data.run)).model
    at = np.full(300, 224)
    _, near = model.predict(SPACE.features_batch([config | {"r": 224} for config in narrow[:300]]), at)
    wide = [config | {"ks": [7 if kernel else 0 for kernel in config["ks"]]} for config in narrow[:300]]
    _, far = model.predict(SPACE.features_batch(wide), at)
    assert far.min() > 1.3 * near.max()


def test_the_offset_of_a_shard_is_not_taken_for_genes() -> None:
    """Rows of a run that lie half a point off leave the effects of genes as they are."""
    clean, shifted = (fit_saturating(measured(1200, shard=shard)) for shard in (0.0, 0.5))
    assert np.abs(clean.model.genes - shifted.model.genes).max() < 0.03
    assert clean.shard == dict.fromkeys(LEVELS, 0.0)
    assert shifted.shard[224] == 0
    assert 0.2 < shifted.shard[128] < 0.9


def test_near_duplicates_count_for_less() -> None:
    """Rows that come in clusters sharing their misfit make the fit trust their number less than independent rows."""
    data = measured(1200, noise=0.0)
    rng = np.random.default_rng(5)
    lump = np.repeat(rng.normal(0, 0.15, 120), 10)
    order = np.argsort(data.run, kind="stable")
    clumped = Measurements(
        SPACE,
        tuple(SPACE.mutate(data.configs[order[row // 10 * 10]], rng, 0.02, 0.0) for row in range(1200)),
        data.resolution[order[np.arange(1200) // 10 * 10]],
        np.zeros(1200),
        data.images,
        np.sort(data.run[order]),
    )
    top1 = truth(list(clumped.configs)) + lump + rng.normal(0, 0.03, 1200)
    clumped = Measurements(SPACE, clumped.configs, clumped.resolution, top1, clumped.images, clumped.run)
    assert fit_saturating(clumped).redundancy > fit_saturating(measured(1200)).redundancy


@pytest.mark.parametrize("rows, levels", [(10, LEVELS), (100, (224,))])
def test_too_little_data_is_refused(rows: int, levels: tuple[int, ...]) -> None:
    """A few rows, or one resolution."""
    data = measured(400)
    with pytest.raises(InputError, match="at least 20 over at least 2 resolutions"):
        fit_saturating(data.select(np.isin(data.resolution, levels) & (np.arange(400) < rows)))


def test_two_runs_are_too_few_to_hold_out() -> None:
    """One of them would be judged by the other alone."""
    with pytest.raises(InputError, match="at least 3"):
        predict_held_out(measured(100, runs=2))
