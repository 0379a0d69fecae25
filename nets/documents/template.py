"""Templates, which are programs that write a file, are refused where the file itself is wanted."""

from __future__ import annotations

import re
from typing import Final

from nets.errors import InputError

_TEMPLATE: Final = re.compile(r"^[^#\n]*?(\{\{|\{%)", re.MULTILINE)


def refuse_template(text: str, place: str, hint: str) -> None:
    """Make sure that a text of YAML holds no Jinja.

    Args:
        hint: where the filled in text is to be had.

    Raises:
        InputError: it does; names the line.
    """
    if (found := _TEMPLATE.search(text)) is not None:
        line = text.count("\n", 0, found.start(1)) + 1
        raise InputError(f"{place}: line {line}", found[1], "begins a Jinja template, which runs code", hint)
