"""A machine with energies and areas from Accelergy's tables: a file that says which component each part is.

    machine: gemmini
    accelergy: [ERT.yaml, ART.yaml]
    parts:
      DRAM: {component: DRAM, words: 8}
      scratchpad: {component: buffer, words: 16}
      ...
      mac: {component: mac}
    source: Accelergy 0.4 with our characterised library

Accelergy prices an action, which moves ``words`` words of the level; ``ERT`` has pJ, ``ART`` square micrometres of one
instance. A leakage of so many pJ a cycle is power at the machine's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from accel_models.accelerator import Accelerator
from accel_models.formats.timeloop.architecture_model import AreaTables, EnergyTables
from accel_models.own_figures import FiguresFile, LevelFigures, MacFigures, require_all
from nets.documents import Document, read_yaml
from nets.documents.model import Model, NotNegative
from nets.documents.section import Section
from nets.errors import InputError, nearest
from nets.ranges import require_figure

MAC: Final = "mac"
"""Stands for the arithmetic among the parts."""
ENERGIES: Final = ("ERT", "ERT_summary")
AREAS: Final = ("ART", "ART_summary")


class Part(Model):
    """A component of the tables, and how many words of a level one of its actions moves."""

    component: str
    words: Annotated[float, Field(ge=2**-6, le=2**20)] = 1.0


class AccelergyFile(Model):
    """A machine by name or file, and which component each of its parts is.

    Attributes:
        machine: a preset, or the file of a machine beside this one.
        accelergy: files beside this one that hold ``ERT`` or ``ERT_summary``, ``ART`` or ``ART_summary``.
        parts: by the name of the level, and ``mac``.
        other_area_mm2: of everything else on the chip; nothing is added for overhead.
        source: where the tables come from.
    """

    machine: str
    accelergy: Annotated[tuple[str, ...], Field(min_length=1)]
    parts: dict[str, Part]
    other_area_mm2: NotNegative = 0.0
    source: Annotated[str, Field(min_length=1)]

    def figures(self, document: Document, folder: Path, machine: Accelerator) -> FiguresFile:
        """What the tables say of the parts of a machine, as a table of figures.

        Raises:
            InputError: a file that holds no table, a part that is missing or too much, a component or an action that
                the tables do not have.
        """
        tables = Tables.read([folder / name for name in self.accelergy])
        require_all(document, "parts", self.parts, (*machine.level_names, MAC))
        found = {}
        for name, part in ((name, self.parts[name]) for name in machine.level_names):
            with document.at(("parts", name, "component")):
                read_pj, write_pj = (tables.energy(part.component, action) / part.words for action in ("read", "write"))
                leak_pj = tables.leakage(part.component)
                found[name] = LevelFigures(
                    read_pj=read_pj,
                    write_pj=write_pj,
                    area_mm2=tables.area_mm2(part.component),
                    leakage_mw=leak_pj * machine.clock_hz * 1e-9,
                )
        with document.at(("parts", MAC, "component")):
            component = self.parts[MAC].component
            mac = MacFigures(pj=tables.energy(component, "compute"), area_mm2=tables.area_mm2(component))
        return FiguresFile(
            machine=self.machine, figures=found, mac=mac, other_area_mm2=self.other_area_mm2, source=self.source
        )


@dataclass(frozen=True, slots=True)
class Tables:
    """Accelergy's: energies in pJ by component and action, areas in square micrometres by component."""

    energies: Mapping[str, Mapping[str, float]]
    areas: Mapping[str, float]

    @classmethod
    def read(cls, paths: list[Path]) -> Tables:
        """The tables that some files hold together.

        Raises:
            InputError: a file that cannot be read, or holds none.
        """
        energies: dict[str, Mapping[str, float]] = {}
        areas: dict[str, float] = {}
        for path in paths:
            document = read_yaml(path, "accelergy")
            held = document.data if isinstance(document.data, dict) else {}
            if not held.keys() & {*ENERGIES, *AREAS}:
                raise InputError(
                    document.where(()), sorted(map(str, held)), f"holds none of {', '.join(ENERGIES + AREAS)}"
                )
            for key in ENERGIES:
                rows = Section(document, (key,)).read(EnergyTables).rows if key in held else ()
                energies |= {row.leaf: row.energies([]) for row in rows}
            for key in AREAS:
                areas |= (
                    {row.leaf: row.area for row in Section(document, (key,)).read(AreaTables).rows}
                    if key in held
                    else {}
                )
        return cls(energies, areas)

    def energy(self, component: str, action: str) -> float:
        """Of an action of a component."""
        if component not in self.energies:
            raise InputError("", component, "has no row in the energy tables", nearest(component, self.energies))
        if action not in (actions := self.energies[component]):
            raise InputError("", component, f"has no energy of {action}", f"there are {', '.join(actions)}")
        return _figure(action, actions[action])

    def leakage(self, component: str) -> float:
        """Of a component that has energies, a cycle; none where the tables do not say it."""
        return _figure("leak", self.energies[component].get("leak", 0.0))

    def area_mm2(self, component: str) -> float:
        """Of one instance of a component."""
        if component not in self.areas:
            raise InputError("", component, "has no row in the area tables", nearest(component, self.areas))
        return _figure("area", self.areas[component]) * 1e-6


def _figure(what: str, value: float) -> float:
    """A figure of a table, in the range that figures have."""
    require_figure(what, value, zero=True)
    return value
