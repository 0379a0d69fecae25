"""Why a mapping is refused: a status code of the kernel in words, with names and values."""

from __future__ import annotations

import math
from collections.abc import Sequence

from accel_models import codes
from accel_models.accelerator import Accelerator
from accel_models.loopnest import MappingArrays
from nets.errors import InputError
from nets.layer import DIMS, TENSORS, Layer


def explain(status: int, layer: Layer, accelerator: Accelerator, mappings: MappingArrays, index: int = 0) -> InputError:
    """The error that a status code of the kernel stands for: layer, level, tensor or dim, value and rule."""
    cause, j, detail = status & 0xFF, (status >> 8) & 0xFF, (status >> 16) & 0xFF
    level = accelerator.levels[j]
    place = f"layer {layer.name!r} on {accelerator.name}, {level.name}"
    if cause == codes.CAPACITY:
        return _overflow(place, layer, accelerator, mappings, index, j, detail)
    if cause == codes.BAD_TILE:
        dim = DIMS[detail]
        tile, part = int(mappings.tile[index, j, detail]), int(mappings.part[index, j, detail])
        outer = int(layer.bounds[detail] if j == 0 else mappings.part[index, j - 1, detail])
        if j == len(accelerator.levels) - 1 and part != 1 and 1 <= part <= tile <= outer:
            return InputError(f"{place}: {dim}", part, "is left below the last level, where one MAC works on 1")
        return InputError(f"{place}: tile of {dim}", (tile, part), f"must nest within the {outer} it is cut from")
    if cause == codes.BAD_ORDER:
        return InputError(f"{place}: order", mappings.order[index, j].tolist(), "must name every dim once")
    if cause == codes.AXIS_OVERFLOW:
        axes = [d for d in range(8) if detail in (mappings.axis[index, j, d], 3)]
        if detail == 3:
            wide = math.prod(-(-int(mappings.tile[index, j, d]) // int(mappings.part[index, j, d])) for d in axes)
            sizes = " x ".join(str(ax.size) for ax in level.fanout)
            return InputError(f"{place}: parallel loops", wide, f"do not fit on its axes, {sizes}, as they share them")
        wide = math.prod(-(-int(mappings.tile[index, j, d]) // int(mappings.part[index, j, d])) for d in axes)
        size = level.fanout[detail].size if detail < len(level.fanout) else 1
        name = level.fanout[detail].name if detail < len(level.fanout) else f"number {detail + 1}"
        return InputError(f"{place}: axis {name}", wide, f"must not exceed its size, {size}")
    if cause == codes.TOO_MANY:
        return InputError(
            f"layer {layer.name!r} on {accelerator.name}: tiles", layer.bounds,
            f"that do not divide leave over {codes.MOST_PIECES:,} pairs of pieces of rows or columns to count singly",
            "take tiles that divide, or spread rows and filter rows less",
        )  # fmt: skip
    if cause == codes.AXIS_DIM:
        a = (status >> 24) & 0xFF
        allowed = level.fanout[a].dims if a < len(level.fanout) else ()
        return InputError(
            f"{place}: axis {a}", DIMS[detail], f"cannot run on it (it runs {', '.join(allowed) or 'none'})"
        )
    if TENSORS[detail] in level.keeps and mappings.keep[index, j, detail]:
        return InputError(f"{place}: keeps", TENSORS[detail], "is held in this memory already, from further out on")
    return InputError(f"{place}: keeps", TENSORS[detail], f"must be one of {level.keeps}, and DRAM keeps every tensor")


def _overflow(
    place: str, layer: Layer, accelerator: Accelerator, mappings: MappingArrays, index: int, j: int, detail: int
) -> InputError:
    level = accelerator.levels[j]
    words: dict[str, int] = {}
    for at in range(accelerator.memory_of[j], j + 1):
        extent = layer.bounds if at == 0 else tuple(int(x) for x in mappings.part[index, at - 1])
        words.update(
            (tensor, n)
            for t, (tensor, n) in enumerate(tile_words(layer, extent).items())
            if mappings.keep[index, at, t]
        )
    shown = ", ".join(f"{tensor} {n}" for tensor, n in words.items())
    buffers = " twice (double buffering)" if level.double_buffered else ""
    tensor = TENSORS[detail] if detail < 3 else max(words, key=lambda name: words[name])
    room = level.partition_words.get(tensor, level.capacity_words) if detail < 3 else level.capacity_words
    width = f" of {level.word_bits} bits" if level.word_bits else ""
    if least := str(accelerator.least_bits[j]):
        width += f", and has narrower {least} unpacked"
    return InputError(
        f"{place}: tiles of {shown} elements{buffers}",
        tensor,
        f"is the one too large: the level holds {room:g} words{width}",
        "make its tile smaller",
    )


def tile_words(layer: Layer, extent: Sequence[int]) -> dict[str, int]:
    """Elements of each tensor in a tile of the given extents (in the order of ``DIMS``)."""
    N, G, K, C, P, Q, R, S = extent
    height = layer.stride[0] * (P - 1) + layer.dilation[0] * (R - 1) + 1
    width = layer.stride[1] * (Q - 1) + layer.dilation[1] * (S - 1) + 1
    return {"W": G * K * C * R * S, "I": N * G * C * height * width, "O": N * G * K * P * Q}
