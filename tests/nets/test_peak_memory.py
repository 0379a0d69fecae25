"""Memory alive at once, on networks small enough to follow by hand."""

import networkx as nx
import pytest

from nets import Layer, Network, list_networks, load_network
from nets.blocks import FeatureMap, add, conv, depthwise_conv, inverted_bottleneck
from nets.peak_memory import Piece, Sram, joined_sram, peak_activation_words, peak_conv_words, sram_of


def test_a_chain_needs_its_largest_neighbours() -> None:
    net = Network("chain")
    x = FeatureMap(None, 2, 10, 10)
    for index, channels in enumerate((8, 3, 1)):
        x = conv(net, f"conv{index}", x, channels)
    assert peak_activation_words(net) == 100 * (8 + 3)


def test_a_shortcut_stays_alive() -> None:
    net = Network("shortcut")
    x = conv(net, "stem", FeatureMap(None, 3, 10, 10), 4)
    y = conv(net, "wide", x, 16)
    y = conv(net, "narrow", y, 4)
    add(net, "add", y, x)
    assert peak_activation_words(net) == 100 * (16 + 4 + 4)


def test_the_input_stays_alive_for_its_last_reader() -> None:
    net = Network("two readers")
    image = FeatureMap(None, 5, 10, 10)
    y = conv(net, "first", image, 4)
    y = conv(net, "second", y, 4)
    z = conv(net, "third", image, 4)
    add(net, "add", y, z)
    assert peak_activation_words(net) == 100 * (5 + 4 + 4)


def test_an_unread_output_is_alive_only_while_it_is_written() -> None:
    net = Network("loose end")
    x = conv(net, "stem", FeatureMap(None, 1, 10, 10), 2)
    conv(net, "loose", x, 9)
    conv(net, "last", x, 3)
    assert peak_activation_words(net) == 100 * (2 + 9)


def test_an_empty_network_needs_nothing() -> None:
    assert peak_activation_words(Network("empty")) == 0


@pytest.mark.parametrize(
    "name", ["densenet121", "googlenet", "mobilenet_v3_large", "shufflenet_v2_x1_0", "unet", "vit_b_16"]
)
def test_agrees_with_reachability_in_the_graph(name: str) -> None:
    """The slow way: a tensor is alive while a layer runs if it is older and some layer from this one on reads it."""
    network = load_network(name)
    layers = network.layers
    position = {layer.name: step for step, layer in enumerate(layers)}
    peak = 0
    for step, layer in enumerate(layers):
        alive = [
            older for older in layers[:step] if any(position[to] >= step for to in network.graph.successors(older.name))
        ]
        image = layers[0].input_words if step == 0 else 0
        peak = max(peak, image + layer.output_words + sum(older.output_words for older in alive))
    assert network.peak_memory_words == peak


@pytest.mark.parametrize("name", list_networks())
def test_never_below_any_layers_own_tensors(name: str) -> None:
    network = load_network(name)
    assert nx.is_directed_acyclic_graph(network.graph)
    assert network.peak_memory_words >= max(layer.output_words for layer in network.layers)


def test_convolutions_with_their_weights() -> None:
    net = Network("block")
    x = conv(net, "stem", FeatureMap(None, 3, 10, 10), 8)
    x = inverted_bottleneck(net, "block", x, 8, mid_channels=48, kernel=5)
    conv(net, "head", x, 1000)
    depthwise = 100 * (48 + 48 + 8) + 48 * 25  # input, output, what the shortcut keeps, weights
    assert peak_conv_words(net, leave_out=("head",)) == depthwise
    assert peak_conv_words(net) == 100 * (8 + 1000) + 8 * 1000


def test_without_a_shortcut_nothing_more_is_kept() -> None:
    net = Network("block")
    x = conv(net, "stem", FeatureMap(None, 3, 10, 10), 8)
    depthwise_conv(net, "depthwise", x)
    assert peak_conv_words(net) == 100 * (8 + 8) + 8 * 9
    assert peak_conv_words(Network("empty")) == 0
    lonely = Network("no convolution")
    lonely.add(Layer(name="fc", kind="matmul", K=10, C=10))
    assert peak_conv_words(lonely) == 0


def test_a_piece_keeps_what_it_reads_for_its_shortcut() -> None:
    """By itself, a block takes what it takes inside a network."""
    net = Network("block")
    x = conv(net, "stem", FeatureMap(None, 3, 10, 10), 8)
    inverted_bottleneck(net, "block", x, 8, mid_channels=48, kernel=5)
    piece = Piece(net.layers[1:], net.inputs)
    assert sram_of(piece) == sram_of(net)
    assert sram_of(piece).activations == 100 * (8 + 48 + 8)


def test_memory_under_tinyengine_by_hand() -> None:
    """A 3x3 whose kernel is copied, a depthwise 5x5 in place, a 1x1; each buffer is as large as its largest user."""
    net = Network("mobile")
    x = conv(net, "stem", FeatureMap(None, 3, 10, 10), 8, kernel=3)
    x = depthwise_conv(net, "wide", x, kernel=5)
    conv(net, "narrow", x, 2)
    activations, columns, kernel = 100 * (3 + 8), max(2 * 14 * 14, 2 * 2 * 9 * 3), 2 * 9 * 3 * 8
    assert sram_of(net) == Sram(activations, columns, kernel)
    assert sram_of(net).total == activations + columns + kernel
    assert joined_sram([]) == (0, 0, 0)
    assert joined_sram([Sram(1, 5, 2), Sram(3, 4, 1)]) == (3, 5, 2)
