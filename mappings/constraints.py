"""What a mapping must keep to: fixed or bounded tiles, loop orders, stationarity, parallel dims, bypass.

A constraint is written ``level.subject = value``, ``<=`` or ``>=`` where a subject has a size:

==========================  =========================================================================================
``L2.tile.K <= 16``         the tile of K that L2 holds (``=``, ``<=``, ``>=``)
``L2.order = KC*PQ``        L2's loops, outermost first; ``*`` stands for all dims not named (at the end if absent)
``L2.stationary = W``       L2's loops that do not move W are innermost, so that W stays in the level below
``L2.X.parallel = K,C``     the dims that axis X below L2 may run (``none`` for no dim)
``L2.X.width <= 8``         how many instances along the axis may be used
``L2.keeps = W,I``          the tensors that L2 holds, no more and no fewer (``none`` for no tensor)
==========================  =========================================================================================

A constraint that the machine or the layer cannot meet, or that contradicts another, is an error that names it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator, Level
from accel_models.codes import AXIS_DIMS, AXIS_SIZE
from accel_models.loopnest import MappingArrays
from mappings.relevance import TENSOR_DIMS
from nets.errors import InputError, unknown
from nets.layer import DIMS, TENSORS, Layer

_PATTERN: Final = re.compile(r"\s*([^\s.<>=]+)\.([^\s<>=]+)\s*(<=|>=|=)\s*(\S(?:.*\S)?)\s*")
UNLIMITED: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint, parsed: ``level.subject relation value``; ``text`` as it was written."""

    text: str
    level: str
    subject: tuple[str, ...]
    relation: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Constraint:
        """Read one constraint.

        Raises:
            InputError: not of the form ``level.subject = value``.
        """
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise InputError("constraint", text, "must be level.subject = value", "e.g. 'L2.tile.K <= 16'")
        level, subject, relation, value = match.groups()
        return cls(text.strip(), level, tuple(subject.split(".")), relation, value)


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
        match constraint.subject:
            case ("tile", dim):
                self._tile(constraint, j, dim)
            case ("order",):
                self._order(constraint, j)
            case ("stationary",):
                self._stationary(constraint, j)
            case ("keeps",):
                self._keeps(constraint, j)
            case (axis, "parallel" | "width" as what):
                self._axis(constraint, j, axis, what)
            case _:
                known = ("tile.K", "order", "stationary", "keeps", "X.parallel", "X.width")
                raise unknown(f"constraint {constraint.text!r}", ".".join(constraint.subject), known)

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

    def _tile(self, constraint: Constraint, j: int, dim: str) -> None:
        if dim not in DIMS:
            raise unknown(f"constraint {constraint.text!r}: dim", dim, DIMS)
        if j == 0:
            raise InputError("constraint", constraint.text, "cannot be met: the outermost level holds the whole layer")
        d, size = DIMS.index(dim), _size(constraint)
        if constraint.relation in (">=", "=") and size > self._low[j, d]:
            self._low[j, d] = size
            self._by["low", j, d] = constraint
        if constraint.relation in ("<=", "=") and size < self._high[j, d]:
            self._high[j, d] = size
            self._by["high", j, d] = constraint
        if self._low[j, d] > self._high[j, d]:
            other = self._by["low" if self._by["high", j, d] is constraint else "high", j, d]
            raise InputError("constraint", constraint.text, f"contradicts {other.text!r}")

    def _order(self, constraint: Constraint, j: int) -> None:
        _only_equal(constraint)
        outer, _, inner = constraint.value.partition("*")
        named = outer + inner
        for dim in named:
            if dim not in DIMS:
                raise unknown(f"constraint {constraint.text!r}: dim", dim, DIMS)
        if len(set(named)) < len(named):
            raise InputError("constraint", constraint.text, "names a dim twice")
        rank = np.full(8, len(outer), dtype=np.int64)
        for i, dim in enumerate(outer):
            rank[DIMS.index(dim)] = i
        for i, dim in enumerate(inner):
            rank[DIMS.index(dim)] = len(outer) + 1 + i
        self._enter_rank(constraint, j, rank)

    def _stationary(self, constraint: Constraint, j: int) -> None:
        _only_equal(constraint)
        if constraint.value not in TENSORS:
            raise unknown(f"constraint {constraint.text!r}: tensor", constraint.value, TENSORS)
        moves = TENSOR_DIMS[constraint.value]
        self._enter_rank(constraint, j, np.array([int(dim not in moves) for dim in DIMS], dtype=np.int64))

    def _enter_rank(self, constraint: Constraint, j: int, rank: NDArray[np.int64]) -> None:
        other = self._by.get(("rank", j))
        if other is not None and not np.array_equal(self._rank[j], rank):
            raise InputError("constraint", constraint.text, f"contradicts {other.text!r}: one order for each level")
        self._rank[j] = rank
        self._by["rank", j] = constraint

    def _keeps(self, constraint: Constraint, j: int) -> None:
        _only_equal(constraint)
        wanted = _names(constraint, TENSORS, "tensor")
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

    def _axis(self, constraint: Constraint, j: int, axis: str, what: str) -> None:
        level = self._accelerator.levels[j]
        names = [ax.name for ax in level.fanout]
        if axis not in names:
            raise unknown(f"constraint {constraint.text!r}: axis below {level.name}", axis, names)
        a = names.index(axis)
        if what == "width":
            if constraint.relation != "<=":
                raise InputError("constraint", constraint.text, "must use '<='", "an axis is filled as far as it goes")
            self._levels[j, AXIS_SIZE + a] = min(self._levels[j, AXIS_SIZE + a], _size(constraint))
            return
        _only_equal(constraint)
        wanted = _names(constraint, DIMS, "dim")
        _check_axis(constraint, level, a, wanted, int(self._levels[j, AXIS_DIMS + a]), self._by.get(("axis", j, a)))
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


def _only_equal(constraint: Constraint) -> None:
    if constraint.relation != "=":
        raise InputError("constraint", constraint.text, "must use '='")


def _size(constraint: Constraint) -> int:
    if not constraint.value.isdecimal() or int(constraint.value) < 1:
        raise InputError(
            f"constraint {constraint.text!r}: size", constraint.value, "must be a whole number of at least 1"
        )
    return int(constraint.value)


def _names(constraint: Constraint, known: Sequence[str], what: str) -> list[str]:
    if constraint.value == "none":
        return []
    names = [name.strip() for name in constraint.value.split(",")]
    for name in names:
        if name not in known:
            raise unknown(f"constraint {constraint.text!r}: {what}", name, known)
    return names
