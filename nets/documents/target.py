"""Files that a command writes when its work is done: looked at before it, written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from nets.errors import InputError

PART: Final = ".part"
"""Ends the name of a file that is not whole yet."""


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """A block that writes a file: what the system says of it, as of a full disk, or of its part, gets that name."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise


def require_writable(place: str, path: str | Path) -> Path:
    """The path of a file that can be written, as far as can be seen before: nobody works to be told at the end.

    Args:
        place: what names the file, for errors.

    Raises:
        InputError: it is a folder, lies in none, or may not be written.
    """
    path = Path(path)
    with _said_of(place, path):
        special = _is_special(path)
        if path.is_dir():
            raise InputError(place, str(path), "is a folder", "name a file")
        if not path.absolute().parent.is_dir():
            raise InputError(place, str(path), "is in a folder that does not exist")
        _require_access(place, path, path if special else path.absolute().parent)
    return path


def require_folder(place: str, path: str | Path) -> Path:
    """The same of a folder, which need not be there yet; nothing is made.

    Raises:
        InputError: it is a file or lies below one, or may not be written into.
    """
    path = Path(path)
    with _said_of(place, path):
        there = next(each for each in (path.absolute(), *path.absolute().parents) if _mode(each))
        if not there.is_dir():
            raise InputError(place, str(path), "is a file or lies below one", "name a folder")
        _require_access(place, path, there)
    return path


def write_whole(path: str | Path, text: str) -> None:
    """Write a file so that it is never seen half written."""
    write_whole_bytes(path, text.encode("utf-8"))


def write_whole_bytes(path: str | Path, data: bytes) -> None:
    """Write a file so that it is never seen half written; what could not be written whole is removed.

    Into what is no file, as a terminal or a pipe, the bytes go as they are.
    """
    path = Path(path)
    with naming(path):
        if _is_special(path):
            path.write_bytes(data)
            return
        part = path.with_name(path.name + PART)
        try:
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise


def _is_special(path: Path) -> bool:
    mode = _mode(path)
    return bool(mode) and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _mode(path: Path) -> int:
    """Of what is there; 0 where nothing is."""
    try:
        return os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _require_access(place: str, path: Path, needed: Path) -> None:
    mode = os.W_OK | (os.X_OK if needed.is_dir() else 0)
    if not os.access(needed, mode):
        raise InputError(place, str(path), "cannot be written: Permission denied")


@contextmanager
def _said_of(place: str, path: Path) -> Iterator[None]:
    """What the system says of a path is an error of the one who names it."""
    try:
        yield
    except InputError:
        raise
    except OSError as error:
        raise InputError(place, str(path), f"cannot be written: {error.strerror}") from None
    except ValueError:  # a NUL, or half a character
        raise InputError(place, str(path), "is no name of a file") from None
