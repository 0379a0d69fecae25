"""A systolic array as SCALE-Sim's configuration, and a layer as its topology.

SCALE-Sim has an array of rows and columns, one operand that stays in it, and a memory for each operand. A machine of
that form can be written: below DRAM memories that hold one tensor each, then the array of two axes, and in every
element a register for the operand that stays. What its axes run must be what SCALE-Sim's do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.formats.scalesim import DATAFLOWS, STATIONARY_AXES, STATIONARY_TENSORS
from accel_models.formats.written import Written
from accel_models.systolic import Stationary
from nets.errors import InputError
from nets.layer import TENSORS, Layer

_MEMORIES: Final = {"I": "IfmapSramSzkB", "W": "FilterSramSzkB", "O": "OfmapSramSzkB"}
_KILOBYTE: Final = 1024


def write_scalesim(accelerator: Accelerator, layer: Layer | None = None) -> Written:
    """``array.cfg``, and with a layer ``topology.csv``.

    Raises:
        InputError: no machine of SCALE-Sim's form, or a layer that its topologies have no line for.
    """
    place = f"accelerator {accelerator.name!r}"
    memories, axes, register = _parts(accelerator)
    dataflow, stationary = next(
        (name, kept) for name, kept in DATAFLOWS.items() if (STATIONARY_TENSORS[kept],) == register.keeps
    )
    rows, columns = _sides(axes, stationary, place)
    kilobytes = {_MEMORIES[level.keeps[0]]: _kilobytes(level, place) for level in memories}
    words = accelerator.levels[0].shared_bandwidth
    stalls = float(words).is_integer()
    name = re.sub(r"[\W_]+", "_", accelerator.name, flags=re.ASCII).strip("_") or "array"
    settings: dict[str, Mapping[str, object]] = {
        "general": {"run_name": name},
        "architecture_presets": {
            "ArrayHeight": rows.size,
            "ArrayWidth": columns.size,
            **{key: kilobytes[key] for key in _MEMORIES.values()},
            "Dataflow": dataflow,
            **({"Bandwidth": int(words)} if stalls else {}),
        },
        "run_presets": {"InterfaceBandwidth": "USER" if stalls else "CALC"},
    }
    text = "\n".join(
        f"[{section}]\n" + "".join(f"{key}: {value}\n" for key, value in entries.items())
        for section, entries in settings.items()
    )
    files = {"array.cfg": text}
    lost = [*_lost(accelerator, axes, stationary), *([] if stalls else [f"bandwidth of {words:g} words a cycle"])]
    if layer is not None:
        files["topology.csv"] = _topology(layer, lost)
    return Written(files, tuple(lost))


def _parts(accelerator: Accelerator) -> tuple[tuple[Level, ...], tuple[Axis, ...], Level]:
    """Memories of one tensor each, the array below them, and the register in its elements."""
    levels = accelerator.levels
    memories, register = levels[1:-1], levels[-1]
    axes = tuple(axis for level in levels[-2:-1] for axis in level.fanout)
    elsewhere = any(level.fanout for level in (*levels[:-2], register))
    held = sorted("".join(level.keeps) for level in memories)
    if held != sorted(TENSORS) or len(register.keeps) != 1 or len(axes) != 2 or elsewhere:
        raise InputError(
            f"accelerator {accelerator.name!r}",
            [f"{level.name} [{' '.join(level.keeps)}]" for level in levels],
            "is no array of SCALE-Sim's",
            "it has DRAM, a memory for each of I, W and O, rows and columns, and a register for one of them in each "
            "element",
        )
    return memories, axes, register


def _sides(axes: tuple[Axis, ...], stationary: Stationary, place: str) -> tuple[Axis, Axis]:
    """The axis of the rows and that of the columns."""
    wanted = STATIONARY_AXES[stationary]
    for pair in (axes, axes[::-1]):
        if all(set(axis.dims) <= set(dims) for axis, dims in zip(pair, wanted)):
            return pair[0], pair[1]
    rule = f"must run {' '.join(wanted[0])} along one side and {' '.join(wanted[1])} along the other"
    raise InputError(f"{place}: array", [f"{axis.name} {' '.join(axis.dims)}" for axis in axes], rule)


def _kilobytes(level: Level, place: str) -> int:
    found = level.capacity_words * (level.word_bits or 8) / 8 / _KILOBYTE
    if not float(found).is_integer() or found < 1:
        raise InputError(f"{place}: {level.name}", f"{found:g}", "kilobytes must be a whole number of at least 1")
    return int(found)


def _lost(accelerator: Accelerator, axes: tuple[Axis, ...], stationary: Stationary) -> Iterator[str]:
    """What a configuration does not say."""
    yield "energies, areas and the clock: SCALE-Sim counts cycles and words"
    yield "bandwidths of the memories on the chip: they never stall the array"
    yield "size of the registers: an element holds one word"
    for level in accelerator.levels[1:-1]:
        if not level.double_buffered:
            yield f"{level.name}: SCALE-Sim fills one half of a memory while the array works on the other"
        if level.word_bits not in (None, 8):
            yield f"{level.name}: words of {level.word_bits} bits; SCALE-Sim's are bytes"
    for axis, dims in zip(_sides(axes, stationary, ""), STATIONARY_AXES[stationary]):
        if set(axis.dims) != set(dims):
            yield f"{axis.name}: that it runs {' '.join(axis.dims) or 'any dim'}; SCALE-Sim's runs {' '.join(dims)}"
    yield from accelerator.unpacking


def _topology(layer: Layer, lost: list[str]) -> str:
    """A line of CSV under its header."""
    place = f"layer {layer.name!r}"
    if not layer.is_mac:
        raise InputError(f"{place}: kind", layer.kind, "does not run on the array")
    name = re.sub(r"[\s,]+", "_", layer.name)
    depthwise = layer.G > 1 and layer.K == layer.C == 1
    if layer.N > 1 or (layer.G > 1 and not depthwise):
        rule = "has no line in a topology: a convolution of one image, in one group or one for each channel"
        raise InputError(place, f"N={layer.N}, G={layer.G}", rule)
    if layer.kind == "matmul" and layer.G == layer.Q == layer.R == layer.S == 1:
        return f"Layer,M,N,K,\n{name},{layer.P},{layer.K},{layer.C},\n"
    if layer.stride[0] != layer.stride[1] or max(layer.dilation) > 1:
        given = f"stride {layer.stride}, dilation {layer.dilation}"
        raise InputError(place, given, "has no line in a topology: one stride both ways, no dilation")
    if any(layer.padding):
        lost.append(f"{layer.name}: padding; its input is written as large as it is with it")
    if depthwise and "DP" not in name:
        name = f"DP_{name}"
    elif not depthwise and "DP" in name:
        raise InputError(place, layer.name, "holds DP, by which SCALE-Sim tells depthwise layers")
    figures = (layer.padded_height, layer.padded_width, layer.R, layer.S, layer.G * layer.C, layer.K, layer.stride[0])
    header = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,"
    return f"{header}\n{name}, {', '.join(map(str, figures))},\n"
