"""What every search strategy offers: it is asked for architectures and told what became of them."""

from __future__ import annotations

import bisect
import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from cosearch.problem.architectures import Evaluated, Problem
from nets.spaces import Config, SearchSpace
from nets.spaces.decisions import legal


class Strategy(ABC):
    """One way to spend evaluations.

    Args:
        problem: what is searched.
        evaluations: that will be spent in all.
        seed: same seed, same architectures.

    Attributes:
        name: what a person asks for; title: in words, with the source.
        several: whether it serves several objectives.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    several: ClassVar[bool] = False

    def __init__(self, problem: Problem, *, evaluations: int, seed: int) -> None:
        self.problem, self.space = problem, problem.space
        self.evaluations, self.seed = evaluations, seed
        self.rng = np.random.default_rng(seed)

    @property
    def proves(self) -> bool:
        """Whether no architecture within the limits is better than its best, once it has come to its end."""
        return False

    @abstractmethod
    def ask(self, most: int) -> list[Config]:
        """Architectures to evaluate next, one to ``most`` of them; none when the strategy has come to its end."""

    @abstractmethod
    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """What became of those of the last :meth:`ask`, in its order."""


def pick(rng: np.random.Generator, options: Sequence[int], weights: Sequence[float]) -> int:
    """One of ``options`` by ``weights``, evenly where all are zero."""
    if len(options) == 1:
        return options[0]
    steps = list(itertools.accumulate(weights))
    if steps[-1] <= 0:
        return options[int(rng.integers(len(options)))]
    return options[min(bisect.bisect_right(steps, rng.random() * steps[-1]), len(options) - 1)]


def evenly(space: SearchSpace, rng: np.random.Generator) -> Config:
    """An architecture each of whose decisions is drawn evenly from what is open."""
    return space.decode(legal(space, [None] * len(space.decisions), rng))
