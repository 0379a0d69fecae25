"""A mapping as a loop nest: for every level its temporal loops, then the loops its fan-out runs in parallel.

A loop ``Loop("K", 4)`` cuts the extent that its dim has at that place into pieces of 4, the last one smaller when 4
does not divide it. A dim without a loop at a level keeps its extent there (one trip). Below the last level every dim
has come down to 1: one MAC.

The array form (for the kernel) has, for every level ``l`` and dim ``d`` (in the order of ``nets.layer.DIMS``):
``tile[l, d]`` the extent below the temporal loops of level ``l``, ``part[l, d]`` the extent below its fan-out (what one
instance of the next level works on), and ``order[l]`` the dims of its temporal loops, outermost first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nets.errors import InputError, unknown
from nets.layer import DIMS, TENSORS, Layer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop: dim, size of the pieces it cuts, and for a spatial loop the axis that runs it (empty: the first)."""

    dim: str
    tile: int
    axis: str = ""

    def __post_init__(self) -> None:
        if self.dim not in DIMS:
            raise unknown("loop: dim", self.dim, DIMS)
        if not isinstance(self.tile, int) or isinstance(self.tile, bool) or self.tile < 1:
            raise InputError(f"loop over {self.dim}: tile", self.tile, "must be a whole number of at least 1")


@dataclass(frozen=True, slots=True)
class LevelLoops:
    """The loops of one level.

    Attributes:
        level: its name.
        temporal: loops run one after the other, outermost first.
        spatial: loops run in parallel by the fan-out below the level; a dim may have one on each of several axes.
        keeps: tensors held here; ``None`` for all that the level may hold.
    """

    level: str
    temporal: tuple[Loop, ...] = ()
    spatial: tuple[Loop, ...] = ()
    keeps: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        dims = [loop.dim for loop in self.temporal]
        for dim in dims:
            if dims.count(dim) > 1:
                raise InputError(f"mapping: {self.level}.temporal", dim, "has two loops over one dim")
        places = [(loop.dim, loop.axis) for loop in self.spatial]
        for dim, axis in places:
            if places.count((dim, axis)) > 1 or (not axis and sum(dim == other for other, _ in places) > 1):
                raise InputError(
                    f"mapping: {self.level}.spatial", dim, "has two loops over one dim", "name the axis of each"
                )
        for tensor in self.keeps or ():
            if tensor not in TENSORS:
                raise unknown(f"mapping: {self.level}.keeps", tensor, TENSORS)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A loop nest: one :class:`LevelLoops` for every level of an accelerator, outermost first."""

    levels: tuple[LevelLoops, ...]

    def to_dict(self) -> list[dict[str, object]]:
        """Plain data, as in the JSON nests: loops as ``[dim, tile]``, spatial ones as ``[dim, tile, axis]``."""
        out: list[dict[str, object]] = []
        for at in self.levels:
            entry: dict[str, object] = {
                "name": at.level,
                "temporal": [[loop.dim, loop.tile] for loop in at.temporal],
                "spatial": [[loop.dim, loop.tile, *([loop.axis] if loop.axis else [])] for loop in at.spatial],
            }
            if at.keeps is not None:
                entry["keeps"] = list(at.keeps)
            out.append(entry)
        return out

    def describe(self, layer: Layer) -> str:
        """The nest as indented text, one loop a line, in the manner of Timeloop."""
        extent = dict(zip(DIMS, layer.bounds))
        lines: list[str] = []
        depth = 0
        for at in self.levels:
            lines.append("  " * depth + f"{at.level}" + (f" [{' '.join(at.keeps)}]" if at.keeps is not None else ""))
            for kind, loops in (("for", at.temporal), ("parallel for", at.spatial)):
                for loop in loops:
                    trips = -(-extent[loop.dim] // loop.tile)
                    ragged = "" if extent[loop.dim] % loop.tile == 0 else f", last {extent[loop.dim] % loop.tile}"
                    axis = f" on {loop.axis}" if loop.axis else ""
                    if trips > 1:
                        depth += 1
                        lines.append(
                            "  " * depth + f"{kind} {loop.dim.lower()} in 0..{trips - 1}{axis}"
                            f"  (pieces of {loop.tile}{ragged})"
                        )
                    extent[loop.dim] = min(loop.tile, extent[loop.dim])
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class MappingArrays:
    """Mappings of one level count, as arrays (B mappings, L levels, 8 dims, 3 tensors).

    Attributes:
        tile: int64 (B, L, 8), extents below the temporal loops of each level.
        part: int64 (B, L, 8), extents below the fan-out of each level.
        order: int8 (B, L, 8), dims of the temporal loops, outermost first (a permutation of 0..7).
        axis: int8 (B, L, 8), which axes run each dim's spatial loop, a number of :data:`accel_models.axes.AXIS_SETS`:
            the index of the axis where it is one (0 where there is none).
        keep: bool (B, L, 3), tensors held (W, I, O).
    """

    tile: NDArray[np.int64]
    part: NDArray[np.int64]
    order: NDArray[np.int8]
    axis: NDArray[np.int8]
    keep: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.tile)
