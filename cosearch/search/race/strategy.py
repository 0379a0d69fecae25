"""Wirings race each other: each begins where bounds are least, and the better it does the more designs it gets.

A *niche* is a wiring with registers or with SRAM in its elements. Each has a queue of designs to begin with
(:mod:`.starts`), and goes on with neighbours of the best it knows (:mod:`.moves`). All but the first designs of a niche
are mapped near its best design: from that design's mappings, in a few evaluations. That is enough to tell neighbours
apart, but flatters one niche more than another. So at each of :data:`CHECKS` the best designs of every niche still in
the race are mapped longer; by how much less they cost corrects the niche's other figures. A niche that falls behind
then, or whose bounds say that it cannot win, gets no more designs. The last trials look again at the best designs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from accel_models.template import Template
from cosearch.bounds.grid import L1, L2, NOC, DesignGrid, Ints
from cosearch.problem.template_space import WIRED
from cosearch.search.race.moves import moved
from cosearch.search.race.starts import Kind
from cosearch.strategies.accelerators import Proposal
from cosearch.strategies.points import Outcome
from nets.errors import InfeasibleError

FIRST: Final = 3
"""Designs of every niche before any is compared."""
CHECKS: Final = ((0.0, 2.5, 0.5), (0.12, 1.3, 0.5), (0.3, 1.12, 0.5), (0.55, 1.06, 0.5), (0.75, 1.04, 1.0))
"""Parts of the trials after which niches are held against each other; how many times the leader's value a niche's best
may be from then on, and how many times the usual evaluations a design takes that is mapped near another."""
CHECKED: Final = 2
"""Designs of a niche that a check looks at."""
LONGER: Final = 5
"""How many times the usual evaluations a design takes that is looked at again."""
QUEUE: Final = 0.4
"""How often a design comes from the queue and not from the best, where the queue may hold better ones."""
PARENTS: Final = 6
KEPT: Final = 24
FINALISTS: Final = 10
SAME: Final = 0.02
"""A niche's designs are mapped near another one once it is so much better."""


@dataclass(slots=True)
class Niche:
    """What is known of one wiring and kind of L1.

    Attributes:
        kind: which.
        queue: (estimate, design), those to try first first.
        results: (merit, estimate, design) of the best, best first.
        tried: designs asked for.
        near: (merit, design) that others are mapped near.
        offset: what a longer look adds to a merit, as the last check found.
    """

    kind: Kind
    queue: list[tuple[float, Ints]]
    results: list[tuple[float, float, Ints]] = field(default_factory=list)
    tried: int = 0
    near: tuple[float, Ints] | None = None
    offset: float = 0.0

    @property
    def best(self) -> float:
        """Merit of the best design, as it is mapped first."""
        return self.results[0][0] if self.results else math.inf

    @property
    def corrected(self) -> float:
        """Merit of the best design, as a longer look would find it."""
        return self.best + self.offset

    @property
    def promise(self) -> float:
        """The least estimate in the queue."""
        return min((estimate for estimate, _ in self.queue), default=math.inf)


