"""An ONNX graph whose shapes are known, as a graph of operations."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import onnx
from onnx import helper, numpy_helper

from nets.errors import InputError
from nets.imports.graph import Op, Parameter, Shape, SourceGraph
from nets.imports.onnx_operators import Inner, Node, Step, steps_of
from nets.imports.onnx_runtime import block_product
from nets.imports.onnx_shapes import PRODUCTS, Known, label

_REAL: Final = (
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.FLOAT16,
    onnx.TensorProto.BFLOAT16,
    onnx.TensorProto.DOUBLE,
)
_BITS: Final = {getattr(onnx.TensorProto, f"{sign}INT{bits}"): bits for bits in (4, 8, 16) for sign in ("", "U")}
"""Of whole numbers that quantised operators multiply."""
_QUANTISED: Final = ("QLinearConv", "ConvInteger", "QLinearMatMul", "MatMulInteger", "DequantizeLinear")
_QUANTISING: Final = ("QLinearConv", "QLinearMatMul", "QuantizeLinear", "DynamicQuantizeLinear")
"""Operators that write what quantised ones multiply."""


def read_graph(name: str, graph: onnx.GraphProto, known: Known, inputs: Sequence[str]) -> SourceGraph:
    """The graph of a file.

    Stored tensors of real numbers are parameters, but for single numbers and the numbers of batch norms; so are the
    whole numbers that quantised operators multiply, or others in the files of tools that have them do so. A constant
    that a node writes is one only in a file that stores no other: exporters write so what no training moves. What is
    packed in blocks counts as what it stands for.
    """
    shapes = {tensor: shape for tensor, (shape, _) in known.types.items()}
    ops: list[Op] = []
    stored = {tensor.name for tensor in graph.initializer} | {tensor.values.name for tensor in graph.sparse_initializer}
    numbers: set[str] = set()
    by_nodes: set[str] = set()
    multiplied: set[str] = set()
    written: set[str] = set()
    packed: dict[str, float] = {}
    for node in known.nodes:
        if node.op_type == "Constant" and not node.domain:
            stored.add(node.output[0])
            by_nodes.add(node.output[0])
            if math.prod(shapes[node.output[0]]) == 1:
                numbers.add(node.output[0])
            continue
        if node.op_type == "BatchNormalization":
            numbers.update(node.input[3:5])
        if node.op_type in _QUANTISED or node.op_type in PRODUCTS:
            multiplied.update(node.input)
        if node.op_type in _QUANTISING:
            written.update(node.output)
        if (product := block_product(node, known.types)) is not None:
            shapes[product.weight] = (product.outputs, product.inputs)
            packed[product.weight] = product.bits
        ops += _ops(node, known, shapes)
    learned = {
        tensor
        for tensor in stored.difference(numbers).intersection(each for op in ops for each in op.reads)
        if shapes[tensor] and (known.types[tensor][1] in _REAL or tensor in multiplied or tensor in packed)
    }
    learned = learned - by_nodes or learned
    reads = Counter(each for op in ops for each in op.reads if each in learned)
    ops, copies = _told_apart(ops, {each for each in _of_one_number(graph) if reads[each] > 1})
    shapes |= {copy: shapes[tensor] for copy, tensor in copies.items()}
    learned = learned - {*copies.values()} | copies.keys()
    empty = {tensor for tensor, shape in shapes.items() if 0 in shape}
    bits: dict[str, int | float] = {
        tensor: _BITS[kind]
        for tensor in multiplied | written
        if tensor in known.types and (kind := known.types[tensor][1]) in _BITS
    } | packed
    for node in known.nodes:
        if node.op_type == "DequantizeLinear" and node.input[0] in bits:
            bits[node.output[0]] = _with_scales(node, bits[node.input[0]], known)
    bits |= {copy: bits[tensor] for copy, tensor in copies.items() if tensor in bits}
    return SourceGraph(
        name=name,
        ops=ops,
        shapes=shapes,
        inputs=[each for each in inputs if each not in empty],
        outputs=[each.name for each in graph.output],
        parameters={tensor: Parameter(words=math.prod(shapes[tensor]), stored=tensor) for tensor in learned},
        constants=frozenset((stored | empty) - learned),
        params=sum(math.prod(shapes[tensor]) for tensor in learned),
        bits=bits,
    )


def _with_scales(node: onnx.NodeProto, bits: float, known: Known) -> float:
    """Bits of a word of a tensor that is scaled block by block: its share of scales and zero points included."""
    blocked = any(each.name == "block_size" and each.i for each in node.attribute)
    words, *others = (math.prod(known.types[tensor][0]) for tensor in node.input if tensor)
    if not blocked:
        return bits
    widths = (8 * helper.tensor_dtype_to_np_dtype(known.types[node.input[1]][1]).itemsize, bits)
    return bits + sum(count * width for count, width in zip(others, widths)) / words


def _of_one_number(graph: onnx.GraphProto) -> Iterator[str]:
    """Stored tensors whose words are all the same: untrained biases and scales, which exporters take for one."""
    for tensor in graph.initializer:
        if math.prod(tensor.dims) > 1 and tensor.raw_data:
            with contextlib.suppress(ValueError, TypeError):  # words that are no such numbers
                values = numpy_helper.to_array(tensor).ravel()
                if (values == values[0]).all():
                    yield tensor.name


def _told_apart(ops: Sequence[Op], merged: Container[str]) -> tuple[list[Op], dict[str, str]]:
    """Operations that read a tensor of their own each where an exporter may have merged several; these tensors, and
    what they are copies of."""
    copies: dict[str, str] = {}

    def own(tensor: str | None, number: int) -> str | None:
        if tensor is None or tensor not in merged:
            return tensor
        copy = f"{tensor}: {number}"
        copies[copy] = tensor
        return copy

    told = [replace(op, inputs=tuple(own(each, number) for each in op.inputs)) for number, op in enumerate(ops)]
    return told, copies


def _ops(node: onnx.NodeProto, known: Known, shapes: dict[str, Shape]) -> list[Op]:
    """The operations of a node; adds the shapes of tensors between them."""
    if not any(node.output):
        raise InputError(f"{known.name}: node", node.name or node.op_type, "writes no tensor")
    place = node.name or f"{node.op_type}.{node.output[0]}"
    names = tuple(each or None for each in node.input)
    outputs = tuple(node.output)
    while outputs and not outputs[-1]:
        outputs = outputs[:-1]
    title = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
    unknown = [Op(kind="unknown", name=title, place=place, inputs=names, outputs=outputs)]
    if (product := block_product(node, known.types)) is not None:
        inputs = (product.x, product.weight, product.bias)
        return [Op(kind="linear", name=title, place=place, inputs=inputs, outputs=outputs)]
    if node.domain:
        return unknown
    read = Node(
        node.op_type,
        names,
        outputs,
        _attributes(known.name, node),
        lambda tensor: shapes[str(tensor)],
        lambda tensor: known.values.get(str(tensor)),
        known.version,
    )
    steps = steps_of(read)
    if steps is None:
        return unknown
    return [_op(step, title, place, outputs, shapes) for step in steps]


def _op(step: Step, title: str, place: str, outputs: tuple[str, ...], shapes: dict[str, Shape]) -> Op:
    """One operation; tensors that only its node reads get names that no other node has."""

    def named(tensor: str | None) -> str | None:
        return f"{place}: {tensor}" if isinstance(tensor, Inner) else tensor

    written = tuple(str(named(each)) for each in step.outputs)
    shapes.update(zip(written, step.shapes))
    inputs = tuple(named(each) for each in step.inputs)
    return Op(kind=step.kind, name=title, place=place, inputs=inputs, outputs=written or outputs, attrs=step.attrs)


def _attributes(name: str, node: onnx.NodeProto) -> dict[str, Any]:
    try:
        return {each.name: helper.get_attribute_value(each) for each in node.attribute}
    except (ValueError, TypeError) as error:
        raise InputError(f"{name}: {label(node)}", "attributes", f"cannot be read: {error}") from None
