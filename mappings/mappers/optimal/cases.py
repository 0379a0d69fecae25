"""The cases of a problem: choices of spatial loops and of the tensors that levels hold, with what each costs at least.

There may be thousands, of which few are searched: they are listed as arrays, and one is laid out when it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.codes import AXIS_DIMS, AXIS_SIZE, MEMORY, NETWORK_PJ
from mappings.mappers.optimal import kernel
from mappings.mapspace import MapSpace
from mappings.spatial import Fanout, as_fanouts, choice_arrays

CHOICES_KEPT: Final = 4096
AXES: Final = slice(AXIS_SIZE, AXIS_DIMS + 3)
"""Columns of a level that say what its axes are."""
AXES_COLUMNS: Final = AXES.stop - AXES.start
TRANSPOSED: Final = [kernel.N, kernel.G, kernel.K, kernel.C, kernel.Q, kernel.P, kernel.S, kernel.R]
"""Dims where rows and columns have changed places."""


@dataclass(frozen=True, slots=True)
class Case:
    """A choice of spatial loops and kept tensors, with a lower bound on what it can cost.

    ``widths`` are those of the fan-outs, as the search sees them (see :func:`merges_dims`); ``levels`` those of the
    nest that the search walks, ``last_of`` the innermost of each memory among them.
    """

    bound: float
    keep: NDArray[np.bool_]
    fanouts: tuple[Fanout, ...]
    widths: tuple[tuple[int, ...], ...]
    levels: tuple[int, ...]
    last_of: dict[int, int]


@dataclass(frozen=True, slots=True)
class Choices:
    """Choices of spatial loops as arrays (n, L, 8): widths as the search sees them, those given, numbers of axes."""

    widths: NDArray[np.int64]
    given: NDArray[np.int64]
    axes: NDArray[np.int64]

    def of(self, number: int) -> tuple[tuple[Fanout, ...], tuple[tuple[int, ...], ...]]:
        """The fan-outs of one choice, and their widths as the search sees them."""
        widths = tuple(map(tuple, self.widths[number].tolist()))
        return as_fanouts(self.given[number], self.axes[number]), widths


@dataclass(frozen=True, slots=True)
class Cases:
    """Many cases, each laid out when it is asked for.

    Attributes:
        bounds: (n,) of them. keep_of, choice_of: (n,) places among ``keeps`` and ``choices``.
        keeps: the tensors that each level holds, the levels of the nest and the last of each memory's.
        choices: of spatial loops.
    """

    bounds: NDArray[np.float64]
    keep_of: NDArray[np.int64]
    choice_of: NDArray[np.int64]
    keeps: Sequence[tuple[NDArray[np.bool_], tuple[int, ...], dict[int, int]]]
    choices: Choices

    def __len__(self) -> int:
        return len(self.bounds)

    def __getitem__(self, number: int) -> Case:
        keep, levels, last_of = self.keeps[self.keep_of[number]]
        fanouts, widths = self.choices.of(int(self.choice_of[number]))
        return Case(float(self.bounds[number]), keep, fanouts, widths, levels, last_of)

    def __iter__(self) -> Iterator[Case]:
        return (self[number] for number in range(len(self)))


def list_cases(space: MapSpace, problem: int, state: Any, *, promising: bool = False) -> Cases:
    """All cases that differ in what they can cost, best bound first.

    Args:
        promising: sort them by a bound on their energy-delay product instead: of cases that can cost as little as each
            other, those that use more of the array nearly always come nearer.
    """
    on = space.accelerator_of[problem]
    bounds = tuple(int(bound) for bound in space.layer_table.bounds[space.layer_of[problem]])
    axes = space.accelerator_table.levels[on][:, AXES]
    choices = _choices(bounds, axes.tobytes(), merges_dims(space, problem), is_square(space, problem))
    count, wide = len(choices.widths), choices.widths
    keeps, leasts, ranked = [], [], []
    memory_of = space.accelerator_table.levels[on, :, MEMORY].astype(int).tolist()
    for keep in _keeps(space, int(on), memory_of):
        held = {memory_of[level] for level in range(space.depth) if keep[level].any()}
        levels = tuple(j for j in range(space.depth) if keep[j].any() or (memory_of[j] == j and j not in held))
        last_of = {memory_of[level]: level for level in levels}
        enter_case(space, problem, state, Case(0.0, keep, *choices.of(0), levels, last_of))
        spatial = np.ones((count, len(levels), 8), dtype=np.int64)
        for i, level in enumerate(levels):
            if last_of[memory_of[level]] == level:
                spatial[:, i] = wide[:, _end_of(memory_of, level)]
        least = np.empty(count)
        kernel.bound_cases(state, spatial, least)
        ranks = least
        if promising and state["objective"] != kernel.EDP:
            objective, state["objective"], ranks = state["objective"], kernel.EDP, np.empty(count)
            kernel.bound_cases(state, spatial, ranks)
            state["objective"] = objective
        keeps.append((keep, levels, last_of))
        leasts.append(least)
        ranked.append(ranks)
    order = np.lexsort((np.concatenate(leasts), np.concatenate(ranked)))
    return Cases(np.concatenate(leasts)[order], order // count, order % count, keeps, choices)


@lru_cache(maxsize=CHOICES_KEPT)
def _choices(bounds: tuple[int, ...], axes: bytes, merges: bool, square: bool) -> Choices:
    """Choices of spatial loops that differ in what they can cost.

    Args:
        bounds: of the layer.
        axes: columns :data:`AXES` of the levels, as bytes.
        merges: whether N, P and Q are one dim. square: whether rows and columns can change places.
    """
    levels = np.zeros((len(axes) // (8 * AXES_COLUMNS), AXES.stop))
    levels[:, AXES] = np.frombuffer(axes).reshape(-1, AXES_COLUMNS)
    given, on = choice_arrays(bounds, levels)
    widths = merged(given) if merges else given
    first = _first_of_each(widths, square)
    return Choices(widths[first], given[first], on[first])


def _first_of_each(widths: NDArray[np.int64], square: bool) -> NDArray[np.int64]:
    """The places of the first of equal choices (n, L, 8), ascending; where that is asked, of transposed ones too."""
    rows = widths.reshape(len(widths), -1)
    if square:
        other = widths[:, :, TRANSPOSED].reshape(rows.shape)
        differs = rows != other
        at = differs.argmax(axis=1)[:, None]
        less = np.take_along_axis(other, at, axis=1) < np.take_along_axis(rows, at, axis=1)
        rows = np.where(less, other, rows)
    rows = np.ascontiguousarray(rows)
    first = np.unique(rows.view(np.dtype((np.void, rows.strides[0]))).ravel(), return_index=True)[1]
    first.sort()
    return first


def _end_of(memory_of: Sequence[int], level: int) -> int:
    """The last level of the memory that a level is of."""
    return max(other for other, memory in enumerate(memory_of) if memory == memory_of[level])


def _keeps(space: MapSpace, on: int, memory_of: list[int]) -> list[NDArray[np.bool_]]:
    """Choices of the tensors that each level holds; of those that differ within memories alone the first."""
    distinct: dict[bytes, NDArray[np.bool_]] = {}
    for keep in space.keeps(on):
        held = np.zeros_like(keep)
        np.logical_or.at(held, memory_of, keep)
        distinct.setdefault(held.tobytes(), keep)
    return list(distinct.values())


def enter_case(space: MapSpace, problem: int, state: Any, case: Case) -> None:
    """Lay a case out as levels: those that hold something, and one for each memory that holds nothing."""
    on = space.accelerator_of[problem]
    levels, limits = space.accelerator_table.levels[on], space.constraint_table
    count, chosen = len(case.levels), list(case.levels)
    state["levels"] = count
    state["keep"][:count] = case.keep[chosen]
    state["low"][:count], state["high"][:count] = limits.low[on, chosen], limits.high[on, chosen]
    state["rank"][:count] = limits.rank[on, chosen]
    hardware, memories = state["hardware"], state["memory"]
    hardware[:count] = levels[chosen]
    memory_of = levels[:, MEMORY].astype(int).tolist()
    ends = {memory: level for level, memory in enumerate(memory_of)}
    first_of: dict[int, int] = {}
    for i, level in enumerate(case.levels):
        memory = memory_of[level]
        last = case.last_of[memory] == level
        hardware[i, NETWORK_PJ] = levels[ends[memory], NETWORK_PJ] if last else 0.0
        memories[i] = first_of.setdefault(memory, i)
    spread_case(space, problem, state, case)


def spread_case(space: MapSpace, problem: int, state: Any, case: Case) -> None:
    """Lay a case out that has the levels of the one that was entered, and loops in parallel of its own."""
    memory_of = space.accelerator_table.levels[space.accelerator_of[problem], :, MEMORY].astype(int).tolist()
    ends = {memory: level for level, memory in enumerate(memory_of)}
    for i, level in enumerate(case.levels):
        memory = memory_of[level]
        state["spatial"][i] = case.widths[ends[memory]] if case.last_of[memory] == level else 1


def merges_dims(space: MapSpace, problem: int) -> bool:
    """Whether N, P and Q can be searched as one dim, P: nothing tells them apart where no window slides.

    A chain of tiles of their product comes apart into chains of tiles of each, prime factor by prime factor.
    """
    layer = space.layer_of[problem]
    bounds, geometry = space.layer_table.bounds[layer], space.layer_table.geometry[layer]
    window = bounds[kernel.R] * bounds[kernel.S] > 1 or geometry[0] > 1 or geometry[1] > 1
    return not window and not space.constraint_table.active


def merged(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sizes (..., 8) by dim with those of N and Q moved to P."""
    merged = sizes.copy()
    merged[..., kernel.P] *= merged[..., kernel.N] * merged[..., kernel.Q]
    merged[..., kernel.N] = merged[..., kernel.Q] = 1
    return merged


def is_square(space: MapSpace, problem: int) -> bool:
    """Whether rows and columns can change places."""
    layer = space.layer_of[problem]
    bounds, geometry = space.layer_table.bounds[layer], space.layer_table.geometry[layer]
    rows, columns = [kernel.P, kernel.R], [kernel.Q, kernel.S]
    return bool(
        not space.constraint_table.active
        and (bounds[rows] == bounds[columns]).all()
        and geometry[0] == geometry[1]
        and geometry[2] == geometry[3]
    )
