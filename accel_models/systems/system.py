"""A system: cores that share one DRAM, and links between them.

A word is 8 bits on links and in the shared DRAM, and cycles are those of one clock. Each core is an accelerator whose
outermost level is the shared DRAM; its second level, where whole tensors may be at home, is what links end in.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Final, Literal, get_args

from accel_models.accelerator import Accelerator
from nets.errors import InputError, unknown
from nets.ranges import require_figure, require_whole

WORD_BITS: Final = 8
MOST_CORES: Final = 256
MOST_LINKS: Final = 2048
"""Routes are kept from every core to every other, over every link."""

LinkClass = Literal["on-die", "die-to-die"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dram:
    """The memory that all cores share.

    Attributes:
        bandwidth: words per cycle, reads and writes together.
        read_pj, write_pj: energy of reading or writing one word.
    """

    bandwidth: float
    read_pj: float
    write_pj: float

    def __post_init__(self) -> None:
        require_figure("bandwidth", self.bandwidth)
        require_figure("read_pj", self.read_pj, zero=True)
        require_figure("write_pj", self.write_pj, zero=True)


@dataclass(frozen=True, slots=True)
class Kind:
    """Cores that are alike.

    Attributes:
        name: as reports call them, with a number behind it where there are several.
        accelerator: each of them, with the shared DRAM as its outermost level.
        count: how many there are.
    """

    name: str
    accelerator: Accelerator
    count: int

    @property
    def names(self) -> tuple[str, ...]:
        """Of its cores."""
        return (self.name,) if self.count == 1 else tuple(f"{self.name}{number}" for number in range(self.count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way for words from one core to another.

    Attributes:
        source, target: numbers of cores.
        bandwidth: words per cycle.
        word_pj: energy of one word crossing it.
        kind: whether it leaves the die.
    """

    source: int
    target: int
    bandwidth: float
    word_pj: float
    kind: LinkClass

    def __post_init__(self) -> None:
        require_figure("bandwidth", self.bandwidth)
        require_figure("word_pj", self.word_pj, zero=True)
        if self.kind not in get_args(LinkClass):
            raise unknown("class", self.kind, get_args(LinkClass))


@dataclass(frozen=True)
class System:
    """Cores, links and the DRAM that cores share.

    Attributes:
        name: what reports call it.
        kinds: its cores; they are numbered in this order.
        dram: as fast as all cores together may use it.
        links: one entry for each direction.
        ports: numbers of the cores that the DRAM is joined to, each to an equal share of its words; what other cores
            read crosses links from there. Every core, where they are all joined to it directly.
        source: where its figures come from.
        lacks: what the file that it was read from asks for in vain.

    Raises:
        InputError: clocks that differ, a core that no links join to the others, cores that are joined twice, a port
            that is named twice, or too many cores or links.
    """

    name: str
    kinds: tuple[Kind, ...]
    dram: Dram
    links: tuple[Link, ...] = ()
    ports: tuple[int, ...] = ()
    source: str = ""
    lacks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        place = f"system {self.name!r}"
        if not self.kinds:
            raise InputError(f"{place}: cores", [], "must have a core")
        for kind in self.kinds:
            require_whole(f"{place}: {kind.name}: count", kind.count)
        if self.size > MOST_CORES:
            raise InputError(f"{place}: cores", self.size, f"are more than {MOST_CORES}")
        if len(set(self.core_names)) < self.size:
            raise InputError(f"{place}: cores", list(self.core_names), "have a name twice")
        clocks = {kind.name: kind.accelerator.clock_hz for kind in self.kinds}
        if len(set(clocks.values())) > 1:
            raise InputError(f"{place}: clocks", clocks, "differ: one clock drives all", "state clock_hz of each")
        self._require_each_once(place)
        alone = [self.core_names[core] for core in range(self.size) if not self._reaches_all(core)]
        if alone:
            raise InputError(f"{place}: links", alone[0], "has no way over links to every other core", "join it")
        if not self.ports:
            object.__setattr__(self, "ports", tuple(range(self.size)))

    def _require_each_once(self, place: str) -> None:
        """Refuse links and ports that words would never take."""
        if len(self.links) > MOST_LINKS:
            raise InputError(f"{place}: links", len(self.links), f"are more than {MOST_LINKS}, each way counted")
        joined = Counter((link.source, link.target) for link in self.links)
        for (source, target), times in joined.items():
            if times > 1:
                ends = f"{self.core_names[source]} to {self.core_names[target]}"
                raise InputError(f"{place}: links", ends, "are joined twice", "words take one link: add up bandwidths")
        for port, times in Counter(self.ports).items():
            if times > 1:
                raise InputError(f"{place}: dram: ports", self.core_names[port], "stands twice")

    @property
    def size(self) -> int:
        """How many cores there are."""
        return sum(kind.count for kind in self.kinds)

    @cached_property
    def core_names(self) -> tuple[str, ...]:
        """Of all cores, in the order of their numbers."""
        return tuple(name for kind in self.kinds for name in kind.names)

    @cached_property
    def first_of_kind(self) -> tuple[int, ...]:
        """The number of the first core of each kind."""
        return tuple(accumulate((kind.count for kind in self.kinds[:-1]), initial=0))

    def kind_of(self, core: int) -> int:
        """The place of a core's kind."""
        return bisect_right(self.first_of_kind, core) - 1

    @property
    def clock_hz(self) -> float:
        """Cycles per second."""
        return self.kinds[0].accelerator.clock_hz

    @property
    def static_pj(self) -> float:
        """Energy that all cores draw in a cycle whether anything runs or not."""
        return math.fsum(kind.count * kind.accelerator.leakage_mw for kind in self.kinds) * 1e9 / self.clock_hz

    @property
    def area_mm2(self) -> float:
        """Of all cores; links and DRAM excluded."""
        return math.fsum(kind.count * kind.accelerator.area_mm2 for kind in self.kinds)

    def leaving(self, core: int) -> Iterator[tuple[int, Link]]:
        """Links from a core, with their numbers."""
        return ((number, link) for number, link in enumerate(self.links) if link.source == core)

    def _reaches_all(self, core: int) -> bool:
        reached, edge = {core}, [core]
        ways: dict[int, list[int]] = {}
        for link in self.links:
            ways.setdefault(link.source, []).append(link.target)
        while edge:
            new = {target for source in edge for target in ways.get(source, ())} - reached
            reached |= new
            edge = sorted(new)
        return len(reached) == self.size


def sharing(accelerator: Accelerator, dram: Dram) -> Accelerator:
    """An accelerator as a core: its outermost level is the shared DRAM."""
    own = accelerator.levels[0]
    shared = replace(
        own,
        word_bits=WORD_BITS,
        capacity_words=math.inf,
        partition_words={},
        double_buffered=False,
        read_bandwidth=math.inf,
        write_bandwidth=math.inf,
        shared_bandwidth=dram.bandwidth,
        read_pj=dram.read_pj,
        write_pj=dram.write_pj,
    )
    return replace(accelerator, levels=(shared, *accelerator.levels[1:]))
