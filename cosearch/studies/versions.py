"""Versions of everything that a result depends on."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping
from functools import cache
from typing import Final

from cosearch.problem.options import CoSearchOptions
from nets.accuracy.sources import is_supernet, supernet_file
from nets.documents.archive import opened_archive
from nets.own_code import names_own_code, own_space_name
from nets.spaces import load_space
from nets.spaces.own import space_digest

_DISTRIBUTIONS: Final = ("cosearch", "cmaes", "numba", "numpy", "optuna", "scipy")


def versions_of(options: CoSearchOptions) -> dict[str, str]:
    """:func:`versions`, and what tells the searched space from what it was before its code, if it is somebody's own,
    or its supernet was changed."""
    found = dict(versions())
    if options.networks:
        return found
    if (own := own_space_name(options.space)) is not None:
        found[own] = space_digest(load_space(own))
    if is_supernet(options.space) and options.data is not None:  # else it is refused before anything is measured
        with opened_archive("supernet file", supernet_file(options.space)) as file:
            found[options.space] = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    return found


def is_of_space(name: str) -> bool:
    """Whether a version is of what was searched, and not of what searched it."""
    return names_own_code(name) or is_supernet(name)


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
