"""What varies of a machine, as a person writes it: ``GLB.capacity=16KB..512KB, GLB.X=4..32, DRAM=lpddr4|hbm2``.

The names are those of :func:`fields_of`. Behind one stands a range, ``16KB..512KB``, one with a step,
``16KB..512KB:16KB``, or alternatives, ``4|8|16``. Tensors and dims are written by their letters: ``L1.keeps=WIO|IO``,
``GLB.X.dims=K|CR``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from accel_models.dram import DRAM
from accel_models.family import Varied
from accel_models.structure import BANDWIDTHS, MEMORY_KINDS, BuiltLevel, Structure
from accel_models.technology import NODES_NM
from cosearch.problem.budget import QUANTITIES, Quantity
from nets.documents.grammar import Piece, read_pairs
from nets.elementary import power
from nets.layer import DIMS, TENSORS

EXAMPLE: Final = "GLB.capacity=16KB..512KB, array.x=4..32"
CLOCK: Final = Quantity("clock", "clock_hz", {"MHz": 1e6, "GHz": 1e9, "kHz": 1e3, "Hz": 1.0})
COUNT: Final = Quantity("count", "count", {})
FEW: Final = 64
"""Values of a range that are all taken; of a longer one :data:`OF_AN_OCTAVE` for every factor of two."""
OF_AN_OCTAVE: Final = 8
MOST_VALUES: Final = 1024
"""Of one field."""
ARRAY: Final = "array"
"""Stands for the level of an axis that no other level has one of the name of."""


@dataclass(frozen=True, slots=True)
class Field:
    """A part of a machine that may vary.

    Attributes:
        fields, level, axis: as :class:`~accel_models.family.Varied` has them.
        read: a value, given what errors call its place.
        stride: what the values of a range are multiples of; 0 for what has no ranges.
    """

    fields: tuple[str, ...]
    read: Callable[[str, Piece], Any]
    level: str = ""
    axis: str = ""
    stride: float = 0.0


def fields_of(structure: Structure) -> dict[str, Field]:
    """What may vary of a machine, by name: its memories, its axes and their dims, DRAM, clock and node."""
    fields = {
        "clock": Field(("clock_hz",), CLOCK.read, stride=1.0),
        "node": Field(("node_nm",), _one_of({str(node): node for node in NODES_NM})),
    }
    axes = [axis.name.lower() for level in structure.levels for axis in level.fanout]
    for level in structure.levels:
        fields |= _dram(level) if level.memory == "dram" else _memory(level)
        for axis in level.fanout:
            size = Field(("size",), _count, level.name, axis.name, stride=1.0)
            fields |= {
                f"{level.name}.{axis.name}": size,
                f"{level.name}.{axis.name}.dims": Field(("dims",), _letters(DIMS), level.name, axis.name),
            }
            if axes.count(axis.name.lower()) == 1:
                fields |= dict.fromkeys((f"{ARRAY}.{axis.name}", f"{ARRAY}.{axis.name.lower()}"), size)
    return fields


def _dram(level: BuiltLevel) -> dict[str, Field]:
    return {
        level.name: Field(("dram",), _of_dram),
        f"{level.name}.bandwidth": Field(("dram_bandwidth",), QUANTITIES["bandwidth"].read, stride=0.1),
    }


def _memory(level: BuiltLevel) -> dict[str, Field]:
    name, word_bytes = level.name, max(level.word_bits // 8, 1)
    on_chip = {kind: kind for kind in MEMORY_KINDS if kind != "dram"}
    return {
        f"{name}.capacity": Field(("capacity_bytes",), _whole_bytes, name, stride=float(word_bytes)),
        f"{name}.bandwidth": Field(("read_bandwidth", "write_bandwidth"), _count, name, stride=1.0),
        **{f"{name}.{one}": Field((one,), _count, name, stride=1.0) for one in BANDWIDTHS},
        f"{name}.width": Field(("width_bits",), _count, name, stride=8.0),
        f"{name}.memory": Field(("memory",), _one_of(on_chip), name),
        f"{name}.keeps": Field(("keeps",), _letters(TENSORS), name),
        f"{name}.double_buffered": Field(("double_buffered",), _one_of({"yes": True, "no": False}), name),
    }


def _of_dram(place: str, piece: Piece) -> str:
    if piece.word not in DRAM:
        raise piece.refuse(place, "has no sourced figures", "there are those of " + ", ".join(DRAM))
    return piece.word


def _count(place: str, piece: Piece) -> int:
    return int(COUNT.read(place, piece))


def _whole_bytes(place: str, piece: Piece) -> int:
    value = QUANTITIES["sram"].read(place, piece)
    if value != int(value):
        raise piece.refuse(place, "must be whole bytes")
    return int(value)


def _one_of(known: dict[str, Any]) -> Callable[[str, Piece], Any]:
    return lambda place, piece: known[piece.one_of(place, known)]


def _letters(known: Sequence[str]) -> Callable[[str, Piece], tuple[str, ...]]:
    def read(place: str, piece: Piece) -> tuple[str, ...]:
        for at, letter in enumerate(piece.word):
            if letter not in known or letter in piece.word[:at]:
                rule = "is written twice" if letter in known else f"must be of {''.join(known)}"
                raise piece.refuse(place, rule, "write e.g. " + "".join(known[:2]), after=at)
        return tuple(piece.word)

    return read


def parse_vary(texts: Sequence[str], structure: Structure) -> tuple[Varied, ...]:
    """What texts say that varies of a machine, in their order.

    Raises:
        TextError: a field that the machine does not have, or one that is given twice; a value that it cannot take; a
            range that is empty, or of what cannot be compared.
    """
    known = fields_of(structure)
    found: dict[tuple[str, str, str], Varied] = {}
    for text in texts:
        for name, piece in read_pairs(text, "vary", known=known, of="range or alternatives", example=EXAMPLE).items():
            field, place = known[name], f"vary: {name}"
            for one in field.fields:
                if (field.level, field.axis, one) in found:
                    raise piece.refuse(place, "varies twice", "leave one out")
            varied = Varied(name, field.fields, _values(place, field, piece), field.level, field.axis)
            found |= dict.fromkeys(((field.level, field.axis, one) for one in field.fields), varied)
    return tuple(dict.fromkeys(found.values()))


def _values(place: str, field: Field, piece: Piece) -> tuple[Any, ...]:
    """The values that a piece gives a field."""
    low, high = piece.cut("..")
    if high is None:
        return _alternatives(place, field, piece)
    if not field.stride:
        raise piece.refuse(place, "has no ranges", "write its alternatives with | between them")
    high, step = high.cut(":")
    first, last = field.read(place, low), field.read(place, high)
    if not first < last:
        raise piece.refuse(place, "ends before it begins", f"write {high.word}..{low.word}" if last < first else "")
    if step is not None:
        stride = field.read(place, step)
        count = math.floor((last - first) / stride) + 1
        if count > MOST_VALUES:
            raise step.refuse(place, f"makes {count:,} values, more than {MOST_VALUES}", "write a larger step")
        return tuple(first + stride * at for at in range(count))
    return _ladder(first, last, field.stride)


def _alternatives(place: str, field: Field, piece: Piece) -> tuple[Any, ...]:
    values: list[Any] = []
    for part in piece.split("|"):
        if (value := field.read(place, part)) in values:
            raise part.refuse(place, "stands twice", "leave one out")
        values.append(value)
    numbers = isinstance(values[0], int | float) and not isinstance(values[0], bool)
    return tuple(sorted(values)) if numbers else tuple(values)


def _ladder(first: float, last: float, stride: float) -> tuple[Any, ...]:
    """Both ends and the multiples of a stride between them, where they are few; else so many of an octave."""
    whole = isinstance(first, int)
    between: Sequence[float]
    if (last - first) / stride < FEW:
        between = [stride * at for at in range(math.floor(first / stride) + 1, math.ceil(last / stride))]
    else:
        rungs = math.ceil(OF_AN_OCTAVE * math.log2(last / first))
        between = [round(first * power(last / first, at / rungs) / stride) * stride for at in range(1, rungs)]
    values = sorted({first, last, *(value for value in between if first < value < last)})
    return tuple(int(value) for value in values) if whole else tuple(values)
