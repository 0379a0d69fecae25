"""Latency predictors from measured networks: they find what made the data, say their error, and refuse the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nets.errors import InputError
from nets.latency import (
    HAT_FEATURES,
    compare_latency,
    load_any_space,
    read_latency_pairs,
    read_latency_predictor,
    score,
    train_latency,
    write_latency_pairs,
    write_latency_predictor,
)
from nets.latency.features import feature_names, features
from nets.spaces import list_spaces, load_space
from nets.spaces.hat import load_hat_space

DIGITS = load_space("ofa-digits")


@pytest.fixture
def pairs_file(tmp_path: Path) -> Path:
    """Latency rises with MACs, and with every layer."""
    rng = np.random.default_rng(0)
    configs = [DIGITS.mutate(DIGITS.max_config(), rng, prob=1.0) for _ in range(400)]
    macs = np.array([DIGITS.macs_params(config)[0] for config in configs])
    layers = np.array([len(DIGITS.network(config).layers) for config in configs])
    write_latency_pairs(tmp_path / "phone.csv", DIGITS, configs, 1e-6 * macs + 0.01 * layers)
    return tmp_path / "phone.csv"


@pytest.fixture
def transformers_file(tmp_path: Path) -> Path:
    """HAT's columns; time for every decoder layer, by its widths."""
    space, rng = load_hat_space("hat-wmt"), np.random.default_rng(0)
    table = space.features([space.draw(rng) for _ in range(300)])
    latency_ms = 20 + table[:, 5] * (5 + 0.01 * table[:, 4] + 0.002 * table[:, 6])
    lines = [",".join((*HAT_FEATURES, "latency_ms"))]
    lines += [",".join(map(str, [*row, value])) for row, value in zip(table.tolist(), latency_ms.tolist())]
    (tmp_path / "server.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "server.csv"


def test_a_subnet_is_the_sum_of_its_blocks(pairs_file: Path, tmp_path: Path) -> None:
    pairs = read_latency_pairs(pairs_file, DIGITS)
    predictor, found = train_latency(pairs, estimates="a phone")
    assert found.mape_percent < 2.5
    assert found.kendall_tau > 0.93
    assert predictor.relative_error < 0.04
    assert f"MAPE {found.mape_percent:.2f} %" in predictor.notes[0]
    assert predictor.predict(DIGITS.max_config()).estimates == "a phone"
    write_latency_predictor(predictor, tmp_path / "phone.json")
    again = read_latency_predictor(tmp_path / "phone.json", DIGITS)
    configs = pairs.configs
    assert configs is not None
    np.testing.assert_allclose(again.predict_batch(configs)[0], predictor.predict_batch(configs)[0], rtol=1e-6)
    assert compare_latency(again, pairs).mape_percent < found.mape_percent


@pytest.mark.parametrize("model, mape_percent", [("quadratic", 1.0), ("linear", 10.0), ("mlp", 6.0)])
def test_transformers(model: str, mape_percent: float, transformers_file: Path, tmp_path: Path) -> None:
    if model == "mlp":
        pytest.importorskip("torch", reason="torch is not installed")
    space = load_hat_space("hat-wmt")
    pairs = read_latency_pairs(transformers_file, space)
    predictor, found = train_latency(pairs, model=model)  # type: ignore[arg-type]
    assert found.mape_percent < mape_percent
    write_latency_predictor(predictor, tmp_path / "server.json")
    again = read_latency_predictor(tmp_path / "server.json")
    config = space.canonical(space.max_config() | {"decoder_layer_num": 2})
    wide = 20 + 2 * (5 + 6.4 + 0.002 * 3072)
    assert again.predict(config).ms == pytest.approx(wide, rel=0.15)
    assert again.predict(config).ms == pytest.approx(predictor.predict(config).ms, rel=1e-3)
    assert compare_latency(again, pairs).mape_percent < mape_percent


@pytest.mark.parametrize("id", list_spaces())
def test_every_space_has_features(id: str) -> None:
    """One column per name; different networks differ in some."""
    space = load_space(id)
    table = features(space, [space.max_config(), space.min_config()])
    assert table.shape == (2, len(feature_names(space)))
    assert (table[0] != table[1]).any()


def test_the_score_is_of_networks_not_seen(tmp_path: Path) -> None:
    """Latencies that nothing explains: an honest score finds no order in them, though the fit finds some."""
    rng = np.random.default_rng(1)
    configs = [DIGITS.mutate(DIGITS.max_config(), rng, prob=1.0) for _ in range(250)]
    write_latency_pairs(tmp_path / "noise.csv", DIGITS, configs, rng.uniform(1, 2, 250))
    pairs = read_latency_pairs(tmp_path / "noise.csv", DIGITS)
    predictor, found = train_latency(pairs)
    assert abs(found.kendall_tau) < 0.2
    assert score(predictor.predict_batch(configs)[0], pairs.latency_ms).kendall_tau > 0.35


def test_networks_outside_of_what_was_measured_are_refused(pairs_file: Path, tmp_path: Path) -> None:
    rows = pairs_file.read_text().splitlines()
    few = tmp_path / "low.csv"
    few.write_text("\n".join([rows[0], *(row for row in rows[1:] if row.split(",")[-2] != "20")]) + "\n")
    predictor, _ = train_latency(read_latency_pairs(few, DIGITS))
    assert predictor.domain.startswith("resolutions 12 to 16")
    predictor.predict(DIGITS.min_config())
    with pytest.raises(InputError, match="where networks were measured"):
        predictor.predict(DIGITS.max_config())
    with pytest.raises(InputError, match="is for networks of 'ofa-digits' and must not be asked about 'ofa-resnet50'"):
        predictor.check_space("ofa-resnet50")


def test_bad_requests_are_refused(pairs_file: Path, transformers_file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="column: 'w' is missing"):
        read_latency_pairs(pairs_file, load_space("ofa-resnet50"))
    with pytest.raises(InputError, match="column: 'encoder_embed_dim' is missing"):
        read_latency_pairs(pairs_file, load_any_space("hat-wmt"))
    with pytest.raises(InputError, match="did you mean 'linear'"):
        train_latency(read_latency_pairs(pairs_file, DIGITS), model="linea")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="networks: 400 must be at least"):
        train_latency(read_latency_pairs(pairs_file, DIGITS), model="quadratic")
    header, first, *_ = pairs_file.read_text().splitlines()
    for change, said in (
        (first.rpartition(",")[0] + ",0", "line 2: latency_ms: 0.0 must be a number greater than zero"),
        (first.rpartition(",")[0] + ",fast", "line 2: latency_ms: 'fast' must be a number"),
        ("9" + first[1:], "line 2.*is not of the space"),
    ):
        (tmp_path / "bad.csv").write_text(f"{header}\n{change}\n")
        with pytest.raises(InputError, match=said):
            read_latency_pairs(tmp_path / "bad.csv", DIGITS)
    (tmp_path / "bad.csv").write_text(header + "\n")
    with pytest.raises(InputError, match="has no rows"):
        read_latency_pairs(tmp_path / "bad.csv", DIGITS)
    with pytest.raises(InputError, match="cannot be read"):
        read_latency_pairs(tmp_path / "none.csv", DIGITS)
    (tmp_path / "bad.json").write_text("[]")
    with pytest.raises(InputError, match="does not hold a latency predictor"):
        read_latency_predictor(tmp_path / "bad.json")
    write_latency_predictor(train_latency(read_latency_pairs(pairs_file, DIGITS))[0], tmp_path / "phone.json")
    with pytest.raises(InputError, match="must not be asked about 'ofa-mbv3"):
        read_latency_predictor(tmp_path / "phone.json", load_space("ofa-mbv3-w1.0"))
    lines = transformers_file.read_text().splitlines()
    (tmp_path / "bad.csv").write_text("\n".join([lines[0], lines[1].rpartition(",")[0] + ",-1"]) + "\n")
    with pytest.raises(InputError, match=r"latency_ms: -1\.0 must be a number greater than zero"):
        read_latency_pairs(tmp_path / "bad.csv", load_any_space("hat-wmt"))
