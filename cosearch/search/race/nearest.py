"""The nearest of what is known, of designs that are asked about again and again.

A long search asks about the same designs before every trial, and little was learnt in between: of a design that was
asked about before, only what was learnt since is looked at. So a search takes the time of its trials, not their square.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from cosearch.bounds.boxes import Floats, Ints

NEAREST: Final = 4
"""Of those known, how many are looked for."""
FEW: Final = 16
"""Of those known, so many are looked at without sorting them by kind."""
AT_ONCE: Final = 1 << 20
"""Differences of coordinates that are held at a time."""
FORGOTTEN: Final = 4096
"""After so many designs that were not asked about before, those are forgotten that were not asked about lately."""


class Nearest:
    """Squared distances of the nearest, and which these are.

    Args:
        apart: how far apart places of different kinds are by that alone; infinite where they never count as near.
    """

    def __init__(self, apart: float) -> None:
        self._apart = apart**2
        self._slots: dict[bytes, int] = {}
        self._memory = _memory(FORGOTTEN)
        self._most, self._calls, self._recent = FORGOTTEN, 0, 0

    def of(self, kinds: Ints, places: Floats, known: np.ndarray[Any, Any]) -> tuple[Floats, Ints]:
        """Squared distances (n, 4) of the nearest, the least first, and where they stand among those known.

        Of those equally near the first ones count. Where fewer than four are near, distances at the end are infinite.

        Args:
            kinds: (n,) of the designs. places: (n, coordinates) of them.
            known: "kind" and "place" of each, in the order in which they were learnt: none is taken away.
        """
        slots = self._slots_of(kinds, places)
        distinct, first = np.unique(slots, return_index=True)
        seen = self._memory["seen"][distinct]
        for since in np.unique(seen[seen < len(known)]).tolist():
            late = first[seen == since]
            self._look(slots[late], kinds[late], places[late], known, since)
        self._memory["seen"][slots] = len(known)
        found = self._memory[slots]
        return found["squares"], found["known"]

    def _look(self, slots: Ints, kinds: Ints, places: Floats, known: np.ndarray[Any, Any], since: int) -> None:
        """Look at those that were learnt since."""
        fresh = known[since:]
        every = np.arange(since, len(known))
        if len(fresh) <= FEW:
            self._nearer(slots, places, known, every, np.where(kinds[:, None] == fresh["kind"], 0.0, self._apart))
            return
        for kind in np.unique(kinds).tolist():
            its, alike = np.flatnonzero(kinds == kind), every[fresh["kind"] == kind]
            self._nearer(slots[its], places[its], known, alike, np.zeros((len(its), 1)))
            if math.isfinite(self._apart):
                wide = its[self._memory["squares"][slots[its], -1] >= self._apart]  # none of another kind is nearer
                others = every[fresh["kind"] != kind]
                self._nearer(slots[wide], places[wide], known, others, np.full((len(wide), 1), self._apart))

    def _nearer(self, slots: Ints, places: Floats, known: np.ndarray[Any, Any], which: Ints, apart: Floats) -> None:
        """Put some of those known among the nearest, where they are."""
        if not len(which):
            return
        there = known["place"][which]
        step = max(1, AT_ONCE // max(there.size, 1))  # designs that are all alike have no coordinates
        for first in range(0, len(slots), step):
            part = slice(first, first + step)
            squares: Floats = ((places[part, None, :] - there[None]) ** 2).sum(axis=2) + apart[part]
            farthest = self._memory["squares"][slots[part], -1]
            nearer = np.flatnonzero((squares <= farthest[:, None]).any(axis=1))
            if len(nearer):
                self._merge(slots[part][nearer], squares[nearer], which)

    def _merge(self, slots: Ints, squares: Floats, which: Ints) -> None:
        least, at = _least(squares)
        before = self._memory[slots]
        squares = np.concatenate([before["squares"], least], axis=1)
        stands = np.concatenate([before["known"], which[at]], axis=1)
        order = np.lexsort((stands, squares), axis=1)[:, :NEAREST]
        self._memory["squares"][slots] = np.take_along_axis(squares, order, axis=1)
        self._memory["known"][slots] = np.take_along_axis(stands, order, axis=1)

    def _slots_of(self, kinds: Ints, places: Floats) -> Ints:
        """Where each design is remembered."""
        self._calls += 1
        if len(self._slots) > self._most:
            self._forget()
        slots, keys = self._slots, _keys(kinds, places)
        found = np.array([slots.setdefault(key, len(slots)) for key in keys])
        if len(slots) > len(self._memory):
            self._memory = np.concatenate([self._memory, _memory(max(len(slots), len(self._memory)))])
        self._memory["asked"][found] = self._calls
        return found

    def _forget(self) -> None:
        """Forget those that were not asked about since the last time that any were forgotten."""
        asked = self._memory["asked"][: len(self._slots)] > self._recent
        keys = [key for key, keep in zip(self._slots, asked.tolist()) if keep]
        kept = self._memory[: len(asked)][asked]
        self._slots = {key: slot for slot, key in enumerate(keys)}
        self._most, self._recent = len(keys) + FORGOTTEN, self._calls - 1
        self._memory = np.concatenate([kept, _memory(self._most - len(keys))])


def _memory(count: int) -> np.ndarray[Any, Any]:
    """Of so many designs of which nothing was looked at yet."""
    fields = [("squares", "f8", NEAREST), ("known", "i4", NEAREST), ("seen", "i4"), ("asked", "i4")]
    memory = np.zeros(count, fields)
    memory["squares"] = np.inf
    return memory


def _keys(kinds: Ints, places: Floats) -> Sequence[bytes]:
    """What tells designs apart."""
    rows = np.ascontiguousarray(np.concatenate([kinds[:, None].astype(np.float64), places], axis=1))
    width = rows.shape[1] * rows.itemsize
    content = rows.tobytes()
    return [content[start : start + width] for start in range(0, len(content), width)]


def _least(squares: Floats) -> tuple[Floats, Ints]:
    """The four least of each row, fewer where there are, and where they stand: the first where some are equal."""
    rows, left = np.arange(len(squares)), squares.copy()
    found, at = [], []
    for _ in range(min(NEAREST, squares.shape[1])):
        at.append(left.argmin(axis=1))
        found.append(left[rows, at[-1]])
        left[rows, at[-1]] = np.inf
    return np.stack(found, axis=1), np.stack(at, axis=1)