class Race:
    """See :class:`Proposer`.

    Args:
        grid: the designs.
        niches: where each begins.
        merits: estimates of designs (n, 9).
        seed: of every draw.
        trials: in all; the last look at the best again.
        budget: evaluations for each layer of a design that is mapped by itself.

    Raises:
        InfeasibleError: no niche has a design to begin with.
    """

    redrawn = 0

    def __init__(
        self,
        grid: DesignGrid,
        niches: Mapping[Kind, Sequence[tuple[float, Ints]]],
        merits: Callable[[Ints], np.typing.NDArray[np.float64]],
        seed: int,
        trials: int,
        budget: int,
    ) -> None:
        self._grid, self._merits, self._trials, self._budget = grid, merits, trials, budget
        ranked = sorted(niches.items(), key=lambda item: min((row[0] for row in item[1]), default=math.inf))
        self._niches = [Niche(kind, list(queue)) for kind, queue in ranked if queue]
        if not self._niches:
            raise InfeasibleError(f"no array of the template fits the layers and the budget {grid.space.budget}")
        self._rng = np.random.default_rng([seed, len(self._niches)])
        self._seen: set[bytes] = set()
        self._asked: dict[int, _Asked] = {}
        self._again: list[_Asked] = []
        self._checked = 0
        self._number = 0

    @property
    def leader(self) -> float:
        """Merit of the best design of all, as a longer look would find it."""
        return min((niche.corrected for niche in self._niches), default=math.inf)

    def ask(self, count: int) -> list[Proposal]:
        """``count`` designs inside the budget."""
        return [self._ask() for _ in range(count)]

    def estimate(self, proposal: Proposal) -> float:
        """What the bounds say of the merit of a proposal, until it is told of."""
        return self._asked[proposal.number].estimate

    def tell(self, proposals: Sequence[Proposal], outcomes: Sequence[Outcome]) -> None:
        """Hear what became of every proposal."""
        offsets: dict[int, list[float]] = {}
        for proposal, outcome in zip(proposals, outcomes):
            asked = self._asked.pop(proposal.number)
            niche = asked.niche
            if asked.before is not None:
                offsets.setdefault(self._niches.index(niche), []).append(outcome.merit - asked.before)
                continue
            known = [row for row in niche.results if (row[2] != asked.design).any()]
            known.append((outcome.merit, asked.estimate, asked.design))
            niche.results = _distinct(sorted(known, key=lambda row: (row[0], row[2].tolist())))
            if niche.near is None or niche.best < niche.near[0] - SAME:
                niche.near = niche.best, niche.results[0][2]
        for index, found in offsets.items():
            self._niches[index].offset = min(found)

    def _ask(self) -> Proposal:
        if not self._again:
            self._look_again()
        if self._again:
            asked = self._again.pop(0)
            return self._proposal(asked, None, LONGER * self._budget)
        for niche in self._niches:
            if niche.tried < FIRST and niche.queue and niche.queue[0][0] < self.leader:
                return self._proposal(_Asked(niche, *niche.queue.pop(0)), None, self._budget)
        niche = self._chosen()
        near = None if niche.near is None else self._grid.template(niche.near[1])
        budget = self._budget if near is None else max(1, int(self._budget * CHECKS[self._checked][2]))
        return self._proposal(_Asked(niche, *self._next(niche)), near, budget)

    def _look_again(self) -> None:
        """Line up designs for a longer look, if a check is due, or the end is near."""
        left = self._trials - self._number
        if left <= min(FINALISTS, self._trials // 4):
            rows = [
                (merit + niche.offset, design.tolist(), _Asked(niche, estimate, design, merit))
                for niche in self._niches
                for merit, estimate, design in niche.results
            ]
            self._again = [asked for *_, asked in sorted(rows, key=lambda row: row[:2])[:left]]
        elif self._checked + 1 < len(CHECKS) and self._number >= CHECKS[self._checked + 1][0] * self._trials:
            racing = self._racing()
            self._checked += 1
            self._again = [
                _Asked(niche, estimate, design, merit)
                for niche in racing
                for merit, estimate, design in niche.results[:CHECKED]
            ][: left - FINALISTS]

    def _chosen(self) -> Niche:
        """A niche that may still win; every rank gets half of what the one before it gets."""
        racing = self._racing() or [niche for niche in self._niches if niche.queue] or self._niches
        rank = 0
        while rank + 1 < len(racing) and self._rng.random() < 0.5:
            rank += 1
        return racing[rank]

    def _racing(self) -> list[Niche]:
        """The niches that are not too far behind, the leader first."""
        limit = self.leader + math.log(CHECKS[self._checked][1])
        racing = [niche for niche in self._niches if niche.results and niche.corrected <= limit]
        return sorted(racing, key=lambda niche: niche.corrected)

    def _next(self, niche: Niche) -> tuple[float, Ints]:
        """The next design of a niche: from its queue, or a neighbour of one of its best."""
        ratio = min((merit - estimate for merit, estimate, _ in niche.results), default=0.0)
        hopeful = [place for place, (estimate, _) in enumerate(niche.queue) if estimate + ratio < niche.best]
        if hopeful and (not niche.results or self._rng.random() < QUEUE):
            return niche.queue.pop(hopeful[0])
        for _ in range(PARENTS * 4):
            rank = 0
            while rank + 1 < min(PARENTS, len(niche.results)) and self._rng.random() < 0.6:
                rank += 1
            if not niche.results:
                break
            design = moved(self._grid, niche.results[rank][2], self._rng)
            if design is not None and design.tobytes() not in self._seen:
                return float(self._merits(design[None])[0]), design
        if niche.queue:
            return niche.queue.pop(0)
        return niche.results[0][1:]

    def _proposal(self, asked: _Asked, near: Template | None, budget: int) -> Proposal:
        number = self._number
        self._number += 1
        asked.niche.tried += 1
        self._seen.add(asked.design.tobytes())
        self._asked[number] = asked
        return Proposal(number, point_of(self._grid, asked.design), self._grid.template(asked.design), near, budget)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A design that was proposed: of which niche, with its estimate, and its merit if it was mapped before."""

    niche: Niche
    estimate: float
    design: Ints
    before: float | None = None


def point_of(grid: DesignGrid, design: Ints) -> dict[str, float]:
    """A design (9,) as numbers with names: lanes of each wired dim, bytes, words a cycle."""
    lanes = {f"lanes_{dim}": float(width) for dim, width in zip(WIRED, design) if width > 1}
    return lanes | {
        "l1_bytes": float(grid.l1.size[design[L1]]),
        "l2_bytes": float(grid.l2.size[design[L2]]),
        "noc_words": float(design[NOC]),
    }


def _distinct(results: Sequence[tuple[float, float, Ints]]) -> list[tuple[float, float, Ints]]:
    """The best, at most two of each array."""
    kept: list[tuple[float, float, Ints]] = []
    arrays: dict[bytes, int] = {}
    for row in results:
        array = row[2][:L1].tobytes()
        arrays[array] = arrays.get(array, 0) + 1
        if arrays[array] <= 2:
            kept.append(row)
    return kept[:KEPT]
