"""How much less than its forecast a design may cost, by its niche: forecasts alone never leave the first one that did
well.

As in UCB1 (Auer, Cesa-Bianchi, Fischer, "Finite-time Analysis of the Multiarmed Bandit Problem", 2002) doubt falls with
the square root of how often a niche was tried, and rises slowly with all that was tried. Its scale is what forecasts
were found to err by: of the first designs of niches, and of later ones.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from typing import Final

from nets.elementary import log

Niche = int
"""Number of a kind of designs, see :class:`cosearch.search.race.ground.Ground`."""

SHARE: Final = 0.4
"""Of what forecasts erred by, their median."""
MOST: Final = 1.0
"""What an error counts at most."""


class Doubt:
    """What was tried of every niche, and how far forecasts were off."""

    def __init__(self) -> None:
        self._tried: dict[Niche, int] = {}
        self._all = 0
        self._of_first: list[float] = []
        self._of_later: list[float] = []

    def learn(self, niche: Niche, error: float) -> None:
        """Hear by how much the forecast of a design of this niche was off."""
        errors = self._of_later if niche in self._tried else self._of_first
        insort(errors, min(abs(error), MOST))
        self._tried[niche] = self._tried.get(niche, 0) + 1
        self._all += 1

    def of(self, niche: Niche) -> float:
        """How much less than its forecast a design of this niche may cost."""
        tried = self._tried.get(niche, 0)
        errors = (self._of_later or self._of_first) if tried else self._of_first
        return SHARE * _median(errors) * math.sqrt(log(1.0 + self._all) / (1 + tried))


def _median(rising: Sequence[float]) -> float:
    """Of numbers that are sorted, so that a long search need not sort them for every design; zero of none."""
    if not rising:
        return 0.0
    half = len(rising) // 2
    return rising[half] if len(rising) % 2 else (rising[half - 1] + rising[half]) / 2
