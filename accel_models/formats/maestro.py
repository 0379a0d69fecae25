"""MAESTRO's mapping files (``.m``: networks, layers, dataflow directives) and hardware files.

A dataflow is a list of directives, outermost first: ``TemporalMap(size, offset) dim`` and ``SpatialMap(size, offset)
dim`` cut pieces of ``size`` that start ``offset`` apart, and ``Cluster(n)`` groups ``n`` units of the next level; what
stands below it says what the units of one cluster do. ``Y`` and ``X`` are input rows and columns, whose pieces overlap
by the filter (``TemporalMap(Sz(R), 1) Y`` is one output row at a time; the offset counts outputs, whatever the stride),
``Y'`` and ``X'`` output rows and columns.

The machine becomes ``DRAM``, ``L2``, one level that holds nothing for every ``Cluster``, and ``L1``. MAESTRO takes
every tensor to lie in L2 at once and only warns when a buffer is too small, so its sizes limit nothing unless asked to.
"""

from __future__ import annotations

import math
import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.loopnest import LevelLoops, Loop, Mapping
from nets.documents import read_text
from nets.errors import InputError, unknown
from nets.layer import DIMS, Layer

_HARDWARE_KEYS = ("num_pes", "l1_size_cstr", "l2_size_cstr", "noc_bw_cstr", "offchip_bw_cstr")
_WINDOW = {"Y": ("P", "R", 0), "X": ("Q", "S", 1)}
_PLAIN = {"N": "N", "G": "G", "K": "K", "C": "C", "R": "R", "S": "S", "Y'": "P", "X'": "Q"}
MOST_DIGITS = 15
_LAYER_TYPES = ("CONV", "PWCONV", "DSCONV", "NGCONV")
_TOKEN = re.compile(r"\s+|//[^\n]*|([A-Za-z_][\w.]*'?|\d+|[{}():;,+-])")


@dataclass(frozen=True, slots=True)
class Hardware:
    """A hardware file: processing elements, bytes of the buffers, words per cycle of the network and off the chip."""

    num_pes: int
    l1_size_cstr: float = math.inf
    l2_size_cstr: float = math.inf
    noc_bw_cstr: float = math.inf
    offchip_bw_cstr: float = math.inf


@dataclass(frozen=True, slots=True)
class Directive:
    """One line of a dataflow; ``dim`` is empty for ``Cluster``, whose ``size`` is its number of units."""

    kind: str
    size: int
    offset: int = 0
    dim: str = ""


@dataclass(frozen=True, slots=True)
class MaestroCase:
    """One layer of a mapping file.

    Attributes:
        layer, accelerator, mapping: as read.
        units: how many units each cluster level has, outermost first.
        directives: the dataflow as written.
        lacks: what the files ask for that the model does not have.
    """

    layer: Layer
    accelerator: Accelerator
    mapping: Mapping
    units: tuple[int, ...]
    directives: tuple[Directive, ...]
    lacks: tuple[str, ...] = ()


def load_maestro(mapping: str | Path, hardware: str | Path, *, enforce_sizes: bool = False) -> tuple[MaestroCase, ...]:
    """Read the layers of a mapping file on the machine of a hardware file.

    Args:
        mapping, hardware: paths of the two files.
        enforce_sizes: let the buffers' sizes limit what they hold (MAESTRO itself does not).

    Raises:
        InputError: a file that cannot be read or parsed, or a dataflow that is no loop nest.
    """
    machine = read_hardware(read_text("MAESTRO file", hardware), Path(hardware).name)
    return tuple(
        _case(name, fields, machine, Path(hardware).stem, enforce_sizes, f"{Path(mapping).name}: {name}")
        for name, fields in _Parser(read_text("MAESTRO file", mapping), Path(mapping).name).network()
    )


def read_hardware(text: str, place: str) -> Hardware:
    """Read ``key: value`` lines.

    Raises:
        InputError: an unknown key, a value that is no positive number, or no ``num_pes``.
    """
    values: dict[str, float] = {}
    for line in text.splitlines():
        line = line.split("//")[0].strip()
        if not line:
            continue
        key, _, value = (part.strip() for part in line.partition(":"))
        if key not in _HARDWARE_KEYS:
            raise unknown(f"{place}: key", key, _HARDWARE_KEYS)
        if not re.fullmatch(r"\d{1,15}(\.\d{1,15})?", value) or not float(value) > 0:
            raise InputError(f"{place}: {key}", value, "must be a number greater than zero, of at most 15 digits")
        if key in values:
            raise InputError(f"{place}: {key}", value, "is given twice")
        values[key] = float(value)
    if "num_pes" not in values or values["num_pes"] != int(values["num_pes"]):
        raise InputError(f"{place}: num_pes", values.get("num_pes"), "must be a whole number of processing elements")
    return Hardware(int(values.pop("num_pes")), **values)


