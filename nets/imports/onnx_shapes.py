"""Shapes of all tensors of an ONNX graph, and the values of those that decide shapes.

Every node is taken in turn: one whose inputs are known is computed (by ONNX's own reference), the others have their
shapes inferred from the shapes and values so far. So a shape that the graph computes from another is as good as one
that it states, and what a file states of its inner tensors, which may be stale, is believed only of operators that
ONNX does not know.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

from nets.errors import NO_VALUE, InputError
from nets.imports.graph import Shape
from nets.imports.onnx_runtime import block_product
from nets.ranges import LARGEST

Typed = tuple[Shape, int]
"""Shape of a tensor, and ONNX's number of the type of its words."""

MOST_COMPUTED: Final = 1 << 16
"""Words of a tensor that is computed to know a shape."""
_CONTROL: Final = ("If", "Loop", "Scan", "SequenceMap")
"""Operators that decide at run time what is computed."""
_SIZES: Final = ("NonZero", "NonMaxSuppression", "Unique", "Compress", "StringNormalizer")
"""Operators that decide at run time how large their output is."""
_GROWING: Final = ("Range", "Expand", "Tile", "ConstantOfShape", "Pad", "Resize", "Upsample", "OneHot", "EyeLike")
"""Operators whose output may be larger than all that they read: computed only where its size is known."""
_RANDOM: Final = ("RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial")
_OWN: Final = ("", "ai.onnx")
_HINTS: Final = ("weight_size", "act_size", "input_size", "output_size")
"""Attributes that ZigZag and Stream add to nodes: bits of their operands, which no shape follows from."""
_WORDS: Final = frozenset(onnx.TensorProto.DataType.values())
PRODUCTS: Final = ("Conv", "ConvTranspose", "Gemm", "MatMul")
"""Products that files of other tools give words of a type that ONNX's do not take: their shapes follow all the same."""


