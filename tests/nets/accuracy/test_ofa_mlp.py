"""The released perceptrons: golden figures of Once-for-All's tutorial, and files that are none of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nets.accuracy import load_predictor
from nets.accuracy.ofa_mlp import load_ofa_mlp
from nets.errors import InputError

RELEASED = Path(__file__).resolve().parents[4] / "shared" / "cases" / "networks" / "ofa_official_predictors"
needs_files = pytest.mark.skipif(not RELEASED.is_dir(), reason="the released predictors are not beside the project")

torch = pytest.importorskip("torch", reason="torch is not installed")


@needs_files
def test_mobilenetv3_golden() -> None:
    """The tutorial's subnet at r192 (81.71 %), and the extremes at three resolutions."""
    released = load_ofa_mlp(RELEASED / "acc_predictor.pth")
    assert released.space.id == "ofa-mbv3-w1.2"
    tutorial = {
        "d": [2, 2, 3, 4, 3],
        "ks": [5, 3, 0, 0, 5, 3, 0, 0, 7, 7, 3, 0, 5, 5, 7, 3, 3, 3, 5, 0],
        "e": [3, 3, 0, 0, 4, 4, 0, 0, 6, 3, 4, 0, 4, 4, 4, 3, 6, 6, 6, 0],
        "r": 192,
    }
    assert released.held_out([tutorial])[0] == pytest.approx(0.8171, abs=5e-5)
    for config, golden in (
        (released.space.max_config(), (0.8075, 0.8271, 0.8359)),
        (released.space.min_config(), (0.7531, 0.7704, 0.7774)),
    ):
        values = released.held_out([config | {"r": r} for r in (160, 192, 224)])
        assert values == pytest.approx(golden, abs=5e-5)
    with pytest.raises(InputError, match="r: 164 is not one the released predictor knows"):
        released.held_out([tutorial | {"r": 164}])


@needs_files
def test_resnet50_saturates_and_the_shipped_predictor_follows_it() -> None:
    """At 0.829870; the shipped coefficients keep its order and lie a constant below."""
    released, shipped = load_ofa_mlp(RELEASED / "ofa_resnet50_acc_predictor.pth"), load_predictor("ofa-resnet50")
    space = released.space
    assert released.held_out([space.max_config()])[0] == pytest.approx(0.829870, abs=5e-7)
    rng = np.random.default_rng(123)
    configs = [space.sample(rng) for _ in range(500)]
    gap = 100 * released.held_out(configs) - shipped.predict_batch(configs)[0]
    assert 3.2 < gap.mean() < 3.8
    assert gap.std() < 0.05


def test_another_state_dict_is_refused(tmp_path: Path) -> None:
    """Rather than read as the wrong network."""
    file = tmp_path / "other.pth"
    torch.save({"0.weight": torch.zeros(3, 3)}, file)
    with pytest.raises(InputError, match="is not a released"):
        load_ofa_mlp(file)
    file.write_bytes(b"no pickle")
    with pytest.raises(InputError, match="cannot be read"):
        load_ofa_mlp(file)
