"""ZigZag 3: its hardware, workload and mapping files, and Stream's files of one core; read, and written.

``load_zigzag(folder)`` takes the YAML files of a folder for what they hold: ``memories`` and an ``operational_array``
are hardware, a list of equations is a workload, a list of ``spatial_mapping`` a mapping.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accel_models.accelerator import Accelerator
from accel_models.formats.zigzag.hardware import hardware
from accel_models.formats.zigzag.ordering import Loops, nest_of
from accel_models.formats.zigzag.stream import read_chip
from accel_models.formats.zigzag.stream_chip import KEYS
from accel_models.formats.zigzag.writing import write_zigzag
from accel_models.loopnest import Mapping as Nest
from nets.documents import Document, files_in, read_yaml
from nets.documents.typed import typed
from nets.errors import InputError, unknown
from nets.layer import Layer
from nets.workloads.zigzag import read_layer

if TYPE_CHECKING:
    from accel_models.formats.zigzag.model import MappingEntry
    from nets.workloads.zigzag_model import LayerEntry

__all__ = ["ZigzagCase", "load_zigzag", "read_hardware", "write_zigzag"]


@dataclass(frozen=True, slots=True)
class ZigzagCase:
    """A layer of a workload on a machine.

    Attributes:
        layer, accelerator: as read.
        mapping: ``None`` where the mapping file gives no order of loops, which ZigZag then searches.
        constraints: what the file's spatial mapping holds a mapper to, as :mod:`mappings.constraint_text` writes it.
    """

    layer: Layer
    accelerator: Accelerator
    mapping: Nest | None
    constraints: tuple[str, ...]


def read_hardware(path: str | Path) -> Accelerator:
    """The machine of a hardware file, or of Stream's file of a chip.

    Raises:
        InputError: what the readers of either refuse.
    """
    document = read_yaml(path, "ZigZag hardware")
    if isinstance(document.data, Mapping) and KEYS & document.data.keys():
        return read_chip(document, Path(path).parent)
    return hardware(document)


def load_zigzag(folder: str | Path) -> tuple[ZigzagCase, ...]:
    """Every layer of a folder's workload that runs on the MAC array.

    Raises:
        InputError: no such folder; not one hardware, one workload and at most one mapping in it; or what the readers
            refuse.
    """
    from accel_models.formats.zigzag.model import MappingFile
    from nets.workloads.zigzag_model import MAC_OPERATORS, Workload

    files = _sorted(Path(folder))
    workload, mappings = files["workload"], files.get("mapping")
    entries = typed(MappingFile, mappings) if mappings is not None else ()
    cases = []
    for number, entry in enumerate(typed(Workload, workload)):
        if entry.operator_type in MAC_OPERATORS:
            with workload.at((number,)):
                layer, dims = read_layer(entry)
            at = _chosen(entry, entries)
            if at is None or mappings is None:
                cases.append(ZigzagCase(layer, hardware(files["hardware"]), None, ()))
                continue
            accelerator = hardware(files["hardware"], entries[at].memory_operand_links.tensors())
            with mappings.at((at,)):
                cases.append(_case(layer, dims, entries[at], accelerator))
    return tuple(cases)


def _sorted(folder: Path) -> dict[str, Document]:
    """The documents of a folder by what they hold."""
    found: dict[str, Document] = {}
    for path in files_in("ZigZag files", folder, ".yaml", ".yml"):
        document = read_yaml(path, "ZigZag files")
        if not isinstance(document.data, Mapping | list):
            rule = "is neither a hardware (a mapping) nor a workload or a mapping (lists)"
            raise InputError("ZigZag files", str(path), rule, "give a folder of hardware, workload, mapping")
        kind = _kind(document)
        if kind in found:
            raise InputError("ZigZag files", str(path), f"is a second {kind} beside {found[kind].place}")
        found[kind] = document
    for kind in ("hardware", "workload"):
        if kind not in found:
            raise InputError(
                "ZigZag files", str(folder), f"holds no {kind}", "give a folder of hardware, workload, mapping"
            )
    return found


def _kind(document: Document) -> str:
    """What a document holds, by the key that each entry of it must have."""
    data: Any = document.data
    if isinstance(data, Mapping):
        return "hardware"
    first = data[0] if isinstance(data, list) and data else None
    return "workload" if isinstance(first, Mapping) and ("equation" in first or "loop_dims" in first) else "mapping"


def _chosen(layer: LayerEntry, entries: tuple[MappingEntry, ...]) -> int | None:
    """The mapping of a layer: of its name, of its operator, or the default."""
    names = [entry.name for entry in entries]
    return next((names.index(name) for name in (layer.name, layer.operator_type, "default") if name in names), None)


def _case(layer: Layer, dims: Mapping[str, str], entry: MappingEntry, accelerator: Accelerator) -> ZigzagCase:
    spatial = {axis: _loops(loops, dims) for axis, loops in entry.unrolled().items()}
    constraints = tuple(_parallel(accelerator, spatial))
    if entry.temporal_ordering is None:
        return ZigzagCase(layer, accelerator, None, constraints)
    temporal = _loops(_filled(entry, spatial, layer, dims), dims)
    accelerator, mapping = nest_of(layer, accelerator, temporal, spatial)
    return ZigzagCase(layer, accelerator, mapping, constraints)


def _loops(given: Loops, dims: Mapping[str, str]) -> list[tuple[str, int]]:
    for name, _ in given:
        if name not in dims:
            raise unknown("loop dim", name, dims)
    return [(dims[name], trips) for name, trips in given]


def _filled(
    entry: MappingEntry, spatial: Mapping[str, Loops], layer: Layer, dims: Mapping[str, str]
) -> list[tuple[str, int]]:
    """The loops over time, with what the others leave of a dim in the place of ``*``."""
    given = entry.temporal_ordering or ()
    loops = []
    for name, trips in given:
        if trips == "*":
            ours = dims.get(name, "")
            others = [size for of, size in given if of == name and size != "*"]
            parallel = [size for entries in spatial.values() for of, size in entries if of == ours]
            bound, made = getattr(layer, ours, 1), math.prod((*others, *parallel))
            if bound % made:
                raise InputError("temporal_ordering", name, f"cannot take the rest of {bound} after {made}")
            trips = bound // made
        loops.append((name, trips))
    return loops


def _parallel(accelerator: Accelerator, spatial: Mapping[str, Loops]) -> list[str]:
    """The dims that each axis may run."""
    return [
        f"{level.name}.{axis.name}.parallel = {','.join(dict.fromkeys(dim for dim, _ in spatial[axis.name])) or 'none'}"
        for level in accelerator.levels
        for axis in level.fanout
        if axis.name in spatial
    ]
