"""Attention and the two ends of a transformer, against closed forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nets.blocks import (
    FeatureMap,
    add_positions,
    class_token,
    embedding,
    self_attention,
    take_tokens,
    transformer_block,
)
from nets.consistency import check
from nets.errors import InputError
from nets.network import Network
from tests.nets.blocks.strategies import entered


@st.composite
def sequences(draw: st.DrawFn) -> tuple[FeatureMap, int]:
    """A sequence and a number of heads that divides its channels."""
    heads = draw(st.integers(1, 6))
    channels = heads * draw(st.integers(1, 16))
    return FeatureMap.sequence(draw(st.integers(1, 50)), channels=channels, batch=draw(st.integers(1, 3))), heads


@given(case=sequences())
def test_self_attention(case: tuple[FeatureMap, int]) -> None:
    net, x = entered(case[0])
    y = self_attention(net, "mhsa", x, heads=case[1])
    check(net)
    tokens, width = x.height, x.channels
    assert (y.channels, y.height, y.batch) == (width, tokens, x.batch)
    assert net.macs == x.batch * (4 * tokens * width**2 + 2 * tokens**2 * width)
    assert net.params == 4 * (width**2 + width)


@given(case=sequences(), hidden=st.integers(1, 100), norm_first=st.booleans())
def test_transformer_block(case: tuple[FeatureMap, int], hidden: int, norm_first: bool) -> None:
    net, x = entered(case[0])
    transformer_block(net, "block", x, heads=case[1], hidden=hidden, norm_first=norm_first)
    check(net)
    tokens, width = x.height, x.channels
    attention, mlp = 4 * tokens * width**2 + 2 * tokens**2 * width, 2 * tokens * width * hidden
    assert net.macs == x.batch * (attention + mlp)
    assert net.params == 4 * (width**2 + width) + 2 * width * hidden + hidden + width + 2 * 2 * width


@given(case=sequences())
def test_every_sequence_has_its_own_keys(case: tuple[FeatureMap, int]) -> None:
    net, x = entered(case[0])
    self_attention(net, "mhsa", x, heads=case[1])
    product = net.layer("mhsa.qk")
    assert product.bounds[:2] == (1, x.batch * case[1])
    assert (product.weight_words, product.input_words, product.params) == (x.words, x.words, 0)
    assert net.inputs("mhsa.qk") == ("mhsa.query", "mhsa.key")


@given(case=sequences())
def test_tokens_are_placed_and_picked(case: tuple[FeatureMap, int]) -> None:
    net, x = entered(case[0])
    y = add_positions(net, "positions", class_token(net, "class", x))
    assert (y.height, net.params) == (x.height + 1, x.channels * (1 + x.height + 1))
    assert take_tokens(net, "first", y, 1).words == x.batch * x.channels
    check(net)


def test_embedding_looks_up_a_row_of_each_table() -> None:
    net = Network("test")
    y = embedding(net, "embedding", FeatureMap.sequence(7), 12, tables=(100, 20, 2))
    assert (y.channels, y.height, net.params, net.macs) == (12, 7, 12 * 122, 0)
    assert net.layer("embedding").input_words == 3 * 7 * 12


def test_what_does_not_fit_is_refused() -> None:
    net, x = entered(FeatureMap.sequence(4, channels=10))
    with pytest.raises(InputError, match="must divide its 10 channels"):
        self_attention(net, "mhsa", x, heads=3)
    with pytest.raises(InputError, match="must be 1 to 4"):
        take_tokens(net, "take", x, 5)
