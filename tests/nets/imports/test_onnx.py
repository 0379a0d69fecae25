"""ONNX files: the same layers as the module they were exported from, whatever shapes they leave open."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from nets import Network, from_onnx, from_torch
from nets.errors import InputError
from tests.nets.imports.modules import BasicBlock, SpelledAttention, ViT

IMAGE = (1, 3, 64, 64)


class Shuffle(nn.Module):
    """Grouped convolutions whose channels are dealt out in turn, by the shape that the input turns out to have."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 12, 1), nn.Conv2d(12, 12, 3, groups=3, padding=1)
        self.scale = nn.Parameter(torch.rand(12, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.first(x)
        batch, channels, height, width = y.shape
        y = y.view(batch, 3, channels // 3, height, width).transpose(1, 2).reshape(batch, channels, height, width)
        left, right = (self.second(y) * self.scale).chunk(2, dim=1)
        return torch.cat((nn.functional.silu(left), nn.functional.gelu(right)), dim=1).mean((2, 3))


def exported(module: nn.Module, path: Path, shape: tuple[int, ...], *, dynamic: bool) -> Path:
    axes = {"x": {index: f"d{index}" for index in range(len(shape)) if index != 1}} if dynamic else None
    with torch.no_grad():
        torch.onnx.export(
            module.eval(), (torch.rand(shape),), str(path), dynamo=False, input_names=["x"], dynamic_axes=axes,
            opset_version=17,
        )  # fmt: skip
    return path


def shapes(network: Network) -> Counter[object]:
    return Counter(layer.shape_key for layer in network.layers)


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize(
    "module, shape",
    [
        (nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU6(), BasicBlock(8, 8, 1)), IMAGE),
        (Shuffle(), IMAGE),
        (SpelledAttention(32, 4), (2, 10, 32)),
        (SpelledAttention(32, 4, kv_heads=2), (2, 10, 32)),
        (nn.Sequential(nn.ConvTranspose2d(3, 5, 4, 2, 1), nn.Hardswish(), nn.AvgPool2d(2)), IMAGE),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_file_has_the_layers_of_the_module(
    module: nn.Module, shape: tuple[int, ...], dynamic: bool, tmp_path: Path
) -> None:
    path = exported(module, tmp_path / "model.onnx", shape, dynamic=dynamic)
    found = from_onnx(path, {"x": shape} if dynamic else None)
    expected = from_torch(module, torch.empty(shape))
    assert (found.macs, shapes(found)) == (expected.macs, shapes(expected))


@pytest.mark.filterwarnings("ignore")
def test_a_transformer_has_the_parameters_of_the_module(tmp_path: Path) -> None:
    module = ViT(48, 3)
    found = from_onnx(exported(module, tmp_path / "vit.onnx", (1, 3, 224, 224), dynamic=False))
    expected = from_torch(module, torch.empty(1, 3, 224, 224))
    assert (found.macs, found.params) == (expected.macs, expected.params)
    assert shapes(found) == shapes(expected)


def model(
    nodes: list[onnx.NodeProto],
    shape: tuple[Any, ...] = (1, 4, 8, 8),
    *,
    stored: dict[str, np.ndarray[Any, Any]] | None = None,
    out: str = "y",
    **more: Any,
) -> onnx.ModelProto:
    """A file of some nodes that read ``x`` and write ``y``."""
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(out, TensorProto.FLOAT, None)],
        initializer=[numpy_helper.from_array(value, name) for name, value in (stored or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], **more)


def written(proto: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(proto.SerializeToString())
    return path


CONV = helper.make_node("Conv", ["x", "w"], ["y"], name="conv")
WEIGHT = {"w": np.ones((6, 4, 3, 3), np.float32)}


def test_same_padding_is_made_as_the_operator_says(tmp_path: Path) -> None:
    node = helper.make_node("Conv", ["x", "w"], ["y"], auto_pad="SAME_UPPER", strides=[2, 2])
    (layer,) = from_onnx(written(model([node], stored=WEIGHT), tmp_path / "m.onnx")).layers
    assert (layer.P, layer.Q, layer.padding) == (4, 4, (0, 1, 0, 1))


def test_weights_may_be_absent_where_they_decide_no_shape(tmp_path: Path) -> None:
    proto = model([CONV], stored=WEIGHT)
    (tensor,) = proto.graph.initializer
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="absent.bin")
    network = from_onnx(written(proto, tmp_path / "m.onnx"))
    assert (network.macs, network.params) == (6 * 4 * 9 * 36, 6 * 4 * 9)


def test_shapes_that_an_absent_file_decides_are_refused_by_its_name(tmp_path: Path) -> None:
    proto = model([helper.make_node("Reshape", ["x", "s"], ["y"])], stored={"s": np.array([4, 64])})
    (tensor,) = proto.graph.initializer
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="absent.bin")
    with pytest.raises(InputError, match=r"external data: 'absent\.bin'"):
        from_onnx(written(proto, tmp_path / "m.onnx"))


@pytest.mark.parametrize("length", [None, "16", "17", "1" * 30, "x"])
def test_no_more_is_read_of_another_file_than_a_tensor_holds(length: str | None, tmp_path: Path) -> None:
    """The other file is far larger than what the two numbers take, with and without a length that says so."""
    nodes = [helper.make_node("Reshape", ["x", "s"], ["z"]), helper.make_node("Relu", ["z"], ["y"])]
    proto = model(nodes, stored={"s": np.array([4, 64])})
    (tensor,) = proto.graph.initializer
    (tmp_path / "large.bin").write_bytes(tensor.raw_data)
    with (tmp_path / "large.bin").open("r+b") as file:
        file.truncate(1 << 40)  # with a hole
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="large.bin")
    if length is not None:
        tensor.external_data.add(key="length", value=length)
    path = written(proto, tmp_path / "m.onnx")
    if length in (None, "16"):
        from_onnx(path)
    else:
        with pytest.raises(InputError, match="tensor: 's' does not hold what it says"):
            from_onnx(path)


def test_open_dims_are_named_with_the_option_that_binds_them(tmp_path: Path) -> None:
    path = written(model([CONV], ("batch", 4, None, 8), stored=WEIGHT), tmp_path / "m.onnx")
    with pytest.raises(InputError, match=r"open dims \(batch, \?\).*--shape x=1x4x1x8"):
        from_onnx(path)
    assert from_onnx(path, {"x": (2, 4, 8, 8)}).macs == 2 * 6 * 4 * 9 * 36
    with pytest.raises(InputError, match="does not fit batchx4x"):
        from_onnx(path, {"x": (2, 5, 8, 8)})
    with pytest.raises(InputError, match="known: x"):
        from_onnx(path, {"image": (2, 4, 8, 8)})


def test_dims_of_one_name_have_one_size(tmp_path: Path) -> None:
    path = written(model([CONV], ("batch", 4, "side", "side"), stored=WEIGHT), tmp_path / "m.onnx")
    with pytest.raises(InputError, match=r"open dims \(batch, side\)"):
        from_onnx(path)
    with pytest.raises(InputError, match="--shape x: '2x4x8x9' makes dim side 9, which is 8 in x"):
        from_onnx(path, {"x": (2, 4, 8, 9)})
    assert from_onnx(path, {"x": (2, 4, 8, 8)}).macs == 2 * 6 * 4 * 9 * 36


def test_stale_shapes_inside_a_file_are_not_believed(tmp_path: Path) -> None:
    relu = helper.make_node("Relu", ["h"], ["y"])
    proto = model([helper.make_node("Conv", ["x", "w"], ["h"]), relu], ("n", 4, 8, 8), stored=WEIGHT)
    proto.graph.value_info.append(helper.make_tensor_value_info("h", TensorProto.FLOAT, (7, 6, 99, 99)))
    (layer,) = from_onnx(written(proto, tmp_path / "m.onnx"), {"x": (2, 4, 8, 8)}).layers
    assert (layer.N, layer.P, layer.activation) == (2, 6, "relu")


def test_notes_and_types_of_other_tools_decide_no_shape(tmp_path: Path) -> None:
    """Stream's examples note bits on their nodes, and have convolutions of words that ONNX's own do not take."""
    wanted = [layer.shape_key for layer in from_onnx(written(model([CONV], stored=WEIGHT), tmp_path / "m.onnx")).layers]
    noted = helper.make_node("Conv", ["x", "w"], ["y"], name="conv", weight_size=8, act_size=16)
    for proto in (model([noted], stored=WEIGHT), model([CONV], stored={"w": WEIGHT["w"].astype(np.int8)})):
        (layer,) = from_onnx(written(proto, tmp_path / "m.onnx")).layers
        assert [layer.shape_key] == wanted
    unknown = helper.make_node("Conv", ["x", "w"], ["y"], name="conv", weight_sizes=8)
    with pytest.raises(InputError, match="Unrecognized attribute: weight_sizes"):
        from_onnx(written(model([unknown], stored=WEIGHT), tmp_path / "m.onnx"))


def test_an_unknown_operator_is_refused_by_name_and_place_or_costed_as_a_copy(tmp_path: Path) -> None:
    custom = helper.make_node("Warp", ["h"], ["y"], name="warp", domain="my.ops")
    proto = model([helper.make_node("Conv", ["x", "w"], ["h"]), custom], stored=WEIGHT)
    path = written(proto, tmp_path / "m.onnx")
    with pytest.raises(InputError, match=r"my\.ops\.Warp.*not known, at warp.*--movement my\.ops\.Warp"):
        from_onnx(path)
    network = from_onnx(path, movement=["my.ops.Warp"])
    assert [layer.kind for layer in network.layers] == ["conv", "movement"]
    with pytest.raises(InputError, match=r"did you mean 'my\.ops\.Warp'"):
        from_onnx(path, movement=["Warp"])


def test_control_flow_is_refused_with_the_cut_that_avoids_it(tmp_path: Path) -> None:
    nodes = [helper.make_node("Conv", ["x", "w"], ["h"]), helper.make_node("NonZero", ["h"], ["y"], name="found")]
    path = written(model(nodes, stored=WEIGHT), tmp_path / "m.onnx")
    with pytest.raises(InputError, match=r"'NonZero' decides at run time.*--outputs h"):
        from_onnx(path)
    assert [layer.kind for layer in from_onnx(path, outputs=["h"]).layers] == ["conv"]
    with pytest.raises(InputError, match=r"(did you mean|known:) '?h"):
        from_onnx(path, outputs=["g"])


@pytest.mark.parametrize("kept_in", ["input", "weight", "branch"])
def test_words_of_a_type_without_a_name_are_refused(kept_in: str, tmp_path: Path) -> None:
    bias = numpy_helper.from_array(np.zeros(4, np.float32), "bias")
    then = helper.make_graph(
        [helper.make_node("Add", ["y", "bias"], ["t"])],
        "then", [], [helper.make_tensor_value_info("t", TensorProto.FLOAT, [1, 4])], [bias],
    )  # fmt: skip
    weight = numpy_helper.from_array(np.zeros((8, 4), np.float32), "w")
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w"], ["y"]),
            helper.make_node("If", ["yes"], ["z"], then_branch=then, else_branch=then),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 8])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 4])],
        [weight, numpy_helper.from_array(np.array(True), "yes")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    if kept_in == "input":
        model.graph.input[0].type.tensor_type.elem_type = -1
    elif kept_in == "weight":
        model.graph.initializer[0].data_type = -1
    else:
        model.graph.node[1].attribute[0].g.initializer[0].data_type = -1
        model.graph.node[1].attribute[1].g.initializer[0].data_type = -1
    path = tmp_path / "odd.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match=r"is no type of words|does not hold what it says|is no sound"):
        from_onnx(path)


def test_a_branch_whose_condition_is_known_is_taken(tmp_path: Path) -> None:
    def branch(name: str, operator: str) -> onnx.GraphProto:
        node = helper.make_node(operator, ["h"], [name])
        return helper.make_graph([node], name, [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)])

    nodes = [
        helper.make_node("Conv", ["x", "w"], ["h"]),
        helper.make_node("If", ["c"], ["y"], then_branch=branch("a", "Relu"), else_branch=branch("b", "Tanh")),
    ]
    proto = model(nodes, stored=WEIGHT | {"c": np.array(True)})
    (layer,) = from_onnx(written(proto, tmp_path / "m.onnx")).layers
    assert layer.activation == "relu"


