"""What a design may take: limits on area, power, latency, energy, elements, memory, DRAM and on-chip bandwidth.

A budget is written ``area=5mm2,latency=10ms``; an error points at the letter that broke a rule.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from nets.documents.grammar import Piece, read_pairs
from nets.errors import InputError
from nets.ranges import LEAST, MOST

EXAMPLE: Final = "area=5mm2,latency=10ms"


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that can be limited.

    Attributes:
        name: key in a budget.
        field: attribute of :class:`Budget` that holds the limit, named with its unit.
        units: factor from each unit to that of the field; the first is the one offered to who forgets it.
    """

    name: str
    field: str
    units: Mapping[str, float]

    def read(self, place: str, value: Piece) -> float:
        """A number with its unit, in the unit of the field.

        Raises:
            TextError: it is no number from 1e-30 to 1e30, has no unit or another, or is broken where counted.
        """
        match = _NUMBER.match(value.word)
        if match is None:
            example = f"write e.g. {self.name}=5{next(iter(self.units), '')}"
            raise value.refuse(place, "must be a number with its unit", example)
        number = float(match[0])
        amount = number * self._factor(place, value, match[0]) if 0 < number < math.inf else number
        if not LEAST <= amount <= MOST:
            raise value.refuse(place, f"must be a finite number greater than zero, from {LEAST:g} to {MOST:g}")
        if not self.units and number != int(number):
            raise value.refuse(place, "must be a whole number")
        return amount

    def _factor(self, place: str, value: Piece, number: str) -> float:
        """From the unit that stands behind the number to that of the field."""
        behind = value.between(value.start + len(number), value.end)
        unit, at = behind.word, behind.start - value.start
        if not self.units:
            if unit:
                raise value.refuse(place, "is a count and has no unit", f"write {number}", after=at)
            return 1.0
        if not unit:
            raise value.refuse(place, "needs a unit", f"did you mean {number}{next(iter(self.units))}?", after=at)
        if unit not in self.units:
            plain = [known for known in self.units if known.isascii()]
            close = next((known for known in plain if known.lower() == unit.lower()), None)
            hint = f"did you mean {number}{close}?" if close else ""
            raise value.refuse(place, f"has no unit of {self.name}: {', '.join(plain)}", hint, after=at)
        return self.units[unit]

    def show(self, value: float) -> str:
        """``value`` (in the unit of the field) with the largest of the usual units that keeps it above 1."""
        if not self.units:
            return f"{value:g}"
        if not math.isfinite(value):
            return "without bound" if value > 0 else str(value)
        usual = sorted((factor, unit) for unit, factor in self.units.items() if unit.isascii() and unit not in _DECIMAL)
        factor, unit = next(((f, u) for f, u in reversed(usual) if abs(value) >= f), usual[0])
        shown = value / factor
        return f"{shown:.4g} {unit}" if abs(shown) < 1e4 else f"{shown:.0f} {unit}"


_DECIMAL: Final = ("KB", "MB", "GB")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf(inity)?)(?![a-z])", re.IGNORECASE)

QUANTITIES: Final = {
    quantity.name: quantity
    for quantity in (
        Quantity("area", "area_mm2", {"mm2": 1.0, "um2": 1e-6, "mm²": 1.0, "um²": 1e-6, "µm²": 1e-6, "µm2": 1e-6}),
        Quantity("power", "power_w", {"W": 1.0, "mW": 1e-3}),
        Quantity("latency", "latency_s", {"ms": 1e-3, "s": 1.0, "us": 1e-6, "ns": 1e-9, "µs": 1e-6}),
        Quantity("energy", "energy_j", {"mJ": 1e-3, "J": 1.0, "uJ": 1e-6, "nJ": 1e-9, "pJ": 1e-12, "µJ": 1e-6}),
        Quantity("pes", "pes", {}),
        Quantity("sram", "sram_bytes", {"KiB": 1024.0, "B": 1.0, "KB": 1e3, "MB": 1e6, "MiB": 1024.0**2}),
        Quantity("bandwidth", "bandwidth_gb_s", {"GB/s": 1.0, "MB/s": 1e-3}),
        Quantity("noc", "noc_words_per_cycle", {"words/cycle": 1.0}),
    )
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One limit that a design breaks; ``value`` and ``limit`` in the unit of the quantity's field."""

    quantity: str
    value: float
    limit: float

    @property
    def excess(self) -> float:
        """By what share the limit is exceeded."""
        return self.value / self.limit - 1

    def __str__(self) -> str:
        quantity = QUANTITIES[self.quantity]
        value, limit = quantity.show(self.value), quantity.show(self.limit)
        if not math.isfinite(self.excess):
            share = ""
        elif self.excess < 10:
            share = f" by {self.excess:.2%}"
        else:
            share = f" {self.excess + 1:,.0f} times"
        return f"{self.quantity} {value} exceeds the limit of {limit}{share}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits that a design must keep; ``None`` where there is none.

    Attributes:
        area_mm2: of the silicon, DRAM excluded.
        power_w: average power while the network runs: energy over latency.
        latency_s: of one inference.
        energy_j: of one inference.
        pes: processing elements.
        sram_bytes: L2 and every L1 together.
        bandwidth_gb_s: of the DRAM, reads and writes together (1e9 bytes a second).
        noc_words_per_cycle: between L2 and the array of the template, each way.
    """

    area_mm2: float | None = None
    power_w: float | None = None
    latency_s: float | None = None
    energy_j: float | None = None
    pes: float | None = None
    sram_bytes: float | None = None
    bandwidth_gb_s: float | None = None
    noc_words_per_cycle: float | None = None

    def __post_init__(self) -> None:
        for quantity in QUANTITIES.values():
            limit = getattr(self, quantity.field)
            if limit is not None and not 0 < limit < math.inf:
                raise InputError(f"budget: {quantity.name}", limit, "must be a finite number greater than zero")

    @classmethod
    def parse(cls, *texts: str) -> Budget:
        """The budget that one or several texts give together.

        Raises:
            TextError: an unknown key, a number without its unit or with another, a limit given twice.
        """
        limits: dict[str, float] = {}
        for text in texts:
            for name, value in read_pairs(text, "budget", known=QUANTITIES, of="limit", example=EXAMPLE).items():
                if QUANTITIES[name].field in limits:
                    raise value.refuse(f"budget: {name}", "is limited twice", "leave one out")
                limits[QUANTITIES[name].field] = QUANTITIES[name].read(f"budget: {name}", value)
        return cls(**limits)

    def limits(self) -> dict[str, float]:
        """Limit by quantity, in the unit of its field; only those that are set."""
        pairs = ((quantity.name, getattr(self, quantity.field)) for quantity in QUANTITIES.values())
        return {name: limit for name, limit in pairs if limit is not None}

    def violations(self, measured: Mapping[str, float]) -> tuple[Violation, ...]:
        """The limits that ``measured`` (by quantity, in the unit of its field) breaks; what is not measured is kept."""
        return tuple(
            Violation(name, measured[name], limit)
            for name, limit in self.limits().items()
            if name in measured and not measured[name] <= limit
        )

    def to_dict(self) -> dict[str, float]:
        """Plain data; keys carry the units."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in values if value is not None}

    def __str__(self) -> str:
        """As :meth:`parse` reads it."""
        return ",".join(
            f"{name}={QUANTITIES[name].show(limit).replace(' ', '')}" for name, limit in self.limits().items()
        )
