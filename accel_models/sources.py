"""Where every figure of a machine comes from: what ``cosearch accelerators show NAME --sources`` prints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from accel_models.arithmetic import FP8_OVER_INT8
from accel_models.description import Machine, Sized
from accel_models.dram import load_dram
from accel_models.overhead import area_interval
from accel_models.own_technology import OwnTechnology
from accel_models.precision import Precision
from accel_models.structure import Structure
from accel_models.technology import MIN_SRAM_WIDTH_BITS, Memory, own_fit_error, sram_fit_errors, technology_of
from accel_models.template import L2_PORT_BITS, Template
from accel_models.voltage import ALPHA, LOGIC_V, SUPPLIES, WIRE_V

_CACTI: Final = "CACTI 7 with hwcomponents-cacti's default settings"
_ALADDIN: Final = "Aladdin's 40 nm tables, as Accelergy and hwcomponents use them"
_HOROWITZ: Final = "Horowitz, ISSCC 2014, 45 nm, 0.9 V; areas: Hennessy and Patterson, 6th edition, figure 1.13"
_SCALED: Final = "carried to other nodes by hwcomponents' Aladdin multiplier (Stillmaker and Baas, Integration 2017)"
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
    dram = load_dram(machine.dram)
    found = [
        Sourced("sizes", machine.name, machine.source or "the machine's description"),
        Sourced("DRAM", f"{dram.pj_per_bit:.3g} pJ/bit ({machine.dram})", dram.source),
        *_standing(machine),
        *_on_chip(machine),
        Sourced("clock", f"{machine.clock / 1e6:g} MHz", _clock(machine)),
        Sourced("overhead", f"x{machine.overhead:g} of the parts", "this project's, held against silicon"),
    ]
    if machine.voltage is not None:
        supply = SUPPLIES[machine.node_nm].volts
        rule = (
            f"from {supply:g} V for SRAM (CACTI), {LOGIC_V:g} for arithmetic (Horowitz), {WIRE_V:g} for wires: energy "
        )
        rule += f"by the square, leakage in proportion, clock by the alpha-power law, alpha {ALPHA:g} (Sakurai and "
        found.append(Sourced("voltage", f"{machine.voltage:g} V", f"{rule}Newton, JSSC 1990)"))
    if (interval := area_interval(machine)) is not None:
        names = ", ".join(design.accelerator.name for design in interval.of.designs)
        found.append(Sourced("area of published designs", str(interval), f"{names}: docs/technology.md"))
    return found


def _on_chip(machine: Sized) -> list[Sourced]:
    """What its parts follow from: our figures, or those of a table of a user's own."""
    parts, own = _parts(machine), machine.technology
    return parts if own is None else [replace(part, source=_stated(part, own)) for part in parts]


def _parts(machine: Sized) -> list[Sourced]:
    """What its parts follow from, where no table says otherwise."""
    tech, bits = technology_of(machine), machine.precision
    mac = f"{tech.mac_pj(bits.mac):.3g} pJ, {tech.mac_area_mm2(bits.mac) * 1e6:.4g} um2 ({bits})"
    wire = f"{tech.wire_pj_per_bit_mm:.3g} pJ/bit and mm"
    return [
        *(each for name, memory in _memories(machine) for each in _of_memory(name, memory, machine.node_nm)),
        Sourced("MAC", mac, f"{_HOROWITZ}{_kind(bits)}; {_SCALED}"),
        Sourced("wires", wire, "hwcomponents' Wire: 0.2 fF/um at 0.7 V, every bit toggling, at every node"),
        Sourced("switches", f"{tech.hop_pj(1, 0):.3g} pJ/bit", f"{_ALADDIN}: 32-bit 1:4 crossbar; {_SCALED}"),
    ]


def _stated(part: Sourced, own: OwnTechnology) -> str:
    """How a part follows from a table."""
    rule = ""
    if part.what.endswith("(SRAM)"):
        rule = (
            f"; other sizes by laws fitted to CACTI, at most {own_fit_error(own):.0%} from its {len(own.sram)} memories"
        )
    elif part.what.endswith("leakage"):
        rule = "; by capacity"
    elif part.what == "MAC":
        rule = "; other than 8-bit integers by our own tables' ratios"
    elif part.what == "switches":
        rule = "; as many times ours as its flip-flops"
    return f"{own.source}{rule}"


