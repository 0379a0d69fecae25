"""Mappings as the nodes of either notation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import yaml

from accel_models.accelerator import Accelerator, Level
from accel_models.formats.accelforge.notation import KEYS, Names, Notation
from accel_models.loopnest import Loop
from accel_models.loopnest import Mapping as Nest
from nets.errors import InputError, unknown
from nets.layer import DIMS, Layer


@dataclass(frozen=True, slots=True)
class _Node:
    """A node as it is written: a YAML tag (empty where it has none) and its keys."""

    tag: str
    fields: Mapping[str, Any]


class _Dumper(yaml.SafeDumper):
    """Writes nodes on one line each."""


def _represent(dumper: yaml.SafeDumper, node: _Node) -> yaml.Node:
    tag = f"!{node.tag}" if node.tag else "tag:yaml.org,2002:map"
    return dumper.represent_mapping(tag, node.fields, flow_style=True)


_Dumper.add_representer(_Node, _represent)


def write_mapping(
    mapping: Nest,
    layer: Layer,
    accelerator: Accelerator,
    names: Names | None = None,
    *,
    notation: Notation = "accelforge",
) -> str:
    """A section ``mapping`` as YAML text. Loops of one trip are left out, as are storage nodes of no tensor.

    Nodes stand where the mapping has its levels, so AccelForge may count more than the cost model (see above).

    Raises:
        InputError: levels that are not the accelerator's, or a dim, an axis or a tensor without a name.
    """
    if notation not in KEYS:
        raise unknown("notation", notation, KEYS)
    names = names or Names.of(accelerator, notation)
    given = tuple(name for name, _ in groupby(mapping.levels, key=lambda at: at.level))
    if given != accelerator.level_names:
        raise InputError("mapping: levels", given, f"must be those of {accelerator.name}: {accelerator.level_names}")
    nodes = [_spell(kind, fields, notation) for kind, fields in _walk(mapping, layer, accelerator, names, notation)]
    section: dict[str, Any] = {"nodes": nodes} if notation == "accelforge" else {"type": "fused", "nodes": nodes}
    return yaml.dump({"mapping": section}, Dumper=_Dumper, sort_keys=False, width=1000)


def _spell(kind: str, fields: Mapping[str, Any], notation: Notation) -> _Node:
    """A node in a notation's own words."""
    tag = kind.capitalize() if notation == "accelforge" else kind
    spelled = {key: fields[ours] for key, ours in KEYS[notation][tag].items()}
    return _Node(tag, spelled) if notation == "accelforge" else _Node("", {"type": kind, **spelled})


def _walk(
    mapping: Nest, layer: Layer, accelerator: Accelerator, names: Names, notation: Notation
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kind and fields of every node, outermost first."""
    ranks = {dim: theirs for theirs, dim in reversed(list(names.dims.items()))}
    extent = dict(zip(DIMS, layer.bounds))
    for at in mapping.levels:
        number = accelerator.level_names.index(at.level)
        level = accelerator.levels[number]
        kept = [names.tensors[tensor] for tensor in (level.keeps if at.keeps is None else at.keeps)]
        if kept:
            yield "storage", {"tensors": kept, "memory": at.level if notation == "accelforge" else number}
        for kind, loops in (("temporal", at.temporal), ("spatial", at.spatial)):
            for loop in loops:
                if loop.tile < extent[loop.dim]:
                    fields = _loop_fields(loop, ranks, at.level)
                    yield kind, fields | (_axis_fields(loop, level, names) if kind == "spatial" else {})
                extent[loop.dim] = min(loop.tile, extent[loop.dim])
    innermost: str | int = names.compute if notation == "accelforge" else len(accelerator.levels)
    yield "compute", {"einsum": names.einsum, "compute": innermost}


def _loop_fields(loop: Loop, ranks: Mapping[str, str], level: str) -> dict[str, Any]:
    if loop.dim not in ranks:
        raise unknown(f"mapping: {level}: dim", loop.dim, ranks)
    return {"rank": ranks[loop.dim], "tile": loop.tile}


def _axis_fields(loop: Loop, level: Level, names: Names) -> dict[str, Any]:
    axes = [axis.name for axis in level.fanout]
    axis = loop.axis or next(iter(axes), "")
    if axis not in axes:
        raise unknown(f"mapping: {level.name}: axis", axis, axes)
    if level.name not in names.arrays:
        raise unknown(f"mapping: {level.name}: fan-out", level.name, names.arrays)
    return {"axis": axis, "array": names.arrays[level.name]}
