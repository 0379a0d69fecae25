"""A reader of files or texts, as it is fuzzed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

Figures = Iterable[float]


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader.

    Attributes:
        seeds: sound texts.
        form: of them: ``yaml``, ``json``, ``jsonl`` (of which each line is one), ``text``, ``bytes``, one a letter, or
            ``data``, of which a file is made.
        read: reads a text as a file in a folder; gives figures.
        weight: how often it is tried.
    """

    seeds: Callable[[], list[str]]
    form: str
    read: Callable[[str, Path], Figures]
    weight: int = 4


def as_file(text: str, folder: Path, name: str) -> Path:
    """A text as a file of a user; what is no text either way round is kept."""
    path = folder / name
    path.write_bytes(content_of(text))
    return path


def content_of(text: str) -> bytes:
    """The bytes of a text; a half character of Python's own for a byte is that byte, others are kept as they are."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def bad_figures(figures: Figures) -> list[float]:
    """Those that are not finite, or negative."""
    return [figure for figure in figures if not math.isfinite(figure) or figure < 0]
