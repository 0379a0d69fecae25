"""What a mapping of either notation may say, for editors."""

from __future__ import annotations

from typing import Any

from accel_models.formats.accelforge.model import NodesEntry, node_model
from accel_models.formats.accelforge.notation import KEYS
from nets.documents.schemas import schema_of_kinds, schema_of_parts


def mapping_schema() -> dict[str, Any]:
    """JSON Schema of a file with a section ``mapping``; others may stand beside it.

    LoopTree's nodes say their kind in ``type``, AccelForge's in a tag, for which JSON Schema has no words: they may be
    of any kind.
    """
    schema = schema_of_parts({"mapping": NodesEntry}, "A mapping of AccelForge's or LoopTree's")
    typed = {kind: node_model("looptree", kind) for kind in KEYS["looptree"]}
    tagged = schema_of_parts({kind: node_model("accelforge", kind) for kind in KEYS["accelforge"]}, "")
    schema["$defs"] |= schema_of_kinds(typed, "type", "")["$defs"] | tagged["properties"]
    kinds = [{"$ref": f"#/$defs/{kind}"} for notation in KEYS.values() for kind in notation]
    schema["properties"]["mapping"]["properties"]["nodes"] = {"type": "array", "items": {"anyOf": kinds}}
    return schema | {"additionalProperties": True}