def _standing(machine: Sized) -> list[Sourced]:
    """What is paid whether it is used or not, where that is counted."""
    dram, rate = load_dram(machine.dram), machine.dram_bandwidth
    if not machine.standing_costs or dram.currents is None or dram.phy is None:
        return []
    tech, mac = technology_of(machine), machine.precision.mac
    currents, leakage = dram.currents, machine.pes * tech.mac_leakage_mw(mac)
    formula = f"currents of {currents.source}, by Micron's TN-40-07"
    multiplier = f"{_ALADDIN}: a 32-bit multiplier's 0.08 mW on 6,350 um2, by area; {_SCALED}, as energy"
    return [
        Sourced("DRAM standby", f"{currents.standby_mw_per_gb_s * rate:.3g} mW at {rate:g} GB/s", formula),
        Sourced("DRAM refresh", f"{currents.refresh_mw_per_gb_s * rate:.3g} mW at {rate:g} GB/s", formula),
        Sourced("DRAM interface", f"{machine.standing.phy_mm2:.3g} mm2 at {rate:g} GB/s", dram.phy.source),
        Sourced("MAC leakage", f"{leakage:.3g} mW", multiplier),
    ]


def _memories(machine: Sized) -> list[tuple[str, Memory]]:
    """The memories on the chip, outermost first."""
    tech = technology_of(machine)
    if isinstance(machine, Template):
        l1 = tech.local_memory(machine.l1_bytes, machine.word_bits)
        return [("L2", tech.sram(machine.l2_bytes, L2_PORT_BITS)), ("L1", l1)]
    built = ((level.name, level.built.build(technology_of(machine))) for level in machine.levels)
    return [(name, memory) for name, memory in built if memory is not None]


def _of_memory(name: str, memory: Memory, node_nm: int) -> list[Sourced]:
    energy = f"{memory.read_pj:.3g} / {memory.write_pj:.3g} pJ a {memory.width_bits}-bit read / write"
    area = f"{memory.area_mm2:.3g} mm2"
    if memory.kind == "flops":
        return [
            Sourced(f"{name} (flip-flops)", f"{energy}, {area}", f"{_ALADDIN}: 0.009 pJ, 5.98 um2 a bit; {_SCALED}")
        ]
    errors = ", ".join(
        f"{words} {sram_fit_errors(quantity)[1]:.0%} at most"
        for quantity, words in (("read_pj", "reads"), ("write_pj", "writes"), ("area_mm2", "area"))
    )
    rule = ""
    if node_nm not in _FITTED_NM:
        between = "between 32 and 22 nm on a line in logarithms"
        rule = f"; {between if node_nm == 28 else 'below 22 nm by the rule of hwcomponents'}"
    narrow = f", no port below {MIN_SRAM_WIDTH_BITS} bits"
    leakage = "CACTI's largest row of the node, per KB (hwcomponents' below 22 nm)"
    return [
        Sourced(f"{name} (SRAM)", f"{energy}, {area}", f"{_CACTI}, lines between its figures ({errors}{narrow}){rule}"),
        Sourced(f"{name} leakage", f"{memory.leakage_mw:.3g} mW", leakage),
    ]


def _kind(bits: Precision) -> str:
    """How a multiplier follows from Horowitz's integers of 8 and 32 bits, and IEEE's floating point."""
    if bits.floating:
        return _float(bits)
    operands = {bits.weight, bits.input}
    if operands <= {8, 32}:
        return ""
    law = "; other widths by the product of both, to 0.99 in energy"
    if min(operands) >= 8:
        return law
    return f"{law}: 2.2 times less for 4 bits than for 8, where a chip measured 2.3 (Keller et al., VLSI 2022)"


def _float(bits: Precision) -> str:
    if bits.input == 8:
        least, most = FP8_OVER_INT8
        return (
            f"; {least:g} to {most:g} times a MAC of 8-bit integers (van Baalen et al., arXiv 2303.17951), the middle"
        )
    if bits.bfloat:
        ratio = "half precision by the ratios of both at 7 nm (Jouppi et al., ISCA 2021, table 2)"
        return f"; bfloat16 from {ratio}, areas as energies (Dally, AHA retreat 2023)"
    return ""


def _clock(machine: Sized) -> str:
    if machine.clock_hz is not None:
        return "the machine's description"
    if machine.technology is not None:
        return machine.technology.source
    return "what a 128 KB bank keeps up with by CACTI, in whole 100 MHz, at most 1 GHz"
