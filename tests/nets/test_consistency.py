"""The check that layers fit each other finds what does not."""

import dataclasses

import pytest

from nets import Layer, Network, load_network
from nets.consistency import check
from nets.errors import InputError


def _altered(name: str, layer: str, **changes: object) -> Network:
    """A reference network with one layer changed."""
    original, network = load_network(name), Network(name)
    for old in original.layers:
        new = dataclasses.replace(old, **changes) if old.name == layer else old  # type: ignore[arg-type]
        network.add(new, original.inputs(old.name))
    return network


@pytest.mark.parametrize(
    ("name", "layer", "changes"),
    [
        ("resnet18", "stage1.block1.conv1", {"K": 63}),
        ("resnet18", "stage1.block1.conv1", {"P": 55}),
        ("resnet18", "stage1.block1.conv2", {"stride": (2, 2)}),
        ("resnet18", "stage1.block1.conv2", {"N": 2}),
        ("resnet18", "stage1.block1.add", {"operands": 3}),
        ("resnet18", "classifier", {"C": 511}),
        ("mobilenet_v3_large", "block4.se.expand", {"K": 71}),
        ("mobilenet_v3_large", "block4.se.scale", {"operands": 2}),
        ("shufflenet_v1_g3", "stage2.unit1.concat", {"G": 241}),
        ("densenet121", "dense1.layer2.norm", {"G": 95}),
        ("vit_b_16", "block1.attention.qk", {"K": 196}),
        ("vit_b_16", "block1.attention.softmax", {"P": 196}),
        ("vit_b_16", "positions", {"extra_params": 0}),
        ("unet", "up1.concat", {"P": 393}),
    ],
)
def test_an_altered_layer_is_found(name: str, layer: str, changes: dict[str, object]) -> None:
    with pytest.raises(InputError, match="is not what the layer reads"):
        check(_altered(name, layer, **changes))


def test_the_message_names_the_layer_and_its_input() -> None:
    net = Network("test")
    net.add(Layer(name="a", K=8, P=4, Q=4))
    net.add(Layer(name="b", C=9, P=4, Q=4))
    with pytest.raises(InputError, match=r"layer 'b': 'a \(1, 8, 4, 4\)' is not what the layer reads"):
        check(net)
