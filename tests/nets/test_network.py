"""The graph of layers: adding, counting, showing."""

import json

import pytest

from nets import Layer, Network, load_network
from nets.errors import InputError


def test_layers_follow_each_other_unless_told_otherwise() -> None:
    net = Network("test")
    net.add(Layer(name="a", K=4))
    net.add(Layer(name="b", C=4))
    net.add(Layer(name="c", C=4), inputs=("a",))
    net.add(Layer(name="d", kind="eltwise", operands=2), inputs=("c", "b"))
    assert [net.inputs(name) for name in "abcd"] == [(), ("a",), ("a",), ("c", "b")]
    assert net.last == "d"
    assert set(net.graph.edges) == {("a", "b"), ("a", "c"), ("c", "d"), ("b", "d")}


def test_an_operand_may_be_read_twice() -> None:
    net = Network("test")
    net.add(Layer(name="a", K=4))
    net.add(Layer(name="square", kind="eltwise", G=4, operands=2), inputs=("a", "a"))
    assert net.inputs("square") == ("a", "a")


def test_names_are_unique_and_inputs_exist() -> None:
    net = Network("test")
    net.add(Layer(name="a"))
    with pytest.raises(InputError, match="is taken"):
        net.add(Layer(name="a"))
    with pytest.raises(InputError, match="'b' is not a layer"):
        net.add(Layer(name="c"), inputs=("b",))
    with pytest.raises(InputError, match="no layer yet"):
        _ = Network("empty").last


def test_equal_shapes_are_counted_together() -> None:
    unique = load_network("resnet50").unique_layers()
    network = load_network("resnet50")
    assert sum(count for _, count in unique) == len(network.layers)
    assert sum(count * layer.macs for layer, count in unique) == network.macs
    mac_shapes = [layer for layer, _ in unique if layer.is_mac]
    assert len(mac_shapes) == len({layer.shape_key for layer in mac_shapes}) == 24


def test_shown_as_plain_data() -> None:
    network = load_network("mobilenet_v2")
    shown = json.loads(json.dumps(network.to_dict()))
    assert shown["name"] == "mobilenet_v2"
    assert (shown["resolution"], shown["macs"], shown["params"]) == (224, 300_774_272, 3_504_872)
    assert shown["peak_activation_words"] == network.peak_memory_words
    assert shown["activations"] == network.activations
    assert sum(layer["macs"] for layer in shown["layers"]) == shown["macs"]
    assert sum(layer["params"] for layer in shown["layers"]) == shown["params"]
    stem = shown["layers"][0]
    assert (stem["name"], stem["kind"], stem["stride"]) == ("stem", "conv", [2, 2])
    assert stem["dims"] == {"N": 1, "G": 1, "K": 32, "C": 3, "P": 112, "Q": 112, "R": 3, "S": 3}


def test_activations_are_the_outputs_of_the_mac_layers() -> None:
    # published with RegNet (Radosavovic et al. 2020, table 4): ResNet-50 has 11.1 M activations
    assert load_network("resnet50").activations == pytest.approx(11.1e6, abs=0.05e6)
