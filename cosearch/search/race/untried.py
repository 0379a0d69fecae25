"""What a lane may try next: designs to begin with, and neighbours of good ones, the least forecast of either."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cosearch.bounds.boxes import Floats, Ints
from cosearch.search.race.ground import Ground
from cosearch.search.race.lore import Lore
from cosearch.search.race.shortlist import Shortlist
from cosearch.search.race.tried import Tried

MOVES: Final = 6
"""Neighbours of each parent, before every trial."""
WINDOW, WINDOW_OF_FEW = 32, 96
"""Designs of a niche that are looked at, of those to begin with: at least one of each stratum. More of few shapes."""
LEADERS_OF_FEW: Final = 4
"""Niches the best of which has all its neighbours ranked, where layers have few shapes; else the best one of all."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A design that was not tried.

    Attributes:
        design: (k,). estimate: of its merit. forecast: of it, less the doubt.
    """

    design: Ints
    estimate: float
    forecast: float


class Untried:
    """Where designs come from.

    Args:
        ground: the designs.
        starts: where each niche begins: estimates and designs, the least first.
        merits: estimates of designs (n, k).
        context: of what is asked of them.
        lore: by which they are forecast.
        rng: of every draw.
        shortlist: of neighbours that are bounded before one is tried; none where that takes too long.
        closely: whether layers have so few shapes that more designs are looked at.

    Attributes:
        leaders: of how many niches the best has all its neighbours ranked.
    """

    def __init__(
        self,
        ground: Ground,
        starts: Iterable[Sequence[tuple[float, Ints]]],
        merits: Callable[[Ints], Floats],
        context: Floats,
        lore: Lore,
        rng: np.random.Generator,
        shortlist: Shortlist | None = None,
        *,
        closely: bool = False,
    ) -> None:
        self._ground, self._merits, self._lore, self._rng = ground, merits, lore, rng
        self._starts = [list(rows) for rows in starts if rows]
        self._context, self._shortlist = context, shortlist
        self._bounds: dict[bytes, float] = {}
        self.leaders = LEADERS_OF_FEW if closely else 1
        self._window = WINDOW_OF_FEW if closely else WINDOW
        self._beside: dict[bytes, dict[bytes, tuple[Ints, float]]] = {}

    def estimate(self, design: Ints) -> float:
        """What is known of the merit of a design (k,) without a search."""
        return float(self._merits(design[None])[0])

    def unbounded(self, count: int) -> list[Ints]:
        """Designs to begin with whose bounds are not known: the least forecast of each niche, of so many at most."""
        begin = [[row for row in rows[: self._window] if row[1].tobytes() not in self._bounds] for rows in self._starts]
        least = [found for rows in begin if (found := self._least([(design, estimate) for estimate, design in rows]))]
        return [
            fresh.design for fresh in sorted(least, key=lambda fresh: (fresh.forecast, fresh.design.tolist()))[:count]
        ]

    def of_rank(self, rank: int) -> list[Ints]:
        """The design of each niche to begin with that has so many before it, where there is one."""
        return [rows[rank][1] for rows in self._starts if rank < len(rows)]

    def learn_bound(self, design: Ints, bound: float) -> None:
        """Hear what bounds a design to begin with (k,), as a logarithm."""
        self._lore.learn_bound(design, self._context, self.estimate(design), bound)
        self._bounds[design.tobytes()] = bound

    def beginning(self, tried: Tried) -> Fresh | None:
        """The best of the next designs to begin with of every niche; none where all were tried."""
        found = []
        for rows in self._starts:
            while rows and rows[0][1].tobytes() in tried:
                rows.pop(0)
            found += [(design, estimate) for estimate, design in rows[: self._window] if design.tobytes() not in tried]
        return self._least(found)

    def neighbour(
        self,
        parents: Sequence[Ints],
        guests: Sequence[Ints],
        leaders: Sequence[Ints],
        tried: Tried,
        enough: float = math.inf,
    ) -> Fresh | None:
        """The best neighbour of good designs; none where all were tried.

        Args:
            parents: good designs. guests: of another lane, which may be outside this one's budget.
            leaders: the best, all of whose neighbours are ranked where there is a shortlist.
            tried: designs that are not fresh.
            enough: above what bound a design is not worth a longer search.
        """
        moves = [
            design
            for parent in (*parents, *guests)
            for _ in range(MOVES)
            if (design := self._ground.neighbour(parent, self._rng)) is not None
        ]
        moves += [design for guest in guests for design in self._ground.inside(guest)]
        fresh = self._estimated({key: design for key, design in _by_size(moves).items() if key not in tried})
        if self._shortlist is not None:
            fresh |= {key: row for key, row in self._around(leaders).items() if key not in tried}
        found = list(fresh.values())
        if self._shortlist is None:
            return self._least(found)
        return self._least_looked_at(found, tried, self._shortlist, enough)

    def _around(self, leaders: Sequence[Ints]) -> dict[bytes, tuple[Ints, float]]:
        """All neighbours of some designs by their sizes, with their estimates: of the same ones before most trials."""
        known = self._beside
        self._beside = {}
        for leader in leaders:
            key = leader.tobytes()
            self._beside[key] = known[key] if key in known else self._estimated(_by_size(self._ground.around(leader)))
        return {key: row for beside in self._beside.values() for key, row in beside.items()}

    def _estimated(self, designs: dict[bytes, Ints]) -> dict[bytes, tuple[Ints, float]]:
        """Designs with their estimates."""
        if not designs:
            return {}
        estimates = self._merits(np.array(list(designs.values()))).tolist()
        return {key: (design, estimate) for (key, design), estimate in zip(designs.items(), estimates)}

    def _least(self, found: list[tuple[Ints, float]]) -> Fresh | None:
        """The design of the least forecast; none of none."""
        if not found:
            return None
        forecasts = self._forecasts(found)
        best = _ranked([design for design, _ in found], forecasts)[0]
        design, estimate = found[best]
        return Fresh(design.copy(), estimate, float(forecasts[best]))  # one of many in an array that need not stay

    def _least_looked_at(
        self, found: list[tuple[Ints, float]], tried: Tried, shortlist: Shortlist, enough: float
    ) -> Fresh | None:
        """The same of all that were bounded, once the best forecasts are."""
        if found:
            order = _ranked([design for design, _ in found], self._forecasts(found))
            for design, estimate, bound in shortlist.look([found[at] for at in order], enough):
                self._lore.learn_bound(design, self._context, estimate, bound)
        waiting = shortlist.waiting(tried)
        if not waiting:
            return None
        designs = np.array([design for design, _, _ in waiting])
        hopes = self._lore.hopes(designs, self._context, np.array([bound for _, _, bound in waiting]))
        best = _ranked(designs, hopes)[0]
        return Fresh(*waiting[best][:2], float(hopes[best]))

    def _forecasts(self, found: list[tuple[Ints, float]]) -> Floats:
        """Of designs, by their bounds, or their estimates where these are not known, less the doubt."""
        designs, estimates = np.array([design for design, _ in found]), np.array([estimate for _, estimate in found])
        known = np.array([self._bounds.get(design.tobytes(), math.nan) for design, _ in found])
        bounds = np.where(np.isnan(known), self._lore.bounds(designs, self._context, estimates), known)
        return self._lore.hopes(designs, self._context, bounds)


def _by_size(designs: Iterable[Ints]) -> dict[bytes, Ints]:
    """Designs by their sizes, each once."""
    return {design.tobytes(): design for design in designs}


def _ranked(designs: Sequence[Ints] | Ints, forecasts: Floats) -> list[int]:
    """Where designs stand, the least forecast first."""
    order: list[int] = np.lexsort((*np.array(designs).T[::-1], forecasts)).tolist()
    return order
