"""The registry of search spaces."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from nets.errors import InputError, unknown

if TYPE_CHECKING:
    from nets.spaces.space import Space

_SPACES: dict[str, Callable[[], Space]] = {}


def register_space(id: str) -> Callable[[Callable[[], Space]], Callable[[], Space]]:
    """Decorator that enters a function which makes a space under the space's id."""
    if id in _SPACES:
        raise InputError("register_space: id", id, "is taken")

    def enter(make: Callable[[], Space]) -> Callable[[], Space]:
        _SPACES[id] = make
        return make

    return enter


def list_spaces(pattern: str = "*") -> list[str]:
    """Ids of the spaces that match a glob such as ``"ofa-mbv3*"``, sorted."""
    return sorted(fnmatch.filter(_SPACES, pattern))


@cache
def load_space(id: str) -> Space:
    """The space of that id; the same object every time.

    Raises:
        InputError: no such space; names the nearest.
    """
    if id not in _SPACES:
        raise unknown("space", id, _SPACES)
    return _SPACES[id]()
