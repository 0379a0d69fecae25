"""Designs raced by what they will cost: bounds say nearly what, and how far above them designs lie is learnt.

A trial bounds a design by searches of its layers' tilings (:mod:`cosearch.bounds.design`), which tells it from others
better than a quick mapping does, and maps it quickly, for a first value. One whose bound may be that of a better design
than the best known is mapped by the last mapper at once. What is tried next is the least forecast of all that could
be: designs to begin with (:mod:`.starts`) and neighbours of the best (:mod:`.moves`), of any wiring. The forecast of
a design is its estimate, which takes some microseconds, and what alike designs were found to lie above theirs
(:mod:`.forecast`). The last trials map the best forecasts that were not mapped precisely.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cosearch.bounds.boxes import Floats, Ints
from cosearch.search.race.doubt import Doubt, Niche
from cosearch.search.race.forecast import Forecast
from cosearch.search.race.ground import Ground
from cosearch.search.race.shortlist import Shortlist
from cosearch.strategies.accelerators import Look, Proposal
from cosearch.strategies.points import Outcome
from nets.elementary import exp
from nets.errors import InfeasibleError

PRECISE_AT_FIRST: Final = 4
"""Designs that are mapped precisely before any threshold is known."""
FINALISTS: Final = 4
"""Last trials, which map the best forecasts precisely."""
QUICKER: Final = 4
"""How many times fewer evaluations a design's first value takes, mapped near another one."""
MARGIN: Final = 0.003
"""How far above the best known a forecast may be for its design to be mapped precisely."""
MARGIN_OF_ESTIMATES: Final = 0.02
"""The same where nothing but an estimate is known."""
STARTS: Final = 0.35
"""How often a design to begin with is tried, where both kinds are left."""
FAR: Final = 0.15
"""How far above the best known a forecast may be for its design to begin with."""
PARENTS: Final = 8
"""Best designs whose neighbours are looked at."""
OF_A_NICHE: Final = 4
"""Of them, at most, of the same niche."""
MOVES: Final = 6
"""Neighbours of each of them, before every trial."""
WINDOW: Final = 3
"""Designs of a stratum of a niche that are looked at, of those to begin with."""
BROKEN: Final = 1.0
"""How far above its bound a design counts as that breaks a limit."""
NO_CONTEXT: Final = np.zeros(0)


@dataclass(slots=True)
class Row:
    """A design that was proposed.

    Attributes:
        design: (k,). estimate: of its merit, without a search.
        bound: of its merit, by a search; none until it is known.
        merit: as it is mapped, infinite until it is known; precise: whether by the last mapper.
        hoped: the forecast of its merit, once its bound is known.
    """

    design: Ints
    estimate: float
    bound: float | None = None
    merit: float = math.inf
    precise: bool = False
    hoped: float = math.inf


