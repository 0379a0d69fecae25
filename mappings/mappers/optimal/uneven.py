"""Uneven mappings with perfect factors: all arrangements of storage nodes, best bound first.

``docs/mapping.md``, "Uneven mappings", says why it is enough to look at these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from heapq import heappop, heappush
from itertools import permutations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.loopnest import MappingArrays
from mappings.mappers.optimal import kernel, uneven_kernel
from mappings.mapspace import empty_mappings

STEPS: Final = 200_000
"""Choices looked at between two looks at the clock."""
EFFORT: Final = 3_000_000
"""Choices looked at after which no problem of a case with inputs that slide is split any more."""
ROOM: Final = 2048
"""Candidates of a group that there is room for, to begin with."""
MOST_SORTED: Final = 5040
"""Arrangements that are sorted by their bounds."""
ORDER: Final = (kernel.G, kernel.N, kernel.C, kernel.P, kernel.Q, kernel.R, kernel.S, kernel.K)
"""Loops of a block, outermost first, as far as their order does not matter."""
Split = NDArray[np.int64]
Nodes = Sequence[tuple[int, int]]
"""Level and tensor of storage nodes, outermost first."""
Slides = tuple[tuple[int, int], ...]
"""For every node the dim of the innermost loop outside it that moves inputs, and that loop's block."""
ANY: Final = (uneven_kernel.ANY, 0)
NONE: Final = (uneven_kernel.NONE, 0)
Nest = tuple[tuple[tuple[int, int], ...], Split, Split]
"""Nodes in the order in which they stand (level, tensor), trips (blocks, 8) of the loops just outside each, and how far
inside their block those of a dim stand (blocks, 8)."""


def arrangements(nodes: Nodes, memory_of: Sequence[int]) -> Iterator[tuple[tuple[int, int], ...]]:
    """Every sequence of nodes (level, tensor) in which those of one tensor stand in the order of their memories.

    Nodes of different tensors stand in any order, also of different memories: one that stands further out than an outer
    memory's stays in place, whatever the loops in between do.
    """
    left: dict[int, list[tuple[int, int]]] = {}
    for node in sorted(nodes, key=lambda node: memory_of[node[0]]):
        left.setdefault(node[1], []).append(node)

    def place(left: dict[int, list[tuple[int, int]]]) -> Iterator[tuple[tuple[int, int], ...]]:
        if not left:
            yield ()
        for t, (first, *rest) in left.items():
            others = {own: waiting for own, waiting in left.items() if own != t or rest}
            for order in place({own: rest if own == t else waiting for own, waiting in others.items()}):
                yield (first, *order)

    return place(left)


@lru_cache(maxsize=64)
def _list_arrangements(nodes: Nodes, memory_of: tuple[int, ...]) -> list[Nodes]:
    return list(arrangements(nodes, memory_of))


def count_arrangements(nodes: Nodes) -> int:
    """How many sequences :func:`arrangements` has."""
    each = [sum(own == t for _, own in nodes) for t in range(3)]
    return math.factorial(len(nodes)) // math.prod(map(math.factorial, each))


