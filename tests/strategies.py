"""Named Hypothesis strategies for whole domain objects: layers, accelerators, and mappings of the one on the other.

They stay small (a few thousand MACs), so that a slow simulation of each draw is quick, and leave nothing else out:
strides, dilation, groups, one to six levels, bypass, several axes, several dims on one axis, ragged tiles everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from accel_models.accelerator import MAX_LEVELS, Accelerator, Axis, Level
from accel_models.loopnest import LevelLoops, Loop, Mapping
from accel_models.uneven import fold, unfold
from nets.layer import DIMS, TENSORS, Layer

Draw = Callable[..., Any]

MAX_MACS = 3000
MAX_INSTANCES = 48


@st.composite
def layers(draw: Draw, *, max_macs: int = MAX_MACS) -> Layer:
    """A convolution of at most ``max_macs`` MACs: any of stride, dilation and groups, often with most dims at 1."""
    left = max_macs
    bounds = {}
    for dim in draw(st.permutations(DIMS)):
        most = min(left, 3 if dim in "NGRS" else 9)
        bounds[dim] = draw(st.integers(1, most))
        left //= bounds[dim]
    pair = st.tuples(st.integers(1, 3), st.integers(1, 3))
    return Layer(name="drawn", **bounds, stride=draw(pair), dilation=draw(pair))


@st.composite
def fanouts(draw: Draw, *, most: int) -> tuple[Axis, ...]:
    """No axis, or up to three, of at most ``most`` instances together."""
    axes = []
    for name in draw(st.sampled_from([(), (), ("X",), ("X", "Y"), ("X", "Y", "Z")])):
        size = min(draw(st.sampled_from([2, 3, 4, 5, 1])), most)
        most //= size
        axes.append(Axis(name, size))
    return tuple(axes)


@st.composite
def accelerators(draw: Draw, *, max_levels: int = MAX_LEVELS, hardware: bool = False) -> Accelerator:
    """A machine of 1 to ``max_levels`` levels with bypass and fan-outs; endless and free unless ``hardware``.

    With ``hardware`` every level has bandwidths and energies; capacities stay endless, so that every mapping fits.
    """
    count = draw(st.integers(1, max_levels))
    levels = []
    instances = 1
    for number in range(count):
        fanout = draw(fanouts(most=MAX_INSTANCES // instances))
        instances *= math.prod(axis.size for axis in fanout)
        keeps = TENSORS if number == 0 else tuple(t for t in TENSORS if draw(st.booleans()))
        figures = {}
        if hardware:
            for name in ("read_bandwidth", "write_bandwidth", "shared_bandwidth"):
                figures[name] = draw(st.sampled_from([0.5, 1.0, 2.0, 3.0, 8.0, math.inf]))
            figures.update(read_pj=draw(st.integers(0, 20)) / 4, write_pj=draw(st.integers(0, 20)) / 4)
        levels.append(Level(name=f"L{count - number}", keeps=keeps, word_bits=None, fanout=fanout, **figures))
    return Accelerator(name="drawn", levels=tuple(levels), mac_pj=0.25 if hardware else 0.0)


@st.composite
def mappings(draw: Draw, layer: Layer, accelerator: Accelerator) -> Mapping:
    """A mapping of ``layer`` on ``accelerator`` within the size of each axis; tiles are ragged as often as not."""
    extent = dict(zip(DIMS, layer.bounds))
    last = len(accelerator.levels) - 1
    levels = []
    for number, level in enumerate(accelerator.levels):
        parallel = _parallel_dims(draw, level, extent)
        tiles = {}
        for dim in draw(st.permutations(DIMS)):
            if number < last:
                if extent[dim] > 1 and draw(st.booleans()):
                    tiles[dim] = draw(st.integers(1, extent[dim]))
            elif extent[dim] > 1 or draw(st.integers(0, 9)) == 0:
                width = parallel[dim][1] if dim in parallel else 1
                tiles[dim] = draw(st.integers(1, min(width, extent[dim])))
        _cut(extent, tiles)
        spatial = {}
        for dim, (_, width) in parallel.items():
            least = -(-extent[dim] // width)
            spatial[dim] = (
                1 if number == last else draw(st.sampled_from([least, extent[dim]]) | st.integers(least, extent[dim]))
            )
        _cut(extent, spatial)
        keeps = None
        if number and draw(st.integers(0, 3)) == 0:
            keeps = tuple(tensor for tensor in level.keeps if draw(st.booleans()))
        levels.append(
            LevelLoops(
                level=level.name,
                temporal=tuple(Loop(dim, tile) for dim, tile in tiles.items()),
                spatial=tuple(Loop(dim, tile, parallel[dim][0]) for dim, tile in spatial.items()),
                keeps=keeps,
            )
        )
    return Mapping(tuple(levels))


@st.composite
def cases(
    draw: Draw, *, max_levels: int = MAX_LEVELS, max_macs: int = MAX_MACS, hardware: bool = False
) -> tuple[Layer, Accelerator, Mapping]:
    """A layer, an accelerator and a mapping of the one on the other."""
    accelerator = draw(accelerators(max_levels=max_levels, hardware=hardware))
    layer = draw(layers(max_macs=max_macs))
    return layer, accelerator, draw(mappings(layer, accelerator))


@st.composite
def uneven_cases(
    draw: Draw, *, max_levels: int = 4, max_macs: int = MAX_MACS, hardware: bool = False
) -> tuple[Layer, Accelerator, Mapping]:
    """As :func:`cases`, but each tensor may stay at a memory over its own loops."""
    accelerator = draw(accelerators(max_levels=max_levels, hardware=hardware))
    layer = draw(layers(max_macs=max_macs))
    counts = [1, *(draw(st.integers(1, 3)) for _ in accelerator.levels[1:])]
    machine = unfold(accelerator, counts)
    nest = draw(mappings(layer, machine))
    held: dict[str, list[set[str]]] = {}
    for level in machine.levels:
        held.setdefault(level.shares or level.name, []).append(set())
    for level in accelerator.levels:
        for tensor in level.keeps:
            if level is accelerator.levels[0] or draw(st.integers(0, 4)):
                draw(st.sampled_from(held[level.name])).add(tensor)
    kept = [tuple(t for t in TENSORS if t in tensors) for level in held.values() for tensors in level]
    levels = [replace(at, keeps=tensors) for at, tensors in zip(nest.levels, kept)]
    return layer, accelerator, fold(machine, Mapping(tuple(levels)))


def _parallel_dims(draw: Draw, level: Level, extent: dict[str, int]) -> dict[str, tuple[str, int]]:
    """For each dim that runs in parallel: its axis, and the instances it may take there."""
    parallel: dict[str, tuple[str, int]] = {}
    for axis in level.fanout:
        left = axis.size
        for _ in range(draw(st.integers(0, 2))):
            free = [dim for dim in DIMS if dim not in parallel and (not axis.dims or dim in axis.dims)]
            wide = [dim for dim in free if extent[dim] > 1] or free
            if not wide:
                break
            dim = draw(st.sampled_from(wide))
            width = draw(st.sampled_from([left, max(1, left - 1), min(2, left), 1]))
            left //= width
            parallel[dim] = (axis.name, width)
    return parallel


def _cut(extent: dict[str, int], tiles: dict[str, int]) -> None:
    for dim, tile in tiles.items():
        extent[dim] = min(tile, extent[dim])
