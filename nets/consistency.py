"""Checks that the layers of a network fit each other: what one writes is what the next one reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.errors import InputError
from nets.layer import Layer

if TYPE_CHECKING:
    from nets.network import Network


def check(network: Network) -> None:
    """Compare every layer's inputs with the outputs of the layers it reads.

    * Convolution and pooling: same batch, same channels; the plane is read whole, but for the rows and columns that a
      last stride does not reach.
    * Matmul: the words of all inputs together are the same, in whatever shape; a second activation takes the place of
      the weights, which may have been kept from before (a cache, a table used twice).
    * Addition, scale, softmax, norm: as many words as the output; an operand may also be one word per channel, or
      learned. Norms may join several inputs.
    * Movement: no word comes from nowhere; it copies, crops, joins, repeats pixels or adds learned words.

    Raises:
        InputError: names the first layer that does not fit, and what it was given.
    """
    for layer in network.layers:
        sources = [network.layer(name) for name in network.inputs(layer.name)]
        if sources and not _fits(layer, sources):
            given = ", ".join(f"{source.name} {_shape(source)}" for source in sources)
            raise InputError(f"network {network.name!r}: layer {layer.name!r}", given, "is not what the layer reads")


def _fits(layer: Layer, sources: list[Layer]) -> bool:
    words = [source.output_words for source in sources]
    match layer.kind:
        case "conv" | "pool":
            return len(sources) == 1 and _sweeps(layer, sources[0])
        case "matmul" if layer.dynamic_weights:
            return words in ([layer.input_words, layer.weight_words], [layer.input_words])
        case "matmul":
            return sum(words) == layer.input_words
        case "norm":
            return sum(words) == layer.output_words
        case "movement":
            available = sum(words)
            learned = layer.extra_params * layer.N
            channels = sum(source.G * source.K for source in sources)
            return channels == layer.G or layer.output_words <= available + learned
        case _:
            return _operands_fit(layer, words)


def _operands_fit(layer: Layer, words: list[int]) -> bool:
    """As many whole operands as the layer says, counting a learned one; the others hold one word per channel."""
    per_channel = layer.N * layer.G
    whole = words.count(layer.output_words)
    spare = whole + (layer.extra_params > 0) - layer.operands
    return all(count in (layer.output_words, per_channel) for count in words) and (
        spare == 0 or (spare > 0 and layer.output_words == per_channel)
    )


def _sweeps(layer: Layer, source: Layer) -> bool:
    batch, channels, height, width = _shape(source)
    unread = (height - layer.input_height, width - layer.input_width)
    return (
        (batch, channels) == (layer.N, layer.G * layer.C)
        and 0 <= unread[0] < layer.stride[0]
        and 0 <= unread[1] < layer.stride[1]
    )


def _shape(layer: Layer) -> tuple[int, int, int, int]:
    """(batch, channels, rows, columns) of the output."""
    return (layer.N, layer.G * layer.K, layer.P, layer.Q)
