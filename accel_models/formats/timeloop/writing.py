"""A machine, a layer and a mapping as Timeloop's v0.4 files, with tables of energy and area of our own figures.

Every level becomes a ``!Component`` and every axis of a fan-out a ``!Container``. What the form has no place for is
said; what is read back counts the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import yaml

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.cost import evaluate
from accel_models.formats.timeloop.mapping import mapping_entries
from accel_models.formats.timeloop.names import TENSOR_NAMES, Names
from accel_models.formats.written import Written
from accel_models.loopnest import Mapping as Nest
from nets.errors import InputError
from nets.layer import DIMS, TENSORS, Layer

_VERSION: Final = "0.4"
_STEPS: Final = {"P": "Wstride", "Q": "Hstride", "R": "Wdilation", "S": "Hdilation"}
_MESHES: Final = "XY"
_SYSTEM: Final = "system"
_ARITHMETIC: Final = "MAC"


@dataclass(frozen=True, slots=True)
class _Node:
    """A tagged node."""

    tag: str
    fields: Mapping[str, Any]


class _Dumper(yaml.SafeDumper):
    """Writes nodes with their tags, and nothing by reference."""

    def ignore_aliases(self, data: Any) -> bool:
        """All of it."""
        return True


_Dumper.add_representer(_Node, lambda dumper, node: dumper.represent_mapping(f"!{node.tag}", node.fields))


def write_timeloop(accelerator: Accelerator, layer: Layer | None = None, mapping: Nest | None = None) -> Written:
    """Architecture and tables; with a layer its problem, with a mapping that too: a file for each.

    Raises:
        InputError: a mapping without a layer, or what :func:`write_mapping` refuses.
    """
    names = _names(accelerator)
    bits = layer.input_bits if layer is not None else _word_bits(accelerator)
    sections: dict[str, dict[str, Any]] = {
        "architecture": {"architecture": {"version": _VERSION, "nodes": list(_nodes(accelerator, bits))}},
        "tables": {
            "ERT": {"version": _VERSION, "tables": list(_energies(accelerator))},
            "ART": {"version": _VERSION, "tables": list(_areas(accelerator))},
        },
    }
    if layer is not None:
        sections["problem"] = {"problem": _problem(layer)}
    if mapping is not None:
        if layer is None:
            raise InputError("mapping", accelerator.name, "needs the layer that it maps")
        sections["mapping"] = {"mapping": mapping_entries(layer, accelerator, mapping, names)}
    files = {f"{name}.yaml": yaml.dump(data, Dumper=_Dumper, sort_keys=False) for name, data in sections.items()}
    lost = list(_lost(accelerator, layer))
    if layer is not None and mapping is not None:
        lost += _outgrown(accelerator, layer, mapping)
    return Written(files, tuple(lost))


def _word_bits(accelerator: Accelerator) -> int:
    return next((level.word_bits for level in accelerator.levels if level.word_bits is not None), 8)


def _container(level: Level, axis: Axis) -> str:
    return f"{level.name}_{axis.name}"


def _names(accelerator: Accelerator) -> Names:
    """Memories of no entries stand for the axes, as Timeloop's front end makes them of containers."""
    wires = {
        _container(level, axis): f"inter_{_container(level, axis)}_spatial"
        for level in accelerator.levels
        for axis in level.fanout
    }
    memories: list[str] = []
    axes: dict[str, dict[str, str]] = {}
    for level in accelerator.levels:
        memories.append(level.name)
        axes[level.name] = {}
        for mesh, axis in zip(_alternating(), level.fanout):
            memory = wires[_container(level, axis)]
            memories.append(memory)
            axes[memory] = {mesh: axis.name}
    dims = {dim: dim for dim in DIMS}
    return Names(dims, TENSOR_NAMES, tuple(memories), frozenset(wires.values()), axes, wires)


def _alternating() -> Iterator[str]:
    """X and Y in turn: an array of two axes is a mesh of both."""
    while True:
        yield from _MESHES


def _nodes(accelerator: Accelerator, bits: int) -> Iterator[_Node]:
    yield _Node("Container", {"name": _SYSTEM, "attributes": {"global_cycle_seconds": 1 / accelerator.clock_hz}})
    for number, level in enumerate(accelerator.levels):
        yield _Node("Component", _component(level, bits, outermost=number == 0))
        for mesh, axis in zip(_alternating(), level.fanout):
            fields: dict[str, Any] = {"name": _container(level, axis), "spatial": {f"mesh{mesh}": axis.size}}
            if axis.dims:
                idle = [f"{dim}=1" for dim in DIMS if dim not in axis.dims]
                fields["constraints"] = {"spatial": {"factors": idle}}
            yield _Node("Container", fields)
    yield _Node("Component", {"name": _ARITHMETIC, "class": "intmac", "attributes": {"datawidth": bits}})


