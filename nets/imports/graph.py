"""What every importer reads its file or module into: one list of operations on named tensors.

An operation has a *kind*, which says what it means; :mod:`nets.imports.lower` has one entry for each kind and does not
know where a graph came from. What a source calls the operation and where it stands are kept for reports and errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Shape = tuple[int, ...]

Kind = Literal[
    # run on the MAC array
    "conv",  # x, weight, bias; stride, padding, dilation, groups, transposed, fused (what it does besides)
    "linear",  # x, weight (out, in), bias
    "matmul",  # left, right, added; by the rules of broadcasting
    "einsum",  # operands; equation
    "attention",  # query, key, value, mask
    "recurrent",  # x, weights of each layer and direction; gates, hidden, directions, weights (of each)
    # vector work
    "pointwise",  # operands; function
    "reduce",  # x; dims, keep: sums, means and extremes
    "batch_norm",  # x, scale, shift: of given statistics, so that it is one more function of every word
    "norm",  # x, scale, shift: by statistics of x itself
    "softmax",  # x; dim
    "pool",  # x; kernel, stride, padding, ceil
    "adaptive_pool",  # x
    # where words lie
    "view",  # x: another shape for the same words in their order
    "permute",  # x; order
    "expand",  # x: repeated along dims without being copied
    "tile",  # x; repeats (of each dim), or dim and each (every entry so many times)
    "slice",  # x; dim, step: some entries of one dim
    "split",  # x; dim: into several outputs
    "concat",  # parts
    "move",  # operands: every word of the output is fetched once and written once
    "gather",  # table, places: rows of a table
    "constant",  # nothing: it follows from shapes alone
    "unknown",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """One operation.

    Attributes:
        kind: what it means.
        name: what its source calls it, such as ``aten.conv2d`` or ``Conv``.
        place: where it stands: the path of its module, or the name of its node.
        inputs: the tensors it reads, in the order that its kind says; ``None`` for one that is left out.
        outputs: the tensors it writes.
        attrs: what else its kind needs.
    """

    kind: Kind
    name: str
    place: str
    inputs: tuple[str | None, ...]
    outputs: tuple[str, ...]
    attrs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reads(self) -> tuple[str, ...]:
        """The inputs that are there."""
        return tuple(name for name in self.inputs if name is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A learned tensor.

    Attributes:
        words: how many.
        stored: what it is stored as: the same for tensors that are tied.
    """

    words: int
    stored: str


@dataclass(slots=True, kw_only=True)
class SourceGraph:
    """A network as its source has it.

    Attributes:
        name: what reports call it.
        ops: in the order they run.
        shapes: of every tensor.
        inputs: tensors that come from outside.
        outputs: tensors that leave.
        parameters: the learned tensors.
        constants: the other tensors that are known before an input is: buffers and numbers.
        bits: of a word of what is kept as whole numbers: parameters, scales of blocks of them included, and what is
            written while the network runs.
        params: learned parameters of the source as it counts them itself, tied ones once.
        notes: what a reader of the report should know of how it was read.
    """

    name: str
    ops: Sequence[Op]
    shapes: Mapping[str, Shape]
    inputs: Sequence[str]
    outputs: Sequence[str]
    parameters: Mapping[str, Parameter]
    constants: frozenset[str]
    params: int
    bits: Mapping[str, int | float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def batch(self) -> int:
        """Images or sequences per inference: the first dim of the first input that has one."""
        return next((self.shapes[name][0] for name in self.inputs if len(self.shapes[name]) > 1), 1)


MULTIPLYING: Final[frozenset[Kind]] = frozenset(("conv", "linear", "matmul", "einsum", "attention", "recurrent"))
"""Kinds that run on the MAC array."""
