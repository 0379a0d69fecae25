"""What a nest file may say."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import WithJsonSchema, create_model
from pydantic.functional_validators import PlainValidator

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.formats.nest_keys import HARDWARE_KEYS, MACHINE_KEYS
from accel_models.loop_entries import LevelEntry
from nets.documents.model import Model, fields_of
from nets.errors import InputError
from nets.layer import DIMS, TENSORS
from nets.layer_model import LayerFields


def _axis(item: Any) -> Axis:
    if not isinstance(item, list | tuple) or len(item) not in (2, 3) or not isinstance(item[0], str):
        raise InputError("", item, "is no axis", 'write ["X", 16] or ["X", 16, ["K", "C"]]')
    dims = item[2] if len(item) == 3 else ()
    if not isinstance(dims, list | tuple):
        raise InputError("", dims, "must be a list of dims", 'write ["X", 16, ["K", "C"]]')
    return Axis(item[0], item[1], tuple(dims))


AxisEntry = Annotated[
    Axis,
    PlainValidator(_axis),
    WithJsonSchema(
        {
            "type": "array",
            "prefixItems": [
                {"type": "string"},
                {"type": "integer", "minimum": 1},
                {"type": "array", "items": {"enum": list(DIMS)}},
            ],
            "minItems": 2,
            "maxItems": 3,
            "description": "name, instances along the axis, and the dims that its wires can run",
        }
    ),
]


_Memory = create_model(
    "_Memory",
    __base__=LevelEntry,
    __doc__=Level.__doc__,
    **fields_of(Level, *HARDWARE_KEYS),
)
_Machine = create_model(
    "_Machine", __base__=Model, __doc__=Accelerator.__doc__, **fields_of(Accelerator, *MACHINE_KEYS)
)


class LayerEntry(LayerFields):  # type: ignore[valid-type, misc]
    """The layer; every bound is 1 where it is left out."""

    name: str | None = None


class NestLevel(_Memory):  # type: ignore[valid-type, misc]
    """A memory with its loops. Hardware is per instance; what is left out is endless and costs nothing.

    Attributes:
        keeps: tensors held here; all where omitted.
        fanout: axes below the level, as [name, instances, dims]; as wide as the loops need where omitted.
        word_bits: width of a word; one element of any tensor is one word where omitted.
    """

    keeps: tuple[Annotated[str, WithJsonSchema({"enum": list(TENSORS)})], ...] | None = TENSORS
    fanout: tuple[AxisEntry, ...] | None = None
    word_bits: int | None = None


class NestEntry(_Machine):  # type: ignore[valid-type, misc]
    """One layer, the memories and the loops.

    Attributes:
        name: of the machine; the file's where omitted.
        layer: what is computed.
        levels: memories with their loops, outermost first.
        expected: reference figures, which nothing but a benchmark looks at.
    """

    name: str | None = None
    layer: LayerEntry
    levels: tuple[NestLevel, ...]
    expected: dict[str, Any] | None = None
