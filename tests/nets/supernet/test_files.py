"""Supernets and subnets as files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from torch import nn

from nets.documents.tensors import MOST_OLD_BYTES, read_tensors
from nets.errors import InputError
from nets.supernet import export_onnx, export_state_dict, load_supernet, save_supernet
from nets.supernet.official import load_official, official_state_dict
from tests.nets.supernet.networks import random_supernet


def test_a_supernet_comes_back_as_it_was(tmp_path: Path) -> None:
    supernet = random_supernet("ofa-digits")
    save_supernet(supernet, tmp_path / "digits.pt", data="digits")
    again = load_supernet(tmp_path / "digits.pt").eval()
    config, x = supernet.space.min_config(), torch.randn(2, 3, 12, 12)
    assert (again.space.id, again.classes) == ("ofa-digits", 10)
    assert torch.equal(again(x, config), supernet(x, config))
    assert [path.name for path in tmp_path.iterdir()] == ["digits.pt"]


def test_a_subnet_as_plain_state_dict(tmp_path: Path) -> None:
    """Names and tensors of plain modules, which load into the same subnet of an untrained supernet."""
    supernet = random_supernet("ofa-digits")
    config = supernet.space.min_config()
    export_state_dict(supernet.extract(config), tmp_path / "subnet.pth")
    state = torch.load(tmp_path / "subnet.pth", weights_only=True)
    subnet = random_supernet("ofa-digits", seed=1).extract(config)
    subnet.load_state_dict(state)
    x = torch.randn(2, 3, 12, 12)
    torch.testing.assert_close(subnet(x), supernet(x, config))
    assert state["stage1_block1.depthwise.conv.weight"].shape == (24, 1, 3, 3)


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export")
@pytest.mark.parametrize("space_id, resolution", [("ofa-digits", 12), ("ofa-resnet50", 128)])
def test_a_subnet_as_onnx_computes_the_same(space_id: str, resolution: int, tmp_path: Path) -> None:
    """By ONNX's own reference evaluator, for a batch of another size than the one exported."""
    supernet = random_supernet(space_id)
    subnet = supernet.extract(supernet.space.min_config())
    export_onnx(subnet, resolution, tmp_path / "subnet.onnx")
    graph = onnx.load(tmp_path / "subnet.onnx").graph
    assert [entry.name for entry in (*graph.input, *graph.output)] == ["images", "logits"]
    if space_id == "ofa-resnet50":
        return  # the evaluator is plain Python: minutes for a network of this size
    x = torch.randn(3, 3, resolution, resolution)
    (logits,) = ReferenceEvaluator(str(tmp_path / "subnet.onnx")).run(None, {"images": x.numpy()})
    with torch.no_grad():
        np.testing.assert_allclose(logits, subnet(x).numpy(), rtol=1e-3, atol=1e-4)


def test_bad_files_are_refused(tmp_path: Path) -> None:
    supernet = random_supernet("ofa-digits")
    torch.save({"space": "ofa-digits"}, tmp_path / "other.pt")
    with pytest.raises(InputError, match="is not of the format"):
        load_supernet(tmp_path / "other.pt")
    save_supernet(supernet, tmp_path / "digits.pt")
    record = torch.load(tmp_path / "digits.pt", weights_only=True)
    lost = record["state_dict"].pop("slots.stem.conv.conv.weight")
    torch.save(record, tmp_path / "less.pt")
    with pytest.raises(InputError, match=r"tensor: 'slots\.stem\.conv\.conv\.weight' is missing"):
        load_supernet(tmp_path / "less.pt")
    record["state_dict"]["slots.stem.conv.conv.weight"] = lost[:4]
    torch.save(record, tmp_path / "small.pt")
    with pytest.raises(InputError, match=r"\(4, 3, 3, 3\) must be \(8, 3, 3, 3\)"):
        load_supernet(tmp_path / "small.pt")


