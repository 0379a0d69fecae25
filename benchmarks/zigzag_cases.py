"""Element counts of ZigZag cases, against the cost model.

    python benchmarks/zigzag_cases.py DIR [--json]

DIR holds JSON files with ``layer``, ``hardware``, ``mapping`` and ZigZag's ``outputs``. ZigZag gives every operand its
own chain of memories and lets each memory hold its own share of the loops (*uneven* mapping). A nest of one operand
says the same: its memories are the levels, and the other two operands stay outside. So each case is evaluated three
times, and for every memory and operand four counts are compared, under ZigZag's conventions:

- ``read_to_lower`` and ``write_from_higher`` of W and I are reads and fills; ``write_from_lower`` and
  ``read_to_higher`` of O are updates and the words sent up on their way to the parent;
- an operand that stays on a MAC's pins is read once, where the innermost memory is wide enough: a register of one word
  below that memory says so;
- where several instances each hold a part of one sum, ZigZag starts only one of them without a read, and sends the sum
  back to only one (the cost model: each of them);
- padded input is loaded like any other.

A count of I that differs is explained where ZigZag moves whole tiles although windows overlap (it reuses no halo
between tiles). Loops that do not divide (fractional trips) have no nest: their counts are averages. Exit status 1 when
anything else differs.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.cost import Convention, Cost, Traffic, evaluate
from accel_models.loopnest import LevelLoops, Loop, Mapping
from benchmarks.cases.comparison import Comparison, compare_all, json_cases
from nets.errors import InputError, unknown
from nets.layer import DIMS, TENSORS, Layer

TOOL: Final = "ZigZag"
DIM_OF: Final = {"B": "N", "G": "G", "K": "K", "C": "C", "OY": "P", "OX": "Q", "FY": "R", "FX": "S", "D": "P"}
RELEVANT: Final = {"W": "GKCRS", "I": "NGCPQRS", "O": "NGKPQ"}
FIGURES: Final = ("read_to_lower", "write_from_lower", "read_to_higher", "write_from_higher")
PINS: Final = "pins"

Loops = list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Memory:
    """A memory of one operand: its temporal loops, and the spatial ones below it, outermost first."""

    name: str
    temporal: Loops
    spatial: Loops
    read_bits_per_cycle: float
    moves: dict[str, int]


def read_layer(case: dict[str, Any]) -> Layer:
    """The layer; strides and dilations come from relations such as ``ix=2*ox+1*fx``."""
    definition = case["layer"]["definition"]
    bounds = {_dim(name): int(size) for name, size in zip(definition["loop_dims"], definition["loop_sizes"])}
    stride, dilation = {"x": 1, "y": 1}, {"x": 1, "y": 1}
    for relation in definition["dimension_relations"]:
        match = re.fullmatch(r"i([xy])=(\d+)\*o[xy]\+(\d+)\*f[xy]", relation.replace(" ", ""))
        if not match:
            raise InputError("dimension_relations", relation, "is not a window", "write ix=1*ox+1*fx")
        stride[match[1]], dilation[match[1]] = int(match[2]), int(match[3])
    strides, dilations = (stride["y"], stride["x"]), (dilation["y"], dilation["x"])
    return Layer(name=case["name"], stride=strides, dilation=dilations, **bounds)  # type: ignore[arg-type]


def read_memories(case: dict[str, Any], operand: str) -> list[Memory]:
    """The memories of one operand, outermost first.

    Raises:
        InputError: an unknown loop dim or a loop with a fractional number of trips.
    """
    chain = case["outputs"]["operands"][operand]
    allocated = f"{chain['memory_operand']}, tl"
    memories = []
    for level in reversed(chain["levels"]):
        ports = case["hardware"]["memories"][level["memory"]]["ports"]
        memories.append(
            Memory(
                name=level["memory"],
                temporal=_loops(level["temporal_loops_inner_to_outer"]),
                spatial=_loops(level["spatial_loops_below"]),
                read_bits_per_cycle=max((p["bandwidth_max"] for p in ports if allocated in p["allocation"]), default=0),
                moves={figure: int(level["element_moves_per_instance"][figure]) for figure in FIGURES},
            )
        )
    return memories


def _dim(name: str) -> str:
    if name not in DIM_OF:
        raise unknown("loop dim", name, DIM_OF)
    return DIM_OF[name]


def _loops(inner_to_outer: Sequence[tuple[str, float]]) -> Loops:
    for name, trips in inner_to_outer:
        if trips != int(trips):
            raise InputError(f"loop over {name}", trips, "is not a whole number of trips")
    return [(_dim(name), int(trips)) for name, trips in reversed(inner_to_outer)]


def words(operand: str, extent: dict[str, int], layer: Layer) -> int:
    """Words of an operand in a tile."""
    size = math.prod(extent[dim] for dim in RELEVANT[operand] if operand != "I" or dim in "NGC")
    if operand == "I":
        size *= (extent["P"] - 1) * layer.stride[0] + (extent["R"] - 1) * layer.dilation[0] + 1
        size *= (extent["Q"] - 1) * layer.stride[1] + (extent["S"] - 1) * layer.dilation[1] + 1
    return size


def extents(loops: Loops) -> dict[str, int]:
    """What loops cover of each dim."""
    return {dim: math.prod(trips for name, trips in loops if name == dim) for dim in DIMS}


def stays_on_pins(operand: str, innermost: Memory, layer: Layer, bits: int) -> bool:
    """Whether the innermost memory can hold an operand at the MACs' pins while it does not change."""
    wanted = words(operand, extents(innermost.spatial), layer) * bits
    return operand != "O" and innermost.read_bits_per_cycle >= wanted


