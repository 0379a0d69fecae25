"""What a little more of each resource buys, and what other wirings of the array cost: every layer mapped anew.

A variant changes one thing of a machine by a tenth, or by the least step that it allows. Its layers begin from
the winner's mappings and get the winner's mapper budget; the winner itself is mapped again in the same way, so that a
gain is the resource's and not the mapper's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np

from accel_models.accelerator import Accelerator
from accel_models.description import Sized
from accel_models.loopnest import Mapping as LoopNest
from accel_models.loopnest import MappingArrays
from accel_models.mapping_arrays import to_arrays
from accel_models.structure import BANDWIDTHS, BuiltLevel, Structure
from accel_models.template import ARRAY_STRIDE, BUFFER_STRIDE_BYTES, Template
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.network_cost import NetworkCost, ShapeKey, evaluate_network
from cosearch.problem.mapper_options import MapperOptions
from nets.errors import InfeasibleError
from nets.layer import Layer
from nets.network import Network, unique_layers

MORE: Final = 1.1
WIRED: Final = ("K", "C", "P", "Q", "R", "S")
"""Dims that an axis may run in parallel, as NAAS searches them."""


@dataclass(frozen=True, slots=True)
class Variant:
    """An accelerator with one thing changed: what, from and to what."""

    resource: str
    before: str
    after: str
    machine: Sized


def more_of_each(machine: Sized) -> list[Variant]:
    """A tenth more of every resource, each by itself, rounded up to what can be built."""
    return _more_of_template(machine) if isinstance(machine, Template) else _more_of_structure(machine)


def _more_of_structure(machine: Structure) -> list[Variant]:
    variants = []
    for at, level in enumerate(machine.levels):

        def with_level(at: int = at, level: BuiltLevel = level, **changed: Any) -> Structure:
            return replace(machine, levels=(*machine.levels[:at], replace(level, **changed), *machine.levels[at + 1 :]))

        if level.memory != "dram":
            before, after = int(level.capacity_bytes), _up(int(level.capacity_bytes), max(level.word_bits // 8, 1))
            larger = with_level(capacity_bytes=after)
            variants.append(Variant(level.name, str(before), f"{after} B", larger))
        for bandwidth in BANDWIDTHS:
            words = getattr(level, bandwidth)
            if math.isfinite(words):
                faster = with_level(**{bandwidth: words * MORE})
                name = f"{level.name} {bandwidth.replace('_', ' ')}"
                variants.append(_rate(name, "words/cycle", words, faster))
        for number, axis in enumerate(level.fanout):
            grown = replace(axis, size=_up(axis.size, 1))
            longer = with_level(fanout=(*level.fanout[:number], grown, *level.fanout[number + 1 :]))
            variants.append(Variant(f"elements along {axis.name}", str(axis.size), str(grown.size), longer))
    more = replace(machine, dram_bandwidth=machine.dram_bandwidth * MORE)
    return [*variants, _rate("DRAM bandwidth", "GB/s", machine.dram_bandwidth, more)]


def _more_of_template(template: Template) -> list[Variant]:
    free = replace(template, strict_strides=False)
    variants = []
    for index, (size, dim) in enumerate(zip(template.array, template.parallel, strict=True)):
        grown = _up(size, ARRAY_STRIDE)
        array = (*template.array[:index], grown, *template.array[index + 1 :])
        name = f"elements along {dim}"
        variants.append(Variant(name, str(size), str(grown), replace(free, array=array)))
    l1, l2 = (_up(size, BUFFER_STRIDE_BYTES) for size in (template.l1_bytes, template.l2_bytes))
    noc, dram = template.noc_bandwidth * MORE, template.dram_bandwidth * MORE
    variants += [
        Variant("L1 of an element", str(template.l1_bytes), f"{l1} B", replace(free, l1_bytes=l1)),
        Variant("L2", str(template.l2_bytes), f"{l2} B", replace(free, l2_bytes=l2)),
        _rate("L2 bandwidth", "words/cycle", template.noc_bandwidth, replace(free, noc_bandwidth=noc)),
        _rate("DRAM bandwidth", "GB/s", template.dram_bandwidth, replace(free, dram_bandwidth=dram)),
    ]
    larger = _in_proportion(template, template.area_mm2 * MORE)
    if larger is not None:
        sizes = f"{larger.area_mm2:.4g} mm2, all in proportion"
        variants.append(Variant("area", f"{template.area_mm2:.4g}", sizes, larger))
    return variants


def wired_otherwise(template: Template) -> list[Template]:
    """The same array with one axis on another dim, or with its first two dims exchanged."""
    wirings = []
    if len(template.parallel) > 1:
        wirings.append((template.parallel[1], template.parallel[0], *template.parallel[2:]))
    for index in range(len(template.parallel)):
        for dim in WIRED:
            if dim not in template.parallel:
                wirings.append((*template.parallel[:index], dim, *template.parallel[index + 1 :]))
    return [replace(template, parallel=parallel) for parallel in wirings]


def wiring(template: Template) -> str:
    """The array in short, as ``12 P x 36 C``."""
    return " x ".join(f"{size} {dim}" for size, dim in zip(template.array, template.parallel, strict=True))


def map_variants(
    networks: Sequence[Network],
    machines: Sequence[Sized],
    options: MapperOptions,
    budget: int,
    start: Mapping[ShapeKey, LoopNest] | None = None,
) -> list[list[NetworkCost] | None]:
    """Every network on every accelerator.

    Args:
        networks: what runs.
        machines: where; of one number of levels.
        options, budget: how every layer is mapped.
        start: a mapping of each shape to begin with; the answer is never worse on one where it is valid.

    Returns:
        One list of costs for each accelerator, in the order of the networks; ``None`` where a layer has no mapping.
    """
    shapes = [layer for layer, _ in unique_layers(layer for network in networks for layer in network.layers)]
    accelerators = [machine.accelerator() for machine in machines]
    begin = None if start is None else partial(_starts, accelerators, start)
    table = map_shapes(shapes, accelerators, options, budget, begin)
    costs: list[list[NetworkCost] | None] = []
    for row, accelerator in enumerate(accelerators):
        try:
            nests = table.mappings(shapes, row)
        except InfeasibleError:
            costs.append(None)
            continue
        costs.append([evaluate_network(network, accelerator, nests) for network in networks])
    return costs


def axis_fill(layers: Sequence[Layer], dim: str, size: int) -> float:
    """Share of an axis's steps that do work when it runs ``dim``, over layers weighted by their MACs."""
    macs = steps = 0.0
    for layer in layers:
        bound = getattr(layer, dim)
        runs = layer.macs * layer.times
        macs += runs
        steps += runs * (math.ceil(bound / size) * size / bound)
    return macs / steps


