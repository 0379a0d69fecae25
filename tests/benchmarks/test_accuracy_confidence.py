"""Whether picks of searches hold their floor: on a small file, and on the measured runs where they are at hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import accuracy_confidence as benchmark
from nets.accuracy.measurements import read_measurements
from nets.spaces import load_space
from tests.nets.accuracy.test_empirical_bayes import measured
from tests.nets.accuracy.test_shipped import CASES


def test_the_cheapest_that_is_sure_enough_is_picked() -> None:
    assured, cost = np.array([74.0, 75.0, 76.0]), np.array([1.0, 3.0, 2.0])
    assert benchmark.picks(assured, cost, np.array([73.0, 74.5, 76.0, 77.0])) == [0, 2, 2, None]


def test_floors_hold_on_a_known_model() -> None:
    figures = benchmark.measure(measured(1200), searches=100, seeds=1)
    shares = figures["every run"]["0.9"]
    assert shares["all"] >= 0.9
    assert shares["picked"] >= 0.9
    assert "confidence" in benchmark.as_text(figures)
    assert "parts of it" not in figures


@pytest.mark.skipif(not CASES.is_dir(), reason="the reference cases are not beside the project")
def test_floors_hold_on_measured_runs() -> None:
    data = read_measurements(CASES / "ofa_mbv3_w10_imagenet_top1.csv", load_space("ofa-mbv3-w1.0"))
    figures = benchmark.measure(data, searches=100, seeds=1)
    for group in ("every run", "whole validation set", "parts of it"):
        shares = figures[group]["0.9"]
        assert min(shares["all"], shares["picked"], shares["picked_lowest_run"], shares["barely"]) >= 0.85
