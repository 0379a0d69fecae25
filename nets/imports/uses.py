"""Who reads what: the tensors of a graph, with those that are only other names for the same words taken together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from nets.imports.graph import MULTIPLYING, Op, SourceGraph

RENAMING: Final = ("view", "permute")
"""Kinds whose output is all words of their input under another name."""
PARTS: Final = ("slice", "split")
"""Kinds whose outputs are some words of their input."""


@dataclass(frozen=True, slots=True)
class Uses:
    """Uses of the tensors of a graph.

    Attributes:
        constant: tensors that no input of the network decides; products are made anew all the same, for nothing says
            that what follows from weights alone is kept.
        origin: of every other tensor, the one that holds its words; itself where an operation made it.
        readers: of every origin, the operations that read it, by their numbers; those that rename it read nothing.
        leaving: origins that leave the network.
        makers: of every origin that an operation makes, the number of that operation.
    """

    constant: frozenset[str]
    origin: dict[str, str]
    readers: dict[str, list[int]]
    leaving: frozenset[str]
    makers: dict[str, int]

    def sole_reader(self, tensor: str) -> int | None:
        """The one operation that reads the words of a tensor; ``None`` where there is another or they leave."""
        origin = self.origin[tensor]
        readers = set(self.readers.get(origin, ()))
        return readers.pop() if len(readers) == 1 and origin not in self.leaving else None

    def varying(self, op: Op) -> Iterable[str]:
        """The inputs of an operation that are no constants."""
        return (name for name in op.reads if name not in self.constant)


def without_unread(graph: SourceGraph) -> SourceGraph:
    """The graph without operations that nothing reads, but for products: a source that asks for those makes them."""
    live = set(graph.outputs)
    ops: list[Op] = []
    for op in reversed(graph.ops):
        read = tuple(out for out in op.outputs if out in live)
        if op.kind in MULTIPLYING or read:
            live.update(op.reads)
            ops.append(replace(op, outputs=read) if op.kind == "move" else op)
    return replace(graph, ops=ops[::-1])


def uses_of(graph: SourceGraph) -> Uses:
    """Find out who reads what."""
    constant = set(graph.constants) | set(graph.parameters)
    origin = {name: name for name in graph.inputs}
    readers: dict[str, list[int]] = {}
    makers: dict[str, int] = {}
    for number, op in enumerate(graph.ops):
        if op.kind not in MULTIPLYING and constant.issuperset(op.reads):
            constant.update(op.outputs)
        elif op.kind in RENAMING:
            origin[op.outputs[0]] = origin[op.reads[0]]
        else:
            for name in op.reads:
                if name not in constant:
                    readers.setdefault(origin[name], []).append(number)
            for name in op.outputs:
                origin[name] = name
                makers[name] = number
    leaving = frozenset(origin[name] for name in graph.outputs if name in origin)
    return Uses(frozenset(constant), origin, readers, leaving, makers)
