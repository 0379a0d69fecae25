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
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.formats.fields import as_list, as_whole, check_keys
from accel_models.loopnest import LevelLoops, Mapping, mapping_from_dict
from nets.errors import InputError
from nets.layer import DIMS, TENSORS, Layer
from nets.text_file import naming

_LAYER_KEYS = [field.name for field in dataclasses.fields(Layer)]
_LOOP_KEYS = ("temporal", "spatial")
_HARDWARE_KEYS = [field.name for field in dataclasses.fields(Level) if field.name not in ("name", "keeps", "fanout")]
_MACHINE_KEYS = ("mac_pj", "mac_area_mm2", "clock_hz", "static_mw", "node_nm", "source")


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
    path = Path(path)
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise InputError("nest", str(path), f"cannot be read ({error.strerror})") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError("nest", str(path), f"is no JSON ({error})") from None
    return nest_from_dict(data, path.stem)


def nest_from_dict(data: object, name: str = "nest") -> Nest:
    """Build a nest from plain data; ``name`` is the layer's and the accelerator's unless the data give their own.

    Raises:
        InputError: an unknown key, a missing one, or a value that is not allowed.
    """
    fields = check_keys(data, name, ("expected", "name", *_MACHINE_KEYS), ("layer", "levels"))
    layer = _layer(fields["layer"], name)
    entries = as_list(fields["levels"], f"{name}: levels")
    loops, levels = [], []
    extent = dict(zip(DIMS, layer.bounds))
    for number, entry in enumerate(entries):
        place = f"{name}: levels[{number}]"
        entry = check_keys(entry, place, ("keeps", "fanout", *_LOOP_KEYS, *_HARDWARE_KEYS), ("name",))
        (at,) = mapping_from_dict([{key: entry[key] for key in ("name", *_LOOP_KEYS) if key in entry}]).levels
        loops.append(at)
        keeps = tuple(as_list(entry.get("keeps", TENSORS), f"{place}: keeps"))
        hardware = {key: entry[key] for key in _HARDWARE_KEYS if key in entry}
        _cut(extent, at.temporal)
        fanout = _fanout(entry.get("fanout"), at, extent, place)
        try:
            levels.append(Level(**{"word_bits": None, **hardware}, name=str(at.level), keeps=keeps, fanout=fanout))
        except TypeError:
            raise InputError(place, hardware, "holds a value that is not of the kind its key asks for") from None
    machine = {key: fields[key] for key in _MACHINE_KEYS if key in fields}
    accelerator = Accelerator(name=str(fields.get("name", name)), levels=tuple(levels), **machine)
    return Nest(layer, accelerator, Mapping(tuple(loops)), fields.get("expected"))


def nest_to_dict(nest: Nest) -> dict[str, Any]:
    """Inverse of :func:`nest_from_dict`: what differs from the defaults, as plain data.

    A nest says what each level holds, not what it could: ``keeps`` is the mapping's where the mapping has its own.
    """
    data: dict[str, Any] = {"name": nest.accelerator.name, "layer": _changed(nest.layer, keep=("name",))}
    for key in _MACHINE_KEYS:
        data.update(_changed(nest.accelerator, only=(key,)))
    data["levels"] = []
    for level, entry in zip(nest.accelerator.levels, nest.mapping.to_dict()):
        hardware = _changed(level, only=tuple(_HARDWARE_KEYS))
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
    with naming(path):
        Path(path).write_text(json.dumps(nest_to_dict(nest), indent=1) + "\n")


def _layer(data: object, name: str) -> Layer:
    fields = check_keys(data, f"{name}: layer", _LAYER_KEYS)
    for key, value in fields.items():
        if isinstance(value, list):
            fields[key] = tuple(as_whole(item, f"{name}: layer.{key}") for item in value)
    try:
        return Layer(**{"name": name, **fields})
    except TypeError:
        raise InputError(f"{name}: layer", fields, "holds a value that is not of the kind its key asks for") from None


def _cut(extent: dict[str, int], loops: tuple[Any, ...]) -> None:
    for loop in loops:
        extent[loop.dim] = min(loop.tile, extent[loop.dim])


def _fanout(given: object, at: LevelLoops, extent: dict[str, int], place: str) -> tuple[Axis, ...]:
    """The axes below a level: those given, or else as wide as the spatial loops need; cuts ``extent``."""
    sizes: dict[str, int] = {}
    for loop in at.spatial:
        axis = loop.axis or next(iter(sizes), "X")
        sizes[axis] = sizes.get(axis, 1) * math.ceil(extent[loop.dim] / loop.tile)
        _cut(extent, (loop,))
    if given is None:
        return tuple(Axis(axis, size) for axis, size in sizes.items())
    axes = []
    for item in as_list(given, f"{place}: fanout"):
        if not isinstance(item, list) or len(item) not in (2, 3):
            raise InputError(f"{place}: fanout", item, "is no axis", 'write ["X", 16] or ["X", 16, ["K", "C"]]')
        axes.append(Axis(str(item[0]), item[1], tuple(item[2]) if len(item) == 3 else ()))
    return tuple(axes)


def _changed(value: Any, keep: tuple[str, ...] = (), only: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Fields of a dataclass that differ from their defaults (and those of ``keep``), as plain data."""
    changed = {}
    for field in dataclasses.fields(value):
        if only is not None and field.name not in only:
            continue
        current = getattr(value, field.name)
        default = field.default_factory() if callable(field.default_factory) else field.default
        if field.name in keep or current != default:
            changed[field.name] = list(current) if isinstance(current, tuple) else current
    return changed