def test_numbers_of_what_is_no_supernet_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large file of other tensors is refused by what its archive says of them."""
    other, wider = tmp_path / "other.pt", tmp_path / "wider.pt"
    torch.save({"state_dict": {"w": torch.ones(1000)}}, other)
    save_supernet(random_supernet("ofa-digits"), wider)
    record = torch.load(wider, weights_only=True)
    record["state_dict"] |= {"more": torch.ones(1000)}
    torch.save(record, wider)
    load, devices = torch.load, list[set[str]]()

    def watched(*given: object, **options: object) -> object:
        record = load(*given, **options)
        devices.append({tensor.device.type for tensor in record["state_dict"].values()})
        return record

    monkeypatch.setattr(torch, "load", watched)
    for path, rule in ((other, "is not of the format"), (wider, "'more' is not expected")):
        with pytest.raises(InputError, match=rule):
            load_supernet(path)
    assert devices == [{"meta"}, {"meta"}]


def test_the_oldest_form_is_read_up_to_a_size(tmp_path: Path) -> None:
    """It cannot be looked into: what is large in it is refused before it is read, and the error says how to go on."""
    supernet, path = random_supernet("ofa-digits"), tmp_path / "old.pt"
    torch.save(official_state_dict(supernet), path, _use_new_zipfile_serialization=False)
    assert_same(load_official(path, "ofa-digits"), supernet)
    os.truncate(path, MOST_OLD_BYTES + 1)
    with pytest.raises(InputError, match=r"are more than 256 MiB; write it anew: torch\.save\(torch\.load\(FILE"):
        load_official(path, "ofa-digits")
    os.truncate(path, 1000)
    with pytest.raises(InputError, match="cannot be read"):
        load_official(path, "ofa-digits")


def assert_same(one: nn.Module, other: nn.Module) -> None:
    """Equal tensors by equal names."""
    state = other.state_dict()
    assert {name: tensor.tolist() for name, tensor in one.state_dict().items() if name in state} == {
        name: tensor.tolist() for name, tensor in state.items()
    }


@pytest.mark.parametrize("rule", ["says it is", "is not of plain numbers"])
def test_tensors_that_are_not_what_they_say_are_refused(rule: str, tmp_path: Path) -> None:
    """One number that stands for ten thousand million takes no memory before it is refused."""

    def odd(*shape: int) -> torch.Tensor:
        one = torch.ones(1)
        return one.expand(shape) if rule == "says it is" else torch.sparse_coo_tensor(size=shape)

    save_supernet(random_supernet("ofa-digits"), tmp_path / "digits.pt")
    record = torch.load(tmp_path / "digits.pt", weights_only=True)
    for name, tensor in record["state_dict"].items():
        record["state_dict"][name] = odd(*tensor.shape) if tensor.dim() > 1 else tensor
    torch.save(record, tmp_path / "digits.pt")
    with pytest.raises(InputError, match=rule):
        load_supernet(tmp_path / "digits.pt")
    torch.save({"some": [{"w": odd(10, 10**9)}]}, tmp_path / "other.pt")
    with pytest.raises(InputError, match=rule):
        read_tensors(tmp_path / "other.pt", "file")


@pytest.mark.parametrize("number", [torch.nan, torch.inf, 1 + 2j])
def test_what_is_no_number_is_refused(number: complex, tmp_path: Path) -> None:
    supernet = random_supernet("ofa-digits")
    save_supernet(supernet, tmp_path / "own.pt")
    own = torch.load(tmp_path / "own.pt", weights_only=True)
    published = official_state_dict(supernet)
    for path, state, record in (("own.pt", own["state_dict"], own), ("official.pth", published, published)):
        name = next(name for name, tensor in state.items() if tensor.is_floating_point())
        state[name] = torch.full_like(state[name], number, dtype=torch.complex64 if number == 1 + 2j else None)
        torch.save(record, tmp_path / path)
    with pytest.raises(InputError, match="holds what is no number"):
        load_supernet(tmp_path / "own.pt")
    with pytest.raises(InputError, match="holds what is no number"):
        load_official(tmp_path / "official.pth", "ofa-digits")