def _in_proportion(template: Template, area_mm2: float) -> Template | None:
    """The template with array, L2 and on-chip bandwidth grown alike, as far as the area allows."""
    best = None
    for percent in range(1, 31):
        growth = 1 + percent / 100
        edge = growth ** (1 / len(template.array))
        candidate = replace(
            template,
            strict_strides=False,
            array=tuple(max(size, int(size * edge) // ARRAY_STRIDE * ARRAY_STRIDE) for size in template.array),
            l2_bytes=int(template.l2_bytes * growth) // BUFFER_STRIDE_BYTES * BUFFER_STRIDE_BYTES,
            noc_bandwidth=template.noc_bandwidth * edge,
        )
        if template.area_mm2 < candidate.area_mm2 <= area_mm2:
            best = candidate
    return best


def _rate(name: str, unit: str, before: float, machine: Sized) -> Variant:
    return Variant(name, f"{before:.4g}", f"{before * MORE:.4g} {unit}", machine)


def _up(size: int, stride: int) -> int:
    """The least multiple of ``stride`` that is a tenth more."""
    return math.ceil(round(size * MORE / stride, 9)) * stride


def _starts(
    accelerators: Sequence[Accelerator], start: Mapping[ShapeKey, LoopNest], layers: Sequence[Layer]
) -> MappingArrays:
    rows = [to_arrays(layer, accelerator, [start[layer.shape_key]]) for accelerator in accelerators for layer in layers]
    return MappingArrays(
        *(np.concatenate([getattr(row, name) for row in rows]) for name in ("tile", "part", "order", "axis", "keep"))
    )
