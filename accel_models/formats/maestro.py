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
from nets.documents import Document, read_text
from nets.documents.scalars import Scalar, ScalarError, plain
from nets.documents.strict import STRICT
from nets.documents.typed import typed
from nets.errors import InputError, unknown
from nets.layer import DIMS, Layer
from nets.ranges import require_figure, require_whole

_WINDOW = {"Y": ("P", "R", 0), "X": ("Q", "S", 1)}
_PLAIN = {"N": "N", "G": "G", "K": "K", "C": "C", "R": "R", "S": "S", "Y'": "P", "X'": "Q"}
MOST_DIGITS = 15
_TOKEN = re.compile(r"\s+|//[^\n]*|([A-Za-z_][\w.]*'?|\d+|[{}():;,+-])")


@dataclass(frozen=True, slots=True)
class Hardware:
    """A hardware file: processing elements, bytes of the buffers, words per cycle of the network and off the chip."""

    __pydantic_config__ = STRICT

    num_pes: int
    l1_size_cstr: float = math.inf
    l2_size_cstr: float = math.inf
    noc_bw_cstr: float = math.inf
    offchip_bw_cstr: float = math.inf

    def __post_init__(self) -> None:
        require_whole("num_pes", self.num_pes)
        for name in ("l1_size_cstr", "l2_size_cstr", "noc_bw_cstr", "offchip_bw_cstr"):
            require_figure(name, getattr(self, name), endless=True)


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
    layers = _Parser(read_text("MAESTRO file", mapping), Path(mapping).name).network()
    return tuple(
        _case(document, directives, machine, Path(hardware).stem, enforce_sizes) for document, directives in layers
    )


def read_hardware(text: str, place: str) -> Hardware:
    """Read ``key: value`` lines.

    Raises:
        InputError: a key that is not known, stands twice or is missing, or a value that is no positive number.
    """
    values: dict[str, Scalar] = {}
    lines: dict[tuple[str | int, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        key, _, value = (part.strip() for part in line.split("//")[0].partition(":"))
        if key in values:
            raise InputError(f"{place}: {key} (line {number})", value, "is given twice")
        if key:
            try:
                values[key], lines[key,] = plain(value), number
            except ScalarError as error:
                raise InputError(f"{place}: {key} (line {number})", value, str(error)) from None
    return typed(Hardware, Document(values, place, lines=lines))


class _Parser:
    """Recursive descent over the few forms a mapping file has."""

    def __init__(self, text: str, place: str) -> None:
        self.place = place
        self.lines: dict[tuple[str | int, ...], int] = {}
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

    def network(self) -> list[tuple[Document, tuple[Directive, ...]]]:
        """Every layer: its sections, with the layer's name as their place, and its dataflow."""
        self.take("Network")
        self.take()
        self.take("{")
        layers = []
        while self.take("Layer", "}") == "Layer":
            place = f"{self.place}: {self.take()}"
            self.take("{")
            self.lines = {}
            fields = self.layer()
            dataflow = tuple(fields.pop("Dataflow", ()))
            layers.append((Document(fields, place, lines=self.lines), dataflow))
        return layers

    def layer(self) -> dict[str, Any]:
        """Sections of a layer up to its closing brace."""
        fields: dict[str, Any] = {}
        while (key := self.take("Type", "Stride", "Dimensions", "Dataflow", "}")) != "}":
            self.lines[key,] = self.tokens[0][1]
            if key == "Type":
                self.take(":")
                fields[key] = self.take()
            elif key == "Dataflow":
                fields[key] = self.dataflow(fields.get("Dimensions", {}))
            else:
                fields[key] = self.numbers(key)
            if self.tokens[0][0] == ";":
                self.take(";")
        return fields

    def numbers(self, section: str) -> dict[str, int]:
        """``{ K: 24, C: 144 }``."""
        self.take("{")
        values: dict[str, int] = {}
        while (key := self.take()) != "}":
            if key != ",":
                self.take(":")
                if key in values:
                    raise InputError(f"{self.place}, line {self.tokens[0][1]}", key, "is given twice")
                self.lines[section, key] = self.tokens[0][1]
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
                    f"{self.place}, line {self.tokens[0][1]}",
                    token,
                    f"is no number of at most {MOST_DIGITS} digits, nor Sz(DIM)",
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
    document: Document, directives: tuple[Directive, ...], machine: Hardware, machine_name: str, enforce: bool
) -> MaestroCase:
    layer, place = _layer(document), document.place
    if not directives:
        raise InputError(place, "Dataflow", "is missing", "give Dataflow { ... }")
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
    innermost = tuple(Loop(dim, 1) for dim in ("G", "K", "C", "P", "Q", "R", "S") if extent[dim] > 1)
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


def _layer(document: Document) -> Layer:
    from accel_models.formats.maestro_model import LayerEntry

    entry = typed(LayerEntry, document)
    rows, columns = entry.stride.Y, entry.stride.X
    bounds = entry.dimensions.model_dump(exclude={"Y", "X"})
    if entry.type == "DSCONV":
        bounds |= {"G": bounds["C"], "C": 1, "K": 1}
    with document.at(("Dimensions",)):
        for extent, tap, out, step in (("Y", "R", "P", rows), ("X", "S", "Q", columns)):
            size = getattr(entry.dimensions, extent)
            if size < bounds[tap]:
                raise InputError(extent, size, f"is smaller than the filter's {tap}")
            bounds[out] = (size - bounds[tap]) // step + 1
    with document.at(()):
        return Layer(name=document.place.rsplit(": ", 1)[-1], stride=(rows, columns), **bounds)


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
    depthwise = layer.C == 1 < layer.G
    dim = "G" if directive.dim == "C" and depthwise else _PLAIN[directive.dim]
    if directive.size < 1:
        raise InputError(where, directive.size, "must be at least 1")
    if directive.size != directive.offset:
        raise InputError(where, directive.offset, f"must equal the size; pieces of {directive.dim} cannot overlap")
    return dim, min(directive.size, extent[dim])
