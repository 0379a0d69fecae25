"""Networks from PyTorch modules, by ``torch.export``: nothing is computed, so weights may be absent (``meta``)."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_map_only

from nets.errors import InputError
from nets.imports.graph import Parameter, SourceGraph
from nets.imports.lower import lower
from nets.imports.report import ImportedNetwork
from nets.imports.torch_graph import read_graph


def from_torch(
    module: nn.Module,
    *example: Any,
    name: str = "",
    inputs: Mapping[str, Any] | None = None,
    movement: Sequence[str] = (),
    fold_3d: bool = False,
) -> ImportedNetwork:
    """The network that a module computes.

    Args:
        module: its weights are not read, so it may have been made under ``torch.device("meta")``.
        example: inputs, of which only the shapes count.
        name: what reports call it; that of its class when omitted.
        inputs: those that the module takes by name.
        movement: operators such as ``aten.foo`` that are costed as copies where they are not known.
        fold_3d: fold the depth of 3-D convolutions into batch and channels: MACs are exact, inputs overcounted.

    Raises:
        InputError: the module cannot be exported (with the line that PyTorch names), holds an operator that is not
            known, or makes no network.
    """
    if not isinstance(module, nn.Module):
        raise InputError("from_torch: module", type(module).__name__, "is no torch.nn.Module")
    name = name or type(module).__name__
    notes = []
    if module.training:
        notes.append("the module was in training mode; it was read in evaluation mode")
    with _evaluating(module):
        exported, wrapped = _export(name, module, example, dict(inputs or {}))
        return lower(_graph(exported, name, wrapped, tuple(notes)), movement=movement, fold_3d=fold_3d)


@contextlib.contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    """Every part of a module in evaluation mode, for a while."""
    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        yield
    finally:
        for part in training:
            part.training = True


def _graph(exported: torch.export.ExportedProgram, name: str, module: nn.Module, notes: tuple[str, ...]) -> SourceGraph:
    stored = dict(module.named_parameters(remove_duplicate=False))
    parameters = {path: Parameter(words=each.numel(), stored=str(id(each))) for path, each in stored.items()}
    params = sum(each.numel() for each in module.parameters())
    leaves = {path for path, part in module.named_modules() if next(part.children(), None) is None}
    return read_graph(exported, name, parameters, params, leaves, notes)


def _export(
    name: str, module: nn.Module, example: tuple[Any, ...], inputs: dict[str, Any]
) -> tuple[torch.export.ExportedProgram, nn.Module]:
    """The exported module, and the module as it was exported."""
    device = next((each.device for each in module.parameters()), torch.device("cpu"))
    example, inputs = tree_map_only(torch.Tensor, lambda x: x.to(device), (example, inputs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exported = torch.export.export(module, example, inputs, strict=False)
    return exported, module
