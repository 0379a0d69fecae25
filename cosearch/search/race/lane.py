"""One figure made small within limits: which design is tried next, and how exactly it is looked at."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from accel_models.description import Sized
from cosearch.bounds.boxes import Floats, Ints
from cosearch.evaluation.region import Direction
from cosearch.search.race.doubt import Niche
from cosearch.search.race.ground import Ground
from cosearch.search.race.lore import Lore
from cosearch.search.race.slice import BROKEN, Slice
from cosearch.search.race.tried import Row, Tried
from cosearch.search.race.untried import Untried
from nets.elementary import exp

PRECISE_AT_FIRST: Final = 4
"""Designs that are mapped precisely before any threshold is known."""
MARGIN: Final = 0.003
"""How far above the best known a forecast may be for its design to be mapped precisely."""
MARGIN_OF_ESTIMATES: Final = 0.02
"""The same where nothing but an estimate is known."""
STARTS: Final = 0.35
"""How often a design to begin with is tried, where both kinds are left."""
LEAST_PRECISE: Final = 1 / 3
"""Share of designs that are mapped precisely, at least: forecasts err by more than what sets good designs apart."""
FAR: Final = 0.15
"""How far above the best known a forecast may be for its design to begin with."""
PARENTS: Final = 8
"""Best designs whose neighbours are looked at."""
BEATEN: Final = 0.1
"""How far above the best known a bound need not be known better."""
OF_A_NICHE: Final = 4
"""Of them, at most, of the same niche."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of the networks on designs; what a design is worth follows from it and its area.

    Attributes:
        knobs: as :class:`cosearch.evaluation.demand.Demand` reads it.
        context: what sets designs apart from the same ones of which something else is asked.
        direction: in which designs are bounded (:class:`cosearch.bounds.spec.BoundSpec`); none where nothing bounds
            them: then estimates stand for bounds.
        tried: designs of which it was asked.
    """

    knobs: Mapping[str, float]
    context: Floats
    direction: Direction | None
    tried: Tried = field(default_factory=Tried)


class Lane:
    """A slice that is raced for.

    Args:
        slice: what is made small, within which limits.
        terms: what is asked of networks; lanes that ask the same have the same.
        ground: the designs.
        untried: what may be tried next.
        lore: what designs taught.
        rng: of every draw.

    Attributes:
        asked: designs asked for.
    """

    def __init__(
        self, slice: Slice, terms: Terms, ground: Ground, untried: Untried, lore: Lore, rng: np.random.Generator
    ) -> None:
        self.slice, self.terms, self.ground = slice, terms, ground
        self.untried, self._lore, self._rng = untried, lore, rng
        self._near: dict[Niche, Ints] = {}
        self._ranked: list[Row] = []
        self._promising: list[Row] = []
        self._promises: dict[Row, float] = {}
        self._parents: list[Row] = []
        self._best: list[Ints] = []
        self.leader = math.inf
        self.asked = self._precise = 0

    # ---- what became of designs ----

    def learn(self, row: Row) -> None:
        """Learn from a design of this lane that came back."""
        assert row.bound is not None
        assert row.outcome is not None
        self._lore.learn_bound(row.design, self.terms.context, row.estimate, row.bound)
        if row.outcome.precise:
            self._lore.learn_cost(row.design, self.terms.context, row.bound, self._merit(row))

    def overhear(self, row: Row) -> None:
        """Take over a design of a lane that asks something else, if it was mapped precisely and keeps the limits."""
        if row.precise and self._merit(row) < BROKEN:
            estimate = self.untried.estimate(row.design)
            self.terms.tried.overhear(Row(row.design, row.area_mm2, estimate, estimate, row.outcome))

    def rank(self) -> None:
        """Forecast all designs that came back anew, by what was learnt since."""
        rows = list(self.terms.tried.within(self.ground.budget.area_mm2))
        merits = [self._merit(row) for row in rows]
        hopes = self._hopes(rows, merits)
        order = sorted(range(len(rows)), key=lambda at: (hopes[at], rows[at].design.tolist()))
        self.leader = min((merit for row, merit in zip(rows, merits) if row.precise), default=math.inf)
        self._ranked = [rows[at] for at in order]
        self._best = [rows[at].design for at in order if rows[at].precise and merits[at] < BROKEN]
        promises = self._promised(self._ranked, [hopes[at] for at in order])
        promising = [self._ranked[at] for at in sorted(range(len(order)), key=promises.__getitem__)]
        self._parents = self._of_niches(promising)
        self._promises = {row: promise for row, promise in zip(self._ranked, promises) if not row.precise}
        self._promising = [row for row in promising if not row.precise]
        self._precise = len(rows) - len(self._promising)
        for row in self._ranked[:PARENTS]:
            self._near.setdefault(self._lore.niche(row.design), row.design)

    def _hopes(self, rows: Sequence[Row], merits: Sequence[float]) -> list[float]:
        """What designs cost, or may where they were not mapped precisely."""
        hopes = list(merits)
        if quick := [at for at, row in enumerate(rows) if not row.precise]:
            designs, bounds = np.array([rows[at].design for at in quick]), np.array([rows[at].bound for at in quick])
            for at, cost in zip(quick, self._lore.costs(designs, self.terms.context, bounds).tolist()):
                hopes[at] = min(cost, merits[at])
        return hopes

    def _merit(self, row: Row) -> float:
        return math.inf if row.outcome is None else self.slice.merit(row.outcome)

    def _promised(self, rows: Sequence[Row], hopes: Sequence[float]) -> list[float]:
        """What designs may cost: those that were not mapped precisely, less than is hoped by what that is doubted."""
        promises = list(hopes)
        if quick := [at for at, row in enumerate(rows) if not row.precise]:
            doubts = self._lore.doubts(np.array([rows[at].design for at in quick])).tolist()
            for at, doubt in zip(quick, doubts):
                promises[at] -= doubt
        return promises

    def _of_niches(self, rows: Sequence[Row]) -> list[Row]:
        """The first rows, not too many of a niche."""
        chosen: list[Row] = []
        of_niche: Counter[Niche] = Counter()
        for row in rows:
            if len(chosen) == PARENTS:
                break
            niche = self._lore.niche(row.design)
            if of_niche[niche] < OF_A_NICHE:
                of_niche[niche] += 1
                chosen.append(row)
        return chosen

    # ---- what is tried next ----

    def best(self, count: int) -> list[Ints]:
        """The best designs that were mapped precisely and keep all limits, so many at most."""
        return self._best[:count]

    def next(self, guests: Sequence[Ints], *, last: bool) -> tuple[Row, float] | None:
        """The design to try next, and the bound below which it is mapped precisely; none where all were tried.

        Args:
            guests: good designs of lanes beside this one.
            last: the search ends soon: what may be good must be mapped precisely now.
        """
        if last:
            row = next(_not_precise(self._ranked), None) or self._fresh(guests)
            return None if row is None else (row, math.inf)
        if math.isfinite(self.leader):
            again = next(_not_precise(self._promising), None)
            few = self._precise < LEAST_PRECISE * self.asked
            if again is not None and (few or self._promises[again] < self.leader + self._margin):
                self._precise += 1
                return again, math.inf
        row = self._fresh(guests)
        return None if row is None else (row, self._precise_below(row))

    @property
    def best_so_far(self) -> Row | None:
        """The design that is forecast best of those that came back."""
        return next(iter(self._ranked), None)

    def near(self, design: Ints) -> Sized | None:
        """A machine of the same niche near whose mappings those on a design begin; none where it is the first."""
        found = self._near.get(self._lore.niche(design))
        return None if found is None else self.ground.machine(found)

    @property
    def _margin(self) -> float:
        return MARGIN_OF_ESTIMATES if self.terms.direction is None else MARGIN

    def _precise_below(self, row: Row) -> float:
        """The bound of a design from which on it is not hoped to be the best; all or nothing without bounds."""
        if not math.isfinite(self.leader):
            return math.inf if self.asked < PRECISE_AT_FIRST else 0.0
        hope = self._lore.doubt(row.design) - self._lore.above(row.design, self.terms.context)
        threshold = self.leader + self._margin + hope
        if self.terms.direction is None:
            return math.inf if row.estimate < threshold else 0.0
        return exp(threshold)

    def _fresh(self, guests: Sequence[Ints]) -> Row | None:
        """A design that was not tried: a neighbour of the best, or one to begin with."""
        tried, untried = self.terms.tried, self.untried
        leaders: dict[Niche, Ints] = {}
        for row in _precise(self._ranked):
            if len(leaders) == untried.leaders:
                break
            leaders.setdefault(self._lore.niche(row.design), row.design)
        enough = exp(self.leader + BEATEN)
        beside = untried.neighbour([row.design for row in self._parents], guests, list(leaders.values()), tried, enough)
        begins = untried.beginning(tried)
        found = beside or begins
        if begins is not None and begins.forecast < self.leader + FAR and self._rng.random() < STARTS:
            found = begins
        if found is None:
            return None
        return Row(found.design, self.ground.machine(found.design).area_mm2, found.estimate)


def _precise(rows: Iterable[Row]) -> Iterator[Row]:
    """Those that were mapped precisely."""
    return (row for row in rows if row.precise)


def _not_precise(rows: Iterable[Row]) -> Iterator[Row]:
    """Those that were not mapped precisely, and for which no answer is waited."""
    return (row for row in rows if not row.precise and not row.pending)
