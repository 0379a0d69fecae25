"""Formats of single layers: which layers have them, and how wide what they hand to each other is."""

from __future__ import annotations

import re

import pytest

from nets.errors import InputError
from nets.layer import Layer
from nets.layer_formats import LayerFormats
from nets.network import Network
from nets.number_formats import NumberFormats

WIDE = NumberFormats.parse("w16a16")


def network() -> Network:
    """A layer that two read, which a third adds up; and a product of what two of them made."""
    forked = Network("forked")
    forked.add(Layer(name="stem", K=8, C=3, P=4, Q=4))
    forked.add(Layer(name="a.left", K=8, C=8, P=4, Q=4), ["stem"])
    forked.add(Layer(name="a.right", K=8, C=8, P=4, Q=4), ["stem"])
    forked.add(Layer(name="add", kind="eltwise", K=8, P=4, Q=4, operands=2), ["a.left", "a.right"])
    forked.add(Layer(name="scores", kind="matmul", K=16, C=8, P=16, dynamic_weights=True), ["a.left", "a.right"])
    return forked.in_formats(WIDE)


def bits(*texts: str) -> dict[str, tuple[float, int, int]]:
    """Of weights, inputs and outputs of each layer."""
    mixed = LayerFormats.parse(texts).applied(network())
    return {layer.name: (layer.weight_bits, layer.input_bits, layer.output_bits) for layer in mixed.layers}


def test_nothing_changes_where_formats_are_those_of_the_network() -> None:
    assert bits("*=w16a16") == bits() == dict.fromkeys((layer.name for layer in network().layers), (16, 16, 16))


def test_a_tensor_is_as_wide_as_its_widest_reader_asks() -> None:
    # Both readers of the stem ask for 8 bits; what they write is read at 16.
    assert bits("a.*=w8a8") == {
        "stem": (16, 16, 8), "a.left": (8, 8, 16), "a.right": (8, 8, 16), "add": (16, 16, 16), "scores": (16, 16, 16)
    }  # fmt: skip
    one = bits("a.left=w8a8")
    assert one["stem"] == (16, 16, 16)  # the other reader asks for 16
    assert one["a.left"] == (8, 16, 16)
    product = bits("scores=w8a8", "add=w8a8")
    assert product["a.left"] == product["a.right"] == (16, 16, 8)
    assert product["scores"] == (8, 8, 8)  # both of its operands are activations


def test_the_last_that_fits_counts_and_scales_take_their_share() -> None:
    found = bits("a.*=w8a16", "a.left=w4g4a16")
    assert found["a.left"] == (4 + 16 / 4, 16, 16)
    assert found["a.right"] == (8, 16, 16)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("w8a8", "names no layers and their format"),
        ("=w8a8", "names no layers and their format"),
        ("stem=w8", "is no format of weights and activations"),
        ("stem=w8a8kv8", "are those of the whole network"),
        ("stem=fp16", "are those of the whole network"),
        ("b.*=w8a8", "fits no layer of forked"),
        ("stem=w32a16", "is wider than weights of 16 and inputs of 16 bits, as it has"),
        ("stem=w16a32", "is wider than weights of 16 and inputs of 16 bits, as it has"),
    ],
)
def test_what_is_refused(text: str, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        bits(text) if "32" not in text else LayerFormats.parse([text]).require(16, 16, "it")
