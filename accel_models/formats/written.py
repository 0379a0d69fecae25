"""What a machine, a layer or a mapping comes to in another tool's form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """Files in another tool's form.

    Attributes:
        files: their texts by name.
        lost: what the form has no place for, one sentence each.
    """

    files: Mapping[str, str]
    lost: tuple[str, ...] = ()
