"""Networks by name: reference networks, files, and factories of somebody's own package."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")

import nets
from nets import named_network
from nets.errors import InputError
from nets.imports.options import ImportOptions, InputShape, parse_shapes

FACTORIES = """
import torch
from torch import nn
from nets import Layer, Network

def module():
    return nn.Linear(4, 3)

def with_example():
    return nn.Linear(4, 3), torch.empty(2, 4)

def by_name():
    return nn.Linear(4, 3), {"input": torch.empty(2, 4)}

class Twice(nn.Linear):
    def forward(self, x, y=None):
        return super().forward(x + y)

def by_place_and_name():
    return Twice(4, 3), (torch.empty(2, 4),), {"y": torch.empty(2, 4)}

def network():
    made = Network("own")
    made.add(Layer(name="layer", K=3))
    return made

def without_meta():
    module = nn.Linear(4, int(torch.ones(3).sum().item()))
    return module, torch.empty(2, 4)

def failing():
    return 1 / 0

def nothing():
    return 5

number = 5
"""


@pytest.fixture(autouse=True)
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "own_networks.py").write_text(FACTORIES)
    monkeypatch.chdir(tmp_path)
    yield
    sys.modules.pop("own_networks", None)


@pytest.mark.parametrize("factory", ["with_example", "by_name", "by_place_and_name", "without_meta"])
def test_factories_of_the_current_directory(factory: str) -> None:
    before = list(sys.path)
    network = named_network(f"own_networks:{factory}")
    assert (network.name, network.macs, network.params) == (f"own_networks:{factory}", 24, 15)
    assert sys.path == before


def test_a_factory_may_make_the_network_itself() -> None:
    assert named_network("own_networks:network").name == "own"


def test_shapes_stand_in_for_example_inputs() -> None:
    options = ImportOptions(shapes=(InputShape("input", (2, 4)),))
    assert named_network("own_networks:module", options=options).macs == 24
    with pytest.raises(InputError, match="brings its own example inputs"):
        named_network("own_networks:with_example", options=options)


@pytest.mark.parametrize(
    "name, said",
    [
        ("own_networks:module", r"without example inputs.*--shape"),
        ("own_networks:failing", "fails: ZeroDivisionError"),
        ("own_networks:nothing", "returned a int"),
        ("own_networks:number", "names nothing to call"),
        ("own_networks:with_exampel", "did you mean 'with_example'"),
        ("no_such_package:module", "cannot be imported: ModuleNotFoundError"),
        ("resnet5", "did you mean 'resnet50'"),
        ("absent.onnx", "cannot be read"),
    ],
)
def test_what_names_no_network_is_refused(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        named_network(name)


def test_files_and_factories_have_no_resolution() -> None:
    with pytest.raises(InputError, match="is that of its inputs"):
        named_network("own_networks:with_example", 224)
    with pytest.raises(InputError, match="takes no options of an import"):
        named_network("resnet18", options=ImportOptions(fold_3d=True))


def test_shapes_are_read() -> None:
    assert parse_shapes(["x=1x3x224x224", "tokens=1x128:int64"]) == (
        InputShape("x", (1, 3, 224, 224)),
        InputShape("tokens", (1, 128), "int64"),
    )


@pytest.mark.parametrize(
    "texts, said",
    [
        (["x"], "is no shape of an input"),
        (["x=1x-3"], "is no shape of an input"),
        (["x=1x0"], "must have dims from 1"),
        (["x=1x99999999999999999999"], "must have dims from 1"),
        (["x=1", "x=2"], "a second time"),
    ],
)
def test_shapes_that_are_none_are_refused(texts: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_shapes(texts)


@pytest.mark.parametrize("name, library", [("from_torch", "torch"), ("from_onnx", "onnx")])
def test_a_library_that_is_missing_is_named_with_its_extra(
    name: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [module for module in sys.modules if module.startswith("nets.imports.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match=rf"{library}' is not installed; pip install 'cosearch\[torch\]'"):
        getattr(nets, name)
