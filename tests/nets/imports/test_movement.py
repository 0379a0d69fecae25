"""What moves words, and what only says where they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from nets import from_torch
from nets.imports import ImportedNetwork
from tests.nets.imports.test_products import Function, empty


def passes(function: Callable[..., Any], *shapes: tuple[int, ...]) -> list[tuple[str, int]]:
    """Kinds and words written of the layers that do not multiply."""
    network: ImportedNetwork = from_torch(Function(function), *(empty(*shape) for shape in shapes))
    return [(layer.kind, layer.output_words) for layer in network.layers if not layer.is_mac]


def shuffled(x: torch.Tensor) -> torch.Tensor:
    return x.view(1, 3, 4, 5, 5).transpose(1, 2).reshape(1, 12, 5, 5)


WORDS = 12 * 25


@pytest.mark.parametrize(
    "function, expected",
    [
        (lambda _, x: nn.functional.max_pool2d(shuffled(x), 5), [("movement", WORDS), ("pool", 12)]),
        (lambda _, x: nn.functional.max_pool2d(x.transpose(2, 3)[:, 3:9], 5), [("pool", 6)]),
        (
            lambda _, x: nn.functional.max_pool2d(shuffled(torch.cat((x[:, :6], x[:, 6:].exp()), 1)), 5),
            [("activation", WORDS // 2), ("movement", WORDS), ("pool", 12)],
        ),
        (lambda _, x: torch.roll(x, (1, 2), (2, 3)), [("movement", WORDS)]),
        (lambda _, x: torch.cat((torch.cat((x, x), 1), x), 1), [("movement", 3 * WORDS)]),
        (lambda _, x: torch.cat((torch.cat((x[:, :, 1:], x[:, :, :1]), 2), x), 1), [("movement", 2 * WORDS)]),
        (lambda _, x: nn.functional.pad(x, (0, 0)) * 2, [("activation", WORDS)]),
        (lambda _, x: nn.functional.interpolate(x, scale_factor=2), [("movement", 4 * WORDS)]),
        (lambda _, x: x.relu().sigmoid() * x, [("activation", WORDS)]),
        (lambda _, x: x + x.mean((2, 3), keepdim=True), [("norm", WORDS)]),
    ],
)
def test_words_move_as_often_as_they_must(function: Callable[..., Any], expected: list[tuple[str, int]]) -> None:
    assert passes(function, (1, 12, 5, 5)) == expected


def test_a_tensor_that_is_read_otherwise_is_written_before_it_is_activated() -> None:
    def both(self: Any, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight
        return torch.cat((y.relu(), y), 1)

    network = from_torch(Function(both, weight=empty(4, 6)), empty(3, 4))
    assert [(layer.kind, layer.activation) for layer in network.layers] == [
        ("matmul", None),
        ("activation", "relu"),
        ("movement", None),
    ]


def test_activations_are_told_in_however_many_operations() -> None:
    def swish(self: Any, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight
        return y * y.sigmoid()

    def gelu(self: Any, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight
        return y * 0.5 * (1 + torch.erf(y / 2**0.5))

    for function, name in ((swish, "swish"), (gelu, "gelu")):
        (layer,) = from_torch(Function(function, weight=empty(4, 6)), empty(3, 4)).layers
        assert layer.activation == name


def test_additions_that_only_the_next_one_reads_are_one_pass() -> None:
    network = from_torch(Function(lambda _, a, b, c: torch.relu(a + b + c)), *(empty(2, 3, 4),) * 3)
    (layer,) = network.layers
    assert (layer.kind, layer.operands, layer.activation) == ("eltwise", 3, "relu")
