"""Imported modules have the layers of the reference networks, however their authors spell them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from nets import Network, from_torch, load_network
from nets.layer import Layer
from tests.nets.imports.modules import ResNet18, SpelledAttention, ViT


def shapes(network: Network) -> Counter[object]:
    return Counter((layer.shape_key, layer.params, layer.activation) for layer in network.layers)


def vgg16(*, norm: bool) -> nn.Module:
    layers: list[nn.Module] = []
    channels = 3
    for width, repeats in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(repeats):
            layers += [nn.Conv2d(channels, width, 3, padding=1), *([nn.BatchNorm2d(width)] if norm else []), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    head = [nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7), *head, nn.Dropout(), nn.Linear(4096, 1000))


def mobilenet_v1() -> nn.Module:
    def conv(channels: int, out: int, kernel: int, stride: int, groups: int = 1) -> list[nn.Module]:
        inner = nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False)
        return [inner, nn.BatchNorm2d(out), nn.ReLU()]

    widths = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
    strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
    layers = conv(3, 32, 3, 2)
    for before, after, stride in zip(widths, widths[1:], strides):
        layers += [*conv(before, before, 3, stride, groups=before), *conv(before, after, 1, 1)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000))


@pytest.mark.parametrize(
    "name, module",
    [
        ("resnet18", ResNet18),
        ("vgg16", lambda: vgg16(norm=False)),
        ("vgg16_bn", lambda: vgg16(norm=True)),
        ("mobilenet_v1", mobilenet_v1),
        ("deit_t", ViT),
        ("deit_t", lambda: ViT(fused=False)),
    ],
)
def test_an_imported_network_has_the_layers_of_the_reference(name: str, module: Callable[[], nn.Module]) -> None:
    with torch.device("meta"):
        found = from_torch(module(), torch.empty(1, 3, 224, 224))
    reference = load_network(name)
    taken = [layer for layer in reference.layers if layer.name == "class_output"]  # a view here, a copy there
    assert shapes(found) == shapes(reference) - Counter((each.shape_key, 0, None) for each in taken)
    assert (found.macs, found.params) == (reference.macs, reference.params)
    assert found.peak_memory_words == reference.peak_memory_words


def test_a_batch_stands_in_the_batch_of_every_layer() -> None:
    with torch.device("meta"):
        found = from_torch(ResNet18(), torch.empty(4, 3, 64, 64))
    assert shapes(found) == shapes(load_network("resnet18", 64, batch=4))


def test_query_heads_that_share_keys_are_rows_of_one_product() -> None:
    with torch.device("meta"):
        found = from_torch(SpelledAttention(64, 8, kv_heads=2), torch.empty(3, 10, 64))
    products = [layer for layer in found.layers if layer.dynamic_weights]
    expected = {"kind": "matmul", "G": 3 * 2, "P": 10 * 4, "dynamic_weights": True}
    assert [layer.shape_key for layer in products] == [
        Layer(name="qk", C=8, K=10, **expected).shape_key,  # type: ignore[arg-type]
        Layer(name="av", C=10, K=8, **expected).shape_key,  # type: ignore[arg-type]
    ]
    assert not any(layer.kind == "movement" for layer in found.layers)
