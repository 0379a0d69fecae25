"""Convolutions as layers: of one, two or three dims, in groups, dilated, transposed.

A line has one column. Three dims are folded: the depth of the output into the batch, that of the filter into the input
channels, which keeps every multiplication and counts a plane of the input once for each filter plane that reads it. A
transposed convolution is one convolution for each phase of its stride, without the zeros between its inputs: together
they have as many taps as the filter, on the small plane.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from nets.errors import InputError
from nets.imports.graph import Op, Shape
from nets.imports.lowering import Lowering, plane
from nets.imports.windows import Axis, axes_of, plane_of


def conv(low: Lowering, op: Op) -> None:
    """A convolution."""
    x, weight = op.reads[:2]
    spatial = len(low.shape(weight)) - 2
    shape, out = _batched(low.shape(x), spatial), _batched(low.shape(op.outputs[0]), spatial)
    groups, taps = op.attrs["groups"], low.shape(weight)[2:]
    transposed = op.attrs.get("transposed", False)
    channels, fan_in = out[1], shape[1]
    filters = (fan_in, channels // groups) if transposed else (channels, fan_in // groups)
    if channels % groups or fan_in % groups or low.shape(weight)[:2] != filters:
        raise ValueError(f"{groups} groups of {fan_in} channels to {channels}")
    bounds = {"N": out[0], "G": groups, "K": channels // groups, "C": fan_in // groups}
    axes = axes_of(op, shape[2:], out[2:], taps)
    if spatial == 3:
        _require_folding(low, op, axes[0])
    low.gathered(x)
    if transposed:
        _transposed(low, op, bounds, axes)
    else:
        low.mac(op, "conv", x, weight, _bias(op), _bounds(bounds, axes))


def _bias(op: Op) -> str | None:
    return op.inputs[2] if len(op.inputs) > 2 else None


def _batched(shape: Shape, spatial: int) -> Shape:
    """A shape with its batch, which a single image may leave out."""
    return shape if len(shape) == spatial + 2 else (1, *shape)


def _require_folding(low: Lowering, op: Op, depth: Axis) -> None:
    """Refuse a filter with depth unless folding is allowed; note whose inputs are counted more than once."""
    if (depth.taps, depth.stride) == (1, 1):
        return
    if not low.fold_3d:
        raise InputError(
            f"{op.name} {op.place}", (depth.taps, depth.stride), "is the depth and stride of a 3-D convolution, and "
            "layers have two dims", "--fold-3d (fold_3d=True) folds the depth: MACs stay exact, inputs are overcounted",
        )  # fmt: skip
    low.overcounted.append(op.place)


def _bounds(bounds: dict[str, int], axes: Sequence[Axis]) -> dict[str, Any]:
    """Fields of a layer, with the depth folded."""
    folded = dict(bounds)
    for depth in axes[:-2]:
        folded |= {"N": folded["N"] * depth.outputs, "C": folded["C"] * depth.taps}
    return folded | plane_of(axes)


def _transposed(low: Lowering, op: Op, bounds: dict[str, int], axes: Sequence[Axis]) -> None:
    """Phases, and the pass that interleaves them; windows that do not overlap are one 1x1 to all their outputs."""
    x, weight = op.reads[:2]
    out = op.outputs[0]
    if all((axis.taps, axis.dilation) == (axis.stride, 1) for axis in axes):
        bounds = bounds | {"K": bounds["K"] * math.prod(axis.taps for axis in axes)}
        phases = [[Axis(axis.inputs, axis.inputs, 1) for axis in axes]]
    else:
        phases = [[*phase] for phase in itertools.product(*(axis.phases() for axis in axes))]
    low.mac(op, "conv", x, weight, _bias(op), *(_bounds(bounds, phase) for phase in phases))
    if [axis.outputs for axis in axes] != [axis.inputs for axis in axes]:
        low.write(op, "movement", [out], word="spread", **plane(low.shape(out)))
