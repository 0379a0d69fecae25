"""Networks that somebody's own package makes: ``package.module:factory``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch import nn

from nets.errors import InputError
from nets.imports.options import ImportOptions
from nets.imports.torch_export import from_torch
from nets.network import Network
from nets.own_code import called, current_folder, own_code
from nets.spaces.own import no_network, stands_for_space


def from_factory(name: str, options: ImportOptions) -> Network:
    """The network that a factory makes.

    It is called without weights (on PyTorch's ``meta`` device) first, and with them where it cannot do so.

    Raises:
        InputError: no such package, module or function; it fails, or returns something else; see
            :func:`nets.imports.torch_export.from_torch`.
    """
    if options.outputs:
        raise InputError("--outputs", ",".join(options.outputs), "is for ONNX files")
    factory = _factory(name)
    try:
        return _network(name, factory, options, torch.device("meta"))
    except InputError as error:
        if "meta" not in f"{error} {error.__cause__}".lower():
            raise
    return _network(name, factory, options, nullcontext())


def _factory(name: str) -> Callable[[], Any]:
    found = own_code("network", name)
    if not callable(found):
        raise InputError("network", name, "names nothing to call")
    return found  # type: ignore[no-any-return]


def _network(name: str, factory: Callable[[], Any], options: ImportOptions, device: Any) -> Network:
    with device, current_folder():
        made = called("network", name, factory)
        if isinstance(made, Network):
            return made
        if stands_for_space(made):
            raise no_network(name)
        module, *example = made if isinstance(made, tuple) else (made,)
        if not isinstance(module, nn.Module):
            rule = "returns no torch.nn.Module, no module with example inputs and no nets.Network"
            raise InputError("network", name, rule, f"it returned a {type(made).__name__}")
        inputs = example.pop() if example and isinstance(example[-1], dict) else {}
        if len(example) == 1 and isinstance(example[0], tuple | list):
            example = [*example[0]]
        example, inputs = _shaped(name, options, example, inputs)
        return from_torch(
            module, *example, name=name, inputs=inputs,
            movement=options.movement, fold_3d=options.fold_3d,
        )  # fmt: skip


def _shaped(
    name: str, options: ImportOptions, example: list[Any], inputs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Example inputs, made of the shapes that are given where the factory gives none."""
    if not options.shapes:
        if not example and not inputs:
            rule = "returns a module without example inputs"
            raise InputError("network", name, rule, "return (module, example), or give --shape x=1x3x224x224")
        return example, inputs
    if example or inputs:
        raise InputError("--shape", options.shapes[0].name, f"is given, and {name} brings its own example inputs")
    for each in options.shapes:
        dtype = getattr(torch, each.dtype, None)
        if not isinstance(dtype, torch.dtype):
            raise InputError("--shape", each.dtype, "is no type of PyTorch", "as in tokens=1x128:int64")
        inputs[each.name] = torch.empty(each.shape, dtype=dtype)
    return example, inputs