class _Parser:
    """Recursive descent over the few forms a mapping file has."""

    def __init__(self, text: str, place: str) -> None:
        self.place = place
        self.tokens: deque[tuple[str, int]] = deque()
        position, line = 0, 1
        while position < len(text):
            match = _TOKEN.match(text, position)
            if not match:
                raise InputError(f"{place}, line {line}", text[position], "is no part of a mapping file")
            if match[1]:
                self.tokens.append((match[1], line))
            line += match[0].count("\n")
            position = match.end()
        self.tokens.append(("the end", line))

    def take(self, *expected: str) -> str:
        """The next token, which must be one of ``expected`` if there are any."""
        token, line = self.tokens[0]
        if token == "the end" or (expected and token not in expected):
            raise InputError(f"{self.place}, line {line}", token, f"stands where {' or '.join(expected)} should")
        self.tokens.popleft()
        return token

    def network(self) -> list[tuple[str, dict[str, Any]]]:
        """Every layer: its name and its sections."""
        self.take("Network")
        self.take()
        self.take("{")
        layers = []
        while self.take("Layer", "}") == "Layer":
            name = self.take()
            self.take("{")
            layers.append((name, self.layer()))
        return layers

    def layer(self) -> dict[str, Any]:
        """Sections of a layer up to its closing brace."""
        fields: dict[str, Any] = {}
        while (key := self.take("Type", "Stride", "Dimensions", "Dataflow", "}")) != "}":
            if key == "Type":
                self.take(":")
                fields[key] = self.take()
            elif key == "Dataflow":
                fields[key] = self.dataflow(fields.get("Dimensions", {}))
            else:
                fields[key] = self.numbers()
            if self.tokens[0][0] == ";":
                self.take(";")
        return fields

    def numbers(self) -> dict[str, int]:
        """``{ K: 24, C: 144 }``."""
        self.take("{")
        values: dict[str, int] = {}
        while (key := self.take()) != "}":
            if key != ",":
                self.take(":")
                if key in values:
                    raise InputError(f"{self.place}, line {self.tokens[0][1]}", key, "is given twice")
                values[key] = self.number({})
        return values

    def number(self, sizes: dict[str, int]) -> int:
        """A sum of numbers and ``Sz(dim)``."""
        total, sign = 0, 1
        while True:
            token = self.take()
            if token == "Sz":
                self.take("(")
                dim = self.take()
                if dim not in sizes:
                    raise unknown(f"{self.place}, line {self.tokens[0][1]}: Sz", dim, sizes)
                self.take(")")
                total += sign * sizes[dim]
            elif token.isdecimal() and len(token) <= MOST_DIGITS:
                total += sign * int(token)
            else:
                raise InputError(
                    f"{self.place}, line {self.tokens[0][1]}", token, f"is no number of at most {MOST_DIGITS} digits"
                )
            if self.tokens[0][0] not in ("+", "-"):
                return total
            sign = 1 if self.take() == "+" else -1

    def dataflow(self, sizes: dict[str, int]) -> list[Directive]:
        """Directives up to the closing brace."""
        self.take("{")
        found = []
        while (kind := self.take("TemporalMap", "SpatialMap", "Cluster", "}")) != "}":
            self.take("(")
            size = self.number(sizes)
            self.take(",")
            if kind == "Cluster":
                self.take()
                self.take(")")
                found.append(Directive(kind, size))
            else:
                offset = self.number(sizes)
                self.take(")")
                found.append(Directive(kind, size, offset, self.take()))
            self.take(";")
        return found


def _case(
    name: str, fields: dict[str, Any], machine: Hardware, machine_name: str, enforce: bool, place: str
) -> MaestroCase:
    layer = _layer(name, fields, place)
    directives = tuple(fields.get("Dataflow", ()))
    groups: list[list[Directive]] = [[]]
    sizes = []
    for directive in directives:
        if directive.kind == "Cluster":
            groups.append([])
            sizes.append(directive.size)
        else:
            groups[-1].append(directive)
    units = _units(machine.num_pes, sizes, place)
    extent = dict(zip(DIMS, layer.bounds))
    nest = [LevelLoops("DRAM")]
    levels = [Level(name="DRAM", word_bits=None, shared_bandwidth=machine.offchip_bw_cstr)]
    for number, (group, count) in enumerate(zip(groups, units)):
        level = "L2" if number == 0 else f"cluster {number}"
        temporal, spatial = _loops(group, count, extent, layer, place)
        nest.append(LevelLoops(level, temporal, spatial))
        levels.append(
            Level(
                name=level,
                keeps=("W", "I", "O") if number == 0 else (),
                word_bits=None,
                capacity_words=machine.l2_size_cstr if enforce and number == 0 else math.inf,
                read_bandwidth=machine.noc_bw_cstr if number == 0 else math.inf,
                write_bandwidth=machine.noc_bw_cstr if number == 0 else math.inf,
                fanout=(Axis("units", count),),
            )
        )
    innermost = tuple(Loop(dim, 1) for dim in ("K", "C", "P", "Q", "R", "S") if extent[dim] > 1)
    nest.append(LevelLoops("L1", innermost))
    levels.append(
        Level(
            name="L1",
            word_bits=None,
            capacity_words=machine.l1_size_cstr if enforce else math.inf,
            double_buffered=enforce,
        )
    )
    accelerator = Accelerator(name=machine_name, levels=tuple(levels), source="MAESTRO hardware file")
    lacks = []
    words = layer.weight_words + layer.input_words + layer.output_words
    if not enforce and words > machine.l2_size_cstr:
        lacks.append(f"L2 holds {machine.l2_size_cstr:g} words and is taken to hold all {words} of the layer")
    return MaestroCase(layer, accelerator, Mapping(tuple(nest)), tuple(units), directives, tuple(lacks))