class Race:
    """See :class:`Proposer`.

    Args:
        ground: the designs.
        starts: where each niche begins: estimates and designs, the least first.
        merits: estimates of designs (n, k).
        seed: of every draw.
        trials: in all.
        budget: evaluations for each layer of a design.
        direction: in which designs are bounded (:class:`cosearch.bounds.spec.BoundSpec`); none where nothing bounds
            them: then estimates stand for bounds.
        shortlist: of neighbours that are bounded before one is tried; none where that takes too long.

    Raises:
        InfeasibleError: no niche has a design to begin with.
    """

    redrawn = 0

    def __init__(
        self,
        ground: Ground,
        starts: Iterable[Sequence[tuple[float, Ints]]],
        merits: Callable[[Ints], Floats],
        seed: int,
        trials: int,
        budget: int,
        direction: tuple[float, float] | None,
        shortlist: Shortlist | None = None,
    ) -> None:
        self._ground, self._merits, self._trials, self._budget = ground, merits, trials, budget
        self.direction, self._shortlist = direction, shortlist
        self._starts = [list(rows) for rows in starts if rows]
        if not self._starts:
            raise InfeasibleError(f"no design fits the layers and the budget {ground.budget}")
        self._to_bound, self._to_cost = Forecast(ground, np.zeros(1)), Forecast(ground, np.zeros(1))
        self._rng = np.random.default_rng([seed, len(self._starts)])
        self._rows: dict[bytes, Row] = {}
        self._asked: dict[int, Row] = {}
        self._near: dict[Niche, Ints] = {}
        self._ranked: list[Row] = []
        self._parents: list[Row] = []
        self._doubt = Doubt()
        self._number = 0

    @property
    def leader(self) -> float:
        """Merit of the best design known."""
        return min((row.merit for row in self._rows.values() if row.precise), default=math.inf)

    def estimate(self, proposal: Proposal) -> float:
        """The merit that a design has at least that was proposed and not told yet, without a search."""
        return self._asked[proposal.number].estimate

    def ask(self, count: int) -> list[Proposal]:
        """``count`` designs inside the budget."""
        return [self._ask() for _ in range(count)]

    def tell(self, proposals: Sequence[Proposal], outcomes: Sequence[Outcome]) -> None:
        """Hear what became of every proposal."""
        for proposal, outcome in zip(proposals, outcomes):
            row = self._asked.pop(proposal.number)
            row.bound = row.estimate if outcome.bound is None else outcome.bound
            row.merit = outcome.merit if outcome.precise else min(row.merit, outcome.merit)
            row.precise = row.precise or outcome.precise
            self._learn(self._to_bound, row.design, row.bound - row.estimate)
            if outcome.precise:
                if len(self._to_cost):
                    self._doubt.learn(self._niche(row.design), row.merit - row.bound - self._expected(row))
                self._learn(self._to_cost, row.design, row.merit - row.bound)
        self._ranked = self._rank()
        self._parents = self._of_niches(sorted(self._ranked, key=self._promise))
        for row in self._ranked[:PARENTS]:
            self._near.setdefault(self._niche(row.design), row.design)

    def _learn(self, forecast: Forecast, design: Ints, above: float) -> None:
        forecast.learn(design, NO_CONTEXT, np.array([min(max(above, 0.0), BROKEN)]), known=True)

    def _niche(self, design: Ints) -> Niche:
        """The niche of a design."""
        return int(self._ground.niches(design[None])[0])

    # ---- what is tried next ----

    def _ask(self) -> Proposal:
        left = self._trials - self._number
        if left <= min(FINALISTS, self._trials // 4):
            return self._proposal(next(self._not_precise(), None) or Row(*self._next()), math.inf)
        if not math.isfinite(self.leader):
            return self._proposal(Row(*self._next()), math.inf if self._number < PRECISE_AT_FIRST else 0.0)
        margin = MARGIN_OF_ESTIMATES if self.direction is None else MARGIN
        again = min(self._not_precise(), key=self._promise, default=None)
        if again is not None and self._promise(again) < self.leader + margin:
            return self._proposal(again, math.inf)
        row = Row(*self._next())
        threshold = self.leader + margin + self._doubt.of(self._niche(row.design)) - self._expected(row)
        if self.direction is None:
            return self._proposal(row, math.inf if row.estimate < threshold else 0.0)
        return self._proposal(row, exp(threshold))

    def _expected(self, row: Row) -> float:
        """How far above its bound a design is thought to lie."""
        return float(self._to_cost.above(row.design[None], NO_CONTEXT)[0, 0])

    def _not_precise(self) -> Iterator[Row]:
        """Those that came back and were not mapped precisely, the least forecast first."""
        pending = {id(row) for row in self._asked.values()}
        return (row for row in self._ranked if not row.precise and id(row) not in pending)

    def _promise(self, row: Row) -> float:
        """What a design may cost that came back."""
        return row.hoped if row.precise else row.hoped - self._doubt.of(self._niche(row.design))

    def _of_niches(self, rows: Sequence[Row]) -> list[Row]:
        """The first rows, not too many of a niche."""
        chosen: list[Row] = []
        of_niche: Counter[Niche] = Counter()
        for row in rows:
            niche = self._niche(row.design)
            if of_niche[niche] < OF_A_NICHE and len(chosen) < PARENTS:
                of_niche[niche] += 1
                chosen.append(row)
        return chosen

    def _rank(self) -> list[Row]:
        """Designs that came back, least forecast first."""
        rows = [row for row in self._rows.values() if row.bound is not None]
        if not rows:
            return []
        above = self._to_cost.above(np.array([row.design for row in rows]), NO_CONTEXT)[:, 0]
        for row, more in zip(rows, above.tolist()):
            row.hoped = row.merit if row.precise or row.bound is None else min(row.bound + more, row.merit)
        return sorted(rows, key=lambda row: (row.hoped, row.design.tolist()))

    def _next(self) -> tuple[Ints, float]:
        """A design that was not tried, with its estimate."""
        neighbours = self._neighbours()
        if self._shortlist is None:
            beside = self._least(neighbours)
        else:
            beside = self._least_looked_at(neighbours, self._shortlist)
        begins = self._least(self._beginnings())
        if begins is not None:
            begun = begins[0] < self.leader + FAR and self._rng.random() < STARTS
            if begun or beside is None:
                return begins[1:]
        if beside is not None:
            return beside[1:]
        row = self._ranked[0]  # nothing is left to try
        return row.design, row.estimate

    def _least(self, fresh: list[tuple[Ints, float]]) -> tuple[float, Ints, float] | None:
        """The design of the least forecast, with that and its estimate; none of none."""
        if not fresh:
            return None
        forecast = self._forecasts(fresh)
        best = _ranked([design for design, _ in fresh], forecast)[0]
        design, estimate = fresh[best]
        return float(forecast[best]), design.copy(), estimate  # one of many in an array that need not stay

    def _least_looked_at(
        self, fresh: list[tuple[Ints, float]], shortlist: Shortlist
    ) -> tuple[float, Ints, float] | None:
        """The same of all that were bounded, once the best forecasts are."""
        if fresh:
            order = _ranked([design for design, _ in fresh], self._forecasts(fresh))
            for design, estimate, bound in shortlist.look([fresh[at] for at in order]):
                self._learn(self._to_bound, design, bound - estimate)
        waiting = shortlist.waiting(self._rows)
        if not waiting:
            return None
        designs = np.array([design for design, _, _ in waiting])
        hoped = self._hoped(designs, np.array([bound for _, _, bound in waiting]))
        best = _ranked(designs, hoped)[0]
        return float(hoped[best]), *waiting[best][:2]

    def _forecasts(self, fresh: list[tuple[Ints, float]]) -> Floats:
        """Of designs, by their estimates, less the doubt."""
        designs, estimates = np.array([design for design, _ in fresh]), np.array([estimate for _, estimate in fresh])
        return self._hoped(designs, estimates + self._to_bound.above(designs, NO_CONTEXT)[:, 0])

    def _hoped(self, designs: Ints, bounds: Floats) -> Floats:
        """What designs may cost that have such bounds, or are thought to."""
        if not len(self._to_cost):
            return bounds
        forecast: Floats = bounds + self._to_cost.above(designs, NO_CONTEXT)[:, 0]
        niches = self._ground.niches(designs).tolist()
        doubts = {niche: self._doubt.of(niche) for niche in set(niches)}
        forecast -= np.array([doubts[niche] for niche in niches])
        return forecast

    def _beginnings(self) -> list[tuple[Ints, float]]:
        """The next designs to begin with of every niche."""
        found = []
        for rows in self._starts:
            while rows and rows[0][1].tobytes() in self._rows:
                rows.pop(0)
            found += [(design, estimate) for estimate, design in rows[:WINDOW] if design.tobytes() not in self._rows]
        return found

    def _neighbours(self) -> list[tuple[Ints, float]]:
        """Neighbours of the best designs."""
        moves = [
            design
            for row in self._parents
            for _ in range(MOVES)
            if (design := self._ground.neighbour(row.design, self._rng)) is not None
        ]
        if self._shortlist is not None and (leader := next((row for row in self._ranked if row.precise), None)):
            moves += list(self._ground.around(leader.design))
        fresh = {design.tobytes(): design for design in moves if design.tobytes() not in self._rows}
        if not fresh:
            return []
        designs = np.array(list(fresh.values()))
        return list(zip(designs, self._merits(designs).tolist()))

    def _proposal(self, row: Row, precise_below: float) -> Proposal:
        number = self._number
        self._number += 1
        row = self._rows.setdefault(row.design.tobytes(), row)
        self._asked[number] = row
        near = self._near.get(self._niche(row.design))
        return Proposal(
            number,
            self._ground.point(row.design),
            self._ground.machine(row.design),
            None if near is None else self._ground.machine(near),
            self._budget if near is None else max(1, self._budget // QUICKER),
            Look(self.direction, precise_below, self._budget),
        )


def _ranked(designs: Sequence[Ints] | Ints, forecasts: Floats) -> list[int]:
    """Where designs stand, the least forecast first."""
    order: list[int] = np.lexsort((*np.array(designs).T[::-1], forecasts)).tolist()
    return order
