"""The comparison of estimators: rankings that are known, what is refused, and one proxy on the space of cells."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import estimators as benchmark
from nets.errors import InputError


def test_rankings_that_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "RESAMPLES", 50)
    truth = np.array([97.0, 40.0, 64.0, 96.0, 30.0, 88.0, 71.0, 52.0])
    right, wrong = benchmark.compare(truth**2, truth), benchmark.compare(-truth, truth)
    assert right["kendall_tau"] == pytest.approx(1)
    assert right["kendall_interval"] == pytest.approx([1, 1])
    assert right["true_accuracy_of_its_best"] == 97
    assert wrong["spearman_rho"] == pytest.approx(-1)
    assert wrong["true_accuracy_of_its_best"] == 30


def test_a_proxy_on_the_space_of_cells() -> None:
    """Wider networks have more parameters, and the same draws come again."""
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    from nets.accuracy.estimators import CellNet, digit_cells

    values, _ = benchmark.estimate("params", 8, (1, 1, 1))
    configs = [digit_cells().sample(rng) for rng in np.random.default_rng(0).spawn(8)]
    assert values.tolist() == [sum(weight.numel() for weight in CellNet(config).parameters()) for config in configs]


def test_too_few_architectures_and_no_steps_are_refused() -> None:
    pytest.importorskip("torch")
    with pytest.raises(InputError, match="--architectures"):
        benchmark.measure_all(3, (1, 1, 1), 1)
    with pytest.raises(InputError, match="plan: tuning_steps"):
        benchmark.measure_all(8, (1, 0, 1), 1)
