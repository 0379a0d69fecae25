"""Every mapping there is, for spaces small enough."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any, Final

import numpy as np

from accel_models.accelerator import Accelerator
from accel_models.axes import AXIS_SETS
from accel_models.loopnest import MappingArrays
from mappings.divisors import divisors, ragged_tiles
from mappings.mappers.mapper import Found, SearchOptions, offer_start, out_of_time, read_settings, register_mapper
from mappings.mapspace import MapSpace, Tiles, empty_mappings
from nets.errors import InputError
from nets.layer import DIMS

SETTINGS: Final[dict[str, Any]] = {}
BATCH: Final = 4096

Chain = tuple[tuple[int, int, int], ...]
"""Of one dim, for every level: its tile, its part and its axis."""


@register_mapper("exhaustive")
def exhaustive_search(space: MapSpace, options: SearchOptions) -> Found:
    """Evaluate every mapping: every tile that can matter, every width and axis, every order of the dims at hand.

    Of ragged tiles only the smallest of each number of trips is tried.

    Raises:
        InputError: a space has more mappings than ``options.budget`` leaves room for; says how many.
    """
    read_settings("exhaustive", options.settings, SETTINGS)
    spaces = [_Choices(space, index) for index in range(len(space))]
    spent = 0 if options.start is None else min(len(options.start) // len(space), options.budget)
    for index, choices in enumerate(spaces):
        if choices.count > options.budget - spent:
            layer, accelerator = space.problem(index)
            raise InputError(
                f"exhaustive search of layer {layer.name!r} on {accelerator.name}: budget", options.budget,
                f"is less than the {choices.count:,} mappings of the space", "raise the budget or take another mapper",
            )  # fmt: skip
    found, _ = offer_start(space, options)
    clock = out_of_time(options)
    for index, choices in enumerate(spaces):
        for begin in range(0, choices.count, BATCH):
            if clock():
                return found
            found.offer_one(space, index, choices.mappings(begin, min(begin + BATCH, choices.count)), options)
    return found


class _Choices:
    """The choices of one problem, and the mapping that each number from 0 to ``count - 1`` stands for."""

    def __init__(self, space: MapSpace, index: int) -> None:
        layer, accelerator = space.problem(index)
        self._depth = space.depth
        active = space.dims[index, : space.n_dims[index]].tolist()
        self._dims = active
        self._chains = [
            np.array(list(_chains(layer.bounds[d], d, accelerator, space.tiles)), dtype=np.int64) for d in active
        ]
        idle = [d for d in range(8) if d not in active]
        self._orders = np.array([[*order, *idle] for order in permutations(active)], dtype=np.int8).reshape(-1, 8)
        self._keeps = np.array(space.keeps(int(space.accelerator_of[index])), dtype=np.bool_)
        sizes = [len(chains) for chains in self._chains]
        self._radix = [*sizes, *([len(self._orders)] * self._depth), len(self._keeps)]
        self.count = math.prod(self._radix)

    def mappings(self, begin: int, end: int) -> MappingArrays:
        """Mappings ``begin..end-1``."""
        digits = np.unravel_index(np.arange(begin, end), self._radix)
        out = empty_mappings(end - begin, self._depth)
        out.tile[:], out.part[:], out.axis[:] = 1, 1, 0
        for d, chains, digit in zip(self._dims, self._chains, digits):
            out.tile[:, :, d], out.part[:, :, d], out.axis[:, :, d] = np.moveaxis(chains[digit], 2, 0)
        for level in range(self._depth):
            out.order[:, level] = self._orders[digits[len(self._dims) + level]]
        out.keep[:] = self._keeps[digits[-1]]
        return out


def _chains(extent: int, d: int, accelerator: Accelerator, tiles: Tiles, level: int = 0) -> Iterator[Chain]:
    """Every way in which a dim comes down from ``extent`` to 1, from ``level`` inwards."""
    last = level == len(accelerator.levels) - 1
    for tile in _cuts(extent, tiles):
        for axis, part in _parts(tile, d, accelerator, level, tiles):
            if last:
                if part == 1:
                    yield ((tile, part, axis),)
            else:
                for rest in _chains(part, d, accelerator, tiles, level + 1):
                    yield ((tile, part, axis), *rest)


def _parts(tile: int, d: int, accelerator: Accelerator, level: int, tiles: Tiles) -> Iterator[tuple[int, int]]:
    """Axes and extent of one instance, for every set of axes that can run the dim and every width it has room for."""
    yield 0, tile
    sizes = {
        a: axis.size for a, axis in enumerate(accelerator.levels[level].fanout) if not axis.dims or DIMS[d] in axis.dims
    }
    for number, axes in enumerate(AXIS_SETS):
        if not set(axes) <= sizes.keys():
            continue
        for part in _cuts(tile, tiles):
            if part < tile and _takes(-(-tile // part), [sizes[a] for a in axes], tiles):
                yield number, part


def _takes(width: int, sizes: Sequence[int], tiles: Tiles) -> bool:
    """Whether a dim of so many pieces can take all axes of these sizes, by a factor on each where tiles divide."""
    if len(sizes) == 1:
        return 1 < width <= sizes[0]
    if tiles == "perfect":
        factors = [n for n in divisors(width)[1:] if n <= sizes[0]]
        return any(_takes(width // n, sizes[1:], tiles) for n in factors)
    return min(sizes) > 1 and 2 ** (len(sizes) - 1) < width <= math.prod(sizes)


def _cuts(extent: int, tiles: Tiles) -> list[int]:
    """The tiles that can matter: divisors, or the smallest of every number of trips."""
    return list(divisors(extent)) if tiles == "perfect" else ragged_tiles(extent)
