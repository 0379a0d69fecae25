"""Loop nests as files write them: ``{name, temporal, spatial, keeps}`` for every level, loops as ``[dim, tile]``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import WithJsonSchema, model_validator
from pydantic.functional_validators import PlainValidator

from accel_models.loopnest import LevelLoops, Loop
from nets.documents.model import Model
from nets.errors import InputError
from nets.layer import DIMS, TENSORS
from nets.ranges import EXACT


def _loop(item: Any) -> Loop:
    if not isinstance(item, list | tuple) or len(item) not in (2, 3):
        raise InputError("", item, "is not a loop", 'write ["K", 4], or ["K", 4, "X"] with its axis')
    if not all(isinstance(word, str) for word in (item[0], *item[2:])):
        raise InputError("", item, "is not a loop", "the first entry is the name of a dim, the third that of an axis")
    loop = Loop(*item)
    if loop.tile > EXACT:
        raise InputError("", item, f"cuts pieces of more than {EXACT}")
    return loop


LoopEntry = Annotated[
    Loop,
    PlainValidator(_loop),
    WithJsonSchema(
        {
            "type": "array",
            "prefixItems": [{"enum": list(DIMS)}, {"type": "integer", "minimum": 1}, {"type": "string"}],
            "minItems": 2,
            "maxItems": 3,
            "description": "dim, size of the pieces it cuts, and for a spatial loop the axis that runs it",
        }
    ),
]
Tensor = Annotated[str, WithJsonSchema({"enum": list(TENSORS)})]


class LevelEntry(Model):
    """The loops of one level.

    Attributes:
        name: of the level.
        temporal: loops run one after the other, outermost first, as [dim, size of the pieces].
        spatial: loops run in parallel below the level, as [dim, size of the pieces, axis].
        keeps: tensors held here; all that the level may hold where omitted.
    """

    name: str
    temporal: tuple[LoopEntry, ...] = ()
    spatial: tuple[LoopEntry, ...] = ()
    keeps: tuple[Tensor, ...] | None = None

    @model_validator(mode="after")
    def _sound(self) -> LevelEntry:
        self.loops()
        return self

    def loops(self) -> LevelLoops:
        """The loops as mappings have them."""
        return LevelLoops(self.name, self.temporal, self.spatial, self.keeps)
