"""JSON as plain data: standard JSON, in which no key stands twice and every number is one."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any, Final, NoReturn

from nets.documents.limits import MOST_DEPTH, MOST_DIGITS
from nets.errors import InputError, shown

_BRACKETS: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_SUSPECT_NUMBERS: Final = re.compile(r"\d{40}|[eE]\+?\d{3}")
_SUSPECT_ESCAPES: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


class _Refused(ValueError):
    """What the decoder met: value and rule."""

    def __init__(self, value: object, rule: str, hint: str = "") -> None:
        super().__init__(rule)
        self.value, self.rule, self.hint = value, rule, hint


def parse_json(text: str, place: str) -> Any:
    """The plain data that a text of JSON holds.

    Raises:
        InputError: it is not sound JSON (says the line), too deep, repeats a key, or holds a number that is none.
    """
    _check_depth(text, place)
    suspect = _SUSPECT_NUMBERS.search(text) is not None
    decoder = json.JSONDecoder(
        object_pairs_hook=_object,
        parse_constant=_constant,
        parse_int=_whole if suspect else None,
        parse_float=_real if suspect else None,
    )
    try:
        data = decoder.decode(text)
        if _SUSPECT_ESCAPES.search(text) is not None:
            _check_texts(data)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(place, where, f"is not sound JSON: {error.msg}") from None
    except _Refused as refused:
        raise InputError(place, refused.value, refused.rule, refused.hint) from None
    return data


def _check_depth(text: str, place: str) -> None:
    depth = 0
    for match in _BRACKETS.finditer(text):
        bracket = match[0]
        if bracket in ("[", "{"):
            depth += 1
            if depth > MOST_DEPTH:
                line = text.count("\n", 0, match.start()) + 1
                raise InputError(
                    f"{place}: line {line}", f"{depth} levels", f"of nesting are too many: {MOST_DEPTH} are the most"
                )
        elif bracket in ("]", "}"):
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise _Refused(twice, "is a key that stands twice in one object", "leave one out")
    return found


def _constant(word: str) -> NoReturn:
    raise _Refused(word, "is no number of JSON")


def _whole(word: str) -> int:
    if len(word) > MOST_DIGITS:
        raise _Refused(
            word, f"is a whole number of {len(word)} digits; {MOST_DIGITS} are the most", "write it as 1.0e+40"
        )
    return int(word)


def _real(word: str) -> float:
    value = float(word)
    if math.isinf(value):
        raise _Refused(word, "is larger than numbers can be")
    return value


def _check_texts(data: Any) -> None:
    """Refuse texts that hold a NUL or half a character."""
    waiting = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item, *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and ("\0" in item or any("\ud800" <= letter <= "\udfff" for letter in item)):
            raise _Refused(shown(item), "holds what is no text: a NUL or half a character")
