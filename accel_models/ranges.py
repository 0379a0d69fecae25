"""Figures that mean something: finite, and far enough from the ends of floating point that their products stay so."""

from __future__ import annotations

import math
from typing import Final

from nets.errors import InputError

LEAST: Final = 1e-30
MOST: Final = 1e30
MOST_WHOLE: Final = 1 << 48
"""Of a number of bits, bytes or instances."""


def check_positive(place: str, value: float, *, endless: bool = False) -> None:
    """Refuse what is no positive figure.

    Args:
        endless: whether it may be infinite, which stands for no limit.

    Raises:
        InputError: it is not.
    """
    if not value > 0 or (value == math.inf and not endless):
        raise InputError(place, value, "must be greater than zero")
    if value != math.inf:
        _check_range(place, value)


def check_not_negative(place: str, value: float) -> None:
    """Refuse what is neither zero nor a positive figure.

    Raises:
        InputError: it is not.
    """
    if not 0 <= value < math.inf:
        raise InputError(place, value, "must be a finite number of at least zero")
    if value:
        _check_range(place, value)


def check_whole(place: str, value: object, least: int = 1) -> None:
    """Refuse what is no whole number of at least ``least``.

    Raises:
        InputError: it is not, or larger than anything that is built.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(place, value, f"must be a whole number of at least {least}")
    if value > MOST_WHOLE:
        raise InputError(place, value, f"must be at most {MOST_WHOLE}")


def _check_range(place: str, value: float) -> None:
    if not LEAST <= value <= MOST:
        raise InputError(place, value, f"must lie between {LEAST:g} and {MOST:g}")
