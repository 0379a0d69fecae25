"""``--method exact``: the best of a list of all networks, under any limits it takes; what is no sum is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from cosearch.nas.estimators import PredictedAccuracy
from cosearch.nas.search import search
from cosearch.nas.setup import Request
from cosearch.nas.subnets import SubnetEvaluator
from cosearch.problem.architectures import Figures, Problem
from cosearch.problem.budget import Budget
from cosearch.problem.goals import Best, MnasReward
from cosearch.problem.measures import (
    ACCURACY,
    CAPACITY,
    ENERGY,
    FLASH,
    LATENCY,
    MACS,
    PARAMS,
    POWER,
    SRAM,
    Limit,
    Measure,
)
from cosearch.strategies.methods import make_strategy
from nets.errors import InputError
from nets.layer import Layer
from tests.cosearch.strategies.shortest_path import small

CHEAP = (LATENCY, ENERGY, MACS, PARAMS, CAPACITY)


class DrawnCosts:
    """Stands in for costs on an accelerator."""

    def __init__(self, rng: np.random.Generator) -> None:
        energy, latency = small.draw_costs(rng)
        self._known = {layer.shape_key: i for i, layer in enumerate(small.table().layers)}
        self._energy, self._latency = energy, latency

    def require(self, layers: Iterable[Layer]) -> None:
        pass

    def of(self, layers: Iterable[Layer]) -> tuple[float, float]:
        at = [self._known[layer.shape_key] for layer in layers]
        return float(self._latency[at].sum()), float(self._energy[at].sum())


def draw_evaluator(rng: np.random.Generator) -> SubnetEvaluator:
    costs: Any = DrawnCosts(rng)
    return SubnetEvaluator(small.space(), costs, [PredictedAccuracy(small.draw_predictor(rng))], memory=True)


def draw_limit(measure: Measure, near: Figures, rng: np.random.Generator) -> Limit:
    """One that the network of these figures keeps, if only just."""
    value, room = near[measure.name], rng.uniform(0.0, 0.1) if rng.random() < 0.8 else 0.0
    return Limit(
        measure, float(value - room * abs(value) if measure.larger else value + room * abs(value) + 1e-9 * value)
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_best_of_all_networks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    evaluator = draw_evaluator(rng)
    figures = [one for one in evaluator.measure(small.subnets()) if np.isfinite(one["energy"])]
    for _ in range(25):
        near = figures[int(rng.integers(len(figures)))]
        goal = (ACCURACY, LATENCY, ENERGY, MACS, PARAMS, CAPACITY)[int(rng.integers(6))]
        in_plane = goal in (LATENCY, ENERGY)
        others = () if in_plane else (MACS, PARAMS, FLASH)
        offered = [m for m in (ACCURACY, LATENCY, ENERGY, POWER, *others) if m != goal]
        count = int(rng.integers(5 if in_plane else 3))
        chosen = [offered[i] for i in rng.permutation(len(offered))[:count]]
        limits = tuple(draw_limit(measure, near, rng) for measure in (*chosen, *([SRAM] if rng.random() < 0.4 else [])))
        problem = Problem(small.space(), evaluator, Best(goal), limits)
        found = search(problem, "exact", evaluations=10)
        kept = [one for one in figures if all(limit.violation(one[limit.measure.name]) == 0 for limit in limits)]
        assert found.best is not None, limits
        best = min(goal.loss(one[goal.name]) for one in kept)
        assert found.best.losses[0] == pytest.approx(best, rel=1e-9, abs=1e-9), (goal, limits)


def test_one_network_of_each_resolution_is_evaluated() -> None:
    problem = Problem(small.space(), draw_evaluator(np.random.default_rng(1)), Best(ACCURACY))
    found = search(problem, "exact", evaluations=100)
    assert sorted(one.config["r"] for one in found.evaluated) == list(small.RESOLUTIONS)
    assert len(search(problem, "exact", evaluations=1).evaluated) == 1


def test_where_nothing_keeps_the_limits_the_closest_is_shown() -> None:
    evaluator = draw_evaluator(np.random.default_rng(2))
    highest = evaluator.bounds()["accuracy"][1]
    least = min(one["latency"] for one in evaluator.screen(small.subnets()[:2000]))
    problem = Problem(small.space(), evaluator, Best(), (Limit(ACCURACY, highest), Limit(LATENCY, least)))
    found = search(problem, "exact", evaluations=100)
    assert found.best is None
    assert found.closest.violation > 0


@pytest.mark.parametrize(
    "words, match",
    [
        ({"space": "nasnet", "objective": "latency"}, "does not say how its architectures are paths"),
        ({"space": "ofa-mobilenetv3", "objective": "power"}, "power.*is no sum along a path"),
        (
            {"space": "ofa-mobilenetv3", "objective": "mnas-soft", "target": Budget(latency_s=0.1)},
            "no sum along a path.*take one figure and limit the others",
        ),
        (
            {"space": "ofa-mobilenetv3", "budget": Budget(latency_s=0.1, energy_j=0.1, power_w=1.0)},
            "accuracy.*best under two limits, not 3",
        ),
    ],
)
def test_what_is_no_sum_is_refused(words: dict[str, Any], match: str) -> None:
    problem = Request(**words, mapper_budget=5).problem()
    with pytest.raises(InputError, match=match):
        make_strategy("exact", problem, evaluations=10)


def test_accuracy_without_a_sum_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator = draw_evaluator(np.random.default_rng(0))
    predictor = evaluator.estimators[0].predictor  # type: ignore[attr-defined]
    monkeypatch.setattr(predictor, "least_worth", lambda resolution, top1: None)
    with pytest.raises(InputError, match="rises with no sum over genes"):
        make_strategy("exact", Problem(small.space(), evaluator, Best()), evaluations=10)
    reward = MnasReward(1e-3)
    with pytest.raises(InputError, match="MnasNet reward"):
        make_strategy("exact", Problem(small.space(), evaluator, reward), evaluations=10)


def test_without_accuracy_costs_alone_decide() -> None:
    found = search(Request(space="ofa-digits", objective="latency", mapper_budget=5).problem(), "exact", evaluations=9)
    assert found.best is not None
    assert found.best.config["d"] == [2, 2, 2]
