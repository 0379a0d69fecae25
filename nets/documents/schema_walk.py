"""What a JSON Schema allows at a place: the keys of a mapping, the words that tell alternatives apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nets.documents.steps import Steps

Schema = Mapping[str, Any]


def known_keys(whole: Schema, loc: Steps) -> list[str]:
    """The keys that the mapping at ``loc`` may have."""
    return sorted({key for each in _schemas(whole, loc) for key in each.get("properties", {})})


def known_tags(whole: Schema, loc: Steps) -> list[str]:
    """The words that tell apart what may stand at ``loc``."""
    return sorted({tag for each in _schemas(whole, loc) for tag in each.get("discriminator", {}).get("mapping", {})})


def _schemas(whole: Schema, loc: Steps) -> list[Schema]:
    """The JSON Schemas that the value at ``loc`` may have."""
    at = _alternatives(whole, whole)
    for step in loc:
        inner: list[Schema] = []
        for schema in at:
            inner += _inside(schema, step)
        if inner:  # else the step names a kind and not a part
            at = [each for schema in inner for each in _alternatives(schema, whole)]
    return at


def _inside(schema: Schema, step: str | int) -> list[Schema]:
    if isinstance(step, int):
        entries = schema.get("prefixItems", ())
        found = entries[step] if step < len(entries) else schema.get("items")
    else:
        found = schema.get("properties", {}).get(step, schema.get("additionalProperties"))
    return [found] if isinstance(found, Mapping) else []


def _alternatives(schema: Schema, whole: Schema) -> list[Schema]:
    """A schema without its references: itself, or those of which one holds (and itself, for what tells them apart)."""
    if "$ref" in schema:
        return _alternatives(whole["$defs"][schema["$ref"].rsplit("/", 1)[-1]], whole)
    inner = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return [schema, *(each for option in inner for each in _alternatives(option, whole))]
