"""Archives of arrays and tensors: how large they are, packed and unpacked, before they are read."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from nets.documents.source import Content, File, opened
from nets.errors import InputError

MOST_BYTES: Final = 1 << 30
"""Of an archive, packed or not: ten times the largest supernet that was published."""


@contextmanager
def opened_archive(of: str, path: File, most: int = MOST_BYTES) -> Iterator[Content]:
    """A file to read piece by piece, so that nothing is held twice, that is not too large.

    What comes through a pipe or from a device, where nothing can be read twice, is held.

    Args:
        of: what it is to be, for errors.
        most: bytes that it may have, packed or not.

    Raises:
        InputError: it cannot be read, is no file, or is larger.
    """
    with opened(of, path) as file:
        content = file if _is_plain(file) else io.BytesIO(file.read(most + 1))
        if size_of(content) > most:
            raise InputError(of, str(path), f"is larger than {most >> 20} MiB, which no such file needs")
        check_unpacked(content, f"{of} {path}", most)
        yield content


def size_of(file: Content) -> int:
    """Its bytes; leaves it at its beginning."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def _is_plain(file: Content) -> bool:
    """Whether it has an end, and can be read from any place."""
    return isinstance(file, io.BytesIO) or stat.S_ISREG(os.fstat(file.fileno()).st_mode)


def check_unpacked(file: Content, place: str, most: int) -> None:
    """Refuse an archive that is larger unpacked than any such file; what is no archive is left to whoever reads it.

    Raises:
        InputError: it is.
    """
    unpacked = sum(entry.file_size for entry in _entries(file))
    if unpacked > most:
        raise InputError(place, unpacked, f"bytes unpacked are more than {most >> 20} MiB, which no such file needs")


def is_archive(file: Content) -> bool:
    """Whether a file is one that can be looked into."""
    return bool(_entries(file))


def _entries(file: Content) -> list[zipfile.ZipInfo]:
    """What an archive says that it holds; nothing where it is none."""
    try:
        if not zipfile.is_zipfile(file):  # of a damaged one it raises, too
            return []
        with zipfile.ZipFile(file) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return []
    finally:
        file.seek(0)
