"""What a search knows so far, and how it came to its end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from cosearch.evaluation.design import Design
from cosearch.evaluation.workload import Memory
from cosearch.search.candidates import Candidate


@dataclass(slots=True)
class SearchState:
    """What the loop learns from, and comes back with.

    Attributes:
        designs: evaluated, in order.
        candidate: what the best of them was as it was proposed.
        memory: subnets of the best of them.
        evaluations: mappings evaluated.
        redrawn: points drawn outside the budget and drawn again.
        interrupted: whether it was stopped by hand; cut_short: by its time limit.
        lost: which storage or cluster was lost, and how; empty when none was.
        seconds_each: that a worker took to evaluate a candidate, lately; zero where none was evaluated.
        began: when the search did, by the monotonic clock.
    """

    designs: list[Design] = field(default_factory=list)
    candidate: Candidate | None = None
    memory: Memory = ()
    evaluations: int = 0
    redrawn: int = 0
    interrupted: bool = False
    cut_short: bool = False
    lost: str = ""
    seconds_each: float = 0.0
    began: float = field(default_factory=time.monotonic)
    _leader: Design | None = field(default=None, init=False, repr=False)
    _compared: int = field(default=0, init=False, repr=False)

    @property
    def best(self) -> Design:
        """Of all so far, feasible or not; of those as good as each other the first."""
        fresh = self.designs[self._compared :]
        self._leader = min([self._leader, *fresh] if self._leader else fresh, key=lambda design: design.rank)
        self._compared = len(self.designs)
        return self._leader
