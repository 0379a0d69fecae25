"""What moves data and multiplies nothing: passes over it, norms, pools, copies; and what does not even move it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from nets.imports.graph import Op
from nets.imports.layout import Layout
from nets.imports.lowering import Lowering, Value, activation_of, plane
from nets.imports.windows import axes_of, plane_of
from nets.layer import Kind


def wordwise(low: Lowering, op: Op) -> None:
    """An operation on every word: done as its input is written, or in a pass, or the end of one."""
    if low.number in low.passes.written:
        low.do_as_written(op)
    elif low.number in low.passes.inner:
        low.became[low.number] = ("part of a pass", "")
    else:
        _pass(low, op)


def _pass(low: Lowering, op: Op) -> None:
    group = low.passes.last[low.number]
    members = [low.graph.ops[number] for number in group.members]
    known = list(dict.fromkeys(name for member in members for name in member.reads if low.constant(name)))
    out = low.shape(op.outputs[0])
    extra = low.learned(known)
    op = replace(op, place=members[0].place)
    if op.kind == "reduce":
        low.write(op, "pool", group.roots, extra_params=extra, **_reduced(low, op))
        return
    words = math.prod(out)
    read = [low.value(root).layout.words for root in group.roots] + [math.prod(low.shape(name)) for name in known]
    kind: Kind = "eltwise" if len(group.roots) > 1 or read.count(words) > 1 else "activation"
    if any(member.kind in ("reduce", "batch_norm") for member in members):
        kind = "norm"
    operands, label = max(1, read.count(words)) if words > 1 else 1, activation_of(members)
    low.write(op, kind, group.roots, extra_params=extra, operands=operands, activation=label, **plane(out))


def _reduced(low: Lowering, op: Op) -> dict[str, Any]:
    """Bounds of a reduction as a pool whose window is all that becomes one word."""
    shape = low.shape(op.reads[0])
    dims = sorted({dim % len(shape) for dim in op.attrs["dims"]}) if shape else []
    window = math.prod(shape[dim] for dim in dims)
    if len(shape) == 4 and dims == [2, 3]:
        return {"N": shape[0], "G": shape[1], "R": shape[2], "S": shape[3], "stride": shape[2:]}
    kept = [size for dim, size in enumerate(shape) if dim not in dims]
    batch, *others = kept if len(kept) > 1 else (1, *kept)
    return {"N": batch, "G": math.prod(others), "R": window, "stride": (window, 1)}


def norm(low: Lowering, op: Op) -> None:
    """A norm by statistics of what it reads."""
    _whole_pass(low, op, "norm", plane(low.shape(op.outputs[0])))


def softmax(low: Lowering, op: Op) -> None:
    """A softmax; scores have their heads and columns as channels, their rows as tokens."""
    shape = low.shape(op.outputs[0])
    bounds = plane(shape)
    if len(shape) == 4 and op.attrs["dim"] % 4 == 3:
        bounds = {"N": shape[0], "G": shape[1] * shape[3], "P": shape[2]}
    _whole_pass(low, op, "softmax", bounds)


def _whole_pass(low: Lowering, op: Op, kind: Kind, bounds: dict[str, Any]) -> None:
    varying = [name for name in op.reads if not low.constant(name)]
    extra = low.learned(name for name in op.reads if low.constant(name))
    low.write(op, kind, varying, extra_params=extra, **bounds)


def pool(low: Lowering, op: Op) -> None:
    """A maximum or mean over a window that slides; a window with depth reads so many planes."""
    kernel = op.attrs["kernel"]
    inputs, out = low.shape(op.reads[0]), low.shape(op.outputs[0])
    low.gathered(op.reads[0])
    axes = axes_of(op, inputs[-len(kernel) :], out[-len(kernel) :], kernel)
    batch, channels = (1, *out[: -len(kernel)])[-2:]
    depth = axes[:-2]
    bounds: dict[str, Any] = {"N": batch * math.prod(axis.outputs for axis in depth), "G": channels}
    low.write(op, "pool", op.reads[:1], operands=math.prod(axis.taps for axis in depth), **bounds, **plane_of(axes))


def adaptive_pool(low: Lowering, op: Op) -> None:
    """A pool to a given plane: windows as large as it takes to read every word; copies where the plane is smaller."""
    inputs, out = low.shape(op.reads[0]), low.shape(op.outputs[0])
    spatial = op.attrs["spatial"]
    pairs = list(zip(inputs[-spatial:], out[-spatial:]))
    if any(wanted > size for size, wanted in pairs):
        move(low, op)
        return
    stride = [size // wanted for size, wanted in pairs]
    kernel = [size - (wanted - 1) * step for (size, wanted), step in zip(pairs, stride)]
    attrs = {"kernel": kernel, "stride": stride, "padding": [0] * spatial, "dilation": [1] * spatial}
    pool(low, replace(op, attrs=attrs))


def concat(low: Lowering, op: Op) -> None:
    """Parts joined: words that a copy has just moved for this alone, as rolls along two dims do, are moved once."""
    if (layer := low.moved_for(op)) is None:
        move(low, op)
    else:
        low.drafts[layer].origin = op.outputs[0]
        low.alias(op, Value(Layout.dense(low.shape(op.outputs[0])), (layer,)))


def move(low: Lowering, op: Op) -> None:
    """Every word of every output is fetched and written once."""
    varying = [name for name in op.reads if not low.constant(name)]
    extra = low.learned(name for name in op.reads if low.constant(name))
    for out in op.outputs:
        low.write(replace(op, outputs=(out,)), "movement", varying, extra_params=extra, **plane(low.shape(out)))
        extra = 0


def view(low: Lowering, op: Op) -> None:
    """Another shape, for nothing, but where words lie so scattered that a view cannot say it."""
    x, out = op.reads[0], op.outputs[0]
    value = low.value(x)
    layout = value.layout.reshape(low.shape(out))
    if layout is None:
        low.gathered(x)
        value = low.value(x)
        layout = Layout.dense(low.shape(out))
    low.alias(op, replace(value, layout=layout))


def permute(low: Lowering, op: Op) -> None:
    """Dims in another order: readers walk them so."""
    value = low.value(op.reads[0])
    low.alias(op, replace(value, layout=value.layout.permute(op.attrs["order"])))


def expand(low: Lowering, op: Op) -> None:
    """Entries that stand for many."""
    value = low.value(op.reads[0])
    low.alias(op, replace(value, layout=value.layout.expand(low.shape(op.outputs[0]))))


def tile(low: Lowering, op: Op) -> None:
    """A dim repeated, as a whole or entry by entry."""
    value = low.value(op.reads[0])
    layout = Layout((*((),) * (len(op.attrs["repeats"]) - len(value.layout.dims)), *value.layout.dims))
    for dim, times in enumerate(op.attrs["repeats"]):
        layout = layout.tile(dim, times, each=op.attrs.get("each", False))
    low.alias(op, replace(value, layout=layout))


def part(low: Lowering, op: Op) -> None:
    """Some entries of a dim: one piece, or all pieces."""
    x, dim = op.reads[0], op.attrs["dim"]
    for out in op.outputs:
        size, step = low.shape(out)[dim], op.attrs.get("step", 1)
        value = low.value(x)
        layout = value.layout.slice(dim, size, step)
        if layout is None:
            value = low.gathered(x)
            layout = value.layout.slice(dim, size, step) or Layout.dense(low.shape(out))
        low.values[out] = replace(value, layout=layout)
