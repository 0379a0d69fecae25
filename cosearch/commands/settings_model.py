"""What the file of ``--config`` may say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, create_model
from pydantic.functional_validators import BeforeValidator

from nets.documents.model import Model

MOST_NUMBER: Final = 1 << 62


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_TYPES: Final[dict[Any, Any]] = {
    int: Annotated[int, Field(ge=-MOST_NUMBER, le=MOST_NUMBER)],
    float: Annotated[float, Field(ge=-MOST_NUMBER, le=MOST_NUMBER)],
    list: Annotated[list[str], BeforeValidator(_listed)],
    Path: str,
}


def settings_model(kinds: Mapping[str, Any], given: Iterable[str]) -> type[Model]:
    """The options, with hyphens or underscores as they are ``given``.

    Args:
        kinds: type of each option, by its name with underscores.
    """
    spelled = {key.replace("-", "_"): key for key in given}
    fields: dict[str, Any] = {
        name: (_TYPES.get(kind, kind) | None, Field(None, alias=spelled.get(name, name.replace("_", "-"))))
        for name, kind in kinds.items()
    }
    return create_model("Settings", __base__=Model, **fields)
