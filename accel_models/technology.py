"""Energy and area of memories, arithmetic, wires and DRAM by technology node.

Every figure names its source in ``docs/technology.md``. In short:

* SRAM: power laws fitted to CACTI 7 rows (``data/fit_sram.py``); below 22 nm by hwcomponents' scaling rule.
* Arithmetic: Horowitz (ISSCC 2014) at 45 nm; flip-flops and crosspoints: the Aladdin 40 nm tables; both carried to
  other nodes by the ratios of hwcomponents' Aladdin multiplier (``data/logic_scaling.csv``).
* Wires: 0.2 fF/um at 0.7 V (hwcomponents). DRAM: pJ/bit by type (Accelergy-CACTI).

Not modelled for want of a source: leakage of logic, static and refresh power of DRAM, area of DRAM interfaces.
"""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from nets.elementary import log, power
from nets.errors import InputError, unknown

NODES_NM: Final = (65, 45, 32, 28, 22, 16, 7)
DEFAULT_NODE_NM: Final = 45

#: pJ per bit moved, by type. Accelergy-CACTI's ``CactiDRAM`` table; LPDDR: Malladi et al., ISCA 2012; DDR3:
#: Chatterjee et al., MICRO 2017; HBM3 and HBM4: hwcomponents, whose own HBM2 is 6.25.
DRAM_PJ_PER_BIT: Final = {
    "lpddr4": 8.0, "lpddr": 40.0, "ddr3": 70.0, "gddr5": 14.0, "hbm2": 3.9, "hbm3": 4.05, "hbm4": 3.2, "hmc": 4.2,
}  # fmt: skip

# Horowitz, ISSCC 2014, 45 nm, 0.9 V: integer adder (8 and 32 bits) and multiplier (8x8 and 32x32 bits).
_ADD_PJ = {8: 0.03, 32: 0.1}
_ADD_UM2 = {8: 36.0, 32: 137.0}
_MULT_PJ = {8: 0.2, 32: 3.1}
_MULT8_UM2 = 282.0

# The same of floating point: IEEE 754 half and single precision, by bits.
_FLOAT_ADD_PJ, _FLOAT_ADD_UM2 = {16: 0.4, 32: 0.9}, {16: 1360.0, 32: 4184.0}
_FLOAT_MULT_PJ, _FLOAT_MULT_UM2 = {16: 1.1, 32: 3.7}, {16: 1640.0, 32: 7700.0}
FLOAT_BITS: Final = tuple(_FLOAT_MULT_PJ)
"""Widths of floating point with sourced figures."""

# Aladdin, 40 nm: a flip-flop, per access and per bit; a crosspoint of the 32-bit 1:4 crossbar (0.68 pJ, 570 um2).
_FLOP_PJ_PER_BIT, _FLOP_UM2_PER_BIT = 0.009, 5.98
_SWITCH_PJ_PER_BIT, _CROSSPOINT_UM2_PER_BIT = 0.68 / 32, 570 / (4 * 32)

#: hwcomponents ``Wire``: 0.2 fF/um charged to 0.7 V, every bit taken to toggle.
WIRE_PJ_PER_BIT_MM: Final = 0.2e-15 * 1e3 * (0.7 * 0.7) * 1e12

#: CACTI takes no port below 32 bits and no bank below 64 rows, so no SRAM is smaller than this.
MIN_SRAM_BYTES: Final = 64 * 32 // 8
MIN_SRAM_WIDTH_BITS: Final = 32

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


@dataclass(frozen=True, slots=True)
class _PowerLaw:
    """``scale * capacity_kb ** capacity_exponent * (width_bits / 64) ** width_exponent``."""

    scale: float
    capacity_exponent: float
    width_exponent: float

    def at(self, capacity_kb: float, width_bits: float) -> float:
        """Value for a capacity in kilobytes and a port width in bits."""
        shape = power(capacity_kb, self.capacity_exponent) * power(width_bits / 64, self.width_exponent)
        return self.scale * shape


