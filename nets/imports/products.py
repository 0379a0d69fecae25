"""Products of matrices as layers: linear layers, batched products, einsum, recurrent layers.

The operand that is known beforehand plays the weights, else the right one. Entries of a batch that share the weights
are rows of one product: query heads that share a key, images that share a matrix.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from nets.imports.einstein import letters_of
from nets.imports.graph import Op, Shape
from nets.imports.layout import Layout, distinct
from nets.imports.lowering import Lowering


def linear(low: Lowering, op: Op) -> None:
    """Every row of the input times one matrix."""
    x, weight = op.reads[:2]
    *rows, inner = low.shape(x)
    columns = math.prod(low.shape(op.outputs[0])) // math.prod(rows)
    bias = op.inputs[2] if len(op.inputs) > 2 else None
    _product(low, op, (x, weight), bias, (1, math.prod(rows), inner, columns))


def matmul(low: Lowering, op: Op) -> None:
    """A product of stacks of matrices, the shorter stack repeated."""
    left, right = op.reads
    shapes = [low.shape(left), low.shape(right)]
    a = Layout.dense((1, *shapes[0])) if len(shapes[0]) == 1 else low.value(left).layout
    b = Layout.dense((*shapes[1], 1)) if len(shapes[1]) == 1 else low.value(right).layout
    (*_, rows, inner), (*_, columns) = a.shape, b.shape
    stack = len(low.shape(op.outputs[0])) - sum(len(shape) > 1 for shape in shapes)
    batch = low.shape(op.outputs[0])[:stack]
    _stacked(low, op, (left, right), batch, (a, b), (rows, inner, columns))


def einsum(low: Lowering, op: Op) -> None:
    """A product of two operands by the letters that they share."""
    (a, b), kept = letters_of(op.attrs["equation"])
    left, right = op.reads
    values = low.value(left).layout, low.value(right).layout
    sizes = dict(zip(a, values[0].shape)) | dict(zip(b, values[1].shape))
    stack = [letter for letter in a if letter in b and letter in kept]
    rows, columns = ([c for c in one if c not in other and c in kept] for one, other in ((a, b), (b, a)))
    inner = [letter for letter in a if letter in b and letter not in kept]
    first, second = (
        Layout(tuple(value.dims[term.index(letter)] for letter in stack)) for term, value in zip((a, b), values)
    )
    counts = (_size(sizes, rows), _size(sizes, inner), _size(sizes, columns))
    _stacked(low, op, (left, right), tuple(sizes[c] for c in stack), (first, second), counts, matrices=0)


def _size(sizes: dict[str, int], letters: Sequence[str]) -> int:
    return math.prod(sizes[letter] for letter in letters)


def _stacked(
    low: Lowering,
    op: Op,
    operands: tuple[str, str],
    batch: Shape,
    layouts: tuple[Layout, Layout],
    counts: tuple[int, int, int],
    *,
    matrices: int = 2,
) -> None:
    """A stack of products of (rows, inner) by (inner, columns).

    Args:
        batch: dims of the stack.
        layouts: of the operands: the dims that the stack runs over, aligned to its end, then ``matrices`` others.
    """
    rows, inner, columns = counts
    if low.rigid(operands[0]) > low.rigid(operands[1]):
        operands, layouts, rows, columns = operands[::-1], layouts[::-1], columns, rows
    own = [[1] * len(batch), [1] * len(batch)]  # different entries along each dim of the stack
    for entries, layout in zip(own, layouts):
        dims = layout.dims[: len(layout.dims) - matrices]
        for index, dim in enumerate(dims, start=len(batch) - len(dims)):
            entries[index] = distinct(dim)
    groups = 1
    for size, mine, shared in zip(batch, *own):
        if shared < size:
            rows *= size // shared
            groups *= shared
        else:
            columns *= size // mine
            groups *= mine
    _product(low, op, operands, None, (groups, rows, inner, columns))


def _product(
    low: Lowering, op: Op, operands: tuple[str, str], bias: str | None, counts: tuple[int, int, int, int]
) -> None:
    """A layer of (groups, rows, inner, columns); the network's batch stands in ``N`` where all of it shares weights."""
    groups, rows, inner, columns = counts
    x, weight = operands
    batch = 1
    if low.constant(weight):
        low.gathered(x)
        batch = low.graph.batch if rows % low.graph.batch == 0 else 1
    bounds = {"N": batch, "G": groups, "K": columns, "C": inner, "P": rows // batch}
    low.mac(op, "matmul", x, weight, bias, bounds)
