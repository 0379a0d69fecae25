"""The outer loop: which accelerators to try, asked of an Optuna sampler a generation at a time.

A point outside the budget is told to Optuna as failed and drawn again until the generation is full, as NAAS does; a
failed trial never enters a generation of CMA-ES. The strategy's own study lives in memory: what a run finds is written
to disk by :mod:`cosearch.study`, without the points that were never evaluated.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from accel_models.template import Template
from cosearch.strategies.samplers import STARTUP, even, load_sampler
from cosearch.strategies.template_space import KNOBS, TemplateSpace
from nets.errors import InfeasibleError

if TYPE_CHECKING:
    import optuna

MOST_DRAWS: Final = 5000
"""Draws in a row outside the budget after which it is taken to leave no room."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An accelerator to evaluate.

    Attributes:
        number: of its trial in the strategy's study.
        knobs: the point it was decoded from.
        template: the design.
    """

    number: int
    knobs: dict[str, float]
    template: Template


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a proposal.

    Attributes:
        merit: a finite number that ranks designs, smaller is better, for samplers that understand nothing else.
        losses: of each objective, smaller is better; none where a layer has no mapping.
        slacks: of each limit; above zero where it is broken.
    """

    merit: float
    losses: tuple[float, ...]
    slacks: Mapping[str, float] = field(default_factory=dict)


class AcceleratorStrategy:
    """Proposes accelerators inside a budget and learns from what became of them.

    Args:
        space: the designs.
        sampler: a key of :data:`SAMPLERS`.
        seed: of every draw.
        population: accelerators of a generation.
        objectives: how many losses an outcome has.
        knobs: of a point, each from 0 to 1; more than the space has are handed on.
    """

    def __init__(
        self,
        space: TemplateSpace,
        sampler: str,
        seed: int,
        population: int,
        objectives: int = 1,
        knobs: Sequence[str] = KNOBS,
    ) -> None:
        import optuna

        self._sampler = load_sampler(sampler, objectives)
        self.space, self.seed, self.population = space, seed, population
        self.redrawn = 0
        with quiet_optuna():
            made = self._sampler.make(seed, population)
            self._study = optuna.create_study(sampler=made, directions=["minimize"] * objectives)
            self._even = even(seed, population)
        self._box: dict[str, optuna.distributions.BaseDistribution] = {
            name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in knobs
        }
        self._asked: dict[int, optuna.Trial] = {}
        self._told = 0

    def ask(self, count: int) -> list[Proposal]:
        """``count`` designs inside the budget, at most one generation.

        Raises:
            InfeasibleError: no draw in :data:`MOST_DRAWS` lies inside.
        """
        import optuna

        proposals: list[Proposal] = []
        misses = 0
        with quiet_optuna():
            while len(proposals) < count:
                trial = self._draw(misses)
                template = self.space.decode(trial.params)
                if template is not None:
                    proposals.append(Proposal(trial.number, dict(trial.params), template))
                    self._asked[trial.number] = trial
                    misses = 0
                    continue
                self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
                self.redrawn += 1
                misses += 1
                if misses >= MOST_DRAWS:
                    raise InfeasibleError(f"none of {MOST_DRAWS} designs drawn in a row meets {self.space.budget}")
        return proposals

    def _draw(self, misses: int) -> optuna.Trial:
        patience = self._sampler.patience
        if patience is None or misses < patience:
            return self._study.ask(self._box)
        learnt, self._study.sampler = self._study.sampler, self._even
        try:
            return self._study.ask(self._box)
        finally:
            self._study.sampler = learnt

    def tell(self, proposals: Sequence[Proposal], outcomes: Sequence[Outcome]) -> None:
        """Report what became of every proposal of a generation."""
        with quiet_optuna():
            for proposal, outcome in zip(proposals, outcomes):
                self._tell(self._asked.pop(proposal.number), outcome)
            before, self._told = self._told, self._told + len(proposals)
            if self._sampler.then is not None and before < STARTUP <= self._told:
                first = self._study.get_trials(deepcopy=False)
                self._study.sampler = self._sampler.then(self.seed, self.population, first)

    def _tell(self, trial: optuna.Trial, outcome: Outcome) -> None:
        import optuna

        if self._sampler.ranks:
            self._study.tell(trial, outcome.merit)
            return
        for name, slack in outcome.slacks.items():
            trial.set_constraint(name, slack)
        if outcome.losses:
            self._study.tell(trial, list(outcome.losses))
        else:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keep Optuna's notes and experimental warnings off the terminal, for this block only."""
    logger = logging.getLogger("optuna")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="optuna")
            from optuna.exceptions import ExperimentalWarning

            warnings.simplefilter("ignore", ExperimentalWarning)
            yield
    finally:
        logger.setLevel(level)
