"""Energy and area of memories, arithmetic, wires and DRAM by technology node.

Every figure names its source in ``docs/technology.md``. In short:

* SRAM: CACTI 7's figures by capacity and width of the port (``data/fit_sram.py``); below 22 nm by hwcomponents'
  scaling rule.
* Arithmetic: :mod:`accel_models.arithmetic` at 45 nm; flip-flops and crosspoints: the Aladdin 40 nm tables; both
  carried to other nodes by the ratios of hwcomponents' Aladdin multiplier (``data/logic_scaling.csv``).
* Wires: 0.2 fF/um at 0.7 V (hwcomponents). DRAM: :mod:`accel_models.dram`. Voltage: :mod:`accel_models.voltage`.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final, Protocol

from accel_models.arithmetic import LEAKAGE_MW_PER_UM2, Mac
from accel_models.own_technology import OwnTechnology
from accel_models.precision import INT8
from accel_models.sram_law import LEAST_BYTES, WIDTHS_BITS, SramLaw
from accel_models.voltage import LOGIC_V, SUPPLIES, WIRE_V, require_voltage, square
from nets.elementary import exp, log
from nets.errors import NO_VALUE, InputError

NODES_NM: Final = (65, 45, 32, 28, 22, 16, 7)
DEFAULT_NODE_NM: Final = 45

# Aladdin, 40 nm: a flip-flop, per access and per bit; a crosspoint of the 32-bit 1:4 crossbar (0.68 pJ, 570 um2).
_FLOP_PJ_PER_BIT, _FLOP_UM2_PER_BIT = 0.009, 5.98
_SWITCH_PJ_PER_BIT, _CROSSPOINT_UM2_PER_BIT = 0.68 / 32, 570 / (4 * 32)

#: hwcomponents ``Wire``: 0.2 fF/um charged to 0.7 V, every bit taken to toggle.
WIRE_PJ_PER_BIT_MM: Final = 0.2e-15 * 1e3 * (WIRE_V * WIRE_V) * 1e12

#: CACTI takes no port below 32 bits and no bank below 64 rows, so no SRAM is smaller than this.
MIN_SRAM_BYTES: Final = LEAST_BYTES
MIN_SRAM_WIDTH_BITS: Final = WIDTHS_BITS[0]

#: The largest local memory built from flip-flops.
MAX_FLOP_WORDS: Final = 64


@dataclass(frozen=True, slots=True)
class Memory:
    """One memory as built.

    Attributes:
        kind: ``"sram"`` or ``"flops"``.
        width_bits: bits moved by one access.
        read_pj, write_pj: energy of one access.
        area_mm2, leakage_mw: of the whole memory.
    """

    kind: str
    width_bits: int
    read_pj: float
    write_pj: float
    area_mm2: float
    leakage_mw: float


@dataclass(frozen=True, slots=True, eq=False)
class Technology:
    """The figures of one node, at one voltage, or of a table; made by :func:`technology`, each once."""

    node_nm: int
    sram_read: SramLaw
    sram_write: SramLaw
    sram_area: SramLaw
    sram_leakage_mw_per_kb: float
    sram_cycle_ns: float
    logic_energy_from_45: float
    logic_area_from_45: float
    logic_energy_from_40: float
    logic_area_from_40: float
    wire_pj_per_bit_mm: float = WIRE_PJ_PER_BIT_MM
    speed: float = 1.0
    logic_leakage: float = 1.0
    stated_clock_hz: float | None = None

    def sram(self, capacity_bytes: float, width_bits: int) -> Memory:
        """An SRAM; never smaller or narrower than the smallest that CACTI takes.

        Energy and area grow with capacity and width. From 16,384 words on it is halfway between one bank and eight.
        """
        capacity_bytes = max(capacity_bytes, MIN_SRAM_BYTES)
        width_bits = max(width_bits, MIN_SRAM_WIDTH_BITS)
        return Memory(
            "sram",
            width_bits,
            self.sram_read.at(capacity_bytes, width_bits),
            self.sram_write.at(capacity_bytes, width_bits),
            self.sram_area.at(capacity_bytes, width_bits),
            self.sram_leakage_mw_per_kb * (capacity_bytes / 1024),
        )

    def flops(self, capacity_bytes: float, width_bits: int) -> Memory:
        """A register file of flip-flops: energy per bit whatever its size, area per bit stored."""
        access_pj = _FLOP_PJ_PER_BIT * self.logic_energy_from_40 * width_bits
        area_um2 = _FLOP_UM2_PER_BIT * self.logic_area_from_40 * capacity_bytes * 8
        return Memory("flops", width_bits, access_pj, access_pj, area_um2 * 1e-6, 0.0)

    def local_memory(self, capacity_bytes: float, word_bits: int) -> Memory:
        """What a processing element keeps its words in: flip-flops up to 64 words, an SRAM with a 32-bit port beyond.

        Flip-flops take less energy than so small an SRAM but more area; :func:`flop_surcharge_mm2` says how much.
        """
        if capacity_bytes * 8 <= MAX_FLOP_WORDS * word_bits:
            return self.flops(capacity_bytes, word_bits)
        return self.sram(capacity_bytes, MIN_SRAM_WIDTH_BITS)

    def flop_surcharge_mm2(self, capacity_bytes: float) -> float:
        """Area by which a register file of flip-flops exceeds the SRAM that would hold as much (zero or more)."""
        sram_mm2 = self.sram(capacity_bytes, MIN_SRAM_WIDTH_BITS).area_mm2
        return max(0.0, self.flops(capacity_bytes, 8).area_mm2 - sram_mm2)

    def mac_pj(self, mac: Mac) -> float:
        """Energy of one multiply-accumulate of a unit."""
        return mac.pj * self.logic_energy_from_45

    def mac_area_mm2(self, mac: Mac) -> float:
        """Area of a unit."""
        return mac.um2 * self.logic_area_from_45 * 1e-6

    def mac_leakage_mw(self, mac: Mac) -> float:
        """Leakage of a unit: by its area at 40 nm, and from there with the energy, as hwcomponents has it."""
        at_40_um2 = mac.um2 * self.logic_area_from_45 / self.logic_area_from_40
        return at_40_um2 * LEAKAGE_MW_PER_UM2 * self.logic_leakage

    def hop_pj(self, bits: float, distance_mm: float) -> float:
        """Energy of ``bits`` passing one switch and a wire of ``distance_mm``."""
        return bits * (_SWITCH_PJ_PER_BIT * self.logic_energy_from_40 + self.wire_pj_per_bit_mm * distance_mm)

    def crosspoints_mm2(self, count: float, bits: int) -> float:
        """Area of ``count`` crosspoints of ``bits`` each."""
        return _CROSSPOINT_UM2_PER_BIT * self.logic_area_from_40 * count * bits * 1e-6

    @property
    def clock_hz(self) -> float:
        """The clock a single 128 KB SRAM bank keeps up with (CACTI), in whole 100 MHz, at most 1 GHz.

        At another voltage than the node's own, as much faster or slower as its transistors are; as a table of a
        user's own states it.
        """
        if self.stated_clock_hz is not None:
            return self.stated_clock_hz
        return min(1e9, math.floor(10 / self.sram_cycle_ns) * 1e8) * self.speed


class HasTechnology(Protocol):
    """What is built in some technology; attributes as those of a template."""

    @property
    def node_nm(self) -> int: ...
    @property
    def voltage(self) -> float | None: ...
    @property
    def technology(self) -> OwnTechnology | None: ...
    @property
    def standing_costs(self) -> bool: ...


def technology_of(machine: HasTechnology) -> Technology:
    """The figures of a machine's parts.

    Raises:
        InputError: as :func:`technology`; costs that a table of a user's own does not speak of.
    """
    if machine.technology is not None and machine.standing_costs:
        rule = "count leakage of MACs, of which a technology of one's own does not speak"
        raise InputError("standing-costs", NO_VALUE, rule, "leave one of them out")
    return technology(machine.node_nm, machine.voltage, machine.technology)


@cache
def technology(
    node_nm: float = DEFAULT_NODE_NM, voltage: float | None = None, own: OwnTechnology | None = None
) -> Technology:
    """The figures of a node, each at the voltage of its source, or all at one voltage; those of a user's own table.

    Raises:
        InputError: a node without sourced figures, or a voltage at which they do not hold, as those of a table.
    """
    if node_nm not in NODES_NM:
        hint = "nodes with sourced figures: " + ", ".join(str(node) for node in NODES_NM)
        raise InputError("node", node_nm, "has no sourced figures", hint)
    node = int(node_nm)
    if voltage is not None:
        if own is not None:
            raise InputError("voltage", voltage, "is another than that of the technology given", "leave it out")
        require_voltage(node, voltage)
        return _at(technology(node), voltage)
    if own is not None:
        return replace(_as_stated(technology(), own), node_nm=node)
    fit = _sram_fit()
    energy, area = _logic_scaling()
    return Technology(
        node_nm=node,
        sram_read=_law(fit["read_pj"], node),
        sram_write=_law(fit["write_pj"], node),
        sram_area=_law(fit["area_mm2"], node),
        sram_leakage_mw_per_kb=fit["leakage_mw_per_kb"][str(node)],
        sram_cycle_ns=fit["cycle_ns"][str(node)],
        logic_energy_from_45=energy[node] / energy[45],
        logic_area_from_45=area[node] / area[45],
        logic_energy_from_40=energy[node] / energy[40],
        logic_area_from_40=area[node] / area[40],
        logic_leakage=energy[node] / energy[40],
    )


def _at(tech: Technology, voltage: float) -> Technology:
    supply = SUPPLIES[tech.node_nm]
    sram, logic = supply.energy(voltage), square(voltage / LOGIC_V)
    return replace(
        tech,
        sram_read=tech.sram_read.times(sram),
        sram_write=tech.sram_write.times(sram),
        sram_leakage_mw_per_kb=tech.sram_leakage_mw_per_kb * supply.leakage(voltage),
        logic_energy_from_45=tech.logic_energy_from_45 * logic,
        logic_energy_from_40=tech.logic_energy_from_40 * logic,
        logic_leakage=tech.logic_leakage * (voltage / LOGIC_V),
        wire_pj_per_bit_mm=tech.wire_pj_per_bit_mm * square(voltage / WIRE_V),
        speed=supply.speed(voltage),
    )


def _as_stated(tech: Technology, own: OwnTechnology) -> Technology:
    """A table's figures: of SRAM by the laws of some node that go through its memories as nearly as one factor can."""

    def through(law: SramLaw, figure: str) -> SramLaw:
        return law.times(exp(_mean([log(ratio) for ratio in _ratios(law, own, figure)])))

    energy, area = own.flops.pj_per_bit / _FLOP_PJ_PER_BIT, own.flops.um2_per_bit / _FLOP_UM2_PER_BIT
    return replace(
        tech,
        sram_read=through(tech.sram_read, "read_pj"),
        sram_write=through(tech.sram_write, "write_pj"),
        sram_area=through(tech.sram_area, "area_mm2"),
        sram_leakage_mw_per_kb=_mean([row.leakage_mw / (row.bytes / 1024) for row in own.sram]),
        logic_energy_from_45=own.mac.pj / INT8.mac.pj,
        logic_area_from_45=own.mac.um2 / INT8.mac.um2,
        logic_energy_from_40=energy,
        logic_area_from_40=area,
        wire_pj_per_bit_mm=own.wire_pj_per_bit_mm,
        stated_clock_hz=own.clock_hz,
    )


