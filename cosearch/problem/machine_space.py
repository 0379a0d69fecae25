"""The machines of a family inside a budget: what is searched where a person brings a machine of their own.

A design is a place in the values of everything that varies. As a point of the unit cube, for samplers, each of them has
a number from 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any, Final

from accel_models.family import Family, Varied
from accel_models.own_technology import OwnTechnology
from accel_models.precision import Precision
from accel_models.structure import Structure
from cosearch.problem.budget import Budget, Violation
from cosearch.problem.hardware import Extent, Knobs, Parameters, static_measures
from cosearch.problem.vary import parse_vary
from nets.errors import NO_VALUE, InfeasibleError, InputError

NAME: Final = "searched"
PRICED_BY: Final = ("node_nm", "dram")
"""Fields that decide at which voltages, and whether standing costs, there are figures."""


@dataclass(frozen=True)
class MachineSpace:
    """See :class:`~cosearch.problem.hardware.HardwareSpace`.

    Attributes:
        budget: limits; those on area, elements, memory and DRAM bandwidth are known before anything is mapped.
        structure: the machine.
        vary: what varies of it, see :mod:`cosearch.problem.vary`.

    Raises:
        InputError: nothing varies, or something that the machine does not have, or to what it has no figures for; a
            limit on the template's network.
    """

    budget: Budget
    structure: Structure
    vary: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.budget.noc_words_per_cycle is not None:
            raise InputError(
                "budget: noc", self.budget.noc_words_per_cycle, "is of the template's network: a machine has its own",
                "leave it out, and say in --vary what LEVEL.bandwidth may be",
            )  # fmt: skip
        if not self.vary:
            raise InputError(
                "vary", NO_VALUE, "says nothing of what varies", "write e.g. --vary GLB.capacity=16KB..512KB"
            )
        for varied in self.family.varied:
            if varied.fields[0] == "node_nm" and self.technology is not None:
                rule = "changes nothing of a machine that states its technology"
                raise InputError("vary: node", varied.values, rule, "leave one of them out")
            if varied.fields[0] in PRICED_BY:
                for value in varied.values:
                    replace(self.structure, **{varied.fields[0]: value})  # refuses what has no sourced figures

    @cached_property
    def family(self) -> Family:
        """The machines, whatever they take."""
        return Family(self.structure, parse_vary(self.vary, self.structure))

    @property
    def varied(self) -> tuple[Varied, ...]:
        """What varies."""
        return self.family.varied

    @property
    def node_nm(self) -> int:
        """Of the machine as it is written."""
        return self.structure.node_nm

    @property
    def precision(self) -> Precision:
        """Of every design."""
        return self.structure.precision

    @property
    def overhead(self) -> float:
        """Of every design."""
        return self.structure.overhead

    @property
    def dram_gb_s(self) -> float:
        """DRAM bandwidth of the machine as it is written."""
        return self.structure.dram_bandwidth

    @property
    def voltage(self) -> float | None:
        """Of every design."""
        return self.structure.voltage

    @property
    def dram(self) -> str:
        """Of the machine as it is written."""
        return self.structure.dram

    @property
    def standing_costs(self) -> bool:
        """Of every design."""
        return self.structure.standing_costs

    @property
    def technology(self) -> OwnTechnology | None:
        """Of every design."""
        return self.structure.technology

    @property
    def knobs(self) -> tuple[str, ...]:
        """Names of the numbers of a point."""
        return tuple(varied.name for varied in self.varied)

    @property
    def size(self) -> float:
        """Designs, with those outside the budget."""
        return float(math.prod(len(varied.values) for varied in self.varied))

    def machine(self, places: Sequence[int]) -> Structure:
        """The design at some places."""
        return self.family.machine(places)

    def decode(self, knobs: Knobs) -> Structure | None:
        """The design at a point, or ``None`` when it breaks a limit."""
        counts = (len(varied.values) for varied in self.varied)
        machine = self.machine([min(int(knobs[name] * count), count - 1) for name, count in zip(self.knobs, counts)])
        return None if self.violations(machine) else machine

    def violations(self, machine: Structure) -> tuple[Violation, ...]:
        """Limits broken that are known without mapping anything."""
        return self.budget.violations(static_measures(machine))

    def fits(self, places: Sequence[int]) -> bool:
        """Whether the design at some places keeps these limits."""
        return not self.budget.violations(static_measures(self.family.takes(places)))

    def alternatives(self) -> list[tuple[int, ...]]:
        """The smallest design of each combination of values that cannot be compared."""
        return list(product(*((0,) if varied.ordered else range(len(varied.values)) for varied in self.varied)))

    @cached_property
    def smallest_places(self) -> tuple[int, ...]:
        """The places of :attr:`smallest`."""
        return min(self.alternatives(), key=lambda places: self.machine(places).area_mm2)

    @property
    def smallest(self) -> Structure:
        """The design of the least area."""
        return self.machine(self.smallest_places)

    def require_feasible(self) -> None:
        """Check that the budget leaves room for a design at all.

        Raises:
            InfeasibleError: the smallest of all designs breaks a limit; names it.
        """
        if all(self.violations(self.machine(places)) for places in self.alternatives()):
            broken = " and ".join(str(violation) for violation in self.violations(self.smallest))
            raise InfeasibleError(f"no design meets the budget {self.budget}: the smallest has {broken}")

    def parameters(self, machine: Structure) -> Parameters:
        """A design as a person has it: the value of everything that varies."""
        return {varied.name: shown(varied.of(machine)) for varied in self.varied}

    def domain(self, parameter: str) -> Extent | Sequence[str]:
        """See :class:`~cosearch.problem.hardware.HardwareSpace`."""
        values = self._shown[parameter]
        return values if isinstance(values[0], str) else Extent(min(values), max(values))

    def described(self, parameters: Mapping[str, Any]) -> Structure:
        """The design of :meth:`parameters`."""
        return self.machine([self._shown[name].index(parameters[name]) for name in self.knobs])

    @cached_property
    def _shown(self) -> dict[str, tuple[Any, ...]]:
        """The values of each parameter."""
        return {varied.name: tuple(map(shown, varied.values)) for varied in self.varied}


def shown(value: Any) -> str | int | float:
    """A value as studies and tables have it."""
    if isinstance(value, tuple):
        return "".join(value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    assert isinstance(value, str | int | float)
    return value
