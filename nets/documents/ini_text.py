"""Files of ``[section]`` and ``key: value`` lines as plain data; a key may be written in any case."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from nets.documents.document import Document
from nets.documents.limits import MOST_YAML_BYTES
from nets.documents.scalars import Scalar, ScalarError, plain
from nets.documents.source import read_text
from nets.errors import InputError

_SECTION: Final = re.compile(r"\[([^\]]+)\]")
_ENTRY: Final = re.compile(r"([^:=]++)[:=](.*)")


def read_ini(path: str | Path, of: str) -> Document:
    """Read a file: sections by name, keys in small letters, values as words of YAML.

    Args:
        of: what it is to be, for errors before it is read.

    Raises:
        InputError: the file cannot be read; a line that is neither a section nor an entry; a section or key twice.
    """
    place = Path(path).name
    data: dict[str, dict[str, Scalar]] = {}
    lines: dict[tuple[str | int, ...], int] = {}
    section = ""
    for number, line in enumerate(read_text(of, path, most=MOST_YAML_BYTES).splitlines(), 1):
        text = re.split(r"(?:^|\s)[#;]", line, maxsplit=1)[0].strip()
        where = f"{place}: line {number}"
        if not text:
            continue
        if (match := _SECTION.fullmatch(text)) is not None:
            section = match[1].strip().lower()
            if section in data:
                raise InputError(where, section, "is a section that stands twice", "leave one out")
            data[section], lines[section,] = {}, number
        elif (match := _ENTRY.fullmatch(text)) is None or not section:
            raise InputError(where, text, "is no entry of a section", "write [section] and, below it, key: value")
        else:
            key, value = match[1].strip().lower(), match[2].strip()
            if key in data[section]:
                raise InputError(where, key, "is a key that stands twice in one section", "leave one out")
            try:
                data[section][key], lines[section, key] = plain(value), number
            except ScalarError as error:
                raise InputError(where, value, str(error)) from None
    return Document(data, place, lines=lines)
