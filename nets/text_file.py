"""Text files that a user names, and errors that name files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nets.errors import InputError


def read_text(place: str, path: Path) -> str:
    """What the file says.

    Raises:
        InputError: it cannot be read or is not text; ``place`` says what it was to be.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(place, str(path), f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(place, str(path), "is not text") from None


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """A block that writes a file: what the system says of it without a name, as of a full disk, gets that name."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
