"""TOML as plain data, for the files of options."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from nets.documents.document import Document
from nets.documents.source import read_text
from nets.errors import NO_VALUE, InputError

MOST_TOML_BYTES: Final = 1 << 20
_KEY: Final = re.compile(r"^[ \t]*([A-Za-z0-9_-]+)[ \t]*=", re.MULTILINE)


def read_toml(path: Path, of: str) -> Document:
    """Read a file of TOML.

    Args:
        of: what it is to be, for errors before it is read.

    Raises:
        InputError: see :func:`nets.documents.source.read_text` and :func:`parse_toml`.
    """
    text = read_text(of, path, may_be_empty=True)
    data = parse_toml(text, path.name)
    lines: dict[tuple[str | int, ...], int] = {
        (match[1],): text.count("\n", 0, match.start(1)) + 1 for match in _KEY.finditer(text)
    }
    return Document(data, path.name, lines=lines)


def parse_toml(text: str, place: str) -> dict[str, Any]:
    """The plain data that a text of TOML holds; dates are of Python's kinds.

    Raises:
        InputError: it is not sound TOML (says the line), or larger or deeper than any such text needs.
    """
    if len(text) > MOST_TOML_BYTES:
        raise InputError(place, f"{len(text)} letters", f"are more TOML than is read: {MOST_TOML_BYTES}")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(place, NO_VALUE, f"is not sound TOML: {error}") from None
    except RecursionError:
        raise InputError(place, NO_VALUE, "is not sound TOML: it is nested too deeply") from None
    except ValueError:  # a number of more digits than Python reads
        raise InputError(place, NO_VALUE, "is not sound TOML: it holds a number of too many digits") from None
