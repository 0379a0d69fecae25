"""What a mapping must keep to: fixed or bounded tiles, loop orders, stationarity, parallel dims, bypass.

They are written as :mod:`mappings.constraint_text` says. A constraint that the machine or the layer cannot meet, or
that contradicts another, is an error that names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator, Level
from accel_models.codes import AXIS_DIMS, AXIS_SIZE
from accel_models.loopnest import MappingArrays
from mappings.constraint_text import Constraint, Keeps, Order, Parallel, Stationary, Tile, Width
from mappings.relevance import TENSOR_DIMS
from nets.errors import InputError, unknown
from nets.layer import DIMS, TENSORS, Layer

UNLIMITED: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class ConstraintTable:
    """Constraints as arrays, for A accelerators of L levels.

    Attributes:
        low, high: int64 (A, L, 8), least and greatest extent of each dim that a level holds.
        rank: int64 (A, L, 8), loops of a lower rank stand outside those of a higher one.
        fixed: bool (A, L, 3), tensors whose holding is not a mapping's choice.
        active: whether there is any constraint.
    """

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    rank: NDArray[np.int64]
    fixed: NDArray[np.bool_]
    active: bool

    def met(
        self,
        mappings: MappingArrays,
        bounds: NDArray[np.int64],
        accelerator_of: NDArray[np.int64],
        can_keep: NDArray[np.bool_],
    ) -> NDArray[np.bool_]:
        """(B,) whether mappings meet the tile, order and bypass constraints; the kernel sees to the others.

        Args:
            mappings: B mappings. bounds: int64 (B, 8), of the layer of each. accelerator_of: int64 (B,).
            can_keep: bool (A, L, 3), what a level holds where that is fixed.
        """
        held = np.concatenate([bounds[:, None], mappings.part[:, :-1]], axis=1)
        good = ((held >= self.low[accelerator_of]) & (held <= self.high[accelerator_of])).all(axis=(1, 2))
        good &= ((mappings.keep == can_keep[accelerator_of]) | ~self.fixed[accelerator_of]).all(axis=(1, 2))
        # Along the loops of a level ranks must not fall; loops of one trip stand nowhere.
        order = mappings.order.astype(np.int64)
        rank = np.take_along_axis(self.rank[accelerator_of], order, axis=2)
        runs = np.take_along_axis(held > mappings.tile, order, axis=2)
        before = np.maximum.accumulate(np.where(runs, rank, 0), axis=2)
        return np.asarray(good & (~runs | (rank >= before)).all(axis=(1, 2)))


def compile_constraints(
    texts: Sequence[str],
    accelerators: Sequence[Accelerator],
    layers: Sequence[Layer],
    levels: NDArray[np.float64],
    can_keep: NDArray[np.bool_],
) -> ConstraintTable:
    """Check constraints against machines and layers, and turn them into arrays.

    Parallel dims, widths and tensors held become part of the machine as mappers see it: ``levels`` and ``can_keep``
    (the arrays of an :class:`~accel_models.cost.AcceleratorTable`) are changed in place.

    Raises:
        InputError: a constraint that is not understood, cannot be met or contradicts another; names it.
    """
    shape = (len(accelerators), levels.shape[1], 8)
    table = ConstraintTable(
        np.ones(shape, dtype=np.int64),
        np.full(shape, UNLIMITED, dtype=np.int64),
        np.zeros(shape, dtype=np.int64),
        np.zeros((*shape[:2], 3), dtype=np.bool_),
        bool(texts),
    )
    if not texts:
        return table
    parsed = [Constraint.parse(text) for text in texts]
    for a, accelerator in enumerate(accelerators):
        compiler = _Compiler(accelerator, table, a, levels[a], can_keep[a])
        for constraint in parsed:
            compiler.add(constraint)
        compiler.check(layers)
        table.low[a] = np.maximum.accumulate(table.low[a][::-1])[::-1]
        table.low[a, 0] = 1
    return table


class _Compiler:
    """Enters constraints for one accelerator, and remembers which constraint set what."""

    def __init__(
        self,
        accelerator: Accelerator,
        table: ConstraintTable,
        index: int,
        levels: NDArray[np.float64],
        can_keep: NDArray[np.bool_],
    ) -> None:
        self._accelerator = accelerator
        self._low, self._high, self._rank = table.low[index], table.high[index], table.rank[index]
        self._fixed = table.fixed[index]
        self._levels, self._can_keep = levels, can_keep
        self._by: dict[tuple[object, ...], Constraint] = {}

    def add(self, constraint: Constraint) -> None:
        """Enter one constraint."""
        names = self._accelerator.level_names
        if constraint.level not in names:
            raise unknown(f"constraint {constraint.text!r}: level", constraint.level, names)
        j = names.index(constraint.level)
        match constraint.ask:
            case Tile() as tile:
                self._tile(constraint, tile, j)
            case Order() as order:
                self._order(constraint, order, j)
            case Stationary(tensor):
                moves = TENSOR_DIMS[tensor]
                self._enter_rank(constraint, j, np.array([int(dim not in moves) for dim in DIMS], dtype=np.int64))
            case Keeps(tensors):
                self._keeps(constraint, tensors, j)
            case Parallel(axis, dims):
                self._parallel(constraint, dims, j, self._axis(constraint, j, axis))
            case Width(axis, most):
                place = j, AXIS_SIZE + self._axis(constraint, j, axis)
                self._levels[place] = min(self._levels[place], most)

    def check(self, layers: Sequence[Layer]) -> None:
        """Whether the tiles can nest, and stay within every layer; an outer level holds what an inner one must."""
        for d, dim in enumerate(DIMS):
            outer: tuple[int, Constraint | None] = (UNLIMITED, None)
            for j, name in enumerate(self._accelerator.level_names):
                low, by = int(self._low[j, d]), self._by.get(("low", j, d))
                if by is not None:
                    if low > outer[0] and outer[1] is not None:
                        raise InputError(
                            "constraint", by.text, f"contradicts {outer[1].text!r}: tiles of {dim} must nest"
                        )
                    for layer in layers:
                        if low > layer.bounds[d]:
                            raise InputError(
                                f"constraint on layer {layer.name!r}", by.text,
                                f"cannot be met: its {dim} is {layer.bounds[d]}", f"{name} can hold no more",
                            )  # fmt: skip
                outer = min(outer, (int(self._high[j, d]), self._by.get(("high", j, d))), key=lambda bound: bound[0])

    def _tile(self, constraint: Constraint, tile: Tile, j: int) -> None:
        if j == 0:
            raise InputError("constraint", constraint.text, "cannot be met: the outermost level holds the whole layer")
        d = DIMS.index(tile.dim)
        if tile.relation in (">=", "=") and tile.size > self._low[j, d]:
            self._low[j, d] = tile.size
            self._by["low", j, d] = constraint
        if tile.relation in ("<=", "=") and tile.size < self._high[j, d]:
            self._high[j, d] = tile.size
            self._by["high", j, d] = constraint
        if self._low[j, d] > self._high[j, d]:
            other = self._by["low" if self._by["high", j, d] is constraint else "high", j, d]
            raise InputError("constraint", constraint.text, f"contradicts {other.text!r}")

    def _order(self, constraint: Constraint, order: Order, j: int) -> None:
        rank = np.full(8, len(order.outer), dtype=np.int64)
        for i, dim in enumerate(order.outer):
            rank[DIMS.index(dim)] = i
        for i, dim in enumerate(order.inner):
            rank[DIMS.index(dim)] = len(order.outer) + 1 + i
        self._enter_rank(constraint, j, rank)

    def _enter_rank(self, constraint: Constraint, j: int, rank: NDArray[np.int64]) -> None:
        other = self._by.get(("rank", j))
        if other is not None and not np.array_equal(self._rank[j], rank):
            raise InputError("constraint", constraint.text, f"contradicts {other.text!r}: one order for each level")
        self._rank[j] = rank
        self._by["rank", j] = constraint

    def _keeps(self, constraint: Constraint, wanted: Sequence[str], j: int) -> None:
        level = self._accelerator.levels[j]
        for t, tensor in enumerate(TENSORS):
            if (tensor in wanted) and tensor not in level.keeps:
                raise InputError("constraint", constraint.text, f"cannot be met: {level.name} holds {level.keeps}")
            if j == 0 and tensor not in wanted:
                raise InputError("constraint", constraint.text, "cannot be met: the outermost level holds every tensor")
            if self._fixed[j, t] and self._can_keep[j, t] != (tensor in wanted):
                raise InputError("constraint", constraint.text, f"contradicts {self._by['keeps', j].text!r}")
            self._can_keep[j, t] = tensor in wanted
            self._fixed[j, t] = True
        self._by["keeps", j] = constraint

    def _axis(self, constraint: Constraint, j: int, axis: str) -> int:
        """Number of an axis below a level."""
        level = self._accelerator.levels[j]
        names = [each.name for each in level.fanout]
        if axis not in names:
            raise unknown(f"constraint {constraint.text!r}: axis below {level.name}", axis, names)
        return names.index(axis)

    def _parallel(self, constraint: Constraint, wanted: Sequence[str], j: int, a: int) -> None:
        level, other = self._accelerator.levels[j], self._by.get(("axis", j, a))
        _check_axis(constraint, level, a, wanted, int(self._levels[j, AXIS_DIMS + a]), other)
        self._by["axis", j, a] = constraint
        if wanted:
            self._levels[j, AXIS_DIMS + a] = sum(1 << DIMS.index(dim) for dim in wanted)
        else:
            self._levels[j, AXIS_SIZE + a] = 1


def _check_axis(
    constraint: Constraint, level: Level, a: int, wanted: Sequence[str], allowed: int, other: Constraint | None
) -> None:
    for dim in wanted:
        if not (allowed >> DIMS.index(dim)) & 1:
            if other is not None:
                raise InputError("constraint", constraint.text, f"contradicts {other.text!r}")
            dims = ", ".join(level.fanout[a].dims)
            raise InputError("constraint", constraint.text, f"cannot be met: the axis runs only {dims}")
