"""What the nodes of a mapping may say, made of :data:`~accel_models.formats.accelforge.notation.KEYS`."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import Field, create_model
from pydantic.functional_validators import BeforeValidator

from accel_models.formats.accelforge.notation import KEYS, Notation
from nets.documents.model import Count, Model, Whole, Word


def _alone(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


Rank = Annotated[Word, BeforeValidator(_alone)]
"""Or a list of one."""

_TYPES: Final[dict[str, Any]] = {
    "tensors": tuple[Word, ...],
    "memory": Whole | str,
    "rank": Rank,
    "tile": Count,
    "axis": Word,
    "array": Word,
    "einsum": Any,
    "compute": Any,
}


class NodesEntry(Model):
    """Nodes, and how several operations would be combined."""

    type: Literal["fused"] = "fused"
    nodes: Any


@cache
def node_model(notation: Notation, kind: str) -> type[Model]:
    """The keys of one kind of node; fields are called as they are here."""
    default = None if kind.lower() == "compute" else ...
    fields: dict[str, Any] = {
        ours: (_TYPES[ours], Field(default, alias=theirs)) for theirs, ours in KEYS[notation][kind].items()
    }
    return create_model(kind, __base__=Model, **fields)
