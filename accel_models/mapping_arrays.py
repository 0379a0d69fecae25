"""Mappings as the arrays that the kernel reads, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from accel_models.accelerator import Accelerator, Level
from accel_models.axes import NUMBER_OF, share_out
from accel_models.loopnest import LevelLoops, Loop, Mapping, MappingArrays
from nets.errors import InputError, unknown
from nets.layer import DIMS, TENSORS, Layer


def to_arrays(layer: Layer, accelerator: Accelerator, mappings: Sequence[Mapping]) -> MappingArrays:
    """Mappings of one layer on one accelerator as arrays.

    Raises:
        InputError: levels that are not the accelerator's, an axis that does not exist, or a tile above its extent.
    """
    n, depth = len(mappings), len(accelerator.levels)
    tile = np.empty((n, depth, 8), dtype=np.int64)
    part = np.empty((n, depth, 8), dtype=np.int64)
    order = np.empty((n, depth, 8), dtype=np.int8)
    axis = np.zeros((n, depth, 8), dtype=np.int8)
    keep = np.zeros((n, depth, 3), dtype=np.bool_)
    for i, mapping in enumerate(mappings):
        names = tuple(at.level for at in mapping.levels)
        if names != accelerator.level_names:
            raise InputError(
                f"mapping of {layer.name!r}: levels",
                names,
                f"must be those of {accelerator.name}: {accelerator.level_names}",
            )
        extent = list(layer.bounds)
        for j, (at, level) in enumerate(zip(mapping.levels, accelerator.levels)):
            place = f"layer {layer.name!r}, {level.name}"
            axes = {ax.name: a for a, ax in enumerate(level.fanout)}
            dims = [DIMS.index(loop.dim) for loop in at.temporal]
            order[i, j] = dims + [d for d in range(8) if d not in dims]
            _cut(extent, at.temporal, place)
            tile[i, j] = extent
            for dim, number in _axis_sets(at.spatial, extent, axes, level, place).items():
                axis[i, j, DIMS.index(dim)] = number
            _cut(extent, at.spatial, place)
            part[i, j] = extent
            for tensor in level.keeps if at.keeps is None else at.keeps:
                keep[i, j, TENSORS.index(tensor)] = True
    return MappingArrays(tile, part, order, axis, keep)


def _axis_sets(
    loops: Sequence[Loop], extent: Sequence[int], axes: dict[str, int], level: Level, place: str
) -> dict[str, int]:
    """The number of the set of axes that runs each dim of some spatial loops.

    A dim on several axes is cut into equal pieces over all of them, so that its piece on one axis must be a multiple of
    that on the next.
    """
    on: dict[str, list[int]] = {}
    left = dict(zip(DIMS, extent))
    for loop in loops:
        if loop.axis and loop.axis not in axes:
            raise unknown(f"{place}: axis", loop.axis, axes)
        a = axes.get(loop.axis, 0)
        if loop.dim in on and left[loop.dim] % loop.tile:
            raise InputError(
                f"{place}: tile of {loop.dim} on {loop.axis}", loop.tile,
                f"must divide the {left[loop.dim]} that its loop on another axis leaves",
            )  # fmt: skip
        on.setdefault(loop.dim, []).append(a)
        left[loop.dim] = min(loop.tile, left[loop.dim])
    for dim, several in on.items():
        size = extent[DIMS.index(dim)]
        for loop in loops:
            if loop.dim == dim and len(several) > 1:
                wide, size = -(-size // loop.tile), loop.tile
                if wide > level.fanout[axes[loop.axis]].size:
                    raise InputError(
                        f"{place}: {dim} on axis {loop.axis}", wide,
                        f"must not exceed its size, {level.fanout[axes[loop.axis]].size}",
                    )  # fmt: skip
    return {dim: NUMBER_OF[tuple(sorted(several))] for dim, several in on.items()}


def _cut(extent: list[int], loops: Sequence[Loop], place: str) -> None:
    for loop in loops:
        d = DIMS.index(loop.dim)
        if loop.tile > extent[d]:
            raise InputError(
                f"{place}: tile of {loop.dim}", loop.tile, f"must not exceed the {extent[d]} it is cut from"
            )
        extent[d] = loop.tile


def from_arrays(layer: Layer, accelerator: Accelerator, mappings: MappingArrays, index: int = 0) -> Mapping:
    """Inverse of :func:`to_arrays` for one mapping; loops of one trip are left out."""
    extent = list(layer.bounds)
    levels = []
    for j, level in enumerate(accelerator.levels):
        temporal = []
        for d in mappings.order[index, j]:
            if mappings.tile[index, j, d] < extent[d]:
                temporal.append(Loop(DIMS[d], int(mappings.tile[index, j, d])))
        extent = [int(x) for x in mappings.tile[index, j]]
        spatial = []
        parts, numbers = mappings.part[index, j].tolist(), mappings.axis[index, j].tolist()
        widths = [-(-extent[d] // parts[d]) for d in range(8)]
        sizes = [level.fanout[a].size if a < len(level.fanout) else 1 for a in range(3)]
        for d, on in (share_out(widths, numbers, sizes) or {}).items():
            left = math.prod(on.values())
            for a, width in on.items():
                left //= width
                if width > 1:
                    name = level.fanout[a].name if level.fanout else ""
                    spatial.append(Loop(DIMS[d], min(left * parts[d], extent[d]), name))
        extent = [int(x) for x in mappings.part[index, j]]
        kept = tuple(tensor for t, tensor in enumerate(TENSORS) if mappings.keep[index, j, t])
        levels.append(LevelLoops(level.name, tuple(temporal), tuple(spatial), kept))
    return Mapping(tuple(levels))
