"""Formats of numbers: texts, bits with scales, and layers and networks in them."""

from __future__ import annotations

import pytest

from nets import Layer, load_network
from nets.errors import InputError
from nets.number_formats import Format, NumberFormats


@pytest.mark.parametrize(
    ("text", "weights", "activations"),
    [
        ("w8a8", Format(8), 8),
        ("w4a16", Format(4), 16),
        ("w4g128a16", Format(4, 128, 16), 16),
        ("w4g32za16", Format(4, 32, 16, 4), 16),
    ],
)
def test_texts(text: str, weights: Format, activations: int) -> None:
    assert NumberFormats.parse(text) == NumberFormats(weights, activations)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "w4",
        "a16",
        "w4a",
        "w0a8",
        "w4a33",
        "w4g0a16",
        "w4za16",
        "W4A16",
        "w4a16 ",
        "w" + "9" * 99,
        "w4a16kv0",
        "w4a16kv33",
        "w4a16kv",
        "w4a16kv4g0",
        "w4a16kv4z",
        "w4kv8",
        "kv8",
    ],
)
def test_what_is_no_format(text: str) -> None:
    with pytest.raises(InputError, match=r"^--precision: .*(must be|is no format|groups of no)"):
        NumberFormats.parse(text)


def test_keys_and_values_have_their_own_width() -> None:
    formats = NumberFormats.parse("w4g128a16kv8")
    assert (formats.weights, formats.activations, formats.kept) == (Format(4, 128, 16), 16, Format(8))
    assert NumberFormats.parse("w4a16").kept == Format(16)
    assert NumberFormats.parse("w4a16kv4g64").kept == Format(4, 64, 16)
    assert NumberFormats.parse("w4a16kv4g64z").kept.bits_in_groups == 4 + 20 / 64
    assert NumberFormats.parse("w4a8kv16").multiplied == 16
    assert str(formats).startswith(
        "weights 4 bits, a scale for 128, activations 16, keys and values 8 bits; multiplied at 16"
    )


def test_floating_point() -> None:
    half = NumberFormats.parse("w4g128afp16kv8")
    assert (half.weights, half.activations, half.kept, half.floating) == (Format(4, 128, 16), 16, Format(8), True)
    assert NumberFormats.parse("fp16") == NumberFormats(Format(16), 16, None, floating=True)
    assert "in floating point" in str(half)
    assert not NumberFormats.parse("w4a16").floating


@pytest.mark.parametrize(("text", "bits", "exponent"), [("bf16", 16, 8), ("e4m3", 8, 4), ("w4ae5m2", 8, 5)])
def test_floating_point_of_other_kinds(text: str, bits: int, exponent: int) -> None:
    formats = NumberFormats.parse(text)
    assert (formats.activations, formats.exponent, formats.sums, formats.floating) == (bits, exponent, 32, True)


@pytest.mark.parametrize("text", ["bf8", "w4abf32", "fp8", "w4afp8", "fp64", "e3m4"])
def test_floating_point_without_sourced_figures_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"no sourced energy and area; floating point is fp16, fp32, bf16, e4m3, e5m2"):
        NumberFormats.parse(text)


@pytest.mark.parametrize("text", ["wfp16a16", "wfp16a8", "w4a16kvfp16"])
def test_floating_point_takes_floating_activations(text: str) -> None:
    with pytest.raises(InputError, match="without activations in floating point"):
        NumberFormats.parse(text)


def test_who_keeps_no_keys_and_values_is_told_so() -> None:
    formats = NumberFormats.parse("w8a8kv4")
    for name in ("squeezenet1_1", "vit_b_16"):
        with pytest.raises(InputError, match=f"network '{name}': 'kv4' is of keys and values"):
            load_network(name).in_formats(formats)
    assert load_network("gpt2_decode", 32).in_formats(formats)


def test_bits_with_scales() -> None:
    assert Format(4, 128, 16).bits_each(7, 1024) == 4.125
    assert Format(4, 128, 16, 4).bits_each(7, 1024) == 4.15625
    assert Format(8, scale_bits=16).bits_of(10, 100) == 8 * 1000 + 160
    assert Format(4, 128, 16).bits_of(1, 129) == 129 * 4 + 2 * 16  # the last group is smaller
    assert Format(4).bits_each(3, 5) == 4
    assert isinstance(Format(4).bits_each(3, 5), int)


def test_a_layer_in_formats() -> None:
    conv = Layer(name="c", K=8, C=32, P=4, Q=4, R=3, S=3).in_formats(NumberFormats.parse("w4g32a16"))
    assert (conv.weight_bits, conv.input_bits, conv.output_bits, conv.psum_bits) == (4.5, 16, 16, 32)
    product = Layer(name="p", kind="matmul", K=8, C=32, P=4, dynamic_weights=True)
    assert product.in_formats(NumberFormats.parse("w4a8")).weight_bits == 8
    assert product.in_formats(NumberFormats.parse("w4a8")).psum_bits == 24


def test_a_network_in_formats() -> None:
    network = load_network("gpt2_decode", 32)
    other = network.in_formats(NumberFormats.parse("w4a16"))
    assert [layer.bounds for layer in other.layers] == [layer.bounds for layer in network.layers]
    assert {layer.weight_bits for layer in other.mac_layers if not layer.dynamic_weights} == {4}
    assert {layer.weight_bits for layer in other.mac_layers if layer.dynamic_weights} == {16}
