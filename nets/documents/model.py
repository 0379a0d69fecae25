"""What models are built of, for modules that are imported when a file is read and not before: pydantic is heavy."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.functional_validators import AfterValidator, BeforeValidator

from nets.errors import InputError
from nets.ranges import EXACT, LEAST, MOST

__all__ = [
    "AnyPercent",
    "Coefficient",
    "Count",
    "Model",
    "NotNegative",
    "Percent",
    "Positive",
    "Probability",
    "Whole",
    "Word",
    "fields_of",
    "ruled",
    "whole",
]


class Model(BaseModel):
    """A mapping with keys of its own and no others."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True)


def ruled(allowed: Callable[[Any], bool], rule: str, **schema: object) -> tuple[AfterValidator, WithJsonSchema]:
    """What makes a type of a rule in words, as ``Annotated[float, *ruled(...)]``; ``schema`` tells it to editors."""

    def check(value: Any) -> Any:
        if not allowed(value):
            raise InputError("", value, rule)
        return value

    return AfterValidator(check), WithJsonSchema(dict(schema))


def fields_of(cls: type[Any], *names: str) -> dict[str, Any]:
    """Fields of a dataclass as ``create_model`` takes them, with their types and defaults: those named, or all."""
    hints = typing.get_type_hints(cls)
    found: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        if field.default_factory is not dataclasses.MISSING:
            default: Any = Field(default_factory=field.default_factory)
        else:
            default = ... if field.default is dataclasses.MISSING else field.default
        if not names or field.name in names:
            found[field.name] = (hints[field.name], default)
    return found


def _between(low: float, high: float, rule: str) -> tuple[AfterValidator, WithJsonSchema]:
    """:func:`ruled` for numbers between two, neither of which is allowed."""
    return ruled(lambda value: low < value < high, rule, type="number", exclusiveMinimum=low, exclusiveMaximum=high)


def _whole(value: Any) -> Any:
    """Whole numbers may be written as 16.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def whole(least: int, most: int = EXACT) -> tuple[Any, BeforeValidator]:
    """What makes a type of the whole numbers of a range, as ``Annotated[int, *whole(1, 31)]``.

    The range stands inside of what reads the number, where JSON Schemas look for it.
    """
    return Field(ge=least, le=most), BeforeValidator(_whole)


Whole = Annotated[int, *whole(0)]
"""At least zero."""
Count = Annotated[int, *whole(1)]
"""At least one."""


def _word(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Word = Annotated[str, BeforeValidator(_word, json_schema_input_type=str | int)]
"""Text; a whole number counts as its digits."""
MOST_COEFFICIENT: Final = 1e12
Coefficient = Annotated[float, Field(ge=-MOST_COEFFICIENT, le=MOST_COEFFICIENT)]
"""Of a fit: what is beyond any figure that is predicted only overflows."""
NotNegative = Annotated[
    float,
    *ruled(lambda value: 0 <= value < math.inf, "must be a finite number of at least 0", type="number", minimum=0),
]
Positive = Annotated[
    float,
    *ruled(
        lambda value: LEAST <= value <= MOST,
        f"must be a number greater than zero, from {LEAST:g} to {MOST:g}",
        type="number",
        exclusiveMinimum=0,
    ),
]
AnyPercent = Annotated[
    float,
    *ruled(
        lambda value: 0 <= value <= 100, "must be a percentage from 0 to 100", type="number", minimum=0, maximum=100
    ),
]
Percent = Annotated[float, *_between(0, 100, "must be a percentage between 0 and 100")]
Probability = Annotated[float, *_between(0, 1, "must be a probability between 0 and 1")]
