"""Plain data as typed values: what a model (a dataclass, or a model of pydantic's) describes, or an error in words.

Models say which keys there are and what their values may be; an error says the rule, the value, the place with its
line, and the way out: for a key that is not known, the nearest that is. A dataclass takes part with
``__pydantic_config__ = STRICT``; pydantic itself is imported when the first document is read, not before.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from nets.documents.document import Document
from nets.documents.schema_walk import known_keys, known_tags
from nets.documents.steps import Steps
from nets.errors import NO_VALUE, InputError, shown, unknown

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")

_KINDS: Final = {
    "int": "must be a whole number",
    "float": "must be a number",
    "string": "must be text",
    "bool": "must be true or false",
    "tuple": "must be a list",
    "list": "must be a list",
    "none_required": "must be left out",
}
_MAPPING: Final = "must be a mapping of keys to values"
_UNKNOWN: Final = ("extra_forbidden", "unexpected_keyword_argument")
_MISSING: Final = ("missing", "missing_argument", "missing_keyword_only_argument")
_BOUNDS: Final = {
    "greater_than": ("must be greater than {gt}", "gt"),
    "greater_than_equal": ("must be at least {ge}", "ge"),
    "less_than": ("must be less than {lt}", "lt"),
    "less_than_equal": ("must be at most {le}", "le"),
    "too_short": ("must have at least {min_length} entries", "min_length"),
    "too_long": ("must have at most {max_length} entries", "max_length"),
    "string_too_short": ("must not be empty", "min_length"),
    "string_too_long": ("must have at most {max_length} letters", "max_length"),
}


@cache
def adapter(model: Any) -> TypeAdapter[Any]:
    """What checks and describes a model; made once."""
    from pydantic import TypeAdapter

    return TypeAdapter(model)


@cache
def _schema(model: Any) -> dict[str, Any]:
    """A model's JSON Schema; made once, when the first error asks which keys there are."""
    return adapter(model).json_schema()


def typed(model: type[T], document: Document, steps: Steps = (), *, without: Sequence[str] = ()) -> T:
    """What a document says, as its model has it.

    Args:
        steps: to the part of the document that is of the model; all of it where omitted.
        without: keys that are not the model's.

    Raises:
        InputError: a key that is not known or missing, or a value that is not allowed.
    """
    from pydantic import ValidationError

    data = document.part(steps)
    if without and isinstance(data, Mapping):
        data = {key: value for key, value in data.items() if key not in without}
    checks = adapter(model)  # type: ignore[arg-type]  # to mypy a class of any type is not hashable
    try:
        value: T = checks.validate_json(_as_json(data, document, steps))  # strict, but lists fill tuples there
    except ValidationError as error:
        raise _explained(model, document, steps, error.errors(include_url=False, include_input=False)) from None
    return value


def typed_data(model: type[T], data: object, place: str) -> T:
    """:func:`typed` of plain data that come from no file."""
    return typed(model, Document(data, place))


