"""Values as plain data that documents hold: what differs from the defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any


def plain(value: Any) -> Any:
    """Numbers, texts, lists and dicts; of a dataclass the fields that are not as they are where they are left out."""
    if value is None or isinstance(value, str | int | float):
        return value
    if dataclasses.is_dataclass(value):
        kind: Any = type(value)
        given = ((name, getattr(value, name), default) for name, default in _fields(kind))
        return {name: plain(item) for name, item, default in given if default is dataclasses.MISSING or item != default}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


@cache
def _fields(of: Any) -> tuple[tuple[str, Any], ...]:
    """Names of a dataclass's fields, each with what stands there where it is left out, or ``MISSING``."""
    return tuple(
        (each.name, each.default if each.default_factory is dataclasses.MISSING else each.default_factory())
        for each in dataclasses.fields(of)
    )