def _component(level: Level, bits: int, *, outermost: bool) -> dict[str, Any]:
    """A level; one access moves one word."""
    attributes: dict[str, Any] = {"datawidth": level.word_bits or bits, "block_size": 1}
    if math.isfinite(level.capacity_words):
        attributes["entries"] = math.floor(level.capacity_words)
    if level.double_buffered:
        attributes["multiple_buffering"] = 2
    for key in ("read_bandwidth", "write_bandwidth", "shared_bandwidth"):
        if math.isfinite(getattr(level, key)):
            attributes[key] = getattr(level, key)
    kept = {"keep": [TENSOR_NAMES[tensor] for tensor in TENSORS if tensor in level.keeps],
            "bypass": [TENSOR_NAMES[tensor] for tensor in TENSORS if tensor not in level.keeps]}  # fmt: skip
    kind = "DRAM" if outermost and "entries" not in attributes else "storage"
    return {"name": level.name, "class": kind, "attributes": attributes, "constraints": {"dataspace": kept}}


def _energies(accelerator: Accelerator) -> Iterator[dict[str, Any]]:
    for level in accelerator.levels:
        actions = {"read": level.read_pj, "write": level.write_pj, "update": level.write_pj}
        yield _row(level.name, {"actions": [_action(name, energy) for name, energy in actions.items()]})
    yield _row(_ARITHMETIC, {"actions": [_action("compute", accelerator.mac_pj)]})


def _action(name: str, energy: float) -> dict[str, Any]:
    return {"name": name, "arguments": {}, "energy": energy}


def _areas(accelerator: Accelerator) -> Iterator[dict[str, Any]]:
    for level in accelerator.levels:
        yield _row(level.name, {"area": level.area_mm2 * 1e6})
    yield _row(_ARITHMETIC, {"area": accelerator.mac_area_mm2 * 1e6})


def _row(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": f"{_SYSTEM}_top_level.{name}", **fields}


def _problem(layer: Layer) -> dict[str, Any]:
    """A shape of all eight dims, of which those of size 1 do nothing."""
    window = [[["R", _STEPS["R"]], ["P", _STEPS["P"]]], [["S", _STEPS["S"]], ["Q", _STEPS["Q"]]]]
    spaces = {
        "W": [[[dim]] for dim in "GKCRS"],
        "I": [*([[dim]] for dim in "NGC"), *window],
        "O": [[[dim]] for dim in "NGKPQ"],
    }
    steps = dict(zip("PQRS", (*layer.stride, *layer.dilation)))
    return {
        "version": _VERSION,
        "shape": {
            "name": layer.kind,
            "dimensions": list(DIMS),
            "coefficients": [{"name": name, "default": 1} for name in _STEPS.values()],
            "data_spaces": [
                {"name": TENSOR_NAMES[tensor], "projection": axes, "read_write": tensor == "O"}
                for tensor, axes in spaces.items()
            ],
        },
        "instance": dict(zip(DIMS, layer.bounds)) | {_STEPS[dim]: step for dim, step in steps.items()},
    }


def _lost(accelerator: Accelerator, layer: Layer | None) -> Iterator[str]:
    """What Timeloop's form has no place for."""
    yield from accelerator.unpacking
    for level in accelerator.levels:
        if level.partition_words:
            yield f"{level.name}: words reserved for a tensor; Timeloop shares a memory among its tensors"
        if level.network_pj:
            yield f"{level.name}: {level.network_pj:.3g} pJ of a word on its wires; ERT has no action for it"
        if level.leakage_mw:
            yield f"{level.name}: leakage of {level.leakage_mw:.3g} mW"
        if math.isfinite(level.capacity_words) and level.capacity_words % 1:
            yield f"{level.name}: {level.capacity_words:g} words, rounded down"
    if accelerator.static_mw:
        yield f"static power of {accelerator.static_mw:.3g} mW"
    for name in accelerator.other_area_mm2:
        yield f"area of {name}"
    if layer is None:
        return
    if any(layer.padding):
        yield f"{layer.name}: padding; Timeloop counts padded inputs as any others"
    widths = {layer.weight_bits, layer.input_bits, layer.output_bits, layer.psum_bits}
    words = {level.word_bits for level in accelerator.levels} - {None}
    if words and (len(widths) > 1 or widths != words):
        yield f"{layer.name}: operands of {sorted(widths)} bits; one element is one word for Timeloop"


def _outgrown(accelerator: Accelerator, layer: Layer, mapping: Nest) -> list[str]:
    """Why Timeloop refuses a mapping that fits here, where a word holds several elements: it has one in each."""
    finite = [math.isfinite(level.capacity_words) for level in accelerator.levels]
    levels = tuple(
        replace(level, word_bits=None, capacity_words=math.floor(level.capacity_words) if limited else math.inf)
        for level, limited in zip(accelerator.levels, finite)
    )
    error = evaluate(layer, replace(accelerator, levels=levels), mapping).error
    return [] if error is None else [f"room for this mapping; of one element a word it is refused: {error}"]
