"""Files are read by ``nets/documents`` alone: whatever else opens or decodes is listed here with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
FLOORS: Final = ("nets", "accel_models", "mappings", "cosearch")
LOADER: Final = "nets/documents/"
DECODERS: Final = {
    "json": ("load", "loads"),
    "yaml": ("load", "load_all", "safe_load", "safe_load_all", "full_load", "unsafe_load"),
    "tomllib": ("load", "loads"),
    "csv": ("reader", "DictReader"),
    "np": ("load", "loadtxt", "genfromtxt", "fromfile", "memmap"),
    "torch": ("load",),
    "onnx": ("load", "load_model", "load_model_from_string"),
    "pickle": ("load", "loads"),
}
OPENERS: Final = ("open", "load_external_data_for_tensor")
METHODS: Final = ("open", "read_text", "read_bytes")
SHIPPED: Final = "data of the package itself, which no user hands over"
OWN: Final = "source of the package itself, of which it makes a digest"
LOADED: Final = "decodes bytes that the loader read"
REASONS: Final = {
    ("nets/accuracy/shipped.py", "read_text"): SHIPPED,
    ("nets/imports/onnx_file.py", "onnx.load_model_from_string"): LOADED,
    ("nets/imports/onnx_file.py", "load_external_data_for_tensor"): "ONNX's own, which stays in the file's folder",
    ("nets/supernet/data.py", "open"): "decodes an image whose bytes the loader read",
    ("accel_models/imported.py", "read_bytes"): OWN,
    (
        "accel_models/imported.py",
        "json.loads",
    ): "what this program remembered of its own sources; a damaged one is passed over",
    ("accel_models/presets/__init__.py", "read_text"): SHIPPED,
    ("accel_models/calibration/latency_models.py", "read_text"): SHIPPED,
    ("accel_models/families/__init__.py", "read_text"): SHIPPED,
    ("accel_models/systems/__init__.py", "read_text"): SHIPPED,
    ("accel_models/technology.py", "read_text"): SHIPPED,
    ("accel_models/technology.py", "json.loads"): SHIPPED,
    ("accel_models/technology.py", "csv.DictReader"): SHIPPED,
    ("accel_models/data/fit_sram.py", "open"): "is run by hand, to make data of the package",
    ("accel_models/data/fit_sram.py", "csv.DictReader"): "is run by hand, to make data of the package",
    ("accel_models/data/run_cacti.py", "open"): "is run by hand, to make data of the package",
    ("accel_models/data/run_cacti.py", "read_text"): "is run by hand, to make data of the package",
    ("accel_models/data/run_cacti.py", "csv.reader"): "is run by hand, to make data of the package",
    ("cosearch/cli.py", "os.open"): "the null device, for what is printed after its reader left",
    ("cosearch/executors/dask_pool.py", "pickle.loads"): "from workers that are trusted: docs/trust.md",
    ("cosearch/executors/ledger.py", "pickle.loads"): "from workers that are trusted: docs/trust.md",
    ("cosearch/commands/process_list.py", "read_bytes"): "the process list, of this process",
    ("cosearch/studies/storage.py", "open"): "cuts half a line off a journal that this process holds",
    ("cosearch/studies/lock.py", "os.open"): "a folder, to lock it",
    ("cosearch/studies/proof_file.py", "np.load"): LOADED,
    ("cosearch/reports/figure.py", "read_text"): SHIPPED,
    ("cosearch/reports/library.py", "read_text"): "of the package plotly",
}


def reading_calls(tree: ast.Module) -> Iterator[str]:
    """Calls that open a file, and functions that decode, called or handed on; those of the loader have bare names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OPENERS:
            yield node.func.id
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            yield "os.open" if ast.unparse(node.func) == "os.open" else node.func.attr
        elif isinstance(node, ast.Attribute) and node.attr in DECODERS.get(ast.unparse(node.value), ()):
            yield ast.unparse(node)


def test_whatever_reads_outside_the_loader_has_a_reason() -> None:
    found = set()
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(LOADER):
                found |= {(name, call) for call in reading_calls(ast.parse(path.read_text()))}
    assert found - REASONS.keys() == set(), "read it with nets.documents, or say here why not"
    assert REASONS.keys() - found == set(), "no longer there"
