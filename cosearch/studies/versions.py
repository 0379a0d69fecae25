"""Versions of everything that a result depends on."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping
from functools import cache
from typing import Final

_DISTRIBUTIONS: Final = ("cosearch", "cmaes", "numba", "numpy", "optuna", "scipy")


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
