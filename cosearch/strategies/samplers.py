"""Optuna's samplers, as the outer loop uses them: how each is made, and when another takes over.

All of them understand several objectives and limits; a limit known only after mapping, such as latency, is a constraint
of the trial. CMA-ES does not, and hears one number that ranks designs, feasible ones first.
"""

from __future__ import annotations

import importlib.util
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cosearch.strategies.warm_cmaes import STARTUP
from nets.errors import CosearchError, InputError, unknown

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True, slots=True)
class Sampler:
    """One way to propose designs.

    Attributes:
        make: makes it, given the seed and the designs of a generation.
        then: makes the sampler that takes over after :data:`STARTUP` designs, given those too.
        patience: draws outside the budget after which the next one is even: some propose the same point for ever.
    """

    make: Callable[[int, int], optuna.samplers.BaseSampler]
    then: Callable[[int, int, Sequence[optuna.trial.FrozenTrial]], optuna.samplers.BaseSampler] | None = None
    patience: int | None = None


def even(seed: int, population: int) -> optuna.samplers.BaseSampler:
    """Draws every point with the same probability."""
    import optuna

    return optuna.samplers.RandomSampler(seed=seed)


def _even_again(seed: int, population: int, first: Sequence[optuna.trial.FrozenTrial]) -> optuna.samplers.BaseSampler:
    return even(seed + len(first), population)


def _tpe(seed: int, population: int) -> optuna.samplers.BaseSampler:
    import optuna

    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP)


def _nsga2(seed: int, population: int) -> optuna.samplers.BaseSampler:
    import optuna

    return optuna.samplers.NSGAIISampler(seed=seed, population_size=population)


def _nsga3(seed: int, population: int) -> optuna.samplers.BaseSampler:
    import optuna

    return optuna.samplers.NSGAIIISampler(seed=seed, population_size=population)


def _gp(seed: int, population: int) -> optuna.samplers.BaseSampler:
    import optuna

    if importlib.util.find_spec("torch") is None:
        raise CosearchError("the sampler gp needs PyTorch: pip install 'cosearch[torch]'")
    return optuna.samplers.GPSampler(
        seed=seed, n_startup_trials=STARTUP, deterministic_objective=True, warn_independent_sampling=False
    )


def _qmc(seed: int, population: int) -> optuna.samplers.BaseSampler:
    import optuna

    return optuna.samplers.QMCSampler(seed=seed, scramble=True, warn_independent_sampling=False)


OPTUNA: Final = {
    "tpe": Sampler(_tpe, patience=100),
    "nsga2": Sampler(_nsga2, patience=100),
    "nsga3": Sampler(_nsga3, patience=100),
    "gp": Sampler(_gp, patience=2),
    "random": Sampler(even, then=_even_again),
    "qmc": Sampler(_qmc),
}
"""Optuna's samplers by name."""

RACE: Final = "race"
CMAES: Final = "cmaes"
POINT_SAMPLERS: Final = (CMAES, *OPTUNA)
SAMPLERS: Final = (RACE, *POINT_SAMPLERS)
"""Names of all samplers; CMA-ES is :mod:`cosearch.strategies.warm_cmaes`, and a race follows from bounds, too."""


def needs_later(name: str) -> str:
    """A library that takes long to load and only learning needs; empty for none."""
    return "mappings.mappers.cma" if name == CMAES else ""


def check_sampler(name: str, objectives: int) -> None:
    """Check that there is a sampler of that name, for that many objectives.

    Raises:
        InputError: no such sampler, with the nearest; or one that takes a single objective, with those that take more.
    """
    if name not in SAMPLERS:
        raise unknown("sampler", name, SAMPLERS)
    if objectives > 1 and name == CMAES:
        several = ", ".join(known for known in SAMPLERS if known != CMAES)
        raise InputError("sampler", name, "makes one objective small and not several", f"these do: {several}")


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
