"""An accuracy is reached exactly where the sum of worths is high enough."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nets.accuracy import load_predictor
from nets.accuracy.perceptron import PerceptronPredictor
from nets.elementary import select_and_add
from nets.perceptron import Perceptron
from nets.spaces import load_space


@pytest.mark.parametrize("id, reached", [("ofa-mbv3-w1.0", (71.0, 74.0, 76.0)), ("ofa-resnet50", (76.0, 77.5, 79.0))])
def test_the_sum_decides(id: str, reached: tuple[float, ...]) -> None:
    predictor = load_predictor(id)
    space, rng = predictor.space, np.random.default_rng(0)
    for resolution in predictor.domain:
        configs = [space.sample(rng) | {"r": resolution} for _ in range(200)]
        configs += [space.mutate(space.max_config(), rng, 0.05, 0.0) | {"r": resolution} for _ in range(200)]
        top1, _ = predictor.predict_batch(configs)
        gains = select_and_add(space.features_batch(configs), predictor.worth(resolution))
        for level in (*reached, *top1[:20].tolist()):
            least = predictor.least_worth(resolution, level)
            assert least is not None
            assert ((gains >= least) == (top1 >= level)).all()


@pytest.mark.parametrize("id", ["ofa-mbv3-w1.0", "ofa-resnet50"])
def test_a_subnet_is_worth_what_its_own_accuracy_takes(id: str) -> None:
    predictor = load_predictor(id)
    for resolution in predictor.domain:
        config = predictor.space.min_config() | {"r": resolution}
        least = predictor.least_worth(resolution, predictor.predict(config).top1_percent)
        assert least == pytest.approx(float(predictor.space.features(config) @ predictor.worth(resolution)), abs=1e-9)


def test_no_sum_reaches_beyond_the_ceiling_or_the_cap() -> None:
    assert load_predictor("ofa-mbv3-w1.0").least_worth(224, 99.0) == math.inf
    capped = load_predictor("ofa-resnet50")
    assert capped.saturates_at is not None
    assert capped.least_worth(256, capped.saturates_at + 1e-6) == math.inf
    assert capped.least_worth(256, capped.saturates_at) != math.inf


def test_a_perceptron_does_not_say() -> None:
    space = load_space("ofa-digits")
    inputs = space.features_batch([space.max_config()]).shape[1] + 1
    model = Perceptron(np.zeros(inputs), np.ones(inputs), (np.zeros((1, inputs)),), (np.zeros(1),))
    predictor = PerceptronPredictor(
        "p", space, estimates="nothing", resolutions=(12, 20), notes=(), model=model, error=1.0
    )
    assert predictor.least_worth(16, 50.0) is None
