"""Once-for-All's released predictors, asked as any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nets.accuracy import given_predictor
from nets.accuracy.ofa_mlp import load_ofa_mlp
from nets.documents import hold
from nets.errors import InputError

pytest.importorskip("torch")
FILES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "networks" / "ofa_official_predictors"
needs_files = pytest.mark.skipif(not FILES.is_dir(), reason="the reference cases are not beside the project")


@needs_files
@pytest.mark.parametrize(
    "name, space, resolutions",
    [
        ("acc_predictor.pth", "ofa-mbv3-w1.2", (160, 176, 192, 208, 224)),
        ("ofa_resnet50_acc_predictor.pth", "ofa-resnet50", (128, 144, 160, 176, 192, 224, 240, 256)),
    ],
)
def test_it_says_what_the_file_says(name: str, space: str, resolutions: tuple[int, ...]) -> None:
    predictor = given_predictor(hold("predictor", FILES / name), space)
    assert predictor.domain == resolutions
    configs = [predictor.space.max_config() | {"r": resolution} for resolution in resolutions]
    top1, error = predictor.predict_batch(configs)
    assert top1.tolist() == (100 * load_ofa_mlp(FILES / name).held_out(configs)).tolist()
    assert np.isnan(error).all()
    assert "above ImageNet top-1" in predictor.predict(configs[0]).estimates
    assert predictor.least_worth(resolutions[0], 0.0) is None  # no sum over genes
    with pytest.raises(InputError, match=r"asks for the error of accuracies, which .* does not state"):
        predictor.reaches(configs, 75, 0.9)


@needs_files
def test_it_is_of_its_own_space_alone() -> None:
    with pytest.raises(
        InputError, match=r"is for subnets of 'ofa-mbv3-w1.2' and must not be asked about 'ofa-mbv3-w1.0'"
    ):
        given_predictor(hold("predictor", FILES / "acc_predictor.pth"), "ofa-mbv3-w1.0")
