"""Importers that need a library that is an extra, and what to install where it is missing."""

from __future__ import annotations

import importlib
from typing import Any, Final

from nets.errors import InputError

_NEEDS: Final = {
    "from_factory": ("torch", "nets.imports.factory"),
    "from_onnx": ("onnx", "nets.imports.onnx_file"),
    "from_torch": ("torch", "nets.imports.torch_export"),
}
"""Library and home of each importer."""


def __getattr__(name: str) -> Any:
    """An importer.

    Raises:
        InputError: the library that it needs is not installed.
    """
    if name not in _NEEDS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    library, module = _NEEDS[name]
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise InputError(name, library, "is not installed", "pip install 'cosearch[torch]'") from None
