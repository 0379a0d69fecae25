"""Networks from PyTorch modules, by ``torch.export``: nothing is computed, so weights may be absent (``meta``)."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import sysconfig
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence, ValuesView
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn
from torch.utils._pytree import tree_map_only

from nets.errors import InputError
from nets.imports.graph import Parameter, SourceGraph
from nets.imports.lower import lower
from nets.imports.report import ImportedNetwork
from nets.imports.torch_graph import WRAPPED, read_graph
from nets.imports.unknown import unknown_in
from nets.imports.uses import uses_of

_DATA_DEPENDENT: Final = ("data-dependent", "Tensor.item()", "_local_scalar_dense", "GuardOnDataDependent")
"""What PyTorch says where the course of a module hangs on its data."""
_FRAME: Final = re.compile(r'File "([^"]+)", line (\d+), in .*\n\s*(.+)')
_NOT_OWN: Final = ("/torch/", str(Path(__file__).parent), "<string>")
"""Of paths of files that are no module's own."""
_STANDARD: Final = sysconfig.get_path("stdlib")


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
        return lower(_read(exported, name, wrapped, tuple(notes), movement), movement=movement, fold_3d=fold_3d)


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


def _read(
    exported: torch.export.ExportedProgram,
    name: str,
    module: nn.Module,
    notes: tuple[str, ...],
    movement: Sequence[str],
) -> SourceGraph:
    """The graph of an exported module; operators that are not known are decomposed where PyTorch says how."""
    stored = dict(module.named_parameters(remove_duplicate=False))
    parameters = {path: Parameter(words=each.numel(), stored=str(id(each))) for path, each in stored.items()}
    params = sum(each.numel() for each in module.parameters())
    leaves = {path for path, part in module.named_modules() if next(part.children(), None) is None}
    tried: set[str] = set()
    while True:
        graph = read_graph(exported, name, parameters, params, leaves, notes)
        unknown = {op.name for op in unknown_in(graph, uses_of(graph))}.difference(movement, tried)
        if not unknown:
            return graph
        tried |= unknown
        ways: Mapping[Any, Any] = torch.export.default_decompositions()
        table = {op: way for op, way in ways.items() if op._schema.name.replace("::", ".") in unknown}
        if table:
            with _quiet():
                exported = exported.run_decompositions(table)


class _TensorsOnly(nn.Module):
    """A module whose outputs are the tensors among those of another, without caches and other objects."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        setattr(self, WRAPPED, module)

    def forward(self, *args: Any, **kwargs: Any) -> list[torch.Tensor]:
        """Call the other."""
        return _tensors(getattr(self, WRAPPED)(*args, **kwargs))


def _tensors(output: Any) -> list[torch.Tensor]:
    """The tensors of an output, and of what it holds by name or in order; other objects hold what is not asked for."""
    if isinstance(output, torch.Tensor):
        return [output]
    if isinstance(output, Mapping):
        output = output.values()
    if isinstance(output, list | tuple | ValuesView):
        return [tensor for each in output for tensor in _tensors(each)]
    return []


def _export(
    name: str, module: nn.Module, example: tuple[Any, ...], inputs: dict[str, Any]
) -> tuple[torch.export.ExportedProgram, nn.Module]:
    """The exported module, and the module as it was exported."""
    devices = {each.device for each in module.parameters()}
    device = torch.device("meta") if torch.device("meta") in devices else next(iter(devices), torch.device("cpu"))
    example, inputs = tree_map_only(torch.Tensor, lambda x: _on(x, device), (example, inputs))
    try:
        return _exported(module, example, inputs), module
    except Exception as error:
        if "not a known type" not in str(error):
            raise _refusal(name, error) from error
    module = _TensorsOnly(module).eval()  # it returned an object that holds tensors, such as a cache
    try:
        return _exported(module, example, inputs), module
    except Exception as error:
        raise _refusal(name, error) from error


def _exported(module: nn.Module, example: tuple[Any, ...], inputs: dict[str, Any]) -> torch.export.ExportedProgram:
    with warnings.catch_warnings(), _quiet():
        warnings.simplefilter("ignore")
        return torch.export.export(module, example, inputs, strict=False)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """PyTorch's own words on what it cannot export, kept for the error."""
    before = logging.root.manager.disable
    fast = torch.backends.mha.get_fastpath_enabled()
    logging.disable(logging.CRITICAL)
    torch.backends.mha.set_fastpath_enabled(False)  # its fused layers would hide their products
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)
        torch.backends.mha.set_fastpath_enabled(fast)


def _on(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """A tensor of the same shape on a device."""
    if tensor.device == device:
        return tensor
    return torch.empty_like(tensor, device=device) if tensor.is_meta else tensor.to(device)


def _is_own(file: str) -> bool:
    """Whether a file may be a module's own: not PyTorch's, Python's or ours."""
    standard = file.startswith(_STANDARD) and "site-packages" not in file
    return not standard and not any(part in file for part in _NOT_OWN)


def _refusal(name: str, error: Exception) -> InputError:
    """What PyTorch says of a module that it cannot export: the rule, and the line of the module."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = lines[0] if lines else type(error).__name__
    stack = traceback.extract_tb(error.__traceback__)
    frames = [(frame.filename, frame.lineno or 0, frame.line or "") for frame in stack]
    frames += [(file, int(line), code) for file, line, code in _FRAME.findall(str(error))]
    own = [frame for frame in frames if _is_own(frame[0])]
    where = "{}, line {}: {}".format(*own[-1]) if own else "the module"
    if any(word in str(error) for word in _DATA_DEPENDENT):
        rule = f"decides by the data what it computes: {said}"
        return InputError(f"network {name!r}", where, rule, "return what stands before it")
    return InputError(f"network {name!r}", where, f"cannot be exported: {type(error).__name__}: {said}")
