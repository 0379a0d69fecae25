"""Plain words of YAML 1.1 as values: null, truth, numbers; everything else is text, dates too."""

from __future__ import annotations

import math
import re
from typing import Final

from nets.documents.limits import MOST_DIGITS

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH: Final = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_NUMBER: Final = re.compile(r"[-+]?\.?[0-9]|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$")
_WHOLE: Final = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*|[1-9][0-9_]*(?::[0-5]?[0-9])+)")
_REAL: Final = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
    r"|[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)"
)

MERGE: Final = "<<"

Scalar = str | int | float | bool | None


class ScalarError(ValueError):
    """A word that is no value of its kind; the message says why."""


def plain(word: str) -> Scalar:
    """The value of a word that stands without quotes and without a tag.

    Raises:
        ScalarError: a number without digits, or one that is too large.
    """
    if word in _NULL:
        return None
    lower = word.lower()
    if lower in _TRUTH and word in (lower, lower.upper(), lower.capitalize()):
        return _TRUTH[lower]
    if not _NUMBER.match(word):
        return word
    if _WHOLE.fullmatch(word):
        return whole(word)
    return real(word) if _REAL.fullmatch(word) else word


def tagged(tag: str, word: str) -> Scalar:
    """The value of a word with one of YAML's own tags (``str``, ``int``, ``float``, ``bool``, ``null``).

    Raises:
        ScalarError: it is none of that kind.
    """
    if tag == "str":
        return word
    if tag == "null" and word in _NULL:
        return None
    if tag == "bool" and word.lower() in _TRUTH:
        return _TRUTH[word.lower()]
    if tag == "int" and _WHOLE.fullmatch(word):
        return whole(word)
    if tag == "float" and (_REAL.fullmatch(word) or _WHOLE.fullmatch(word)):
        return float(real(word))
    raise ScalarError(f"is no {tag}")


def whole(word: str) -> int:
    """A whole number: decimal, ``0x`` hexadecimal, ``0b`` binary, ``0`` octal, or sixtieths (``1:30``).

    Raises:
        ScalarError: it has no digits or too many.
    """
    digits = word.replace("_", "").lower()
    sign, digits = (-1 if digits.startswith("-") else 1), digits.lstrip("+-")
    if len(digits) > MOST_DIGITS:
        raise ScalarError(f"is a whole number of {len(digits)} digits; {MOST_DIGITS} are the most")
    if ":" in digits:
        return sign * int(_sixtieths(digits))
    octal = digits.startswith("0") and digits.isdigit() and len(digits) > 1
    try:
        return sign * (int(digits, 8) if octal else int(digits, 0))
    except ValueError:
        raise ScalarError("is a number without digits") from None


def real(word: str) -> float:
    """A number; ``.inf`` and ``.nan`` are such.

    Raises:
        ScalarError: it is larger than numbers can be.
    """
    digits = word.replace("_", "").lower()
    if ":" in digits:
        sign, digits = (-1 if digits.startswith("-") else 1), digits.lstrip("+-")
        return sign * _sixtieths(digits)
    if digits.endswith((".inf", ".nan")):
        return float(digits.replace(".", ""))
    value = float(digits)
    if math.isinf(value):
        raise ScalarError("is larger than numbers can be")
    return value


def _sixtieths(digits: str) -> float:
    """``1:30`` is ninety."""
    value = 0.0
    for part in digits.split(":"):
        value = 60 * value + float(part)
    if math.isinf(value):
        raise ScalarError("is larger than numbers can be")
    return value
