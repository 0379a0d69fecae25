"""The search strategies by name."""

from __future__ import annotations

import importlib
import inspect
import math
from typing import Any, Final

from cosearch.problem.architectures import Problem
from cosearch.strategies.strategy import Strategy
from nets.errors import InputError, unknown

_MODULES: Final = {
    "exact": "exact.Exact",
    "grid": "grid.Grid",
    "random": "random.RandomSearch",
    "random-architectures": "random.RandomArchitectures",
    "evolution": "evolution.Evolution",
    "aging": "aging.AgingEvolution",
    "reinforce": "reinforce.Reinforce",
    "lstm": "lstm.LstmController",
    "gradient": "gradient.Gradient",
    "cmaes": "cmaes.CmaEs",
    "tpe": "tpe.Tpe",
    "nsga2": "optuna_samplers.Nsga2",
    "nsga3": "optuna_samplers.Nsga3",
    "gp": "optuna_samplers.Gp",
}
"""Where the class of each strategy is, imported when it is asked for."""

METHODS: Final = tuple(_MODULES)
"""Names of all strategies."""


def method(name: str) -> type[Strategy]:
    """The class of that name.

    Raises:
        InputError: no such strategy; names the nearest.
    """
    if name not in _MODULES:
        raise unknown("method", name, METHODS)
    module, _, cls = _MODULES[name].partition(".")
    found: type[Strategy] = getattr(importlib.import_module(f"cosearch.strategies.{module}"), cls)
    return found


def settings_of(name: str) -> dict[str, Any]:
    """The settings that a strategy takes, with their usual values."""
    parameters = inspect.signature(method(name).__init__).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


def make_strategy(
    name: str, problem: Problem, *, evaluations: int, seed: int = 0, settings: dict[str, Any] | None = None
) -> Strategy:
    """A strategy for a problem.

    Args:
        name: one of :data:`METHODS`.
        problem: what is searched.
        evaluations: that will be spent in all.
        seed: of every draw.
        settings: see :func:`settings_of`.

    Raises:
        InputError: an unknown name or setting, or a strategy that does not serve so many objectives; names those that
            do.
    """
    made = method(name)
    if problem.goal.objectives > 1 and not made.several:
        able = ", ".join(other for other in METHODS if method(other).several)
        raise InputError("method", name, f"cannot serve {problem.goal.objectives} objectives", f"these do: {able}")
    known = settings_of(name)
    for setting, value in (settings or {}).items():
        if setting not in known:
            raise unknown(f"method {name}: setting", setting, known)
        _check(f"method {name}: {setting}", value, known[setting])
    return made(problem, evaluations=evaluations, seed=seed, **(settings or {}))


def _check(place: str, value: Any, usual: Any) -> None:
    """Refuse a value of another kind than the usual one, and numbers that no setting can have.

    Raises:
        InputError: says the kind; counts are at least 1 unless usually 0, other numbers at least 0.
    """
    truth = isinstance(value, bool)
    if isinstance(usual, bool):
        fits, kind = truth, "true or false"
    elif isinstance(usual, int):
        least = min(usual, 1)
        fits, kind = isinstance(value, int) and not truth and value >= least, f"a whole number of at least {least}"
    elif isinstance(usual, float):
        number = isinstance(value, int | float) and not truth
        fits, kind = number and 0 <= value < math.inf, "a finite number of at least 0"
    else:
        fits, kind = isinstance(value, str), "a word"
    if not fits:
        raise InputError(place, value, f"must be {kind}", f"it is usually {usual}")
