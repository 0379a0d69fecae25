"""The sources that compiled code depends on: its own file, and all that this one imports, directly or not.

What a text imports is found by parsing it, which takes milliseconds, and every process asks for some sixty texts. So it
is remembered on disk by the hash of the text itself: one that has changed, whenever and however, is parsed anew.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

Import = tuple[int, str, tuple[str, ...]]
"""``from ..module import names`` with two levels up; ``import module`` without names."""

_known: Final[dict[str, tuple[Import, ...]]] = {}
"""What texts import, by their hash."""


@cache
def fingerprint(source: Path, root: Path, memory: Path | None = None) -> str:
    """A hash of a source file and of all that it imports from below ``root``: all that its compiled code can hold.

    Args:
        memory: a file that remembers what texts import, read first and kept up to date where that is possible.
    """
    remembered = _recall(memory) if memory else {}
    _known.update(remembered)
    digest = hashlib.sha256()
    used = {}
    for path in sorted(sources(source, root)):
        text = path.read_bytes()
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(text)
        used[_hash(text)] = _imports(text)
    if memory and used != remembered:
        _remember(memory, used)
    return digest.hexdigest()


def sources(source: Path, root: Path) -> set[Path]:
    """A source file, and all files below ``root`` that it imports, directly or not."""
    found: set[Path] = set()
    left = [source]
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += _imported(path, root)
    return found


@cache
def _imported(source: Path, root: Path) -> tuple[Path, ...]:
    """The files below ``root`` that the import statements of a source file name, wherever they stand in it."""
    folders, found = source.parent.relative_to(root).parts, list[Path | None]()
    for level, module, imported in _imports(source.read_bytes()):
        names: list[str] = []
        if imported:
            base = list(folders[: len(folders) - level + 1]) if level else []
            whole = ".".join([*base, *filter(None, [module])])
            for name in imported:
                inner = f"{whole}.{name}"
                names.append(inner if _file_of(inner, root) else whole)
        else:
            parts = module.split(".")
            names += [".".join(parts[: i + 1]) for i in range(len(parts))]
        found += [_file_of(name, root) for name in names]
    return tuple(filter(None, found))


@cache
def _file_of(module: str, root: Path) -> Path | None:
    path = root.joinpath(*module.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _imports(text: bytes) -> tuple[Import, ...]:
    """The import statements of a text, parsed if it was not met before."""
    key = _hash(text)
    if key not in _known:
        found: list[Import] = []
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                found += [(0, alias.name, ()) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                found.append((node.level, node.module or "", tuple(alias.name for alias in node.names)))
        _known[key] = tuple(found)
    return _known[key]


def _recall(memory: Path) -> dict[str, tuple[Import, ...]]:
    """What a memory holds; nothing, where it is not there or damaged."""
    try:
        held = json.loads(memory.read_bytes())
        return {
            key: tuple((level, module, tuple(names)) for level, module, names in found) for key, found in held.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _remember(memory: Path, known: dict[str, tuple[Import, ...]]) -> None:
    """Write a memory in one step, if it may be written at all."""
    with suppress(OSError):
        handle, part = tempfile.mkstemp(prefix=memory.name, dir=memory.parent)
        with os.fdopen(handle, "w") as file:
            json.dump(known, file)
        os.replace(part, memory)
