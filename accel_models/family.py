"""A family of machines: one structure, some of whose sizes and kinds vary.

A machine of a family is a place in each list of values. Some values are *ordered*: more of them can only help a mapping
(a larger memory, a longer axis, more words a cycle), and takes area and energy. The others are alternatives that cannot
be compared, such as the dims that an axis may run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from accel_models.accelerator import Accelerator
from accel_models.dram import FREE, standing_costs_of
from accel_models.structure import BANDWIDTHS, Built, BuiltLevel, Silicon, Structure
from accel_models.technology import technology

Changes = dict[tuple[str, str], dict[str, Any]]
"""Values by field, by level and axis."""
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

ORDERED: Final = ("capacity_bytes", "size", *BANDWIDTHS, "dram_bandwidth")
"""Fields of a machine, its levels and its axes whose larger values can only help a mapping."""


@dataclass(frozen=True, slots=True)
class Varied:
    """A part of a machine that varies.

    Attributes:
        name: as a person calls it, e.g. ``GLB.capacity``.
        fields: that take the value: of a level, of an axis or of the machine itself.
        values: that they may have; ascending where they are ordered.
        level: name of the level; empty for the machine as a whole.
        axis: name of the axis below the level; empty for the level itself.
    """

    name: str
    fields: tuple[str, ...]
    values: tuple[Any, ...]
    level: str = ""
    axis: str = ""

    @property
    def ordered(self) -> bool:
        """Whether more is more."""
        return self.fields[0] in ORDERED

    def of(self, machine: Structure) -> Any:
        """The value that a machine has."""
        part: Any = machine
        if self.level:
            part = next(level for level in machine.levels if level.name == self.level)
        if self.axis:
            part = next(axis for axis in part.fanout if axis.name == self.axis)
        return getattr(part, self.fields[0])


@dataclass(frozen=True, slots=True)
class Takes:
    """What a machine takes, see :class:`~accel_models.structure.Structure`."""

    area_mm2: float
    pes: int
    on_chip_bytes: float
    dram_bandwidth: float


@dataclass(frozen=True)
class Family:
    """The machines of a structure.

    Attributes:
        structure: what all have in common.
        varied: what they differ in.
    """

    structure: Structure
    varied: tuple[Varied, ...]

    def machine(self, places: Sequence[int]) -> Structure:
        """The machine with the values at some places.

        Raises:
            InputError: it cannot be built.
        """
        changes = self._changes(places)
        levels = tuple(_changed(level, changes) for level in self.structure.levels)
        return replace(self.structure, levels=levels, **changes.get(("", ""), NOTHING))

    def takes(self, places: Sequence[int]) -> Takes:
        """What the machine at some places takes, without building it: many are asked for that are never built."""
        changes, structure = self._changes(places), self.structure
        levels = []
        for level, built in zip(structure.levels, self._built):
            own = changes.get((level.name, ""), NOTHING)
            axes = [changes.get((level.name, axis.name), NOTHING) for axis in level.fanout]
            levels.append(
                Built(
                    own.get("memory", built.memory),
                    own.get("capacity_bytes", built.capacity_bytes),
                    own.get("width_bits", built.width_bits),
                    built.word_bits,
                    tuple(axis.get("size", size) for axis, size in zip(axes, built.sizes)),
                )
            )
        own = changes.get(("", ""), NOTHING)
        node_nm = own.get("node_nm", structure.node_nm)
        tech = technology(node_nm, structure.voltage, structure.technology)
        mac_mm2 = tech.mac_area_mm2(structure.precision.mac)
        bandwidth = own.get("dram_bandwidth", structure.dram_bandwidth)
        dram = own.get("dram", structure.dram)
        standing = standing_costs_of(dram, bandwidth) if structure.standing_costs else FREE
        silicon = Silicon.of(levels, tech, mac_mm2, structure.overhead, standing.phy_mm2)
        return Takes(silicon.area_mm2, silicon.pes, silicon.on_chip_bytes, bandwidth)

    @cached_property
    def _built(self) -> tuple[Built, ...]:
        return tuple(level.built for level in self.structure.levels)

    def _changes(self, places: Sequence[int]) -> Changes:
        """The values at some places."""
        changes: Changes = {}
        for varied, place in zip(self.varied, places, strict=True):
            changed = changes.setdefault((varied.level, varied.axis), {})
            changed |= dict.fromkeys(varied.fields, varied.values[place])
        return changes

    def places(self, machine: Structure) -> tuple[int, ...]:
        """Where a machine of the family has its values."""
        return tuple(varied.values.index(varied.of(machine)) for varied in self.varied)

    def corner(self, low: Sequence[int], high: Sequence[int]) -> Accelerator:
        """The corner of a box, see :func:`corner_of`.

        Args:
            low, high: places of the least and the most of every value, the same where values are not ordered.
        """
        return corner_of(self.machine(low).accelerator(), self.machine(high).accelerator())


def corner_of(small: Accelerator, large: Accelerator) -> Accelerator:
    """A machine on which any mapping of any machine of a box costs no more, and which is valid there.

    It holds, runs and moves in a cycle what the largest machine does, for the energy of the smallest: energies, areas
    and leakage rise with every size (:class:`~accel_models.technology.Technology`), and what a hop takes with the area
    of what stands below.

    Args:
        small, large: the machines of a family with the least and the most of every value.
    """
    levels = tuple(
        replace(most, read_pj=least.read_pj, write_pj=least.write_pj, network_pj=least.network_pj, leakage_mw=0.0)
        for least, most in zip(small.levels, large.levels)
    )
    return replace(large, levels=levels, static_mw=small.leakage_mw)


def _changed(level: BuiltLevel, changes: Changes) -> BuiltLevel:
    """A level with some values changed: most have none."""
    own = dict(changes.get((level.name, ""), NOTHING))
    if any((level.name, axis.name) in changes for axis in level.fanout):
        own["fanout"] = tuple(replace(axis, **changes.get((level.name, axis.name), NOTHING)) for axis in level.fanout)
    return replace(level, **own) if own else level
