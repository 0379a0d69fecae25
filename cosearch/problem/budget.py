"""What a design may take: limits on area, power, latency, energy, elements, memory and DRAM bandwidth.

A budget is written ``area=5mm2,latency=10ms``. Reading it has four steps kept apart: cut the text into words, know each
key, read each number and its unit, make the :class:`Budget`. An error points at the character that broke a rule.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final

from nets.errors import MOST_SHOWN, InputError, nearest


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
    )
}


class BudgetError(InputError):
    """A budget that breaks a rule; its text ends with the budget and a caret under the character to mend."""

    def __init__(self, text: str, column: int, place: str, value: str, rule: str, hint: str = "") -> None:
        super().__init__(place, value, rule, hint)
        self.text, self.column = text, column
        first = max(0, column - MOST_SHOWN // 2)
        part = "".join(each if each.isprintable() else "?" for each in text[first : first + MOST_SHOWN])
        self.args = (f"{self.args[0]}\n    {part}\n    {' ' * (column - first)}^",)


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
        latency_s, energy_j: of one inference.
        pes: processing elements.
        sram_bytes: L2 and every L1 together.
        bandwidth_gb_s: of the DRAM, reads and writes together (1e9 bytes a second).
    """

    area_mm2: float | None = None
    power_w: float | None = None
    latency_s: float | None = None
    energy_j: float | None = None
    pes: float | None = None
    sram_bytes: float | None = None
    bandwidth_gb_s: float | None = None

    def __post_init__(self) -> None:
        for quantity in QUANTITIES.values():
            limit = getattr(self, quantity.field)
            if limit is not None and not 0 < limit < math.inf:
                raise InputError(f"budget: {quantity.name}", limit, "must be a finite number greater than zero")

    @classmethod
    def parse(cls, *texts: str) -> Budget:
        """The budget that one or several texts give together.

        Raises:
            BudgetError: an unknown key, a number without its unit or with another, a limit given twice.
        """
        limits: dict[str, float] = {}
        for text in texts:
            for column, word in _words(text):
                quantity, limit = _limit(text, column, word)
                if quantity.field in limits:
                    raise BudgetError(text, column, f"budget: {quantity.name}", word, "is limited twice")
                limits[quantity.field] = limit
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


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf(inity)?)(?![a-z])", re.IGNORECASE)


def _words(text: str) -> Iterable[tuple[int, str]]:
    """(column, word) of every ``key=value``."""
    column = 0
    for word in text.split(","):
        stripped = word.strip()
        at = column + len(word) - len(word.lstrip())
        if not stripped:
            rule = "must give at least one limit" if not text.strip() else "has nothing between two commas"
            raise BudgetError(text, min(at, len(text)), "budget", text, rule, "write e.g. area=5mm2,latency=10ms")
        yield at, stripped
        column += len(word) + 1


def _limit(text: str, column: int, word: str) -> tuple[Quantity, float]:
    """The quantity and limit that ``word`` (at ``column`` of ``text``) gives."""
    key, equals, value = word.partition("=")
    name = key.strip()
    if not equals:
        hint = f"write e.g. {name}=5{next(iter(QUANTITIES[name].units), '')}" if name in QUANTITIES else ""
        raise BudgetError(text, column + len(word), "budget", word, "needs a limit, as in area=5mm2", hint)
    if name not in QUANTITIES:
        raise BudgetError(text, column, "budget", name, "is not known", nearest(name, QUANTITIES))
    quantity, place = QUANTITIES[name], f"budget: {name}"
    at = column + len(key) + 1 + len(value) - len(value.lstrip())
    value = value.strip()
    example = f"{name}=5{next(iter(quantity.units), '')}"
    match = _NUMBER.match(value)
    if match is None:
        raise BudgetError(text, at, place, value, "must be a number with its unit", f"write e.g. {example}")
    number, unit = float(match[0]), value[match.end() :].strip()
    if not 0 < number < math.inf:
        raise BudgetError(text, at, place, value, "must be a finite number greater than zero")
    unit_at = at + len(value) - len(unit)
    factor = _factor(text, unit_at, place, quantity, match[0], unit)
    if not quantity.units and number != int(number):
        raise BudgetError(text, at, place, value, "must be a whole number")
    limit = number * factor
    if not 0 < limit < math.inf:
        raise BudgetError(text, at, place, value, "must be a finite number greater than zero")
    return quantity, limit


def _factor(text: str, column: int, place: str, quantity: Quantity, number: str, unit: str) -> float:
    if not quantity.units:
        if unit:
            raise BudgetError(text, column, place, number + unit, "is a count and has no unit", f"write {number}")
        return 1.0
    if not unit:
        first = next(iter(quantity.units))
        raise BudgetError(text, column, place, number, "needs a unit", f"did you mean {number}{first}?")
    if unit not in quantity.units:
        plain = [known for known in quantity.units if known.isascii()]
        close = next((known for known in plain if known.lower() == unit.lower()), None)
        hint = f"did you mean {number}{close}?" if close else ""
        raise BudgetError(
            text, column, place, number + unit, f"has no unit of {quantity.name}: {', '.join(plain)}", hint
        )
    return quantity.units[unit]