def nest_of(operand: str, memories: Sequence[Memory], layer: Layer, *, pins: bool) -> tuple[Accelerator, Mapping]:
    """One operand's nest: a level per memory; a dim with several loops in one memory takes further levels below it.

    Raises:
        InputError: more levels than an accelerator has.
    """
    extent = dict(zip(DIMS, layer.bounds))
    levels: list[Level] = []
    mapping: list[LevelLoops] = []

    def cut(loops: Loops, axis: str = "") -> tuple[Loop, ...]:
        cuts = []
        for dim, trips in loops:
            if extent[dim] % trips:
                raise InputError(f"loop over {dim}", trips, f"does not divide {extent[dim]}")
            extent[dim] //= trips
            cuts.append(Loop(dim, extent[dim], axis))
        return tuple(cuts)

    for memory in memories:
        parts = _split(_merge(memory.temporal))
        for i, part in enumerate(parts):
            last = i == len(parts) - 1
            name = memory.name if i == 0 else f"{memory.name}, part {i + 1}"
            size = math.prod(trips for _, trips in memory.spatial) if last else 1
            keeps = () if i else TENSORS if not levels else (operand,)
            mapping.append(
                LevelLoops(name, cut(part), cut(_merge(sorted(memory.spatial)), "array") if last else (), keeps)
            )
            levels.append(Level(name=name, keeps=keeps, word_bits=None, fanout=(Axis("array", size),)))
    if pins:
        levels.append(Level(name=PINS, keeps=(operand,), word_bits=None))
        mapping.append(LevelLoops(PINS))
    return Accelerator(name=f"{layer.name}, {operand}", levels=tuple(levels)), Mapping(tuple(mapping))


def _merge(loops: Loops) -> Loops:
    """Neighbouring loops over one dim as one."""
    merged: Loops = []
    for dim, trips in loops:
        if merged and merged[-1][0] == dim:
            merged[-1] = (dim, merged[-1][1] * trips)
        else:
            merged.append((dim, trips))
    return merged


def _split(loops: Loops) -> list[Loops]:
    """Loops in runs that have one loop over a dim each."""
    runs: list[Loops] = [[]]
    for loop in loops:
        if loop[0] in (dim for dim, _ in runs[-1]):
            runs.append([])
        runs[-1].append(loop)
    return runs


