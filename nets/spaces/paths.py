"""Subnets as paths: a graph whose paths from its first node to its last are the architectures of a space, each once.

An arc makes some choices and runs one block (or none). So whatever adds up over blocks or over choices adds up along
the path, and the best architecture by such a sum is a shortest path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from nets.spaces.block import Block

Gene = tuple[str, int, float]
"""Which list of a config, its place there, and the value at that place: ``("ks", 3, 5)``."""

SOURCE: Final = 0
"""The node where every path begins."""


@dataclass(frozen=True, slots=True)
class Arc:
    """One step of a path.

    Attributes:
        source, target: nodes, ``source < target``.
        block: that it runs; ``None`` where it only ends a stage.
        genes: that it decides.
    """

    source: int
    target: int
    block: Block | None = None
    genes: tuple[Gene, ...] = ()


class PathGraph:
    """All architectures of a space at one resolution.

    Args:
        arcs: in any order; every node but the last, which all paths reach, begins one.

    Attributes:
        arcs: by target, so that those into a node come after all those into nodes before it.
        nodes: their number; the last is where every path ends.
    """

    def __init__(self, arcs: Iterable[Arc]) -> None:
        self.arcs = tuple(sorted(arcs, key=lambda arc: (arc.target, arc.source)))
        self.nodes = self.arcs[-1].target + 1
