"""Text files that a user names."""

from __future__ import annotations

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
