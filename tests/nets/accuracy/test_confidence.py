"""How sure a floor of accuracy is: distributions, the floors made of them, and whether they hold on known data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from nets.accuracy import Accuracy, Predictor, load_predictor
from nets.accuracy.confidence import climb, deviations, normal_cdf, probability, student_cdf
from nets.accuracy.held_out import predict_held_out, runs_left
from nets.errors import InputError
from tests.nets.accuracy.test_empirical_bayes import measured

IDS = ("ofa-mbv3-w1.0", "ofa-resnet50")


@pytest.fixture(params=IDS)
def predictor(request: pytest.FixtureRequest) -> Predictor:
    """Each shipped predictor in turn."""
    return load_predictor(request.param)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 30])
def test_the_series_is_students(freedom: int) -> None:
    """And its inverse undoes it, on both sides."""
    for t in (-7.0, -0.4, 0.0, 1.3, 25.0):
        assert student_cdf(t, freedom) == pytest.approx(stats.t.cdf(t, freedom), abs=1e-14)
    for confidence in (0.001, 0.3, 0.5, 0.9, 0.9999):
        assert deviations(confidence, freedom) == pytest.approx(stats.t.ppf(confidence, freedom), abs=1e-6)


def test_a_known_error_is_normal() -> None:
    for t in (-50.0, -9.0, -4.0, -0.1, 0.0, 1.3, 6.0, 8.99, math.inf):
        assert normal_cdf(t) == pytest.approx(stats.norm.cdf(t), abs=1e-15)
    assert deviations(0.9) == pytest.approx(1.2815515655446004)
    assert deviations(0.02) == pytest.approx(stats.norm.ppf(0.02))
    assert deviations(None) == deviations(0.5) == deviations(0.5, 3) == 0
    assert probability(75.0, 0.4, 75.0) == probability(75.0, 0.4, 75.0, 3) == 0.5
    assert probability(75.4, 0.4, 75.0) == pytest.approx(0.841344746)
    assert probability(75.4, 0.4, 75.0, 3) == pytest.approx(stats.t.cdf(1, 3))


def test_no_error_known_is_no_probability_and_no_error_is_certainty() -> None:
    assert math.isnan(Accuracy(76.1, math.nan, "published").probability(75.0))
    assert probability(75.0, 0.0, 75.0) == 1
    assert probability(74.9, 0.0, 75.0) == 0


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.1, 1.5, math.nan])
def test_what_is_no_probability_is_refused(confidence: float, predictor: Predictor) -> None:
    with pytest.raises(InputError, match="must be a probability between 0 and 1"):
        predictor.reaches([predictor.space.min_config()], 75.0, confidence)


def test_reaching_is_what_the_probability_says(predictor: Predictor) -> None:
    """Of one as of many; the mean alone where no confidence is asked."""
    rng = np.random.default_rng(0)
    configs = [predictor.space.sample(rng) for _ in range(60)]
    floor = float(np.median(predictor.predict_batch(configs)[0]))
    for confidence in (0.2, 0.9):
        sure = [predictor.predict(config).probability(floor) for config in configs]
        assert predictor.reaches(configs, floor, confidence).tolist() == [value >= confidence for value in sure]
    top1, _ = predictor.predict_batch(configs)
    assert predictor.reaches(configs, floor).tolist() == (top1 >= floor).tolist()


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_the_raised_floor_loses_nobody(predictor: Predictor, confidence: float) -> None:
    """Every subnet that reaches a floor so surely has the mean that the floor is raised to."""
    rng = np.random.default_rng(1)
    for resolution in (predictor.domain[0], predictor.domain[-2], predictor.domain[-1]):
        configs = [predictor.space.sample(rng) | {"r": resolution} for _ in range(100)]
        top1, error = predictor.predict_batch(configs)
        assert (error >= predictor.least_error(resolution)).all()
        for floor in np.quantile(top1, (0.1, 0.5)):
            raised = predictor.floor_for(floor, confidence, resolution)
            assert raised >= floor
            assert (top1[predictor.reaches(configs, floor, confidence)] >= raised).all()


def test_below_one_half_only_the_same_error_everywhere_bounds_the_mean(predictor: Predictor) -> None:
    resolution = predictor.domain[-1]
    floor = predictor.floor_for(75.0, 0.3, resolution)
    error = predictor.most_error(resolution)
    assert floor == pytest.approx(75.0 + deviations(0.3, predictor.degrees_of_freedom(resolution)) * error)
    assert math.isinf(floor) == (predictor.id == load_predictor("ofa-mbv3-w1.0").id)
    assert predictor.floor_for(75.0, None, resolution) == 75.0


def test_where_all_errors_are_the_same_the_floor_says_it_to_the_last_bit() -> None:
    predictor, rng = load_predictor("ofa-resnet50"), np.random.default_rng(3)
    configs = [predictor.space.sample(rng) | {"r": 192} for _ in range(50)]
    top1, _ = predictor.predict_batch(configs)
    for confidence in (0.1, 0.7, 0.95):
        for floor in predictor.assured_batch(configs, confidence).tolist():
            reached = predictor.reaches(configs, floor, confidence)
            assert reached.tolist() == (top1 >= predictor.floor_for(floor, confidence, 192)).tolist()


def test_the_surest_subnet_is_no_worse_than_its_neighbours(predictor: Predictor) -> None:
    rng, resolution = np.random.default_rng(2), predictor.domain[-1]
    surest = predictor.most_assured(resolution, 0.95)
    assert surest["r"] == resolution
    others = [predictor.space.mutate(surest, rng, 0.05, resolution_prob=0.0) for _ in range(300)]
    others.append(predictor.most_accurate(resolution))
    assert predictor.assured_batch(others, 0.95).max() <= predictor.assured_batch([surest], 0.95)[0]


def test_climbing_finds_the_best_of_a_sum() -> None:
    """From the smallest subnet, where every gene adds something."""
    predictor = load_predictor("ofa-mbv3-w1.0")
    space = predictor.space
    found = climb(space, space.min_config() | {"r": 192}, lambda configs: predictor.predict_batch(configs)[0])
    best = predictor.most_accurate(192)
    assert predictor.predict(found).top1_percent == pytest.approx(predictor.predict(best).top1_percent, abs=0.05)
    assert space.canonical(found) == found


def test_few_runs_have_few_degrees_of_freedom() -> None:
    """Three at r224, four below; between measured resolutions the fewer of the two around."""
    predictor = load_predictor("ofa-mbv3-w1.0")
    assert [predictor.degrees_of_freedom(r) for r in (128, 144, 192, 208, 224)] == [4, 4, 4, 3, 3]
    assert load_predictor("ofa-resnet50").degrees_of_freedom(224) == 7
    assert predictor.predict(predictor.space.max_config() | {"r": 224}).degrees_of_freedom == 3


def test_the_confidence_holds_on_runs_held_out() -> None:
    """Rows of a known model: at least as many as asked for reach the floor that they are said to reach so surely."""
    data = measured(1200)
    top1, error = predict_held_out(data)
    freedom = runs_left(data)
    assert set(freedom.tolist()) == {3}
    for confidence in (0.8, 0.9, 0.95):
        assert (data.top1 >= top1 - deviations(confidence, 3) * error).mean() >= confidence
