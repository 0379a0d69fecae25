"""Points of a unit cube, asked of an Optuna sampler one at a time.

The study lives in memory: what a run finds is written to disk by :mod:`cosearch.studies.study`, without the points that
were never evaluated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cosearch.strategies.points import Outcome
from cosearch.strategies.samplers import OPTUNA, even, quiet_optuna
from cosearch.strategies.warm_cmaes import STARTUP

if TYPE_CHECKING:
    import optuna


class OptunaPoints:
    """See :class:`PointSampler`.

    Args:
        sampler: a key of :data:`OPTUNA`.
        knobs: names of the numbers.
        seed: of every draw.
        population: points of a generation.
        objectives: how many losses an outcome has.
    """

    def __init__(self, sampler: str, knobs: Sequence[str], seed: int, population: int, objectives: int) -> None:
        import optuna

        self._sampler = OPTUNA[sampler]
        self._seed, self._population = seed, population
        with quiet_optuna():
            made = self._sampler.make(seed, population)
            self._study = optuna.create_study(sampler=made, directions=["minimize"] * objectives)
            self._even = even(seed, population)
        self._box: dict[str, optuna.distributions.BaseDistribution] = {
            name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in knobs
        }
        self._asked: dict[int, optuna.Trial] = {}
        self._told = 0

    def ask(self, misses: int) -> tuple[int, dict[str, float]]:
        """See :meth:`PointSampler.ask`; after the sampler's patience the next point is even."""
        with quiet_optuna():
            trial = self._ask(misses)
            self._asked[trial.number] = trial
            return trial.number, dict(trial.params)

    def _ask(self, misses: int) -> optuna.Trial:
        patience = self._sampler.patience
        if patience is None or misses < patience:
            return self._study.ask(self._box)
        learnt, self._study.sampler = self._study.sampler, self._even
        try:
            return self._study.ask(self._box)
        finally:
            self._study.sampler = learnt

    def reject(self, number: int) -> None:
        """See :meth:`PointSampler.reject`."""
        import optuna

        with quiet_optuna():
            self._study.tell(self._asked.pop(number), state=optuna.trial.TrialState.FAIL)

    def tell(self, outcomes: Sequence[tuple[int, Outcome]]) -> None:
        """See :meth:`PointSampler.tell`."""
        with quiet_optuna():
            for number, outcome in outcomes:
                self._tell(self._asked.pop(number), outcome)
            before, self._told = self._told, self._told + len(outcomes)
            if self._sampler.then is not None and before < STARTUP <= self._told:
                first = self._study.get_trials(deepcopy=False)
                self._study.sampler = self._sampler.then(self._seed, self._population, first)

    def _tell(self, trial: optuna.Trial, outcome: Outcome) -> None:
        import optuna

        for number, slack in enumerate(outcome.slacks):
            trial.set_constraint(str(number), slack)
        if outcome.losses:
            self._study.tell(trial, list(outcome.losses))
        else:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
