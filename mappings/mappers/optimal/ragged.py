"""Ragged mappings from perfect ones: the best mapping of a slightly larger layer, cut to the layer at hand.

Dims are rounded up, to a multiple of a width that fills an axis or to a number with many divisors; the larger layer is
mapped with perfect factors, and its tiles are cut where they stand out. The cut mapping does no work on what was added.
"""

from __future__ import annotations

import dataclasses
import heapq
import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from accel_models.codes import AXIS_DIMS, AXIS_SIZE
from accel_models.loopnest import MappingArrays
from mappings.mapspace import MapSpace
from nets.errors import InputError
from nets.layer import DIMS, Layer


def padded_spaces(space: MapSpace, problem: int, most: int) -> Iterator[MapSpace]:
    """Map spaces of perfect factors, even ones, over the layer with some dims rounded up, at most ``most`` of them."""
    layer, accelerator = space.problem(problem)[0], space.given[space.accelerator_of[problem]]
    levels = space.accelerator_table.levels[space.accelerator_of[problem]]
    choices = {dim: {bound, *_smooth(bound)} for dim, bound in zip(DIMS, layer.bounds) if bound > 3}
    for level in levels:
        for a in range(3):
            size, dims = int(level[AXIS_SIZE + a]), int(level[AXIS_DIMS + a])
            for d, dim in enumerate(DIMS):
                bound = layer.bounds[d]
                if size > 1 and (dims >> d) & 1 and bound > 1:
                    width = -(-bound // -(-bound // size))  # the least that needs as few passes
                    choices.setdefault(dim, {bound}).add(-(-bound // width) * width)
                    choices[dim].add(-(-bound // size) * size)
    names = list(choices)
    every = product(*(sorted(choices[dim]) for dim in names))
    next(every)  # the layer itself
    for bounds in heapq.nsmallest(most, every, key=math.prod):
        changed: dict[str, Any] = dict(zip(names, bounds))
        try:
            padded = dataclasses.replace(layer, **changed, padding=(0, 0, 0, 0))
        except InputError:  # larger than what is counted exactly
            continue
        yield MapSpace.of(
            [padded], [accelerator], tiles="perfect", bypass=space.bypass, convention=space.convention,
            constraints=space.constraints,
        )  # fmt: skip


def _smooth(bound: int) -> list[int]:
    """The next number with no prime factor above 3, if it adds a sixth at most."""
    threes = [3**power for power in range(bound.bit_length())]
    number = min(three << max(0, (-(-bound // three) - 1).bit_length()) for three in threes)
    return [number] if 6 * number <= 7 * bound else []


def cut(mapping: MappingArrays, layer: Layer) -> MappingArrays:
    """One mapping of a larger layer as a mapping of ``layer``."""
    extent = np.array(layer.bounds, dtype=np.int64)
    tile, part = mapping.tile.copy(), mapping.part.copy()
    for level in range(tile.shape[1]):
        tile[0, level] = extent = np.minimum(tile[0, level], extent)
        part[0, level] = extent = np.minimum(part[0, level], extent)
    return MappingArrays(tile, part, mapping.order, mapping.axis, mapping.keep)