def _ratios(law: SramLaw, own: OwnTechnology, figure: str) -> list[float]:
    """What a table's memories have by what a law says of them."""
    return [getattr(row, figure) / law.at(row.bytes, row.width_bits) for row in own.sram]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def own_fit_error(own: OwnTechnology) -> float:
    """How far at most a memory of a table is from the laws through all of them, as a share."""
    tech = technology(own=own)
    laws = {"read_pj": tech.sram_read, "write_pj": tech.sram_write, "area_mm2": tech.sram_area}
    return max(abs(1 / ratio - 1) for figure, law in laws.items() for ratio in _ratios(law, own, figure))


def sram_fit_errors(quantity: str) -> tuple[float, float]:
    """How far the law of ``read_pj``, ``write_pj`` or ``area_mm2`` is from CACTI: RMS and worst, in logarithms."""
    fit = _sram_fit()[quantity]
    return fit["rms_log_error"], fit["worst_log_error"]


def _law(fit: dict[str, Any], node: int) -> SramLaw:
    return SramLaw(tuple(map(tuple, fit["figures"][str(node)])))


@lru_cache(maxsize=1)
def _sram_fit() -> dict[str, Any]:
    text = (files("accel_models.data") / "sram_fit.json").read_text(encoding="utf-8")
    fit: dict[str, Any] = json.loads(text)
    return fit


@lru_cache(maxsize=1)
def _logic_scaling() -> tuple[dict[int, float], dict[int, float]]:
    """Energy and area of a 32-bit multiplier by node: only their ratios are used."""
    text = (files("accel_models.data") / "logic_scaling.csv").read_text(encoding="utf-8")
    table = list(csv.DictReader(text.splitlines()))
    return (
        {int(row["node_nm"]): float(row["mult32_pj"]) for row in table},
        {int(row["node_nm"]): float(row["mult32_um2"]) for row in table},
    )
