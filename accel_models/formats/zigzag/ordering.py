"""ZigZag's temporal orderings: one order of loops over time, and how far in each memory holds each operand.

A mapping file gives the loops innermost first; ZigZag itself says which memory takes which. Memory by memory outwards,
each of its operands takes loops from the inside on. Of all combinations that fit together, those are taken for which
the bits that operands hold, times the trips of the loops that stay outside, add up to the least; of equal ones, the
most loops. An operand takes all loops at the outermost of its memories.

So each operand stays at a memory over its own loops: an uneven mapping (:mod:`accel_models.uneven`).
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from accel_models.accelerator import Accelerator, Level
from accel_models.formats.zigzag.hardware import WORD_BITS
from accel_models.loopnest import LevelLoops, Loop
from accel_models.loopnest import Mapping as Nest
from nets.errors import InputError
from nets.layer import DIMS, TENSORS, Layer

RELEVANT: Final = {"W": "GKCRS", "I": "NGCPQRS", "O": "NGKPQ"}
MOST_LOOPS: Final = 40
_ORDER: Final = ("I", "W", "O")
"""In which ZigZag's files name the operands of a memory; the first of equal combinations goes by it."""

Loops = Sequence[tuple[str, int]]
"""(dim, trips), innermost first."""


def nest_of(
    layer: Layer, accelerator: Accelerator, temporal: Loops, spatial: Mapping[str, Loops]
) -> tuple[Accelerator, Nest]:
    """The machine, with memories side by side in the order in which the loops meet them, and the mapping.

    Args:
        temporal: loops over time, innermost first. spatial: loops in parallel, by axis.

    Raises:
        InputError: loops that do not make the layer's dims, an axis that is too small, operands that do not fit
            together into a memory that they share, or memories of which each should stand inside the other.
    """
    _check(layer, accelerator, temporal, spatial)
    taken = allocation(layer, accelerator, temporal, spatial)
    accelerator = _reordered(accelerator, taken)
    numbers = {name: number for number, name in enumerate(accelerator.level_names)}
    nodes = sorted(((-cut, numbers[level], tensor) for (level, tensor), cut in taken.items()))
    for (_, outer, _), (_, inner, _) in itertools.pairwise(nodes):
        if inner < outer:
            outside, inside = accelerator.level_names[outer], accelerator.level_names[inner]
            raise InputError(
                "temporal_ordering", [f"{trips} of {dim}" for dim, trips in temporal],
                f"has {outside} hold an operand over loops that stand outside what {inside} holds of another",
                f"{outside} stands inside {inside} here",
            )  # fmt: skip
    return accelerator, _Nest(layer, accelerator, spatial).build(
        [(-cut, level, of) for cut, level, of in nodes], temporal
    )


def _check(layer: Layer, accelerator: Accelerator, temporal: Loops, spatial: Mapping[str, Loops]) -> None:
    sizes = {axis.name: axis.size for level in accelerator.levels for axis in level.fanout}
    for name, loops in spatial.items():
        used = math.prod(trips for _, trips in loops)
        if used > sizes.get(name, 1):
            raise InputError(f"spatial_mapping: {name}", used, f"is more than the {sizes.get(name, 1)} of the array")
    everything = [*temporal, *(loop for loops in spatial.values() for loop in loops)]
    for dim, bound in zip(DIMS, layer.bounds):
        made = math.prod(trips for of, trips in everything if of == dim)
        if made != bound:
            rule = f"of {dim} are made by the loops; the layer has {bound}"
            raise InputError("temporal_ordering", made, rule, "give loops whose trips multiply to it")


def allocation(
    layer: Layer, accelerator: Accelerator, temporal: Loops, spatial: Mapping[str, Loops]
) -> dict[tuple[str, str], int]:
    """How many loops, from the innermost on, each memory holds each of its operands over, by (level, tensor).

    Args:
        temporal: loops over time, innermost first. spatial: loops in parallel, by axis.

    Raises:
        InputError: operands that do not fit.
    """
    if len(temporal) > MOST_LOOPS:
        raise InputError("temporal_ordering", len(temporal), f"loops are more than the {MOST_LOOPS} that are read")
    taken: dict[tuple[str, str], int] = {}
    inside = dict.fromkeys(TENSORS, 0)
    below: list[tuple[str, int]] = []
    for number, level in reversed(list(enumerate(accelerator.levels))):
        below += [loop for axis in level.fanout for loop in spatial.get(axis.name, ())]
        choices = {}
        for tensor in _ORDER:
            if tensor in level.keeps:
                top = not any(tensor in outer.keeps for outer in accelerator.levels[:number])
                choices[tensor] = _choices(layer, level, tensor, temporal, below, inside[tensor], top=top)
        groups = [(tensor,) for tensor in choices] if level.partition_words else [tuple(choices)]
        for group in filter(None, groups):
            for tensor, cut in zip(group, _best(level, [choices[tensor] for tensor in group], group)):
                taken[level.name, tensor] = inside[tensor] = cut
    return taken


@dataclass(frozen=True, slots=True)
class _Choice:
    """Loops that an operand may stay over: how many, the bits it holds then, and what reaches it from outside."""

    cut: int
    bits: float
    moved: float


def _choices(
    layer: Layer, level: Level, tensor: str, temporal: Loops, below: Loops, start: int, *, top: bool
) -> list[_Choice]:
    """All choices of an operand that fit alone; those that take every loop where the memory is its outermost."""
    whole = _covers_sums(layer, [*temporal[:start], *below])
    found: list[_Choice] = []
    for cut in range(len(temporal) if top else start, len(temporal) + 1):
        bits = _tile_bits(layer, tensor, [*temporal[:cut], *below], whole=whole)
        if found and bits > _capacity_bits(level, tensor):
            break
        outside = math.prod(trips for _, trips in temporal[cut:])
        found.append(_Choice(cut, bits, 0.0 if top else outside * bits))
    return found


