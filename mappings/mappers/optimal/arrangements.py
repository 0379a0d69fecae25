"""Arrangements of storage nodes, and memory for the compiled walks through one after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.codes import P, Q, R, S
from mappings.mappers.optimal import uneven_kernel

STEPS: Final = 200_000
"""Choices looked at between two looks at the clock."""
ROOM: Final = 2048
"""Candidates of a group that there is room for, to begin with."""
Split = NDArray[np.int64]
Nodes = tuple[tuple[int, int], ...]
"""Level and tensor of storage nodes, outermost first."""
Columns = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Levels and tensors of the nodes of many arrangements (arrangements, nodes)."""
Slides = tuple[tuple[int, int], ...]
"""For every node the dim of the innermost loop outside it that moves inputs, and that loop's block."""
ANY: Final = (uneven_kernel.ANY, 0)
NONE: Final = (uneven_kernel.NONE, 0)
Nest = tuple[Nodes, Split, Split]
"""Nodes in the order in which they stand (level, tensor), trips (blocks, 8) of the loops just outside each, and how far
inside their block those of a dim stand (blocks, 8)."""


def arrangements(nodes: Nodes, memory_of: Sequence[int]) -> Iterator[Nodes]:
    """Every sequence of nodes (level, tensor) in which those of one tensor stand in the order of their memories.

    Nodes of different tensors stand in any order, also of different memories: one that stands further out than an outer
    memory's stays in place, whatever the loops in between do.
    """
    left: dict[int, list[tuple[int, int]]] = {}
    for node in sorted(nodes, key=lambda node: memory_of[node[0]]):
        left.setdefault(node[1], []).append(node)

    def place(left: dict[int, list[tuple[int, int]]]) -> Iterator[Nodes]:
        if not left:
            yield ()
        for t, (first, *rest) in left.items():
            others = {own: waiting for own, waiting in left.items() if own != t or rest}
            for order in place({own: rest if own == t else waiting for own, waiting in others.items()}):
                yield (first, *order)

    return place(left)


def columns_of(every: Sequence[Nodes]) -> Columns:
    """Arrangements as compiled code takes them."""
    of = np.array(every, dtype=np.int64)
    return np.ascontiguousarray(of[:, :, 0]), np.ascontiguousarray(of[:, :, 1])


def count_arrangements(nodes: Nodes) -> int:
    """How many sequences :func:`arrangements` has."""
    each = [sum(own == t for _, own in nodes) for t in range(3)]
    return math.factorial(len(nodes)) // math.prod(map(math.factorial, each))


def is_square(state: Any) -> bool:
    """Whether rows and columns of a case can change places, in the layer and on the array."""
    rows, columns = [P, R], [Q, S]
    (stride, other_stride), (dilation, other_dilation) = state["geometry"].reshape(2, 2).tolist()
    return bool(
        stride == other_stride
        and dilation == other_dilation
        and (state["bound"][rows] == state["bound"][columns]).all()
        and (state["spatial"][: state["levels"], rows] == state["spatial"][: state["levels"], columns]).all()
    )


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
        self._any = np.tile(np.array(ANY, dtype=np.int64)[:, None], nodes)
        self._make_room(nodes, ROOM)

    def _make_room(self, nodes: int, most: int) -> None:
        groups = uneven_kernel.N_GROUPS
        self._splits = np.empty((8, most, nodes + 1), dtype=np.int64)
        self._kept, self._turn = np.empty((groups, most), dtype=np.int64), np.empty((groups, most), dtype=np.int64)
        self._factors = np.empty((groups, most, uneven_kernel.FACTORS, nodes))
        self._keys = np.empty((groups, most))

    def begin(self, state: Any, nodes: Nodes, square: bool, slides: Slides | None = None) -> float:
        """Begin with an arrangement; a bound on all its choices, with inputs that slide (by default) in any way.

        ``square``: as :func:`is_square` says of the case.
        """
        self._nodes, self._slides = nodes, slides or (ANY,) * len(nodes)
        self._levels, self._tensors = (np.array(column, dtype=np.int64) for column in zip(*nodes))
        self._memory = [self.memory_of[level] for level, _ in nodes]
        of_slides = self._any if slides is None else np.ascontiguousarray(np.array(slides, dtype=np.int64).T)
        self._mirrored = square and all(d < 0 for d, _ in self._slides)
        self._at[:] = 0
        while True:
            bound = uneven_kernel.lay_out(
                state, self._levels, self._tensors, of_slides, self._mirrored, self._allowed, self._splits,
                self._n_splits, self._counts, self._kept, self._factors, self._least, self._keys, self._turn,
                self._product,
            )  # fmt: skip
            if bound >= 0:
                return float(bound)
            self._make_room(len(nodes), int(-bound))

    def walk(self, state: Any) -> int:
        """Go on; what :func:`uneven_kernel.walk` answers."""
        answer = uneven_kernel.walk(
            state, self._levels, self._tensors, self._mirrored, self._factors, self._counts, self._least, self._keys,
            self._turn, self._product, self._at, self._best, STEPS,
        )  # fmt: skip
        return int(answer)

    def walk_alone(
        self, state: Any, every: Columns, timed: bool, square: bool, most_pj: float, stop: Callable[[], bool]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The least energy in pJ, or ``most_pj`` if that is less, and cycles (0 unless ``timed``), of arrangements.

        Each as if there were no other nodes; lower bounds of these where time is over before all were walked through.
        Changes the state's objective, static energy and best. ``square``: as :func:`is_square` says of the case.
        """
        levels, tensors = every
        found, over = np.zeros((2, len(levels))), np.zeros(2, dtype=np.int64)
        found[0] = state["fixed_pj"]
        while not stop():
            answer = uneven_kernel.walk_alone(
                state, levels, tensors, timed, most_pj, self._any, square, self._allowed, self._splits, self._n_splits,
                self._counts, self._kept, self._factors, self._least, self._keys, self._turn, self._product, self._at,
                self._best, found, over, STEPS,
            )  # fmt: skip
            if answer == uneven_kernel.DONE:
                break
            if answer < 0:
                self._make_room(levels.shape[1], int(-answer))
        return found[0], found[1]

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
