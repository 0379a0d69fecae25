"""Ways through plain data."""

from __future__ import annotations

from collections.abc import Sequence

Steps = Sequence[str | int]
"""The way to a part: keys of mappings, numbers of entries of lists."""


def place_of(place: str, steps: Steps) -> str:
    """A part of a document in words, without its line: ``eyeriss.yaml: levels[2]: memory``."""
    for step in steps:
        place += f"[{step}]" if isinstance(step, int) else f": {step}"
    return place
