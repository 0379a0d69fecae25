"""A machine described by its memories as built (kind, capacity, port), priced by the technology of a node.

For machines that the template cannot express, such as Gemmini with its accumulators or Eyeriss with a scratchpad for
each tensor. ``accelerator()`` fills in what :class:`~accel_models.accelerator.Level` states outright: energy per word,
area, leakage, and one switch and one pitch of wire for each word crossing a fan-out to one receiver.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.area import DEFAULT_OVERHEAD, NETWORK, check_overhead, network_mm2, overhead_name, pitch_mm
from accel_models.precision import AS_THEY_COME, INT8, LeastBits, Precision
from accel_models.technology import DEFAULT_NODE_NM, Memory, Technology, dram_pj_per_bit, technology
from nets.documents.strict import STRICT
from nets.errors import unknown
from nets.layer import TENSORS
from nets.ranges import require_figure, require_whole

MEMORY_KINDS = ("dram", "sram", "flops")
BANDWIDTHS = ("read_bandwidth", "write_bandwidth", "shared_bandwidth")
"""Of a level, in words a cycle: each way, and both together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltLevel:
    """One memory as built; bandwidths, keeps and least bits as :class:`~accel_models.accelerator.Level` has them.

    Attributes:
        memory: ``"dram"``, ``"sram"`` or ``"flops"``.
        capacity_bytes: of one instance (not for a DRAM).
        width_bits: of its port; energy per word is its share of one access.
    """

    __pydantic_config__ = STRICT

    name: str
    memory: str
    keeps: tuple[str, ...] = TENSORS
    word_bits: int = 8
    capacity_bytes: float = math.inf
    width_bits: int = 64
    double_buffered: bool = False
    read_bandwidth: float = math.inf
    write_bandwidth: float = math.inf
    shared_bandwidth: float = math.inf
    fanout: tuple[Axis, ...] = ()
    least_bits: LeastBits = AS_THEY_COME

    def __post_init__(self) -> None:
        place = f"level {self.name!r}"
        object.__setattr__(self, "keeps", tuple(self.keeps))
        object.__setattr__(self, "fanout", tuple(self.fanout))
        if self.memory not in MEMORY_KINDS:
            raise unknown(f"{place}: memory", self.memory, MEMORY_KINDS)
        if self.memory != "dram":
            require_figure(f"{place}: capacity_bytes", self.capacity_bytes)
        for name in ("width_bits", "word_bits"):
            require_whole(f"{place}: {name}", getattr(self, name))

    def build(self, tech: Technology) -> Memory | None:
        """The memory on the chip; ``None`` for a DRAM."""
        if self.memory == "dram":
            return None
        if self.memory == "sram":
            return tech.sram(self.capacity_bytes, self.width_bits)
        return tech.flops(self.capacity_bytes, self.width_bits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """A machine of 1 to 6 built levels, outermost first; the other attributes are those of a template."""

    __pydantic_config__ = STRICT

    levels: tuple[BuiltLevel, ...]
    dram_bandwidth: float = 12.8
    dram: str = "lpddr4"
    precision: Precision = INT8
    node_nm: int = DEFAULT_NODE_NM
    clock_hz: float | None = None
    overhead: float = DEFAULT_OVERHEAD
    name: str = "structure"
    dataflow: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        place = f"structure {self.name!r}"
        object.__setattr__(self, "levels", tuple(self.levels))
        check_overhead(place, self.overhead)
        require_figure(f"{place}: dram_bandwidth", self.dram_bandwidth)
        if self.clock_hz is not None:
            require_figure(f"{place}: clock_hz", self.clock_hz)
        self.accelerator()  # whatever else cannot be built is refused here

    @property
    def array(self) -> tuple[int, ...]:
        """Size of each axis, outermost first."""
        return tuple(axis.size for level in self.levels for axis in level.fanout)

    @property
    def parallel(self) -> tuple[str, ...]:
        """The dims that each axis may run in parallel: their letters, or ``any``."""
        return tuple("".join(axis.dims) or "any" for level in self.levels for axis in level.fanout)

    @property
    def pes(self) -> int:
        """Processing elements: the MACs of a cycle."""
        return math.prod(self.array)

    @property
    def on_chip_bytes(self) -> float:
        """Every instance of every memory but the DRAM."""
        return sum(
            level.capacity_bytes * math.prod(axis.size for outer in self.levels[:at] for axis in outer.fanout)
            for at, level in enumerate(self.levels)
            if level.memory != "dram"
        )

    @property
    def area_mm2(self) -> float:
        """Area of the machine, overhead included and DRAM excluded."""
        return self.accelerator().area_mm2

    @property
    def clock(self) -> float:
        """Cycles per second: as given, or the node's default."""
        return technology(self.node_nm).clock_hz if self.clock_hz is None else self.clock_hz

    def accelerator(self) -> Accelerator:
        """The machine, with the energies, areas and bandwidths of its technology."""
        return _priced(self)


@lru_cache(maxsize=256)
def _priced(machine: Structure) -> Accelerator:
    """A machine is asked for its figures many times over."""
    tech, clock = technology(machine.node_nm), machine.clock
    bits = machine.precision
    mac_mm2 = bits.mac_area_mm2(tech)
    levels: list[Level] = []
    networks_mm2 = 0.0  # of everything below the level at hand, for one instance of it
    below_mm2 = mac_mm2  # area of one instance of what stands below the level at hand, networks included
    for level in reversed(machine.levels):
        memory = level.build(tech)
        sizes = [axis.size for axis in level.fanout]
        network = network_mm2(tech, sizes, 0, level.word_bits) if sizes else 0.0
        network_pj = tech.hop_pj(level.word_bits, pitch_mm(below_mm2 * machine.overhead)) if sizes else 0.0
        levels.append(_level(machine, level, memory, network_pj, clock))
        instances = math.prod(sizes)
        networks_mm2 = networks_mm2 * instances + network
        below_mm2 = below_mm2 * instances + network + (memory.area_mm2 if memory else 0.0)
    return Accelerator(
        name=machine.name,
        levels=tuple(reversed(levels)),
        mac_pj=bits.mac_pj(tech),
        mac_area_mm2=mac_mm2,
        clock_hz=clock,
        other_area_mm2={NETWORK: networks_mm2, overhead_name(machine.overhead): below_mm2 * (machine.overhead - 1)},
        node_nm=machine.node_nm,
        precision=bits,
        source=machine.source,
    )


def _level(machine: Structure, level: BuiltLevel, memory: Memory | None, network_pj: float, clock: float) -> Level:
    word = level.word_bits
    if memory is None:
        pj = dram_pj_per_bit(machine.dram) * word
        return Level(
            name=level.name,
            keeps=level.keeps,
            word_bits=word,
            shared_bandwidth=machine.dram_bandwidth * 8e9 / word / clock,
            read_pj=pj,
            write_pj=pj,
            fanout=level.fanout,
            network_pj=network_pj,
            least_bits=level.least_bits,
        )
    return Level(
        name=level.name,
        keeps=level.keeps,
        word_bits=word,
        capacity_words=level.capacity_bytes * 8 / word,
        double_buffered=level.double_buffered,
        read_bandwidth=level.read_bandwidth,
        write_bandwidth=level.write_bandwidth,
        shared_bandwidth=level.shared_bandwidth,
        read_pj=memory.read_pj * word / memory.width_bits,
        write_pj=memory.write_pj * word / memory.width_bits,
        area_mm2=memory.area_mm2,
        leakage_mw=memory.leakage_mw,
        fanout=level.fanout,
        network_pj=network_pj,
        least_bits=level.least_bits,
    )
