"""JSON Schemas of models, for editors and for whoever writes files for us; descriptions come from docstrings."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schema_of(model: Any, title: str) -> dict[str, Any]:
    """JSON Schema of one model."""
    from nets.documents.typed import adapter

    schema = adapter(model).json_schema()
    for name, part in schema.get("$defs", {}).items():
        _describe(part, _class_named(model, name))
    _describe(schema, model)
    _drop_endless(schema)
    return {"$schema": DIALECT, "title": title, **{key: value for key, value in schema.items() if key != "title"}}


def schema_of_kinds(models: Mapping[str, Any], key: str, title: str) -> dict[str, Any]:
    """JSON Schema of one of several models, which the value of ``key`` tells apart."""
    parts: dict[str, Any] = {}
    options = []
    for kind, model in models.items():
        schema = schema_of(model, kind)
        parts |= schema.pop("$defs", {})
        del schema["$schema"]
        schema["properties"] = {key: {"const": kind}, **schema["properties"]}
        schema["required"] = [key, *schema.get("required", ())]
        parts[kind] = schema
        options.append({"$ref": f"#/$defs/{kind}"})
    return {"$schema": DIALECT, "title": title, "oneOf": options, "$defs": parts}


def schema_of_parts(models: Mapping[str, Any], title: str, *, others: Iterable[str] = ()) -> dict[str, Any]:
    """JSON Schema of a mapping with a model for each of its keys, none of which must be there.

    Args:
        others: keys whose values are not looked at.
    """
    parts: dict[str, Any] = {}
    properties: dict[str, Any] = {key: {} for key in others}
    for key, model in models.items():
        schema = schema_of(model, key)
        parts |= schema.pop("$defs", {})
        del schema["$schema"]
        properties[key] = schema
    shape = {"type": "object", "properties": properties, "additionalProperties": False}
    return {"$schema": DIALECT, "title": title, **shape, "$defs": parts}


def _drop_endless(schema: Any) -> None:
    """Leave out defaults that JSON cannot say."""
    if isinstance(schema, dict):
        if isinstance(schema.get("default"), float) and not math.isfinite(schema["default"]):
            del schema["default"]
        for part in schema.values():
            _drop_endless(part)
    elif isinstance(schema, list):
        for part in schema:
            _drop_endless(part)


def _class_named(model: Any, name: str) -> Any:
    """The class that a part of a model's schema is of; the model itself where it is not found."""
    module = inspect.getmodule(model)
    return getattr(module, name, None)


def _describe(schema: dict[str, Any], model: Any) -> None:
    """Give a schema the words of its class: the first line of its docstring, and those of its attributes.

    What a class says of an attribute goes before what those say that it is made of.
    """
    if not inspect.isclass(model) or "properties" not in schema:
        return
    texts = [inspect.cleandoc(vars(cls).get("__doc__") or "") for cls in model.__mro__[:-1]]
    if texts[0]:
        schema["description"] = texts[0].split("\n\n")[0].replace("\n", " ")
    for text in reversed(texts):
        attributes = re.search(r"^Attributes:\n((?:    .*\n?|\n)+)", text, re.MULTILINE)
        for names, words in _entries(attributes[1] if attributes else ""):
            for name in names:
                if name in schema["properties"]:
                    schema["properties"][name]["description"] = words


def _entries(text: str) -> list[tuple[list[str], str]]:
    """(names, words) of the lines of a docstring's section; ``a, b: words. c: words`` holds two."""
    joined = re.sub(r"\n +", " ", inspect.cleandoc(text))
    found = []
    for line in joined.splitlines():
        for names, words in re.findall(r"((?:\w+, )*\w+): (.*?)(?=(?:\. (?:\w+, )*\w+: )|$)", line):
            plain = re.sub(r":\w+:`~?([^`]*)`", r"\1", words).replace("``", "").strip()
            found.append((names.split(", "), plain))
    return found