def test_what_would_take_forever_or_all_memory_is_not_computed(tmp_path: Path) -> None:
    stored = {"a": np.array(0), "b": np.array(2**40), "c": np.array(1)}
    node = helper.make_node("Range", ["a", "b", "c"], ["r"])
    with pytest.raises(InputError, match=r"Range that writes r|must have dims"):
        from_onnx(
            written(model([node, helper.make_node("Add", ["x", "r"], ["y"])], stored=stored), tmp_path / "m.onnx")
        )
    body = helper.make_graph(
        [helper.make_node("Identity", ["going"], ["still"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, ()),
            helper.make_tensor_value_info("going", TensorProto.BOOL, ()),
        ],
        [helper.make_tensor_value_info("still", TensorProto.BOOL, ())],
    )
    loop = helper.make_node("Loop", ["b", "t"], [], body=body)
    proto = model([loop, CONV], stored=WEIGHT | {"b": np.array(2**62), "t": np.array(True)})
    with pytest.raises(InputError, match="'Loop' decides at run time"):
        from_onnx(written(proto, tmp_path / "m.onnx"))


def test_equal_biases_that_an_exporter_merged_count_for_each(tmp_path: Path) -> None:
    nodes = [helper.make_node("Conv", ["x", "w", "b"], ["h"]), helper.make_node("Conv", ["h", "v", "b"], ["y"])]
    stored = WEIGHT | {"v": np.arange(6 * 6 * 9, dtype=np.float32).reshape(6, 6, 3, 3), "b": np.zeros(6, np.float32)}
    assert from_onnx(written(model(nodes, stored=stored), tmp_path / "m.onnx")).params == 6 * 4 * 9 + 6 * 6 * 9 + 12


@pytest.mark.parametrize("operator, gates", [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
def test_recurrent_operators(operator: str, gates: int, tmp_path: Path) -> None:
    stored = {
        "w": np.ones((2, gates * 5, 6), np.float32),
        "r": np.ones((2, gates * 5, 5), np.float32),
        "b": np.ones((2, gates * 10), np.float32),
    }
    node = helper.make_node(operator, ["x", "w", "r", "b"], ["y"], hidden_size=5, direction="bidirectional")
    network = from_onnx(written(model([node], (7, 3, 6), stored=stored), tmp_path / "m.onnx"))
    assert network.macs == 2 * 7 * 3 * gates * 5 * (6 + 5)
    assert network.params == sum(each.size for each in stored.values())


def test_quantised_operators_multiply(tmp_path: Path) -> None:
    stored = {
        "w": np.ones((6, 4, 3, 3), np.int8),
        "s": np.array(0.5, np.float32),
        "z": np.array(0, np.uint8),
        "v": np.array(0, np.int8),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        helper.make_node("QLinearConv", ["q", "s", "z", "w", "s", "v", "s", "z"], ["c"]),
        helper.make_node("DequantizeLinear", ["c", "s", "z"], ["y"]),
    ]
    network = from_onnx(written(model(nodes, stored=stored), tmp_path / "m.onnx"))
    assert (network.macs, network.params) == (6 * 4 * 9 * 36, 6 * 4 * 9)
    assert [layer.weight_bits for layer in network.mac_layers] == [8]
    assert "weights of 1 of 1 products are kept at 8 bits; --precision counts others" in network.report.sentences()


@pytest.mark.parametrize(("block", "zeros", "bits"), [(0, False, 4), (16, False, 4 + 32 / 16), (16, True, 4 + 36 / 16)])
def test_weights_are_as_wide_as_the_graph_keeps_them(block: int, zeros: bool, bits: float, tmp_path: Path) -> None:
    """Four bits, with a share of the scales (and zero points) of blocks; through the transposition of a product."""
    count = 64 // block if block else 1
    scale = np.ones((24, count) if block else (24,), np.float32)
    stored = [
        helper.make_tensor("w", TensorProto.INT4, (24, 64), np.ones(24 * 64, np.int8)),
        numpy_helper.from_array(scale, "s"),
        *([helper.make_tensor("z", TensorProto.INT4, scale.shape, np.zeros(scale.size, np.int8))] if zeros else []),
        numpy_helper.from_array(np.ones((24, 24), np.float32), "v"),
    ]
    how = {"axis": 1, "block_size": block} if block else {"axis": 0}
    nodes = [
        helper.make_node("DequantizeLinear", ["w", "s", *(["z"] if zeros else [])], ["d"], **how),
        helper.make_node("Gemm", ["x", "d"], ["h"], transB=1),
        helper.make_node("MatMul", ["h", "v"], ["y"]),
    ]
    given, left = (helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", (8, 64)), ("y", (8, 24))))
    graph = helper.make_graph(nodes, "blocked", [given], [left], stored)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]), tmp_path / "m.onnx")
    network = from_onnx(tmp_path / "m.onnx")
    assert [(layer.C, layer.K, layer.weight_bits) for layer in network.mac_layers] == [(64, 24, bits), (24, 24, 8)]
    said = f"weights of 1 of 2 products are kept at {bits:g} bits; --precision counts others"
    assert said in network.report.sentences()


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "is no ONNX"),
        (b"not a file of ONNX", "is no ONNX"),
        (model([CONV]).SerializeToString(), "'w' is read before anything writes it"),
        (model([CONV, CONV], stored=WEIGHT).SerializeToString(), "'y' is written twice"),
        (
            model([CONV, helper.make_node("Blur", ["y"], [], domain="mine")], stored=WEIGHT).SerializeToString(),
            "writes no tensor",
        ),
        (model([CONV], (1, 5, 8, 8), stored=WEIGHT).SerializeToString(), "is not what such an operation reads"),
        (model([CONV], (1, 4, 2**40, 8), stored=WEIGHT).SerializeToString(), "must have dims from 1"),
        (model([helper.make_node("Conv", ["x"], ["y"])]).SerializeToString(), "is not what it takes"),
        (model([helper.make_node("Identity", ["x"], ["y"])]).SerializeToString(), "follow from no operation"),
    ],
)
def test_what_is_no_sound_file_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        from_onnx(path)