def _best(level: Level, choices: Sequence[Sequence[_Choice]], group: Sequence[str]) -> list[int]:
    """The cuts of the operands of a memory that move the least."""
    best: tuple[float, list[int]] | None = None
    for combination in itertools.product(*choices):
        if sum(choice.bits for choice in combination) <= _capacity_bits(level, group[0]):
            moved = sum(choice.moved for choice in combination)
            if best is None or moved <= best[0]:
                best = moved, [choice.cut for choice in combination]
    if best is None:
        least = sum(options[0].bits for options in choices)
        rule = f"bits of {' and '.join(group)} do not fit the {_capacity_bits(level, group[0]):,.0f} of {level.name}"
        raise InputError("temporal_ordering", f"{least:,.0f}", rule)
    return best[1]


def _capacity_bits(level: Level, tensor: str) -> float:
    return level.partition_words.get(tensor, level.capacity_words) * (level.word_bits or WORD_BITS)


def _tile_bits(layer: Layer, tensor: str, loops: Loops, *, whole: bool) -> float:
    """Bits of what loops cover of a tensor; sums that still miss a part are as wide as partial sums."""
    extent = {dim: math.prod(trips for of, trips in loops if of == dim) for dim in DIMS}
    words = math.prod(extent[dim] for dim in RELEVANT[tensor] if tensor != "I" or dim in "NGC")
    if tensor == "W":
        return words * layer.weight_bits
    if tensor == "O":
        return words * (layer.output_bits if whole else layer.psum_bits)
    words *= (extent["P"] - 1) * layer.stride[0] + (extent["R"] - 1) * layer.dilation[0] + 1
    words *= (extent["Q"] - 1) * layer.stride[1] + (extent["S"] - 1) * layer.dilation[1] + 1
    return words * layer.input_bits


def _covers_sums(layer: Layer, loops: Loops) -> bool:
    """Whether loops add up all that an output is made of."""
    return all(math.prod(trips for of, trips in loops if of == dim) == getattr(layer, dim) for dim in "CRS")


def _reordered(accelerator: Accelerator, taken: Mapping[tuple[str, str], int]) -> Accelerator:
    """The machine with memories that no fan-out parts in the order in which the loops reach them from outside."""
    outermost = {
        level.name: max((taken[level.name, tensor] for tensor in level.keeps), default=0)
        for level in accelerator.levels
    }
    levels: list[Level] = []
    run: list[Level] = []
    for number, level in enumerate(accelerator.levels):
        run.append(level)
        if level.fanout or number + 1 == len(accelerator.levels):
            fanout, network_pj = level.fanout, level.network_pj
            run = [dataclasses.replace(part, fanout=(), network_pj=0.0) for part in run]
            run.sort(key=lambda part: (not _first(part, accelerator), -outermost[part.name]))
            levels += [*run[:-1], dataclasses.replace(run[-1], fanout=fanout, network_pj=network_pj)]
            run = []
    return dataclasses.replace(accelerator, levels=tuple(levels))


def _first(level: Level, accelerator: Accelerator) -> bool:
    return level.name == accelerator.levels[0].name


class _Nest:
    """Walks the loops from the outside in, entering memories as it meets what they hold."""

    def __init__(self, layer: Layer, accelerator: Accelerator, spatial: Mapping[str, Loops]) -> None:
        self.accelerator, self.spatial = accelerator, spatial
        self.extent = dict(zip(DIMS, layer.bounds))
        self.entries: list[LevelLoops] = []
        self.at = -1

    def build(self, nodes: Sequence[tuple[int, int, str]], temporal: Loops) -> Nest:
        """The mapping of nodes (loops inside, number of the level, tensor), outermost first."""
        waiting = list(nodes)
        for position in range(len(temporal), -1, -1):
            while waiting and waiting[0][0] == position:
                _, number, tensor = waiting.pop(0)
                self.keep(number, tensor)
            if position:
                self.loop(*temporal[position - 1])
        self.fan_out(len(self.accelerator.levels))
        return Nest(tuple(self.entries))

    def keep(self, number: int, tensor: str) -> None:
        """Begin to hold a tensor."""
        name = self.accelerator.level_names[number]
        self.fan_out(number)
        last = self.entries[-1] if self.entries else None
        if last is not None and last.level == name and not last.temporal:
            keeps = tuple(each for each in TENSORS if each in (*(last.keeps or ()), tensor))
            self.entries[-1] = dataclasses.replace(last, keeps=keeps)
        else:
            self.entries.append(LevelLoops(name, keeps=(tensor,)))
        self.at = number

    def loop(self, dim: str, trips: int) -> None:
        """One loop over time."""
        last = self.entries[-1]
        if dim in (loop.dim for loop in last.temporal):
            last = LevelLoops(last.level, keeps=())
            self.entries.append(last)
        self.extent[dim] //= trips
        self.entries[-1] = dataclasses.replace(last, temporal=(*last.temporal, Loop(dim, self.extent[dim])))

    def fan_out(self, to: int) -> None:
        """Loops in parallel on the way in to a level."""
        for level in self.accelerator.levels[max(self.at, 0) : to]:
            loops: list[Loop] = []
            for axis in level.fanout:
                merged: dict[str, int] = {}
                for dim, trips in self.spatial.get(axis.name, ()):
                    merged[dim] = merged.get(dim, 1) * trips
                for dim, trips in merged.items():
                    self.extent[dim] //= trips
                    loops.append(Loop(dim, self.extent[dim], axis.name))
            if loops:
                self.entries[-1] = dataclasses.replace(self.entries[-1], spatial=tuple(loops))
