"""Every kind of product: its MACs are those that PyTorch's own counter sees, its layers those of a closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from nets import from_torch
from nets.errors import InputError
from nets.imports import ImportedNetwork
from nets.number_formats import NumberFormats
from tests.nets.imports.modules import Attention, SpelledAttention


class Function(nn.Module):
    """A function as a module, with what it learns."""

    def __init__(self, function: Callable[..., Any], **learned: torch.Tensor) -> None:
        super().__init__()
        self.function = function
        for name, tensor in learned.items():
            self.register_parameter(name, nn.Parameter(tensor))

    def forward(self, *args: torch.Tensor) -> Any:
        return self.function(self, *args)


def counted(module: nn.Module, *example: torch.Tensor) -> int:
    """MACs by PyTorch, which runs the module without data."""
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH), torch.no_grad():
        module.eval()(*example)
    return counter.get_total_flops() // 2


def imported(module: nn.Module, *example: torch.Tensor, **options: Any) -> ImportedNetwork:
    """The network, which has the parameters of the module, and its MACs."""
    network = from_torch(module, *example, **options)
    assert network.params == sum(each.numel() for each in module.parameters())
    assert network.macs == counted(module, *example)
    assert network.macs == network.report.macs == sum(layer.macs for layer in network.layers)
    return network


def empty(*shape: int) -> torch.Tensor:
    return torch.empty(*shape, device="meta")


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[nn.Module, torch.Tensor]:
    """A convolution of one to three dims, of any stride, padding, dilation and groups, transposed or not."""
    spatial = draw(st.integers(1, 3))
    few = st.integers(1, 3)
    each = st.lists(few, min_size=spatial, max_size=spatial).map(tuple)
    groups, kernel, stride, dilation = draw(few), draw(each), draw(each), draw(each)
    padding = tuple(draw(st.integers(0, (taps - 1) * far)) for taps, far in zip(kernel, dilation))
    channels, out = groups * draw(few), groups * draw(few)
    size = [draw(st.integers((taps - 1) * far + 1, 12)) for taps, far in zip(kernel, dilation)]
    transposed = draw(st.booleans())
    kind = getattr(nn, f"Conv{'Transpose' if transposed else ''}{spatial}d")
    with torch.device("meta"):
        module = kind(
            channels, out, kernel, stride, padding, dilation=dilation, groups=groups, bias=draw(st.booleans())
        )
    return module, empty(draw(few), channels, *size)


@given(convolutions())
def test_convolutions(drawn: tuple[nn.Module, torch.Tensor]) -> None:
    module, example = drawn
    try:
        expected = counted(module, example)
    except RuntimeError:  # a transposed one whose padding leaves nothing
        return
    network = from_torch(module, example, fold_3d=True)
    assert (network.macs, network.params) == (expected, sum(each.numel() for each in module.parameters()))


def test_a_line_has_one_column() -> None:
    with torch.device("meta"):
        (layer,) = imported(nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2), empty(2, 4, 20)).layers
    assert layer.bounds == (2, 1, 6, 4, 9, 1, 3, 1)
    assert (layer.stride, layer.dilation, layer.padding) == ((2, 1), (2, 1), (1, 0, 0, 0))


def test_a_transposed_convolution_is_its_dense_phases() -> None:
    with torch.device("meta"):
        network = imported(nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1), empty(1, 8, 5, 5))
    assert [(layer.R, layer.S) for layer in network.mac_layers] == [(2, 2), (2, 1), (1, 2), (1, 1)]
    assert network.layers[-1].kind == "movement"
    assert network.layers[-1].output_words == 4 * 10 * 10


def test_depth_is_refused_or_folded_and_said() -> None:
    with torch.device("meta"):
        module = nn.Sequential(nn.Conv3d(2, 4, 3, padding=1), nn.MaxPool3d(2))
    example = empty(1, 2, 8, 8, 8)
    with pytest.raises(InputError, match=r"3-D.*--fold-3d"):
        from_torch(module, example)
    network = imported(module, example, fold_3d=True)
    assert network.layers[0].bounds == (8, 1, 4, 6, 8, 8, 3, 3)
    assert network.layers[1].input_words == 4 * 8 * 8 * 8
    assert "overcounted" in network.report.sentences()[-1]


@pytest.mark.parametrize("kind", [Attention, SpelledAttention])
@pytest.mark.parametrize("kv_heads", [8, 2, 1])
def test_attention(kind: type[Attention], kv_heads: int) -> None:
    with torch.device("meta"):
        network = imported(kind(64, 8, kv_heads), empty(2, 12, 64))
    assert [layer.kind for layer in network.layers if not layer.is_mac] == ["softmax"]


@pytest.mark.parametrize(
    "function, shapes, dims",
    [
        (lambda _, a, b: a @ b, [(5, 7), (7, 3)], (1, 5, 7, 3)),
        (lambda _, a, b: torch.bmm(a, b), [(4, 5, 7), (4, 7, 3)], (4, 5, 7, 3)),
        (lambda _, a, b: a @ b, [(2, 4, 5, 7), (7, 3)], (1, 40, 7, 3)),
        (lambda _, a, b: a @ b, [(2, 1, 5, 7), (2, 4, 7, 3)], (2, 5, 7, 12)),
        (lambda _, a, b: torch.einsum("bhqd,bhkd->bhqk", a, b), [(2, 4, 5, 7), (2, 4, 6, 7)], (8, 5, 7, 6)),
        (lambda _, a, b: torch.einsum("...qd,...kd->...qk", a, b), [(2, 4, 5, 7), (2, 4, 6, 7)], (8, 5, 7, 6)),
        (lambda _, a, b: torch.einsum("bqd,kd->qbk", a, b), [(2, 5, 7), (6, 7)], (1, 10, 7, 6)),
        (lambda _, a, b: torch.baddbmm(a[:, :, :1] * b[:, :1], a, b), [(4, 5, 7), (4, 7, 3)], (4, 5, 7, 3)),
        (lambda _, a, b: torch.tensordot(a, b, dims=([1], [0])), [(5, 7), (7, 3)], (1, 5, 7, 3)),
    ],
)
def test_products_of_activations(
    function: Callable[..., Any], shapes: list[tuple[int, ...]], dims: tuple[int, int, int, int]
) -> None:
    (layer,) = imported(Function(function), *(empty(*shape) for shape in shapes)).mac_layers
    assert dims == (layer.G, layer.P, layer.C, layer.K)
    assert layer.dynamic_weights


def test_a_learned_left_operand_plays_the_weights() -> None:
    module = Function(lambda self, x: self.weight @ x, weight=empty(6, 7))
    (layer,) = imported(module, empty(1, 7, 9)).mac_layers
    assert (layer.P, layer.C, layer.K, layer.params) == (9, 7, 6, 42)


def test_tied_weights_count_once_and_are_read_again() -> None:
    def tied(self: Any, tokens: torch.Tensor) -> torch.Tensor:
        return nn.functional.embedding(tokens, self.table) @ self.table.T

    module = Function(tied, table=empty(50, 8))
    network = imported(module, torch.zeros(1, 4, dtype=torch.int64, device="meta"))
    assert [(layer.kind, layer.params, layer.dynamic_weights) for layer in network.layers] == [
        ("movement", 400, False),
        ("matmul", 0, True),
    ]


def test_weights_of_several_products_stay_weights_and_count_once() -> None:
    """A layer that is run again, each time with a norm and a bias of its own."""

    def again(self: Any, x: torch.Tensor) -> torch.Tensor:
        once = self.norm1(nn.functional.conv2d(x, self.weight, self.bias1, padding=1))
        return self.norm2(nn.functional.conv2d(once, self.weight, self.bias2, padding=1))

    module = Function(again, weight=empty(4, 4, 3, 3), bias1=empty(4), bias2=empty(4))
    with torch.device("meta"):
        module.norm1, module.norm2 = nn.BatchNorm2d(4), nn.BatchNorm2d(4)
    network = imported(module, empty(1, 4, 8, 8))
    first, second = network.layers
    assert (first.dynamic_weights, first.tied, first.params) == (False, False, 4 * 36 + 2 * 4 + 4 * 4)
    assert (second.dynamic_weights, second.tied, second.params) == (False, True, 0)
    assert first.shape_key == second.shape_key
    formats = NumberFormats.parse("w4a16")
    assert [layer.in_formats(formats).weight_bits for layer in (first, second)] == [4, 4]


def test_parts_of_a_parameter_count_where_they_are_read() -> None:
    with torch.device("meta"):
        attention = nn.MultiheadAttention(16, 4, batch_first=True)
    module = Function(lambda self, q, k, v: self.inner(q, k, v, need_weights=False)[0])
    module.inner = attention
    network = imported(module, empty(1, 5, 16), empty(1, 6, 16), empty(1, 6, 16))
    learned = [layer.params for layer in network.mac_layers if not layer.dynamic_weights]
    assert learned == [16 * 17] * 4


def test_weights_that_follow_from_others_are_learned() -> None:
    with torch.device("meta"):
        module = nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 6, 3))
    (layer,) = imported(module, empty(1, 4, 8, 8)).layers
    assert (layer.dynamic_weights, layer.extra_params) == (False, 6 + 6)


@pytest.mark.parametrize("kind, gates", [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_recurrent_layers(kind: Callable[..., nn.Module], gates: int) -> None:
    with torch.device("meta"):
        module = kind(6, 5, num_layers=2, batch_first=True, bidirectional=True)
    network = from_torch(module, empty(3, 7, 6))
    per_step = [gates * 5 * (inputs + 5) * 2 for inputs in (6, 10)]
    assert network.macs == 3 * 7 * sum(per_step)
    assert network.params == sum(each.numel() for each in module.parameters())


def test_an_operator_that_is_not_known_is_decomposed_where_pytorch_can() -> None:
    network = imported(Function(lambda _, a, b: torch.inner(a, b)), empty(5, 7), empty(3, 7))
    assert network.mac_layers[0].macs == 5 * 7 * 3
