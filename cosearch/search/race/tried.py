"""The designs that were tried, and what became of each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from cosearch.bounds.boxes import Ints
from cosearch.strategies.points import Outcome


@dataclass(slots=True, eq=False)
class Row:
    """A design that was proposed.

    Attributes:
        design: (k,).
        area_mm2: of it.
        estimate: of its merit, without a search.
        bound: of its merit, by a search; none until it is known.
        outcome: what became of it; none until it came back.
        pending: whether an answer is waited for.
    """

    design: Ints
    area_mm2: float
    estimate: float
    bound: float | None = None
    outcome: Outcome | None = None
    pending: bool = False

    @property
    def precise(self) -> bool:
        """Whether it was mapped by the last mapper."""
        return self.outcome is not None and self.outcome.precise

    def hear(self, outcome: Outcome) -> None:
        """Learn what became of it; the better of two quick mappings stays, and a precise one instead of either."""
        self.pending = False
        self.bound = self.estimate if outcome.bound is None else outcome.bound
        better = self.outcome is None or (not self.precise and outcome.merit < self.outcome.merit)
        if better or outcome.precise:
            self.outcome = outcome


class Tried:
    """Designs of which the same was asked, by their sizes."""

    def __init__(self) -> None:
        self._rows: dict[bytes, Row] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def begin(self, row: Row) -> Row:
        """A design that is asked for; the row there is if it was before."""
        row = self._rows.setdefault(row.design.tobytes(), row)
        row.pending = True
        return row

    def overhear(self, row: Row) -> None:
        """A design that was mapped where something else was asked."""
        self._rows.setdefault(row.design.tobytes(), row)

    def within(self, area_mm2: float | None) -> Iterator[Row]:
        """Those that came back and take no more area."""
        most = math.inf if area_mm2 is None else area_mm2
        return (row for row in self._rows.values() if row.bound is not None and row.area_mm2 <= most)
