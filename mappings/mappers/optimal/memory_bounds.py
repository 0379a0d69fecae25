"""Bounds for arrangements of storage nodes, from the flows into each memory by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mappings.mappers.optimal import kernel
from mappings.mappers.optimal.arrangements import (
    Arrangements,
    Nodes,
    arrangements,
    columns_of,
    count_arrangements,
    is_square,
)

MOST_SORTED: Final = 5040
"""Arrangements that are listed, to be sorted by their bounds."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CaseBounds:
    """Bounds for the arrangements of one case.

    The least energy that flows into every memory cost where its nodes stand in the order that they have there, wherever
    others stand, adds up; of cycles the slowest memory's count.

    Attributes:
        energies_pj, cycles: for each memory, of every order of its nodes.
        fixed_pj, static_pj, compute, objective: of the case.
        square: whether its rows and columns can change places.
    """

    energies_pj: tuple[Floats, ...]
    cycles: tuple[Floats, ...]
    fixed_pj: float
    static_pj: float
    compute: float
    objective: int
    square: bool

    def of(self, orders: Sequence[Any]) -> Any:
        """A bound where the nodes of every memory have the order of that number; many where those are arrays."""
        return self._score(
            [of[order] for of, order in zip(self.energies_pj, orders)],
            [of[order] for of, order in zip(self.cycles, orders)],
        )

    def least(self) -> float:
        """A bound for all arrangements."""
        return float(self._score([of.min() for of in self.energies_pj], [of.min() for of in self.cycles]))

    def _score(self, energies_pj: Sequence[Any], cycles: Sequence[Any]) -> Any:
        energy_pj = self.fixed_pj + sum(energies_pj)
        if self.objective == kernel.ENERGY and self.static_pj == 0:
            return energy_pj
        slowest = np.maximum.reduce(cycles)
        if self.objective == kernel.LATENCY:
            return slowest
        slowest = np.maximum(slowest, self.compute)
        if self.static_pj > 0:  # nothing fits where cycles are infinite
            energy_pj = energy_pj + self.static_pj * slowest
        return energy_pj if self.objective == kernel.ENERGY else energy_pj * slowest


class MemoryBounds:
    """The memories of an uneven nest, case after case.

    Args:
        nodes: all storage nodes.
        memory_of: for every level the first of its memory.
        stop: whether time is over.
    """

    def __init__(self, nodes: Nodes, memory_of: tuple[int, ...], stop: Callable[[], bool]) -> None:
        self.nodes, self.memory_of, self._stop = tuple(nodes), memory_of, stop
        self._number_of = _number_of(self.nodes, memory_of)
        self._orders = [columns_of(orders) for orders in _orders(self.nodes, memory_of)]
        self._rooms = [Arrangements(levels.shape[1], memory_of) for levels, _ in self._orders]

    def of_case(self, state: Any) -> CaseBounds:
        """The bounds of a case that ``kernel.bound_cases`` has prepared; those above the state's best may be less.

        All may be less where time is over.
        """
        objective, static_pj = int(state["objective"]), float(state["static_pj"])
        timed = objective != kernel.ENERGY or static_pj > 0
        fixed_pj, best = float(state["fixed_pj"]), float(state["best"])
        energies_pj, cycles, taken_pj, square = [], [], 0.0, is_square(state)
        changed = {name: state[name].copy() for name in ("objective", "static_pj", "best")}
        for orders, room in zip(self._orders, self._rooms):
            # What costs more than the best that is known, with what flows into other memories, needs no exact figure.
            most = np.inf if timed or best == np.inf else best - taken_pj
            energy_pj, slow = room.walk_alone(state, orders, timed, square, most, self._stop)
            energies_pj.append(energy_pj - fixed_pj)
            cycles.append(slow)
            taken_pj += float(energies_pj[-1].min())
        for name, value in changed.items():
            state[name] = value
        compute = float(state["compute"])
        return CaseBounds(tuple(energies_pj), tuple(cycles), fixed_pj, static_pj, compute, objective, square)

    def in_turn(self, bounds: CaseBounds) -> Iterator[tuple[float, float, Nodes]]:
        """Every arrangement, before it a bound for it and all after it, and one for it alone.

        The least bound comes first, unless there are too many to sort.
        """
        if count_arrangements(self.nodes) > MOST_SORTED:
            least = bounds.least()
            for nodes in arrangements(self.nodes, self.memory_of):
                yield least, float(bounds.of(_numbers(nodes, self.memory_of, self._number_of))), nodes
            return
        listed, numbers = _listed(self.nodes, self.memory_of)
        each = bounds.of(numbers)
        for i in np.argsort(each, kind="stable").tolist():
            yield float(each[i]), float(each[i]), listed[i]


@lru_cache(maxsize=64)
def _orders(nodes: Nodes, memory_of: tuple[int, ...]) -> list[list[Nodes]]:
    """For each memory, outermost first, every order of its nodes."""
    memories = sorted({memory_of[level] for level, _ in nodes})
    return [list(permutations(node for node in nodes if memory_of[node[0]] == memory)) for memory in memories]


def _number_of(nodes: Nodes, memory_of: tuple[int, ...]) -> list[dict[Nodes, int]]:
    return [{order: i for i, order in enumerate(orders)} for orders in _orders(nodes, memory_of)]


@lru_cache(maxsize=64)
def _listed(nodes: Nodes, memory_of: tuple[int, ...]) -> tuple[list[Nodes], list[NDArray[np.int64]]]:
    """Every arrangement, and for each memory the number of the order that its nodes have there."""
    listed = list(arrangements(nodes, memory_of))
    number_of = _number_of(nodes, memory_of)
    return listed, list(np.array([_numbers(each, memory_of, number_of) for each in listed]).T)


def _numbers(nodes: Nodes, memory_of: tuple[int, ...], number_of: Sequence[dict[Nodes, int]]) -> list[int]:
    """For each memory the number of the order that its nodes have in an arrangement."""
    own: dict[int, list[tuple[int, int]]] = {}
    for node in nodes:
        own.setdefault(memory_of[node[0]], []).append(node)
    return [numbers[tuple(own[memory])] for numbers, memory in zip(number_of, sorted(own))]
