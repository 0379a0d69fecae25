"""Checked access to the plain data that JSON and YAML files hold: every complaint names the place in the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from nets.errors import InputError, unknown
from nets.ranges import EXACT, require_figure

T = TypeVar("T")


def check_keys(data: object, place: str, allowed: Iterable[str], required: Iterable[str] = ()) -> dict[str, Any]:
    """Return ``data`` as a dict after checking that it is one, knows only ``allowed`` keys and has the ``required``.

    Raises:
        InputError: not a mapping, a key that is not allowed (with the nearest that is), or one that is missing.
    """
    if not isinstance(data, Mapping):
        raise InputError(place, data, "must be a mapping of keys to values")
    allowed, required = list(allowed), list(required)
    for key in data:
        if key not in allowed and key not in required:
            raise unknown(f"{place}: key", str(key), [*allowed, *required])
    for key in required:
        if key not in data:
            raise InputError(place, sorted(map(str, data)), f"lacks {key!r}")
    return dict(data)


def as_list(data: object, place: str) -> list[Any]:
    """Return ``data`` as a list.

    Raises:
        InputError: it is not one.
    """
    if not isinstance(data, list | tuple):
        raise InputError(place, data, "must be a list")
    return list(data)


def as_whole(data: object, place: str, least: int = 0) -> int:
    """Return ``data`` as a whole number of at least ``least``.

    Raises:
        InputError: it is no whole number, or too small.
    """
    if isinstance(data, float) and data.is_integer():
        data = int(data)
    if isinstance(data, bool) or not isinstance(data, int) or data < least:
        raise InputError(place, data, f"must be a whole number of at least {least}")
    if data > EXACT:
        raise InputError(place, data, f"must be at most {EXACT}")
    return data


def as_number(data: object, place: str) -> float:
    """Return ``data`` as a number.

    Raises:
        InputError: it is none.
    """
    if isinstance(data, bool) or not isinstance(data, int | float) or data != data:
        raise InputError(place, data, "must be a number")
    return float(data)


def as_energy(data: object, place: str) -> float:
    """Return ``data`` as an energy: finite and not negative.

    Raises:
        InputError: it is none.
    """
    energy = as_number(data, place)
    require_figure(place, energy, zero=True)
    return energy


def as_mapping(data: object, place: str) -> dict[str, Any]:
    """Return ``data`` as a dict of any keys.

    Raises:
        InputError: it is none.
    """
    return check_keys(data, place, data if isinstance(data, Mapping) else ())


def as_words(data: object, place: str) -> str:
    """Return ``data`` as text; a number counts as its digits.

    Raises:
        InputError: it is neither.
    """
    if isinstance(data, bool) or not isinstance(data, str | int):
        raise InputError(place, data, "must be text")
    return str(data)
