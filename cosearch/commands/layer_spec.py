"""A layer as a person names it: ``resnet50:stem`` of a network, or dims as in ``K=64,C=64,P=56,R=3``."""

from __future__ import annotations

from typing import Any, Final

from nets import Layer, named_network
from nets.documents.grammar import read_pairs
from nets.errors import InputError, unknown
from nets.layer import DIMS

_STEPS: Final = ("stride", "dilation")
"""The same along rows and columns."""


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
    pairs = read_pairs(text, "layer", known=(*DIMS, *_STEPS), of="size", example="K=64,C=64,P=56,Q=56")
    sizes = {name: value.count(f"layer: {name}") for name, value in pairs.items()}
    fields: dict[str, Any] = {name: (size, size) if name in _STEPS else size for name, size in sizes.items()}
    return Layer(name="layer", **fields)
