"""What a row of CSV may say: words that are read as numbers, of which there may be several between blanks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any

from pydantic import ConfigDict, Field, create_model
from pydantic.functional_validators import BeforeValidator

from nets.documents.model import Model


class Row(Model):
    """The columns that are read; others may stand beside them."""

    model_config = ConfigDict(extra="ignore")


def _number(word: Any) -> Any:
    try:
        return float(word)
    except ValueError:
        return word


def _numbers(words: Any) -> Any:
    return [_number(word) for word in words.split()]


@cache
def row_model(genes: Iterable[str], *figures: tuple[str, Any], texts: Iterable[str] = ()) -> type[Row]:
    """A row of CSV.

    Args:
        genes: columns of several numbers.
        figures: columns of one number, each with what it may be.
        texts: columns of words.
    """
    fields: dict[str, Any] = {gene: (Annotated[list[float], BeforeValidator(_numbers)], ...) for gene in genes}
    fields |= {text: (Annotated[str, Field(min_length=1)], ...) for text in texts}
    for name, kind in figures:
        fields[name] = (Annotated[kind, Field(allow_inf_nan=False), BeforeValidator(_number)], ...)
    return create_model("Row", __base__=Row, **fields)
