"""How much less than its forecast a design may cost, by its niche: forecasts alone never leave the first one that did
well.

As in UCB1 (Auer, Cesa-Bianchi, Fischer, "Finite-time Analysis of the Multiarmed Bandit Problem", 2002) doubt falls with
the square root of how often a niche was tried, and rises slowly with all that was tried. Its scale is what forecasts
were found to err by: of the first designs of niches, and of later ones.

But the first designs of a niche say little of its best, which many small steps lead to. So doubt is at least what
another niche came nearer to its bounds by, from as many trials on.
"""

from __future__ import annotations

import math
from statistics import fmean, median
from typing import Final

from nets.elementary import log

Niche = int
"""Number of a kind of designs, see :class:`cosearch.search.race.ground.Ground`."""

SHARE: Final = 0.4
"""Of what forecasts erred by, their median."""
MOST: Final = 1.0
"""What an error counts at most."""
NEAREST: Final = 4
"""Best designs of a niche that forecasts follow."""


class Doubt:
    """What was tried of every niche, and how far forecasts were off."""

    def __init__(self) -> None:
        self._above: dict[Niche, list[float]] = {}
        self._gains: dict[int, float] = {}
        self._all = 0
        self._of_first: list[float] = []
        self._of_later: list[float] = []

    def learn(self, niche: Niche, above: float, expected: float) -> None:
        """Hear how far above its bound a design of this niche lies, and how far it was thought to."""
        errors = self._of_later if niche in self._above else self._of_first
        errors.append(min(abs(above - expected), MOST))
        self._above.setdefault(niche, []).append(min(above, MOST))
        self._gains.clear()
        self._all += 1

    def of(self, niche: Niche) -> float:
        """How much less than its forecast a design of this niche may cost."""
        tried = len(self._above.get(niche, ()))
        errors = (self._of_later or self._of_first) if tried else self._of_first
        erred = SHARE * median(errors or [0.0]) * math.sqrt(log(1.0 + self._all) / (1 + tried))
        return max(erred, self._gained(tried)) if tried else erred

    def _gained(self, tried: int) -> float:
        """By how much the best of any niche came nearer to its bound than the best of its first so many trials."""
        if tried not in self._gains:
            self._gains[tried] = self._gain(tried)
        return self._gains[tried]

    def _gain(self, tried: int) -> float:
        longer = (above for above in self._above.values() if len(above) > tried)
        return max((fmean(sorted(above[:tried])[:NEAREST]) - min(above) for above in longer), default=0.0)
