"""Problems on which search strategies are compared, and others on which their settings were chosen.

Judged on: Once-for-All MobileNetV3 on Eyeriss (predicted accuracy, nearly a sum over genes; the optimum is proven by a
shortest path); graph networks whose every accuracy was trained (NAS-Bench-Graph, Qin et al., NeurIPS 2022; the package
``nas-bench-graph``), on Cora and on arXiv; a chain of unordered choices whose gains come from three neighbours at once,
under a limit that only an evaluation shows (an NK landscape, Kauffman and Levin 1987, whose optimum dynamic
programming finds); and Rosenbrock's valley on a grid of ordered choices. Tuned on: other data sets, other chains and
valleys of other sizes, Once-for-All's ResNet-50 on another accelerator.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from cosearch.nas.search import search
from cosearch.nas.setup import Request
from cosearch.problem.architectures import Figures, Measuring, Problem
from cosearch.problem.budget import Budget
from cosearch.problem.goals import Best
from cosearch.problem.measures import ACCURACY, Limit, Measure
from nets.errors import CosearchError
from nets.spaces import Config, Decision, DecisionSpace, SearchSpace

SCORE: Final = Measure("score", "score", "", larger=True)
COST: Final = Measure("cost", "cost", "")


@dataclass(frozen=True)
class Landscape:
    """A problem whose best figure is known.

    Attributes:
        title: for a table; problem: that is searched.
        best: figure of the best architecture within the limits.
    """

    title: str
    problem: Problem
    best: float


class Chain(Measuring):
    """Unordered choices along a chain; every three neighbours have a gain, every choice a cost.

    Args:
        length: decisions; choices: of each.
        seed: of all gains, even between 0 and 1, and of costs, whole numbers from 1 to 9.
    """

    measures: Sequence[Measure] = (SCORE, COST)

    def __init__(self, length: int, choices: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.length, self.choices = length, choices
        self.gains = rng.random((length - 2, choices, choices, choices))
        self.costs = rng.integers(1, 10, (length, choices))
        names = tuple(f"choice {number}" for number in range(choices))
        self.space = DecisionSpace(
            f"chain-{length}x{choices}", [Decision(f"link[{at}]", names, ordered=False) for at in range(length)]
        )

    @property
    def limit(self) -> int:
        """Nine tenths of the mean cost: a third of all chains keep it, fewer of the best."""
        return math.floor(0.9 * float(self.costs.mean(1).sum()))

    def measure(self, configs: Sequence[Config]) -> list[Figures]:
        found = []
        for config in configs:
            codes = self.space.encode(config)
            score = sum(self.gains[at][codes[at : at + 3]] for at in range(self.length - 2)) / (self.length - 2)
            cost = sum(self.costs[at, code] for at, code in enumerate(codes))
            found.append({"score": float(score), "cost": float(cost)})
        return found

    def best(self) -> float:
        """Highest score within the limit: over the last two choices and the cost so far, link by link."""
        states = np.full((self.choices, self.choices, self.limit + 1), -np.inf)
        for first in range(self.choices):
            for second in range(self.choices):
                spent = self.costs[0, first] + self.costs[1, second]
                if spent <= self.limit:
                    states[first, second, spent] = 0.0
        for at in range(2, self.length):
            after = np.full_like(states, -np.inf)
            for code in range(self.choices):
                paid = int(self.costs[at, code])
                reached = (states + self.gains[at - 2][:, :, code, None]).max(0)
                after[:, code, paid:] = reached[:, : self.limit + 1 - paid]
            states = after
        return float(states.max()) / (self.length - 2)


class Valley(Measuring):
    """Rosenbrock's function, turned round: a narrow curved valley. The largest value, 0, is at 1 everywhere.

    Args:
        length: decisions; below, above: ends of the grid in tenths.
    """

    measures: Sequence[Measure] = (SCORE,)

    def __init__(self, length: int, below: int, above: int) -> None:
        grid = tuple(tenth / 10 for tenth in range(below, above + 1, 2))
        self.space = DecisionSpace(f"valley-{length}", [Decision(f"x[{at}]", grid) for at in range(length)])

    def measure(self, configs: Sequence[Config]) -> list[Figures]:
        found = []
        for config in configs:
            x = np.array(list(config.values()))
            value = float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())
            found.append({"score": -math.log1p(value)})
        return found


class GraphNetworks(Measuring):
    """NAS-Bench-Graph: how four operations are linked and what each is; accuracies on validation nodes, trained.

    Args:
        data: name of one of its data sets.

    Raises:
        CosearchError: the package is not installed.
    """

    measures: Sequence[Measure] = (ACCURACY,)

    def __init__(self, data: str) -> None:
        try:
            self._package: Any = importlib.import_module("nas_bench_graph")
        except ImportError:
            raise CosearchError("NAS-Bench-Graph needs its package: pip install 'cosearch[graph]'") from None
        self._trained = self._package.light_read(data)
        links = tuple(map(tuple, self._package.architecture.link_list))
        kinds = tuple(self._package.architecture.gnn_list)
        operations = [Decision(f"op[{at}]", kinds, ordered=False) for at in range(4)]
        self.space = DecisionSpace("nas-bench-graph", [Decision("link", links, ordered=False), *operations])

    def measure(self, configs: Sequence[Config]) -> list[Figures]:
        return [{"accuracy": self._accuracy(config)} for config in configs]

    def _accuracy(self, config: Config) -> float:
        kinds = [config[f"op[{at}]"] for at in range(4)]
        if set(kinds) == {"skip"}:
            return math.inf  # no network
        trained = self._trained.get(self._package.Arch(list(config["link"]), kinds).valid_hash())
        return math.inf if trained is None else 100 * float(trained["valid_perf"])

    @cached_property
    def all(self) -> list[float]:
        """Of all its networks, the best first."""
        return sorted((100 * float(one["valid_perf"]) for one in self._trained.values()), reverse=True)


def _chain(length: int, choices: int, seed: int) -> Landscape:
    chain = Chain(length, choices, seed)
    problem = Problem(chain.space, chain, Best(SCORE), (Limit(COST, chain.limit),))
    return Landscape(f"chain of {length} x {choices}", problem, chain.best())


def _valley(length: int, below: int, above: int) -> Landscape:
    valley = Valley(length, below, above)
    return Landscape(f"valley of {length}", Problem(valley.space, valley, Best(SCORE)), 0.0)


def _graph(data: str) -> Landscape:
    networks = GraphNetworks(data)
    return Landscape(f"graph networks, {data}", Problem(networks.space, networks, Best()), networks.all[0])


def _ofa(space: str, accelerator: str, latency_ms: float) -> Landscape:
    budget = Budget(latency_s=latency_ms * 1e-3)
    problem = Request(space=space, accelerator=accelerator, budget=budget).problem()
    best = search(problem, "exact", evaluations=1000).best
    assert best is not None
    return Landscape(f"{space} on {accelerator}", problem, best.figures["accuracy"])


JUDGED: Final[dict[str, Callable[[], Landscape]]] = {
    "ofa": lambda: _ofa("ofa-mobilenetv3", "eyeriss", 90.0),
    "cora": lambda: _graph("cora"),
    "arxiv": lambda: _graph("arxiv"),
    "chain": lambda: _chain(20, 5, seed=0),
    "valley": lambda: _valley(10, -20, 20),
}
TUNED: Final[dict[str, Callable[[], Landscape]]] = {
    "ofa-resnet50": lambda: _ofa("ofa-resnet50", "nvdla_256", 60.0),
    "citeseer": lambda: _graph("citeseer"),
    "photo": lambda: _graph("photo"),
    "chain-short": lambda: _chain(14, 7, seed=1),
    "chain-long": lambda: _chain(30, 3, seed=2),
    "valley-short": lambda: _valley(6, -14, 20),
}


def additivity(problem: Problem, draws: int = 1500, seed: int = 0) -> float:
    """Share of the variance of the first figure that a sum over decisions explains, on draws held out from its fit."""
    from cosearch.strategies.strategy import evenly

    space, rng = problem.space, np.random.default_rng(seed)
    found = problem.evaluate([evenly(space, rng) for _ in range(draws)])
    kept = [one for one in found if math.isfinite(one.losses[0])]
    rows = np.array([_one_hot(space, one.config) for one in kept])
    y = np.array([one.losses[0] for one in kept])
    half = len(kept) // 2
    x = np.hstack([rows, np.ones((len(rows), 1))])
    weights = np.linalg.solve(x[:half].T @ x[:half] + 0.1 * np.eye(x.shape[1]), x[:half].T @ y[:half])
    left = y[half:] - x[half:] @ weights
    return 1 - float(left.var() / y[half:].var())


def _one_hot(space: SearchSpace, config: Config) -> list[float]:
    codes = space.encode(config)
    return [float(code == at) for decision, code in zip(space.decisions, codes) for at in range(len(decision.choices))]
