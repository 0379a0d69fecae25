"""A file as plain data, which knows the line of each of its parts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nets.documents.json_text import parse_json
from nets.documents.limits import MOST_BYTES, MOST_YAML_BYTES
from nets.documents.lines import line_of
from nets.documents.source import WHAT_FILES_SAY, File, read_text
from nets.documents.steps import Steps, place_of
from nets.documents.yaml_text import Tags, parse_yaml
from nets.errors import InputError


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data and where they stand.

    Attributes:
        data: lists, dicts, texts, numbers, truth values and ``None``.
        place: what errors call it.
        text: of YAML or JSON that it was read from; empty where it was read from none.
        lines: where its parts stand, where another kind of text was read.
    """

    data: Any
    place: str
    text: str = field(default="", repr=False)
    lines: Mapping[tuple[str | int, ...], int] = field(default_factory=dict, repr=False)

    def part(self, steps: Steps) -> Any:
        """The data that steps lead to."""
        data = self.data
        for step in steps:
            data = data[step if not isinstance(data, Mapping) or step in data else _as_written(data, step)]
        return data

    def where(self, steps: Steps) -> str:
        """What errors call a part: ``eyeriss.yaml: levels[2]: memory (line 14)``; the line where there is a text."""
        return place_of(self.place, steps) + self.line(steps)

    def place_of_key(self, steps: Steps, key: str) -> str:
        """What errors about a key call the mapping that it stands in, with the key's own line."""
        return place_of(self.place, steps) + self.line((*steps, key))

    @contextmanager
    def at(self, steps: Steps) -> Iterator[None]:
        """A block whose errors get the place and the line of a part, or of its key that they name."""
        try:
            yield
        except InputError as error:
            raise self.placed(error, steps) from None

    def placed(self, error: InputError, steps: Steps) -> InputError:
        """What a value refused about itself, with the value as it was written and the line of its key."""
        key, value = error.place.rsplit(": ", 1)[-1], self.part(steps)
        given, line = error.value, self.line(steps)
        if isinstance(value, Mapping) and key in value:
            line = self.line((*steps, key))
            given = value[key] if value[key] == given else given
        place = place_of(self.place, steps) + (f": {error.place}" if error.place else "")
        return InputError(place + line, given, error.rule, error.hint)

    def line(self, steps: Steps) -> str:
        """`` (line 14)`` of a part, or of what is around it; nothing for the whole, and where there is no text."""
        if self.text and steps:
            line = line_of(self.text, steps)
        else:
            around = (tuple(steps[:end]) for end in range(len(steps), 0, -1))
            line = next((self.lines[part] for part in around if part in self.lines), None)
        return "" if line is None else f" (line {line})"


def _as_written(data: Mapping[Any, Any], word: str | int) -> Any:
    """The key of a mapping that models know by its word: a number or a truth value in YAML."""
    return next(key for key in data if not isinstance(key, str) and json.dumps(key) == word)


def read_yaml(path: File, of: str, *, place: str | None = None, tags: Tags | None = None) -> Document:
    """Read a file of YAML.

    Args:
        of: what it is to be, for errors before it is read.
        place: what errors call it after that; its name where omitted.

    Raises:
        InputError: see :func:`nets.documents.source.read_text` and :func:`nets.documents.yaml_text.parse_yaml`.
    """
    place = place or Path(path).name
    text = read_text(of, path, most=MOST_YAML_BYTES)
    data = parse_yaml(text, place, tags=tags)
    require_content(data, of, path)
    return Document(data, place, text)


def require_content(data: Any, of: str, path: File) -> None:
    """Refuse what a file of YAML without anything but comments is read as.

    Raises:
        InputError: the data are ``None``.
    """
    if data is None:
        raise InputError(of, str(path), "says nothing, or nothing but comments", WHAT_FILES_SAY)


def read_json(path: File, of: str, *, place: str | None = None) -> Document:
    """Read a file of JSON; arguments and errors as :func:`read_yaml`."""
    place = place or Path(path).name
    text = read_text(of, path, most=MOST_BYTES)
    return Document(parse_json(text, place), place, text)
