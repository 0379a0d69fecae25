"""One search: a strategy spends a number of evaluations on a problem."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cosearch.evaluation.front import non_dominated
from cosearch.problem.architectures import Evaluated, Problem
from cosearch.strategies.methods import make_strategy
from nets.errors import InputError

Callback = Callable[[Sequence[Evaluated]], None]
"""Hears everything evaluated so far after every batch."""


@dataclass(frozen=True)
class NasResult:
    """What a search found.

    Attributes:
        method, seed: which strategy, and its draws.
        problem: what was searched.
        evaluated: every evaluation in its order; an architecture that was asked twice counts twice.
        seconds: wall time, the evaluations included.
        interrupted: whether Ctrl-C ended it.
        proven: whether no architecture within the limits is better, by the figures that it was searched by.
    """

    method: str
    seed: int
    problem: Problem
    evaluated: tuple[Evaluated, ...]
    seconds: float
    interrupted: bool = False
    proven: bool = False

    @cached_property
    def best(self) -> Evaluated | None:
        """The best architecture within the limits, by the first objective; ``None`` where none was found."""
        return min((found for found in self.evaluated if found.feasible), key=lambda found: found.losses, default=None)

    @cached_property
    def closest(self) -> Evaluated:
        """What breaks the limits least."""
        return min(self.evaluated, key=lambda found: (found.violation, found.losses))

    @cached_property
    def front(self) -> list[Evaluated]:
        """Different architectures within the limits that no other beats at every objective, by the first loss."""
        feasible = {self.problem.space.encode(found.config): found for found in self.evaluated if found.feasible}
        kept = non_dominated([found.losses for found in feasible.values()])
        front = [found for found, stays in zip(feasible.values(), kept) if stays]
        return sorted(front, key=lambda found: found.losses)

    @property
    def remark(self) -> str | None:
        """What is to be said of the best architecture's figures, see :meth:`Evaluator.remark`; ``None`` for nothing."""
        return None if self.best is None else self.problem.evaluator.remark(self.best.config) or None

    @property
    def verdict(self) -> str:
        """Whether a better architecture may exist, in words."""
        if self.proven:
            return f"{self.method} proves it: by these figures no architecture within the limits is better"
        return f"{self.method} says so: it tried some architectures, and a better one may exist (not proven)"

    def history(self) -> list[float]:
        """Best first loss within the limits after each evaluation; infinite while there is none."""
        best, out = math.inf, []
        for found in self.evaluated:
            best = min(best, found.losses[0] if found.feasible else math.inf)
            out.append(best)
        return out

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "method": self.method,
            "space": self.problem.space.id,
            "goal": self.problem.goal.name,
            "limits": {limit.measure.name: limit.bound for limit in self.problem.limits},
            "seed": self.seed,
            "evaluations": len(self.evaluated),
            "broke_a_limit": sum(not found.feasible for found in self.evaluated),
            "seconds": self.seconds,
            "interrupted": self.interrupted,
            "proven": self.proven,
            "verdict": self.verdict,
            "best": None if self.best is None else described(self.best),
            "remark": self.remark,
            "front": [described(found) for found in self.front] if self.problem.goal.objectives > 1 else None,
            "warnings": list(self.problem.warnings()),
        }


def described(found: Evaluated) -> dict[str, Any]:
    """An architecture with its figures as plain data, which carry their units in :mod:`cosearch.problem.measures`."""
    return {"config": found.config, "figures": dict(found.figures)}


def search(
    problem: Problem,
    method: str = "evolution",
    *,
    evaluations: int,
    seed: int = 0,
    settings: dict[str, Any] | None = None,
    callback: Callback | None = None,
) -> NasResult:
    """Search; Ctrl-C ends it with what was found.

    Args:
        problem: what is searched.
        method: name of the strategy.
        evaluations: to spend; a strategy may come to its end before.
        seed: same seed, same result.
        settings: of the strategy.
        callback: called after every batch.

    Raises:
        InputError: as :func:`~cosearch.strategies.methods.make_strategy`, or no evaluations to spend.
        InfeasibleError: no architecture keeps the limits, known before any evaluation.
    """
    if evaluations < 1:
        raise InputError("evaluations", evaluations, "must be a whole number of at least 1")
    began = time.perf_counter()
    strategy = make_strategy(method, problem, evaluations=evaluations, seed=seed, settings=settings)
    problem.require_feasible()
    evaluated: list[Evaluated] = []
    interrupted = False
    try:
        while len(evaluated) < evaluations:
            asked = strategy.ask(evaluations - len(evaluated))
            if not asked:
                break
            outcomes = problem.evaluate(asked)
            evaluated += outcomes
            strategy.tell(outcomes)
            if callback is not None:
                callback(evaluated)
    except KeyboardInterrupt:
        if not evaluated:
            raise
        interrupted = True
    seconds = time.perf_counter() - began
    proven = strategy.proves and not interrupted and not strategy.ask(1)
    return NasResult(method, seed, problem, tuple(evaluated), seconds, interrupted, proven)
