"""The energies and latencies that the mappings of one layer can trade for each other: its Pareto front.

A mapper answers one mapping for one objective; what it saw on the way is worth more to whoever combines layers. Here a
map space keeps a record of all that is evaluated in it, which costs a search nothing when nobody asks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.cost import BatchCost, Convention
from accel_models.loopnest import MappingArrays
from mappings.mappers.mapper import Objective, SearchOptions, load_mapper
from mappings.mapspace import MapSpace, Tiles, empty_mappings, take
from nets.errors import InfeasibleError, InputError
from nets.layer import Layer

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Front:
    """Points of one layer of which none is at least as good as another in both figures.

    Attributes:
        energy_pj, cycles: float64 (n,), energies rising and cycles falling.
        mappings: n mappings, one for each point; ``None`` for points that need none.
    """

    energy_pj: Array
    cycles: Array
    mappings: MappingArrays | None = None

    @classmethod
    def of(cls, energy_pj: Array, cycles: Array, mappings: MappingArrays | None = None) -> Front:
        """The front of any points; infinite ones are left out, and of equal ones the first stays.

        Raises:
            InputError: arrays of different lengths, or a figure that is negative or no number.
        """
        energy_pj, cycles = np.asarray(energy_pj, dtype=np.float64), np.asarray(cycles, dtype=np.float64)
        if energy_pj.shape != cycles.shape or energy_pj.ndim != 1:
            raise InputError("front", (energy_pj.shape, cycles.shape), "must be two lists of one length")
        if not ((energy_pj >= 0).all() and (cycles >= 0).all()):
            raise InputError("front", float(min(energy_pj.min(), cycles.min())), "must hold figures of at least 0")
        best = pareto_rows(energy_pj, cycles)
        return cls(energy_pj[best], cycles[best], None if mappings is None else take(mappings, best))

    def __len__(self) -> int:
        return len(self.energy_pj)

    @property
    def hull(self) -> NDArray[np.int64]:
        """Points that are best for some weighted sum of energy and cycles, by rising energy.

        These are the vertices of the lower left convex hull; points inside an edge are left out.
        """
        kept: list[int] = []
        x, y = self.energy_pj.tolist(), self.cycles.tolist()
        for i in range(len(self)):
            while len(kept) > 1:
                a, b = kept[-2], kept[-1]
                if (x[b] - x[a]) * (y[a] - y[i]) < (x[i] - x[a]) * (y[a] - y[b]):  # b lies below the line from a to i
                    break
                kept.pop()
            kept.append(i)
        return np.array(kept, dtype=np.int64)


def pareto_rows(energy_pj: Array, cycles: Array) -> NDArray[np.int64]:
    """Rows of finite points that no other point beats or equals, by rising energy."""
    order = np.lexsort((cycles, energy_pj))
    order = order[np.isfinite(energy_pj[order]) & np.isfinite(cycles[order])]
    falling = cycles[order]
    lowest = np.minimum.accumulate(falling)
    return order[np.concatenate([[True], falling[1:] < lowest[:-1]])] if len(order) else order


@dataclass(slots=True)
class Archive:
    """The front of everything evaluated so far, for every problem of a map space.

    Attributes:
        static_pj_per_cycle: energy to take off for every cycle (see :mod:`mappings.network_search`).
        points: for each problem its energies, cycles and mappings.
    """

    static_pj_per_cycle: float = 0.0
    points: dict[int, tuple[Array, Array, MappingArrays]] = field(default_factory=dict)

    def add(self, problem_of: NDArray[np.int64], cost: BatchCost, mappings: MappingArrays) -> None:
        """Take in evaluated mappings, of any problems."""
        energy_pj = cost.energy_pj - self.static_pj_per_cycle * np.where(cost.status == 0, cost.cycles, 0.0)
        for problem in np.unique(problem_of).tolist():
            rows = np.flatnonzero((problem_of == problem) & (cost.status == 0))
            rows = rows[pareto_rows(energy_pj[rows], cost.cycles[rows])]
            fresh = energy_pj[rows], cost.cycles[rows], take(mappings, rows)
            if problem in self.points:
                fresh = self._merge(self.points[problem], fresh)
            self.points[problem] = fresh

    @staticmethod
    def _merge(
        old: tuple[Array, Array, MappingArrays], new: tuple[Array, Array, MappingArrays]
    ) -> tuple[Array, Array, MappingArrays]:
        energy_pj, cycles = np.concatenate([old[0], new[0]]), np.concatenate([old[1], new[1]])
        best = pareto_rows(energy_pj, cycles)
        return energy_pj[best], cycles[best], take(join_mappings([old[2], new[2]]), best)

    def mappings(self, problem: int, depth: int) -> MappingArrays:
        """Mappings on the front of one problem; none where nothing valid was seen."""
        return self.points[problem][2] if problem in self.points else empty_mappings(0, depth)


@dataclass(frozen=True, slots=True)
class WatchedSpace(MapSpace):
    """A map space that keeps the front of all that is evaluated in it, whoever asks.

    Attributes:
        archive: the record.
    """

    archive: Archive = field(default_factory=Archive)

    @classmethod
    def watch(cls, space: MapSpace, archive: Archive) -> WatchedSpace:
        """The same problems under watch."""
        return cls(**{item.name: getattr(space, item.name) for item in fields(MapSpace)}, archive=archive)

    def evaluate(self, mappings: MappingArrays, problem_of: NDArray[np.int64], threads: int = 1) -> BatchCost:
        """As :meth:`MapSpace.evaluate`, and remember."""
        cost = MapSpace.evaluate(self, mappings, problem_of, threads)
        self.archive.add(problem_of, cost, mappings)
        return cost


def front_of(space: MapSpace, problem: int, mappings: MappingArrays, threads: int = 1) -> Front:
    """The front of given mappings of one problem."""
    cost = space.evaluate(mappings, np.full(len(mappings), problem), threads)
    return Front.of(cost.energy_pj, cost.cycles, mappings)


def layer_front(
    layer: Layer,
    accelerator: Accelerator,
    *,
    mapper: str = "cmaes",
    budget: int = 2000,
    objectives: Sequence[Objective] = ("edp", "energy", "latency"),
    seed: int = 0,
    tiles: Tiles = "ragged",
    bypass: bool = False,
    convention: Convention = "default",
    constraints: Sequence[str] = (),
    threads: int = 1,
    time_limit_s: float = math.inf,
    settings: dict[str, Any] | None = None,
) -> Front:
    """The front of all mappings that a mapper visits while it searches for each objective in turn.

    Arguments are those of :func:`mappings.search`; ``budget`` is shared evenly by the ``objectives``.

    Raises:
        InputError: as :func:`mappings.search`.
        InfeasibleError: no valid mapping was visited.
    """
    space = MapSpace.of(
        [layer], [accelerator], tiles=tiles, bypass=bypass, convention=convention, constraints=constraints
    )
    space.require_feasible()
    archive = Archive()
    for objective in objectives:
        options = SearchOptions(
            objective=objective, budget=max(budget // len(objectives), 1), seed=seed, threads=threads,
            time_limit_s=time_limit_s / len(objectives), settings=settings or {},
        )  # fmt: skip
        load_mapper(mapper)(WatchedSpace.watch(space, archive), options)
    if 0 not in archive.points or not len(archive.points[0][0]):
        raise InfeasibleError(f"layer {layer.name!r} on {accelerator.name}: no valid mapping among {budget} evaluated")
    return Front(*archive.points[0])


def join_mappings(parts: Sequence[MappingArrays]) -> MappingArrays:
    """All rows of several arrays of mappings."""
    names = [attribute.name for attribute in fields(MappingArrays)]
    return MappingArrays(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
