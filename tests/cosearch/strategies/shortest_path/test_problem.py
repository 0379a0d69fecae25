"""The best subnet against a list of all, and against evolution."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from cosearch.problem.budget import Budget
from cosearch.problem.objective import OBJECTIVES, Objective
from cosearch.strategies.shortest_path import ChainProblem, least_broken
from cosearch.strategies.shortest_path.chain import Floats
from cosearch.strategies.subnets import Evolution, ShapeTable, SubnetSearch
from nets.accuracy import Predictor, load_predictor
from nets.accuracy.perceptron import PerceptronPredictor
from nets.errors import InputError
from nets.perceptron import Perceptron
from nets.spaces import load_space
from tests.cosearch.strategies.shortest_path import small

EXACT = 1e-9


def all_costs(predictor: Predictor, energy: Floats, latency: Floats) -> tuple[Floats, Floats, Floats]:
    """(top-1, energy, latency) of every subnet of the small space."""
    configs = small.subnets()
    return predictor.predict_batch(configs)[0], *small.table().costs(configs, energy, latency)


def draw_floor(rng: np.random.Generator, top1: Floats) -> float:
    """An accuracy that few subnets have, as often as not that of one of them to the last digit."""
    floor = float(np.quantile(top1, rng.uniform(0.3, 1.0)))
    return floor if rng.random() < 0.5 else float(np.min(top1[top1 >= floor]))


def draw_limits(rng: np.random.Generator, energy: Floats, latency: Floats) -> Budget:
    """None to three limits, near what one of the subnets takes."""
    one = int(rng.integers(len(energy)))
    given = {
        "latency_s": latency[one] * rng.uniform(0.9, 1.2),
        "energy_j": energy[one] * 1e-12 * rng.uniform(0.9, 1.2),
        "power_w": energy[one] * 1e-12 / latency[one] * rng.uniform(0.9, 1.1),
    }
    return Budget(**{name: float(value) for name, value in given.items() if rng.random() < 0.4})


def values(objective: Objective, energy: Floats, latency: Floats) -> Floats:
    return (energy * 1e-12) ** objective.energy_power * latency**objective.latency_power


def kept(limits: Budget, energy: Floats, latency: Floats) -> Floats:
    good = np.isfinite(energy) & np.isfinite(latency)
    with np.errstate(invalid="ignore"):
        for limit, figure in (
            (limits.latency_s, latency),
            (limits.energy_j, energy * 1e-12),
            (limits.power_w, energy * 1e-12 / latency),
        ):
            good &= True if limit is None else figure <= limit
    return good


@pytest.mark.parametrize("seed", range(8))
def test_the_best_subnet_is_that_of_a_list_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(6):
        predictor, (energy, latency) = small.draw_predictor(rng), small.draw_costs(rng)
        top1, all_energy, all_latency = all_costs(predictor, energy, latency)
        floor = draw_floor(rng, top1)
        problem = ChainProblem(small.table(), predictor, floor)
        accurate = (top1 >= floor) & np.isfinite(all_energy)
        for name, objective in OBJECTIVES.items():
            for limits in (Budget(), draw_limits(rng, all_energy[accurate], all_latency[accurate])):
                good = accurate & kept(limits, all_energy, all_latency)
                found = problem.best(energy, latency, objective, limits, tolerance=EXACT)
                bound = problem.bound(energy, latency, objective, limits)
                if not good.any():
                    assert found is None
                    assert math.isinf(problem.bound(energy, latency, objective, limits, exact=True))
                    broken = least_broken(problem, energy, latency, limits)
                    assert broken is not None
                    assert predictor.predict(broken.config).top1_percent >= floor
                    continue
                best = float(values(objective, all_energy, all_latency)[good].min())
                assert found is not None, (name, limits)
                assert found.value == pytest.approx(best, rel=2 * EXACT)
                assert predictor.predict(found.config).top1_percent >= floor
                assert kept(limits, np.array([found.energy_pj]), np.array([found.latency_s])).all()
                assert bound <= found.lower_bound * (1 + 1e-12)
                assert found.lower_bound <= best * (1 + 1e-12)
                assert found.gap <= 2 * EXACT
                priced = small.table().costs([found.config], energy, latency)
                assert [found.energy_pj, found.latency_s] == pytest.approx([float(cost[0]) for cost in priced])


@pytest.mark.parametrize("seed", range(4))
def test_a_bound_on_costs_bounds_the_best_subnet(seed: int) -> None:
    rng = np.random.default_rng(seed)
    predictor, (energy, latency) = small.draw_predictor(rng), small.draw_costs(rng)
    top1, all_energy, all_latency = all_costs(predictor, energy, latency)
    floor = draw_floor(rng, top1)
    problem = ChainProblem(small.table(), predictor, floor)
    accurate = (top1 >= floor) & np.isfinite(all_energy)
    less_energy = energy * rng.uniform(0.7, 1.0, len(energy))
    less_latency = latency * rng.uniform(0.7, 1.0, len(latency))
    for objective in OBJECTIVES.values():
        best = float(values(objective, all_energy, all_latency)[accurate].min())
        relaxed = problem.bound(less_energy, less_latency, objective)
        exact = problem.bound(less_energy, less_latency, objective, exact=True)
        assert relaxed <= exact * (1 + 1e-12)
        assert exact <= best
    weight = 1e12 * rng.lognormal()
    sums = (all_energy + weight * all_latency)[accurate]
    bound, config = problem.least_weighted(energy + weight * latency)
    assert bound == pytest.approx(float(sums.min()), rel=1e-9)
    assert config is not None
    assert predictor.predict(config).top1_percent >= floor
    assert problem.least_weighted(energy + weight * latency, exact=False)[0] <= bound * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_of_one_limit_that_nothing_keeps_the_least_excess_is_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    predictor, (energy, latency) = small.draw_predictor(rng), small.draw_costs(rng)
    top1, all_energy, all_latency = all_costs(predictor, energy, latency)
    floor = draw_floor(rng, top1)
    problem = ChainProblem(small.table(), predictor, floor)
    good = (top1 >= floor) & np.isfinite(all_energy)
    for field, figure in (
        ("latency_s", all_latency),
        ("energy_j", all_energy * 1e-12),
        ("power_w", all_energy * 1e-12 / all_latency),
    ):
        limits = dataclasses.replace(Budget(), **{field: float(figure[good].min()) / 2})
        assert problem.best(energy, latency, limits=limits) is None
        broken = least_broken(problem, energy, latency, limits)
        assert broken is not None
        own = {
            "latency_s": broken.latency_s,
            "energy_j": broken.energy_pj * 1e-12,
            "power_w": broken.energy_pj * 1e-12 / broken.latency_s,
        }
        assert own[field] == pytest.approx(float(figure[good].min()), rel=1e-9)


@pytest.mark.parametrize("id, resolution, floor", [("ofa-mbv3-w1.0", 192, 75.0), ("ofa-resnet50", 192, 78.0)])
def test_evolution_is_never_better(id: str, resolution: int, floor: float) -> None:
    space, predictor, rng = load_space(id), load_predictor(id), np.random.default_rng(3)
    search = SubnetSearch(space, predictor, floor, [resolution])
    problem = ChainProblem(search.table, predictor, floor)
    macs = np.array([float(layer.macs) for layer in search.layers]) + 1e4
    for _ in range(4):
        energy, latency = (macs * np.exp(rng.normal(0, 0.5, len(macs))) for _ in range(2))
        evolved = search.best(energy, latency, lambda e, t: e * t, rng, Evolution(40, 6))
        best = problem.best(energy, latency)
        assert best is not None
        assert best.gap <= 1e-3
        assert best.value <= evolved.energy_pj * 1e-12 * evolved.latency_s * (1 + 1e-3)


def test_where_nothing_is_mapped_there_is_no_subnet() -> None:
    problem = ChainProblem(small.table(), small.draw_predictor(np.random.default_rng(0)), 60.0)
    endless = np.full(len(small.table().layers), np.inf)
    assert problem.best(endless, endless) is None
    assert math.isinf(problem.bound(endless, endless))
    assert least_broken(problem, endless, endless, Budget(latency_s=1.0)) is None


def test_accuracy_that_is_no_sum_is_refused() -> None:
    inputs = small.features().shape[1] + 1
    model = Perceptron(np.zeros(inputs), np.ones(inputs), (np.zeros((1, inputs)),), (np.zeros(1),))
    predictor = PerceptronPredictor(
        "p", small.space(), estimates="nothing", resolutions=(64, 96), notes=(), model=model, error=1.0
    )
    with pytest.raises(InputError, match="no sum over genes"):
        ChainProblem(ShapeTable(small.space(), [64]), predictor, 70.0)
