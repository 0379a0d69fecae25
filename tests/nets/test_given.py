"""Networks given layer by layer: what is written is what is read, and what tells them from reference networks."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
import yaml

from nets import Layer, Network, list_networks, load_network
from nets.documents import Document, Section, parse_yaml
from nets.errors import InputError
from nets.given import GivenNetwork, is_reference, read_network
from tests.nets.given import mine


@pytest.mark.parametrize("name", ["squeezenet1_1", "bert_base", "unet", "mobilenet_v3_small", "resnet18"])
def test_what_is_written_is_what_is_read(name: str) -> None:
    network = load_network(name)
    given = GivenNetwork.of(network)
    text = yaml.safe_dump(given.to_dict())
    again = read_network(Section(Document(parse_yaml(text, "a.yaml"), "a.yaml", text)))
    assert again == given
    assert hash(again) == hash(given)
    assert again.network().to_dict() == network.to_dict()
    assert is_reference(again.network())


def test_layers_are_written_without_what_follows() -> None:
    layers = GivenNetwork.of(mine()).layers_to_list()
    assert layers[2] == {"name": "b", "K": 16, "C": 16, "P": 8, "Q": 8}
    assert layers[3]["inputs"] == ["a", "b"]
    assert json.loads(json.dumps(layers)) == layers


def test_only_what_is_equal_layer_by_layer_is_a_reference_network() -> None:
    network, other = load_network("squeezenet1_1"), Network("squeezenet1_1", resolution=224)
    for layer in network.layers:
        other.add(dataclasses.replace(layer, weight_bits=4), network.inputs(layer.name))
    assert is_reference(network)
    assert not is_reference(other)
    assert is_reference(other, at_any_precision=True)
    assert "squeezenet1_1" in list_networks()
    assert not is_reference(mine("squeezenet1_1"), at_any_precision=True)
    assert GivenNetwork.of(other).digest != GivenNetwork.of(network).digest


@pytest.mark.parametrize(
    "change, rule",
    [
        ({"layer": []}, "mine.yaml (line 1): 'layer' is not known; did you mean 'layers'?"),
        ({"layers": []}, "mine.yaml: layers (line 1): [] must have at least 1 entries"),
        ({"layers": [{"name": "a", "k": 3}]}, "layers[0] (line 1): 'k' is not known; did you mean 'K'?"),
        ({"layers": [{"name": "a", "K": 0}]}, "layers[0]: layer 'a': K (line 1): 0 must be a whole number"),
        ({"layers": [{"name": "a"}, {"name": "a"}]}, "'a' is taken"),
        ({"layers": [{"name": "a", "inputs": ["b"]}]}, "'b' is not a layer"),
        ({"layers": [{"name": "a", "stride": [1]}]}, "stride"),
        ({"resolution": -1}, "resolution (line 1): -1 must be at least zero"),
        ({"name": ""}, "must not be empty"),
    ],
)
def test_what_is_no_network_is_refused_with_its_line(change: dict[str, Any], rule: str) -> None:
    data = {"name": "mine", "resolution": 8, "layers": [{"name": "a", "K": 4}]} | change
    text = json.dumps(data)
    with pytest.raises(InputError) as refused:
        read_network(Section(Document(data, "mine.yaml", text)))
    assert rule in str(refused.value)


def test_the_network_that_was_given_may_change_afterwards() -> None:
    network = mine()
    given = GivenNetwork.of(network)
    network.add(Layer(name="more", K=3))
    assert len(given.layers) == 4
    assert given == GivenNetwork.of(mine())
