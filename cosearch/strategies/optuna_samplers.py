"""Optuna's NSGA-II, NSGA-III and Gaussian process as search strategies.

Every decision is a parameter, also where it means nothing, since genetic and Gaussian-process samplers want one space
throughout: sizes are whole numbers, operations are categories. Limits are Optuna's constraints; what breaks one that
can be checked without an evaluation is asked anew, and after a while drawn evenly within the limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from cosearch.problem.architectures import Evaluated, Problem
from cosearch.strategies.samplers import OPTUNA, quiet_optuna
from cosearch.strategies.strategy import Strategy, evenly
from nets.spaces import Config
from nets.spaces.decisions import nearest_legal

if TYPE_CHECKING:
    import optuna

LIMIT = "limits"
"""Name of the one constraint: the sum of the shares by which limits are broken."""


class OptunaStrategy(Strategy):
    """A sampler asked a batch at a time.

    Args:
        batch: architectures asked before any of them is told.
    """

    several: ClassVar = True

    def __init__(self, problem: Problem, *, evaluations: int, seed: int, batch: int = 1) -> None:
        super().__init__(problem, evaluations=evaluations, seed=seed)
        import optuna

        self.batch = batch
        self._box: dict[str, optuna.distributions.BaseDistribution] = {
            decision.name: optuna.distributions.IntDistribution(0, len(decision.choices) - 1)
            if decision.ordered
            else optuna.distributions.CategoricalDistribution(range(len(decision.choices)))
            for decision in self.space.decisions
        }
        objectives = problem.goal.objectives
        with quiet_optuna():
            sampler = OPTUNA[self.name].make(seed, batch)
            self._study = optuna.create_study(sampler=sampler, directions=["minimize"] * objectives)
        self._asked: list[optuna.Trial] = []

    def ask(self, most: int) -> list[Config]:
        """See :meth:`Strategy.ask`."""
        with quiet_optuna():
            self._asked, configs = [], []
            for _ in range(min(most, self.batch)):
                trial, config = self._within()
                self._asked.append(trial)
                configs.append(config)
        return configs

    def _within(self) -> tuple[optuna.Trial, Config]:
        """A trial whose architecture keeps the limits that are known beforehand, where patience finds one."""
        import optuna

        for _ in range(OPTUNA[self.name].patience or 1):
            trial = self._study.ask(self._box)
            config = self._meant_by(trial)
            if self.problem.admits([config])[0]:
                return trial, config
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        even = self.problem.draw(lambda: evenly(self.space, self.rng), 1)
        if even:
            codes = self.space.encode(even[0])
            self._study.enqueue_trial({decision.name: code for decision, code in zip(self.space.decisions, codes)})
        trial = self._study.ask(self._box)
        return trial, self._meant_by(trial)

    def _meant_by(self, trial: optuna.Trial) -> Config:
        return self.space.decode(
            nearest_legal(self.space, [trial.params[decision.name] for decision in self.space.decisions])
        )

    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """See :meth:`Strategy.tell`."""
        import optuna

        with quiet_optuna():
            for trial, found in zip(self._asked, outcomes):
                if not all(map(math.isfinite, found.losses)):
                    self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
                    continue
                if self.problem.limits:
                    trial.set_constraint(LIMIT, found.violation)
                self._study.tell(trial, list(found.losses))


class Gp(OptunaStrategy):
    """Gaussian process with expected improvement, asked for ``batch`` architectures at a time."""

    name: ClassVar = "gp"
    title: ClassVar = "Gaussian process with expected improvement, Optuna's"


class Genetic(OptunaStrategy):
    """A sampler asked a generation at a time.

    Args:
        population: of a generation.
    """

    def __init__(self, problem: Problem, *, evaluations: int, seed: int, population: int = 50) -> None:
        super().__init__(problem, evaluations=evaluations, seed=seed, batch=population)


class Nsga2(Genetic):
    """NSGA-II (Deb et al. 2002) with a ``population`` in each generation."""

    name: ClassVar = "nsga2"
    title: ClassVar = "NSGA-II, Optuna's"


class Nsga3(Genetic):
    """NSGA-III (Deb and Jain 2014) with a ``population`` in each generation."""

    name: ClassVar = "nsga3"
    title: ClassVar = "NSGA-III, Optuna's"
