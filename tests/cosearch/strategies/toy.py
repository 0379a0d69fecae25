"""Small problems whose every architecture can be listed: sizes and operations, a hidden decision, a walk."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cosearch.problem.architectures import Evaluated, Figures, Measuring, Problem
from cosearch.problem.goals import Best, Bounds, Goal
from cosearch.problem.measures import ACCURACY, LATENCY, Limit, Measure
from cosearch.strategies.additive import Additive
from nets.spaces import Config, Decision, DecisionSpace, SearchSpace, all_codes

TOY = DecisionSpace(
    "toy",
    [
        Decision("width", (8, 16, 24, 32)),
        Decision("operation", ("pool", "conv", "shift"), ordered=False),
        Decision("depth", (1, 2, 3)),
        Decision("kernel[0]", (3, 5, 7)),
        Decision("kernel[1]", (3, 5, 7), parent=2, when=frozenset({1, 2})),
        Decision("kernel[2]", (3, 5, 7), parent=2, when=frozenset({2})),
    ],
)
"""4 * 3 * (3 + 9 + 27) = 468 architectures."""

_GAINS = {"pool": 0.0, "conv": 4.0, "shift": 1.5}
_COSTS = {"pool": 0.5, "conv": 3.0, "shift": 1.0}


def accuracy(config: Config) -> float:
    """Percent; more of everything is better, less and less so."""
    kernels = [config[f"kernel[{place}]"] for place in range(config["depth"])]
    capacity = 0.1 * config["width"] + _GAINS[config["operation"]] + sum(1 + 0.2 * kernel for kernel in kernels)
    return 80 - 40 * math.exp(-capacity / 6)


def latency_s(config: Config) -> float:
    """Milliseconds, in s."""
    kernels = [config[f"kernel[{place}]"] for place in range(config["depth"])]
    return 1e-3 * (1 + _COSTS[config["operation"]] + 0.02 * config["width"] * sum(kernels))


class Toy:
    """Evaluates the toy; counts what it was asked for.

    Args:
        screens: latency can be had without an evaluation.
        knows: bounds can be had before any.
        unrunnable: an operation that cannot run.
    """

    def __init__(self, *, screens: bool = True, knows: bool = True, unrunnable: str = "") -> None:
        self.measures: Sequence[Measure] = (ACCURACY, LATENCY)
        self.screened: Sequence[Measure] = (LATENCY,) if screens else ()
        self.knows, self.unrunnable = knows, unrunnable
        self.evaluations = 0
        self.tables: dict[str, Additive] = {}

    def screen(self, configs: Sequence[Config]) -> list[Figures]:
        return [{"latency": self._latency(config)} if self.screened else {} for config in configs]

    def measure(self, configs: Sequence[Config]) -> list[Figures]:
        self.evaluations += len(configs)
        return [{"accuracy": accuracy(config), "latency": self._latency(config)} for config in configs]

    def _latency(self, config: Config) -> float:
        return math.inf if config["operation"] == self.unrunnable else latency_s(config)

    def bounds(self) -> Bounds:
        if not self.knows:
            return {}
        values = [latency_s(config) for config in every(TOY)]
        return {"latency": (min(values), max(values)), "accuracy": (0.0, max(map(accuracy, every(TOY))))}

    def landmarks(self) -> list[Config]:
        return [TOY.decode((0,) * len(TOY.decisions))]

    def remark(self, config: Config) -> str:
        return ""


def every(space: SearchSpace) -> list[Config]:
    """All architectures."""
    return [space.decode(codes) for codes in all_codes(space)]


def problem(limit_ms: float | None = 6.0, goal: Goal | None = None, toy: Toy | None = None) -> Problem:
    """The toy with a limit on latency; the most accurate within it unless another goal is given."""
    limits = () if limit_ms is None else (Limit(LATENCY, limit_ms * 1e-3),)
    return Problem(TOY, toy or Toy(), goal or Best(), limits)


def ranked(of: Problem) -> list[Evaluated]:
    """Every architecture, best first."""
    return sorted(of.evaluate(every(of.space)), key=lambda found: found.merit)


HEIGHT = Measure("height", "height", "steps", larger=True)


class Climb(Measuring):
    """Evaluates a walk by the sum of its levels: a space and a figure that have nothing to do with networks."""

    measures: Sequence[Measure] = (HEIGHT,)

    def measure(self, configs: Sequence[Config]) -> list[Figures]:
        return [{"height": float(_height(list(config.values())))} for config in configs]


def _height(steps: Sequence[int]) -> int:
    levels = [sum(steps[: number + 1]) for number in range(len(steps))]
    return sum(levels)
