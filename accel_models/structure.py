"""A machine described by its memories as built (kind, capacity, port), priced by the technology of a node.

For machines that the template cannot express, such as Gemmini with its accumulators or Eyeriss with a scratchpad for
each tensor. ``accelerator()`` fills in what :class:`~accel_models.accelerator.Level` states outright: energy per word,
area, leakage, and one switch and one pitch of wire for each word crossing a fan-out to one receiver.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.area import DEFAULT_OVERHEAD, NETWORK, check_overhead, network_mm2, overhead_name, pitch_mm
from accel_models.dram import DEFAULT_DRAM, FREE, StandingCosts, load_dram, standing_costs_of
from accel_models.own_technology import OwnTechnology
from accel_models.precision import AS_THEY_COME, INT8, LeastBits, Precision
from accel_models.technology import DEFAULT_NODE_NM, Memory, Technology, technology_of
from nets.documents.strict import STRICT
from nets.errors import unknown
from nets.layer import TENSORS
from nets.ranges import require_figure, require_name, require_whole

MEMORY_KINDS = ("dram", "sram", "flops")
BANDWIDTHS = ("read_bandwidth", "write_bandwidth", "shared_bandwidth")
"""Of a level, in words a cycle: each way, and both together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltLevel:
    """One memory as built; bandwidths, keeps and least bits as :class:`~accel_models.accelerator.Level` has them.

    Attributes:
        memory: ``"dram"``, ``"sram"`` or ``"flops"``.
        capacity_bytes: of one instance; a DRAM has no limit without it.
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
        require_figure(f"{place}: capacity_bytes", self.capacity_bytes, endless=self.memory == "dram")
        for name in ("width_bits", "word_bits"):
            require_whole(f"{place}: {name}", getattr(self, name))

    @property
    def built(self) -> Built:
        """What its silicon follows from."""
        sizes = tuple(axis.size for axis in self.fanout)
        return Built(self.memory, self.capacity_bytes, self.width_bits, self.word_bits, sizes)


class Built(NamedTuple):
    """What the silicon of a level follows from; attributes as :class:`BuiltLevel` has them.

    Attributes:
        sizes: of the axes below it.
    """

    memory: str
    capacity_bytes: float
    width_bits: int
    word_bits: int
    sizes: tuple[int, ...]

    def build(self, tech: Technology) -> Memory | None:
        """The memory on the chip; ``None`` for a DRAM."""
        return _memory(tech, self.memory, self.capacity_bytes, self.width_bits)


@lru_cache(maxsize=4096)
def _memory(tech: Technology, kind: str, capacity_bytes: float, width_bits: int) -> Memory | None:
    if kind == "dram":
        return None
    return tech.sram(capacity_bytes, width_bits) if kind == "sram" else tech.flops(capacity_bytes, width_bits)


@dataclass(frozen=True, slots=True)
class Silicon:
    """What a machine takes.

    Attributes:
        memories: of each level; ``None`` for a DRAM.
        below_mm2: area of one instance of what stands below each level, networks but not its own included.
        networks_mm2, overhead_mm2: of the whole machine.
        area_mm2: overhead included and DRAM excluded.
        pes: processing elements: the MACs of a cycle.
        on_chip_bytes: every instance of every memory but the DRAM.
    """

    memories: tuple[Memory | None, ...]
    below_mm2: tuple[float, ...]
    networks_mm2: float
    overhead_mm2: float
    area_mm2: float
    pes: int
    on_chip_bytes: float

    @classmethod
    def of(
        cls,
        levels: Sequence[Built],
        tech: Technology,
        mac_mm2: float,
        overhead: float,
        phy_mm2: float,
    ) -> Silicon:
        """The silicon of some levels, outermost first, with a MAC of some area below the innermost."""
        memories = tuple(level.build(tech) for level in levels)
        networks_mm2 = 0.0  # of everything below the level at hand, for one instance of it
        below_mm2, below = mac_mm2, []
        for level, memory in zip(reversed(levels), reversed(memories)):
            below.append(below_mm2)
            network = network_mm2(tech, level.sizes, 0, level.word_bits) if level.sizes else 0.0
            instances = math.prod(level.sizes)
            networks_mm2 = networks_mm2 * instances + network
            below_mm2 = below_mm2 * instances + network + (memory.area_mm2 if memory else 0.0)
        area_mm2, instances = 0.0, 1
        on_chip_bytes: float = 0
        for level, memory in zip(levels, memories):
            if memory is not None:
                area_mm2 += memory.area_mm2 * instances
                on_chip_bytes += level.capacity_bytes * instances
            instances *= math.prod(level.sizes)
        overhead_mm2 = below_mm2 * (overhead - 1)
        area_mm2 = area_mm2 + mac_mm2 * instances + networks_mm2 + overhead_mm2 + phy_mm2
        return cls(memories, tuple(reversed(below)), networks_mm2, overhead_mm2, area_mm2, instances, on_chip_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """A machine of 1 to 6 built levels, outermost first; the other attributes are those of a template."""

    __pydantic_config__ = STRICT

    levels: tuple[BuiltLevel, ...]
    dram_bandwidth: float = 12.8
    dram: str = DEFAULT_DRAM
    precision: Precision = INT8
    node_nm: int = DEFAULT_NODE_NM
    clock_hz: float | None = None
    voltage: float | None = None
    standing_costs: bool = False
    technology: OwnTechnology | None = None
    overhead: float = DEFAULT_OVERHEAD
    name: str = "structure"
    dataflow: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        place = f"structure {self.name!r}"
        require_name("structure", self.name)
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
        return self.silicon().on_chip_bytes

    @property
    def area_mm2(self) -> float:
        """Area of the machine, overhead included and DRAM excluded."""
        return self.silicon().area_mm2

    @property
    def clock(self) -> float:
        """Cycles per second: as given, or the node's default."""
        return technology_of(self).clock_hz if self.clock_hz is None else self.clock_hz

    def accelerator(self) -> Accelerator:
        """The machine, with the energies, areas and bandwidths of its technology."""
        return _priced(self)

    def silicon(self) -> Silicon:
        """What it takes, without the energies of its parts."""
        tech, built = technology_of(self), [level.built for level in self.levels]
        return Silicon.of(built, tech, tech.mac_area_mm2(self.precision.mac), self.overhead, self.standing.phy_mm2)

    @property
    def standing(self) -> StandingCosts:
        """What its interface to DRAM costs whether it is used or not, as far as that is counted."""
        return standing_costs_of(self.dram, self.dram_bandwidth) if self.standing_costs else FREE


