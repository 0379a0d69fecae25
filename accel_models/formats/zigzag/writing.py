"""A machine, a layer and a mapping as ZigZag 3's hardware, workload and mapping files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import yaml

from accel_models.accelerator import Accelerator, Level
from accel_models.formats.written import Written
from accel_models.formats.zigzag.hardware import LINKS, WORD_BITS
from accel_models.formats.zigzag.ordering import allocation
from accel_models.loopnest import Mapping as Nest
from nets.errors import InputError
from nets.layer import DIMS, Layer
from nets.workloads import zigzag

MOST_DIMENSIONS: Final = 4
_ENDLESS_BITS: Final = 10_000_000_000
_ENDLESS_PORT_BITS: Final = 1 << 20
_OPERANDS: Final = {tensor: operand for operand, tensor in LINKS.items()}
_LETTERS: Final = {ours: theirs for theirs, ours in zigzag.DIMS.items()}
_DIRECTIONS: Final = {"read": {"I": ("tl",), "O": ("tl", "th")}, "write": {"I": ("fh",), "O": ("fh", "fl")}}


def write_zigzag(accelerator: Accelerator, layer: Layer | None = None, mapping: Nest | None = None) -> Written:
    """Hardware; with a layer a workload of it, with a mapping its order of loops.

    ZigZag says itself over which loops a memory holds an operand; where that is not what the mapping says, it is said.

    Raises:
        InputError: a memory that holds nothing, more axes than ZigZag's array has, a mapping without a layer, or a loop
            that does not divide what it cuts.
    """
    lost = list(accelerator.unpacking)
    axes = _axes(accelerator)
    sections: dict[str, Any] = {"hardware": _hardware(accelerator, axes, lost)}
    if layer is not None:
        sections["workload"] = [_layer(layer)]
    if mapping is not None:
        if layer is None:
            raise InputError("mapping", accelerator.name, "needs the layer that it maps")
        sections["mapping"] = [_mapping(layer, accelerator, mapping, axes, lost)]
    files = {f"{name}.yaml": yaml.safe_dump(data, sort_keys=False) for name, data in sections.items()}
    return Written(files, tuple(lost))


def _axes(accelerator: Accelerator) -> dict[tuple[str, str], str]:
    """ZigZag's name of every axis, by level and name."""
    pairs = [(level.name, axis.name) for level in accelerator.levels for axis in level.fanout]
    if len(pairs) > MOST_DIMENSIONS:
        raise InputError(
            f"accelerator {accelerator.name!r}", len(pairs), f"axes are more than ZigZag's {MOST_DIMENSIONS}"
        )
    return {pair: f"D{number}" for number, pair in enumerate(pairs, 1)}


def _hardware(accelerator: Accelerator, axes: dict[tuple[str, str], str], lost: list[str]) -> dict[str, Any]:
    memories = {}
    for number, level in reversed(list(enumerate(accelerator.levels))):
        served = [axes[inner.name, axis.name] for inner in accelerator.levels[number:] for axis in inner.fanout]
        memories[level.name] = _memory(level, served or ([] if axes else ["D1"]), lost)
    sizes = [axis.size for level in accelerator.levels for axis in level.fanout] or [1]
    lost += [f"area of {name}" for name in accelerator.other_area_mm2]
    if accelerator.leakage_mw:
        lost.append(f"leakage of {accelerator.leakage_mw:.3g} mW")
    if any(axis.dims for level in accelerator.levels for axis in level.fanout):
        lost.append("which dims the wires of an axis can run")
    return {
        "name": accelerator.name,
        "memories": memories,
        "operational_array": {
            "unit_energy": accelerator.mac_pj,
            "unit_area": accelerator.mac_area_mm2,
            "dimensions": list(axes.values()) or ["D1"],
            "sizes": sizes,
        },
    }


def _memory(level: Level, served: list[str], lost: list[str]) -> dict[str, Any]:
    if not level.keeps:
        raise InputError(f"level {level.name!r}: keeps", [], "holds nothing; ZigZag has no such memory")
    word = level.word_bits or WORD_BITS
    if level.partition_words:
        lost.append(f"{level.name}: words reserved for a tensor; ZigZag shares a memory among its operands")
    if level.network_pj:
        lost.append(f"{level.name}: {level.network_pj:.3g} pJ of a word on its wires")
    ports = list(_ports(level, word, lost))
    width = max(port["bandwidth_max"] for port in ports)
    words = level.capacity_words
    if level.double_buffered:
        lost.append(f"{level.name}: double buffered, written as the half that tiles may take")
        words /= 2
    return {
        "size": _ENDLESS_BITS if math.isinf(words) else math.floor(words * word),
        "r_cost": level.read_pj * width / word,
        "w_cost": level.write_pj * width / word,
        "area": level.area_mm2,
        "latency": 1,
        "operands": [_OPERANDS[tensor] for tensor in level.keeps],
        "ports": ports,
        "served_dimensions": served,
    }