class Arrangements:
    """Memory for one arrangement after the other: its candidates, group by group, and a walk through their choices."""

    def __init__(self, nodes: int, memory_of: Sequence[int]) -> None:
        self.memory_of = memory_of
        groups, factors = uneven_kernel.N_GROUPS, uneven_kernel.FACTORS
        self._allowed = np.empty((8, nodes + 1), dtype=np.int64)
        self._n_splits, self._counts = np.empty(8, dtype=np.int64), np.empty(groups, dtype=np.int64)
        self._least, self._product = np.empty((groups + 1, factors, nodes)), np.empty((groups + 2, factors, nodes))
        self._at = np.zeros(groups + 1, dtype=np.int64)
        self._best = np.empty(groups, dtype=np.int64)
        self._make_room(nodes, ROOM)

    def _make_room(self, nodes: int, most: int) -> None:
        groups = uneven_kernel.N_GROUPS
        self._splits = np.empty((8, most, nodes + 1), dtype=np.int64)
        self._kept, self._turn = np.empty((groups, most), dtype=np.int64), np.empty((groups, most), dtype=np.int64)
        self._factors = np.empty((groups, most, uneven_kernel.FACTORS, nodes))
        self._keys = np.empty((groups, most))

    def begin(self, state: Any, nodes: Nodes, slides: Slides | None = None) -> float:
        """Begin with an arrangement; a bound on all its choices, with inputs that slide (by default) in any way."""
        self._nodes, self._slides = tuple(nodes), slides or (ANY,) * len(nodes)
        self._levels, self._tensors = (np.array(column, dtype=np.int64) for column in zip(*nodes))
        self._memory = [self.memory_of[level] for level, _ in nodes]
        of_slides = np.ascontiguousarray(np.array(self._slides, dtype=np.int64).T)
        self._at[:] = 0
        while True:
            bound = uneven_kernel.lay_out(
                state, self._levels, self._tensors, of_slides, self._allowed, self._splits, self._n_splits,
                self._counts, self._kept, self._factors, self._least, self._keys, self._turn, self._product,
            )  # fmt: skip
            if bound >= 0:
                return float(bound)
            self._make_room(len(nodes), int(-bound))

    def walk(self, state: Any) -> int:
        """Go on; what :func:`uneven_kernel.walk` answers."""
        answer = uneven_kernel.walk(
            state, self._levels, self._tensors, self._factors, self._counts, self._least, self._keys, self._turn,
            self._product, self._at, self._best, STEPS,
        )  # fmt: skip
        return int(answer)

    def walk_alone(self, state: Any, every: Sequence[Nodes], timed: bool) -> NDArray[np.float64]:
        """The least energy in pJ, and cycles (0 unless ``timed``), of arrangements as if there were no other nodes."""
        of = np.array(every, dtype=np.int64)
        levels, tensors = np.ascontiguousarray(of[:, :, 0]), np.ascontiguousarray(of[:, :, 1])
        slides = np.tile(np.array(ANY, dtype=np.int64)[:, None], of.shape[1])
        found = np.zeros((2, len(of)))
        while lacking := uneven_kernel.walk_alone(
            state, levels, tensors, timed, slides, self._allowed, self._splits, self._n_splits, self._counts,
            self._kept, self._factors, self._least, self._keys, self._turn, self._product, self._at, self._best, found,
        ):  # fmt: skip
            self._make_room(of.shape[1], int(lacking))
        return found

    def best(self) -> Nest:
        """The choice of least cost; call when :meth:`walk` has found one."""
        return self._nest(self._best)

    def _nest(self, choice: NDArray[np.int64]) -> Nest:
        """Trips of every block, nodes in the order of their memories."""
        trips = np.ones((len(self._nodes) + 1, 8), dtype=np.int64)
        for group, (a, b) in enumerate(uneven_kernel.GROUPS.tolist()):
            x, of_b = int(self._kept[group, choice[group]]), int(self._n_splits[b]) if b >= 0 else 1
            trips[:, a] = self._splits[a, x // of_b]
            if b >= 0:
                trips[:, b] = self._splits[b, x % of_b]
        # A node that stands further out than an outer memory's goes behind that: the loops between leave it in place.
        order = sorted(range(len(self._nodes)), key=lambda i: (self._memory[i], i))
        blocks, depths, reached = np.ones_like(trips), np.zeros_like(trips), 0
        for block, end in enumerate([*(i + 1 for i in order), len(trips)]):
            for outer in range(reached, end):
                blocks[block] *= trips[outer]
                depths[block, trips[outer] > 1] = 2 * outer
                for d in (d for d, at in self._slides if at == outer and d >= 0):
                    depths[block, d] += trips[outer, d] > 1
            reached = max(reached, end)
        return tuple(self._nodes[i] for i in order), blocks, depths


def sliding_dims(state: Any) -> list[int]:
    """Dims over which inputs slide: then what an order of loops keeps of them is not a product."""
    return [d for d in range(kernel.P, kernel.S + 1) if int(state["kind"][d]) == 2 and int(state["bound"][d]) > 1]


def bound_arrangements(state: Any) -> MemoryBounds | None:
    """Bounds for the arrangements of a case that ``kernel.bound_cases`` has prepared; none where nothing is kept."""
    depth = int(state["levels"])
    memory_of = tuple(state["memory"][:depth].tolist())
    nodes = tuple((level, t) for level, kept in enumerate(state["keep"][:depth].tolist()) for t in range(3) if kept[t])
    nodes = tuple(node for node in nodes if node[0] > 0)
    return MemoryBounds(state, nodes, memory_of) if nodes else None


def search_arrangements(
    state: Any, bound_of: MemoryBounds, *, price: Callable[[Nest], float], stop: Callable[[], bool]
) -> tuple[float, Nest | None]:
    """Search all arrangements of a case that ``kernel.bound_cases`` has prepared.

    Where inputs do not slide, what the walk computes is what a mapping costs: the state's best becomes the least. Where
    they do, it is a lower bound, and the nest that has it is priced (:func:`_search_slides`).

    Args:
        bound_of: the case's, of :func:`bound_arrangements`.
        price: prices a nest under several orders of its loops, keeps the best mapping, and answers the best objective.
        stop: whether time is over.

    Returns:
        A lower bound on what was left open (``inf`` where nothing was), and the best nest of an exact search, if it is
        better than the state's best was.
    """
    nodes, memory_of = bound_of.nodes, bound_of.memory_of
    room = Arrangements(len(nodes), memory_of)
    few = count_arrangements(nodes) <= MOST_SORTED
    every = _list_arrangements(nodes, memory_of) if few else _Every(nodes, memory_of)
    if sliding_dims(state):
        return _search_slides(state, room, every, bound_of, price, stop), None
    found: Nest | None = None
    for number, order in enumerate(sorted(every, key=bound_of) if isinstance(every, list) else every):
        if bound_of(order) >= _threshold(state):
            continue
        if number % 64 == 63 and stop():
            return bound_of.least(), found
        if room.begin(state, order) >= _threshold(state):
            continue
        before = float(state["best"])
        while room.walk(state) != uneven_kernel.DONE:
            if stop():
                return bound_of.least(), room.best() if state["best"] < before else found
        if state["best"] < before:
            found = room.best()
    return math.inf, found


def _threshold(state: Any) -> float:
    return float(state["best"]) * (1 - kernel.SLACK)


def _search_slides(
    state: Any,
    room: Arrangements,
    every: Iterable[Nodes],
    bound_of: MemoryBounds,
    price: Callable[[Nest], float],
    stop: Callable[[], bool],
) -> float:
    """Search arrangements whose inputs slide, best bound first; a lower bound on what may cost less than the best.

    A problem is an arrangement and, for some of its nodes of inputs, the loop that moves them last; what a walk
    computes for the others is the least under any order. A problem of which that is below the best is split by that
    loop of one more node.
    """
    open_problems: list[tuple[float, int, Nodes, Slides]] = []
    count, bound = 0, math.inf

    def look_at(nodes: Nodes, slides: Slides, parent: float = 0.0, keep: bool = True) -> bool:
        """Keep a problem by its bound, have its nest priced; false when time is over."""
        nonlocal count
        if room.begin(state, nodes, slides) >= _threshold(state):
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
                heappush(open_problems, (max(least, parent), count, nodes, slides))
                count += 1
        return True

    in_turn = sorted(every, key=bound_of) if isinstance(every, list) else every
    for nodes in in_turn:
        if (least := bound_of(nodes)) >= _threshold(state):
            continue
        # First one dim that slides at all nodes alike: good nests, in whose light more is left out.
        for d in (*sliding_dims(state), uneven_kernel.ANY):
            slides = (ANY,) * len(nodes) if d == uneven_kernel.ANY else tuple((d, i) for i in range(len(nodes)))
            if stop() or not look_at(nodes, slides, keep=d == uneven_kernel.ANY):
                least = least if isinstance(in_turn, list) else bound_of.least()
                return min(least, open_problems[0][0] if open_problems else math.inf)
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
        ways = [NONE, *((d, block) for block in range(i, -1, -1) for d in sliding_dims(state))]
        for way in ways:
            if stop() or not look_at(nodes, (*slides[:i], way, *slides[i + 1 :]), least):
                return min(bound, least)
    return bound


class _Every:
    """All arrangements, made anew each time they are gone through: too many to keep."""

    def __init__(self, nodes: Nodes, memory_of: Sequence[int]) -> None:
        self._nodes, self._memory_of = nodes, memory_of

    def __iter__(self) -> Iterator[Nodes]:
        return arrangements(self._nodes, self._memory_of)


class MemoryBounds:
    """Bounds for arrangements, from the flows into each memory by themselves.

    Called with an arrangement, it adds up the least energy that flows into every memory cost where its nodes stand in
    the order that they have there, wherever others stand; cycles likewise, the slowest memory counting.
    """

    def __init__(self, state: Any, nodes: Nodes, memory_of: tuple[int, ...]) -> None:
        self.nodes, self.memory_of = nodes, memory_of
        self._memory = {level: memory_of[level] for level, _ in nodes}
        self._energy_pj: dict[tuple[tuple[int, int], ...], float] = {}
        self._cycles: dict[tuple[tuple[int, int], ...], float] = {}
        self._objective, self._static_pj = int(state["objective"]), float(state["static_pj"])
        self._fixed_pj, self._compute = float(state["fixed_pj"]), float(state["compute"])
        timed = self._objective != kernel.ENERGY or self._static_pj > 0
        for memory in sorted(set(self._memory.values())):
            orders = list(permutations(node for node in nodes if self._memory[node[0]] == memory))
            energies_pj, cycles = Arrangements(len(orders[0]), memory_of).walk_alone(state, orders, timed)
            self._energy_pj |= zip(orders, (energies_pj - self._fixed_pj).tolist())
            self._cycles |= zip(orders, cycles.tolist())

    def __call__(self, nodes: Nodes) -> float:
        of: dict[int, list[tuple[int, int]]] = {}
        for node in nodes:
            of.setdefault(self._memory[node[0]], []).append(node)
        orders = [tuple(order) for order in of.values()]
        return self._score([self._energy_pj[order] for order in orders], [self._cycles[order] for order in orders])

    def least(self) -> float:
        """A bound for all arrangements."""
        of: dict[int, list[tuple[tuple[int, int], ...]]] = {}
        for order in self._energy_pj:
            of.setdefault(self._memory[order[0][0]], []).append(order)
        return self._score(
            [min(self._energy_pj[order] for order in orders) for orders in of.values()],
            [min(self._cycles[order] for order in orders) for orders in of.values()],
        )

    def _score(self, energies_pj: list[float], cycles: list[float]) -> float:
        slowest = max(cycles, default=0.0)
        if self._objective == kernel.LATENCY:
            return slowest
        slowest = max(slowest, self._compute)
        energy_pj = self._fixed_pj + sum(energies_pj) + self._static_pj * slowest
        return energy_pj if self._objective == kernel.ENERGY else energy_pj * slowest


def orders_of(state: Any) -> list[list[int]]:
    """Orders of all loops, outermost first, that are tried for windows: what slides stands innermost."""
    sliding = sliding_dims(state)
    plain = [d for d in ORDER if d not in sliding]
    return [[*plain, *order] for order in permutations(sliding)]


def to_mapping_arrays(
    nest: Nest, orders: Sequence[Sequence[int]], case: Any, bounds: Sequence[int], memory_of: Sequence[int]
) -> MappingArrays:
    """A nest as mappings on the unfolded accelerator, one for each order.

    Args:
        case: the case of :mod:`mappings.mappers.optimal.solve` that it was found in.
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
