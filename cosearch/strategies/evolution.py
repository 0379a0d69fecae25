"""The evolutionary search of Once-for-All (Cai et al. 2020; the finder of its published code)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from cosearch.problem.architectures import Evaluated, Problem
from cosearch.strategies.strategy import Strategy, evenly
from nets.errors import InputError
from nets.spaces import Config

PATIENCE: Final = 2000
"""Draws in a row outside the limits after which a population begins from the landmarks of the space."""


class Evolution(Strategy):
    """Each generation: the best are parents, half of the children are mutants and half crossings, drawn again until
    they keep the limits.

    Where even random draws hardly ever keep the limits, the first population is bred from the landmarks that do (the
    smallest architecture); the published finder draws for ever.

    Args:
        population: of the first generation, and children of each later one.
        parent_ratio: share of a population that become parents.
        mutation_ratio: share of children that are mutants.
        mutation_probability: of taking each decision again.
    """

    name: ClassVar = "evolution"
    title: ClassVar = "evolution as in Once-for-All: parents, mutants and crossings, rejection of what breaks a limit"

    def __init__(
        self,
        problem: Problem,
        *,
        evaluations: int,
        seed: int,
        population: int = 100,
        parent_ratio: float = 0.25,
        mutation_ratio: float = 0.5,
        mutation_probability: float = 0.1,
    ) -> None:
        super().__init__(problem, evaluations=evaluations, seed=seed)
        for name, value in (
            ("parent_ratio", parent_ratio),
            ("mutation_ratio", mutation_ratio),
            ("mutation_probability", mutation_probability),
        ):
            if not 0 <= value <= 1:
                raise InputError(f"method {self.name}: {name}", value, "must be between 0 and 1")
        if population < 4:
            raise InputError(f"method {self.name}: population", population, "must be at least 4")
        self.population, self.mutation_ratio, self.mutation_probability = (
            population,
            mutation_ratio,
            mutation_probability,
        )
        self._kept = max(2, round(parent_ratio * population))
        self._parents: list[Evaluated] = []

    def ask(self, most: int) -> list[Config]:
        """See :meth:`Strategy.ask`: a generation."""
        count = min(most, self.population)
        if not self._parents:
            return first_population(self, count)
        mutants = round(self.mutation_ratio * count)
        children = self.problem.draw(self._mutant, mutants)
        children += self.problem.draw(self._crossing, count - len(children))
        return children or [self._mutant()]

    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """See :meth:`Strategy.tell`: parents compete with their children."""
        ranked = sorted([*self._parents, *outcomes], key=lambda found: found.merit)
        self._parents = ranked[: self._kept]

    def _parent(self) -> Config:
        return self._parents[int(self.rng.integers(len(self._parents)))].config

    def _mutant(self) -> Config:
        return self.space.mutate(self._parent(), self.rng, self.mutation_probability)

    def _crossing(self) -> Config:
        return self.space.crossover(self._parent(), self._parent(), self.rng)


def first_population(strategy: Strategy, count: int) -> list[Config]:
    """``count`` architectures within the limits, or bred from the landmarks where hardly any draw is.

    Every decision is drawn evenly, as published, so shallow networks are as frequent as deep ones.
    """
    problem, space, rng = strategy.problem, strategy.space, strategy.rng
    drawn = problem.draw(lambda: evenly(space, rng), count, PATIENCE)
    if len(drawn) == count:
        return drawn
    landmarks = list(problem.evaluator.landmarks())
    founders = drawn + [config for config, fits in zip(landmarks, problem.admits(landmarks)) if fits]
    while founders and len(drawn) < count:
        mutants = problem.draw(
            lambda: space.mutate(founders[int(rng.integers(len(founders)))], rng), count - len(drawn)
        )
        if not mutants:
            break
        drawn += mutants
    return drawn or [evenly(space, rng)]
