"""The errors every floor raises, and the nearest-name hint they share.

Each class carries the exit status of the command line, so that the border
(``cosearch.cli``) turns any of them into one line of text and a status.
"""

from __future__ import annotations

import bisect
import difflib
import math
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Final

MOST_SHOWN: Final = 160
"""Letters of a value in an error, and of a place twice as many."""
MOST_SEARCHED: Final = 64 * MOST_SHOWN
"""Letters of a value that are searched for a password before it is cut, which might leave half an address."""


MOST_COMPARED: Final = 1000
"""Names that one is compared with, letter by letter, to find the nearest."""


class _Unsaid(Enum):
    """One value, so that it is itself again in another process."""

    NO_VALUE = ""


NO_VALUE: Final = _Unsaid.NO_VALUE
"""Of an error about what is missing, or about a flag: there is no value to show."""


class CosearchError(Exception):
    """Base of every error this project raises on purpose."""

    exit_status = 1


class InputError(CosearchError, ValueError):
    """A request that breaks a rule: says the place, the value, the rule and the way out.

    Args:
        place: where the value stands, e.g. ``"--budget area"`` or ``"eyeriss.yaml: levels[2].capacity"``.
        value: what was given; :data:`NO_VALUE` for nothing.
        rule: what is allowed, e.g. ``"must be a positive number with a unit of area"``.
        hint: how to mend it, e.g. ``"did you mean 5mm2?"``; may be empty.
    """

    exit_status = 2

    def __init__(self, place: str, value: object, rule: str, hint: str = "") -> None:
        self.place, self.value, self.rule, self.hint = place, value, rule, hint
        given = "" if value is NO_VALUE else f": {shown(value)}"
        text = f"{on_one_line(place)}{given} {on_one_line(rule)}"
        super().__init__(f"{text}; {on_one_line(hint)}" if hint else text)

    def __reduce__(self) -> tuple[type[InputError], tuple[object, ...]]:
        return type(self), (self.place, self.value, self.rule, self.hint)


class InfeasibleError(CosearchError):
    """A sound request that nothing satisfies; the message names the closest and the limit it breaks."""

    exit_status = 3


class ResumeError(CosearchError):
    """A run that cannot be resumed as asked."""

    exit_status = 4


def of_option(value: object) -> object:
    """The value of an option as an error has it: a flag that was given has none to show, a file is its path."""
    if value is True:
        return NO_VALUE
    return value if isinstance(value, str | int | float | list | tuple) else str(value)


def shown(value: object) -> str:
    """A value as errors show it: as Python writes it, cut where it is long, however large it is; without the password
    of an address."""
    text = ""
    for piece in _pieces(value):
        text += piece
        if len(text) > MOST_SHOWN:
            return f"{text[:MOST_SHOWN]}..."
    return text


def _pieces(value: object) -> Iterator[str]:
    """What a value is written as, bit by bit."""
    if isinstance(value, str):
        yield repr(without_password(value[:MOST_SEARCHED])[: MOST_SHOWN + 1])
    elif isinstance(value, bytes):
        yield repr(value[: MOST_SHOWN + 1])
    elif type(value) is int and value.bit_length() > 4 * MOST_SHOWN:
        yield f"a whole number of about {int(value.bit_length() * math.log10(2)) + 1:,} digits"
    elif type(value) in (list, tuple, dict):
        entries: Iterable[object] = value  # type: ignore[assignment]
        left, right = ("[", "]") if isinstance(value, list) else ("(", ")") if isinstance(value, tuple) else ("{", "}")
        yield left
        for number, entry in enumerate(entries):
            yield ", " if number else ""
            yield from _pieces(entry)
            if isinstance(value, Mapping):
                yield ": "
                yield from _pieces(value[entry])
        yield f",{right}" if isinstance(value, tuple) and len(value) == 1 else right
    else:
        yield without_password(repr(value))


def without_password(text: str) -> str:
    """A text as :func:`nets.secrets.shown` has it, which is loaded only where there may be a password."""
    if not any(mark in text for mark in ("@", "=", ":/")):
        return text
    from nets.secrets import shown as shown_address

    return shown_address(text)


def on_one_line(words: str) -> str:
    """Words on one line of a bearable length."""
    if len(words) > 2 * MOST_SHOWN:
        words = f"{words[:MOST_SHOWN]}...{words[-MOST_SHOWN:]}"
    return words if words.isprintable() else "".join(each if each.isprintable() else repr(each)[1:-1] for each in words)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint naming the known name closest to ``name``, or the known names when none is close."""
    names = sorted(known)
    close = [known for known in names if known.lower() == str(name).lower()] or near(str(name), names, 0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + ", ".join(names)


def near(name: str, known: Iterable[str], cutoff: float) -> list[str]:
    """The known name closest to ``name``, if any is so alike; of very many, those beside it are looked at."""
    names = sorted(known)
    if len(names) > MOST_COMPARED:
        at = bisect.bisect(names, name)
        names = names[max(0, at - MOST_COMPARED // 2) : at + MOST_COMPARED // 2]
    letters = sorted(name)
    swapped = [each for each in names if sorted(each) == letters]
    return swapped[:1] or difflib.get_close_matches(name[:MOST_SHOWN], names, n=1, cutoff=cutoff)


def unknown(place: str, name: str, known: Iterable[str]) -> InputError:
    """An :class:`InputError` for a name that is not in a registry."""
    return InputError(place, name, "is not known", nearest(name, known))
