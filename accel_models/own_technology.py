"""A technology of a user's own: a table whose figures take the place of ours, whatever the sizes of a design.

    sram:
      - {bytes: 8192, width_bits: 64, read_pj: 1.6, write_pj: 1.8, area_mm2: 0.0065, leakage_mw: 0.4}
    flops: {pj_per_bit: 0.003, um2_per_bit: 2.2}
    mac: {pj: 0.09, um2: 160}
    wire_pj_per_bit_mm: 0.08
    clock_hz: 1.0e+9
    source: characterised library, 22 nm

A search builds memories of sizes that no table lists. So the laws that were fitted to CACTI, by capacity and by width,
go through the table's memories as nearly as one factor for each quantity can: in their geometric mean. Figures of MACs
are those of 8-bit integers; others are as many times as much as in our own tables. Switches follow flip-flops.
"""

from __future__ import annotations

from dataclasses import dataclass

from nets.documents.strict import STRICT
from nets.errors import InputError
from nets.ranges import require_figure, require_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class SramFigures:
    """Of one SRAM.

    Attributes:
        bytes: that it holds. width_bits: of its port.
        read_pj, write_pj: energy of one access.
        area_mm2, leakage_mw: of the whole memory.
    """

    __pydantic_config__ = STRICT

    bytes: int
    width_bits: int
    read_pj: float
    write_pj: float
    area_mm2: float
    leakage_mw: float

    def __post_init__(self) -> None:
        for name in ("bytes", "width_bits"):
            require_whole(name, getattr(self, name))
        for name in ("read_pj", "write_pj", "area_mm2"):
            require_figure(name, getattr(self, name))
        require_figure("leakage_mw", self.leakage_mw, zero=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlopFigures:
    """Of flip-flops: of one access and of the area, a bit."""

    __pydantic_config__ = STRICT

    pj_per_bit: float
    um2_per_bit: float

    def __post_init__(self) -> None:
        require_figure("pj_per_bit", self.pj_per_bit)
        require_figure("um2_per_bit", self.um2_per_bit)


@dataclass(frozen=True, slots=True, kw_only=True)
class MacFigures:
    """Of one multiply-accumulate of 8-bit integers with sums of 24 bits, and of the unit that does it."""

    __pydantic_config__ = STRICT

    pj: float
    um2: float

    def __post_init__(self) -> None:
        require_figure("pj", self.pj)
        require_figure("um2", self.um2)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTechnology:
    """Figures of a user's own; none may be left out, so that no figure of ours stays where a table was meant.

    Attributes:
        sram: memories, one or more.
        flops: of small memories.
        mac: of the arithmetic.
        wire_pj_per_bit_mm: of wires.
        clock_hz: of designs.
        source: where the figures come from.
    """

    __pydantic_config__ = STRICT

    sram: tuple[SramFigures, ...]
    flops: FlopFigures
    mac: MacFigures
    wire_pj_per_bit_mm: float
    clock_hz: float
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "sram", tuple(self.sram))
        if not self.sram:
            raise InputError("sram", [], "must name at least one memory")
        for name in ("wire_pj_per_bit_mm", "clock_hz"):
            require_figure(name, getattr(self, name))
        if not self.source:
            raise InputError("source", self.source, "must say where the figures come from")

    def __str__(self) -> str:
        return self.source
