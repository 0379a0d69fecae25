"""Which element-wise operations run in one pass over the data.

Arithmetic on single words hides behind their movement, so what counts is how often they move. Two rules:

* What is done to every word of a layer's output, and nothing else is done with it, the layer does as it writes: an
  activation function, a folded batch norm, a factor, however many operations the source spells it in (a sigmoid and
  a product, the ten of a GELU by ``tanh``).
* Other element-wise operations run together with the one that alone reads them: one pass reads every tensor that
  they begin from and writes one. Where statistics of what is read are among them (the mean of the squares of an
  RMSNorm), the pass is a norm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nets.imports.graph import MULTIPLYING, Op, SourceGraph
from nets.imports.uses import PARTS, Uses

WORDWISE: Final = ("pointwise", "batch_norm")
"""Kinds that make every word of their output from words at the same place."""
_MAKES_LAYERS: Final = (*MULTIPLYING, "norm", "softmax", "pool", "adaptive_pool", "concat", "move", "gather")


@dataclass(slots=True)
class Pass:
    """Element-wise operations that run together.

    Attributes:
        members: their numbers in the graph.
        roots: origins of the tensors that it reads and no member makes, in order.
    """

    members: list[int]
    roots: list[str]


@dataclass(frozen=True, slots=True)
class Passes:
    """What becomes of every element-wise operation.

    Attributes:
        written: the operations that a layer does as it writes, with the number of the operation that the layer is of.
        last: the passes, by the number of their last member.
        inner: the other members of the passes.
    """

    written: dict[int, int]
    last: dict[int, Pass]
    inner: frozenset[int]


def passes_of(graph: SourceGraph, uses: Uses) -> Passes:
    """Take the element-wise operations of a graph together."""
    written = _written(graph, uses)
    apart: set[int] = set()
    while True:
        passes = _together(graph, uses, written, apart)
        mixed = {number for group in passes.values() for number in _foreign_statistics(graph, uses, group)}
        if not mixed:
            inner = {number for group in passes.values() for number in group.members} - passes.keys()
            return Passes(written, passes, frozenset(inner))
        apart |= mixed


def _written(graph: SourceGraph, uses: Uses) -> dict[int, int]:
    """Operations that a layer does as it writes."""
    written: dict[int, int] = {}
    for number, op in enumerate(graph.ops):
        if op.kind not in _MAKES_LAYERS or op.outputs[0] in uses.constant:
            continue
        norms = op.kind in MULTIPLYING or op.kind == "concat"
        starts = [op.outputs[0]]
        while starts:
            start = starts.pop()
            cone = _cone(graph, uses, start, norms=norms)
            written |= dict.fromkeys(cone, number)
            starts += _only_parts(graph, uses, graph.ops[cone[-1]].outputs[0] if cone else start)
    return written


def _only_parts(graph: SourceGraph, uses: Uses, tensor: str) -> list[str]:
    """The parts of a tensor of which nothing else is read."""
    readers = [graph.ops[number] for number in uses.readers.get(tensor, ())]
    if tensor in uses.leaving or not all(reader.kind in PARTS for reader in readers):
        return []
    return [part for reader in readers for part in reader.outputs]


def _cone(graph: SourceGraph, uses: Uses, start: str, *, norms: bool) -> list[int]:
    """The most word-wise operations that follow from ``start`` alone, of which only the last is read by others."""
    made, open_readers = {start}, {start: set(uses.readers.get(start, ()))}
    kinds = WORDWISE if norms else WORDWISE[:1]
    cone: list[int] = []
    best, words = 0, math.prod(graph.shapes[start])
    waiting = sorted(open_readers[start])
    while waiting:
        number = waiting.pop(0)
        op = graph.ops[number]
        inside = all(uses.origin[name] in made for name in uses.varying(op))
        if op.kind not in kinds or not inside or number in cone or _grows(graph, uses, op, words):
            continue
        out = op.outputs[0]
        cone.append(number)
        for name in made:
            open_readers[name].discard(number)
        made.add(out)
        open_readers[out] = set(uses.readers.get(out, ()))
        waiting = sorted({*waiting, *open_readers[out]})
        if not any(open_readers[name] or name in uses.leaving for name in made - {out}):
            best = len(cone)
    return cone[:best]


def _grows(graph: SourceGraph, uses: Uses, op: Op, words: int) -> bool:
    """Whether an operation writes more words than that, or reads as many of its own, such as learned positions."""
    if math.prod(graph.shapes[op.outputs[0]]) != words:
        return True
    known = [graph.shapes[name] for name in op.reads if name in uses.constant]
    return any(math.prod(shape) == words and sum(size > 1 for size in shape) > 1 for shape in known)


def _together(graph: SourceGraph, uses: Uses, written: dict[int, int], apart: set[int]) -> dict[int, Pass]:
    """Passes by their last members: every operation joins the pass of whatever alone reads it, but that of a reduction,
    which reads what is there."""
    group: dict[int, int] = {}
    for number in range(len(graph.ops) - 1, -1, -1):
        op = graph.ops[number]
        if op.kind not in (*WORDWISE, "reduce") or number in written or op.outputs[0] in uses.constant:
            continue
        readers = uses.readers.get(op.outputs[0], ())
        joined = {group.get(reader) for reader in readers}
        alone = len(joined) == 1 and op.outputs[0] not in uses.leaving and number not in apart
        last = joined.pop() if alone else None
        group[number] = number if last is None or graph.ops[last].kind == "reduce" else last
    passes: dict[int, Pass] = {}
    for number, last in sorted(group.items()):
        members = passes.setdefault(last, Pass([], []))
        members.members.append(number)
        for name in uses.varying(graph.ops[number]):
            root = uses.origin[name]
            if group.get(uses.makers.get(root, -1)) != last and root not in members.roots:
                members.roots.append(root)
    return passes


def _foreign_statistics(graph: SourceGraph, uses: Uses, group: Pass) -> Sequence[int]:
    """Reductions inside a pass that are not statistics of the one tensor that it reads whole."""
    inner = [number for number in group.members[:-1] if graph.ops[number].kind == "reduce"]
    words = [math.prod(graph.shapes[root]) for root in group.roots]
    out = math.prod(graph.shapes[graph.ops[group.members[-1]].outputs[0]])
    return () if words == [out] else inner
