"""Uneven mappings with perfect factors: all arrangements of the storage nodes of a case, best bound first.

``docs/mapping.md``, "Uneven mappings", says why it is enough to look at these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from itertools import count, permutations
from typing import Any, Final

import numpy as np

from accel_models.loopnest import MappingArrays
from mappings.mappers.optimal import kernel, uneven_kernel
from mappings.mappers.optimal.arrangements import ANY, NONE, Arrangements, Nest, Nodes, Slides
from mappings.mappers.optimal.cases import Case
from mappings.mappers.optimal.memory_bounds import CaseBounds, MemoryBounds
from mappings.mapspace import empty_mappings

EFFORT: Final = 3_000_000
"""Choices looked at after which no problem of a case with inputs that slide is split any more."""
ORDER: Final = (kernel.G, kernel.N, kernel.C, kernel.P, kernel.Q, kernel.R, kernel.S, kernel.K)
"""Loops of a block, outermost first, as far as their order does not matter."""


def sliding_dims(state: Any) -> list[int]:
    """Dims over which inputs slide: then what an order of loops keeps of them is not a product."""
    return [d for d in range(kernel.P, kernel.S + 1) if int(state["kind"][d]) == 2 and int(state["bound"][d]) > 1]


def nodes_of(state: Any) -> tuple[Nodes, tuple[int, ...]]:
    """The storage nodes of a case inside the outermost memory, and for every level the first of its memory."""
    depth = int(state["levels"])
    keep, memory_of = state["keep"][:depth].tolist(), tuple(state["memory"][:depth].tolist())
    return tuple((level, t) for level in range(1, depth) for t in range(3) if keep[level][t]), memory_of


class CaseSearch:
    """The search of all arrangements of the same nodes, case after case.

    Where inputs do not slide, what a walk computes is what a mapping costs. Where they do, it is a lower bound, and the
    nest that has it is priced.

    Args:
        nodes: of :func:`nodes_of`. memory_of: for every level the first of its memory.
        stop: whether time is over.
    """

    def __init__(self, nodes: Nodes, memory_of: tuple[int, ...], stop: Callable[[], bool]) -> None:
        self._memories = MemoryBounds(nodes, memory_of, stop)
        self._room = Arrangements(len(nodes), memory_of)
        self._stop = stop

    def bounds(self, state: Any) -> CaseBounds:
        """Bounds for the arrangements of a case that ``kernel.bound_cases`` has prepared."""
        return self._memories.of_case(state)

    def exactly(self, state: Any, bounds: CaseBounds) -> tuple[float, Nest | None]:
        """Search a case in which nothing slides: the state's best becomes the least.

        Returns:
            A lower bound on what was left open (``inf`` where nothing was), and the best nest, if it is better than the
            state's best was.
        """
        room = self._room
        found: Nest | None = None
        for left, bound, nodes in self._memories.in_turn(bounds):
            if self._stop():
                return left, found
            if bound >= _threshold(state):
                continue
            if room.begin(state, nodes, bounds.square) >= _threshold(state):
                continue
            before = float(state["best"])
            while room.walk(state) != uneven_kernel.DONE:
                if self._stop():
                    return left, room.best() if state["best"] < before else found
            if state["best"] < before:
                found = room.best()
        return math.inf, found

    def sliding(self, state: Any, bounds: CaseBounds, price: Callable[[Nest], float]) -> float:
        """Search a case in which inputs slide, best bound first.

        A problem is an arrangement and, for some of its nodes of inputs, the loop that moves them last; what a walk
        computes for the others is the least under any order. A problem of which that is below the best is split by that
        loop of one more node.

        Args:
            price: prices a nest under several orders of its loops, keeps the best mapping, and answers the best
                objective.

        Returns:
            A lower bound on what may cost less than the best.
        """
        room, stop = self._room, self._stop
        open_problems: list[tuple[float, int, Nodes, Slides]] = []
        numbers, bound = count(), math.inf

        def look_at(nodes: Nodes, slides: Slides, parent: float = 0.0, keep: bool = True) -> bool:
            """Keep a problem by its bound, have its nest priced; false when time is over."""
            if room.begin(state, nodes, bounds.square, slides) >= _threshold(state):
                return True
            best = float(state["best"])
            while room.walk(state) != uneven_kernel.DONE:
                if stop():
                    state["best"] = best
                    return False
            least, state["best"] = float(state["best"]), best
            if least < best:
                state["best"] = min(best, price(room.best()))
                if keep:
                    heappush(open_problems, (max(least, parent), next(numbers), nodes, slides))
            return True

        dims = sliding_dims(state)
        # Of rows and columns that mirror each other one is enough.
        distinct = [d for d in dims if d in (kernel.Q, kernel.R)] if bounds.square else dims
        for left, least, nodes in self._memories.in_turn(bounds):
            if least >= _threshold(state) and not stop():
                continue
            # First one dim that slides at all nodes alike: good nests, in whose light more is left out.
            for d in (*distinct, uneven_kernel.ANY):
                slides = (ANY,) * len(nodes) if d == uneven_kernel.ANY else tuple((d, i) for i in range(len(nodes)))
                if stop() or not look_at(nodes, slides, keep=d == uneven_kernel.ANY):
                    return min(left, open_problems[0][0] if open_problems else math.inf)
        most = int(state["visited"]) + EFFORT
        while open_problems and open_problems[0][0] < _threshold(state):
            least, _, nodes, slides = heappop(open_problems)
            inputs = [i for i, (_, t) in enumerate(nodes) if t == kernel.I and slides[i] == ANY]
            if not inputs:
                bound = min(bound, least)
                continue
            if state["visited"] > most:
                return min(bound, least)
            i = inputs[-1]
            mirrored = all(d < 0 for d, _ in slides)
            ways = [NONE, *((d, block) for block in range(i, -1, -1) for d in (distinct if mirrored else dims))]
            for way in ways:
                if stop() or not look_at(nodes, (*slides[:i], way, *slides[i + 1 :]), least):
                    return min(bound, least)
        return bound


def _threshold(state: Any) -> float:
    return float(state["best"]) * (1 - kernel.SLACK)


def orders_of(state: Any) -> list[list[int]]:
    """Orders of all loops, outermost first, that are tried for windows: what slides stands innermost."""
    sliding = sliding_dims(state)
    plain = [d for d in ORDER if d not in sliding]
    return [[*plain, *order] for order in permutations(sliding)]


def to_mapping_arrays(
    nest: Nest, orders: Sequence[Sequence[int]], case: Case, bounds: Sequence[int], memory_of: Sequence[int]
) -> MappingArrays:
    """A nest as mappings on the unfolded accelerator, one for each order.

    Args:
        case: that it was found in.
        memory_of: for every level of the unfolded accelerator the first of its memory.
    """
    nodes, blocks, depths = nest
    depth = len(memory_of)
    out = empty_mappings(len(orders), depth)
    out.keep[:] = False
    out.keep[:, 0] = True
    homes = [memory_of[case.levels[level]] for level, _ in nodes]
    extent = np.array(bounds, dtype=np.int64)
    at = 0
    for level in range(depth):
        memory = memory_of[level]
        end = level + 1 == depth or memory_of[level + 1] == level + 1
        # Nodes of a memory take its last levels; each has the loops between it and the next node.
        held = homes.count(memory)
        last = max(j for j in range(depth) if memory_of[j] == memory)
        if memory == 0:
            extent = extent // blocks[0]
        elif last - level < held:
            out.keep[:, level, nodes[at][1]] = True
            at += 1
            extent = extent // blocks[at]
        out.tile[:, level] = extent
        for i, order in enumerate(orders):
            out.order[i, level] = sorted(order, key=depths[at].tolist().__getitem__)
        widths, axes = case.fanouts[level]
        if end:
            extent = extent // np.array(widths)
        out.part[:, level] = extent
        out.axis[:, level] = np.array(axes, dtype=np.int8)
    return out
