"""TOML as plain data, for the files of options."""

from __future__ import annotations

import tomllib
from typing import Any, Final

from nets.errors import InputError

MOST_TOML_BYTES: Final = 1 << 20


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
        raise InputError(place, "TOML", f"is not sound TOML: {error}") from None
    except RecursionError:
        raise InputError(place, "TOML", "is not sound TOML: it is nested too deeply") from None
    except ValueError:  # a number of more digits than Python reads
        raise InputError(place, "TOML", "is not sound TOML: it holds a number of too many digits") from None
