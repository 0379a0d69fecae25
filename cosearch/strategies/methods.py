"""The search strategies by name."""

from __future__ import annotations

import importlib
import inspect
from typing import Any, Final

from cosearch.nas.problem import Problem
from cosearch.strategies.strategy import Strategy
from nets.errors import InputError, unknown

_MODULES: Final = {
    "grid": "grid.Grid",
    "random": "random.RandomSearch",
    "evolution": "evolution.Evolution",
    "aging": "aging.AgingEvolution",
    "reinforce": "reinforce.Reinforce",
    "lstm": "lstm.LstmController",
    "gradient": "gradient.Gradient",
    "cmaes": "cmaes.CmaEs",
    "tpe": "optuna_samplers.Tpe",
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
    for setting in settings or {}:
        if setting not in known:
            raise unknown(f"method {name}: setting", setting, known)
    return made(problem, evaluations=evaluations, seed=seed, **(settings or {}))
