"""Libraries that only an import needs, and what to install where they are missing."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nets.errors import InputError

if TYPE_CHECKING:
    from nets.network import Network


def torch_factories() -> Callable[..., Network]:
    """:func:`nets.imports.factory.from_factory`."""
    found: Callable[..., Network] = _needing("torch", "nets.imports.factory").from_factory
    return found


def onnx_importer() -> Callable[..., Network]:
    """:func:`nets.imports.onnx_file.from_onnx`."""
    found: Callable[..., Network] = _needing("onnx", "nets.imports.onnx_file").from_onnx
    return found


def _needing(library: str, module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise InputError("import", library, "is not installed", "pip install 'cosearch[torch]' has it") from None
