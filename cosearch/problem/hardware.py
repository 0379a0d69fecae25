"""The accelerators that a search may propose: what every space of them offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from accel_models.description import Sized
from accel_models.own_technology import OwnTechnology
from accel_models.precision import Precision
from accel_models.template import Template
from cosearch.problem.budget import Budget

Knobs = Mapping[str, float]
"""A point: a number from 0 to 1 for each of a space's knobs."""
Parameters = Mapping[str, str | int | float]
"""A design as a person has it, in real units."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Numbers between two ends that a parameter may be; whole ones where both ends are."""

    low: float
    high: float


Kind = TypeVar("Kind", bound=Sized)


class HardwareSpace(Protocol[Kind]):
    """All designs inside a budget.

    Attributes:
        budget: limits; those on area, elements, memory and bandwidths are known before anything is mapped.
        knobs: names of the numbers of a point.
        node_nm, precision, overhead, dram_gb_s: technology, precision, silicon area over the sum of the parts and DRAM
            bandwidth: of every design, or of the machine that designs vary.
        voltage, dram, standing_costs, technology: likewise, as :class:`~accel_models.template.Template` has them.
        size: designs there are, those outside the budget included.
    """

    @property
    def budget(self) -> Budget: ...
    @property
    def knobs(self) -> Sequence[str]: ...
    @property
    def node_nm(self) -> int: ...
    @property
    def precision(self) -> Precision: ...
    @property
    def overhead(self) -> float: ...
    @property
    def dram_gb_s(self) -> float: ...
    @property
    def voltage(self) -> float | None: ...
    @property
    def dram(self) -> str: ...
    @property
    def standing_costs(self) -> bool: ...
    @property
    def technology(self) -> OwnTechnology | None: ...
    @property
    def size(self) -> float: ...

    def decode(self, knobs: Knobs, /) -> Kind | None:
        """The design at a point, or ``None`` when it breaks a limit."""

    def parameters(self, machine: Kind, /) -> Parameters:
        """A design in real units."""

    def described(self, parameters: Mapping[str, Any], /) -> Kind:
        """The design of :meth:`parameters`."""

    def domain(self, parameter: str, /) -> Extent | Sequence[str]:
        """What a parameter may be: numbers, or names."""

    def require_feasible(self) -> None:
        """Check that the budget leaves room for a design at all.

        Raises:
            InfeasibleError: it does not; names the limit.
        """


class Measured(Protocol):
    """What has the sizes that a budget may limit."""

    @property
    def area_mm2(self) -> float: ...
    @property
    def pes(self) -> int: ...
    @property
    def on_chip_bytes(self) -> float: ...
    @property
    def dram_bandwidth(self) -> float: ...


def static_measures(machine: Measured) -> dict[str, float]:
    """What a budget may limit and a machine shows without a mapping, by quantity."""
    noc = {"noc": machine.noc_bandwidth} if isinstance(machine, Template) else {}
    return noc | {
        "area": machine.area_mm2,
        "pes": float(machine.pes),
        "sram": float(machine.on_chip_bytes),
        "bandwidth": machine.dram_bandwidth,
    }
