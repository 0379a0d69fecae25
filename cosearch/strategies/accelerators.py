"""The outer loop: which accelerators to try, asked of an Optuna sampler a generation at a time.

A point outside the budget is told to Optuna as failed and drawn again until the generation is full, as NAAS does; a
failed trial never enters a generation of CMA-ES. The strategy's own study lives in memory: what a run finds is written
to disk by :mod:`cosearch.study`, without the points that were never evaluated.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from accel_models.template import Template
from cosearch.strategies.template_space import KNOBS, TemplateSpace
from nets.errors import InfeasibleError, unknown

if TYPE_CHECKING:
    import optuna

STARTUP: Final = 36
"""Designs drawn evenly before a sampler learns from any."""

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


class AcceleratorStrategy:
    """Proposes accelerators inside a budget and learns from their merits.

    Args:
        space: the designs.
        sampler: a key of :data:`SAMPLERS`.
        seed: of every draw.
        population: accelerators of a generation.
    """

    def __init__(self, space: TemplateSpace, sampler: str, seed: int, population: int) -> None:
        import optuna

        if sampler not in SAMPLERS:
            raise unknown("sampler", sampler, SAMPLERS)
        self.space, self.seed, self.population = space, seed, population
        self.redrawn = 0
        self._sampler = sampler
        with quiet_optuna():
            self._study = optuna.create_study(sampler=SAMPLERS[sampler](self, []))
        self._box: dict[str, optuna.distributions.BaseDistribution] = {
            name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in KNOBS
        }
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
                trial = self._study.ask(self._box)
                template = self.space.decode(trial.params)
                if template is not None:
                    proposals.append(Proposal(trial.number, dict(trial.params), template))
                    misses = 0
                    continue
                self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
                self.redrawn += 1
                misses += 1
                if misses >= MOST_DRAWS:
                    raise InfeasibleError(f"none of {MOST_DRAWS} designs drawn in a row meets {self.space.budget}")
        return proposals

    def tell(self, proposals: Sequence[Proposal], merits: Sequence[float]) -> None:
        """Report the merit (finite, smaller is better) of every proposal of a generation."""
        with quiet_optuna():
            for proposal, merit in zip(proposals, merits):
                self._study.tell(proposal.number, merit)
            before, self._told = self._told, self._told + len(proposals)
            if before < STARTUP <= self._told:
                self._study.sampler = SAMPLERS[self._sampler](self, self._study.get_trials(deepcopy=False))


def _cmaes(strategy: AcceleratorStrategy, first: Sequence[optuna.trial.FrozenTrial]) -> optuna.samplers.BaseSampler:
    """CMA-ES whose first generation is uniform and whose distribution then starts around the best of it.

    The start is that of warm-started CMA-ES (Nomura et al., AAAI 2021), the first generation being its source task.
    """
    import optuna

    if not first:
        return optuna.samplers.RandomSampler(seed=strategy.seed)
    return optuna.samplers.CmaEsSampler(
        seed=strategy.seed,
        popsize=strategy.population,
        n_startup_trials=0,
        source_trials=[trial for trial in first if trial.state == optuna.trial.TrialState.COMPLETE],
        warn_independent_sampling=False,
    )


def _random(strategy: AcceleratorStrategy, first: Sequence[optuna.trial.FrozenTrial]) -> optuna.samplers.BaseSampler:
    import optuna

    return optuna.samplers.RandomSampler(seed=strategy.seed + len(first))


Sampler = Callable[
    [AcceleratorStrategy, "Sequence[optuna.trial.FrozenTrial]"],
    "optuna.samplers.BaseSampler",
]

SAMPLERS: Final[dict[str, Sampler]] = {"cmaes": _cmaes, "random": _random}
"""Each makes the sampler, given the finished trials of the first generation (none before it)."""


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
