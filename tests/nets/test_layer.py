"""What a layer derives from its loop bounds, and what it refuses."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nets import Layer
from nets.errors import InputError

bounds = st.integers(1, 9)


@given(N=bounds, G=bounds, K=bounds, C=bounds, P=bounds, Q=bounds, R=bounds, S=bounds)
def test_words_and_macs_count_the_loop_nest(**dims: int) -> None:
    layer = Layer(name="conv", stride=(2, 1), dilation=(1, 2), **dims)
    rows = {p * 2 + r for p in (0, layer.P - 1) for r in (0, layer.R - 1)}
    columns = {q + 2 * s for q in (0, layer.Q - 1) for s in (0, layer.S - 1)}
    assert (layer.padded_height, layer.padded_width) == (max(rows) + 1, max(columns) + 1)
    assert layer.macs == layer.output_words * layer.C * layer.R * layer.S
    assert layer.macs == layer.weight_words * layer.N * layer.P * layer.Q
    assert layer.input_words == layer.N * layer.G * layer.C * layer.padded_height * layer.padded_width


def test_padding_is_not_read_from_memory() -> None:
    layer = Layer(name="conv", P=8, Q=8, R=3, S=3, padding=(1, 1, 1, 1))
    assert layer.input_words == 64


def test_vector_layers_have_no_macs_and_no_weights() -> None:
    layer = Layer(name="pool", kind="pool", G=8, P=4, Q=4, R=2, S=2, stride=(2, 2))
    assert (layer.macs, layer.weight_words, layer.params, layer.input_words) == (0, 0, 0, 8 * 64)


def test_dynamic_weights_are_no_parameters() -> None:
    layer = Layer(name="qk", kind="matmul", G=12, P=197, C=64, K=197, dynamic_weights=True)
    assert (layer.params, layer.weight_words) == (0, 12 * 197 * 64)


def test_the_shape_ignores_name_activation_and_extra_parameters() -> None:
    one = Layer(name="a", K=4, extra_params=8, activation="relu")
    assert one.shape_key == Layer(name="b", K=4).shape_key
    assert one.shape_key != Layer(name="b", K=4, stride=(2, 2)).shape_key
    assert one.shape_key != Layer(name="b", K=4, weight_bits=4).shape_key
    assert hash(one.shape_key) == hash(Layer(name="b", K=4).shape_key)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"K": 0}, "K: 0 must be a whole number of at least 1"),
        ({"P": 2.0}, "P: 2.0 must be a whole number"),
        ({"C": True}, "C: True must be a whole number"),
        ({"stride": (1, 0)}, "stride"),
        ({"dilation": (0, 1)}, "dilation"),
        ({"padding": (0, -1, 0, 0)}, "padding"),
        ({"padding": (1, 1, 0, 0)}, "leaves no input"),
        ({"extra_params": -1}, "extra_params"),
        ({"input_bits": 0}, "input_bits"),
        ({"kind": "conv2d"}, "did you mean 'conv'"),
        ({"activation": "relu7"}, "did you mean 'relu"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Layer(name="bad", **changes)
