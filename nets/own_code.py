"""What somebody's own package holds, by its name: ``package.module:attribute``.

Finding it runs the code of the package. So only a person's word finds anything: names that stand in files do not.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from nets.errors import InputError, nearest

_NAME: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def names_own_code(name: str) -> bool:
    """Whether a name is ``package.module:attribute``."""
    return _NAME.fullmatch(name) is not None


def own_space_name(space: str) -> str | None:
    """The space of somebody's own that is named, alone or with a supernet of it (``SPACE=FILE.pt``); else ``None``."""
    name, _, _ = space.partition("=")
    return name if names_own_code(name) else None


def own_code(kind: str, name: str) -> Any:
    """What a name stands for.

    Args:
        kind: of thing that it should be, for errors.
        name: ``package.module:attribute``; packages of the current directory are found too.

    Raises:
        InputError: no such package or module, or one that fails; nothing of that name in it.
    """
    package, _, attribute = name.partition(":")
    with current_folder():
        try:
            module = importlib.import_module(package)
        except Exception as error:
            rule = f"cannot be imported: {type(error).__name__}: {error}"
            raise InputError(kind, name, rule, "packages of the current directory are found") from error
    try:
        return getattr(module, attribute)
    except AttributeError:
        raise InputError(kind, name, f"names nothing in {package}", nearest(attribute, _public(module))) from None


def called(kind: str, name: str, make: Callable[[], Any]) -> Any:
    """What somebody's function makes.

    Raises:
        InputError: it fails.
    """
    with current_folder():
        try:
            return make()
        except Exception as error:
            raise InputError(kind, name, f"fails: {type(error).__name__}: {error}") from error


@contextmanager
def current_folder() -> Iterator[None]:
    """The current directory among those that packages are looked for in."""
    folder = os.getcwd()
    if folder in sys.path or "" in sys.path:
        yield
        return
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def _public(module: Any) -> list[str]:
    return [name for name in vars(module) if not name.startswith("_")]
