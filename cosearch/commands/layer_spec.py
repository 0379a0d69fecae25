"""A layer as a person names it: ``resnet50:stem`` of a network, or dims as in ``K=64,C=64,P=56,R=3``."""

from __future__ import annotations

from typing import Any, Final

from nets import Layer, named_network
from nets.errors import InputError, unknown
from nets.layer import DIMS

MOST_DIGITS: Final = 15
_PAIRS: Final = ("stride", "dilation")


def parse_layer(text: str) -> Layer:
    """The layer that ``text`` names.

    Raises:
        InputError: no such network, layer or dim, or a value that is no whole number.
    """
    if "=" in text:
        return _from_dims(text)
    network, colon, name = text.rpartition(":")
    if not colon:
        raise InputError("layer", text, "names no layer", f"write {text}:LAYER, or dims as in K=64,C=64,P=56,Q=56")
    layers = {layer.name: layer for layer in named_network(network).layers}
    if name not in layers:
        raise unknown(f"layer of {network}", name, layers)
    return layers[name]


def _from_dims(text: str) -> Layer:
    fields: dict[str, Any] = {}
    for word in text.split(","):
        key, _, value = (part.strip() for part in word.partition("="))
        if key not in (*DIMS, *_PAIRS):
            raise unknown("layer", key, (*DIMS, *_PAIRS))
        if key in fields:
            raise InputError(f"layer: {key}", text, "is given twice")
        if not (value.isascii() and value.isdecimal()) or len(value) > MOST_DIGITS:
            rule = f"must be a whole number of at least 1 and at most {MOST_DIGITS} digits"
            raise InputError(f"layer: {key}", value, rule)
        fields[key] = (int(value), int(value)) if key in _PAIRS else int(value)
    return Layer(name="layer", **fields)
