"""Of what kind each option of a search must be, as :class:`~cosearch.problem.stated.StatedOptions` declares it."""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from cosearch.problem.budget import Budget
from cosearch.problem.stated import StatedOptions
from nets.errors import InputError

_WORDS: Final = {
    float: "a number",
    int: "a whole number",
    str: "text",
    bool: "True or False",
    tuple: "a list of texts",
    NoneType: "None",
}
_ALSO: Final[dict[str, type]] = {"trials": NoneType, "vary": str, "limit": str}
"""What an option may be besides: until it is settled, or for short."""
_ELSEWHERE: Final = ("networks", "machine")
"""Checked where they are written down."""


def check_kinds(options: StatedOptions) -> None:
    """Refuse an option of another kind than it is declared.

    Raises:
        InputError: there is one; says what it must be.
    """
    for name, kinds in _declared().items():
        value = getattr(options, name)
        if not any(_is_of(value, kind) for kind in kinds):
            words = [_WORDS.get(_plain(kind), f"a {_plain(kind).__name__}") for kind in kinds]
            hint = "write Budget.parse('area=5mm2')" if Budget in kinds else ""
            raise InputError(name, value, f"must be {' or '.join(words)}", hint)


@cache
def _declared() -> dict[str, tuple[Any, ...]]:
    """Kinds by option."""
    found: dict[str, tuple[Any, ...]] = {}
    for name, hint in get_type_hints(StatedOptions).items():
        if name not in _ELSEWHERE:
            kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
            found[name] = (*kinds, _ALSO[name]) if name in _ALSO else kinds
    return found


def _plain(kind: Any) -> type:
    """``tuple`` of ``tuple[str, ...]``."""
    plain: type = get_origin(kind) or kind
    return plain


def _is_of(value: object, kind: Any) -> bool:
    if _plain(kind) is tuple:
        return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
    if kind in (int, float):
        return isinstance(value, int | float if kind is float else int) and not isinstance(value, bool)
    return isinstance(value, kind)
