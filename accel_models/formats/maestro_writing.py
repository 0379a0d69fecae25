"""A machine, a layer and a mapping as MAESTRO's hardware and mapping files.

MAESTRO has a buffer that holds the whole layer (L2), the array, and a buffer in every element (L1). So a machine of
DRAM, one shared memory and one in the elements can be written, and a mapping that loops over nothing at DRAM: the first
axis of the array becomes the outermost units, every further one a ``Cluster``, each with one dim in parallel.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

from accel_models.accelerator import Accelerator, Level
from accel_models.formats.written import Written
from accel_models.loopnest import LevelLoops, Loop
from accel_models.loopnest import Mapping as Nest
from nets.errors import InputError
from nets.layer import DIMS, Layer

_WINDOWS: Final = {"P": ("Y", "R", 0), "Q": ("X", "S", 1)}
_INSIDE: Final = ("G", "K", "C", "P", "Q", "R", "S")
"""The order of loops in an element, which no directive says."""


def write_maestro(accelerator: Accelerator, layer: Layer | None = None, mapping: Nest | None = None) -> Written:
    """Hardware; with a layer and a mapping of it the network file too.

    Raises:
        InputError: a machine or mapping that MAESTRO's form does not have, or a layer without a mapping.
    """
    outer, shared, local = _memories(accelerator)
    files = {"hardware.m": _hardware(accelerator, outer, shared, local)}
    lost = list(_lost(accelerator, shared, local))
    if layer is not None:
        if mapping is None:
            raise InputError(f"layer {layer.name!r}", layer.name, "needs a mapping: a MAESTRO file holds both")
        files["network.m"] = _network(layer, accelerator, mapping, lost)
    return Written(files, tuple(lost))


def _memories(accelerator: Accelerator) -> tuple[Level, Level, Level]:
    levels = accelerator.levels
    if len(levels) != 3 or levels[0].fanout or levels[2].fanout or not levels[1].fanout:
        raise InputError(
            f"accelerator {accelerator.name!r}", accelerator.level_names,
            "is no machine of MAESTRO's: it has DRAM, one shared memory, the array, and one memory in every element",
        )  # fmt: skip
    return levels[0], levels[1], levels[2]


def _hardware(accelerator: Accelerator, outer: Level, shared: Level, local: Level) -> str:
    figures = {
        "num_pes": accelerator.macs_per_cycle,
        "l1_size_cstr": local.capacity_words,
        "l2_size_cstr": shared.capacity_words,
        "noc_bw_cstr": min(shared.read_bandwidth, shared.write_bandwidth, shared.shared_bandwidth),
        "offchip_bw_cstr": min(outer.read_bandwidth, outer.write_bandwidth, outer.shared_bandwidth),
    }
    return "".join(
        f"{key}: {math.floor(value)}\n" for key, value in figures.items() if math.isfinite(value) and value >= 1
    )


def _network(layer: Layer, accelerator: Accelerator, mapping: Nest, lost: list[str]) -> str:
    """A network of one layer."""
    if max(layer.dilation) > 1:
        raise InputError(f"layer {layer.name!r}: dilation", layer.dilation, "has no place in a MAESTRO file")
    depthwise = layer.G > 1 and layer.K == layer.C == 1
    kind = "DSCONV" if depthwise else "NGCONV" if layer.G > 1 else "CONV"
    sizes = {dim: getattr(layer, dim) for dim in ("N", "G", "K", "C", "R", "S")}
    if depthwise:
        sizes |= {"C": sizes.pop("G"), "K": 1}
    sizes |= {"Y": layer.padded_height, "X": layer.padded_width}
    dataflow = "".join(
        f"      {line};\n" for line in _directives(layer, accelerator, mapping, lost, depthwise=depthwise)
    )
    name = re.sub(r"\W", "_", layer.name, flags=re.ASCII)
    return (
        f"Network {'_' if name[:1].isdigit() else ''}{name} {{\n  Layer {'_' if name[:1].isdigit() else ''}{name} {{\n"
        f"    Type: {kind}\n    Stride {{ X: {layer.stride[1]}, Y: {layer.stride[0]} }}\n"
        f"    Dimensions {{ {', '.join(f'{dim}: {size}' for dim, size in sizes.items())} }}\n"
        f"    Dataflow {{\n{dataflow}    }}\n  }}\n}}\n"
    )


def _directives(
    layer: Layer, accelerator: Accelerator, mapping: Nest, lost: list[str], *, depthwise: bool
) -> Iterator[str]:
    at_dram, at_shared, at_local = _parts(accelerator, mapping)
    extent = dict(zip(DIMS, layer.bounds))
    yield from _maps("Temporal", (*at_dram.temporal, *at_shared.temporal), extent, layer, depthwise=depthwise)
    for number, axis in enumerate(accelerator.levels[1].fanout):
        if number:
            yield f"Cluster({axis.size}, P)"
        loops = [loop for loop in at_shared.spatial if (loop.axis or accelerator.levels[1].fanout[0].name) == axis.name]
        if len(loops) > 1:
            raise InputError(
                f"mapping: {axis.name}", [loop.dim for loop in loops], "are two dims in parallel on one axis"
            )
        yield from _maps("Spatial", loops, extent, layer, depthwise=depthwise)
    order = [loop.dim for loop in at_local.temporal if loop.tile < extent[loop.dim]]
    if order != [dim for dim in _INSIDE if dim in order]:
        lost.append(f"{at_local.level}: the order of its loops, {' '.join(order)}; MAESTRO has its own")
    if any(at.keeps is not None and len(at.keeps) < 3 for at in mapping.levels):
        lost.append("which tensors pass a memory by; MAESTRO's hold all of them")


def _parts(accelerator: Accelerator, mapping: Nest) -> tuple[LevelLoops, LevelLoops, LevelLoops]:
    if tuple(at.level for at in mapping.levels) != accelerator.level_names:
        raise InputError("mapping: levels", [at.level for at in mapping.levels], "must be each of the memories once")
    dram, shared, local = mapping.levels
    for dim in (loop.dim for loop in dram.temporal):
        if dim in (loop.dim for loop in shared.temporal):
            raise InputError(
                f"mapping: {dram.level}", dim, f"loops there and at {shared.level}; MAESTRO has one loop over a dim",
                f"let {shared.level} hold the whole layer",
            )  # fmt: skip
    return dram, shared, local


def _maps(
    kind: str, loops: tuple[Loop, ...] | list[Loop], extent: dict[str, int], layer: Layer, *, depthwise: bool
) -> Iterator[str]:
    """A directive for every loop of more than one trip; cuts ``extent``."""
    for loop in loops:
        if loop.tile >= extent[loop.dim]:
            continue
        if extent[loop.dim] % loop.tile:
            rule = f"does not divide the {extent[loop.dim]} that it cuts"
            raise InputError(f"mapping: {loop.dim}", loop.tile, rule, "map it with tiles that divide")
        extent[loop.dim] = loop.tile
        if loop.dim in _WINDOWS:
            theirs, window, axis = _WINDOWS[loop.dim]
            size = (loop.tile - 1) * layer.stride[axis] + getattr(layer, window)
            yield f"{kind}Map({size}, {loop.tile}) {theirs}"
        else:
            dim = "C" if depthwise and loop.dim == "G" else loop.dim
            yield f"{kind}Map({loop.tile}, {loop.tile}) {dim}"


def _lost(accelerator: Accelerator, shared: Level, local: Level) -> Iterator[str]:
    """What MAESTRO's form has no place for."""
    yield "energies and areas: MAESTRO has its own"
    yield from accelerator.unpacking
    if shared.double_buffered or local.double_buffered:
        yield "double buffering: MAESTRO assumes it"
    for level in accelerator.levels:
        bandwidths = {level.read_bandwidth, level.write_bandwidth}
        if len(bandwidths) > 1:
            yield f"{level.name}: different bandwidths each way; the lower one is written"
