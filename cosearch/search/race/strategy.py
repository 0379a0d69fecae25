"""Designs raced by what they will cost: bounds say nearly what, and how far above them designs lie is learnt.

A trial bounds a design by searches of its layers' tilings (:mod:`cosearch.bounds.design`), which tells it from others
better than a quick mapping does, and maps it quickly, for a first value. One whose bound may be that of a better design
than the best known is mapped by the last mapper at once. What is tried next is the least forecast of all that could
be: designs to begin with (:mod:`.starts`) and neighbours of the best (:mod:`.moves`), of any wiring. The forecast of
a design is its estimate, which takes some microseconds, and what alike designs were found to lie above theirs
(:mod:`.forecast`). The last trials map the best forecasts that were not mapped precisely.

One objective is one lane. A front is many, each with limits of its own (:mod:`cosearch.search.front`): they share what
is learnt, go on from each other's designs, and trials go where the front gains most.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from cosearch.search.race.lane import Lane
from cosearch.search.race.tried import Row
from cosearch.strategies.accelerators import Look, Proposal
from cosearch.strategies.points import Outcome

FINALISTS: Final = 4
"""Last trials of each lane, which map the best forecasts precisely; a quarter of all at most."""
QUICKER: Final = 4
"""How many times fewer evaluations a design's first value takes, mapped near another one."""
GUESTS: Final = 2
"""Best designs of each neighbouring lane that a lane goes on from."""
LEAST_SHARE, MOST_SHARE = 0.75, 2.0
"""Trials of a lane, over the mean, by what its place on the front may still gain."""
Lay = Callable[[Sequence[Outcome]], list[Lane]]


class Race:
    """See :class:`Proposer`.

    Args:
        lanes: to begin with.
        trials: in all.
        budget: evaluations for each layer of a design.
        lay: gives the lanes between the first ones, once designs of those are known; none for no more lanes.
        end_trials: of the first lanes together, before the others are laid.
    """

    redrawn = 0

    def __init__(
        self, lanes: Sequence[Lane], trials: int, budget: int, lay: Lay | None = None, end_trials: int = 0
    ) -> None:
        self.lanes, self._trials, self._budget = list(lanes), trials, budget
        self._lay, self._end_trials = lay, end_trials
        self._asked: dict[int, tuple[Lane, Row]] = {}
        self._told: list[tuple[Lane, Row]] = []
        self._number = 0

    def estimate(self, proposal: Proposal) -> float:
        """The merit that a design has at least that was proposed and not told yet, without a search."""
        return self._asked[proposal.number][1].estimate

    def ask(self, count: int) -> list[Proposal]:
        """``count`` designs inside the budget."""
        return [self._ask() for _ in range(count)]

    def tell(self, proposals: Sequence[Proposal], outcomes: Sequence[Outcome]) -> None:
        """Hear what became of every proposal."""
        for proposal, outcome in zip(proposals, outcomes):
            lane, row = self._asked.pop(proposal.number)
            row.hear(outcome)
            lane.learn(row)
            self._spread(lane, row, self.lanes)
            if self._lay is not None:
                self._told.append((lane, row))
        if self._lay is not None and len(self._told) >= self._end_trials:
            fresh, self._lay = self._lay([row.outcome for _, row in self._told if row.outcome is not None]), None
            for lane, row in self._told:
                self._spread(lane, row, fresh)
            self.lanes += fresh
            self._told.clear()
        for lane in self.lanes:
            lane.rank()

    def _spread(self, lane: Lane, row: Row, lanes: Sequence[Lane]) -> None:
        """Tell lanes that ask something else of a design."""
        for other in lanes:
            if other.terms is not lane.terms:
                other.overhear(row)

    def _ask(self) -> Proposal:
        left = self._trials - self._number
        last = left <= min(FINALISTS * len(self.lanes), self._trials // 4)
        for lane in self._in_turn():
            found = lane.next([guest for other in self._beside(lane) for guest in other.best(GUESTS)], last=last)
            lane.asked += 1
            if found is not None:
                return self._proposal(lane, *found)
        return self._again()

    def _again(self) -> Proposal:
        """A design once more, where nothing is left to try: one that is waited for where none has come back yet."""
        for lane in self.lanes:
            if (best := lane.best_so_far) is not None:
                return self._proposal(lane, best, math.inf)
        lane, row = next(iter(self._asked.values()))
        return self._proposal(lane, row, math.inf)

    def _in_turn(self) -> list[Lane]:
        """Lanes, first the one that had the fewest trials for its weight."""
        gaps = [self._gap(lane) for lane in self.lanes]
        mean = sum(gaps) / len(gaps)
        shares = [min(max(gap / mean, LEAST_SHARE), MOST_SHARE) if mean > 0 else 1.0 for gap in gaps]
        order = sorted(range(len(gaps)), key=lambda at: self.lanes[at].asked / shares[at])
        return [self.lanes[at] for at in order]

    def _beside(self, lane: Lane) -> list[Lane]:
        """The lanes one step looser or tighter."""
        return [other for other in self.lanes if lane.slice.apart(other.slice) == 1]

    def _gap(self, lane: Lane) -> float:
        """How much worse the best is one step tighter: there a better design covers more of the front."""
        tighter = [other for other in self._beside(lane) if sum(other.slice.place) > sum(lane.slice.place)]
        gaps = [max(other.leader - lane.leader, 0.0) for other in tighter if math.isfinite(other.leader)]
        return max(gaps, default=0.0)

    def _proposal(self, lane: Lane, row: Row, precise_below: float) -> Proposal:
        number = self._number
        self._number += 1
        row = lane.terms.tried.begin(row)
        self._asked[number] = lane, row
        near = lane.near(row.design)
        return Proposal(
            number,
            {**lane.ground.point(row.design), **lane.terms.knobs},
            lane.ground.machine(row.design),
            near,
            self._budget if near is None else max(1, self._budget // QUICKER),
            Look(lane.terms.direction, precise_below, self._budget),
        )