def _ports(level: Level, word: int, lost: list[str]) -> Iterator[dict[str, Any]]:
    """One port for both ways where they share a bandwidth, else one each way."""
    ways: dict[str, tuple[tuple[str, ...], float]] = {
        "r_port_1": (("read",), level.read_bandwidth),
        "w_port_1": (("write",), level.write_bandwidth),
    }
    if math.isfinite(level.shared_bandwidth):
        ways = {"rw_port_1": (("read", "write"), level.shared_bandwidth)}
        if math.isfinite(min(level.read_bandwidth, level.write_bandwidth)):
            lost.append(f"{level.name}: bandwidths each way beside that of both together")
    for name, (kinds, bandwidth) in ways.items():
        bits = bandwidth * word
        if math.isinf(bits):
            lost.append(f"{level.name}: endless bandwidth, written as {_ENDLESS_PORT_BITS:,} bits a cycle")
        elif bits != max(1, math.floor(bits)):
            lost.append(f"{level.name}: {bits:g} bits a cycle, rounded to whole ones")
        most = _ENDLESS_PORT_BITS if math.isinf(bits) else max(1, math.floor(bits))
        yield {
            "name": name,
            "type": "_".join(kinds),
            "bandwidth_min": min(word, most),
            "bandwidth_max": most,
            "allocation": [
                f"{_OPERANDS[tensor]}, {direction}"
                for tensor in level.keeps
                for kind in kinds
                for direction in _DIRECTIONS[kind]["O" if tensor == "O" else "I"]
            ],
        }


def _layer(layer: Layer) -> dict[str, Any]:
    """A product over all of ZigZag's loop dims."""
    if not layer.is_mac:
        raise InputError(f"layer {layer.name!r}: kind", layer.kind, "does not run on the MAC array")
    conv = layer.kind == "conv"
    windows = "[iy][ix]" if conv else "[oy][ox]"
    entry: dict[str, Any] = {
        "id": 0,
        "name": layer.name,
        "operator_type": "Conv" if conv else "Gemm",
        "equation": f"O[b][g][k][oy][ox]+=W[g][k][c]{'[fy][fx]' if conv else ''}*I[b][g][c]{windows}",
    }
    if conv:
        entry["dimension_relations"] = [
            f"i{axis}={layer.stride[number]}*o{axis}+{layer.dilation[number]}*f{axis}"
            for number, axis in enumerate("yx")
        ]
        above, below, left, right = layer.padding
        entry |= {"pr_loop_dims": ["IY", "IX"], "padding": [[above, below], [left, right]]}
    dims = [dim for dim in DIMS if conv or dim not in "RS"]
    bits = math.ceil(layer.weight_bits)
    return entry | {
        "loop_dims": [_LETTERS[dim] for dim in dims],
        "loop_sizes": [getattr(layer, dim) for dim in dims],
        "operand_precision": {
            "W": bits,
            "I": layer.input_bits,
            "O": layer.psum_bits,
            "O_final": math.ceil(layer.output_bits),
        },
        "operand_source": {"I": 0, "W": 0},
    }


def _mapping(
    layer: Layer, accelerator: Accelerator, mapping: Nest, axes: dict[tuple[str, str], str], lost: list[str]
) -> dict[str, Any]:
    temporal, spatial, cuts = _loops(layer, accelerator, mapping)
    theirs = allocation(layer, accelerator, temporal, {axis: loops for (_, axis), loops in spatial.items()})
    for (level, tensor), cut in cuts.items():
        if theirs.get((level, tensor), cut) != cut:
            lost.append(
                f"{level}: holds {tensor} over {cut} loops; ZigZag over {theirs[level, tensor]} of the same order"
            )
    return {
        "name": layer.name,
        "spatial_mapping": {
            axes[pair]: [f"{_LETTERS[dim]}, {trips}" for dim, trips in loops]
            for pair, loops in spatial.items()
            if loops
        },
        "temporal_ordering": [[_LETTERS[dim], trips] for dim, trips in temporal],
        "memory_operand_links": dict(_OPERANDS),
    }


def _loops(
    layer: Layer, accelerator: Accelerator, mapping: Nest
) -> tuple[list[tuple[str, int]], dict[tuple[str, str], list[tuple[str, int]]], dict[tuple[str, str], int]]:
    """Loops over time innermost first, those of every axis, and how many stand inside each (level, tensor)."""
    extent = dict(zip(DIMS, layer.bounds))
    kept = {level.name: level for level in accelerator.levels}
    temporal: list[tuple[str, int]] = []
    spatial: dict[tuple[str, str], list[tuple[str, int]]] = {}
    begun: dict[tuple[str, str], int] = {}
    for at in mapping.levels:
        for tensor in kept[at.level].keeps if at.keeps is None else at.keeps:
            begun.setdefault((at.level, tensor), len(temporal))
        for kind, loops in (("temporal", at.temporal), ("spatial", at.spatial)):
            for loop in loops:
                if extent[loop.dim] % loop.tile:
                    rule = f"does not divide the {extent[loop.dim]} that it cuts; ZigZag has no such loop"
                    raise InputError(f"mapping: {at.level}: {loop.dim}", loop.tile, rule)
                trips, extent[loop.dim] = extent[loop.dim] // loop.tile, loop.tile
                axis = loop.axis or next((axis.name for axis in kept[at.level].fanout), "")
                if trips > 1:
                    (temporal if kind == "temporal" else spatial.setdefault((at.level, axis), [])).append(
                        (loop.dim, trips)
                    )
    return temporal[::-1], spatial, {key: len(temporal) - number for key, number in begun.items()}
