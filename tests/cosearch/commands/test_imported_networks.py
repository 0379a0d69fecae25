"""Files and factories wherever a command names a network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from cosearch.commands.parser import command_parser
from cosearch.commands.search import given_options
from nets import Network
from tests.cosearch.conftest import Cosearch

FACTORY = """
import torch
from torch import nn

def tiny():
    layers = [nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(8, 10)), torch.empty(1, 3, 16, 16)
"""
MACS = 8 * 3 * 9 * 256 + 80


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A current directory with a package and a file whose batch is open."""
    (tmp_path / "tiny_networks.py").write_text(FACTORY)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("GlobalAveragePool", ["c"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "v", "b"], ["y"], transB=1),
    ]
    sizes = {"w": (8, 3, 3, 3), "v": (10, 8), "b": (10,)}
    stored = [numpy_helper.from_array(np.ones(size, np.float32), name) for name, size in sizes.items()]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("batch", 3, 16, 16))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        initializer=stored,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    (tmp_path / "tiny.onnx").write_bytes(model.SerializeToString())
    monkeypatch.chdir(tmp_path)
    yield
    sys.modules.pop("tiny_networks", None)


FILE = ["tiny.onnx", "--shape", "x=1x3x16x16"]
NAMED = [["tiny_networks:tiny"], FILE]


@pytest.mark.parametrize("words", NAMED, ids=["factory", "file"])
def test_show_lists_what_every_operation_became(cosearch: Cosearch, words: list[str]) -> None:
    shown = cosearch("networks", "show", *words, "--json").json
    assert (shown["macs"], shown["import"]["macs"], shown["params"]) == (MACS, MACS, shown["import"]["params"])
    assert all(operation["became"] for operation in shown["import"]["operations"])
    page = cosearch("networks", "show", *words)
    assert page.status == 0
    assert "operation" in page.out


@pytest.mark.parametrize("words", NAMED, ids=["factory", "file"])
def test_evaluate(cosearch: Cosearch, words: list[str]) -> None:
    machine = ["--accelerator", "nvdla_256", "--evaluations", "20", "--json"]
    found = cosearch("evaluate", "--network", *words, *machine).json
    assert found["networks"][0]["network"] == words[0]


def test_map_and_roofline_beside_reference_networks(cosearch: Cosearch) -> None:
    mapped = cosearch("map", "--network", *FILE, "--accelerator", "nvdla_256", "--evaluations", "20", "--json").json
    assert sum(layer["count"] for layer in mapped["layers"]) == 3
    roofs = cosearch("roofline", f"{FILE[0]},squeezenet1_1", "nvdla_256", *FILE[1:], "--evaluations", "5", "--json")
    assert [one["network"] for one in (roofs.json, *roofs.json["others"])] == ["tiny.onnx", "squeezenet1_1"]
    layer = cosearch("map", "--layer", "tiny_networks:tiny:0", "--accelerator", "nvdla_256", "--evaluations", "20")
    assert layer.status == 0


def test_a_search_is_given_the_networks_themselves() -> None:
    for words in NAMED:
        args = command_parser("search").parse_args(["--network", f"resnet18,{words[0]}", *words[1:]])
        name, found = given_options(args)["networks"]
        assert name == "resnet18"
        assert isinstance(found, Network)
        assert found.macs == MACS


@pytest.mark.parametrize(
    "words, said",
    [
        (["tiny.onnx"], r"open dims (batch)"),
        (["tiny.onnx", "--shape", "x=1x4x16x16"], "does not fit"),
        (["tiny.onnx", "--shape", "x=1x3x16x16:int64"], "is a type, and an ONNX file says its own"),
        (["tiny.onnx", "--shape", "x=1x3x16x16", "--movement", "Conv"], "is no operation of tiny.onnx"),
        (["tiny.onnx", "--shape", "x=1x3x16x16", "--outputs", "z"], "is not known"),
        (["tiny_networks:tiny", "--outputs", "z"], "is for ONNX files"),
        (["tiny_networks:tyni"], "did you mean 'tiny'"),
        (["resnet18", "--fold-3d"], "takes no options of an import"),
        (["tiny_networks.py"], "is not known"),
    ],
)
def test_what_names_no_network_ends_with_status_2(cosearch: Cosearch, words: list[str], said: str) -> None:
    shown = cosearch("networks", "show", *words)
    assert (shown.status, shown.out) == (2, "")
    assert said in shown.err
