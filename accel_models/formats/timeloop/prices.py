"""What the parts of a Timeloop file cost: as its tables say, or Accelergy's, or our own technology, which is said."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Final

from accel_models.arithmetic import integer_mac
from accel_models.dram import load_dram
from accel_models.formats.timeloop.part import Part
from accel_models.technology import DEFAULT_NODE_NM, NODES_NM, technology
from nets.documents import Section

ESTIMATED_DRAM: Final = "lpddr4"
"""What an endless memory without an energy is taken for."""


def with_tables(parts: list[Part], sections: Mapping[str, Section], lacks: list[str]) -> list[Part]:
    """Energies (pJ per action) and areas (square micrometres) from a file's tables, where there are any.

    Args:
        sections: ``ERT`` and ``ART``, or ``ERT_summary`` and ``ART_summary`` as Accelergy writes them, which win.
    """
    from accel_models.formats.timeloop.architecture_model import AreaTables, EnergyTables

    energies, areas = dict[str, dict[str, float]](), dict[str, float]()
    for key in ("ERT", "ERT_summary"):
        for row in sections[key].read(EnergyTables).rows if key in sections else ():
            energies[row.leaf] = row.energies(lacks)
    for key in ("ART", "ART_summary"):
        if key in sections:
            areas |= {row.leaf: row.area for row in sections[key].read(AreaTables).rows}
    return [_with_table(part, energies.get(part.name, {}), areas.get(part.name), lacks) for part in parts]


def _with_table(part: Part, table: Mapping[str, float], area: float | None, lacks: list[str]) -> Part:
    changes: dict[str, Any] = {}
    if "compute" in table:
        changes = {"read_pj": table["compute"]}
    elif "read" in table and "write" in table:
        changes = {"read_pj": table["read"], "write_pj": table["write"]}
        if table.get("update", table["write"]) != table["write"]:
            lacks.append(f"{part.name}: an update that costs {table['update']} pJ; charged as a write")
    if table.get("leak"):
        lacks.append(f"{part.name}: leakage of {table['leak']} pJ a cycle; not charged, as in Timeloop's totals")
    if area is not None:
        changes["area_um2"] = area
    return dataclasses.replace(part, **changes)


def estimated(part: Part, computes: bool, lacks: list[str]) -> Part:
    """A part that the files price, as it is; any other at what it takes in our own technology, which is said."""
    if part.virtual or part.read_pj is not None:
        return part
    tech = technology(part.node_nm if part.node_nm in NODES_NM else DEFAULT_NODE_NM)
    if computes:
        read = write = tech.mac_pj(integer_mac(part.word_bits, part.word_bits, part.word_bits))
        what = "a multiply-accumulate"
    elif math.isinf(part.words):
        read = write = load_dram(ESTIMATED_DRAM).pj_per_bit * part.word_bits * part.block
        what = f"{ESTIMATED_DRAM} DRAM"
    else:
        memory = tech.local_memory(part.words * part.word_bits / 8, part.word_bits)
        vector = part.word_bits * part.block / memory.width_bits
        read, write = memory.read_pj * vector, memory.write_pj * vector
        what = "flip-flops" if memory.kind == "flops" else "SRAM"
    other = part.node_nm is not None and part.node_nm != tech.node_nm
    lacks.append(
        f"{part.name}: the files give no energy for it (Timeloop has tables of its own); estimated as {what} at "
        f"{tech.node_nm} nm{f' (no figures for {part.node_nm} nm)' if other else ''}: "
        f"{read / part.block:.3g} pJ a word read, {write / part.block:.3g} pJ a word written"
    )
    return dataclasses.replace(part, read_pj=read, write_pj=write)
