"""Versions of everything that a result depends on."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping
from functools import cache
from typing import Final

from cosearch.problem.options import CoSearchOptions
from nets.own_code import names_own_code
from nets.spaces import load_space
from nets.spaces.own import space_digest

_DISTRIBUTIONS: Final = ("cosearch", "cmaes", "numba", "numpy", "optuna", "scipy")


def versions_of(options: CoSearchOptions) -> dict[str, str]:
    """:func:`versions`, and what tells the searched space from what it was before its code was changed, if it is
    somebody's own."""
    own = not options.networks and names_own_code(options.space)
    return {**versions(), **({options.space: space_digest(load_space(options.space))} if own else {})}


@cache
def versions() -> Mapping[str, str]:
    """Version by name, as this process found them."""
    found = {"python": platform.python_version()}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
