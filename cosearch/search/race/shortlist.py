"""Designs that are bounded before any of them is tried: what no estimate sees, a search of tilings does.

An estimate does not know that a tile no longer fits: a step of one size may cost a tenth where every figure of the
estimate changes by a hundredth. Where a network has few shapes of layers, a bound by a search takes some thousandths of
a second, so the best forecasts have theirs before one of them is chosen, and wait with it until they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence
from typing import Final

from cosearch.bounds.boxes import Ints
from nets.elementary import log
from nets.layer import Layer

SHAPES: Final = 24
"""Layer shapes that are bounded before a trial, at most."""
MOST_LOOKS: Final = 4
MOST_WAITING: Final = 1000
"""Designs that wait; the better half stays where there are more, so that a long search does not grow by them."""


def looks_of(layers: Sequence[Layer]) -> int:
    """How many designs are bounded before a trial, by the layers that are bounded; none where those are many."""
    shapes = {layer.shape_key for layer in layers if layer.is_mac}
    return min(SHAPES // max(len(shapes), 1), MOST_LOOKS)


class Shortlist:
    """Designs with their bounds, until they are tried.

    Args:
        bound: of a design (k,), by a search that may end where the bound is above a number.
        looks: how many are bounded before a trial.
    """

    def __init__(self, bound: Callable[[Ints, float], float], looks: int) -> None:
        self._bound, self._looks = bound, looks
        self._waiting: dict[bytes, tuple[Ints, float, float]] = {}

    def look(self, ranked: Sequence[tuple[Ints, float]], enough: float = math.inf) -> list[tuple[Ints, float, float]]:
        """Bound the first of some designs; these, their estimates and the logarithms of their bounds.

        Args:
            ranked: designs and their estimates, the least forecast first.
            enough: above what bound a design is not worth a longer search.
        """
        fresh = [(design, estimate) for design, estimate in ranked if design.tobytes() not in self._waiting]
        asked = fresh[: self._looks]
        found = [(design.copy(), estimate, log(self._bound(design, enough))) for design, estimate in asked]
        self._waiting |= {row[0].tobytes(): row for row in found}
        return found

    def waiting(self, tried: Container[bytes]) -> list[tuple[Ints, float, float]]:
        """Designs that were bounded and not tried, see :meth:`look`."""
        self._waiting = {key: row for key, row in self._waiting.items() if key not in tried}
        if len(self._waiting) > MOST_WAITING:
            least = sorted(self._waiting.items(), key=lambda entry: entry[1][2])[: MOST_WAITING // 2]
            self._waiting = dict(least)
        return list(self._waiting.values())
