"""Layers that only move data: what they read and write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nets.blocks import (
    FeatureMap,
    adaptive_pool,
    add,
    channel_shuffle,
    concat,
    depth_to_space,
    global_pool,
    take_channels,
    transposed_conv,
    upsample,
)
from nets.consistency import check
from nets.errors import InputError
from nets.network import Network
from tests.nets.blocks.strategies import channels, entered, images


@given(x=images(smallest=2), size=st.integers(1, 7))
def test_adaptive_pool_reads_every_word(x: FeatureMap, size: int) -> None:
    net, x = entered(x)
    y = adaptive_pool(net, "pool", x, size)
    check(net)
    assert y.plane == (size, size)
    if min(x.plane) >= size and x.plane != (size, size):
        assert net.layer("pool").input_words == x.words


@given(x=images())
def test_global_pool_leaves_one_pixel(x: FeatureMap) -> None:
    net, x = entered(x)
    assert global_pool(net, "pool", x) == FeatureMap("pool", x.channels, 1, 1, x.batch)
    assert (net.layer("pool").input_words, net.macs, net.params) == (x.words, 0, 0)


@given(x=images(), terms=st.integers(2, 4))
def test_add_reads_every_term(x: FeatureMap, terms: int) -> None:
    net, x = entered(x)
    add(net, "add", *(channel_shuffle(net, f"copy{index}", x, 1) for index in range(terms)))
    check(net)
    assert net.layer("add").input_words == terms * x.words


@given(x=images(), factor=st.integers(1, 3))
def test_concat_and_take_channels_copy_once(x: FeatureMap, factor: int) -> None:
    net, x = entered(x)
    y = concat(net, "concat", *[x] * factor)
    z = take_channels(net, "take", x.channels, y)
    check(net)
    assert (y.channels, net.layer("concat").input_words) == (factor * x.channels, factor * x.words)
    assert (z.words, net.layer("take").input_words) == (x.words, x.words)


@given(x=images(multiple=4))
def test_depth_to_space_keeps_the_words(x: FeatureMap) -> None:
    net, x = entered(x)
    y = depth_to_space(net, "spread", x, 2)
    check(net)
    assert (y.words, y.plane) == (x.words, (2 * x.height, 2 * x.width))
    assert upsample(net, "upsample", y, 3).words == 9 * y.words
    check(net)


@given(x=images(), out=channels, factor=st.integers(1, 3))
def test_transposed_conv(x: FeatureMap, out: int, factor: int) -> None:
    net, x = entered(x)
    y = transposed_conv(net, "up", x, out, factor=factor)
    check(net)
    assert (y.channels, y.plane) == (out, (factor * x.height, factor * x.width))
    assert net.macs == y.words * x.channels
    assert net.params == out * (x.channels * factor**2 + 1)


def test_terms_of_different_shape_are_refused() -> None:
    net = Network("test")
    with pytest.raises(InputError, match="does not have the shape"):
        add(net, "add", FeatureMap.image(8), FeatureMap.image(9))
    with pytest.raises(InputError, match="at least 2"):
        add(net, "add", FeatureMap.image(8))
    with pytest.raises(InputError, match="must divide its 3 channels"):
        channel_shuffle(net, "shuffle", FeatureMap.image(8), 2)
    with pytest.raises(InputError, match="must be 1 to 3"):
        take_channels(net, "take", 4, FeatureMap.image(8))
