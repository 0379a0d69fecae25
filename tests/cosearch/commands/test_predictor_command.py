"""``cosearch predictor``: train on pairs sampled from a supernet, evaluate, describe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nets.accuracy.train import write_pairs
from nets.latency import write_latency_pairs
from nets.spaces import load_space
from tests.cosearch.conftest import Cosearch


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Pairs whose accuracy rises with MACs."""
    space = load_space("ofa-digits")
    rng = np.random.default_rng(0)
    configs = [space.mutate(space.max_config(), rng, prob=1.0) for _ in range(120)]
    macs = np.array([space.macs_params(config)[0] for config in configs])
    write_pairs(tmp_path / "pairs.csv", space, configs, 80 + 5 * np.log10(macs / macs.min()))
    return tmp_path / "pairs.csv"


def test_train_evaluate_info(cosearch: Cosearch, pairs: Path, tmp_path: Path) -> None:
    file = tmp_path / "digits.json"
    trained = cosearch("predictor", "train", pairs, "--space", "ofa-digits", "--out", file, "--json").json
    assert trained["space"] == "ofa-digits"
    assert "120 measured pairs of pairs.csv" in trained["notes"]
    figures = cosearch("predictor", "evaluate", file, pairs, "--json").json
    assert figures["rows"] == 120
    assert figures["macs_kendall_tau"] > 0.999
    assert figures["kendall_tau"] > 0.9
    said = cosearch("predictor", "info", file)
    assert said.status == 0
    assert "resolutions: 12 to 20" in said.out
    assert "±" in said.out


def test_shipped_predictors_describe_themselves(cosearch: Cosearch) -> None:
    said = cosearch("predictor", "info", "ofa-mbv3-w1.0").out
    assert "ImageNet" in said
    assert "highest" in said


def test_the_file_says_which_model_it_holds(cosearch: Cosearch, pairs: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    file = tmp_path / "mlp.json"
    words = ("--space", "ofa-digits", "--model", "mlp", "--estimates", "made up, on no images")
    trained = cosearch("predictor", "train", pairs, *words, "--out", file, "--json").json
    assert trained["notes"].startswith("Perceptron fitted to 120 measured pairs")
    said = cosearch("predictor", "info", file, "--config", "max", "--json").json
    assert said["estimates"] == "made up, on no images"
    assert "±" in said["predicted"]


def test_latency_from_measured_networks(cosearch: Cosearch, tmp_path: Path) -> None:
    space, rng = load_space("ofa-digits"), np.random.default_rng(0)
    configs = [space.mutate(space.max_config(), rng, prob=1.0) for _ in range(300)]
    macs = np.array([space.macs_params(config)[0] for config in configs])
    measured, file = tmp_path / "phone.csv", tmp_path / "phone.json"
    write_latency_pairs(measured, space, configs, 1 + macs / 1e6)
    words = ("--target", "latency", "--space", "ofa-digits", "--out", file)
    trained = cosearch("predictor", "train", measured, *words, "--json").json
    assert trained["mape_percent"] < 5
    assert {"rmse", "kendall_tau"} <= trained.keys()
    assert cosearch("predictor", "evaluate", file, measured, "--json").json["kendall_tau"] > 0.9
    said = cosearch("predictor", "info", file, "--config", "max").out
    assert "ms" in said
    assert "phone.csv" in said
    refused = cosearch("predictor", "info", file, "--space", "ofa-mbv3-w1.0")
    assert refused.status == 2
    assert "must not be asked about 'ofa-mbv3-w1.0'" in refused.err


def test_a_table_of_a_device_that_nobody_built(cosearch: Cosearch, tmp_path: Path) -> None:
    """Computed from the cost model, read as a measured one is."""
    file = tmp_path / "eyeriss.yaml"
    words = ("--space", "ofa-digits", "--accelerator", "eyeriss", "--resolution", "12", "--evaluations", "20")
    made = cosearch("predictor", "table", file, *words, "--json").json
    assert (made["resolutions"], made["device"]) == ([12], "eyeriss")
    config = '{"d": [2, 2, 2], "ks": [3,3,0,0,3,3,0,0,3,3,0,0], "e": [3,3,0,0,3,3,0,0,3,3,0,0], "r": 12}'
    asked = ("predictor", "info", file, "--space", "ofa-digits", "--config", config)
    assert cosearch(*asked, "--json").json["domain"] == "resolutions 12"
    assert cosearch(*asked).out.splitlines()[-1].startswith("predicted: ")
    beyond = cosearch("predictor", "info", file, "--space", "ofa-digits", "--config", "max")
    assert beyond.status == 2
    assert "r: 20 is not among its resolutions 12" in beyond.err


@pytest.mark.parametrize(
    "words, hint",
    [
        (["train", "PAIRS", "--space", "ofa-digits", "--out", "x.json", "--model", "riddge"], "did you mean 'ridge'"),
        (["train", "PAIRS", "--space", "ofa-digits", "--out", "x.json", "--target", "latency"], "'latency_ms'"),
        (["train", "PAIRS", "--space", "hat-wmt", "--out", "x.json", "--target", "latency"], "encoder_embed_dim"),
        (["table", "x.yaml", "--accelerator", "eyeriss"], "--space"),
        (["table", "x.yaml", "--space", "ofa-digits"], "--accelerator"),
        (["table", "x.yaml", "--space", "ofa-digits", "--accelerator", "eyeris"], "did you mean 'eyeriss'"),
        (["table", "x.yaml", "--space", "ofa-digits", "--accelerator", "eyeriss", "--resolution", "99"], "99 is not"),
        (["info", "none.yaml", "--space", "ofa-digits"], "cannot be read"),
        (["info", "none.yaml"], "needs the space"),
        (["info", "ofa-mbv3-w1.0", "--space", "ofa-resnet50"], "must not be asked about 'ofa-resnet50'"),
        (["info", "ofa-mbv3-w1.0", "--config", "{}"], "is missing"),
        (["info", "ofa-mbv3-w1.0", "--config", "{"], "is not sound JSON"),
        (["train", "PAIRS"], "--space"),
        (["train", "PAIRS", "--space", "ofa-digits"], "--out"),
        (["train", "PAIRS", "--space", "ofa-resnet50", "--out", "x.json"], "column: 'w' is missing"),
        (["evaluate", "ofa-mbv3-w1.0", "PAIRS"], "is not of the space"),
        (["evaluate", "ofa-mbv3-w1.0"], "needs measured pairs"),
        (["info", "none.json"], "predictor file: 'none.json' cannot be read"),
        (["info", "ofa-digits"], "cannot be predicted"),
    ],
)
def test_bad_requests_are_one_line(words: list[str], hint: str, cosearch: Cosearch, pairs: Path) -> None:
    said = cosearch("predictor", *(pairs if word == "PAIRS" else word for word in words))
    assert said.status == 2
    assert hint in said.err
    assert len(said.err.splitlines()) == 1
