"""How far apart a search's designs ended: what one run can say of another seed, which is little and not nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

NEAR: Final = 0.05
"""How far behind the best a wiring still counts as near."""
LATE: Final = 0.25
"""The last part of the trials, whose gain is looked at."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The best trials of a search's wirings, as they were mapped in its course.

    A wiring is which dims run in parallel.

    Attributes:
        trials: there were.
        late_gain: share by which the best value fell in the last part of them.
        wirings: that have a design within every limit.
        near: of them, those whose best is at most :data:`NEAR` above the best of all, that one included.
        best: the wiring of the best.
        next: the wiring next to it; empty where there is no other.
        next_excess: how far its best is above the best of all.
    """

    trials: int
    late_gain: float
    wirings: int
    near: int
    best: str
    next: str
    next_excess: float

    @classmethod
    def of(cls, trials: Iterable[tuple[str, float]]) -> Spread | None:
        """The spread of trials in order, each a wiring and a value; ``None`` without any finite value.

        Args:
            trials: of a design that breaks a limit the value is infinite.
        """
        known = list(trials)
        late = len(known) - int(LATE * len(known))
        least: dict[str, float] = {}
        for wiring, value in known:
            if math.isfinite(value):
                least[wiring] = min(value, least.get(wiring, math.inf))
        if not least:
            return None
        ranked = sorted(least, key=lambda wiring: least[wiring])
        best, early = least[ranked[0]], min((value for _, value in known[:late]), default=math.inf)
        excess = {wiring: least[wiring] / best - 1 for wiring in ranked}
        return cls(
            trials=len(known),
            late_gain=1 - best / early,
            wirings=len(ranked),
            near=sum(share <= NEAR for share in excess.values()),
            best=ranked[0],
            next=ranked[1] if len(ranked) > 1 else "",
            next_excess=excess[ranked[1]] if len(ranked) > 1 else math.inf,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "trials": self.trials,
            "late_gain": self.late_gain,
            "wirings": self.wirings,
            "wirings_near": self.near,
            "best_wiring": self.best,
            "next_wiring": self.next or None,
            "next_excess": self.next_excess if self.next else None,
        }
