"""An accelerator as a list of memories, outermost first, with array axes standing below any of them.

``DRAM`` comes first, the innermost memory last; below the last one stand the MACs. A *fan-out* of several axes may
stand below any level: the instances of the next level (or the MACs) are its product.
"""

from __future__ import annotations

import math
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from accel_models.precision import AS_THEY_COME, LeastBits, Precision
from nets.documents.strict import STRICT
from nets.errors import InputError, unknown
from nets.layer import DIMS, TENSORS, Layer
from nets.ranges import require_exact, require_figure, require_name, require_size, require_whole

MAX_LEVELS = 6


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a processing array.

    Attributes:
        name: e.g. ``"X"``.
        size: instances along the axis.
        dims: the loop dims that its wiring can run in parallel; empty when it can run any.
    """

    __pydantic_config__ = STRICT

    name: str
    size: int
    dims: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "dims", tuple(self.dims))
        require_name("axis", self.name)
        require_whole(f"axis {self.name!r}: size", self.size)
        require_size(f"axis {self.name!r}: size", self.size)
        for dim in self.dims:
            if dim not in DIMS:
                raise unknown(f"axis {self.name!r}: dims", dim, DIMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One memory. Quantities are per instance; a *word* is ``word_bits`` wide.

    Attributes:
        name: unique inside the accelerator.
        keeps: tensors it may hold; the others bypass it.
        word_bits: width of a word. ``None`` makes one element of any tensor one word (Timeloop's convention).
        capacity_words: words it holds, shared by its tensors; ``inf`` for no limit.
        partition_words: words reserved per tensor; then a tensor may not exceed its own share.
        double_buffered: whether a tile may take only half of the capacity, the other half being filled meanwhile.
        read_bandwidth, write_bandwidth: words per cycle.
        shared_bandwidth: words per cycle of reads and writes together.
        read_pj, write_pj: energy of reading or writing one word.
        area_mm2: of one instance.
        leakage_mw: of one instance.
        fanout: axes below this level.
        network_pj: energy of one word crossing the fan-out to one receiver.
        shares: name of the level just outside whose memory this one is a part of: they hold different tensors over
            different loops, and share capacity and bandwidth (see :mod:`accel_models.uneven`).
        least_bits: of an element of weights or inputs here and in the levels inside: narrower ones are unpacked as they
            arrive. Nowhere where one element is one word.
    """

    __pydantic_config__ = STRICT

    name: str
    keeps: tuple[str, ...] = TENSORS
    word_bits: int | None = 8
    capacity_words: float = math.inf
    partition_words: MappingABC[str, float] = field(default_factory=dict)
    double_buffered: bool = False
    read_bandwidth: float = math.inf
    write_bandwidth: float = math.inf
    shared_bandwidth: float = math.inf
    read_pj: float = 0.0
    write_pj: float = 0.0
    area_mm2: float = 0.0
    leakage_mw: float = 0.0
    fanout: tuple[Axis, ...] = ()
    network_pj: float = 0.0
    shares: str = ""
    least_bits: LeastBits = AS_THEY_COME

    def __post_init__(self) -> None:
        place = f"level {self.name!r}"
        require_name("level", self.name)
        for tensor in (*self.keeps, *self.partition_words):
            if tensor not in TENSORS:
                raise unknown(f"{place}: keeps", tensor, TENSORS)
        for name in ("capacity_words", "read_bandwidth", "write_bandwidth", "shared_bandwidth"):
            require_figure(f"{place}: {name}", getattr(self, name), endless=True)
        for tensor, words in self.partition_words.items():
            require_figure(f"{place}: partition_words[{tensor}]", words, endless=True)
        for name in ("read_pj", "write_pj", "area_mm2", "leakage_mw", "network_pj"):
            require_figure(f"{place}: {name}", getattr(self, name), zero=True)
        if self.word_bits is not None:
            require_whole(f"{place}: word_bits", self.word_bits)
        elif self.least_bits != AS_THEY_COME:
            rule = "mean nothing where one element of any tensor is one word"
            raise InputError(f"{place}: least_bits", str(self.least_bits), rule, "give word_bits")
        if len({axis.name for axis in self.fanout}) < len(self.fanout):
            raise InputError(f"{place}: fanout", [axis.name for axis in self.fanout], "names an axis twice")

    @property
    def fanout_size(self) -> int:
        """Instances of the next level per instance of this one."""
        return math.prod(axis.size for axis in self.fanout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """A machine: levels outermost first, and the MAC below them.

    Attributes:
        name: what reports call it.
        levels: 1 to 6 memories, outermost first; the outermost keeps every tensor.
        mac_pj: energy of one multiply-accumulate.
        mac_area_mm2: of one MAC.
        clock_hz: cycles per second.
        static_mw: power that is drawn whether anything runs or not, besides the levels' leakage.
        other_area_mm2: area besides memories and MACs (wires, control), by name.
        node_nm: technology.
        precision: of the operands that its MACs and memories are priced for; ``None`` where nothing says it.
        source: where its figures come from.
        lacks: what the file that it was read from asks for and the model does not have, one sentence each.
    """

    __pydantic_config__ = STRICT

    name: str
    levels: tuple[Level, ...]
    mac_pj: float = 0.0
    mac_area_mm2: float = 0.0
    clock_hz: float = 1e9
    static_mw: float = 0.0
    other_area_mm2: MappingABC[str, float] = field(default_factory=dict)
    node_nm: float = 45.0
    precision: Precision | None = None
    source: str = ""
    lacks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        place = f"accelerator {self.name!r}"
        require_name("accelerator", self.name)
        memories = sum(not level.shares for level in self.levels)
        if not 1 <= memories <= MAX_LEVELS:
            raise InputError(f"{place}: levels", memories, f"must be 1 to {MAX_LEVELS}")
        names = [level.name for level in self.levels]
        if len(set(names)) < len(names):
            raise InputError(f"{place}: levels", names, "names a level twice")
        for outer, level in pairwise([None, *self.levels]):
            if level is not None and level.shares:
                if outer is None or level.shares not in (outer.name, outer.shares):
                    raise InputError(f"{place}: {level.name}.shares", level.shares, "must name the level just outside")
                if outer.fanout:
                    raise InputError(f"{place}: {level.name}.shares", level.shares, "has a fan-out in between")
        missing = [tensor for tensor in TENSORS if tensor not in self.levels[0].keeps]
        if missing:
            raise InputError(f"{place}: {names[0]}.keeps", self.levels[0].keeps, "must hold every tensor outermost")
        require_figure(f"{place}: clock_hz", self.clock_hz)
        require_figure(f"{place}: node_nm", self.node_nm)
        for name in ("mac_pj", "mac_area_mm2", "static_mw"):
            require_figure(f"{place}: {name}", getattr(self, name), zero=True)
        for name, area in self.other_area_mm2.items():
            require_figure(f"{place}: other_area_mm2[{name}]", area, zero=True)
        require_exact(place, self.macs_per_cycle, "MACs a cycle, all instances together,")

    @property
    def level_names(self) -> tuple[str, ...]:
        """Names of the levels, outermost first."""
        return tuple(level.name for level in self.levels)

    @property
    def memory_of(self) -> tuple[int, ...]:
        """For every level the first that shares its memory: itself, where it shares none."""
        first: list[int] = []
        for number, level in enumerate(self.levels):
            first.append(first[-1] if level.shares else number)
        return tuple(first)

    @property
    def least_bits(self) -> tuple[LeastBits, ...]:
        """For every level what its elements take at least, by its own words or by those of a level around it."""
        return tuple(accumulate((level.least_bits for level in self.levels), lambda outer, own: own.inside(outer)))

    @property
    def unpacking(self) -> tuple[str, ...]:
        """For every level that unpacks what it does, in words."""
        return tuple(
            f"{level.name} unpacks narrower {level.least_bits}"
            for level in self.levels
            if level.least_bits != AS_THEY_COME
        )

    def element_bits(self, level: int, layer: Layer) -> dict[str, float]:
        """Bits of an element of each tensor of a layer at a level; of a finished output, and of sums until then."""
        least = self.least_bits[level]
        return {
            "W": max(layer.weight_bits, least.W),
            "I": max(layer.input_bits, least.I),
            "O": max(layer.output_bits, least.O),
            "sums": max(layer.psum_bits, least.O),
        }

    def instances(self, level: int) -> int:
        """Instances of level ``level`` (0 is outermost; ``len(levels)`` stands for the MACs)."""
        return math.prod(outer.fanout_size for outer in self.levels[:level])

    @property
    def macs_per_cycle(self) -> int:
        """MACs of the whole machine."""
        return self.instances(len(self.levels))

    def area_breakdown_mm2(self) -> dict[str, float]:
        """Area by part; the values add up to :attr:`area_mm2`."""
        parts = {level.name: level.area_mm2 * self.instances(i) for i, level in enumerate(self.levels)}
        parts["MAC"] = self.mac_area_mm2 * self.macs_per_cycle
        parts.update(self.other_area_mm2)
        return {name: area for name, area in parts.items() if area > 0}

    @property
    def area_mm2(self) -> float:
        """Area of the whole machine, DRAM excluded."""
        return sum(self.area_breakdown_mm2().values())

    @property
    def leakage_mw(self) -> float:
        """Static power of the whole machine."""
        return self.static_mw + sum(level.leakage_mw * self.instances(i) for i, level in enumerate(self.levels))
