"""What is to be mapped: layers on accelerators, as the tables that every mapper works on.

A *problem* is one layer on one accelerator. A map space holds many problems over accelerators of one level count, so
that a mapper can advance all of them in lockstep with a few compiled calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.codes import C, R, S
from accel_models.cost import BatchCost, Convention, evaluate_batch
from accel_models.loopnest import MappingArrays
from accel_models.refusals import explain
from accel_models.tables import AcceleratorTable, LayerTable
from accel_models.uneven import unfold_for_each_tensor
from mappings.constraints import ConstraintTable, compile_constraints
from mappings.spatial import choices_that_cover, spatial_choices
from nets.errors import InfeasibleError, InputError, unknown
from nets.layer import Layer

Tiles = Literal["ragged", "perfect", "even", "uneven", "ragged-uneven"]
TILES: Final[dict[str, tuple[Literal["ragged", "perfect"], bool]]] = {
    "ragged": ("ragged", False),
    "perfect": ("perfect", False),
    "even": ("perfect", False),
    "uneven": ("perfect", True),
    "ragged-uneven": ("ragged", True),
}
"""What ``tiles`` may say: whether tiles must divide; whether each tensor may stay at a memory over its own loops."""
REDUCTION: Final = [C, R, S]
CONSTRAINT: Final = 255
"""Status of a mapping that breaks a constraint; the cost kernel has no such code."""


@dataclass(frozen=True, slots=True)
class MapSpace:
    """Problems and what is legal for them.

    Attributes:
        layers, accelerators: what the problems refer to; all accelerators have the same number of levels. Where
            mappings may be uneven these are the given accelerators unfolded (see :mod:`accel_models.uneven`).
        given: the accelerators as they were given.
        layer_of, accelerator_of: int64 (P,), the layer and the accelerator of each problem.
        layer_table, accelerator_table: the same as arrays.
        constraint_table: what ``constraints`` ask of tiles, orders and bypass; what they ask of the array stands in
            ``accelerator_table``.
        dims: int64 (P, 8), the dims of more than one trip first; ``n_dims`` int64 (P,) says how many those are.
        tiles: ``"ragged"`` or ``"perfect"`` (every tile divides the extent it is cut from).
        uneven: whether each tensor may stay at a memory over its own loops.
        bypass: whether a mapping may let a tensor bypass a level that could hold it.
        convention: what a cost counts, a key of :data:`accel_models.cost.CONVENTIONS`.
        constraints: what every mapping must keep to, as :mod:`mappings.constraints` writes it.
    """

    layers: tuple[Layer, ...]
    accelerators: tuple[Accelerator, ...]
    given: tuple[Accelerator, ...]
    layer_of: NDArray[np.int64]
    accelerator_of: NDArray[np.int64]
    layer_table: LayerTable
    accelerator_table: AcceleratorTable
    constraint_table: ConstraintTable
    dims: NDArray[np.int64]
    n_dims: NDArray[np.int64]
    tiles: Literal["ragged", "perfect"] = "ragged"
    uneven: bool = False
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
        if tiles not in TILES:
            raise unknown("tiles", tiles, TILES)
        divide, uneven = TILES[tiles]
        given = tuple(accelerators)
        if uneven:
            if constraints:
                raise InputError(
                    "tiles", tiles, "does not go with constraints, which speak of all tensors of a level together",
                    "take 'perfect' or 'ragged', or no constraints",
                )  # fmt: skip
            accelerators = [unfold_for_each_tensor(accelerator) for accelerator in accelerators]
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
            given,
            layer_of.astype(np.int64),
            accelerator_of.astype(np.int64),
            table,
            machines,
            constrained,
            np.ascontiguousarray(dims, dtype=np.int64),
            moving.sum(axis=1)[layer_of].astype(np.int64),
            divide,
            uneven,
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

    def keeps(self, accelerator: int) -> list[NDArray[np.bool_]]:
        """Every choice of the tensors that each level of an accelerator holds: bool (L, 3) each.

        A level holds what it may, or with ``bypass`` any part of that. Where mappings may be uneven, each tensor that a
        memory holds has one of its levels, and no two tensors have the same: held from the same place on, they stand on
        levels with no loops in between.
        """
        can_keep = self.accelerator_table.can_keep[accelerator]
        free = np.argwhere(can_keep & ~self.constraint_table.fixed[accelerator])
        free = free[free[:, 0] > 0] if self.bypass else free[:0]
        if self.uneven:
            return list(_uneven_keeps(can_keep, self.accelerators[accelerator].memory_of, self.bypass))
        out = []
        for held in product((True, False), repeat=len(free)):
            keep = can_keep.copy()
            keep[tuple(free.T)] = held
            out.append(keep)
        return out

    def even(self) -> MapSpace:
        """The same problems, all tensors of a memory held from the same place on."""
        return MapSpace.of(
            self.layers, self.given, list(zip(self.layer_of.tolist(), self.accelerator_of.tolist())),
            tiles=self.tiles, bypass=self.bypass, convention=self.convention, constraints=self.constraints,
        )  # fmt: skip

    def from_even(self, mappings: MappingArrays, accelerator: int = 0) -> MappingArrays:
        """Even mappings, in the arrays of :meth:`even`, in those of this space: all of a memory in its last level."""
        if not self.uneven:
            return mappings
        memory_of = self.accelerators[accelerator].memory_of
        out = empty_mappings(len(mappings), self.depth)
        number = -1
        for level in range(self.depth):
            number += memory_of[level] == level
            if level + 1 == self.depth or memory_of[level + 1] == level + 1:
                for name in ("tile", "part", "order", "axis", "keep"):
                    getattr(out, name)[:, level] = getattr(mappings, name)[:, number]
                continue
            out.tile[:, level] = out.part[:, level] = mappings.part[:, number - 1]  # memory 0 is one level
            out.order[:, level] = np.arange(8)
            out.axis[:, level] = 0
            out.keep[:, level] = False
        return out

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
        every = np.arange(len(self))
        smallest = smallest_tiles(self)
        status = self.evaluate(smallest, every).status
        for index in np.flatnonzero(status):
            if self._fits_with_whole_sums(int(index)):
                continue
            layer, accelerator = self.problem(int(index))
            error = explain(int(status[index]), layer, accelerator, smallest, int(index))
            under = f" under the constraints {', '.join(self.constraints)}" if self.constraints else ""
            raise InfeasibleError(f"no mapping exists{under}: {error.place}: {error.value!r} {error.rule}")

    def _fits_with_whole_sums(self, problem: int) -> bool:
        """Whether a mapping fits in which some levels hold final sums, which may take less room than partial ones.

        Where any does, so does one of the least tiles: some of the reduction (C, R, S) in parallel, what is left of it
        in one block of loops.
        """
        on = int(self.accelerator_of[problem])
        bounds = self.layer_table.bounds[self.layer_of[problem]]
        reduction = tuple(int(bounds[d]) if d in REDUCTION else 1 for d in range(8))
        levels = self.accelerator_table.levels[on]
        held: dict[bytes, NDArray[np.bool_]] = {}
        for keep in self.keeps(on):
            place = keep[:, 2].tobytes()
            held[place] = held.get(place, keep) & keep  # with sums in the same places, as few others as may be
        ways = spatial_choices(reduction, levels)
        if self.tiles == "ragged":
            ways += choices_that_cover(reduction, levels)
        row, smallest = np.array([problem]), take(smallest_tiles(self), np.array([problem]))
        for fanouts, whole, keep in product(ways, range(self.depth + 1), held.values()):
            least = take(smallest, np.array([0]))
            least.keep[0] = keep
            extent = bounds[REDUCTION]
            for level, (widths, axes) in enumerate(fanouts):
                inner = np.array([wide for wide, _ in fanouts[level:]])[:, REDUCTION].prod(axis=0)
                tile = extent if level < whole else np.minimum(inner, extent)
                extent = -(-tile // np.array(widths)[REDUCTION])
                least.tile[0, level, REDUCTION] = np.maximum(least.tile[0, level, REDUCTION], tile)
                least.part[0, level, REDUCTION] = np.maximum(least.part[0, level, REDUCTION], extent)
                least.axis[0, level] = axes
            if self.evaluate(least, row).status[0] == 0:
                return True
        return False


def smallest_tiles(space: MapSpace) -> MappingArrays:
    """For every problem the mapping of the least tiles at every inner level.

    Tiles are one element of each tensor, or what the constraints ask for; levels that may be bypassed hold nothing.
    """
    count, depth = len(space), space.depth
    low = space.constraint_table.low[space.accelerator_of]
    least = np.ones((count, depth, 8), dtype=np.int64)
    for level in range(depth - 2, -1, -1):
        least[:, level] = np.maximum(low[:, level + 1], least[:, level + 1])
    keep = space.accelerator_table.can_keep[space.accelerator_of].copy()
    if space.uneven:
        keep = np.array([space.keeps(int(on))[-1] for on in space.accelerator_of])
    elif space.bypass:
        keep[:, 1:] &= space.constraint_table.fixed[space.accelerator_of][:, 1:]
    order = np.argsort(space.constraint_table.rank[space.accelerator_of], axis=2, kind="stable").astype(np.int8)
    return MappingArrays(least, least.copy(), order, np.zeros((count, depth, 8), dtype=np.int8), keep)


def _uneven_keeps(can_keep: NDArray[np.bool_], memory_of: Sequence[int], bypass: bool) -> Iterator[NDArray[np.bool_]]:
    """Every way to give the tensors of each memory levels of their own, those that hold nothing last."""
    choices = []
    for first in sorted(set(memory_of)):
        tensors = [int(t) for t in np.flatnonzero(can_keep[first])]
        least = 0 if bypass and first > 0 else len(tensors)
        levels = [level for level, memory in enumerate(memory_of) if memory == first]
        if first == 0:
            choices.append([[(0, t) for t in tensors]])
            continue
        choices.append(
            [
                list(zip(levels[len(levels) - held :], order))
                for held in range(len(tensors), least - 1, -1)
                for order in permutations(tensors, held)
            ]
        )
    for chosen in product(*choices):
        keep = np.zeros_like(can_keep)
        for level, t in (place for places in chosen for place in places):
            keep[level, t] = True
        yield keep


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


def join(parts: Sequence[MappingArrays]) -> MappingArrays:
    """Mappings one after the other."""
    return MappingArrays(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("tile", "part", "order", "axis", "keep"))
    )


def put(into: MappingArrays, index: NDArray[np.int64], mappings: MappingArrays) -> None:
    """Write ``mappings`` into ``into`` at ``index``."""
    for name in ("tile", "part", "order", "axis", "keep"):
        getattr(into, name)[index] = getattr(mappings, name)
