"""What is to be mapped: layers on accelerators, as the tables that every mapper works on.

A *problem* is one layer on one accelerator. A map space holds many problems over accelerators of one level count, so
that a mapper can advance all of them in lockstep with a few compiled calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.cost import AcceleratorTable, BatchCost, Convention, LayerTable, evaluate_batch, explain
from accel_models.loopnest import MappingArrays
from mappings.constraints import ConstraintTable, compile_constraints
from nets.errors import InfeasibleError, InputError
from nets.layer import Layer

Tiles = Literal["ragged", "perfect"]
CONSTRAINT: Final = 255
"""Status of a mapping that breaks a constraint; the cost kernel has no such code."""


@dataclass(frozen=True, slots=True)
class MapSpace:
    """Problems and what is legal for them.

    Attributes:
        layers, accelerators: what the problems refer to; all accelerators have the same number of levels.
        layer_of, accelerator_of: int64 (P,), the layer and the accelerator of each problem.
        layer_table, accelerator_table: the same as arrays.
        constraint_table: what ``constraints`` ask of tiles, orders and bypass; what they ask of the array stands in
            ``accelerator_table``.
        dims: int64 (P, 8), the dims of more than one trip first; ``n_dims`` int64 (P,) says how many those are.
        tiles: ``"ragged"`` or ``"perfect"`` (every tile divides the extent it is cut from).
        bypass: whether a mapping may let a tensor bypass a level that could hold it.
        convention: what a cost counts, a key of :data:`accel_models.cost.CONVENTIONS`.
        constraints: what every mapping must keep to, as :mod:`mappings.constraints` writes it.
    """

    layers: tuple[Layer, ...]
    accelerators: tuple[Accelerator, ...]
    layer_of: NDArray[np.int64]
    accelerator_of: NDArray[np.int64]
    layer_table: LayerTable
    accelerator_table: AcceleratorTable
    constraint_table: ConstraintTable
    dims: NDArray[np.int64]
    n_dims: NDArray[np.int64]
    tiles: Tiles = "ragged"
    bypass: bool = False
    convention: Convention = "default"
    constraints: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        layers: Sequence[Layer],
        accelerators: Sequence[Accelerator],
        pairs: Sequence[tuple[int, int]] | None = None,
        *,
        tiles: Tiles = "ragged",
        bypass: bool = False,
        convention: Convention = "default",
        constraints: Sequence[str] = (),
    ) -> MapSpace:
        """Every layer on every accelerator (accelerator by accelerator), or the given (layer, accelerator) pairs."""
        if not layers or not accelerators:
            raise InputError("map space", (len(layers), len(accelerators)), "must have a layer and an accelerator")
        if tiles not in ("ragged", "perfect"):
            raise InputError("tiles", tiles, "must be 'ragged' or 'perfect'")
        if pairs is None:
            layer_of = np.tile(np.arange(len(layers)), len(accelerators))
            accelerator_of = np.repeat(np.arange(len(accelerators)), len(layers))
        else:
            layer_of, accelerator_of = np.array(pairs, dtype=np.int64).reshape(-1, 2).T.copy()
        table = LayerTable.of(layers)
        machines = AcceleratorTable.of(accelerators)
        constrained = compile_constraints(constraints, accelerators, layers, machines.levels, machines.can_keep)
        moving = table.bounds > 1
        dims = np.argsort(~moving, axis=1, kind="stable")[layer_of]
        return cls(
            tuple(layers),
            tuple(accelerators),
            layer_of.astype(np.int64),
            accelerator_of.astype(np.int64),
            table,
            machines,
            constrained,
            np.ascontiguousarray(dims, dtype=np.int64),
            moving.sum(axis=1)[layer_of].astype(np.int64),
            tiles,
            bypass,
            convention,
            tuple(constraints),
        )

    def __len__(self) -> int:
        return len(self.layer_of)

    @property
    def depth(self) -> int:
        """Levels of every accelerator."""
        return int(self.accelerator_table.levels.shape[1])

    def problem(self, index: int) -> tuple[Layer, Accelerator]:
        """Layer and accelerator of one problem."""
        return self.layers[self.layer_of[index]], self.accelerators[self.accelerator_of[index]]

    def evaluate(self, mappings: MappingArrays, problem_of: NDArray[np.int64], threads: int = 1) -> BatchCost:
        """Cost of every mapping; ``problem_of`` int64 (B,) says which problem it belongs to.

        One that breaks a constraint costs infinity and has the status :data:`CONSTRAINT`.
        """
        accelerator_of = self.accelerator_of[problem_of]
        cost = evaluate_batch(
            self.layer_table,
            self.accelerator_table,
            mappings,
            layer_of=self.layer_of[problem_of],
            accelerator_of=accelerator_of,
            convention=self.convention,
            threads=threads,
        )
        if self.constraints:
            bounds = self.layer_table.bounds[self.layer_of[problem_of]]
            met = self.constraint_table.met(mappings, bounds, accelerator_of, self.accelerator_table.can_keep)
            broken = ~met & (cost.status == 0)
            cost.status[broken] = CONSTRAINT
            cost.cycles[broken] = np.inf
            cost.energy_pj[broken] = np.inf
        return cost

    def require_feasible(self) -> None:
        """Check that every problem has a mapping: that the smallest tiles fit everywhere.

        Raises:
            InfeasibleError: one does not; names the layer, the level, the tensors and by how much, and the constraints.
        """
        smallest = smallest_tiles(self)
        status = evaluate_batch(
            self.layer_table,
            self.accelerator_table,
            smallest,
            layer_of=self.layer_of,
            accelerator_of=self.accelerator_of,
        ).status
        for index in np.flatnonzero(status):
            layer, accelerator = self.problem(int(index))
            error = explain(int(status[index]), layer, accelerator, smallest, int(index))
            under = f" under the constraints {', '.join(self.constraints)}" if self.constraints else ""
            raise InfeasibleError(f"no mapping exists{under}: {error.place}: {error.value!r} {error.rule}")


def smallest_tiles(space: MapSpace) -> MappingArrays:
    """For every problem the mapping of the least tiles at every inner level; it fits if any does.

    Tiles are one element of each tensor, or what the constraints ask for; levels that may be bypassed hold nothing.
    """
    count, depth = len(space), space.depth
    low = space.constraint_table.low[space.accelerator_of]
    least = np.ones((count, depth, 8), dtype=np.int64)
    for level in range(depth - 2, -1, -1):
        least[:, level] = np.maximum(low[:, level + 1], least[:, level + 1])
    keep = space.accelerator_table.can_keep[space.accelerator_of].copy()
    if space.bypass:
        keep[:, 1:] &= space.constraint_table.fixed[space.accelerator_of][:, 1:]
    order = np.argsort(space.constraint_table.rank[space.accelerator_of], axis=2, kind="stable").astype(np.int8)
    return MappingArrays(least, least.copy(), order, np.zeros((count, depth, 8), dtype=np.int8), keep)


def empty_mappings(count: int, depth: int) -> MappingArrays:
    """Arrays for ``count`` mappings, not filled."""
    shape = (count, depth, 8)
    return MappingArrays(
        np.empty(shape, dtype=np.int64),
        np.empty(shape, dtype=np.int64),
        np.empty(shape, dtype=np.int8),
        np.empty(shape, dtype=np.int8),
        np.empty((count, depth, 3), dtype=np.bool_),
    )


def take(mappings: MappingArrays, index: NDArray[np.int64]) -> MappingArrays:
    """The mappings at ``index``."""
    return MappingArrays(
        mappings.tile[index], mappings.part[index], mappings.order[index], mappings.axis[index], mappings.keep[index]
    )


def put(into: MappingArrays, index: NDArray[np.int64], mappings: MappingArrays) -> None:
    """Write ``mappings`` into ``into`` at ``index``."""
    for name in ("tile", "part", "order", "axis", "keep"):
        getattr(into, name)[index] = getattr(mappings, name)