@dataclass(frozen=True, slots=True)
class Technology:
    """The figures of one node; made by :func:`technology`."""

    node_nm: int
    sram_read: _PowerLaw
    sram_write: _PowerLaw
    sram_area: _PowerLaw
    sram_leakage_mw_per_kb: float
    sram_cycle_ns: float
    logic_energy_from_45: float
    logic_area_from_45: float
    logic_energy_from_40: float
    logic_area_from_40: float

    def sram(self, capacity_bytes: float, width_bits: int) -> Memory:
        """An SRAM; never smaller or narrower than the smallest that CACTI takes.

        Energy and area grow with capacity and width. Banking follows the rows that were fitted: one bank up to
        256 KB, 8 from 512 KB and 16 from 2 MB.
        """
        kilobytes = max(capacity_bytes, MIN_SRAM_BYTES) / 1024
        width_bits = max(width_bits, MIN_SRAM_WIDTH_BITS)
        return Memory(
            "sram",
            width_bits,
            self.sram_read.at(kilobytes, width_bits),
            self.sram_write.at(kilobytes, width_bits),
            self.sram_area.at(kilobytes, width_bits),
            self.sram_leakage_mw_per_kb * kilobytes,
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

    def mac_pj(self, weight_bits: int, input_bits: int, psum_bits: int, *, floating: bool = False) -> float:
        """Energy of one multiply-accumulate, of integers or of floating point (both operands of :data:`FLOAT_BITS`)."""
        if floating:
            return (_FLOAT_MULT_PJ[input_bits] + _FLOAT_ADD_PJ[psum_bits]) * self.logic_energy_from_45
        exponent = log(_MULT_PJ[32] / _MULT_PJ[8]) / log(16)
        multiply = _MULT_PJ[8] * power(weight_bits * input_bits / 64, exponent)
        return float((multiply + _linear(_ADD_PJ, psum_bits)) * self.logic_energy_from_45)

    def mac_area_mm2(self, weight_bits: int, input_bits: int, psum_bits: int, *, floating: bool = False) -> float:
        """Area of one multiplier (of integers: quadratic in its width, as Aladdin's rule has it) and its adder."""
        if floating:
            return (_FLOAT_MULT_UM2[input_bits] + _FLOAT_ADD_UM2[psum_bits]) * self.logic_area_from_45 * 1e-6
        multiply = _MULT8_UM2 * weight_bits * input_bits / 64
        return (multiply + _linear(_ADD_UM2, psum_bits)) * self.logic_area_from_45 * 1e-6

    def hop_pj(self, bits: float, distance_mm: float) -> float:
        """Energy of ``bits`` passing one switch and a wire of ``distance_mm``."""
        return bits * (_SWITCH_PJ_PER_BIT * self.logic_energy_from_40 + WIRE_PJ_PER_BIT_MM * distance_mm)

    def crosspoints_mm2(self, count: float, bits: int) -> float:
        """Area of ``count`` crosspoints of ``bits`` each."""
        return _CROSSPOINT_UM2_PER_BIT * self.logic_area_from_40 * count * bits * 1e-6

    @property
    def clock_hz(self) -> float:
        """The clock a single 128 KB SRAM bank keeps up with (CACTI), in whole 100 MHz, at most 1 GHz."""
        return min(1e9, math.floor(10 / self.sram_cycle_ns) * 1e8)


def dram_pj_per_bit(kind: str) -> float:
    """Energy of one bit moved to or from a DRAM of type ``kind`` (a key of :data:`DRAM_PJ_PER_BIT`)."""
    if kind not in DRAM_PJ_PER_BIT:
        raise unknown("dram", kind, DRAM_PJ_PER_BIT)
    return DRAM_PJ_PER_BIT[kind]


@cache
def technology(node_nm: float = DEFAULT_NODE_NM) -> Technology:
    """The figures of a node.

    Raises:
        InputError: a node without sourced figures.
    """
    if node_nm not in NODES_NM:
        hint = "nodes with sourced figures: " + ", ".join(str(node) for node in NODES_NM)
        raise InputError("node", node_nm, "has no sourced figures", hint)
    node = int(node_nm)
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
    )


def sram_fit_errors(quantity: str) -> tuple[float, float]:
    """How far the law of ``read_pj``, ``write_pj`` or ``area_mm2`` is from CACTI: RMS and worst, in logarithms."""
    fit = _sram_fit()[quantity]
    return fit["rms_log_error"], fit["worst_log_error"]


def _law(fit: dict[str, Any], node: int) -> _PowerLaw:
    return _PowerLaw(fit["scale"][str(node)], fit["capacity_exponent"], fit["width_exponent"])


def _linear(table: dict[int, float], bits: int) -> float:
    """The straight line through a table's figures for 8 and 32 bits, no lower than its share of the first."""
    slope = (table[32] - table[8]) / 24
    return table[8] + slope * (bits - 8) if bits >= 8 else table[8] * bits / 8


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
