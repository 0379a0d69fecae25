"""Aging evolution, or regularised evolution (Real et al., AAAI 2019, algorithm 1), which found AmoebaNet."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import ClassVar

from cosearch.problem.architectures import Evaluated, Problem
from cosearch.strategies.evolution import first_population
from cosearch.strategies.strategy import Strategy
from nets.errors import InputError
from nets.spaces import Config
from nets.spaces.decisions import legal


class AgingEvolution(Strategy):
    """The best of a random sample has one decision changed; the child joins the population, and the oldest leaves it.

    Args:
        population: how many are alive.
        sample: how many compete to be the parent.
    """

    name: ClassVar = "aging"
    title: ClassVar = "aging evolution as for AmoebaNet: the oldest leaves, not the worst"

    def __init__(
        self, problem: Problem, *, evaluations: int, seed: int, population: int = 100, sample: int = 25
    ) -> None:
        super().__init__(problem, evaluations=evaluations, seed=seed)
        if not 1 <= sample <= population:
            raise InputError("method aging: sample", sample, f"must be from 1 to the population, {population}")
        self.sample = sample
        self._alive: deque[Evaluated] = deque(maxlen=population)

    def ask(self, most: int) -> list[Config]:
        """See :meth:`Strategy.ask`: the first population, then one child at a time."""
        missing = (self._alive.maxlen or 0) - len(self._alive)
        if missing:
            return first_population(self, min(most, missing))
        rivals = self.rng.choice(len(self._alive), self.sample, replace=False)
        parent = min((self._alive[int(index)] for index in rivals), key=lambda found: found.merit).config
        return self.problem.draw(lambda: self._changed(parent), 1) or [self._changed(parent)]

    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """See :meth:`Strategy.tell`: who joins a full population pushes the oldest out."""
        self._alive.extend(outcomes)

    def _changed(self, parent: Config) -> Config:
        """``parent`` with one decision taken otherwise; what that brings to mean something is drawn."""
        codes = self.space.encode(parent)
        open_to_change = [number for number in range(len(codes)) if len(self.space.options(codes[:number])) > 1]
        number = open_to_change[int(self.rng.integers(len(open_to_change)))]
        others = [code for code in self.space.options(codes[:number]) if code != codes[number]]
        wishes = [*codes]
        wishes[number] = others[int(self.rng.integers(len(others)))]
        return self.space.decode(legal(self.space, wishes, self.rng, codes))
