"""Import models inside the environment that has their packages: rows as JSON in, one line of JSON out for each.

Run by ``benchmarks/imports.py``.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.outside.models import Example, build
from nets import Network, from_onnx, from_torch

MOST_PARAMS = 10**9
"""Of a model that is made with its weights, which ONNX files hold."""

exporting = [0.0]
_export: Callable[..., Any] = torch.export.export


def _timed_export(*args: Any, **kwargs: Any) -> Any:
    begun = time.perf_counter()
    try:
        return _export(*args, **kwargs)
    finally:
        exporting[0] += time.perf_counter() - begun


def compared(row: dict[str, str], *, onnx: bool) -> dict[str, Any]:
    """What came of one model: MACs, parameters, seconds of PyTorch's export and beyond, and of its ONNX files."""
    exporting[0] = 0.0
    try:
        network, beyond, inputs = _imported(row)
    except Exception as error:  # whatever other people's code raises is a line of the table
        return row | {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
    found: dict[str, Any] = {
        "found_macs": network.macs,
        "found_params": network.params,
        "export_s": exporting[0],
        "beyond_s": beyond,
        "layers": len(network.layers),
    }
    if onnx and inputs == 1 and network.params < MOST_PARAMS:
        found["onnx"] = {kind: _same_in_file(row, network, dynamic=kind == "dynamic") for kind in ("static", "dynamic")}
    return row | found


def _imported(row: dict[str, str]) -> tuple[Network, float, int]:
    """A model, made without weights where it can be; the seconds beyond export; its inputs, two for one by name."""
    try:
        with torch.device("meta"):
            return _timed(row)
    except Exception:
        return _timed(row)


def _timed(row: dict[str, str]) -> tuple[Network, float, int]:
    module, args, inputs = _built(row)
    begun, before = time.perf_counter(), exporting[0]
    network = from_torch(module.eval(), *args, inputs=inputs, fold_3d=True, name=row["model"])
    beyond = time.perf_counter() - begun - (exporting[0] - before)
    return network, beyond, len(args) + 2 * len(inputs)


def _built(row: dict[str, str]) -> Example:
    return build(row["package"], row["model"], row["input"])


def _same_in_file(row: dict[str, str], network: Network, *, dynamic: bool) -> str:
    """Whether the ONNX file of a model has the same layers: of products, or of everything."""
    module, args, _ = _built(row)
    axes = {"x": {index: f"d{index}" for index in range(args[0].dim()) if index != 1}} if dynamic else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        if error := _exported(module, args, path, axes):
            return f"not exported: {error}"
        try:
            shapes = {"x": tuple(args[0].shape)} if dynamic else None
            found = from_onnx(path, shapes, fold_3d=True)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    if _shapes(found, macs=True) != _shapes(network, macs=True):
        return f"other products: {found.macs - network.macs:+,} MACs"
    return "same" if _shapes(found, macs=False) == _shapes(network, macs=False) else "same products"


def _exported(module: torch.nn.Module, args: tuple[Any, ...], path: Path, axes: dict[str, Any] | None) -> str:
    """Write the ONNX file of a module, by the newer exporter where the older one cannot; what went wrong."""
    ways: list[dict[str, Any]] = [{"dynamo": False, "input_names": ["x"], "dynamic_axes": axes}]
    if axes is None:
        ways.append({"dynamo": True, "external_data": False})
    said = ""
    for way in ways:
        try:
            with torch.no_grad():
                torch.onnx.export(module.eval(), args, str(path), **way)
                return ""
        except Exception as error:
            said = type(error).__name__
    return said


def _shapes(network: Network, *, macs: bool) -> Counter[object]:
    """Products by their shapes, passes by the words that they move."""
    if macs:
        return Counter(layer.shape_key for layer in network.mac_layers)
    return Counter((layer.kind, layer.input_words, layer.output_words) for layer in network.layers if not layer.is_mac)


def main() -> None:
    """Compare every row."""
    torch.export.export = _timed_export
    warnings.simplefilter("ignore")
    asked = json.load(sys.stdin)
    with os.fdopen(os.dup(1), "w") as results, open(os.devnull, "wb") as nowhere:
        for output in (1, 2):  # what other people's code prints, in whatever language it is written
            os.dup2(nowhere.fileno(), output)
        for row in asked["rows"]:
            print(json.dumps(compared(row, onnx=asked["onnx"])), file=results, flush=True)


if __name__ == "__main__":
    main()
