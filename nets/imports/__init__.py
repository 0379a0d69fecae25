"""Networks from elsewhere: PyTorch modules and ONNX files, read into one list of operations and one table of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.first_use import on_first_use

if TYPE_CHECKING:
    from nets.imports.onnx_file import from_onnx
    from nets.imports.report import ImportedNetwork, ImportReport
    from nets.imports.torch_export import from_torch

_HOMES = {
    "ImportReport": "nets.imports.report",
    "ImportedNetwork": "nets.imports.report",
    "from_onnx": "nets.imports.extras",
    "from_torch": "nets.imports.extras",
}

__all__ = ["ImportReport", "ImportedNetwork", "from_onnx", "from_torch"]

__getattr__, __dir__ = on_first_use(__name__, _HOMES)
