"""A budget of which one limit takes several values: ``area=1..20mm2,latency=10ms``.

Behind the key stands a range, ``1..20mm2``, of which ``points`` values are taken at equal ratios, one with a step,
``1..20mm2:1mm2``, or alternatives, ``1mm2|2mm2|5mm2``. Every key is a limit from above, so a design inside a tighter
budget is inside each looser one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cosearch.problem.budget import QUANTITIES, Budget, Quantity
from nets.documents.grammar import Piece, read_pairs
from nets.errors import InputError

OF_NUMBERS: Final = "+-.0123456789eE"
"""What numbers are written with; a unit follows, which may end in a digit."""
EXAMPLE: Final = "area=1..20mm2"
POINTS: Final = 6
"""Of a range without a step."""
MOST_POINTS: Final = 200
DIGITS: Final = 4
"""In which limits are shown, where no two look the same."""
MOST_DIGITS: Final = 17
"""That tell any two numbers apart."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Budgets that differ in one limit.

    Attributes:
        quantity: what that limit is of.
        limits: its values in the unit of the quantity's field, tightest first.
        fixed: the other limits.
    """

    quantity: Quantity
    limits: tuple[float, ...]
    fixed: Budget

    def budgets(self) -> list[Budget]:
        """One for each value, tightest first."""
        return [replace(self.fixed, **{self.quantity.field: limit}) for limit in self.limits]

    def shown(self, limit: float) -> str:
        """A value in the unit that a person writes first, in as many digits as tell all of them apart."""
        unit, factor = next(iter(self.quantity.units.items()), ("", 1.0))
        values = [other / factor for other in self.limits]
        digits = next(
            (n for n in range(DIGITS, MOST_DIGITS) if len({f"{x:.{n}g}" for x in values}) == len(values)), MOST_DIGITS
        )
        return f"{limit / factor:.{digits}g}{unit}"

    def texts(self) -> list[str]:
        """The budgets as :meth:`Budget.parse` reads them, to the last digit."""
        return [",".join(map(_written, budget.limits().items())) for budget in self.budgets()]

    @classmethod
    def parse(cls, texts: Sequence[str], points: int | None = None) -> Sweep:
        """What the texts of a budget say together.

        Args:
            texts: as :meth:`Budget.parse` takes them, one value with a range or alternatives.
            points: values of a range without a step; :data:`POINTS` when ``None``.

        Raises:
            TextError: as :meth:`Budget.parse`; a range that is empty or of too many values; a second limit that varies.
            InputError: no limit varies; ``points`` for limits that say their values themselves.
        """
        fixed, varied = [], None
        for text in texts:
            for name, piece in read_pairs(text, "budget", known=QUANTITIES, of="limit", example=EXAMPLE).items():
                if ".." not in piece.word and "|" not in piece.word:
                    fixed.append(f"{name}={piece.word}")
                elif varied is not None:
                    raise piece.refuse(f"budget: {name}", "is the second limit that varies", "vary one")
                else:
                    varied = QUANTITIES[name], piece
        if varied is None:
            raise InputError("--budget", ",".join(texts), "has no limit that varies", f"write e.g. {EXAMPLE}")
        quantity, piece = varied
        budget = Budget.parse(*fixed) if fixed else Budget()
        if getattr(budget, quantity.field) is not None:
            raise piece.refuse(f"budget: {quantity.name}", "is limited twice", "leave one out")
        return cls(quantity, _values(quantity, piece, points), budget)


def _values(quantity: Quantity, piece: Piece, points: int | None) -> tuple[float, ...]:
    """What a range or alternatives stand for, each once, rising."""
    place = f"budget: {quantity.name}"
    low, high = piece.cut("..")
    step = None
    if high is not None:
        high, step = high.cut(":")
    if points is not None and (high is None or step is not None):
        raise InputError("--points", points, "is of a range that has no step", f"write e.g. {EXAMPLE}, or leave it out")
    if high is None:
        return tuple(sorted({quantity.read(place, each) for each in piece.split("|")}))
    last = quantity.read(place, high)
    first = _first(quantity, place, low, high)
    if not first < last:
        raise piece.refuse(place, "ends before it begins", f"write {high.word}..{low.word}" if last < first else "")
    if step is not None:
        width = quantity.read(place, step)
        count = math.floor((last - first) / width * (1 + 1e-12)) + 1
        values = [first + index * width for index in range(min(count, MOST_POINTS + 1))]
    else:
        count = POINTS if points is None else points
        if count < 2:
            raise InputError("--points", count, "must be a whole number of at least 2")
        values = [first * (last / first) ** (index / (count - 1)) for index in range(min(count, MOST_POINTS + 1))]
    if count > MOST_POINTS:
        raise piece.refuse(place, f"has {count:,} values: at most {MOST_POINTS} are run", value=piece.word)
    rounded = {_rounded(quantity, value) for value in values[1:-1]} if step is None else set(values[1:-1])
    return tuple(sorted({first, *rounded, values[-1] if step is not None else last}))


def _first(quantity: Quantity, place: str, low: Piece, high: Piece) -> float:
    """The lower end, whose unit is that of the upper one where it says none."""
    if not low.word.lstrip(OF_NUMBERS):
        low = Piece.of(low.word + high.word.lstrip(OF_NUMBERS))
    return quantity.read(place, low)


def _written(limit: tuple[str, float]) -> str:
    """A limit in the unit whose factor is one."""
    name, value = limit
    unit = next((unit for unit, factor in QUANTITIES[name].units.items() if factor == 1.0), None)
    return f"{name}={value:.0f}" if unit is None else f"{name}={value!r}{unit}"


def _rounded(quantity: Quantity, value: float) -> float:
    """A value between two ends in three digits, as a person would write it; of a count a whole number."""
    return float(round(value)) if not quantity.units else float(f"{value:.3g}")
