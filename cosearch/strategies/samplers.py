"""Optuna's samplers, as the outer loop uses them.

Those that understand several objectives and limits hear of them (a limit known only after mapping, such as latency, is
a constraint of the trial); the others hear one number that ranks designs, feasible ones first.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nets.errors import CosearchError, InputError, unknown

if TYPE_CHECKING:
    import optuna

STARTUP: Final = 36
"""Designs drawn evenly before a sampler learns from any."""


@dataclass(frozen=True, slots=True)
class Sampler:
    """One way to propose designs.

    Attributes:
        make: makes it, given the seed and the designs of a generation.
        ranks: hears ranks only: one objective, limits folded into it.
        then: makes the sampler that takes over after :data:`STARTUP` designs, given those too.
        patience: draws outside the budget after which the next one is even: some propose the same point for ever.
    """

    make: Callable[[int, int], optuna.samplers.BaseSampler]
    ranks: bool = False
    then: Callable[[int, int, Sequence[optuna.trial.FrozenTrial]], optuna.samplers.BaseSampler] | None = None
    patience: int | None = None


def even(seed: int, population: int) -> optuna.samplers.BaseSampler:
    """Draws every point with the same probability."""
    import optuna

    return optuna.samplers.RandomSampler(seed=seed)


def _even_again(seed: int, population: int, first: Sequence[optuna.trial.FrozenTrial]) -> optuna.samplers.BaseSampler:
    return even(seed + len(first), population)


def _cmaes(seed: int, population: int, first: Sequence[optuna.trial.FrozenTrial]) -> optuna.samplers.BaseSampler:
    """CMA-ES whose distribution starts around the best of the first designs, which were drawn evenly.

    The start is that of warm-started CMA-ES (Nomura et al., AAAI 2021), the first designs being its source task.
    """
    import optuna

    return optuna.samplers.CmaEsSampler(
        seed=seed,
        popsize=population,
        n_startup_trials=0,
        source_trials=[trial for trial in first if trial.state == optuna.trial.TrialState.COMPLETE],
        warn_independent_sampling=False,
    )


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


SAMPLERS: Final = {
    "cmaes": Sampler(even, ranks=True, then=_cmaes),
    "tpe": Sampler(_tpe, patience=100),
    "nsga2": Sampler(_nsga2, patience=100),
    "nsga3": Sampler(_nsga3, patience=100),
    "gp": Sampler(_gp, patience=2),
    "random": Sampler(even, then=_even_again),
    "qmc": Sampler(_qmc),
}
"""Samplers by name."""


def load_sampler(name: str, objectives: int) -> Sampler:
    """The sampler of that name, for that many objectives.

    Raises:
        InputError: no such sampler, with the nearest; or one that takes a single objective, with those that take more.
    """
    if name not in SAMPLERS:
        raise unknown("sampler", name, SAMPLERS)
    if objectives > 1 and SAMPLERS[name].ranks:
        able = ", ".join(other for other, sampler in SAMPLERS.items() if not sampler.ranks)
        raise InputError("sampler", name, "makes one objective small and not several", f"these do: {able}")
    return SAMPLERS[name]
