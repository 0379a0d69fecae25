"""ONNX's operators: what each means, as kinds of :mod:`nets.imports.graph`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from nets.imports.graph import Kind, Shape


class Node(NamedTuple):
    """A node with what is known of its tensors.

    Attributes:
        op: its operator.
        inputs, outputs: tensors; ``None`` for an input that is left out.
        attrs: as the file has them.
        shape: of a tensor.
        value: of a tensor, where it is known.
        version: of ONNX's operators.
    """

    op: str
    inputs: tuple[str | None, ...]
    outputs: tuple[str, ...]
    attrs: Mapping[str, Any]
    shape: Callable[[str | None], Shape]
    value: Callable[[str | None], np.ndarray[Any, Any] | None]
    version: int

    def input(self, index: int) -> str | None:
        """An input; ``None`` where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def values(self, name: str, index: int) -> list[int] | None:
        """Whole numbers that older versions have as an attribute and newer ones as an input."""
        if name in self.attrs:
            given = self.attrs[name]
            return [given] if isinstance(given, int) else [*given]
        value = self.value(self.input(index))
        return None if value is None else [int(each) for each in value.ravel().tolist()]

    def rank(self) -> int:
        """Dims of the first input."""
        return len(self.shape(self.inputs[0]))


class Inner(str):
    """The name of a tensor that only other operations of its node read."""

    __slots__ = ()


class Step(NamedTuple):
    """One operation of a node.

    Attributes:
        outputs, shapes: of an operation that writes what only its node reads.
    """

    kind: Kind
    inputs: tuple[str | None, ...]
    attrs: Mapping[str, Any] = {}
    outputs: tuple[str, ...] = ()
    shapes: tuple[Shape, ...] = ()


Steps = Sequence[Step]


def steps_of(node: Node) -> Steps | None:
    """What a node means; ``None`` for an operator that is not known."""
    if node.op in _STEPS:
        return _STEPS[node.op](node)
    if node.op in _FUNCTIONS:
        return (Step("pointwise", node.inputs, {"function": _FUNCTIONS[node.op]}),)
    return None


