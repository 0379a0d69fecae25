"""SCALE-Sim's topologies: a line of CSV for each layer, as convolutions or as matrix products.

A convolution gives rows and columns of its input and filter, channels, filters, and one stride; a layer with ``DP`` in
its name is depthwise. Nothing is padded, but a last window may hang over the input: SCALE-Sim rounds the outputs up. A
matrix product gives ``M`` rows, ``N`` columns and ``K`` inner words.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Final

from nets.documents import Document
from nets.documents.scalars import ScalarError, plain
from nets.documents.table import read_rows
from nets.documents.typed import typed
from nets.errors import InputError
from nets.layer import Layer
from nets.network import Network

CONV: Final = {
    "Layer name": "name", "IFMAP Height": "rows", "IFMAP Width": "columns", "Filter Height": "filter_rows",
    "Filter Width": "filter_columns", "Channels": "channels", "Num Filter": "filters", "Strides": "stride",
}  # fmt: skip
GEMM: Final = {"Layer name": "name", "M": "M", "N": "N", "K": "K"}
"""Columns of SCALE-Sim's, and what they hold."""
SPARSITY: Final = "Sparsity"
_DENSE: Final = "1:1"


def read_topology(path: str | Path) -> Network:
    """The network of a topology file, its layers one after the other.

    Raises:
        InputError: the file cannot be read, has columns of neither form, or a line that is no layer.
    """
    rows = read_rows(path, of="SCALE-Sim topology")
    if not rows:
        raise InputError("SCALE-Sim topology", str(path), "is empty")
    (_, header), *layers = rows
    fields = _fields([name for name in header if name], Path(path).name)
    network = Network(Path(path).stem)
    for line, words in layers:
        place = f"{Path(path).name}: line {line}"
        if any(words[len(fields) :]):
            raise InputError(place, words[len(fields) :], f"stand behind the {len(fields)} fields of a layer")
        document = Document(dict(zip(fields, map(_value, words))), place)
        layer = _product(document) if "M" in fields else _convolution(document)
        if layer.name in network.graph:  # SCALE-Sim goes by lines, whatever their names
            layer = dataclasses.replace(layer, name=f"{layer.name}_{line}")
        network.add(layer)
    if not network.layers:
        raise InputError(
            "SCALE-Sim topology", str(path), "has no layers", "give a line for each, below the columns' names"
        )
    return network


def _fields(named: list[str], place: str) -> tuple[str, ...]:
    """What the columns hold, which SCALE-Sim tells by their places alone: each must have the name of its place."""
    spelled = [_spelled(name) for name in named]
    form = max(CONV, GEMM, key=lambda form: len({_spelled(name) for name in form if form[name] != "name"} & {*spelled}))
    form = form | {SPARSITY: "sparsity"} if len(named) > len(form) else form
    for number, column in enumerate(form, start=1):
        if _spelled(column) not in spelled[number - 1 : number]:
            have = named[number - 1] if number <= len(named) else ""
            hint = f"write {column!r}; the columns are {', '.join(form)}"
            raise InputError(f"{place}: column {number}", have, f"stands where {column!r} does", hint)
    if len(named) > len(form):
        raise InputError(
            f"{place}: column {len(form) + 1}", named[len(form)], f"stands behind {SPARSITY!r}", "leave it out"
        )
    return tuple(form.values())


def _spelled(column: str) -> str:
    """A column's name as all files spell it: products name the first one ``Layer``."""
    name = " ".join(column.lower().replace("_", " ").split()).removesuffix("s")
    return "layer name" if name == "layer" else name


def _value(word: str) -> Any:
    try:
        return plain(word) if word.isdecimal() else word
    except ScalarError:
        return word


def _product(document: Document) -> Layer:
    from nets.workloads.scalesim_model import GemmRow

    row = typed(GemmRow, document)
    with document.at(()):
        _require_dense(row.sparsity)
        return Layer(name=row.name, kind="matmul", P=row.M, K=row.N, C=row.K)


def _convolution(document: Document) -> Layer:
    from nets.workloads.scalesim_model import ConvRow

    row = typed(ConvRow, document)
    with document.at(()):
        _require_dense(row.sparsity)
        rows, below = _windows("rows", row.rows, row.filter_rows, row.stride)
        columns, right = _windows("columns", row.columns, row.filter_columns, row.stride)
        depthwise = "DP" in row.name
        return Layer(
            name=row.name,
            G=row.channels if depthwise else 1,
            C=1 if depthwise else row.channels,
            K=row.filters,
            P=rows,
            Q=columns,
            R=row.filter_rows,
            S=row.filter_columns,
            stride=(row.stride, row.stride),
            padding=(0, below, 0, right),
        )


def _windows(key: str, extent: int, window: int, stride: int) -> tuple[int, int]:
    """How many windows there are along an axis, and by how much the last one hangs over."""
    if window > extent:
        raise InputError(key, extent, f"are fewer than the {window} of the filter")
    count = -(-(extent - window) // stride) + 1
    return count, (count - 1) * stride + window - extent


def _require_dense(ratio: str) -> None:
    if ratio not in ("", _DENSE):
        raise InputError("sparsity", ratio, "is of sparse filters, which layers here do not have", f"write {_DENSE}")
