"""Boxes of machines of a family: ranges of places among the values of everything that varies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.structure import Structure
from cosearch.problem.machine_space import MachineSpace
from nets.errors import InputError

Ints = NDArray[np.int64]
LO, HI = 0, 1
MOST_ALTERNATIVES: Final = 4096
"""Combinations of values that cannot be compared."""
FITS_KEPT: Final = 1 << 14


class MachineBoxes:
    """See :class:`cosearch.bounds.boxes.Boxes`.

    Args:
        space: of the machines.

    Raises:
        InputError: more combinations of alternatives than can be told apart.
    """

    def __init__(self, space: MachineSpace) -> None:
        self.space, self.sizes = space, len(space.varied)
        self.counts = np.array([len(varied.values) for varied in space.varied], dtype=np.int64)
        self._ordered = [place for place, varied in enumerate(space.varied) if varied.ordered]
        self.fits = lru_cache(FITS_KEPT)(space.fits)

    def roots(self) -> Ints:
        """See :class:`~cosearch.bounds.boxes.Boxes`: one for each combination of alternatives."""
        lows = self.space.alternatives()
        if len(lows) > MOST_ALTERNATIVES:
            rule = f"makes {len(lows):,} combinations of alternatives, more than {MOST_ALTERNATIVES:,}"
            raise InputError("vary", ", ".join(self.space.vary), rule, "vary less at once")
        boxes = np.repeat(np.array(lows, dtype=np.int64)[:, :, None], 2, axis=2)
        boxes[:, self._ordered, HI] = self.counts[self._ordered] - 1
        tight, holds = self._tighten(boxes)
        kept: Ints = tight[holds]
        return kept

    def halves(self, box: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """See :class:`~cosearch.bounds.boxes.Boxes`."""
        pairs = []
        for place in self._ordered:
            low, high = box[place]
            if low < high:
                lower, upper = box.copy(), box.copy()
                lower[place, HI] = (low + high) // 2
                upper[place, LO] = lower[place, HI] + 1
                pairs.append((lower, upper))
        boxes, holds = self._tighten(np.array(pairs, dtype=np.int64).reshape(-1, self.sizes, 2))
        return boxes.reshape(-1, 2, self.sizes, 2), holds.reshape(-1, 2)

    def width(self, box: Ints) -> float:
        """See :class:`~cosearch.bounds.boxes.Boxes`."""
        values = [self.space.varied[place].values for place in self._ordered]
        return math.fsum(math.log(of[high] / of[low]) for of, (low, high) in zip(values, box[self._ordered].tolist()))

    def machine(self, box: Ints) -> Structure | None:
        """See :class:`~cosearch.bounds.boxes.Boxes`."""
        places = tuple(box[:, LO].tolist())
        return self.space.machine(places) if self.fits(places) else None

    def point(self, machine: Structure) -> Ints:
        """See :class:`~cosearch.bounds.boxes.Boxes`."""
        return np.repeat(np.array(self.space.family.places(machine), dtype=np.int64)[:, None], 2, axis=1)

    def holds(self, boxes: Ints) -> bool:
        """See :class:`~cosearch.bounds.boxes.Boxes`."""
        low, high = boxes[..., LO], boxes[..., HI]
        return bool(((low >= 0) & (low <= high) & (high < self.counts)).all())

    def proven_share(self, left: Sequence[Ints]) -> float:
        """See :class:`~cosearch.bounds.boxes.Boxes`: of all designs that may fit the budget."""
        total = sum(map(_designs, self.roots()))
        return 1.0 - sum(map(_designs, left)) / total if total else 1.0

    def last_that_fits(self, low: Sequence[int], place: int, last: int) -> int:
        """The largest value of an ordered part up to ``last`` that the budget leaves room for beside all others at
        ``low``, where that one fits: what is larger takes more of everything.
        """
        first = low[place]
        if first < last and self.fits((*low[:place], last, *low[place + 1 :])):  # as inside most boxes
            return last
        last = max(first, last - 1)
        while first < last:
            middle = (first + last + 1) // 2
            if self.fits((*low[:place], middle, *low[place + 1 :])):
                first = middle
            else:
                last = middle - 1
        return first

    def _tighten(self, boxes: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """Boxes (n, k, 2) without what the budget leaves no room for, and which of them hold anything."""
        boxes, holds = boxes.copy(), np.zeros(len(boxes), dtype=np.bool_)
        for row, box in enumerate(boxes):
            low = tuple(box[:, LO].tolist())
            holds[row] = self.fits(low)
            for place in self._ordered if holds[row] else ():
                box[place, HI] = self.last_that_fits(low, place, int(box[place, HI]))
        return boxes, holds


def _designs(box: Ints) -> int:
    """How many designs a box holds, those beyond the budget included."""
    return math.prod((box[:, HI] - box[:, LO] + 1).tolist())
