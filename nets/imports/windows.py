"""Windows that slide along dims: filters of convolutions and of pools."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nets.imports.graph import Op, Shape


@dataclass(frozen=True, slots=True)
class Axis:
    """One dim: sizes of input and output, taps of the window, and how they lie."""

    inputs: int
    outputs: int
    taps: int
    stride: int = 1
    dilation: int = 1
    before: int = 0

    @property
    def after(self) -> int:
        """Zeros read behind the input."""
        reach = (self.outputs - 1) * self.stride + (self.taps - 1) * self.dilation + 1
        return max(0, reach - self.before - self.inputs)

    def phases(self) -> list[Axis]:
        """The dense windows that a transposed one consists of: one for each remainder of its stride that has taps."""
        dilation = self.dilation // math.gcd(self.stride, self.dilation)
        taps = [
            sum(tap * self.dilation % self.stride == phase for tap in range(self.taps)) for phase in range(self.stride)
        ]
        return [Axis(self.inputs, self.inputs, count, 1, dilation, (count - 1) * dilation) for count in taps if count]


def axes_of(op: Op, inputs: Shape, outputs: Shape, taps: Sequence[int]) -> list[Axis]:
    """The axes of an operation that says its stride, dilation and padding.

    Args:
        inputs, outputs: sizes along the axes.
    """
    fields = (op.attrs[name] for name in ("stride", "dilation", "padding"))
    return [Axis(*each) for each in zip(inputs, outputs, taps, *fields, strict=True)]


def plane_of(axes: Sequence[Axis]) -> dict[str, Any]:
    """Fields of a layer whose window slides along the last two axes; a line has one column."""
    rows, columns = [*axes, Axis(1, 1, 1)][-2:] if len(axes) == 1 else axes[-2:]
    return {
        "P": rows.outputs,
        "Q": columns.outputs,
        "R": rows.taps,
        "S": columns.taps,
        "stride": (rows.stride, columns.stride),
        "dilation": (rows.dilation, columns.dilation),
        "padding": (rows.before, rows.after, columns.before, columns.after),
    }
