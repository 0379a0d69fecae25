"""Supernets and subnets as files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from nets.documents import naming
from nets.documents.strict import STRICT
from nets.documents.tensors import read_tensors
from nets.documents.typed import typed_data
from nets.errors import CosearchError, InputError
from nets.spaces import space_in_file
from nets.supernet.supernet import Supernet

FORMAT: Final = "cosearch supernet 1"
ABOUT: Final = ("space", "classes", "data")
"""Of the record, what is neither a tensor nor of a training that may go on."""
MOST_CLASSES: Final = 1 << 20
OPSET: Final = 17
"""Of ONNX: the first that has every operator used here as one node is 14; 17 is read by all current runtimes."""


@dataclass(frozen=True, slots=True)
class SupernetEntry:
    """What a file says of its supernet.

    Attributes:
        space: id of its space.
        classes: that it tells apart.
        data: name of what it was trained on.
    """

    __pydantic_config__ = STRICT

    space: str
    classes: int
    data: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.classes <= MOST_CLASSES:
            raise InputError("classes", self.classes, f"must be a whole number from 1 to {MOST_CLASSES}")


def save_supernet(supernet: Supernet, path: str | Path, *, data: str = "") -> None:
    """Write a supernet.

    Args:
        data: name of what it was trained on.
    """
    write_checkpoint(path, supernet, data)


def load_supernet(path: str | Path, *, device: str = "cpu") -> Supernet:
    """Read a supernet that :func:`save_supernet` or a training wrote.

    Raises:
        InputError: the file cannot be read, is no such file, or its weights are not those of its space.
    """
    return read_checkpoint(path, device=device)[0]


def write_checkpoint(path: str | Path, supernet: Supernet, data: str, **more: Any) -> None:
    """Write a supernet and more; a file of that name stays whole until the new one is."""
    record = {
        "format": FORMAT,
        "space": supernet.space.id,
        "classes": supernet.classes,
        "data": data,
        "state_dict": supernet.state_dict(),
        **more,
    }
    unfinished = Path(f"{path}.unfinished")
    with _written(path):
        torch.save(record, unfinished)
        os.replace(unfinished, path)


@contextmanager
def _written(path: str | Path) -> Iterator[None]:
    """A block in which torch writes a file: a full disk is an error that names it."""
    try:
        with naming(path):
            yield
    except RuntimeError as error:  # torch's own, when it cannot write on
        raise CosearchError(f"{path}: cannot be written ({str(error).splitlines()[0]})") from None


def read_checkpoint(path: str | Path, *, device: str = "cpu") -> tuple[Supernet, dict[str, Any]]:
    """(supernet, everything in the file).

    Raises:
        InputError: as :func:`load_supernet`.
    """
    place = f"supernet file {path}"
    record = read_tensors(path, "supernet file", partial(_check_names, path=path))
    about = _about(record, path)
    supernet = Supernet(space_in_file(about.space), classes=about.classes)
    load_named(supernet, record["state_dict"], place)
    return supernet.to(device), record


def _about(record: Mapping[str, Any], path: str | Path) -> SupernetEntry:
    if record.get("format") != FORMAT:
        hint = "official checkpoints are read by: cosearch supernet load FILE --space ID"
        raise InputError("supernet file", str(path), f"is not of the format {FORMAT!r}", hint)
    return typed_data(SupernetEntry, {key: record.get(key) for key in ABOUT if key in record}, f"supernet file {path}")


def _check_names(record: Mapping[str, Any], path: str | Path) -> None:
    """Look at what the file says of its tensors, on a supernet without memory."""
    about, place = _about(record, path), f"supernet file {path}"
    state = record.get("state_dict")
    if not isinstance(state, Mapping):
        raise InputError(place, "state_dict", "must hold named tensors")
    with torch.device("meta"):
        wanted = Supernet(space_in_file(about.space), classes=about.classes, seed=None).state_dict()
    check_named(wanted, state, place)


def load_named(net: nn.Module, state: Mapping[str, Any], place: str) -> None:
    """Load tensors by name, all of them and no others.

    Raises:
        InputError: names are missing or left over, or a shape is another; names the first of them.
    """
    check_named(net.state_dict(), state, place)
    check_numbers(state, place)
    net.load_state_dict(dict(state))


def check_named(wanted: Mapping[str, torch.Tensor], state: Mapping[str, Any], place: str) -> None:
    """Refuse tensors that have not the names and shapes that are wanted.

    Raises:
        InputError: names are missing or left over, or a shape is another; names the first of them.
    """
    for name, tensor in state.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise InputError(f"{place}: tensor", name, "is no tensor with a name")
    for rule, names in (
        ("is missing", wanted.keys() - state.keys()),
        ("is not expected", state.keys() - wanted.keys()),
    ):
        if names:
            first, *others = sorted(names)
            raise InputError(f"{place}: tensor", first, rule, f"and {len(others)} more" if others else "")
    for name, tensor in wanted.items():
        given = tuple(state[name].shape)
        if given != tuple(tensor.shape):
            raise InputError(f"{place}: shape of {name}", given, f"must be {tuple(tensor.shape)}")


def check_numbers(state: Mapping[str, Any], place: str) -> None:
    """Refuse tensors by name of which any number is none.

    Raises:
        InputError: there is one; names it.
    """
    for name, tensor in state.items():
        if tensor.is_complex() or (tensor.is_floating_point() and not bool(torch.isfinite(tensor).all())):
            raise InputError(f"{place}: tensor", name, "holds what is no number")


def export_subnet(subnet: nn.Module, resolution: int, path: Path) -> None:
    """Write a subnet as ONNX where the file is named so (``.onnx``), else as a plain state dict.

    Args:
        resolution: of its images; a state dict is for any.
    """
    if path.suffix == ".onnx":
        export_onnx(subnet, resolution, path)
    else:
        export_state_dict(subnet, path)


def export_state_dict(subnet: nn.Module, path: str | Path) -> None:
    """Write a subnet as a plain state dict."""
    with _written(path):
        torch.save(subnet.state_dict(), path)


def export_onnx(subnet: nn.Module, resolution: int, path: str | Path) -> None:
    """Write a subnet as ONNX, for batches of any size.

    Args:
        resolution: of its images.
    """
    import onnx

    example = torch.zeros(1, 3, resolution, resolution, device=next(subnet.parameters()).device)
    torch.onnx.export(
        subnet.eval(),
        (example,),
        str(path),
        dynamo=False,  # the other exporter needs onnxscript
        opset_version=OPSET,
        input_names=["images"],
        output_names=["logits"],
        dynamic_axes={"images": {0: "batch"}, "logits": {0: "batch"}},
    )
    onnx.checker.check_model(str(path))
