"""ZigZag's hardware: memories that each serve some operands over some dimensions of the array.

A memory has one instance for every place along the dimensions that it does *not* serve. Here memories stand one inside
the other: what one serves, all around it serve too, and each fans out along what the next does not serve. Two memories
of which each serves a dimension that the other does not have no such order, and are refused.

A word is 8 bits wide here; ``r_cost`` and ``w_cost`` are those of an access as wide as the widest port.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from accel_models.accelerator import MAX_LEVELS, Accelerator, Axis, Level
from accel_models.dram import load_dram
from accel_models.technology import technology
from nets.documents import Document
from nets.documents.typed import typed
from nets.errors import InputError, unknown
from nets.layer import TENSORS

if TYPE_CHECKING:
    from accel_models.formats.zigzag.model import Hardware, MemoryEntry

WORD_BITS: Final = 8
LINKS: Final = {"I1": "I", "I2": "W", "O": "O"}
"""Our tensor for each memory operand, where a mapping does not say otherwise."""
OUTSIDE: Final = "outside"
"""What a core without a memory for all operands is taken to lie in."""
_ESTIMATED_DRAM: Final = "lpddr4"


def hardware(document: Document, links: Mapping[str, str] = LINKS, outer: Level | None = None) -> Accelerator:
    """The machine of a document.

    Args:
        links: our tensor for each memory operand.
        outer: the memory that it lies in, where its file says less than all.

    Raises:
        InputError: an unknown key, memories without an order, computing in memory, or a chip of several cores.
    """
    from accel_models.formats.zigzag.model import Hardware

    if isinstance(document.data, Mapping) and "cores" in document.data:
        hint = "give it as --accelerator, and the workload as --network"
        raise InputError(document.where(("cores",)), document.data["cores"], "are the cores of a chip", hint)
    entry = typed(Hardware, document)
    lacks = list(_lacks(entry))
    chain = _chain(entry, document)
    array = dict(zip(entry.operational_array.dimensions, entry.operational_array.sizes))
    served = [set(memory.served_dimensions) for _, memory in chain] + [set()]
    levels: list[Level] = []
    for (name, memory), (own, below) in zip(chain, pairwise(served)):
        axes = tuple(Axis(dim, size) for dim, size in array.items() if dim in own - below)
        with document.at(("memories", name)):
            levels.append(level_of(name, memory, axes, links, lacks))
    if outer is not None:
        levels.insert(0, outer)
    elif chain and len(chain[0][1].operands) < len(LINKS):
        levels.insert(0, Level(name=OUTSIDE, word_bits=WORD_BITS))
        lacks.append(f"{OUTSIDE}: no memory of the file holds all operands; an endless one that costs nothing does")
    levels = _joined(levels, lacks)
    with document.at(()):
        return Accelerator(
            name=entry.name,
            levels=tuple(levels),
            mac_pj=entry.operational_array.unit_energy or 0.0,
            source="ZigZag hardware file",
            lacks=tuple(lacks),
        )


def _chain(entry: Hardware, document: Document) -> list[tuple[str, MemoryEntry]]:
    """Memories outermost first, each serving no more than the one before it."""
    dimensions = entry.operational_array.dimensions
    for name, memory in entry.memories.items():
        for dimension in memory.served_dimensions:
            if dimension not in dimensions:
                raise unknown(document.where(("memories", name, "served_dimensions")), dimension, dimensions)
    chain = list(entry.memories.items())[::-1]  # a file has the innermost first
    chain.sort(key=lambda item: -len(item[1].served_dimensions))
    for (outer, around), (inner, memory) in pairwise(chain):
        extra = sorted(set(memory.served_dimensions) - set(around.served_dimensions))
        if extra:
            raise InputError(
                document.where(("memories", inner, "served_dimensions")), memory.served_dimensions,
                f"are no part of those of {outer}: each serves a dimension that the other does not",
                "memories of the model stand one inside the other",
            )  # fmt: skip
    if chain and set(chain[0][1].served_dimensions) != set(dimensions):
        name, memory = chain[0]
        raise InputError(
            document.where(("memories", name, "served_dimensions")), memory.served_dimensions,
            f"must be all of {list(dimensions)}: the outermost memory is one",
        )  # fmt: skip
    return chain


def _joined(levels: list[Level], lacks: list[str]) -> list[Level]:
    """The levels, of which there may be no more than an accelerator has: neighbours that are alike but for what they
    hold become one, with words of its own for each tensor.
    """
    while len(levels) > MAX_LEVELS:
        pair = next((number for number, (a, b) in enumerate(pairwise(levels)) if _alike(a, b)), None)
        if pair is None:
            break
        outer, inner = levels[pair : pair + 2]
        words = {tensor: level.capacity_words for level in (outer, inner) for tensor in level.keeps}
        both = dataclasses.replace(
            inner,
            name=f"{outer.name}+{inner.name}",
            keeps=tuple(tensor for tensor in TENSORS if tensor in words),
            capacity_words=sum(words.values()),
            partition_words=words,
            read_bandwidth=2 * inner.read_bandwidth,
            write_bandwidth=2 * inner.write_bandwidth,
            shared_bandwidth=2 * inner.shared_bandwidth,
        )
        levels = [*levels[:pair], both, *levels[pair + 2 :]]
        lacks.append(f"{both.name}: two memories as one with a part for each; they share their bandwidth")
    return levels


def _alike(outer: Level, inner: Level) -> bool:
    """Whether two memories hold a tensor each and differ in nothing else."""
    plain = not outer.fanout and len(outer.keeps) == len(inner.keeps) == 1 and outer.keeps != inner.keeps
    return plain and dataclasses.replace(outer, name=inner.name, keeps=inner.keeps, fanout=inner.fanout) == inner


def level_of(
    name: str,
    memory: MemoryEntry,
    axes: tuple[Axis, ...],
    links: Mapping[str, str],
    lacks: list[str],
) -> Level:
    """A memory of the file as a level with axes below it; notes what is estimated among ``lacks``."""
    width = max(port.bandwidth_max for port in memory.ports)
    read, write = memory.r_cost, memory.w_cost
    if read is None or write is None:
        read, write, what = _estimated(memory, width)
        lacks.append(
            f"{name}: the file gives no cost (ZigZag asks CACTI); estimated as {what} at {technology().node_nm} nm: "
            f"{read:.3g} pJ an access of {width} bits read, {write:.3g} pJ written"
        )
    held = {links[operand] for operand in memory.operands}
    return Level(
        name=name,
        keeps=tuple(tensor for tensor in TENSORS if tensor in held),
        word_bits=WORD_BITS,
        capacity_words=memory.size / WORD_BITS,
        double_buffered=memory.force_double_buffering,
        read_bandwidth=_bandwidth(memory, "read"),
        write_bandwidth=_bandwidth(memory, "write"),
        shared_bandwidth=_bandwidth(memory, "read_write"),
        read_pj=read * WORD_BITS / width,
        write_pj=write * WORD_BITS / width,
        fanout=axes,
    )


def _estimated(memory: MemoryEntry, width: int) -> tuple[float, float, str]:
    """Energy of an access by our own technology, and what the memory is taken for."""
    if memory.mem_type == "dram":
        pj = load_dram(_ESTIMATED_DRAM).pj_per_bit * width
        return pj, pj, f"{_ESTIMATED_DRAM} DRAM"
    built = technology().local_memory(memory.size / 8, width)
    scale = width / built.width_bits
    return built.read_pj * scale, built.write_pj * scale, "flip-flops" if built.kind == "flops" else "SRAM"


def _bandwidth(memory: MemoryEntry, kind: str) -> float:
    """Words a cycle of the ports that go one way, or both: where some go both ways, all together share theirs."""
    both = any(port.type == "read_write" for port in memory.ports)
    if both != (kind == "read_write"):
        return math.inf
    bits = sum(port.bandwidth_max for port in memory.ports if both or port.type == kind)
    return bits / WORD_BITS or math.inf


def _lacks(entry: Hardware) -> Iterator[str]:
    """What a file asks for that the model does not have."""
    for name, memory in entry.memories.items():
        for kind in ("read", "write", "read_write"):
            ports = [port for port in memory.ports if port.type == kind]
            if len(ports) > 1:
                yield f"{name}: {len(ports)} {kind} ports, each for its own operands; taken as one as wide as all"
        if memory.latency > 1:
            yield f"{name}: a latency of {memory.latency} cycles"
        if len({port.bandwidth_max for port in memory.ports}) > 1:
            yield f"{name}: ports of several widths; an access is as wide as the widest"
        if any(port.bandwidth_min != port.bandwidth_max for port in memory.ports):
            yield f"{name}: accesses of whole bandwidth_min; energy goes by the words moved"
    if entry.operational_array.unit_area or any(memory.area for memory in entry.memories.values()):
        yield "areas, whose unit the file does not say"
    for key in ("dataflows", "operator_types", "operand_precision"):
        if getattr(entry, key):
            yield f"{key}: which mappings, layers or widths are for this machine"
    if entry.operational_array.systolic_dimensions:
        yield "systolic_dimensions: operands reach all of the array at once"
