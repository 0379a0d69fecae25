"""The best subnet that has an accuracy with a probability, against a list of all."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosearch.problem.budget import Budget
from cosearch.problem.objective import OBJECTIVES
from cosearch.strategies.shortest_path import ChainProblem, least_broken
from cosearch.strategies.shortest_path.chain import Floats
from nets.accuracy import Predictor
from nets.accuracy.capped_linear import CappedLinearPredictor
from tests.cosearch.strategies.shortest_path import small
from tests.cosearch.strategies.shortest_path.test_problem import draw_limits, kept, values

NEAR = 1.03


def drawn(
    rng: np.random.Generator, predictor: Predictor, confidence: float, energy: Floats
) -> tuple[ChainProblem, np.ndarray]:
    """A problem whose floor some subnets of finite energy reach, and which do."""
    runs = np.isfinite(energy)
    floor = float(np.quantile(predictor.assured_batch(small.subnets(), confidence)[runs], rng.uniform(0.3, 0.999)))
    surest = [predictor.most_assured(resolution, confidence) for resolution in small.RESOLUTIONS]
    problem = ChainProblem(small.table(), predictor, floor, confidence, surest)
    return problem, runs & predictor.reaches(small.subnets(), floor, confidence)


def all_costs(energy: Floats, latency: Floats) -> list[Floats]:
    return small.table().costs(small.subnets(), energy, latency)


@pytest.mark.parametrize("confidence", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("seed", range(1, 6))
def test_the_answer_is_sure_and_close_to_the_best_of_a_list_of_all(seed: int, confidence: float) -> None:
    rng = np.random.default_rng(seed)
    predictor, (energy, latency) = small.draw_unsure(rng), small.draw_costs(rng)
    all_energy, all_latency = all_costs(energy, latency)
    problem, sure = drawn(rng, predictor, confidence, all_energy)
    for objective in OBJECTIVES.values():
        for limits in (Budget(), draw_limits(rng, all_energy[sure], all_latency[sure])):
            good = sure & kept(limits, all_energy, all_latency)
            found = problem.best(energy, latency, objective, limits)
            if not good.any():
                assert found is None
                continue
            best = float(values(objective, all_energy, all_latency)[good].min())
            assert found is not None
            assert predictor.reaches([found.config], problem.min_accuracy, confidence).all()
            assert kept(limits, np.array([found.energy_pj]), np.array([found.latency_s])).all()
            assert found.lower_bound <= best * (1 + 1e-12)
            assert problem.bound(energy, latency, objective, limits) <= best * (1 + 1e-12)
            assert best * (1 - 1e-9) <= found.value <= best * NEAR
    bound, config = problem.least_weighted(energy)
    assert config is not None
    assert predictor.reaches([config], problem.min_accuracy, confidence).all()
    assert bound <= all_energy[sure].min() * (1 + 1e-12)


@pytest.mark.parametrize("confidence", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(1, 4))
def test_with_the_same_error_everywhere_the_answer_is_proven(seed: int, confidence: float) -> None:
    rng = np.random.default_rng(seed)
    genes = np.round(rng.normal(0.3, 0.5, small.features().shape[1]), 1)
    levels = {64: 70.0, 96: 71.0}
    predictor = CappedLinearPredictor(
        "drawn", small.space(), levels=levels, genes=genes, cap=74.0, error=0.7, freedom=5, estimates="", notes=()
    )
    energy, latency = small.draw_costs(rng)
    all_energy, all_latency = all_costs(energy, latency)
    problem, sure = drawn(rng, predictor, confidence, all_energy)
    for objective in OBJECTIVES.values():
        best = float(values(objective, all_energy, all_latency)[sure].min())
        found = problem.best(energy, latency, objective, tolerance=1e-9)
        assert found is not None
        assert found.value == pytest.approx(best, rel=1e-8)
        assert found.gap <= 1e-8
        assert predictor.reaches([found.config], problem.min_accuracy, confidence).all()


@pytest.mark.parametrize("confidence", [0.3, 0.9])
@pytest.mark.parametrize("seed", range(1, 5))
def test_what_breaks_a_limit_little_is_sure_too(seed: int, confidence: float) -> None:
    rng = np.random.default_rng(seed)
    predictor, (energy, latency) = small.draw_unsure(rng), small.draw_costs(rng)
    all_energy, all_latency = all_costs(energy, latency)
    problem, sure = drawn(rng, predictor, confidence, all_energy)
    least = float(all_latency[sure].min())
    limits = Budget(latency_s=least / 2)
    assert problem.best(energy, latency, limits=limits) is None
    broken = least_broken(problem, energy, latency, limits)
    assert broken is not None
    assert predictor.reaches([broken.config], problem.min_accuracy, confidence).all()
    assert broken.latency_s <= least * NEAR


def test_where_nobody_is_known_to_be_sure_the_paths_alone_decide() -> None:
    rng = np.random.default_rng(1)
    predictor, (energy, latency) = small.draw_unsure(rng), small.draw_costs(rng)
    highest = float(predictor.assured_batch(small.subnets(), 0.9).max())
    assert ChainProblem(small.table(), predictor, highest + 0.01, 0.9).best(energy, latency) is None
    found = ChainProblem(small.table(), predictor, highest - 1.0, 0.9).best(energy, latency)
    assert found is not None
    assert math.isfinite(found.gap)
