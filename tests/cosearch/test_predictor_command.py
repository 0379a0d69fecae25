"""``cosearch predictor``: train on pairs sampled from a supernet, evaluate, describe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nets.accuracy.train import write_pairs
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


@pytest.mark.parametrize(
    "words, hint",
    [
        (["train", "PAIRS"], "--space"),
        (["train", "PAIRS", "--space", "ofa-digits"], "--out"),
        (["train", "PAIRS", "--space", "ofa-resnet50", "--out", "x.json"], "column: 'w' is missing"),
        (["evaluate", "ofa-mbv3-w1.0", "PAIRS"], "is not of the space"),
        (["evaluate", "ofa-mbv3-w1.0"], "needs measured pairs"),
        (["info", "none.json"], "does not hold a predictor"),
        (["info", "ofa-digits"], "cannot be predicted"),
    ],
)
def test_bad_requests_are_one_line(words: list[str], hint: str, cosearch: Cosearch, pairs: Path) -> None:
    said = cosearch("predictor", *(pairs if word == "PAIRS" else word for word in words))
    assert said.status == 2
    assert hint in said.err
    assert len(said.err.splitlines()) == 1
