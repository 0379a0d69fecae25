"""What a machine is, for a reader: sizes, bandwidths, energies per word, area by part, sources."""

from __future__ import annotations

import math
from typing import Any

from accel_models.accelerator import Accelerator, Level
from accel_models.description import Machine, to_dict
from accel_models.overhead import area_interval
from accel_models.template import Template
from nets.documents.plain import plain


def datasheet(machine: Machine) -> dict[str, Any]:
    """The figures of a machine as plain data for ``--json``; a limit that does not exist is ``None``."""
    accelerator = _priced(machine)
    interval = area_interval(machine)
    return {
        "name": accelerator.name,
        "source": accelerator.source,
        "dataflow": getattr(machine, "dataflow", ""),
        "node_nm": accelerator.node_nm,
        "clock_hz": accelerator.clock_hz,
        "voltage": getattr(machine, "voltage", None),
        "macs_per_cycle": accelerator.macs_per_cycle,
        "mac_pj": accelerator.mac_pj,
        "leakage_mw": accelerator.leakage_mw,
        "levels": [_level(accelerator, i, level) for i, level in enumerate(accelerator.levels)],
        "unpacking": list(accelerator.unpacking),
        "area_mm2": accelerator.area_mm2,
        "area_breakdown_mm2": accelerator.area_breakdown_mm2(),
        "area_interval": None if interval is None else interval.to_dict(),
        "warnings": [*(machine.warnings() if isinstance(machine, Template) else ()), *not_modelled(accelerator)],
        "description": to_dict(machine),
    }


def describe(machine: Machine) -> str:
    """The same as text: a line for the whole, a table of levels, the area by part, and the sources."""
    sheet = datasheet(machine)
    dataflow = f", {sheet['dataflow'].replace('_', ' ')}" if sheet["dataflow"] else ""
    supply = f"{sheet['voltage']:g} V, " if sheet["voltage"] else ""
    lines = [
        f"{sheet['name']}: {sheet['macs_per_cycle']} MACs at {sheet['clock_hz'] / 1e6:g} MHz, {supply}"
        f"{sheet['node_nm']:g} nm, {_area(sheet['area_mm2'])}{dataflow}",
        "",
        f"{'level':<12}{'instances':>10}{'bytes each':>12}{'keeps':>7}{'reads/cyc':>11}{'writes/cyc':>11}"
        f"{'read pJ':>9}{'write pJ':>9}{'hop pJ':>8}  fan-out below",
    ]
    for level in sheet["levels"]:
        axes = " x ".join(f"{axis['size']} ({' '.join(axis['dims']) or 'any'})" for axis in level["fanout"])
        shared = level["shared_bandwidth"]
        reads, writes = (
            level[key] if level[key] is not None else shared for key in ("read_bandwidth", "write_bandwidth")
        )
        lines.append(
            f"{level['name']:<12}{level['instances']:>10}{_number(level['capacity_bytes']):>12}{level['keeps']:>7}"
            f"{_number(reads):>11}{_number(writes):>11}{level['read_pj']:>9.3g}{level['write_pj']:>9.3g}"
            f"{level['network_pj']:>8.3g}  {axes}"
        )
    lines += [f"{'MAC':<12}{sheet['macs_per_cycle']:>10}{'':>41}{sheet['mac_pj']:>9.3g}", ""]
    lines.append("energies are per word of each level" + _word_note(sheet["levels"]))
    if parts := sheet["area_breakdown_mm2"]:
        lines.append("area mm2: " + ", ".join(f"{part} {mm2:.3g}" for part, mm2 in parts.items()))
    if (interval := area_interval(machine)) is not None:
        lines.append(f"area with the overhead of published designs: {interval}")
    lines += [f"formats: {sentence}" for sentence in sheet["unpacking"]]
    lines += [f"note: {warning}" for warning in sheet["warnings"]]
    if sheet["source"]:
        lines.append(f"source: {sheet['source']}")
    return "\n".join(lines)


def _area(mm2: float) -> str:
    """An area; that of a machine of which none is known is 0."""
    return f"{mm2:.3g} mm2" if mm2 else "area not known"


def not_modelled(accelerator: Accelerator) -> list[str]:
    """What should be known of a machine that another tool's file describes."""
    return [f"not modelled: {sentence}" for sentence in accelerator.lacks]


def _priced(machine: Machine) -> Accelerator:
    return machine if isinstance(machine, Accelerator) else machine.accelerator()


def _level(accelerator: Accelerator, index: int, level: Level) -> dict[str, Any]:
    bits = level.word_bits
    return {
        "name": level.name,
        "instances": accelerator.instances(index),
        "keeps": "".join(level.keeps),
        "word_bits": bits,
        "capacity_words": _finite(level.capacity_words),
        "capacity_bytes": _finite(level.capacity_words * bits / 8) if bits else None,
        "least_bits": plain(level.least_bits),
        "double_buffered": level.double_buffered,
        "read_bandwidth": _finite(level.read_bandwidth),
        "write_bandwidth": _finite(level.write_bandwidth),
        "shared_bandwidth": _finite(level.shared_bandwidth),
        "read_pj": level.read_pj,
        "write_pj": level.write_pj,
        "network_pj": level.network_pj,
        "area_mm2": level.area_mm2,
        "leakage_mw": level.leakage_mw,
        "fanout": [{"name": axis.name, "size": axis.size, "dims": list(axis.dims)} for axis in level.fanout],
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value == round(value) else f"{value:.4g}"


def _word_note(levels: list[dict[str, Any]]) -> str:
    widths = {level["word_bits"] for level in levels}
    if widths == {None}:
        return " (one element of a tensor is one word)"
    return f" of {widths.pop()} bits" if len(widths) == 1 else ""