def _as_json(data: object, document: Document, steps: Steps) -> str:
    try:
        return json.dumps(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(document.where(steps), type(data).__name__, f"is not plain data ({error})") from None


def raise_mistyped(document: Document, steps: Steps, key: str) -> None:
    """Of a mapping that lacks a key which says what it is, refuse the key that seems to be meant for it, if any."""
    for given in difflib.get_close_matches(key, [each for each in document.part(steps) if isinstance(each, str)], n=1):
        raise unknown(document.place_of_key(steps, given), given, [key])


def _explained(model: Any, document: Document, steps: Steps, errors: Sequence[Mapping[str, Any]]) -> InputError:
    """The error to mend first, in words: a key that is not known, before what may be missing for want of it."""
    error = min(errors, key=lambda each: (each["type"] not in _UNKNOWN, each["type"] not in _MISSING))
    kind, loc, context = str(error["type"]), error["loc"], error.get("ctx", {})
    data = document.part(steps)
    told_apart_by = _schema(model).get("discriminator", {}).get("propertyName")
    if loc and isinstance(data, Mapping) and told_apart_by in data and data[told_apart_by] == loc[0]:
        loc = loc[1:]  # not a step but the kind of the whole
    at = (*steps, *_real_steps(data, loc, absent=kind in _UNKNOWN + _MISSING))
    value = _at(document.data, at)
    if kind in _UNKNOWN:
        known = known_keys(_schema(model), loc[:-1])
        return unknown(document.place_of_key(at[:-1], str(at[-1])), str(loc[-1]), known)
    if loc and loc[-1] == "[key]":  # no step but what pydantic says of a key
        key = str(at[-1])
        return InputError(document.place_of_key(at[:-1], key), key, *_rule(kind, context, error["msg"], key))
    if kind in _MISSING and isinstance(loc[-1], int):
        return InputError(document.where(at), value, f"must have at least {loc[-1] + 1} entries")
    if kind in _MISSING:
        return InputError(document.where(at[:-1]), str(loc[-1]), "is missing", f"give {loc[-1]}")
    if kind == "value_error" and isinstance(context.get("error"), InputError):
        return document.placed(context["error"], at)
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        key = str(context["discriminator"]).strip("'")
        if isinstance(value, Mapping) and key not in value:
            raise_mistyped(document, at, key)
        if not isinstance(value, Mapping):
            return not_a_mapping(document, at)
        return no_such_kind(document, (*at, key), known_tags(_schema(model), loc))
    if kind in ("literal_error", "enum"):
        allowed = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
        if value is None:
            return InputError(document.where(at), NO_VALUE, "has no value", f"write {' or '.join(allowed)}")
        return unknown(document.where(at), _word(value), allowed)
    rule, hint = _rule(kind, context, error["msg"], value)
    if value is None:
        return InputError(document.where(at), NO_VALUE, f"has no value: it {rule}", hint)
    return InputError(document.where(at), value, rule, hint)


def not_a_mapping(document: Document, steps: Steps, hint: str = "") -> InputError:
    """The error about a part that is a list, a word or nothing at all where keys are wanted."""
    data = document.part(steps)
    if data is None:
        return InputError(document.where(steps), NO_VALUE, f"has no value: it {_MAPPING}", hint)
    return InputError(document.where(steps), data, _MAPPING, hint)


def no_such_kind(document: Document, steps: Steps, known: Iterable[str]) -> InputError:
    """The error about a key that says what its mapping is and is missing, has no value, or has one of none there is."""
    *around, key = steps
    known = sorted(known)
    if key not in document.part(around):
        return InputError(document.where(around), str(key), "is missing", f"write {key}: {' or '.join(known)}")
    kind = document.part(steps)
    if kind is None:
        return InputError(document.where(steps), NO_VALUE, "has no value", f"write {' or '.join(known)}")
    return unknown(document.where(steps), _word(kind), known)


def _word(value: object) -> str:
    return value if isinstance(value, str) else shown(value)


def _rule(kind: str, context: Mapping[str, Any], message: str, value: object) -> tuple[str, str]:
    """Rule and hint of an error about one value."""
    if kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        bound = context[name]
        return words.format(**{name: "zero" if bound == 0 and "g" in name else bound}), ""
    if kind == "finite_number":
        return "must be a finite number", ""
    if kind.startswith(("dataclass", "model", "dict", "mapping", "is_instance")):
        return _MAPPING, ""
    words = next((words for name, words in _KINDS.items() if kind.startswith(name)), "")
    if not words:
        return (str(context.get("error", message)) or message), ""
    return words, _number_hint(value, whole=kind.startswith("int")) if kind.startswith(("float", "int")) else ""


def _number_hint(value: object, *, whole: bool) -> str:
    """How a number is written that stands there as text, as YAML 1.1 reads 1e9, or a whole one with a point."""
    try:
        number = float(value) if isinstance(value, str | float) else math.nan
    except ValueError:
        return ""
    if not abs(number) < 1e22 or (whole and not number.is_integer()):
        return ""
    return f"write {int(number)}" if whole else f"write {number:.1f}"


def _real_steps(data: Any, loc: Steps, *, absent: bool) -> tuple[str | int, ...]:
    """The steps through the data: those of an error name kinds, too, and its last may be a key that is ``absent``."""
    steps: list[str | int] = []
    for number, step in enumerate(loc):
        if isinstance(data, Mapping) and (step in data or (absent and number + 1 == len(loc))):
            data = data.get(step)
        elif isinstance(data, list | tuple) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            continue
        steps.append(step)
    return tuple(steps)


def _at(data: Any, steps: Steps) -> Any:
    for step in steps:
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, list | tuple) and isinstance(step, int) and step < len(data):
            data = data[step]
    return data
