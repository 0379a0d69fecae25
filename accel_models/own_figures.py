"""A machine with energies and areas of a user's own: a file that names a machine and states a figure for each part.

    machine: gemmini
    figures:
      DRAM: {read_pj: 32, write_pj: 32, area_mm2: 0}
      scratchpad: {read_pj: 0.4, write_pj: 0.5, area_mm2: 0.31}
      ...
    mac: {pj: 0.09, area_mm2: 0.0002}
    source: characterised library, 22 nm

Energies are of one word of the level, areas of one instance. Every level must be named, so that no figure of ours stays
where a table was meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from accel_models.accelerator import Accelerator, Level
from nets.documents import Document
from nets.documents.model import Model, NotNegative
from nets.errors import InputError, unknown

_SAYS: Final = {"figures": "read_pj, write_pj and area_mm2", "parts": "the component"}
"""Of a part, by the key of the file under which parts stand."""


class LevelFigures(Model):
    """Of a level; what wires below it take is the machine's own where it is not given."""

    read_pj: NotNegative
    write_pj: NotNegative
    area_mm2: NotNegative
    leakage_mw: NotNegative = 0.0
    network_pj: NotNegative | None = None

    def on(self, level: Level) -> Level:
        """The level with these figures."""
        given = {name: value for name, value in self.model_dump().items() if value is not None}
        return replace(level, **given)


class MacFigures(Model):
    """Of one multiply-accumulate, and of the unit that does it."""

    pj: NotNegative
    area_mm2: NotNegative


class FiguresFile(Model):
    """A machine by name or file, and its figures.

    Attributes:
        machine: a preset, or the file of a machine beside this one.
        figures: by the name of the level.
        mac: of the arithmetic.
        other_area_mm2: of everything else on the chip; nothing is added for overhead.
        source: where the figures come from.
    """

    machine: str
    figures: dict[str, LevelFigures]
    mac: MacFigures
    other_area_mm2: NotNegative = 0.0
    source: Annotated[str, Field(min_length=1)]


def with_own_figures(file: FiguresFile, document: Document, machine: Accelerator, name: str) -> Accelerator:
    """The machine with the file's figures in place of its own.

    Raises:
        InputError: a level without figures, or figures of a level that it does not have.
    """
    require_all(document, "figures", file.figures, machine.level_names)
    levels = []
    for own in machine.levels:
        with document.at(("figures", own.name)):
            levels.append(file.figures[own.name].on(own))
    with document.at(()):
        return replace(
            machine,
            name=name,
            levels=tuple(levels),
            mac_pj=file.mac.pj,
            mac_area_mm2=file.mac.area_mm2,
            static_mw=0.0,
            other_area_mm2={"other": file.other_area_mm2} if file.other_area_mm2 else {},
            source=f"figures: {file.source}; machine: {machine.source or machine.name}",
        )


def require_all(document: Document, key: str, given: Mapping[str, object], names: Sequence[str]) -> None:
    """Check that what stands under a key of a file speaks of every part of a machine, and of no other.

    Args:
        names: of the parts.

    Raises:
        InputError: it does not.
    """
    for name in given:
        if name not in names:
            raise document.placed(unknown("", name, names), (key, name))
    missing = [name for name in names if name not in given]
    if missing:
        rule = f"does not say {_SAYS[key]} of {', '.join(missing)}"
        raise InputError(document.where((key,)), sorted(given), rule, "a table has all parts of its machine")
