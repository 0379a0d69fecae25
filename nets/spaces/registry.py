"""The registry of search spaces, and the door to those of somebody's own package."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable

from nets.errors import InputError, unknown
from nets.own_code import names_own_code
from nets.spaces.own import own_space
from nets.spaces.space import Space

_SPACES: dict[str, Callable[[], Space]] = {}
_loaded: dict[str, Space] = {}


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


def load_space(id: str) -> Space:
    """The space of that id; the same object every time.

    Args:
        id: of a space that is registered, or ``package.module:attribute``, which runs the code of that package.

    Raises:
        InputError: no such space; names the nearest. See :func:`nets.spaces.own.own_space` too.
    """
    if id not in _loaded:
        if not names_own_code(id) and id not in _SPACES:
            raise unknown("space", id, _SPACES)
        _loaded[id] = own_space(id) if names_own_code(id) else _SPACES[id]()
    return _loaded[id]


def space_in_file(id: str) -> Space:
    """The space that a file names: no file has code imported that this process has not been asked for by name.

    Raises:
        InputError: no such space, or one of somebody's own package that was not loaded before.
    """
    if names_own_code(id) and id not in _loaded:
        rule = "is code of somebody's own, which no file can have imported"
        raise InputError("space", id, rule, f"say it too: --space {id}, or --space {id}=FILE.pt to search a supernet")
    return load_space(id)
