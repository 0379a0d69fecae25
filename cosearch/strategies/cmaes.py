"""CatCMA with margin (Hamano et al., GECCO 2025): CMA-ES over numbers and categories at once; the ``cmaes`` library's.

The margin keeps whole numbers and categories from freezing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from cosearch.problem.architectures import BROKEN, Evaluated, Problem
from cosearch.strategies.strategy import Strategy
from nets.errors import InputError
from nets.spaces import Config
from nets.spaces.decisions import nearest_legal

if TYPE_CHECKING:
    from numpy.typing import NDArray

PATIENCE: Final = 100
"""Generations in a row outside the limits after which one of them is evaluated all the same."""


class CmaEs(Strategy):
    """Sizes are whole-numbered variables of a Gaussian, what has no order is drawn by probabilities of its own.

    A choice that is not open becomes the nearest that is. What breaks a limit ranks behind what does not; where that is
    known beforehand it takes no evaluation.

    Args:
        population: of a generation; by the number of variables when 0.
    """

    name: ClassVar = "cmaes"
    title: ClassVar = "CMA-ES with margin: numbers of ordered choices, categories for the others"

    def __init__(self, problem: Problem, *, evaluations: int, seed: int, population: int = 0) -> None:
        super().__init__(problem, evaluations=evaluations, seed=seed)
        from cmaes import CatCMAwM

        decisions = self.space.decisions
        free = [number for number, decision in enumerate(decisions) if len(decision.choices) > 1]
        if not free:
            raise InputError("method cmaes", self.space.id, "leaves nothing to choose")
        # Two choices have no order worth a Gaussian; the library advises categories.
        self._sizes = [number for number in free if decisions[number].ordered and len(decisions[number].choices) > 2]
        self._categories = [number for number in free if number not in self._sizes]
        # Variables share a scale, 0 to 1, whatever the number of choices.
        self._steps = [np.linspace(0, 1, len(decisions[number].choices)) for number in self._sizes]
        self._optimiser = CatCMAwM(
            z_space=[list(steps) for steps in self._steps] or None,
            c_space=[len(decisions[number].choices) for number in self._categories] or None,
            seed=seed,
            population_size=population or None,
        )
        self._asked: list[Any] = []
        self._told: list[tuple[Any, float]] = []

    def ask(self, most: int) -> list[Config]:
        """See :meth:`Strategy.ask`: what is left of a generation."""
        for _ in range(PATIENCE):
            count = min(most, self._optimiser.population_size - len(self._told))
            drawn = [self._optimiser.ask() for _ in range(count)]
            configs = [self.space.decode(nearest_legal(self.space, self._wishes(one))) for one in drawn]
            broken = self.problem.foreseen(configs)
            kept = [(one, config) for one, config, share in zip(drawn, configs, broken) if share == 0]
            if kept:
                self._hear([(one, BROKEN + min(share, BROKEN)) for one, share in zip(drawn, broken) if share > 0])
                break
            kept = list(zip(drawn[:1], configs))
            self._hear([(one, BROKEN + min(share, BROKEN)) for one, share in zip(drawn, broken)])
        self._asked = [one for one, _ in kept]
        return [config for _, config in kept]

    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """See :meth:`Strategy.tell`."""
        self._hear([(one, found.merit) for one, found in zip(self._asked, outcomes)])

    def _hear(self, merits: Sequence[tuple[Any, float]]) -> None:
        self._told += merits
        if len(self._told) >= self._optimiser.population_size:
            self._optimiser.tell(self._told)
            self._told = []

    def _wishes(self, drawn: Any) -> list[int]:
        """The choice that a solution of the library has at every decision."""
        wishes = [0] * len(self.space.decisions)
        for number, steps, value in zip(self._sizes, self._steps, drawn.z if self._sizes else ()):
            wishes[number] = int(np.abs(steps - value).argmin())
        chosen: NDArray[np.bool_] = drawn.c
        for place, number in enumerate(self._categories):
            wishes[number] = int(chosen[place].argmax())
        return wishes