@lru_cache(maxsize=256)
def _priced(machine: Structure) -> Accelerator:
    """A machine is asked for its figures many times over."""
    tech, clock = technology_of(machine), machine.clock
    bits, standing = machine.precision, machine.standing
    silicon = machine.silicon()
    leakage_mw = silicon.pes * tech.mac_leakage_mw(bits.mac) if machine.standing_costs else 0.0
    levels: list[Level] = []
    for level, memory, below_mm2 in zip(machine.levels, silicon.memories, silicon.below_mm2):
        hop_pj = tech.hop_pj(level.word_bits, pitch_mm(below_mm2 * machine.overhead)) if level.fanout else 0.0
        levels.append(_level(machine, level, memory, hop_pj, clock))
    return Accelerator(
        name=machine.name,
        levels=tuple(levels),
        mac_pj=tech.mac_pj(bits.mac),
        mac_area_mm2=tech.mac_area_mm2(bits.mac),
        clock_hz=clock,
        static_mw=standing.power_mw + leakage_mw,
        other_area_mm2={
            NETWORK: silicon.networks_mm2,
            overhead_name(machine.overhead): silicon.overhead_mm2,
            **standing.area_mm2,
        },
        node_nm=machine.node_nm,
        precision=bits,
        source=machine.source,
    )


def _level(machine: Structure, level: BuiltLevel, memory: Memory | None, network_pj: float, clock: float) -> Level:
    word = level.word_bits
    if memory is None:
        pj = load_dram(machine.dram).pj_per_bit * word
        return Level(
            name=level.name,
            keeps=level.keeps,
            word_bits=word,
            capacity_words=level.capacity_bytes * 8 / word,
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
