"""Text from files as a terminal or a picture may show it."""

from __future__ import annotations


def one_line(name: str) -> str:
    """A name for a terminal: what does not print, newlines among it, as escapes."""
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in name)


def printable(text: str) -> str:
    """The same for text of several lines."""
    return "\n".join(one_line(line) for line in text.split("\n"))
