"""Latency of whole networks: a known polynomial is found, measured devices are predicted, the rest is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nets.errors import InputError
from nets.latency import HAT_FEATURES, fit_polynomial, read_hat_latencies, score

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "networks" / "hat"
HEADER = ",".join((*HAT_FEATURES, "latency_mean_encoder", "latency_mean_decoder"))


def test_a_known_polynomial_is_found() -> None:
    """Also with a feature that never varies."""
    rng = np.random.default_rng(0)
    features = np.column_stack([rng.uniform(100, 700, 80), rng.integers(1, 7, 80), np.full(80, 6.0)])
    width, layers, _ = features.T
    latency = 5 + 0.01 * width + 2 * layers + 0.003 * width * layers + 1e-5 * width**2
    model = fit_polynomial(features[:60], latency[:60], ["width", "layers", "constant"])
    domain = (features[60:] >= model.lowest).all(axis=1) & (features[60:] <= model.highest).all(axis=1)
    predicted, error = model.predict(features[60:][domain])
    assert domain.sum() >= 10
    assert predicted == pytest.approx(latency[60:][domain], rel=1e-4)
    assert (error < 1e-3 * predicted).all()


def test_its_error_is_that_of_the_measurements() -> None:
    rng = np.random.default_rng(1)
    features = rng.uniform(0, 1, (2000, 3))
    latency = (3 + features.sum(axis=1)) * (1 + 0.05 * rng.standard_normal(2000))
    assert fit_polynomial(features, latency, "abc").relative_error == pytest.approx(0.05, rel=0.1)


def test_score() -> None:
    """By hand: errors 1 and -2 of 10 and 20."""
    found = score(np.array([11.0, 18.0]), np.array([10.0, 20.0]))
    assert (found.rmse, found.mape_percent, found.kendall_tau) == pytest.approx((2.5**0.5, 10.0, 1.0))


@pytest.mark.skipif(not CASES.is_dir(), reason="the reference cases are not beside the project")
@pytest.mark.parametrize("device, hat_mape_percent", [("titanxp", 5.9), ("xeon", 4.8), ("raspberrypi", 3.8)])
def test_measured_devices(device: str, hat_mape_percent: float) -> None:
    """Half of the rows predicted by a fit to the other half: no worse than HAT's perceptrons."""
    (file,) = CASES.glob(f"*{device}*.csv")
    data = read_hat_latencies(file)
    domain = data.features.min(axis=0), data.features.max(axis=0)
    model = fit_polynomial(data.features[::2], data.latency_ms[::2], HAT_FEATURES, domain=domain)
    predicted, _ = model.predict(data.features[1::2])
    assert score(predicted, data.latency_ms[1::2]).mape_percent < hat_mape_percent


def test_networks_outside_of_what_was_measured_are_refused() -> None:
    rng = np.random.default_rng(0)
    model = fit_polynomial(rng.uniform(1, 2, (50, 2)), rng.uniform(1, 2, 50), ["width", "depth"])
    with pytest.raises(InputError, match=r"depth: 3\.0 must lie in 1\.\d+ to 1\.\d+, where networks were measured"):
        model.predict(np.array([[1.5, 1.5], [1.5, 3.0]]))
    with pytest.raises(InputError, match="must have 2 columns"):
        model.predict(np.ones((1, 3)))
    with pytest.raises(InputError, match="networks: 5 must be at least 12"):
        fit_polynomial(np.ones((5, 2)), np.ones(5), ["width", "depth"])
    with pytest.raises(InputError, match="must be greater than zero"):
        fit_polynomial(np.ones((50, 2)), np.zeros(50), ["width", "depth"])


def test_files_that_hold_no_latencies_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "latencies.csv"
    with pytest.raises(InputError, match="cannot be read"):
        read_hat_latencies(file)
    file.write_text("encoder_embed_dim\n512\n")
    with pytest.raises(InputError, match="column: 'encoder_layer_num' is missing"):
        read_hat_latencies(file)
    file.write_text(HEADER + "\n")
    with pytest.raises(InputError, match="has no rows"):
        read_hat_latencies(file)
    file.write_text(HEADER + "\n" + ",".join(["1"] * 11) + ",fast\n")
    with pytest.raises(InputError, match=r"line 2: latency_mean_decoder: 'fast' must be a number"):
        read_hat_latencies(file)
    file.write_text(HEADER + "\n" + ",".join(["1"] * 10) + ",2,3\n")
    assert read_hat_latencies(file).latency_ms.tolist() == [5.0]
