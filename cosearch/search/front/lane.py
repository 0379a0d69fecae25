"""One slice that is searched: where it begins, what it knows, and what it would try next."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from cosearch.bounds.grid import L1, DesignGrid, Floats, Ints
from cosearch.search.front.slices import Slice
from cosearch.search.race.forecast import Forecast
from cosearch.search.race.ground import TemplateGround
from cosearch.search.race.moves import moved
from cosearch.search.race.starts import with_largest_l2
from cosearch.strategies.points import Outcome

MOVES: Final = 24
"""Neighbours of known designs that are looked at before each trial."""
REWIRED: Final = 0.3
"""How often a neighbour has another wiring: one of its axes runs another dim."""
LATER: Final = 0.6
"""How often the next best design has a neighbour instead of a better one."""
PARENTS: Final = 6
"""Best designs of a slice, and of its neighbours, whose neighbours they are."""
KEPT: Final = 24


@dataclass(slots=True)
class Lane:
    """A slice that is searched.

    Attributes:
        slice: what it asks.
        ground: designs inside its limits.
        bounds: of designs (n, 9): losses (n, axes) that they are not below.
        starts: designs (n, 9) that it may begin with; start_bounds: of theirs (n, axes).
        knobs: what is asked of the networks on its designs.
        met: axes whose limit every design meets, because its networks are chosen so.
        context: what sets its designs apart from alike ones of other slices.
        asked: designs asked for.
        results: (merit, design) of the best, best first.
    """

    slice: Slice
    ground: TemplateGround
    bounds: Callable[[Ints], Floats]
    starts: Ints
    start_bounds: Floats
    knobs: Mapping[str, float]
    met: Sequence[int]
    context: Floats
    asked: int = 0
    results: list[tuple[float, Ints]] = field(default_factory=list)

    @property
    def grid(self) -> DesignGrid:
        """Their sizes."""
        return self.ground.grid

    @property
    def best(self) -> float:
        """Merit of the best design."""
        return self.results[0][0] if self.results else math.inf

    def hear(self, design: Ints, outcome: Outcome) -> None:
        """Learn what became of a design, of this slice or another."""
        rows = [row for row in self.results if (row[1] != design).any()]
        rows.append((self.slice.merit(outcome), design))
        self.results = sorted(rows, key=lambda row: (row[0], row[1].tolist()))[:KEPT]

    def next(
        self, forecast: Forecast, guests: Sequence[Ints], seen: set[bytes], rng: np.random.Generator
    ) -> tuple[Ints, Floats, Floats] | None:
        """The design not seen yet that is hoped to be best, its bounds and its hoped losses; ``None`` without any.

        Args:
            forecast: of what designs cost.
            guests: good designs of neighbouring slices.
            seen: designs that were asked for.
            rng: of every draw.
        """
        parents = [design for _, design in self.results[:PARENTS]] + list(guests)
        fresh = [found for found in map(self._fitted, guests) if found is not None]
        for _ in range(MOVES if parents else 0):
            rank = 0
            while rank + 1 < len(parents) and rng.random() < LATER:
                rank += 1
            parent = rewired(self.grid, parents[rank], rng) if rng.random() < REWIRED else parents[rank]
            found = moved(self.grid, parent, rng)
            fresh += [] if found is None else [found]
        begins = self.start_bounds[:, self.slice.goal] < self.best
        designs, bounds = self.starts[begins], self.start_bounds[begins]
        if fresh:
            neighbours = np.array(fresh)
            designs = np.concatenate([neighbours, designs])
            bounds = np.concatenate([self.bounds(neighbours), bounds])
        rows = [row for row, design in enumerate(designs) if design.tobytes() not in seen]
        if not rows:
            return None
        losses = bounds[rows] + forecast.above(designs[rows], self.context)
        for place in self.met:
            losses[:, place] = np.minimum(losses[:, place], self.slice.limits[place])
        hoped = [self.slice.merit(Outcome(0.0, tuple(loss))) for loss in losses.tolist()]
        best = min(range(len(rows)), key=lambda at: hoped[at])
        return designs[rows[best]], bounds[rows[best]], losses[best]

    def _fitted(self, design: Ints) -> Ints | None:
        """A design of another slice with the largest L2 that there is room for here; ``None`` where there is none."""
        fitting = with_largest_l2(self.grid, design[None])
        return fitting[0] if len(fitting) else None


def rewired(grid: DesignGrid, design: Ints, rng: np.random.Generator) -> Ints:
    """A design (9,) one of whose axes runs a dim that none ran, where a layer has so many of it; else the same."""
    free = np.flatnonzero((design[:L1] == 1) & (grid.most_lanes > 1))
    wired = np.flatnonzero(design[:L1] > 1)
    new = design.copy()
    if len(free):
        old, other = wired[int(rng.integers(len(wired)))], free[int(rng.integers(len(free)))]
        new[old], new[other] = 1, min(design[old], grid.most_lanes[other])
    return new
