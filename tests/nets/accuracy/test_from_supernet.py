"""Accuracies measured from a supernet, through the protocol of predictors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from nets.accuracy import load_predictor  # noqa: E402
from nets.accuracy.from_supernet import SupernetAccuracy, measure_from  # noqa: E402
from nets.accuracy.predictor import Floats, best_config  # noqa: E402
from nets.errors import InputError  # noqa: E402
from nets.spaces import load_space  # noqa: E402
from nets.supernet import Supernet, load_images, measure_subnet, recalibrate, save_supernet  # noqa: E402
from nets.supernet.evaluation import Measurement  # noqa: E402


@pytest.fixture
def predictor() -> SupernetAccuracy:
    torch.set_num_threads(1)
    return SupernetAccuracy(Supernet(load_space("ofa-digits")), load_images("digits"), calibration_images=64, images=50)


def test_a_subnet_is_measured_once(predictor: SupernetAccuracy) -> None:
    """Also when it is spelled in another way: what skipped blocks hold does not matter."""
    config = predictor.space.min_config()
    spelled = config | {"ks": [kernel or 7 for kernel in config["ks"]]}
    first, again = predictor.predict(config), predictor.predict(spelled)
    assert first == again
    assert predictor.measured == 1
    predictor.predict(config | {"r": 20})
    assert predictor.measured == 2


def test_the_figure_is_what_a_count_by_hand_gives(predictor: SupernetAccuracy) -> None:
    """Cut out, norms from the same 64 training images, 50 held-out images counted; the error is binomial."""
    supernet, data = predictor._supernet, predictor._data
    config = predictor.space.min_config()
    calibration = torch.cat(list(data.calibration_batches(12, images=64)))
    subnet = recalibrate(supernet.extract(config), [calibration])
    images, labels = next(iter(data.batches("held_out", 12, images=50)))
    with torch.no_grad():
        correct = int((subnet(images).argmax(1) == labels).sum())
    accuracy = predictor.predict(config)
    assert len(labels) == 50
    assert accuracy.top1_percent == pytest.approx(2 * correct)
    share = (correct + 0.5) / 51
    assert accuracy.standard_error == pytest.approx(100 * (share * (1 - share) / 52) ** 0.5)
    assert "50 held-out images of digits" in accuracy.estimates


def test_no_mistake_is_no_certainty() -> None:
    assert Measurement(50, 50).top1_percent == 100
    assert 0 < Measurement(50, 50).standard_error < 2
    assert Measurement(25, 50).standard_error == pytest.approx(100 * (0.25 / 52) ** 0.5)


@pytest.fixture
def additive(predictor: SupernetAccuracy, monkeypatch: pytest.MonkeyPatch) -> Floats:
    """Accuracy as a known sum over genes, in hundredths of a percent; what each adds."""
    truth = np.random.default_rng(0).normal(size=72)

    def known(config: dict[str, object]) -> Measurement:
        value = predictor.space.features(config) @ truth
        return Measurement(int(500_000 + 10_000 * value), 1_000_000)

    monkeypatch.setattr(predictor, "measure", known)
    monkeypatch.setattr("nets.accuracy.from_supernet.SAMPLE", 300)
    return truth


def test_worth_leads_to_good_configs(predictor: SupernetAccuracy, additive: Floats) -> None:
    """Where accuracy is a known sum over genes, the regression finds the best config."""
    found = best_config(predictor.space, predictor.worth(16), 16)
    best = best_config(predictor.space, additive, 16)
    scores = [predictor.space.features(config) @ additive for config in (found, best)]
    assert scores[0] > 0.9 * scores[1]


def test_screening_errs_as_it_says_and_measuring_has_the_last_word(
    predictor: SupernetAccuracy, additive: Floats
) -> None:
    space, rng = predictor.space, np.random.default_rng(1)
    fresh = [space.mutate(space.max_config(), rng, prob=1.0) for _ in range(200)]
    measured, _ = predictor.predict_batch(fresh)
    screened = predictor.screen_batch(fresh)
    rmse = float(np.sqrt(((screened - measured) ** 2).mean()))
    assert 0.5 * predictor.sample.error < rmse < 2 * predictor.sample.error
    assert rmse < 0.3 * measured.std()
    between = 0.5 * (measured[0] + screened[0])
    assert predictor.confirms(fresh[0], between) == (measured[0] > screened[0])


def test_a_confidence_leaves_room_for_the_counting_of_images(predictor: SupernetAccuracy, additive: Floats) -> None:
    """In what is screened and in what is measured: the normal quantile of the binomial error."""
    space, rng = predictor.space, np.random.default_rng(1)
    configs = [space.mutate(space.max_config(), rng, prob=1.0) for _ in range(5)]
    top1, error = predictor.predict_batch(configs)
    assert predictor.assured_batch(configs, 0.9) == pytest.approx(top1 - 1.2815515655 * error)
    room = predictor.screen_batch(configs) - predictor.screen_batch(configs, 0.9)
    for value, screened in zip(room, predictor.screen_batch(configs)):
        expected = 1.2815515655 * Measurement(round(screened / 2), 50).standard_error
        assert value == pytest.approx(expected, rel=0.05)
    assert predictor.confirms(configs[0], top1[0])
    assert not predictor.confirms(configs[0], top1[0], 0.9)
    assert predictor.confirms(configs[0], top1[0] - 1.29 * error[0], 0.9)


def test_the_sample_is_measured_once_and_spans_the_resolutions(
    predictor: SupernetAccuracy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nets.accuracy.from_supernet.SAMPLE", 30)
    predictor.screen_batch([predictor.space.min_config()])
    assert predictor.measured == 30
    assert predictor.sample.domain == predictor.domain
    assert "Ridge regression to 30 measured" in predictor.sample.notes[0]
    top1, _ = predictor.predict_batch([predictor.most_accurate(20), predictor.space.max_config() | {"r": 20}])
    assert top1[0] >= top1[1]
    assert predictor.measured <= 32


def test_it_keeps_to_its_space_and_data(predictor: SupernetAccuracy) -> None:
    assert predictor.domain == (12, 16, 20)
    with pytest.raises(InputError, match=r"must not be asked about 'ofa-mbv3-w1\.0'"):
        predictor.check_space("ofa-mbv3-w1.0")
    with pytest.raises(InputError, match="r: 24 must be one of"):
        predictor.predict(predictor.space.min_config() | {"r": 24})
    with pytest.raises(InputError, match="data digits: classes: 10 must be the supernet's 7"):
        SupernetAccuracy(Supernet(load_space("ofa-digits"), classes=7), load_images("digits"))
    with pytest.raises(InputError, match="no measured ImageNet figures"):
        load_predictor("ofa-digits")


def test_from_files(tmp_path: Path) -> None:
    supernet = Supernet(load_space("ofa-digits"), seed=3)
    save_supernet(supernet, tmp_path / "digits.pt", data="digits")
    predictor = measure_from(tmp_path / "digits.pt", "digits", calibration_images=64, images=50)
    config = predictor.space.min_config()
    measured = measure_subnet(supernet, config, load_images("digits"), calibration_images=64, images=50)
    assert predictor.measure(config) == measured
    with pytest.raises(InputError, match="is not a folder of images"):
        measure_from(tmp_path / "digits.pt", tmp_path / "nowhere")
