"""Slices of a front searched side by side: they share what is learnt, and trials go where the front gains most."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from accel_models.template import Template
from cosearch.bounds.grid import Floats, Ints
from cosearch.search.front.lane import Lane
from cosearch.search.front.slices import BROKEN
from cosearch.search.race.forecast import Forecast
from cosearch.strategies.accelerators import Look, Proposal
from cosearch.strategies.points import Outcome

GUESTS: Final = 2
"""Best designs of each neighbouring slice that a slice goes on from."""
ALIKE: Final = 2.0
"""Designs of a niche whose elements differ by no more than this factor are mapped near the same one."""
LEAST_SHARE, MOST_SHARE = 0.75, 2.0
"""Trials of a slice, over the mean, by what its place on the front may still gain."""
UNMAPPED: Final = 3.0
"""How far above its bounds a design counts as that has no mapping."""
Lay = Callable[[Sequence[Outcome]], list[Lane]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A design that was proposed, for which slice, and its bounds."""

    lane: Lane
    design: Ints
    bounds: Floats


class FrontSearch:
    """See :class:`Proposer`.

    Args:
        ends: the slices to begin with: the best of each figure alone.
        lay: gives the others, once designs of the ends are known.
        forecast: of what designs cost.
        seed: of every draw.
        budget: evaluations for each layer of a design.
        end_trials: of the ends together, before the slices between them are laid.
    """

    redrawn = 0

    def __init__(
        self, ends: Sequence[Lane], lay: Lay, forecast: Forecast, seed: int, budget: int, end_trials: int
    ) -> None:
        self._lanes, self._lay, self._forecast, self._budget = list(ends), lay, forecast, budget
        self._end_trials = end_trials
        self._rng = np.random.default_rng([seed, end_trials])
        self._asked: dict[int, _Asked] = {}
        self._told: list[tuple[Ints, Outcome]] = []
        self._seen: dict[tuple[float, ...], set[bytes]] = {}
        self._near: dict[int, list[Template]] = {}
        self._number = 0
        self._laid = False

    def ask(self, count: int) -> list[Proposal]:
        """``count`` designs inside the budget."""
        return [self._ask() for _ in range(count)]

    def tell(self, proposals: Sequence[Proposal], outcomes: Sequence[Outcome]) -> None:
        """Hear what became of every proposal."""
        for proposal, outcome in zip(proposals, outcomes):
            asked = self._asked.pop(proposal.number)
            losses = np.array(outcome.losses) if outcome.losses else asked.bounds + UNMAPPED
            self._forecast.learn(asked.design, asked.lane.context, losses - asked.bounds, known=True)
            self._told.append((asked.design, outcome))
            for lane in self._lanes:
                lane.hear(asked.design, outcome)
        if not self._laid and len(self._told) >= self._end_trials:
            self._laid = True
            fresh = self._lay([outcome for _, outcome in self._told])
            for lane in fresh:
                for design, outcome in self._told:
                    lane.hear(design, outcome)
            self._lanes += fresh

    def _ask(self) -> Proposal:
        number, self._number = self._number, self._number + 1
        for lane in sorted(self._lanes, key=lambda lane: lane.asked / self._weight(lane)):
            lane.asked += 1
            seen = self._seen.setdefault(tuple(lane.context.tolist()), set())
            guests = [row[1] for other in self._neighbours(lane) for row in other.results[:GUESTS] if row[0] < BROKEN]
            found = lane.next(self._forecast, guests, seen, self._rng)
            if found is not None:
                break
        else:
            lane, found = self._lanes[0], (self._told[0][0], *(np.zeros(0),) * 2)  # nothing is left to try
        design, bounds, hoped = found
        seen.add(design.tobytes())
        self._forecast.learn(design, lane.context, hoped - bounds, known=False)
        self._asked[number] = _Asked(lane, design, bounds)
        template = lane.ground.machine(design)
        near = self._nearest(template, int(lane.ground.niches(design[None])[0]))
        return Proposal(
            number,
            {**lane.ground.point(design), **lane.knobs},
            template,
            near,
            self._budget,
            Look(None, math.inf, self._budget),
        )

    def _neighbours(self, lane: Lane) -> list[Lane]:
        """The slices one step looser or tighter."""
        return [other for other in self._lanes if _apart(lane.slice.place, other.slice.place) == 1]

    def _weight(self, lane: Lane) -> float:
        """How many trials a slice gets, over the mean: as the front gains where neighbours differ much."""
        gaps = [self._gap(other) for other in self._lanes]
        mean = sum(gaps) / len(gaps)
        return min(max(self._gap(lane) / mean, LEAST_SHARE), MOST_SHARE) if mean > 0 else 1.0

    def _gap(self, lane: Lane) -> float:
        """How much worse the best is one step tighter."""
        best = [other.best for other in self._neighbours(lane) if sum(other.slice.place) > sum(lane.slice.place)]
        return max((max(value - lane.best, 0.0) for value in best if math.isfinite(value)), default=0.0)

    def _nearest(self, template: Template, niche: int) -> Template:
        """A design that others of its kind and size are mapped near; itself if it is the first."""
        known = self._near.setdefault(niche, [])
        for other in known:
            if 1 / ALIKE <= template.pes / other.pes <= ALIKE:
                return other
        known.append(template)
        return template


def _apart(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """Steps between two slices; none where either is an end without limits."""
    return sum(abs(a - b) for a, b in zip(one, other)) if one and other else 0
