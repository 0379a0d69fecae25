"""Widths that a quantised ONNX file says: activations between quantisers, weights packed in blocks of few bits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx")
pytest.importorskip("torch")

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from nets import from_onnx
from nets.errors import InputError

ONE = numpy_helper.from_array(np.ones((), np.float32), "s")


def saved(
    path: Path,
    nodes: Sequence[Any],
    stored: Sequence[Any],
    shape: Sequence[int] = (1, 4, 8, 8),
    *,
    contrib: bool = False,
) -> Path:
    given, left = (helper.make_tensor_value_info(name, TensorProto.FLOAT, s) for name, s in (("x", shape), ("y", None)))
    graph = helper.make_graph(nodes, "quantised", [given], [left], stored)
    opsets = [helper.make_opsetid("", 21), *([helper.make_opsetid("com.microsoft", 1)] if contrib else [])]
    onnx.save(helper.make_model(graph, opset_imports=opsets), path / "m.onnx")
    return path / "m.onnx"


def quantised(tensor: str, kind: str) -> list[Any]:
    """A quantiser and what takes it back; its zero point says the width."""
    return [
        helper.make_node("QuantizeLinear", [tensor, "s", kind], [f"{tensor}_q"]),
        helper.make_node("DequantizeLinear", [f"{tensor}_q", "s", kind], [f"{tensor}_d"]),
    ]


def zero(name: str) -> Any:
    return helper.make_tensor(name, getattr(TensorProto, name), (), [0])


def weight(name: str, kind: int = TensorProto.INT8) -> list[Any]:
    data = helper.make_tensor(f"{name}_q", kind, (4, 4, 1, 1), np.arange(16) % 7)
    return [data, helper.make_node("DequantizeLinear", [f"{name}_q", "s"], [name])]


def chain(first: str, second: str) -> tuple[list[Any], list[Any]]:
    """x -> conv -> relu -> conv -> + -> y, where the sum reads the first again; each conv reads what is quantised."""
    (v_stored, v), (w_stored, w) = weight("v"), weight("w", TensorProto.INT4)
    nodes = [
        v, w, *quantised("x", first),
        helper.make_node("Conv", ["x_d", "v"], ["a"]), helper.make_node("Relu", ["a"], ["r"]), *quantised("r", second),
        helper.make_node("Conv", ["r_d", "w"], ["b"]), helper.make_node("Add", ["b", "r_d"], ["y"]),
    ]  # fmt: skip
    return nodes, [ONE, v_stored, w_stored, *(zero(kind) for kind in {first, second})]


def test_activations_are_as_wide_as_their_quantiser_says(tmp_path: Path) -> None:
    network = from_onnx(saved(tmp_path, *chain("UINT16", "UINT8")))
    first, second = network.mac_layers
    quantiser, total = network.layers[0], network.layers[-1]
    assert quantiser.output_bits == first.input_bits == 16
    assert (first.weight_bits, first.output_bits, first.psum_bits) == (8, 8, 32)
    assert (second.weight_bits, second.input_bits, second.psum_bits, total.input_bits) == (4, 8, 24, 8)
    assert len(network.layers) == 4  # what takes a tensor back moves nothing
    said = network.report.sentences()
    for width in (16, 8):
        assert f"inputs of 1 of 2 products are kept at {width} bits; --precision counts others" in said


def test_a_tensor_has_the_width_of_its_widest_reader(tmp_path: Path) -> None:
    """The sum reads the tensor of 16 bits beside one of the usual 8: both are read at 16."""
    network = from_onnx(saved(tmp_path, *chain("UINT8", "UINT16")))
    first, second = network.mac_layers
    assert (first.input_bits, first.output_bits) == (8, 16)
    assert (second.input_bits, second.output_bits, network.layers[-1].input_bits) == (16, 16, 16)


def test_eight_bits_are_the_usual(tmp_path: Path) -> None:
    nodes, stored = chain("UINT8", "INT8")
    for layer in from_onnx(saved(tmp_path, nodes, stored)).layers:
        assert (layer.input_bits, layer.output_bits, layer.psum_bits) == (8, 8, 24)


def packed_product(
    inputs: int, outputs: int, bits: int, block: int, *, zeros: bool, bias: bool, wrong: dict[str, int] | None = None
) -> tuple[list[Any], list[Any]]:
    """As ONNX Runtime's quantiser writes them: packed bytes, scales, zero points, bias."""
    blocks, blob = -(-inputs // block), block * bits // 8
    shapes: dict[str, tuple[Any, tuple[int, ...]]] = {"w": (np.uint8, (outputs, blocks, blob))}
    shapes["scales"] = (np.float16, (outputs * blocks,))
    if zeros:
        shapes["zeros"] = (np.uint8, (outputs * -(-blocks * bits // 8),))
    if bias:
        shapes["bias"] = (np.float32, (outputs,))
    names = ["x", "w", "scales", "zeros" if zeros else "", "", "bias" if bias else ""]
    said = {"K": inputs, "N": outputs, "bits": bits, "block_size": block} | (wrong or {})
    node = helper.make_node("MatMulNBits", names, ["y"], domain="com.microsoft", **said)
    return [node], [
        numpy_helper.from_array(np.arange(np.prod(s)).reshape(s).astype(t), n) for n, (t, s) in shapes.items()
    ]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    ("inputs", "bits", "block", "zeros", "each"),
    [
        (64, 4, 32, False, 4 + 16 / 32),
        (64, 4, 32, True, 4 + 20 / 32),
        (64, 8, 16, False, 8 + 16 / 16),
        (80, 4, 32, False, (3 * (32 * 4 + 16)) / 80),  # the last block is filled up
    ],
)
def test_weights_in_blocks(
    inputs: int, bits: int, block: int, zeros: bool, each: float, bias: bool, tmp_path: Path
) -> None:
    nodes, stored = packed_product(inputs, 24, bits, block, zeros=zeros, bias=bias)
    network = from_onnx(saved(tmp_path, nodes, stored, (2, 5, inputs), contrib=True))
    (layer,) = network.layers
    assert (network.macs, network.params) == (10 * inputs * 24, inputs * 24 + 24 * bias)
    assert (layer.C, layer.K, layer.weight_bits) == (inputs, 24, each)


@pytest.mark.parametrize("wrong", [{"bits": 1}, {"K": 65}, {"N": 0}, {"block_size": 0}, {"N": 23}])
def test_blocks_that_do_not_fit_are_refused(wrong: dict[str, int], tmp_path: Path) -> None:
    nodes, stored = packed_product(64, 24, 4, 32, zeros=False, bias=False, wrong=wrong)
    with pytest.raises(InputError, match=r"MatMulNBits that writes y.* is not what it takes"):
        from_onnx(saved(tmp_path, nodes, stored, (2, 64), contrib=True))


def test_other_operators_of_the_runtime_are_refused_by_name(tmp_path: Path) -> None:
    node = helper.make_node("FusedConv", ["x"], ["y"], domain="com.microsoft")
    with pytest.raises(InputError, match=r"com\.microsoft\.FusedConv"):
        from_onnx(saved(tmp_path, [node], [ONE], contrib=True))
