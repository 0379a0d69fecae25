"""CMA-ES with margin (Hamano et al., GECCO 2022), which keeps whole numbers from freezing; the ``cmaes`` library's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cosearch.problem.architectures import Evaluated, Problem
from cosearch.strategies.strategy import Strategy
from nets.errors import InputError
from nets.spaces import Config
from nets.spaces.decisions import nearest_legal

if TYPE_CHECKING:
    from numpy.typing import NDArray


class CmaEs(Strategy):
    """The number of the choice at every decision is a whole-numbered variable; a choice that is not open becomes the
    nearest that is. What breaks a limit ranks behind what does not.

    Args:
        population: of a generation; by the number of variables when 0.
    """

    name: ClassVar = "cmaes"
    title: ClassVar = "CMA-ES with margin over the numbers of the choices"

    def __init__(self, problem: Problem, *, evaluations: int, seed: int, population: int = 0) -> None:
        super().__init__(problem, evaluations=evaluations, seed=seed)
        from cmaes import CMAwM

        sizes = np.array([len(decision.choices) for decision in self.space.decisions], dtype=np.float64)
        self._free = np.flatnonzero(sizes > 1)
        if not len(self._free):
            raise InputError("method cmaes", self.space.id, "leaves nothing to choose")
        # Variables share a scale, 0 to 1, whatever the number of choices.
        most = sizes[self._free] - 1
        self._most = most
        self._optimiser = CMAwM(
            mean=np.full(len(self._free), 0.5),
            sigma=0.3,
            bounds=np.column_stack([np.zeros_like(most), np.ones_like(most)]),
            steps=1 / most,
            seed=seed,
            population_size=population or None,
        )
        self._asked: list[NDArray[np.float64]] = []
        self._told: list[tuple[NDArray[np.float64], float]] = []

    def ask(self, most: int) -> list[Config]:
        """See :meth:`Strategy.ask`: what is left of a generation."""
        count = min(most, self._optimiser.population_size - len(self._told))
        self._asked, configs = [], []
        for _ in range(count):
            values, to_tell = self._optimiser.ask()
            wishes = [0] * len(self.space.decisions)
            for number, wish in zip(self._free, np.rint(values * self._most)):
                wishes[int(number)] = int(wish)
            configs.append(self.space.decode(nearest_legal(self.space, wishes)))
            self._asked.append(to_tell)
        return configs

    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """See :meth:`Strategy.tell`."""
        self._told += [(values, found.merit) for values, found in zip(self._asked, outcomes)]
        if len(self._told) >= self._optimiser.population_size:
            self._optimiser.tell(self._told)
            self._told = []
