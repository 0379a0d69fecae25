"""What every search strategy offers: it is asked for architectures and told what became of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from cosearch.nas.problem import Evaluated, Problem
from nets.spaces import Config


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

    @abstractmethod
    def ask(self, most: int) -> list[Config]:
        """Architectures to evaluate next, one to ``most`` of them; none when the strategy has come to its end."""

    @abstractmethod
    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """What became of those of the last :meth:`ask`, in its order."""
