"""Convolutions and fully connected layers against their closed forms."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nets.blocks import (
    FeatureMap,
    conv,
    depthwise_conv,
    grouped_conv,
    linear,
    make_divisible,
    pointwise_conv,
)
from nets.consistency import check
from nets.errors import InputError
from nets.network import Network
from tests.nets.blocks.strategies import channels, entered, images, odd_kernels, strides


@given(x=images(), out=channels, kernel=odd_kernels, stride=strides, bias=st.booleans(), norm=st.booleans())
def test_conv(x: FeatureMap, out: int, kernel: int, stride: int, bias: bool, norm: bool) -> None:
    net, x = entered(x)
    y = conv(net, "conv", x, out, kernel=kernel, stride=stride, bias=bias, norm=norm)
    check(net)
    assert y == FeatureMap("conv", out, -(-x.height // stride), -(-x.width // stride), x.batch)
    assert net.macs == y.words * x.channels * kernel**2
    assert net.params == out * x.channels * kernel**2 + out * bias + 2 * out * norm


@given(x=images(multiple=4), out=st.integers(1, 10), kernel=odd_kernels, stride=strides)
def test_groups_divide_the_work(x: FeatureMap, out: int, kernel: int, stride: int) -> None:
    whole, parts = Network("whole"), Network("parts")
    conv(whole, "conv", x, 4 * out, kernel=kernel, stride=stride, norm=False)
    grouped_conv(parts, "conv", x, 4 * out, groups=4, kernel=kernel, stride=stride, norm=False)
    assert whole.macs == 4 * parts.macs
    assert whole.params == 4 * parts.params


@given(x=images(), out=channels, kernel=odd_kernels, stride=strides)
def test_depthwise_then_pointwise_factorise_a_conv(x: FeatureMap, out: int, kernel: int, stride: int) -> None:
    """Howard et al. 2017, section 3.1: the share of the MACs left is 1 / out + 1 / kernel^2."""
    whole, net = Network("whole"), Network("separable")
    conv(whole, "conv", x, out, kernel=kernel, stride=stride, norm=False)
    y = depthwise_conv(net, "depthwise", x, kernel=kernel, stride=stride, norm=False)
    pointwise_conv(net, "pointwise", y, out, norm=False)
    check(net)
    assert net.macs * out * kernel**2 == whole.macs * (kernel**2 + out)


@given(x=images(), out=channels)
def test_linear(x: FeatureMap, out: int) -> None:
    net, x = entered(x)
    y = linear(net, "fc", x.flat, out)
    check(net)
    assert y == FeatureMap("fc", out, 1, 1, x.batch)
    assert (net.macs, net.params) == (x.words * out, x.words // x.batch * out + out)


def test_a_plane_must_be_flattened_first() -> None:
    with pytest.raises(InputError, match=r"flatten it with \.flat or \.tokens"):
        linear(Network("test"), "fc", FeatureMap.image(8), 10)


def test_channels_must_divide_into_groups() -> None:
    with pytest.raises(InputError, match="must divide its 3 input channels"):
        grouped_conv(Network("test"), "conv", FeatureMap.image(8), 8, groups=2)


def test_rows_beyond_the_last_stride_are_not_read() -> None:
    net = Network("test")
    conv(net, "conv", FeatureMap.image(224), 64, kernel=7, stride=2)
    layer = net.layer("conv")
    assert layer.padding == (3, 2, 3, 2)
    assert (layer.input_height, layer.input_width) == (224, 224)
    conv(net, "side", FeatureMap.image(8), 4, kernel=1, stride=2)
    assert net.layer("side").input_height == 7


@given(value=st.floats(1, 4000), divisor=st.integers(1, 64))
def test_make_divisible_is_near_and_divides(value: float, divisor: int) -> None:
    rounded = make_divisible(value, divisor)
    assert rounded % divisor == 0
    assert rounded >= max(divisor, 0.9 * value)
    assume(value >= divisor)
    assert rounded - value <= divisor


@pytest.mark.parametrize(
    ("value", "rounded"), [(16 * 0.75, 16), (32 * 0.35, 16), (24 * 0.5, 16), (18, 24), (46, 48), (3, 8)]
)
def test_make_divisible_reference_values(value: float, rounded: int) -> None:
    assert make_divisible(value) == rounded
