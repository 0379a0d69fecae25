"""Number formats of single layers, as a person gives them: ``fire9.*=w4a8``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

from nets.errors import InputError, nearest
from nets.layer import Layer
from nets.network import Network
from nets.number_formats import NumberFormats

OPTION: Final = "--layer-precision"


@dataclass(frozen=True, slots=True)
class LayerFormats:
    """Which layers have formats of their own.

    Attributes:
        texts: as they were given, ``PATTERN=FORMAT``.
        formats: by pattern of names (``*`` stands for any letters); of several that a name fits the last counts.
    """

    texts: tuple[str, ...]
    formats: tuple[tuple[str, NumberFormats], ...]

    @classmethod
    def parse(cls, texts: Sequence[str]) -> LayerFormats:
        """Read ``PATTERN=FORMAT``, formats as :meth:`NumberFormats.parse` does.

        Raises:
            InputError: a text says something else, or a format that is one of whole networks.
        """
        found = []
        for text in texts:
            pattern, equals, words = text.rpartition("=")
            if not equals or not pattern:
                raise InputError(OPTION, text, "names no layers and their format", "write e.g. 'fire9.*=w4a8'")
            formats = NumberFormats.parse(words)
            if formats.cache is not None or formats.floating:
                rule = "has keys and values, or floating point, which are those of the whole network"
                raise InputError(OPTION, text, rule, "give them as --precision")
            found.append((pattern, formats))
        return cls(tuple(texts), tuple(found))

    def require(self, weights: int, activations: int, machine: str) -> None:
        """Refuse operands that are wider than those that a machine multiplies.

        Raises:
            InputError: some are.
        """
        for text, (_, formats) in zip(self.texts, self.formats):
            if formats.weights.bits > weights or formats.activations > activations:
                rule = f"is wider than weights of {weights} and inputs of {activations} bits, as {machine} has"
                raise InputError(OPTION, text, rule, "give --precision, as in w8a16")

    def applied(self, network: Network) -> Network:
        """A network with these formats.

        What a layer writes is as wide as the widest of its readers asks, and that is what all of them read: a tensor
        has one width.

        Raises:
            InputError: a pattern fits no layer.
        """
        layers = {layer.name: layer for layer in network.layers}
        for text, (pattern, _) in zip(self.texts, self.formats):
            if not any(fnmatchcase(name, pattern) for name in layers):
                raise InputError(OPTION, text, f"fits no layer of {network.name}", nearest(pattern, layers))
        own = agreed({name: (self._own(layer), network.inputs(name)) for name, layer in layers.items()})
        return network.changed(lambda layer: own[layer.name])

    def _own(self, layer: Layer) -> Layer:
        """A layer in the last of the formats that its name fits."""
        formats = [formats for pattern, formats in self.formats if fnmatchcase(layer.name, pattern)]
        return layer.in_formats(formats[-1]) if formats else layer

    def __str__(self) -> str:
        return "but for " + ", ".join(self.texts)


def agreed(asked: Mapping[str, tuple[Layer, Sequence[str]]]) -> dict[str, Layer]:
    """Layers whose tensors have one width each: that which the widest of the readers asks.

    Args:
        asked: by name each layer as it asks, and those that it reads.
    """
    readers: dict[str, list[Layer]] = {name: [] for name in asked}
    for layer, sources in asked.values():
        for source in sources:
            readers[source].append(layer)
    written = {
        name: max((reader.input_bits for reader in readers[name]), default=layer.output_bits)
        for name, (layer, _) in asked.items()
    }
    return {name: _with_widths(layer, sources, written) for name, (layer, sources) in asked.items()}


def _with_widths(layer: Layer, sources: Sequence[str], written: Mapping[str, int | float]) -> Layer:
    """A layer that reads and writes tensors as wide as they are; keys and values stay as wide as they are kept."""
    read = max((math.ceil(written[source]) for source in sources), default=layer.input_bits)
    weight = read if layer.dynamic_weights and layer.cached != "W" else layer.weight_bits
    output = layer.output_bits if layer.cached == "O" else written[layer.name]
    return replace(layer, weight_bits=weight, input_bits=read, output_bits=output)
