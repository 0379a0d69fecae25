"""Networks from ONNX files: read, with every dim bound and every shape inferred. Weights are not needed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import onnx.inliner
from onnx import numpy_helper
from onnx.external_data_helper import load_external_data_for_tensor, uses_external_data

from nets.documents import read_bytes
from nets.errors import InputError, shown, unknown
from nets.imports.graph import Shape
from nets.imports.lower import lower
from nets.imports.onnx_graph import read_graph
from nets.imports.onnx_shapes import Known
from nets.imports.report import ImportedNetwork
from nets.ranges import LARGEST

MOST_BYTES: Final = (1 << 31) - 1
"""Of a file: protocol buffers have no more."""
MOST_VALUES: Final = 1 << 16
"""Words of a constant whose values may decide shapes; larger ones are weights."""


def from_onnx(
    path: str | Path,
    shapes: Mapping[str, Sequence[int]] | None = None,
    *,
    outputs: Sequence[str] = (),
    movement: Sequence[str] = (),
    fold_3d: bool = False,
) -> ImportedNetwork:
    """The network of an ONNX file.

    Args:
        path: the file; data that it keeps in other files is read only where it decides shapes.
        shapes: of inputs whose dims the file leaves open.
        outputs: tensors to stop at; the outputs of the file when empty.
        movement: operators that are costed as copies where they are not known.
        fold_3d: fold the depth of 3-D convolutions into batch and channels: MACs are exact, inputs overcounted.

    Raises:
        InputError: the file is no ONNX, leaves a dim open, holds an operator that is not known or that decides at run
            time what is computed, or makes no network.
    """
    name = Path(path).name
    model = _model(name, Path(path))
    graph = model.graph
    if outputs:
        _cut(name, graph, outputs)
    weights, values = _constants(name, graph, Path(path).parent)
    bound = _bound(name, graph, weights, shapes or {})
    known = Known(name, model, bound, weights, values)
    return lower(read_graph(name, graph, known, [*bound]), movement=movement, fold_3d=fold_3d)


def _model(name: str, path: Path) -> onnx.ModelProto:
    """A file with the functions that it defines written out."""
    content = read_bytes("ONNX file", path, most=MOST_BYTES)
    try:
        model = onnx.load_model_from_string(content)
        if model.functions:
            model = onnx.inliner.inline_local_functions(model)
    except Exception as error:  # those of protocol buffers are no class of ONNX's own
        raise InputError("ONNX file", str(path), f"is no ONNX: {error}") from None
    if not model.graph.node or not model.opset_import:
        raise InputError("ONNX file", str(path), "is no ONNX: it holds no graph of operators")
    for text in _texts(model.graph):
        if not isinstance(text, str):  # as letters that are no UTF-8 come
            raise InputError("ONNX file", str(path), f"is no ONNX: it holds the name {text!r}, which is no text")
    taken: set[str] = set()
    for node in model.graph.node:
        for out in node.output:
            if out and out in taken:
                raise InputError(f"{name}: tensor", out, "is written twice")
            taken.add(out)
    return model


def _texts(graph: onnx.GraphProto) -> Iterator[object]:
    """All names of a graph and of those inside it."""
    yield from (each.name for each in (*graph.input, *graph.output, *graph.value_info, *graph.initializer))
    yield from (each.values.name for each in graph.sparse_initializer)
    for node in graph.node:
        yield from (node.op_type, node.domain, node.name, *node.input, *node.output)
        for attribute in node.attribute:
            yield attribute.name
            yield from _texts(attribute.g)


def _cut(name: str, graph: onnx.GraphProto, outputs: Sequence[str]) -> None:
    """Keep what some tensors follow from."""
    makers = {out: node for node in graph.node for out in node.output if out}
    for each in outputs:
        if each not in makers:
            raise unknown(f"{name}: --outputs", each, makers)
    wanted, waiting = set(), [*outputs]
    while waiting:
        tensor = waiting.pop()
        if tensor in makers and tensor not in wanted:
            waiting += makers[tensor].input
        wanted.add(tensor)
    nodes = [node for node in graph.node if wanted.intersection(node.output)]
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.output[:]
    graph.output.extend(onnx.ValueInfoProto(name=each) for each in outputs)


def _constants(
    name: str, graph: onnx.GraphProto, folder: Path
) -> tuple[dict[str, tuple[Shape, int]], dict[str, np.ndarray]]:
    """Of every constant its shape and type; the values of those that may decide shapes."""
    described: dict[str, tuple[Shape, int]] = {}
    values: dict[str, np.ndarray] = {}
    for tensor in graph.initializer:
        shape = tuple(tensor.dims)
        if any(not 0 <= size <= LARGEST for size in shape):
            raise InputError(f"{name}: tensor {tensor.name}", shape, f"must have dims from 0 to {LARGEST:,}")
        described[tensor.name] = (shape, tensor.data_type)
        words = int(np.prod(shape, dtype=np.float64))
        decides = tensor.data_type in (onnx.TensorProto.INT64, onnx.TensorProto.INT32, onnx.TensorProto.BOOL)
        if words <= MOST_VALUES and (decides or (words <= 16 and not uses_external_data(tensor))):
            values[tensor.name] = _values(name, tensor, folder)
    for sparse in graph.sparse_initializer:
        described[sparse.values.name] = (tuple(sparse.dims), sparse.values.data_type)
    return described, values


def _values(name: str, tensor: onnx.TensorProto, folder: Path) -> np.ndarray:
    """What a constant holds."""
    try:
        if uses_external_data(tensor):
            _limit_length(tensor)
            load_external_data_for_tensor(tensor, str(folder))
        return numpy_helper.to_array(tensor)
    except (OSError, onnx.checker.ValidationError) as error:
        where = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
        rule = f"keeps tensor {tensor.name}, which decides shapes, in another file that cannot be read: {error}"
        raise InputError(f"{name}: external data", where, rule, "put it beside the file") from None
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise InputError(f"{name}: tensor", tensor.name, f"does not hold what it says: {error}") from None


def _limit_length(tensor: onnx.TensorProto) -> None:
    """Have no more read of another file than a tensor of its shape and type holds.

    Raises:
        ValueError: it says that the file has more or less of it.
    """
    holds = math.prod(tensor.dims) * onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    given = [entry.value for entry in tensor.external_data if entry.key == "length"]
    if not given:
        tensor.external_data.add(key="length", value=str(holds))
    elif int(given[-1]) != holds:
        raise ValueError(f"its shape and type take {holds:,} bytes, and {shown(given[-1])} are to be read")


def _bound(
    name: str, graph: onnx.GraphProto, weights: Mapping[str, object], given: Mapping[str, Sequence[int]]
) -> dict[str, tuple[Shape, int]]:
    """Shape and type of every input, with the dims that the file leaves open as they are given."""
    inputs = {each.name: each.type for each in graph.input if each.name not in weights}
    for each in given:
        if each not in inputs:
            raise unknown(f"{name}: --shape", each, inputs)
    found = {}
    sizes: dict[int | str, tuple[int, str]] = {}  # of dims that have a name, and the input that says so
    for each, kind in inputs.items():
        if not kind.HasField("tensor_type"):
            raise InputError(f"{name}: input", each, "is no tensor", "stop before what reads it, by --outputs")
        has_shape = kind.tensor_type.HasField("shape")
        dims = [_dim(dim) for dim in kind.tensor_type.shape.dim]
        shape = _shape(name, each, dims if has_shape else None, given.get(each))
        for dim, size in zip(dims, shape):
            stated, where = sizes.setdefault(dim, (size, each)) if isinstance(dim, str) and dim != "?" else (size, each)
            if size != stated:
                rule = f"makes dim {dim} {size}, which is {stated} in {where}"
                raise InputError(f"{name}: --shape {each}", "x".join(map(str, shape)), rule)
        found[each] = (shape, kind.tensor_type.elem_type)
    return found


def _dim(dim: onnx.TensorShapeProto.Dimension) -> int | str:
    """A size, or the name of one that is open."""
    return dim.dim_value if dim.dim_value > 0 else dim.dim_param or "?"


def _shape(name: str, tensor: str, dims: Sequence[int | str] | None, given: Sequence[int] | None) -> Shape:
    """The shape of an input, by the file and by what is given."""
    if given is not None:
        shape = tuple(given)
        fits = dims is None or (
            len(shape) == len(dims) and all(isinstance(own, str) or own == size for own, size in zip(dims, shape))
        )
        if not fits:
            own = "x".join(map(str, dims or ()))
            raise InputError(f"{name}: --shape {tensor}", "x".join(map(str, shape)), f"does not fit {own}")
    elif dims is None or any(isinstance(size, str) for size in dims):
        own = "x".join(map(str, dims)) if dims is not None else "no shape"
        example = "x".join("1" if isinstance(size, str) else str(size) for size in dims or ("...",))
        free = ", ".join(dict.fromkeys(size for size in dims or () if isinstance(size, str)))
        rule = f"has open dims ({free})" if dims is not None else "has no shape"
        raise InputError(f"{name}: input {tensor}", own, rule, f"bind them, as by --shape {tensor}={example}")
    else:
        shape = tuple(int(size) for size in dims)
    if any(not 1 <= size <= LARGEST for size in shape):
        raise InputError(f"{name}: input {tensor}", shape, f"must have dims from 1 to {LARGEST:,}")
    return shape