def _units(num_pes: int, sizes: list[int], place: str) -> list[int]:
    """Units at each cluster level, outermost first; processing elements left over stay idle."""
    per_cluster = math.prod(sizes)
    if min(sizes, default=1) < 1 or per_cluster > num_pes:
        raise InputError(f"{place}: Cluster", sizes, f"must be of 1 to {num_pes} processing elements together")
    return [num_pes // per_cluster, *sizes]


def _layer(name: str, fields: dict[str, Any], place: str) -> Layer:
    for key in ("Type", "Dimensions", "Dataflow"):
        if key not in fields:
            raise InputError(place, sorted(fields), f"lacks {key!r}")
    kind = fields["Type"]
    if kind not in _LAYER_TYPES:
        raise InputError(f"{place}: Type", kind, "is no type the model reads", "it reads " + ", ".join(_LAYER_TYPES))
    dims = dict(fields["Dimensions"])
    for dim in dims:
        if dim not in ("N", "G", "K", "C", "R", "S", "Y", "X"):
            raise unknown(f"{place}: Dimensions", dim, ("N", "G", "K", "C", "R", "S", "Y", "X"))
    steps = fields.get("Stride", {})
    for dim, step in steps.items():
        if dim not in ("Y", "X"):
            raise unknown(f"{place}: Stride", dim, ("Y", "X"))
        if step < 1:
            raise InputError(f"{place}: Stride.{dim}", step, "must be at least 1")
    stride = (steps.get("Y", 1), steps.get("X", 1))
    bounds = {dim: dims.get(dim, 1) for dim in ("N", "G", "K", "C", "R", "S")}
    if kind == "DSCONV":
        bounds |= {"G": bounds["C"], "C": 1, "K": 1}
    for extent, tap, out, step in (("Y", "R", "P", stride[0]), ("X", "S", "Q", stride[1])):
        if dims.get(extent, 1) < bounds[tap]:
            raise InputError(
                f"{place}: Dimensions.{extent}", dims.get(extent, 1), f"is smaller than the filter's {tap}"
            )
        bounds[out] = (dims.get(extent, 1) - bounds[tap]) // step + 1
    return Layer(name=name, stride=stride, **bounds)


def _loops(
    group: list[Directive], units: int, extent: dict[str, int], layer: Layer, place: str
) -> tuple[tuple[Loop, ...], tuple[Loop, ...]]:
    """Loops over time and in parallel of one cluster level; cuts ``extent``."""
    cuts = [(directive, *_piece(directive, extent, layer, place)) for directive in group]
    parallel = [(dim, size) for directive, dim, size in cuts if directive.kind == "SpatialMap" and dim]
    if len(parallel) > 1:
        raise InputError(
            f"{place}: SpatialMap", [dim for dim, _ in parallel], "are two in one cluster; the model takes one"
        )
    temporal, spatial = [], []
    for directive, dim, size in cuts:
        if not dim:
            continue
        if directive.kind == "SpatialMap" and size < extent[dim]:
            spatial.append(Loop(dim, size))
            size = min(size * units, extent[dim])
        if size < extent[dim]:
            temporal.append(Loop(dim, size))
        extent[dim] = size
    for loop in spatial:
        extent[loop.dim] = loop.tile
    return tuple(temporal), tuple(spatial)


def _piece(directive: Directive, extent: dict[str, int], layer: Layer, place: str) -> tuple[str, int]:
    """Our dim of a directive and the piece it cuts; no dim where it cuts nothing."""
    where = f"{place}: {directive.kind}({directive.size},{directive.offset}) {directive.dim}"
    if directive.dim in _WINDOW:
        dim, tap, axis = _WINDOW[directive.dim]
        taps = getattr(layer, tap)
        if (directive.size, directive.offset) == (1, 1) and extent[dim] == 1 and taps > 1:
            return "", 0  # rows of the input that go along with the rows of the filter
        size = directive.offset
        if size < 1:
            raise InputError(where, size, "must be at least 1")
        if directive.size != (size - 1) * layer.stride[axis] + taps and size < extent[dim]:
            raise InputError(where, directive.size, f"is not the input of {size} outputs", "write (Sz(R)+n-1, n)")
        return dim, min(size, extent[dim])
    if directive.dim not in _PLAIN:
        raise unknown(f"{where}: dim", directive.dim, [*_PLAIN, *_WINDOW])
    dim = _PLAIN[directive.dim]
    if directive.size < 1:
        raise InputError(where, directive.size, "must be at least 1")
    if directive.size != directive.offset:
        raise InputError(where, directive.offset, f"must equal the size; pieces of {directive.dim} cannot overlap")
    return dim, min(directive.size, extent[dim])
