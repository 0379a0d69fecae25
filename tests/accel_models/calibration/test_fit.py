"""What is learnt of rows whose law is known, the interval, and the range."""

from __future__ import annotations

import math

import numpy as np
import pytest

from accel_models.calibration.fit import Rows, _chosen, fit, held_out_cycles, nested_cycles
from accel_models.calibration.model import COSTS, FEATURES, Calibration, Range

TRUE = np.array([1.0, 6.0, 4.0, 50.0, 100.0])


def drawn(noise: float, *, slope: float = 0.0, groups: int = 24) -> Rows:
    """Rows with cycles of known costs, a known slope of the first feature, and noise in the logarithm."""
    rng = np.random.default_rng(3)
    n = 5 * groups
    counts = np.exp(rng.uniform(2, 10, (n, len(COSTS))))
    features = rng.normal(size=(n, len(FEATURES)))
    cycles = counts @ TRUE * np.exp(slope * features[:, 0] + noise * rng.normal(size=n))
    return Rows(counts, features, cycles, np.repeat(np.arange(groups), 5))


def learnt(rows: Rows, **ranges: tuple[float, float]) -> Calibration:
    return fit(rows, source="drawn", figures={name: np.array(ends) for name, ends in ranges.items()})


def test_costs_without_noise_are_found() -> None:
    found = learnt(drawn(0.0))
    assert [found.correction.costs[name] for name in COSTS] == pytest.approx(TRUE)
    assert found.half_width == pytest.approx(0, abs=1e-9)
    assert (found.rows, found.layers) == (120, 24)


def test_a_feature_that_matters_is_corrected_for() -> None:
    rows = drawn(0.02, slope=0.3)
    predicted, _ = held_out_cycles(rows)
    uncorrected = np.abs(0.3 * rows.features[:, 0]).mean()
    assert np.abs(np.log(predicted / rows.cycles)).mean() < 0.5 * uncorrected


def test_a_choice_by_other_groups_finds_the_feature_that_matters() -> None:
    rows = drawn(0.02, slope=0.3, groups=6)
    assert FEATURES[0] in _chosen(rows).features
    usual, nested = held_out_cycles(rows)[0], nested_cycles(rows)
    errors = [np.abs(np.log(cycles / rows.cycles)).mean() for cycles in (usual, nested)]
    assert errors[1] < errors[0]  # less held back by a penalty that fits many rows


def test_what_is_held_out_does_not_choose_for_itself() -> None:
    rows = drawn(0.1, groups=6)
    own = rows.groups == 0
    odd = Rows(rows.counts, rows.features, np.where(own, 1000, 1) * rows.cycles, rows.groups)
    assert nested_cycles(odd)[own] == pytest.approx(nested_cycles(rows)[own])


def test_the_interval_contains_nine_in_ten_of_what_was_not_seen() -> None:
    _, inside = held_out_cycles(drawn(0.3))
    assert 0.8 <= inside.mean() <= 0.97


def test_what_is_held_out_does_not_decide_its_own_prediction() -> None:
    """Rows of one group that take a thousand times as long change what is said of others, not of themselves."""
    rows = drawn(0.1)
    odd = Rows(rows.counts, rows.features, np.where(rows.groups == 0, 1000, 1) * rows.cycles, rows.groups)
    own = rows.groups == 0
    before, after = held_out_cycles(rows)[0], held_out_cycles(odd)[0]
    assert after[own] == pytest.approx(before[own])
    assert not np.allclose(after[~own], before[~own])


def test_more_work_never_takes_less_time() -> None:
    rows = drawn(0.5, slope=0.4)
    correction = learnt(rows).correction
    assert min(correction.costs.values()) >= 0
    more = correction.cycles(rows.counts * 1.5, rows.features)
    assert (more >= correction.cycles(rows.counts, rows.features)).all()


def test_outside_the_range_the_interval_is_wider_and_the_figure_named() -> None:
    found = learnt(drawn(0.2), columns=(16.0, 16.0), tiles=(1.0, 100.0))
    within = found.interval(1000.0, {"columns": 16.0, "tiles": 50.0}, least_cycles=1.0)
    beyond = found.interval(1000.0, {"columns": 32.0, "tiles": 50.0}, least_cycles=1.0)
    assert within.outside == ()
    assert math.log(within.high / within.cycles) == pytest.approx(found.half_width)
    assert math.log(beyond.high / beyond.cycles) == pytest.approx(found.half_width * (1 + math.log(2)))
    assert [str(figure) for figure in beyond.outside] == ["columns 32, measured were 16"]


def test_nothing_is_faster_than_the_array() -> None:
    found = learnt(drawn(0.2)).interval(1000.0, {}, least_cycles=1500.0)
    assert (found.low, found.cycles) == (1500.0, 1500.0)


def test_a_range_says_how_far_outside() -> None:
    assert Range(2.0, 8.0).outside(4.0) == 0
    assert Range(2.0, 8.0).outside(1.0) == Range(2.0, 8.0).outside(16.0) == pytest.approx(math.log(2))
