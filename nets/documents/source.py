"""Bytes and text of a file that a user names."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from nets.documents.held import HeldFile
from nets.documents.limits import MOST_BYTES, MOST_LINE_BYTES
from nets.errors import InputError

_HOW: Final = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
"""By what the system has: no waiting for whoever would write into a pipe, for this process alone, bytes as they are."""

WHAT_FILES_SAY: Final = "docs/formats.md shows what such files say"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
"""How texts in UTF-16 begin."""

File = str | Path | HeldFile
"""What names a file, or holds it."""
Content = io.BufferedReader | io.BytesIO
"""Bytes of a file, to be read."""


def read_text(place: str, path: File, *, most: int = MOST_BYTES, may_be_empty: bool = False) -> str:
    """What a file of UTF-8 says; a byte order mark at its beginning is left out.

    Args:
        place: what the file was to be, for errors.
        most: bytes that it may have.
        may_be_empty: whether it may say nothing.

    Raises:
        InputError: it cannot be read, is no file, is empty, too large or not text.
    """
    text = _text(place, path, read_bytes(place, path, most=most))
    if not may_be_empty and not text.strip():
        raise InputError(place, str(path), "is empty", WHAT_FILES_SAY)
    return text


def read_first_line(place: str, path: str | Path) -> str:
    """The first line of a text of any size, without its end; no more than :data:`MOST_LINE_BYTES` of it are read.

    Raises:
        InputError: it cannot be read, is no file, is not text there, or its first line is longer.
    """
    line = _content(place, path, MOST_LINE_BYTES).partition(b"\n")[0]
    if len(line) > MOST_LINE_BYTES:
        raise InputError(place, str(path), f"has a first line of more than {MOST_LINE_BYTES} bytes")
    return _text(place, path, line)


def read_bytes(place: str, path: File, *, most: int = MOST_BYTES) -> bytes:
    """The content of a file.

    Raises:
        InputError: it cannot be read, is no file, or is larger than ``most`` bytes.
    """
    content = path.content if isinstance(path, HeldFile) else _content(place, path, most)
    if len(content) > most:
        raise InputError(place, str(path), f"is larger than {most >> 20} MiB, which no such file needs")
    return content


def hold(place: str, path: File) -> HeldFile:
    """Read a file to hold it; one that is held already stays as it is.

    Raises:
        InputError: see :func:`read_bytes`.
    """
    return path if isinstance(path, HeldFile) else HeldFile(Path(path).name, read_bytes(place, path))


def _text(place: str, path: File, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = "it begins as UTF-16 does: save it as UTF-8" if content.startswith(_UTF16) else "save it as UTF-8"
        raise InputError(place, str(path), f"is not text: byte {error.start} is not UTF-8", hint) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(place, str(path), f"is not text: line {line} holds a NUL")
    return text


def _content(place: str, path: str | Path, most: int) -> bytes:
    """The first bytes of a file, one more than it may have where it has them."""
    with opened(place, path) as file:
        return file.read(most + 1)


def is_file(place: str, path: str | Path) -> bool:
    """Whether a file is there.

    Raises:
        InputError: nobody may see whether it is, or what is given is no name of a file.
    """
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise InputError(place, str(path), f"cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise InputError(place, str(path), "is no name of a file") from None


def files_in(place: str, folder: str | Path, *ends: str) -> list[Path]:
    """What stands in a folder under names that end so, by name.

    Raises:
        InputError: the folder cannot be read.
    """
    try:
        names = os.listdir(folder)
    except OSError as error:
        raise InputError(place, str(folder), f"cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise InputError(place, str(folder), "is no name of a folder") from None
    return sorted(Path(folder) / name for name in names if name.endswith(ends))


@contextmanager
def opened(place: str, path: File) -> Iterator[Content]:
    """A file to read, of which nothing is read yet.

    Raises:
        InputError: it cannot be read, or is no file.
    """
    if isinstance(path, HeldFile):
        yield io.BytesIO(path.content)
        return
    try:
        with open(os.open(path, os.O_RDONLY | _HOW), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_ISDIR(mode):
                raise InputError(place, str(path), "cannot be read: Is a directory")
            if stat.S_ISFIFO(mode):
                os.set_blocking(file.fileno(), True)
            yield file
    except OSError as error:
        raise InputError(place, str(path), f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(place, str(path), "is no name of a file") from None  # a NUL, or half a character
