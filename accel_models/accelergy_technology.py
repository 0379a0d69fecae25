"""A technology from Accelergy's tables: a file that says which component each kind of part is.

    accelergy: [ERT.yaml, ART.yaml]
    sram:
      - {component: buffer, bytes: 8192, width_bits: 64}
    flops: {component: regfile, bytes: 32, width_bits: 16}
    mac: {component: mac}
    wire_pj_per_bit_mm: 0.08
    clock_hz: 1.0e+9
    source: Accelergy 0.4 with our characterised library

``ERT`` has pJ an action, ``ART`` square micrometres of one instance; a leakage of so many pJ a cycle is power at the
clock.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from accel_models.accelergy_figures import Tables
from accel_models.own_technology import FlopFigures, MacFigures, OwnTechnology, SramFigures
from nets.documents import Document
from nets.documents.model import Count, Model, Positive


class ArithmeticPart(Model):
    """A component that multiplies and adds up."""

    component: str


class MemoryPart(Model):
    """A component that holds so many bytes behind a port."""

    component: str
    bytes: Count
    width_bits: Count


class AccelergyTechnology(Model):
    """Which components of Accelergy's tables the parts of designs are.

    Attributes:
        accelergy: files beside this one that hold ``ERT`` or ``ERT_summary``, ``ART`` or ``ART_summary``.
        sram: memories, one or more. flops: registers. mac: the arithmetic.
        wire_pj_per_bit_mm: of wires, of which the tables do not speak.
        clock_hz: of designs.
        source: where the tables come from.
    """

    accelergy: Annotated[tuple[str, ...], Field(min_length=1)]
    sram: Annotated[tuple[MemoryPart, ...], Field(min_length=1)]
    flops: MemoryPart
    mac: ArithmeticPart
    wire_pj_per_bit_mm: Positive
    clock_hz: Positive
    source: Annotated[str, Field(min_length=1)]

    def technology(self, document: Document, folder: Path) -> OwnTechnology:
        """The figures that the tables have.

        Raises:
            InputError: a file that holds no table, a component or an action that the tables do not have, or a figure
                that is out of range.
        """
        tables = Tables.read([folder / name for name in self.accelergy])
        memories = []
        for index, part in enumerate(self.sram):
            with document.at(("sram", index, "component")):
                memories.append(
                    SramFigures(
                        bytes=part.bytes,
                        width_bits=part.width_bits,
                        read_pj=tables.energy(part.component, "read"),
                        write_pj=tables.energy(part.component, "write"),
                        area_mm2=tables.area_mm2(part.component),
                        leakage_mw=tables.leakage(part.component) * self.clock_hz * 1e-9,
                    )
                )
        with document.at(("flops", "component")):
            reads, writes = (tables.energy(self.flops.component, action) for action in ("read", "write"))
            flops = FlopFigures(
                pj_per_bit=(reads + writes) / 2 / self.flops.width_bits,
                um2_per_bit=tables.area_mm2(self.flops.component) * 1e6 / (8 * self.flops.bytes),
            )
        with document.at(("mac", "component")):
            component = self.mac.component
            mac = MacFigures(pj=tables.energy(component, "compute"), um2=tables.area_mm2(component) * 1e6)
        return OwnTechnology(
            sram=tuple(memories), flops=flops, mac=mac, wire_pj_per_bit_mm=self.wire_pj_per_bit_mm,
            clock_hz=self.clock_hz, source=self.source,
        )  # fmt: skip