def _window(node: Node, kernel: Sequence[int], outputs: Shape) -> dict[str, Any]:
    """Stride, dilation and padding before the input."""
    count = len(kernel)
    stride, dilation = (list(node.attrs.get(name) or [1] * count) for name in ("strides", "dilations"))
    before = list(node.attrs.get("pads") or [0] * count)[:count]
    mode = node.attrs.get("auto_pad", b"NOTSET").decode()
    if mode.startswith("SAME"):
        sizes = zip(node.shape(node.inputs[0])[2:], outputs[2:], stride, kernel, dilation)
        reach = [max(0, (out - 1) * step + (taps - 1) * far + 1 - size) for size, out, step, taps, far in sizes]
        before = [(each + (mode == "SAME_LOWER")) // 2 for each in reach]
    return {"stride": stride, "dilation": dilation, "padding": before}


def _conv(node: Node, *, x: int = 0, weight: int = 1, bias: int = 2) -> Steps:
    kernel = node.shape(node.inputs[weight])[2:]
    attrs = _window(node, kernel, node.shape(node.outputs[0])) | {
        "groups": node.attrs.get("group", 1),
        "transposed": node.op == "ConvTranspose",
    }
    return (Step("conv", (node.inputs[x], node.inputs[weight], node.input(bias)), attrs),)


def _turned(node: Node, index: int, flag: str) -> tuple[list[Step], str | None]:
    """A matrix, transposed where a flag says so."""
    tensor = node.inputs[index]
    if not node.attrs.get(flag, 0):
        return [], tensor
    rows, columns = node.shape(tensor)
    out = Inner(str(index))
    return [Step("permute", (tensor,), {"order": [1, 0]}, (out,), ((columns, rows),))], out


def _gemm(node: Node) -> Steps:
    """``A B + C``, of which each matrix may be transposed."""
    (first, left), (second, right) = _turned(node, 0, "transA"), _turned(node, 1, "transB")
    return (*first, *second, Step("matmul", (left, right, node.input(2))))


def _matmul(node: Node) -> Steps:
    left, right = (0, 3) if node.op == "QLinearMatMul" else (0, 1)
    return (Step("matmul", (node.inputs[left], node.inputs[right])),)


def _einsum(node: Node) -> Steps:
    return (Step("einsum", node.inputs, {"equation": node.attrs["equation"].decode()}),)


def _attention(node: Node) -> Steps | None:
    query, key, value, *others = node.inputs
    if any(len(node.shape(each)) != 4 for each in (query, key, value)) or any(others[1:]):
        return None
    return (Step("attention", (query, key, value, node.input(3))),)


def _recurrent(node: Node, gates: int) -> Steps:
    x, weight, states = node.inputs[:3]
    steps, batch, _ = node.shape(x)
    hidden, (directions, _, _) = node.attrs["hidden_size"], node.shape(weight)
    wide, each = (steps, batch, directions * gates * hidden), (directions, steps * batch, hidden)
    products = (directions, steps * batch, gates * hidden)
    turned = (directions, hidden, gates * hidden)
    out = node.shape(node.outputs[0]) if node.outputs[0] else (steps, directions, batch, hidden)
    return (
        Step("linear", (x, weight, node.input(3)), {}, (Inner("inputs"),), (wide,)),
        Step("slice", (Inner("inputs"),), {"dim": 2}, (Inner("state"),), ((steps, batch, directions * hidden),)),
        Step("view", (Inner("state"),), {}, (Inner("states"),), (each,)),
        Step("permute", (states,), {"order": [0, 2, 1]}, (Inner("turned"),), (turned,)),
        Step("matmul", (Inner("states"), Inner("turned")), {}, (Inner("products"),), (products,)),
        Step("view", (Inner("products"),), {}, (Inner("flat"),), (wide,)),
        Step("pointwise", (Inner("inputs"), Inner("flat")), {"function": "add"}, (Inner("gates"),), (wide,)),
        Step("slice", (Inner("gates"),), {"dim": 2}, (Inner("out"),), ((steps, batch, directions * hidden),)),
        *(
            Step("view" if node.shape(name) == out else "slice", (Inner("out"),), {"dim": 0}, (name,))
            for name in node.outputs[:1]
            if name
        ),
        *(Step("move", (Inner("out"),), {}, (name,)) for name in node.outputs[1:] if name),
    )


def _clip(node: Node) -> Steps:
    """Between two bounds: the activation function that they make."""
    bounds = [
        node.attrs[name] if name in node.attrs else None if value is None else float(value.reshape(-1)[0])
        for name, value in (("min", node.value(node.input(1))), ("max", node.value(node.input(2))))
    ]
    function = "relu" if bounds == [0.0, None] else "relu6" if bounds == [0.0, 6.0] else "clip"
    return (Step("pointwise", node.inputs, {"function": function}),)


def _pool(node: Node) -> Steps:
    kernel = list(node.attrs["kernel_shape"])
    return (Step("pool", node.inputs[:1], {"kernel": kernel} | _window(node, kernel, node.shape(node.outputs[0]))),)


def _global_pool(node: Node) -> Steps:
    return (Step("reduce", node.inputs[:1], {"dims": list(range(2, node.rank()))}),)


def _reduce(node: Node) -> Steps:
    dims = node.values("axes", 1) if not node.op.startswith("Arg") else [node.attrs.get("axis", 0)]
    rank = node.rank()
    if not dims:
        dims = [] if node.attrs.get("noop_with_empty_axes") else [*range(rank)]
    kind: Kind = "reduce" if dims else "view"
    return tuple(
        Step(kind, node.inputs[:1], {"dims": [dim % max(1, rank) for dim in dims]}, (out,))
        for out in node.outputs
        if out
    )


def _batch_norm(node: Node) -> Steps:
    kind: Kind = "norm" if node.attrs.get("training_mode", 0) else "batch_norm"
    return (Step(kind, node.inputs[:3], {}, node.outputs[:1]),)


def _norm(node: Node) -> Steps:
    return (Step("norm", (node.inputs[0], node.input(1), node.input(2)), {}, node.outputs[:1]),)


def _softmax(node: Node) -> Steps:
    axis = node.attrs.get("axis", -1 if node.version >= 13 else 1)
    return (Step("softmax", node.inputs, {"dim": axis % max(1, node.rank())}),)


def _view(node: Node) -> Steps:
    return (Step("view", node.inputs[:1], {}, node.outputs[:1]),)


def _transpose(node: Node) -> Steps:
    order = node.attrs.get("perm") or list(reversed(range(node.rank())))
    return (Step("permute", node.inputs, {"order": list(order)}),)


def _expand(node: Node) -> Steps:
    return (Step("expand", node.inputs[:1]),)


def _tile(node: Node) -> Steps:
    pairs = zip(node.shape(node.inputs[0]), node.shape(node.outputs[0]))
    return (Step("tile", node.inputs[:1], {"repeats": [out // size for size, out in pairs]}),)


def _slice(node: Node) -> Steps:
    """One dim after another; by a step below zero, or to an unknown place, words are copied."""
    inputs, out = node.shape(node.inputs[0]), node.shape(node.outputs[0])
    rank = len(inputs)
    starts = node.values("starts", 1)
    axes = node.values("axes", 3) or list(range(len(starts or ())))
    steps = node.values("steps", 4) or [1] * len(axes)
    if starts is None or any(step < 0 for step in steps):
        return (Step("move", node.inputs[:1]),)
    found: list[Step] = []
    shape: Shape = inputs
    source = node.inputs[0]
    for axis, step in zip(axes, steps):
        dim = axis % rank
        if shape[dim] != out[dim]:
            shape = (*shape[:dim], out[dim], *shape[dim + 1 :])
            found.append(Step("slice", (source,), {"dim": dim, "step": step}, (Inner(str(dim)),), (shape,)))
            source = Inner(str(dim))
    return (*found, Step("view", (source,)))


def _split(node: Node) -> Steps:
    return (Step("split", node.inputs[:1], {"dim": node.attrs.get("axis", 0) % node.rank()}),)


def _concat(node: Node) -> Steps:
    return (Step("concat" if len(node.inputs) > 1 else "view", node.inputs),)


def _pad(node: Node) -> Steps:
    same = node.shape(node.inputs[0]) == node.shape(node.outputs[0])
    return (Step("view" if same else "move", node.inputs[:1]),)


def _gather(node: Node) -> Steps:
    """Rows of a table; one entry of a dim is a view."""
    table, places = node.inputs
    if node.shape(places) == () and node.value(places) is not None:
        return (Step("slice", (table,), {"dim": node.attrs.get("axis", 0) % node.rank()}),)
    return (Step("gather", (table, places)),)


def _move(node: Node) -> Steps:
    return (Step("move", node.inputs),)


def _constant(node: Node) -> Steps:
    return (Step("constant", ()),)


_WORDWISE: Final = (
    "Abs Acos Acosh Add And Asin Asinh Atan Atanh BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Ceil Celu Cos",
    "Cosh Div Elu Equal Erf Exp Floor Gelu Greater GreaterOrEqual IsInf IsNaN LeakyRelu Less LessOrEqual Log Max Mean",
    "Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign",
    "Sqrt Sub Sum Tan Tanh ThresholdedRelu Trilu Where Xor QuantizeLinear DynamicQuantizeLinear",
)
_NAMED: Final = {"HardSwish": "h_swish", "HardSigmoid": "h_sigmoid", "Swish": "swish"}
"""Where an operator and a label of layers differ."""
_FUNCTIONS: Final = {name: name.lower() for line in _WORDWISE for name in line.split()} | _NAMED
_STEPS: Final[dict[str, Callable[[Node], Steps | None]]] = {
    name: reading
    for names, reading in {
        "Conv ConvTranspose ConvInteger": _conv,
        "QLinearConv": lambda node: _conv(node, weight=3, bias=8),
        "Gemm": _gemm,
        "MatMul MatMulInteger QLinearMatMul": _matmul,
        "Einsum": _einsum,
        "Attention": _attention,
        "LSTM": lambda node: _recurrent(node, 4),
        "GRU": lambda node: _recurrent(node, 3),
        "RNN": lambda node: _recurrent(node, 1),
        "MaxPool AveragePool LpPool": _pool,
        "GlobalAveragePool GlobalMaxPool GlobalLpPool": _global_pool,
        "ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp "
        "ReduceSumSquare ArgMax ArgMin": _reduce,
        "BatchNormalization": _batch_norm,
        "LayerNormalization InstanceNormalization GroupNormalization RMSNormalization SimplifiedLayerNormalization "
        "LpNormalization LRN MeanVarianceNormalization": _norm,
        "Clip": _clip,
        "Softmax LogSoftmax Hardmax": _softmax,
        "Reshape Flatten Squeeze Unsqueeze Identity Dropout Cast CastLike DequantizeLinear": _view,
        "Transpose": _transpose,
        "Expand": _expand,
        "Tile": _tile,
        "Slice": _slice,
        "Split": _split,
        "Concat": _concat,
        "Pad": _pad,
        "Gather": _gather,
        "Resize Upsample DepthToSpace SpaceToDepth GatherElements GatherND ScatterND ScatterElements Scatter TopK "
        "CumSum OneHot GridSample ReverseSequence RoiAlign MaxRoiPool MaxUnpool AffineGrid Col2Im CenterCropPad "
        "TensorScatter": _move,
        "Shape Size Constant ConstantOfShape Range EyeLike RandomNormal RandomUniform RandomNormalLike "
        "RandomUniformLike Bernoulli": _constant,
    }.items()
    for name in names.split()
}  # fmt: skip
