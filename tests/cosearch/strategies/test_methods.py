"""Every search strategy passes the conformance tests."""

from __future__ import annotations

from typing import ClassVar

import pytest

from cosearch.nas.setup import Request
from cosearch.strategies.methods import METHODS, make_strategy, method, settings_of
from nets.errors import InputError
from tests.cosearch.strategies.conformance import StrategyConformance


class TestGrid(StrategyConformance):
    name = "grid"
    evaluations = 500
    draws = False
    best_share = 0.0


class TestRandom(StrategyConformance):
    name = "random"


class TestRandomArchitectures(StrategyConformance):
    name = "random-architectures"


class TestEvolution(StrategyConformance):
    name = "evolution"
    settings: ClassVar = {"population": 20}


class TestAging(StrategyConformance):
    name = "aging"
    settings: ClassVar = {"population": 20, "sample": 5}


class TestReinforce(StrategyConformance):
    name = "reinforce"


@pytest.mark.usefixtures("torch")
class TestLstm(StrategyConformance):
    name = "lstm"
    settings: ClassVar = {"hidden": 16, "learning_rate": 0.02}


class TestGradient(StrategyConformance):
    name = "gradient"


class TestGradientOfAllPaths(StrategyConformance):
    name = "gradient"
    settings: ClassVar = {"paths": "all", "dual": 0.0}


class TestCmaEs(StrategyConformance):
    name = "cmaes"


class TestTpe(StrategyConformance):
    name = "tpe"
    evaluations = 100
    walks = 150


class TestNsga2(StrategyConformance):
    name = "nsga2"
    settings: ClassVar = {"population": 20}


class TestNsga3(StrategyConformance):
    name = "nsga3"
    settings: ClassVar = {"population": 20}


@pytest.mark.usefixtures("torch")
class TestGp(StrategyConformance):
    name = "gp"
    evaluations = 40
    walks = 44


@pytest.fixture
def torch() -> None:
    pytest.importorskip("torch", reason="needs PyTorch, an extra of this package")


def test_every_strategy_is_tested() -> None:
    tested = {cls.name for cls in StrategyConformance.__subclasses__()}
    assert tested | {"exact"} == set(METHODS)  # which takes sums alone: tests/cosearch/nas/test_exact.py


@pytest.mark.parametrize("name", METHODS)
def test_strategies_say_what_they_are(name: str) -> None:
    made = method(name)
    assert made.name == name
    assert made.title
    assert all(setting in (made.__doc__ or "") for setting in settings_of(name))


def test_an_unknown_strategy_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'evolution'"):
        method("evolutoin")


def test_random_search_draws_genes_and_not_architectures() -> None:
    """Depths of 2, 3 and 4 are as frequent as each other; evenly over architectures nearly all stages are deepest."""
    shares = {}
    for name in ("random", "random-architectures"):
        problem = Request(space="ofa-mobilenetv3", objective="macs", mapper_budget=1).problem()
        drawn = make_strategy(name, problem, evaluations=100, seed=0).ask(100)
        depths = [depth for config in drawn for depth in config["d"]]
        shares[name] = depths.count(4) / len(depths)
    assert shares["random"] == pytest.approx(1 / 3, abs=0.08)
    assert shares["random-architectures"] > 0.85
