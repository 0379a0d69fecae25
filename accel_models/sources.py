"""Where every figure of a machine comes from: what ``cosearch accelerators show NAME --sources`` prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from accel_models.description import Machine
from accel_models.overhead import area_interval
from accel_models.precision import Precision
from accel_models.structure import Structure
from accel_models.technology import (
    MIN_SRAM_WIDTH_BITS,
    WIRE_PJ_PER_BIT_MM,
    Memory,
    dram_pj_per_bit,
    sram_fit_errors,
    technology,
)
from accel_models.template import L2_PORT_BITS, Template

_CACTI: Final = "CACTI 7 with hwcomponents-cacti's default settings, 44 rows"
_ALADDIN: Final = "Aladdin's 40 nm tables, as Accelergy and hwcomponents use them"
_HOROWITZ: Final = "Horowitz, ISSCC 2014, 45 nm, 0.9 V; areas: Hennessy and Patterson, 6th edition, figure 1.13"
_SCALED: Final = "carried to other nodes by hwcomponents' Aladdin multiplier (Stillmaker and Baas, Integration 2017)"
_CACTI_DRAM: Final = "Accelergy-CACTI, CactiDRAM"
DRAM_SOURCES: Final = {
    "lpddr4": f"{_CACTI_DRAM} (given there only as public data)",
    "lpddr": "Malladi et al., ISCA 2012",
    "ddr3": "Chatterjee et al., MICRO 2017",
    "gddr5": _CACTI_DRAM,
    "hbm2": _CACTI_DRAM,
    "hbm3": "hwcomponents, whose own HBM2 is 6.25 pJ/bit",
    "hbm4": "hwcomponents, whose own HBM2 is 6.25 pJ/bit",
    "hmc": _CACTI_DRAM,
}
_FITTED_NM: Final = (65, 45, 32, 22)


@dataclass(frozen=True, slots=True)
class Sourced:
    """A figure of a machine.

    Attributes:
        what: part and quantity. figure: with its unit. source: where it was read, and how it came here.
    """

    what: str
    figure: str
    source: str


def sourced(machine: Machine) -> list[Sourced]:
    """Every figure that a machine's energies and areas follow from; none for one whose file states them."""
    if not isinstance(machine, Template | Structure):
        return []
    tech, bits = technology(machine.node_nm), machine.precision
    found = [
        Sourced("sizes", machine.name, machine.source or "the machine's description"),
        Sourced("DRAM", f"{dram_pj_per_bit(machine.dram):g} pJ/bit ({machine.dram})", DRAM_SOURCES[machine.dram]),
    ]
    for name, memory in _memories(machine):
        found += _of_memory(name, memory, machine.node_nm)
    mac = f"{bits.mac_pj(tech):.3g} pJ, {bits.mac_area_mm2(tech) * 1e6:.4g} um2 ({bits})"
    wire = f"{WIRE_PJ_PER_BIT_MM:.3g} pJ/bit and mm"
    found += [
        Sourced("MAC", mac, f"{_HOROWITZ}{_widths(bits)}; {_SCALED}"),
        Sourced("wires", wire, "hwcomponents' Wire: 0.2 fF/um at 0.7 V, every bit toggling, at every node"),
        Sourced("switches", f"{tech.hop_pj(1, 0):.3g} pJ/bit", f"{_ALADDIN}: 32-bit 1:4 crossbar; {_SCALED}"),
        Sourced("clock", f"{machine.clock / 1e6:g} MHz", _clock(machine)),
        Sourced("overhead", f"x{machine.overhead:g} of the parts", "this project's, held against silicon"),
    ]
    if (interval := area_interval(machine.accelerator())) is not None:
        names = ", ".join(design.accelerator.name for design in interval.of.designs)
        found.append(Sourced("area of published designs", str(interval), f"{names}: docs/technology.md"))
    return found


def _memories(machine: Template | Structure) -> list[tuple[str, Memory]]:
    """The memories on the chip, outermost first."""
    tech = technology(machine.node_nm)
    if isinstance(machine, Template):
        l1 = tech.local_memory(machine.l1_bytes, machine.word_bits)
        return [("L2", tech.sram(machine.l2_bytes, L2_PORT_BITS)), ("L1", l1)]
    built = ((level.name, level.built.build(machine.node_nm)) for level in machine.levels)
    return [(name, memory) for name, memory in built if memory is not None]


def _of_memory(name: str, memory: Memory, node_nm: int) -> list[Sourced]:
    energy = f"{memory.read_pj:.3g} / {memory.write_pj:.3g} pJ a {memory.width_bits}-bit read / write"
    area = f"{memory.area_mm2:.3g} mm2"
    if memory.kind == "flops":
        return [
            Sourced(f"{name} (flip-flops)", f"{energy}, {area}", f"{_ALADDIN}: 0.009 pJ, 5.98 um2 a bit; {_SCALED}")
        ]
    errors = ", ".join(
        f"{words} {sram_fit_errors(quantity)[0]:.0%} RMS"
        for quantity, words in (("read_pj", "reads"), ("write_pj", "writes"), ("area_mm2", "area"))
    )
    rule = ""
    if node_nm not in _FITTED_NM:
        between = "between 32 and 22 nm on a line in logarithms"
        rule = f"; {between if node_nm == 28 else 'below 22 nm by the rule of hwcomponents'}"
    narrow = f", no port below {MIN_SRAM_WIDTH_BITS} bits"
    leakage = "CACTI's largest row of the node, per KB (hwcomponents' below 22 nm)"
    return [
        Sourced(f"{name} (SRAM)", f"{energy}, {area}", f"{_CACTI}, a power law ({errors}{narrow}){rule}"),
        Sourced(f"{name} leakage", f"{memory.leakage_mw:.3g} mW", leakage),
    ]


def _widths(bits: Precision) -> str:
    """How an integer multiplier of other widths than Horowitz's 8 and 32 bits follows from them."""
    operands = {bits.weight, bits.input}
    if bits.floating or operands <= {8, 32}:
        return ""
    law = "other widths by the product of both, to 0.99 in energy"
    return f"; {law}" + (", which below 8 bits no source covers" if min(operands) < 8 else "")


def _clock(machine: Template | Structure) -> str:
    if machine.clock_hz is not None:
        return "the machine's description"
    return "what a 128 KB bank keeps up with by CACTI, in whole 100 MHz, at most 1 GHz"