def element_moves(operand: str, memories: Sequence[Memory], layer: Layer, *, pins: bool) -> list[dict[str, int]]:
    """The four counts of every memory under ZigZag's conventions, outermost first."""
    accelerator, mapping = nest_of(operand, memories, layer, pins=pins)

    def run(convention: Convention) -> Cost:
        cost = evaluate(layer, accelerator, mapping, convention=convention)
        if cost.error is not None:
            raise cost.error
        return cost

    plain, drained = run("timeloop"), run("drain-reads")
    at: list[tuple[Traffic, Traffic]] = [
        (plain.traffic[memory.name][operand], drained.traffic[memory.name][operand]) for memory in memories
    ]
    if operand != "O":
        return [
            {"read_to_lower": own.reads, "write_from_lower": 0, "read_to_higher": 0, "write_from_higher": own.fills}
            for own, _ in at
        ]
    moves = []
    for i, (own, with_drain) in enumerate(at):
        fills = 0
        if i:
            fills = own.fills // _holders(memories[i - 1 : i]) + layer.output_words * (_holders(memories[: i - 1]) - 1)
        moves.append(
            {
                "read_to_lower": own.reads + layer.output_words * (_holders(memories[:i]) - 1),
                "write_from_lower": own.updates,
                "read_to_higher": with_drain.reads - own.reads,
                "write_from_higher": fills,
            }
        )
    return moves


def _holders(memories: Sequence[Memory]) -> int:
    """Instances below these memories that each hold a part of one sum."""
    return math.prod(trips for memory in memories for dim, trips in memory.spatial if dim not in RELEVANT["O"])


def whole_tiles(memories: Sequence[Memory], at: int, layer: Layer, *, pins: bool) -> dict[str, int]:
    """Words of I that memory ``at`` reads and is filled with when every change of a tile moves the whole of it."""

    def moved(outside: Loops, instances: int, tile: Loops) -> int:
        outside = list(outside)
        while outside and outside[-1][0] not in RELEVANT["I"]:
            outside.pop()
        return math.prod(trips for _, trips in outside) * instances * words("I", extents(tile), layer)

    def outer(end: int, *, spatial: int) -> tuple[Loops, int]:
        loops = [loop for memory in memories[:end] for loop in memory.temporal]
        return loops, math.prod(trips for memory in memories[:spatial] for _, trips in memory.spatial)

    inner = [loop for memory in memories[at + 1 :] for loop in memory.temporal + memory.spatial]
    loops, instances = outer(at + 1, spatial=at)
    reads = moved(loops, instances, inner + memories[at].spatial)
    if at == len(memories) - 1 and not pins:
        reads = math.prod(trips for _, trips in loops) * instances * words("I", extents(memories[at].spatial), layer)
    fills = 0
    if at:
        loops, instances = outer(at, spatial=at)
        fills = moved(loops, instances, inner + memories[at].temporal + memories[at].spatial)
    return {"read_to_lower": reads, "write_from_higher": fills}


def compare(case: dict[str, Any]) -> Comparison:
    """Compare every count of a case."""
    row = Comparison(TOOL)
    layer = read_layer(case)
    precision = case["layer"]["definition"]["operand_precision"]
    for operand in TENSORS:
        try:
            memories = read_memories(case, operand)
            pins = stays_on_pins(operand, memories[-1], layer, int(precision[operand]))
            mine = element_moves(operand, memories, layer, pins=pins)
        except InputError as error:
            row.explained.append(f"{operand} has no nest: {error}")
            continue
        for i, (memory, counts) in enumerate(zip(memories, mine)):
            for figure in FIGURES:
                theirs = memory.moves[figure]
                if row.equals(counts[figure], theirs):
                    continue
                text = f"{memory.name} {operand} {figure} {counts[figure]:,}, {TOOL} {theirs:,}"
                if operand == "I" and whole_tiles(memories, i, layer, pins=pins).get(figure) == theirs:
                    row.explained.append(f"{text}: whole tiles, no halo reused")
                else:
                    row.differs.append(text)
    return row


def main() -> int:
    """Compare and print."""
    return compare_all(__doc__, TOOL, json_cases, compare)


if __name__ == "__main__":
    sys.exit(main())
