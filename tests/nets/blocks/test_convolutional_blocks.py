"""Residual, mobile and shuffle blocks against formulas worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nets.blocks import (
    FeatureMap,
    basic_block,
    bottleneck,
    conv,
    depthwise_separable,
    inverted_bottleneck,
    resnext_block,
    shuffle_split_unit,
    shuffle_unit,
    squeeze_excite,
    take_channels,
)
from nets.consistency import check
from nets.errors import InputError
from nets.network import Network
from tests.nets.blocks.strategies import channels, entered, images, odd_kernels

strides = st.integers(1, 2)


@given(x=images(), out=channels, stride=strides)
def test_basic_block(x: FeatureMap, out: int, stride: int) -> None:
    net, x = entered(x)
    y = basic_block(net, "block", x, out, stride=stride)
    check(net)
    around = stride > 1 or out != x.channels
    assert net.macs == y.words * (9 * x.channels + 9 * out + x.channels * around)
    assert net.params == out * (9 * x.channels + 9 * out + x.channels * around) + 2 * out * (2 + around)


@given(x=images(), mid=st.integers(1, 8), groups=st.integers(1, 4), out=channels, stride=strides)
def test_bottleneck(x: FeatureMap, mid: int, groups: int, out: int, stride: int) -> None:
    net, x = entered(x)
    y = resnext_block(net, "block", x, out, groups=groups, group_width=mid, stride=stride)
    check(net)
    around, wide, plane = stride > 1 or out != x.channels, mid * groups, y.words // out
    assert net.macs == x.words * wide + plane * (9 * mid * wide + wide * out + x.channels * out * around)
    weights = x.channels * wide + 9 * mid * wide + wide * out + x.channels * out * around
    assert net.params == weights + 2 * (2 * wide + out + out * around)


@given(x=images(smallest=2), mid=channels, out=channels)
def test_the_pooled_shortcut_costs_the_same_macs(x: FeatureMap, mid: int, out: int) -> None:
    plain, pooled = Network("plain"), Network("pooled")
    bottleneck(plain, "block", x, out, mid_channels=mid, stride=2)
    y = bottleneck(pooled, "block", x, out, mid_channels=mid, stride=2, downsample="avgpool")
    check(pooled)
    assert y.plane == (-(-x.height // 2), -(-x.width // 2))
    assert (plain.macs, plain.params) == (pooled.macs, pooled.params)


def test_a_bottleneck_of_2048_channels_is_eight_and_a_half_times_cheaper() -> None:
    x = FeatureMap(None, 2048, 7, 7)
    whole, net = Network("whole"), Network("bottleneck")
    conv(whole, "conv", x, 2048, kernel=3)
    bottleneck(net, "block", x, 2048, mid_channels=512)
    assert whole.macs / net.macs == pytest.approx(8.47, abs=0.005)


@given(x=images(), out=channels, kernel=odd_kernels, stride=strides)
def test_depthwise_separable(x: FeatureMap, out: int, kernel: int, stride: int) -> None:
    net, x = entered(x)
    y = depthwise_separable(net, "block", x, out, kernel=kernel, stride=stride)
    check(net)
    assert net.macs == y.words // out * x.channels * (kernel**2 + out)
    assert net.params == x.channels * (kernel**2 + 2 + out) + 2 * out


@given(
    x=images(),
    mid=channels,
    out=channels,
    kernel=odd_kernels,
    stride=strides,
    squeeze=st.none() | st.integers(1, 10),
    same=st.booleans(),
)
def test_inverted_bottleneck(
    x: FeatureMap, mid: int, out: int, kernel: int, stride: int, squeeze: int | None, same: bool
) -> None:
    net, x = entered(x)
    mid, out = (x.channels, x.channels) if same else (mid, out)
    y = inverted_bottleneck(
        net, "block", x, out, mid_channels=mid, kernel=kernel, stride=stride, squeeze_channels=squeeze
    )
    check(net)
    expand, plane = mid != x.channels, y.words // out
    gate_macs = 0 if squeeze is None else 2 * mid * squeeze * x.batch
    gate_params = 0 if squeeze is None else 2 * mid * squeeze + squeeze + mid
    assert net.macs == x.words * mid * expand + plane * mid * (kernel**2 + out) + gate_macs
    assert net.params == (x.channels + 2) * mid * expand + mid * (kernel**2 + 2 + out) + 2 * out + gate_params
    assert ("block.add" in net.graph) == (stride == 1 and out == x.channels)


def test_the_shortcut_and_the_expansion_can_be_chosen() -> None:
    net, x = entered(FeatureMap(None, 16, 8, 8))
    y = inverted_bottleneck(net, "bare", x, 16, mid_channels=16, skip=False)
    assert y.layer == "bare.project"
    inverted_bottleneck(net, "wide", y, 16, mid_channels=16, expand=True)
    assert net.layer("wide.expand").K == 16
    with pytest.raises(InputError, match="skip"):
        inverted_bottleneck(net, "bad", y, 24, mid_channels=16, skip=True)
    with pytest.raises(InputError, match="must be 16 without expansion"):
        inverted_bottleneck(net, "bad", y, 16, mid_channels=32, expand=False)


def test_activations_label_the_layers_and_cost_nothing() -> None:
    nets = []
    for activation in ("relu", "h_swish"):
        net, x = entered(FeatureMap(None, 16, 8, 8))
        inverted_bottleneck(net, "block", x, 24, mid_channels=64, squeeze_channels=16, activation=activation)
        nets.append(net)
    assert nets[0].layer("block.depthwise").activation == "relu"
    assert nets[1].layer("block.depthwise").activation == "h_swish"
    assert nets[1].layer("block.se.expand").activation == "h_sigmoid"
    assert nets[1].layer("block.project").activation is None
    assert [layer.shape_key for layer in nets[0].layers] == [layer.shape_key for layer in nets[1].layers]


@given(x=images(), squeeze=channels)
def test_squeeze_excite_reads_its_input_twice(x: FeatureMap, squeeze: int) -> None:
    net, x = entered(x)
    squeeze_excite(net, "se", x, squeeze)
    check(net)
    assert net.macs == 2 * x.batch * x.channels * squeeze
    assert net.layer("se.pool").input_words == net.layer("se.scale").input_words == x.words


@given(x=images(multiple=12), groups=st.sampled_from([1, 3]), stride=strides)
def test_shuffle_unit(x: FeatureMap, groups: int, stride: int) -> None:
    net, x = entered(x)
    out = x.channels * stride
    y = shuffle_unit(net, "unit", x, out, groups=groups, stride=stride)
    check(net)
    mid, made, plane = out // 4, out - x.channels * (stride > 1), y.words // out
    assert (y.channels, y.plane) == (out, (-(-x.height // stride), -(-x.width // stride)))
    assert net.macs == x.words * mid // groups + plane * mid * (9 + made // groups)
    assert net.params == mid * (x.channels // groups + 9 + made // groups) + 2 * (2 * mid + made)


def test_shuffle_unit_refuses_channels_that_do_not_fit() -> None:
    net, x = entered(FeatureMap(None, 24, 8, 8))
    with pytest.raises(InputError, match="must be 24 at stride 1"):
        shuffle_unit(net, "unit", x, 48, groups=3)
    with pytest.raises(InputError, match="more at 2"):
        shuffle_unit(net, "unit", x, 24, groups=3, stride=2)


@given(x=images(multiple=2), half=st.integers(1, 20))
def test_shuffle_split_unit(x: FeatureMap, half: int) -> None:
    net, x = entered(x)
    halves = shuffle_split_unit(net, "down", (x,), 2 * half, stride=2)
    down, plane = net.macs, halves[0].words // half
    assert down == x.words * half + plane * half * (9 + half) + plane * x.channels * (9 + half)
    (y,) = shuffle_split_unit(net, "unit", halves, 2 * half, split=False)
    check(net)
    assert net.macs - down == plane * half * (half + 9 + half)
    assert y.channels == 2 * half
    # joining, shuffling and splitting copy every word once
    moved = [layer.input_words for layer in net.layers if layer.name.startswith("down.shuffle")]
    assert sum(moved) == 2 * plane * half


def test_shuffle_split_unit_refuses_the_wrong_parts() -> None:
    net, x = entered(FeatureMap(None, 24, 8, 8))
    with pytest.raises(InputError, match="must be 2 halves at stride 1"):
        shuffle_split_unit(net, "unit", (x,), 24)
    with pytest.raises(InputError, match="must be even"):
        shuffle_split_unit(net, "unit", (x,), 25, stride=2)
    half = take_channels(net, "half", 12, x)
    with pytest.raises(InputError, match="the whole input at 2"):
        shuffle_split_unit(net, "unit", (half, half), 24, stride=2)
