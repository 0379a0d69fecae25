"""Predictors from anybody's pairs: a known truth is found, the error stated is the error made, the rest is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nets.accuracy import load_predictor, read_predictor, write_predictor
from nets.accuracy.train import Pairs, compare, read_pairs, train, train_ridge, write_pairs
from nets.errors import InputError
from nets.spaces import load_space

SPACE = load_space("ofa-digits")


def known_pairs(count: int, noise: float = 0.3, seed: int = 0) -> Pairs:
    """Accuracy is a sum over genes and the resolution, and some noise."""
    rng = np.random.default_rng(seed)
    configs = tuple(SPACE.mutate(SPACE.max_config(), rng, prob=1.0) for _ in range(count))
    worth = np.random.default_rng(99).normal(scale=0.8, size=72)
    level = {12: 88.0, 16: 90.0, 20: 91.0}
    top1 = SPACE.features_batch(configs) @ worth + [level[config["r"]] for config in configs]
    return Pairs(SPACE, configs, top1 + noise * rng.standard_normal(count), np.arange(count), "known.csv")


def test_a_known_truth_is_found() -> None:
    """New subnets are predicted as well as the noise allows, and the stated error is that."""
    predictor = train_ridge(known_pairs(600), estimates="made up")
    fresh = compare(predictor, known_pairs(400, seed=1))
    assert fresh.rmse < 0.36
    assert fresh.kendall_tau > 0.9 > fresh.macs_kendall_tau
    assert predictor.error == pytest.approx(fresh.rmse, rel=0.15)
    assert 0.6 < fresh.inside_one_sigma < 0.76
    assert predictor.estimates == "made up"
    assert "600 measured pairs of known.csv" in predictor.describe()


def test_a_perceptron_finds_it_too(tmp_path: Path) -> None:
    """With a bend that no sum over genes has; it is written, read, and knows its space and resolutions."""
    pytest.importorskip("torch", reason="torch is not installed")
    pairs = known_pairs(600)
    bent = replace(pairs, top1=90 - np.abs(pairs.top1 - 90))
    some = [row for row, config in enumerate(pairs.configs) if config["r"] != 20]
    predictor = train(
        replace(
            bent, configs=tuple(bent.configs[row] for row in some), top1=bent.top1[some], group=np.arange(len(some))
        ),
        model="mlp",
        estimates="made up",
    )
    ridge = train(bent, estimates="made up")
    assert predictor.error < bent.top1.std()
    assert ridge.id == predictor.id == "ofa-digits/known"
    assert predictor.resolutions == (12, 16)
    write_predictor(predictor, tmp_path / "mlp.json")
    read = read_predictor(tmp_path / "mlp.json")
    low = [config for config in pairs.configs if config["r"] < 20]
    np.testing.assert_allclose(read.predict_batch(low)[0], predictor.predict_batch(low)[0], atol=1e-2)
    assert read.predict_batch([])[0].shape == (0,)
    config, accuracy = read.highest_reachable()
    assert accuracy.top1_percent >= predictor.predict(SPACE.max_config() | {"r": 16}).top1_percent - 0.01
    assert config["r"] in (12, 16)
    gains = [read.predict(SPACE.mutate(config, np.random.default_rng(i), 0.3, 0.0)).top1_percent for i in range(20)]
    assert accuracy.top1_percent > np.mean(gains)
    with pytest.raises(InputError, match="must lie in 12 to 16, where it was fitted"):
        read.predict(SPACE.max_config())
    with pytest.raises(InputError, match="did you mean 'mlp'"):
        train(bent, model="mpl", estimates="")


def test_near_duplicates_do_not_flatter() -> None:
    """Each subnet measured ten times, with one error for all ten: rows as groups of ten tell the truth."""
    pairs = known_pairs(60, noise=2.0)
    rows = np.repeat(np.arange(60), 10)
    copies = replace(
        pairs, configs=tuple(pairs.configs[row] for row in rows), top1=pairs.top1[rows], group=np.arange(600)
    )
    honest = train_ridge(replace(copies, group=rows), estimates="made up").error
    flattered = train_ridge(copies, estimates="made up").error
    truth = compare(train_ridge(replace(copies, group=rows), estimates="made up"), known_pairs(400, seed=1)).rmse
    assert flattered < 0.5 * honest
    assert honest > truth


def test_files_go_round(tmp_path: Path) -> None:
    pairs = known_pairs(50)
    write_pairs(tmp_path / "pairs.csv", SPACE, pairs.configs, pairs.top1)
    again = read_pairs(tmp_path / "pairs.csv", SPACE)
    assert again.configs == tuple(SPACE.canonical(config) for config in pairs.configs)
    assert again.top1 == pytest.approx(pairs.top1, abs=1e-4)
    predictor = train_ridge(again, estimates="made up")
    write_predictor(predictor, tmp_path / "predictor.json")
    read = read_predictor(tmp_path / "predictor.json")
    assert read.predict_batch(pairs.configs)[0] == pytest.approx(predictor.predict_batch(pairs.configs)[0], abs=1e-2)
    assert (read.id, read.estimates) == ("ofa-digits/pairs", "made up")


def test_rows_of_one_run_are_one_group(tmp_path: Path) -> None:
    """And without a column of runs, an architecture at several resolutions is."""
    config = SPACE.canonical(SPACE.max_config())
    configs = [config | {"r": r} for r in (12, 16, 20)] + [SPACE.min_config()]
    write_pairs(tmp_path / "pairs.csv", SPACE, configs, np.full(4, 90.0))
    assert len(set(read_pairs(tmp_path / "pairs.csv", SPACE).group.tolist())) == 2
    lines = (tmp_path / "pairs.csv").read_text().splitlines()
    labelled = [f"{line},{label}" for line, label in zip(lines, ("run", "a", "b", "b", "b"))]
    (tmp_path / "runs.csv").write_text("\n".join(labelled))
    assert read_pairs(tmp_path / "runs.csv", SPACE).group.tolist() == [0, 1, 1, 1]


def test_a_resolution_between_measured_ones_is_interpolated() -> None:
    pairs = known_pairs(300, noise=0.01)
    ends = [index for index, config in enumerate(pairs.configs) if config["r"] != 16]
    some = Pairs(SPACE, tuple(pairs.configs[i] for i in ends), pairs.top1[ends], pairs.group[ends], "ends.csv")
    predictor = train_ridge(some, estimates="made up")
    config = SPACE.min_config()
    low, middle, high = (predictor.predict(config | {"r": r}).top1_percent for r in (12, 16, 20))
    assert middle == pytest.approx((low + high) / 2)


def test_bad_pairs_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    with pytest.raises(InputError, match="cannot be read"):
        read_pairs(file, SPACE)
    file.write_text("d,ks,r,top1\n")
    with pytest.raises(InputError, match="column: 'e' is missing; pairs of ofa-digits have it"):
        read_pairs(file, SPACE)
    genes = "2 2 2,3 3 0 0 3 3 0 0 3 3 0 0,3 3 0 0 3 3 0 0 3 3 0 0"
    for row, rule in (
        (f"{genes},13,90", "line 2.*r: 13.0 must be one of 12, 16, 20"),
        (f"{genes},12,190", "line 2: top1: 190.0 must be a percentage"),
        (f"{genes},12,high", "line 2: top1: 'high' must be a number"),
        (f"{genes}", "line 2.*must have 5 fields"),
    ):
        file.write_text(f"d,ks,e,r,top1\n{row}\n")
        with pytest.raises(InputError, match=rule):
            read_pairs(file, SPACE)
    with pytest.raises(InputError, match="'20 in 20 groups' must be at least 30 in 3 groups"):
        train_ridge(known_pairs(20), estimates="")


def test_a_predictor_of_another_space_is_refused() -> None:
    with pytest.raises(InputError, match=r"must not be asked about 'ofa-digits'"):
        compare(load_predictor("ofa-mbv3-w1.0"), known_pairs(30))