def test_a_file_that_is_absent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        from_onnx(tmp_path / "absent.onnx")


@pytest.mark.parametrize(("operator", "cut"), [("If", "--outputs seen,h"), ("Loop", "--outputs h")])
def test_a_cut_is_at_what_is_computed_and_bodies_read(operator: str, cut: str, tmp_path: Path) -> None:
    body = helper.make_graph(
        [helper.make_node("Relu", ["h"], ["t"])], "body", [], [helper.make_empty_tensor_value_info("t")]
    )
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["h"]),
        helper.make_node("ReduceMax", ["h"], ["most"], keepdims=0),
        helper.make_node("Cast", ["most"], ["seen"], to=TensorProto.BOOL),
        helper.make_node("If", ["seen"], ["y"], then_branch=body, else_branch=body)
        if operator == "If"
        else helper.make_node("Loop", ["", "", "x"], ["y"], body=body),
    ]
    path = written(model(nodes, stored=WEIGHT), tmp_path / "m.onnx")
    with pytest.raises(InputError, match=rf"'{operator}' decides at run time.*{cut}$"):
        from_onnx(path)
    assert from_onnx(path, outputs=cut.split()[1].split(",")).layers[0].kind == "conv"


def test_a_loop_over_the_input_has_nothing_to_stop_at(tmp_path: Path) -> None:
    path = written(model([helper.make_node("NonZero", ["x"], ["y"])]), tmp_path / "m.onnx")
    with pytest.raises(InputError, match=r"nothing is computed before it: export the part without it"):
        from_onnx(path)


@pytest.mark.parametrize("stored", [True, False])
def test_constants_of_nodes_are_parameters_where_nothing_else_is_stored(stored: bool, tmp_path: Path) -> None:
    """A table that is trained times one that is not: the first plays the weights, on whichever side it stands."""
    values = numpy_helper.from_array(np.ones((13, 7), np.float32), "c")
    nodes = [
        helper.make_node("Constant", [], ["c"], value=values),
        helper.make_node("MatMul", ["t", "c"], ["p"]),
        helper.make_node("Add", ["x", "p"], ["y"]),
    ]
    table = numpy_helper.from_array(np.arange(5 * 13, dtype=np.float32).reshape(5, 13), "t")
    if not stored:
        nodes.insert(0, helper.make_node("Constant", [], ["t"], value=table))
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [5, 7])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [5, 7])],
        [table] if stored else [],
    )  # fmt: skip
    path = tmp_path / "m.onnx"
    path.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString())
    (product,) = from_onnx(path).mac_layers
    assert {product.K, product.N * product.P} == {5, 7}
    assert (5 if stored else 7) == product.K
    assert from_onnx(path).params == 65 + 91 * (not stored)