class Known:
    """What is known of the tensors of a graph.

    Args:
        name: of the file, for errors.
        inputs: shapes and types of the graph's inputs.
        constants: those of its stored tensors.
        values: of the small ones among these.

    Attributes:
        version: of ONNX's operators.
        nodes: that run, in their order: the branch that is taken in place of an ``If`` whose condition is known.
        types: shape and type of every tensor.
        values: of the tensors that are known.

    Raises:
        InputError: a node is no sound one, decides at run time what is computed, or has no shape that follows.
    """

    def __init__(
        self,
        name: str,
        model: onnx.ModelProto,
        inputs: Mapping[str, Typed],
        constants: Mapping[str, Typed],
        values: Mapping[str, np.ndarray[Any, Any]],
    ) -> None:
        self.name = name
        self.nodes: list[onnx.NodeProto] = []
        self.types: dict[str, Typed] = {}
        for tensor, (shape, kind) in {**constants, **inputs}.items():
            self._describe(tensor, shape, kind)
        self.values = dict(values)
        self.version = self._version(model)
        self._opsets = [helper.make_opsetid("", self.version)]
        self._checked = onnx.checker.C.CheckerContext()
        self._checked.ir_version = onnx.IR_VERSION
        self._checked.opset_imports = {"": self.version}
        self._stated = {each.name: each.type for each in (*model.graph.value_info, *model.graph.output)}
        self._walk(model.graph.node)

    def _version(self, model: onnx.ModelProto) -> int:
        """Of ONNX's own operators."""
        newest = onnx.defs.onnx_opset_version()
        version = next((each.version for each in model.opset_import if each.domain in _OWN), 1)
        if not 1 <= version <= newest:
            rule = f"must be a version of ONNX's operators from 1 to {newest}"
            raise InputError(f"{self.name}: opset", version, rule, "a newer onnx may know it")
        return version

    def _walk(self, nodes: Iterable[onnx.NodeProto]) -> None:
        for node in nodes:
            for each in node.input:
                if each and each not in self.types:
                    raise InputError(f"{self.name}: {label(node)}", each, "is read before anything writes it")
            if node.domain not in _OWN:
                self._note_foreign(node)
                self.nodes.append(node)
            elif node.op_type == "If" and node.input and node.input[0] in self.values:
                self._branch(node)
            else:
                self._take(node)
                self.nodes.append(node)

    def _branch(self, node: onnx.NodeProto) -> None:
        """The branch of an ``If`` that a known condition takes, and its outputs under the names of the node's."""
        wanted = "then_branch" if self.values[node.input[0]].any() else "else_branch"
        branch = next((attribute.g for attribute in node.attribute if attribute.name == wanted), None)
        if branch is None or len(branch.output) != len(node.output):
            raise InputError(f"{self.name}: {label(node)}", wanted, "is missing or has other outputs")
        for tensor in branch.initializer:
            self._describe(tensor.name, tuple(tensor.dims), tensor.data_type)
            if math.prod(tensor.dims) <= MOST_COMPUTED:
                try:
                    self.values[tensor.name] = numpy_helper.to_array(tensor)
                except (ValueError, TypeError, KeyError, OverflowError) as error:
                    rule = f"does not hold what it says: {error}"
                    raise InputError(f"{self.name}: tensor", tensor.name, rule) from None
        self._walk(branch.node)
        self._walk(
            helper.make_node("Identity", [inner.name], [outer]) for inner, outer in zip(branch.output, node.output)
        )

    def _take(self, node: onnx.NodeProto) -> None:
        known = {each: self.values[each] for each in node.input if each in self.values}
        computable = all(not each or each in known for each in node.input) and node.op_type not in _RANDOM
        if node.op_type in _CONTROL or (node.op_type in _SIZES and not computable):
            self._refuse_at_run_time(node)
        if node.op_type == "Constant":
            self._constant(node)
            return
        self._infer(node, known)
        outs = [out for out in node.output if out]
        if node.op_type == "Shape" and node.input:
            self._shape(node)
        elif computable and self._small(node, outs):
            self._compute(node, known)
        for out in outs:
            if out not in self.types:
                given = " and ".join("x".join(map(str, self.types[each][0])) for each in node.input if each)
                rule = f"has no shape that follows for {out}"
                raise InputError(f"{self.name}: {label(node)}", given, rule, self._cut(node))

    def _small(self, node: onnx.NodeProto, outs: Sequence[str]) -> bool:
        """Whether the outputs of a node may be computed."""
        sized = [math.prod(self.types[out][0]) for out in outs if out in self.types]
        return sum(sized) <= MOST_COMPUTED and (len(sized) == len(outs) or node.op_type not in _GROWING)

    def _refuse_at_run_time(self, node: onnx.NodeProto) -> None:
        rule = f"decides at run time what is computed ({label(node)})"
        raise InputError(f"{self.name}: operator", node.op_type, rule, self._cut(node))

    def _cut(self, node: onnx.NodeProto) -> str:
        """How to stop before a node: at the tensors that it and its bodies read and that something computes."""
        computed = {out for done in self.nodes for out in done.output if out and out not in self.values}
        at = [each for each in _reads(node) if each in computed]
        return (
            f"stop before it, by --outputs {','.join(at)}"
            if at
            else "nothing is computed before it: export the part without it"
        )

    def _constant(self, node: onnx.NodeProto) -> None:
        try:
            (attribute,) = node.attribute
            value = helper.get_attribute_value(attribute)
            array = numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.asarray(value)
            kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{self.name}: {label(node)}", "value", f"is no constant: {error}") from None
        self.types[node.output[0]] = (array.shape, kind)
        if array.size <= MOST_COMPUTED:
            self.values[node.output[0]] = array

    def _shape(self, node: onnx.NodeProto) -> None:
        """Dims of a tensor as a value."""
        bounds = {attribute.name: attribute.i for attribute in node.attribute}
        dims = self.types[node.input[0]][0][bounds.get("start", 0) : bounds.get("end")]
        self.values[node.output[0]] = np.asarray(dims, dtype=np.int64)
        self.types[node.output[0]] = ((len(dims),), onnx.TensorProto.INT64)

    def _compute(self, node: onnx.NodeProto, known: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Compute a node whose inputs are known, where ONNX's reference can."""
        inputs = [helper.make_tensor_value_info(each, self.types[each][1], None) for each in known]
        outputs = [onnx.ValueInfoProto(name=out) for out in node.output if out]
        graph = helper.make_graph([node], "node", inputs, outputs)
        model = helper.make_model(graph, opset_imports=self._opsets)
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                found = ReferenceEvaluator(model).run(None, dict(known))
        except Exception:  # the reference is written in Python, and raises whatever comes up
            return
        for out, value in zip((out for out in node.output if out), found):
            if isinstance(value, np.ndarray | np.generic):
                array = np.asarray(value)
                self.values[out] = array
                self.types[out] = (array.shape, helper.np_dtype_to_tensor_dtype(array.dtype))

    def _infer(self, node: onnx.NodeProto, known: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Infer the shapes of a node's outputs."""
        try:
            schema = onnx.defs.get_schema(node.op_type, self.version, "")
        except onnx.defs.SchemaError:
            self._believe(node)
            return
        node = _without_hints(node)
        types = {each: _type(self.types[each]) for each in node.input if each}
        if node.op_type in PRODUCTS and not _takes(schema, types.values()):
            types = {each: _type((self.types[each][0], onnx.TensorProto.FLOAT)) for each in types}
        data = {each: numpy_helper.from_array(value, each) for each, value in known.items()}
        try:
            onnx.checker.check_node(node, self._checked)
            found = shape_inference.infer_node_outputs(schema, node, types, data, opset_imports=self._opsets)
        except (onnx.checker.ValidationError, shape_inference.InferenceError, ValueError, RuntimeError) as error:
            shapes = " and ".join("x".join(map(str, self.types[each][0])) for each in types)
            rule = f"is not what it takes: {str(error).strip().splitlines()[0]}"
            raise InputError(f"{self.name}: {label(node)}", shapes, rule) from None
        if not all(_complete(found.get(out)) for out in node.output if out):
            found = self._infer_by_body(node, types, data)
        self._note(found)

    def _infer_by_body(
        self, node: onnx.NodeProto, types: Mapping[str, onnx.TypeProto], data: Mapping[str, onnx.TensorProto]
    ) -> dict[str, onnx.TypeProto]:
        """The same for an operator that is defined by others, or whose inputs' values have to be propagated."""
        inputs = [onnx.ValueInfoProto(name=each, type=kind) for each, kind in types.items() if each not in data]
        outputs = [onnx.ValueInfoProto(name=out) for out in node.output if out]
        graph = helper.make_graph([node], "node", inputs, outputs, initializer=[*data.values()])
        model = helper.make_model(graph, opset_imports=self._opsets)
        try:
            inferred = shape_inference.infer_shapes(model, data_prop=True)
        except (shape_inference.InferenceError, ValueError, RuntimeError):
            return {}
        return {each.name: each.type for each in (*inferred.graph.output, *inferred.graph.value_info)}

    def _note_foreign(self, node: onnx.NodeProto) -> None:
        """Types of what an operator of another domain writes."""
        try:
            product = block_product(node, self.types)
        except ValueError as error:
            raise InputError(f"{self.name}: {label(node)}", NO_VALUE, f"is not what it takes: {error}") from None
        if product is None:
            self._believe(node)
        else:
            shape, kind = self.types[product.x]
            self.types[node.output[0]] = ((*shape[:-1], product.outputs), kind)

    def _believe(self, node: onnx.NodeProto) -> None:
        """What the file states of an operator that ONNX does not know; else its output is like its first input."""
        self._note({out: self._stated[out] for out in node.output if out in self._stated})
        like = next((self.types[each] for each in node.input if each), ((), onnx.TensorProto.FLOAT))
        for out in node.output:
            self.types.setdefault(out, like)

    def _note(self, found: Mapping[str, onnx.TypeProto]) -> None:
        for out, kind in found.items():
            if _complete(kind):
                shape = tuple(dim.dim_value for dim in kind.tensor_type.shape.dim)
                self._describe(out, shape, kind.tensor_type.elem_type)

    def _describe(self, tensor: str, shape: Shape, kind: int) -> None:
        """Note the shape of a tensor and the type of its words."""
        if any(not 0 <= size <= LARGEST for size in shape):
            raise InputError(f"{self.name}: tensor {tensor}", shape, f"must have dims from 0 to {LARGEST:,}")
        if kind not in _WORDS:
            raise InputError(f"{self.name}: tensor {tensor}", kind, "is no type of words that ONNX numbers")
        self.types[tensor] = (shape, kind)


def label(node: onnx.NodeProto) -> str:
    """A node as errors name it."""
    return f"{node.op_type} {node.name}" if node.name else f"{node.op_type} that writes {', '.join(node.output)}"


def _reads(node: onnx.NodeProto) -> Iterator[str]:
    """Tensors that a node reads, each once, and those that the graphs in its attributes read from around it."""
    graphs = [graph for each in node.attribute for graph in (*([each.g] if each.HasField("g") else ()), *each.graphs)]
    of_bodies = [read for graph in graphs for inner in graph.node for read in _reads(inner)]
    left = [output.name for graph in graphs for output in graph.output]
    own = {written for graph in graphs for inner in graph.node for written in inner.output}
    own |= {each.name for graph in graphs for each in (*graph.input, *graph.initializer)}
    yield from dict.fromkeys((*node.input, *(each for each in (*of_bodies, *left) if each not in own)))


def _without_hints(node: onnx.NodeProto) -> onnx.NodeProto:
    """A node without what other tools note on it."""
    kept = [attribute for attribute in node.attribute if attribute.name not in _HINTS]
    if len(kept) == len(node.attribute):
        return node
    plain = onnx.NodeProto()
    plain.CopyFrom(node)
    del plain.attribute[:]
    plain.attribute.extend(kept)
    return plain


def _takes(schema: onnx.defs.OpSchema, types: Iterable[onnx.TypeProto]) -> bool:
    """Whether a product takes operands of these types: all of one kind of words, and one that it knows."""
    kinds = {kind.tensor_type.elem_type for kind in types}
    words = {f"tensor({onnx.TensorProto.DataType.Name(kind).lower()})" for kind in kinds}
    allowed = {each for constraint in schema.type_constraints for each in constraint.allowed_type_strs}
    return len(kinds) <= 1 and words <= allowed


def _type(typed: Typed) -> onnx.TypeProto:
    shape, kind = typed
    return helper.make_tensor_type_proto(kind, shape)


def _complete(kind: onnx.TypeProto | None) -> bool:
    """Whether a type says every dim."""
    if kind is None or not kind.HasField("tensor_type") or not kind.tensor_type.HasField("shape"):
        return False
    return all(dim.HasField("dim_value") for dim in kind.tensor_type.shape.dim)
