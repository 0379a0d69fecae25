"""PyTorch's operators: what each means, as kinds of :mod:`nets.imports.graph`.

Operators are read as they are exported, before they are decomposed: ``linear``, ``layer_norm`` and attention are one
each. What PyTorch itself marks as word-wise or as a reduction needs no entry of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import torch

from nets.imports.graph import Kind, Shape


class Meaning(NamedTuple):
    """What an operator means: kind, inputs by name, and what else the kind needs."""

    kind: Kind
    inputs: tuple[str | None, ...]
    attrs: Mapping[str, Any] = {}


class Call(NamedTuple):
    """A call of an operator: its name, arguments by the names of its schema (tensors by their names), and shapes."""

    name: str
    args: Mapping[str, Any]
    shape: Callable[[str], Shape]
    out: Shape

    def rank(self, tensor: str = "self") -> int:
        """Dims of a tensor argument."""
        return len(self.shape(self.args[tensor]))

    def dim(self, name: str = "dim", tensor: str = "self") -> int:
        """A dim, counted from the first."""
        return int(self.args[name]) % max(1, self.rank(tensor))


Reading = Callable[[Call], Meaning]


def meaning(target: Any, call: Call) -> Meaning | None:
    """What a call means; ``None`` for an operator that is not known."""
    name = call.name
    if target.namespace != "aten":
        return None
    if name in _READINGS:
        return _READINGS[name](call)
    if torch.Tag.pointwise in target.tags or name in _WORDWISE:
        return _pointwise(call)
    if torch.Tag.reduction in target.tags:
        return _reduce(call)
    return None


def _tensors(call: Call) -> tuple[str, ...]:
    """All tensors among the arguments, in order."""
    found: list[str] = []
    for value in call.args.values():
        for item in value if isinstance(value, list | tuple) else (value,):
            if isinstance(item, Tensor):
                found.append(item)
    return tuple(found)


class Tensor(str):
    """The name of a tensor among arguments."""

    __slots__ = ()


def _each(value: Any, count: int) -> list[int]:
    """A value of every axis, which may be given once for all."""
    values = [value] if isinstance(value, int) else list(value)
    return values * count if len(values) == 1 else values


def _pointwise(call: Call) -> Meaning:
    function = _FUNCTIONS.get(call.name, call.name)
    if call.name in ("hardtanh", "clamp", "clamp_min"):
        bounds = [value for value in list(call.args.values())[1:] if value is not None]
        function = {(0,): "relu", (0, 6): "relu6"}.get(tuple(bounds), call.name)
    return Meaning("pointwise", _tensors(call), {"function": function})


def _conv(call: Call, *, transposed: bool = False) -> Meaning:
    args = call.args
    weight = call.shape(args["weight"])
    spatial = len(weight) - 2
    dilation, padding = _each(args["dilation"], spatial), args["padding"]
    if isinstance(padding, str):
        reach = [(taps - 1) * step for taps, step in zip(weight[2:], dilation)]
        padding = [each // 2 for each in reach] if padding == "same" else [0] * spatial
    attrs = {
        "stride": _each(args["stride"], spatial),
        "padding": _each(padding, spatial),
        "dilation": dilation,
        "groups": args["groups"],
        "transposed": args.get("transposed", transposed),
    }
    return Meaning("conv", (args["input"], args["weight"], args["bias"]), attrs)


def _transposed(call: Call) -> Meaning:
    return _conv(call, transposed=True)


def _linear(call: Call) -> Meaning:
    return Meaning("linear", (call.args["input"], call.args["weight"], call.args["bias"]))


def _matmul(call: Call) -> Meaning:
    return Meaning("matmul", _tensors(call)[:2])


def _added_matmul(call: Call) -> Meaning:
    added, left, right = _tensors(call)
    return Meaning("matmul", (left, right, added))


def _einsum(call: Call) -> Meaning:
    return Meaning("einsum", tuple(call.args["tensors"]), {"equation": call.args["equation"]})


def _attention(call: Call) -> Meaning:
    names = ("query", "key", "value", "attn_mask")
    return Meaning("attention", tuple(call.args.get(name) for name in names))


def _recurrent(call: Call, *, gates: int) -> Meaning:
    args = call.args
    hidden = call.shape(args["params"][1])[1]
    weights = 4 if args["has_biases"] else 2
    directions = 2 if args["bidirectional"] else 1
    if len(args["params"]) != weights * directions * args["num_layers"]:  # with projections
        return Meaning("unknown", _tensors(call))
    attrs = {"gates": gates, "hidden": hidden, "directions": directions, "weights": weights}
    return Meaning("recurrent", (args["input"], *args["params"]), attrs)


def _view(call: Call) -> Meaning:
    return Meaning("view", _tensors(call)[:1])


def _permute(call: Call) -> Meaning:
    order = [dim % call.rank() for dim in call.args["dims"]]
    return Meaning("permute", (call.args["self"],), {"order": order})


def _swap(call: Call) -> Meaning:
    order = list(range(call.rank()))
    names = ("dim0", "dim1") if "dim0" in call.args else ("axis0", "axis1")
    first, second = (-2, -1) if "self" in call.args and len(call.args) == 1 else (call.args[name] for name in names)
    order[first], order[second] = order[second], order[first]
    return Meaning("permute", (call.args["self"],), {"order": order})


def _reverse_dims(call: Call) -> Meaning:
    return Meaning("permute", (call.args["self"],), {"order": list(reversed(range(call.rank())))})


def _movedim(call: Call) -> Meaning:
    rank = call.rank()
    sources, targets = ([dim % rank for dim in _each(call.args[name], 1)] for name in ("source", "destination"))
    order = [dim for dim in range(rank) if dim not in sources]
    for target, source in sorted(zip(targets, sources)):
        order.insert(target, source)
    return Meaning("permute", (call.args["self"],), {"order": order})


def _expand(call: Call) -> Meaning:
    return Meaning("expand", (call.args["self"],))


def _repeat(call: Call) -> Meaning:
    repeats = list(call.args.get("repeats") or call.args["dims"])
    return Meaning("tile", (call.args["self"],), {"repeats": [1] * (call.rank() - len(repeats)) + repeats})


def _repeat_each(call: Call) -> Meaning:
    times, dim = call.args["repeats"], call.args.get("dim")
    if not isinstance(times, int) or isinstance(times, Tensor) or dim is None:
        return Meaning("move", _tensors(call))
    repeats = [1] * call.rank()
    repeats[dim] = times
    return Meaning("tile", (call.args["self"],), {"repeats": repeats, "each": True})


def _slice(call: Call) -> Meaning:
    return Meaning("slice", (call.args["self"],), {"dim": call.dim(), "step": call.args.get("step") or 1})


def _select(call: Call) -> Meaning:
    return Meaning("slice", (call.args["self"],), {"dim": call.dim()})


def _split(call: Call) -> Meaning:
    return Meaning("split", (call.args["self"],), {"dim": call.dim()})


def _concat(call: Call) -> Meaning:
    return Meaning("concat", _tensors(call))


def _move(call: Call) -> Meaning:
    return Meaning("move", _tensors(call))


def _pad(call: Call) -> Meaning:
    (x, *_) = _tensors(call)
    return Meaning("view" if call.shape(x) == call.out else "move", (x,))


def _gather(call: Call) -> Meaning:
    return Meaning("gather", _tensors(call))


def _pool(call: Call) -> Meaning:
    args = call.args
    (x, *_) = _tensors(call)
    count = _spatial(call)
    kernel = _each(args["kernel_size"], count)
    attrs = {
        "kernel": kernel,
        "stride": _each(args.get("stride") or kernel, count),
        "padding": _each(args.get("padding", 0), count),
        "dilation": _each(args.get("dilation", 1), count),
    }
    return Meaning("pool", (x,), attrs)


def _adaptive_pool(call: Call) -> Meaning:
    (x, *_) = _tensors(call)
    if call.shape(x) == call.out:
        return Meaning("view", (x,))
    return Meaning("adaptive_pool", (x,), {"spatial": _spatial(call)})


def _spatial(call: Call) -> int:
    """Dims of a window, which the name of its operator ends with."""
    return next(int(letter) for letter in call.name if letter in "123")


def _reduce(call: Call) -> Meaning:
    if "other" in call.args:  # max and min of two tensors
        return _pointwise(call)
    (x, *_) = _tensors(call)
    dims = call.args.get("dim")
    rank = len(call.shape(x))
    dims = list(range(rank)) if dims is None or dims == [] else _each(dims, 1)
    return Meaning("reduce", (x,), {"dims": [dim % max(1, rank) for dim in dims]})


def _batch_norm(call: Call) -> Meaning:
    args = call.args
    given = not args.get("training", False) and args.get("running_mean") is not None
    return Meaning("batch_norm" if given else "norm", (args["input"], args["weight"], args["bias"]))


def _norm(call: Call) -> Meaning:
    (x, *_) = _tensors(call)
    return Meaning("norm", (x, call.args.get("weight"), call.args.get("bias")))


def _softmax(call: Call) -> Meaning:
    return Meaning("softmax", (call.args["self"],), {"dim": call.dim()})


def _constant(call: Call) -> Meaning:
    return Meaning("constant", ())


_WORDWISE: Final = frozenset(
    word
    for line in (
        "hardswish hardsigmoid prelu floor_divide __and__ __or__ __xor__ selu celu relu6 log_sigmoid mish square rsub",
        "where true_divide tril triu rrelu logit bucketize nan_to_num isclose isfinite isinf pow bitwise_not one_hot",
        "not_equal greater less greater_equal less_equal multiply divide subtract arctan2 clip fill masked_fill",
        "addcmul addcdiv lerp copysign fmod remainder hardshrink softshrink threshold",
    )
    for word in line.split()
)
"""Those that PyTorch does not mark as word-wise."""
_FUNCTIONS: Final = {"hardswish": "h_swish", "hardsigmoid": "h_sigmoid", "silu": "swish"}
"""Where an operator and a label of layers differ."""

_READINGS: Final[dict[str, Reading]] = {
    name: reading
    for names, reading in {
        "conv1d conv2d conv3d convolution _convolution": _conv,
        "conv_transpose1d conv_transpose2d conv_transpose3d": _transposed,
        "linear": _linear,
        "mm bmm matmul mv dot vdot __matmul__": _matmul,
        "addmm baddbmm addmv": _added_matmul,
        "einsum": _einsum,
        "scaled_dot_product_attention _scaled_dot_product_flash_attention_for_cpu": _attention,
        "lstm": lambda call: _recurrent(call, gates=4),
        "gru": lambda call: _recurrent(call, gates=3),
        "rnn_tanh rnn_relu": lambda call: _recurrent(call, gates=1),
        "view reshape _unsafe_view flatten unflatten squeeze unsqueeze view_as reshape_as ravel contiguous clone "
        "detach alias to _to_copy type_as dropout feature_dropout alpha_dropout native_dropout lift_fresh_copy "
        "positive float requires_grad resolve_conj resolve_neg lift_fresh lift view_copy atleast_1d atleast_2d "
        "atleast_3d": _view,
        "permute": _permute,
        "transpose swapaxes swapdims adjoint mT": _swap,
        "t numpy_T": _reverse_dims,
        "movedim moveaxis": _movedim,
        "expand expand_as expand_copy broadcast_to": _expand,
        "copy": lambda call: Meaning("expand", (call.args["src"],)),
        "repeat tile": _repeat,
        "repeat_interleave": _repeat_each,
        "slice narrow": _slice,
        "select": _select,
        "unbind chunk split split_with_sizes tensor_split unsafe_split unsafe_chunk unsafe_split_with_sizes": _split,
        "cat concat concatenate stack hstack vstack dstack column_stack": _concat,
        "constant_pad_nd pad reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d replication_pad2d "
        "replication_pad3d": _pad,
        "roll flip fliplr flipud rot90 pixel_shuffle pixel_unshuffle channel_shuffle upsample_nearest1d "
        "upsample_nearest2d upsample_nearest3d upsample_linear1d upsample_bilinear2d upsample_trilinear3d "
        "upsample_bicubic2d _upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_bilinear2d_aa "
        "_upsample_bicubic2d_aa grid_sampler grid_sampler_2d grid_sampler_3d affine_grid_generator im2col col2im "
        "unfold unfold_copy index take take_along_dim gather scatter scatter_add scatter_reduce index_put index_add "
        "index_copy index_fill index_reduce masked_scatter slice_scatter select_scatter diagonal_scatter diagonal diag "
        "diag_embed cumsum cumprod cummax cummin logcumsumexp sort argsort topk new_tensor as_strided "
        "max_unpool2d searchsorted cross polar complex view_as_real view_as_complex real imag "
        "local_scalar_dense combinations cartesian_prod trace": _move,
        "embedding index_select embedding_bag": _gather,
        "max_pool1d max_pool2d max_pool3d max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices "
        "avg_pool1d avg_pool2d avg_pool3d": _pool,
        "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d "
        "adaptive_max_pool3d _adaptive_avg_pool2d _adaptive_avg_pool3d": _adaptive_pool,
        "mean sum amax amin max min var std prod norm linalg_vector_norm all any logsumexp argmax argmin var_mean "
        "std_mean aminmax median nansum nanmean count_nonzero linalg_norm": _reduce,
        "batch_norm _native_batch_norm_legit_no_training native_batch_norm cudnn_batch_norm": _batch_norm,
        "layer_norm native_layer_norm group_norm native_group_norm rms_norm _fused_rms_norm instance_norm": _norm,
        "softmax _softmax log_softmax _log_softmax softmin _safe_softmax": _softmax,
        "zeros_like ones_like full_like empty_like rand_like randn_like randint_like new_zeros new_ones new_full "
        "new_empty new_empty_strided bernoulli": _constant,
    }.items()
    for name in names.split()
}  # fmt: skip
