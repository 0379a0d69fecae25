"""The plain JSON nest: layer, memories and loops in one file that a person can write by hand.

::

    {"layer": {"K": 64, "P": 28, "Q": 28},
     "levels": [
       {"name": "DRAM", "keeps": ["W", "I", "O"], "temporal": [["K", 16]], "spatial": []},
       {"name": "L1", "keeps": ["W", "O"], "temporal": [["P", 1], ["K", 1]], "spatial": [["Q", 1, "X"]]}]}

Levels stand outermost first. A loop ``["K", 16]`` cuts the extent that ``K`` has at that place into pieces of 16, the
last one smaller when 16 does not divide it; temporal loops stand outermost first, spatial ones may name their axis. A
level that says nothing about hardware is endless, costs nothing and holds any element in one word.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.formats.nest_keys import HARDWARE_KEYS, MACHINE_KEYS
from accel_models.loopnest import LevelLoops, Mapping
from accel_models.uneven import unfold_for
from nets.documents import Document, read_json, write_whole
from nets.documents.plain import plain
from nets.documents.typed import typed
from nets.layer import DIMS, Layer


@dataclass(frozen=True, slots=True)
class Nest:
    """What a nest file holds.

    Attributes:
        layer, accelerator, mapping: what to evaluate.
        expected: reference figures that came with the file, if any (not used to evaluate anything).
    """

    layer: Layer
    accelerator: Accelerator
    mapping: Mapping
    expected: dict[str, Any] | None = None


def read_nest(path: str | Path) -> Nest:
    """Read a nest from a JSON file.

    Raises:
        InputError: the file is missing or no JSON, or breaks a rule of the format.
    """
    return _nest(read_json(path, "nest"), Path(path).stem)


def nest_from_dict(data: object, name: str = "nest") -> Nest:
    """Build a nest from plain data; ``name`` is the layer's and the accelerator's unless the data give their own.

    Raises:
        InputError: an unknown key, a missing one, or a value that is not allowed.
    """
    return _nest(Document(data, name), name)


def _nest(document: Document, name: str) -> Nest:
    from accel_models.formats.nest_model import NestEntry

    entry = typed(NestEntry, document)
    given = entry.layer.model_dump(exclude_unset=True)
    with document.at(("layer",)):
        layer = Layer(**{"name": name, **given})
    extent = dict(zip(DIMS, layer.bounds))
    loops, levels = [], []
    for number, level in enumerate(entry.levels):
        at = dataclasses.replace(level.loops(), keeps=None)  # a machine's level holds no more than the mapping does
        loops.append(at)
        _cut(extent, at.temporal)
        fanout = _fanout(level.fanout, at, extent)
        hardware = {key: getattr(level, key) for key in HARDWARE_KEYS}
        with document.at(("levels", number)):
            levels.append(Level(name=level.name, keeps=level.keeps or (), fanout=fanout, **hardware))
    machine = {key: getattr(entry, key) for key in MACHINE_KEYS}
    with document.at(()):
        accelerator = Accelerator(name=entry.name or name, levels=tuple(levels), **machine)
    return Nest(layer, accelerator, Mapping(tuple(loops)), entry.expected)


def nest_to_dict(nest: Nest) -> dict[str, Any]:
    """Inverse of :func:`nest_from_dict`: what differs from the defaults, as plain data.

    A nest says what each level holds, not what it could: ``keeps`` is the mapping's where the mapping has its own. A
    memory that the mapping names several times in a row becomes as many levels, the further ones of which share it.
    """
    accelerator, mapping = unfold_for(nest.accelerator, nest.mapping)
    data: dict[str, Any] = {"name": accelerator.name, "layer": _changed(nest.layer, keep=("name",))}
    for key in MACHINE_KEYS:
        data.update(_changed(accelerator, only=(key,)))
    data["levels"] = []
    for level, entry in zip(accelerator.levels, mapping.to_dict(), strict=True):
        hardware = _changed(level, only=HARDWARE_KEYS)
        if level.word_bits is None:
            hardware.pop("word_bits", None)
        else:
            hardware["word_bits"] = level.word_bits
        fanout = [[axis.name, axis.size, *([list(axis.dims)] if axis.dims else [])] for axis in level.fanout]
        entry = {"keeps": list(level.keeps), **entry, **hardware, **({"fanout": fanout} if fanout else {})}
        data["levels"].append({"name": entry.pop("name"), **entry})
    if nest.expected is not None:
        data["expected"] = nest.expected
    return data


def write_nest(nest: Nest, path: str | Path) -> None:
    """Write a nest to a JSON file."""
    write_whole(path, json.dumps(nest_to_dict(nest), indent=1) + "\n")


def _cut(extent: dict[str, int], loops: tuple[Any, ...]) -> None:
    for loop in loops:
        extent[loop.dim] = min(loop.tile, extent[loop.dim])


def _fanout(given: tuple[Axis, ...] | None, at: LevelLoops, extent: dict[str, int]) -> tuple[Axis, ...]:
    """The axes below a level: those given, or else as wide as the spatial loops need; cuts ``extent``."""
    sizes: dict[str, int] = {}
    for loop in at.spatial:
        axis = loop.axis or next(iter(sizes), "X")
        sizes[axis] = sizes.get(axis, 1) * -(-extent[loop.dim] // loop.tile)
        _cut(extent, (loop,))
    return tuple(Axis(axis, size) for axis, size in sizes.items()) if given is None else given


def _changed(value: Any, keep: tuple[str, ...] = (), only: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Fields of a dataclass that differ from their defaults (and those of ``keep``), as plain data."""
    changed = {}
    for field in dataclasses.fields(value):
        if only is not None and field.name not in only:
            continue
        current = getattr(value, field.name)
        default = field.default_factory() if callable(field.default_factory) else field.default
        if field.name in keep or current != default:
            changed[field.name] = plain(current)
    return changed
