"""The tree-structured Parzen estimator (Bergstra et al., NIPS 2011) with the discrete kernels of BOHB (Falkner 2018).

What was evaluated is split into the best and the rest; a density is fitted to each, and of some draws from the first
that with the largest ratio of the two is evaluated next. A density is the mean of one kernel for each architecture: a
product over decisions, of which those that mean nothing there take no part.

Why not Optuna's, as for NSGA-II: its densities are of numpy's logarithms and exponentials, which differ in the last
digit from processor to processor, and an answer has to be the same on all of them; and decisions that mean nothing are
parameters to it. It is as good: with the same settings and limits as constraints, neither is ahead in four searches of
300 evaluations on the chain and on the valley of ``benchmarks/landscapes``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Final

import numpy as np

from cosearch.problem.architectures import Evaluated, Problem
from cosearch.strategies.parzen import Parzen
from cosearch.strategies.strategy import Strategy, evenly
from nets.spaces import Codes, Config
from nets.spaces.decisions import HIDDEN, legal

MOST_GOOD: Final = 25
"""Architectures that the better density is fitted to at most."""
PATIENCE: Final = 20
"""Times that candidates are drawn at most to find one that is new and within the limits known beforehand."""


class Tpe(Strategy):
    """Limits are told as constraints: what keeps them is better than what does not, by however much it breaks them.

    Candidates known to break a limit, and those evaluated before, are drawn again. Of several objectives an
    architecture ranks by how many others dominate it (Fonseca and Fleming 1993).

    Args:
        batch: architectures asked before any of them is told; those under way count among the rest.
        startup: architectures drawn evenly at first.
        candidates: draws from the better density for each that is asked.
        good: share of all that is the better part.
        joint: whether decisions are drawn together, from the kernel of one architecture, or each by itself as in 2011.
    """

    name: ClassVar = "tpe"
    title: ClassVar = "tree-structured Parzen estimator over what is open, limits as constraints"
    several: ClassVar = True

    def __init__(
        self,
        problem: Problem,
        *,
        evaluations: int,
        seed: int,
        batch: int = 1,
        startup: int = 20,
        candidates: int = 24,
        good: float = 0.1,
        joint: bool = True,
    ) -> None:
        super().__init__(problem, evaluations=evaluations, seed=seed)
        self.batch, self.startup, self.candidates, self.good, self.joint = batch, startup, candidates, good, joint
        self._told: list[tuple[tuple[float, ...], float]] = []
        self._rows: list[list[int]] = []
        self._dominating: list[int] = []
        self._known: set[Codes] = set()
        self._sizes = [len(decision.choices) for decision in self.space.decisions]
        self._asked: list[Codes] = []

    def ask(self, most: int) -> list[Config]:
        """See :meth:`Strategy.ask`."""
        count = min(most, self.batch)
        if len(self._told) < self.startup:
            drawn = self.problem.draw(lambda: evenly(self.space, self.rng), count) or [evenly(self.space, self.rng)]
            self._asked = [self.space.encode(config) for config in drawn]
            return drawn
        self._asked = []
        while len(self._asked) < count:
            self._asked.append(self._next())
        return [self.space.decode(codes) for codes in self._asked]

    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """See :meth:`Strategy.tell`."""
        for codes, found in zip(self._asked, outcomes):
            # What cannot run breaks its limits without end.
            broken = found.violation if all(map(math.isfinite, found.losses)) else math.inf
            new = (found.losses, broken)
            self._dominating.append(0)
            for place, old in enumerate(self._told):
                self._dominating[place] += _dominates(new, old)
                self._dominating[-1] += _dominates(old, new)
            self._told.append(new)
            self._rows.append(self._row(codes))
            self._known.add(codes)

    def _next(self) -> Codes:
        ranked = sorted(range(len(self._told)), key=lambda place: (self._dominating[place], place))
        kept = min(MOST_GOOD, math.ceil(self.good * len(ranked)))
        under_way = [self._row(codes) for codes in self._asked]
        better = Parzen(self.space.decisions, np.array([self._rows[place] for place in ranked[:kept]]))
        worse = Parzen(self.space.decisions, np.array([self._rows[place] for place in ranked[kept:]] + under_way))
        for _ in range(PATIENCE):
            pool = [legal(self.space, better.draw(self.rng, self.joint), self.rng) for _ in range(self.candidates)]
            admitted = self.problem.admits([self.space.decode(codes) for codes in pool])
            new = [codes for codes, fits in zip(pool, admitted) if fits and codes not in self._known]
            if new:
                pool = new
                break
        rows = np.array([self._row(codes) for codes in pool])
        ratio = better.log_density(rows, self.joint) - worse.log_density(rows, self.joint)
        return pool[int(ratio.argmax())]

    def _row(self, codes: Codes) -> list[int]:
        """Codes, with the number of choices where a decision means nothing."""
        return [
            size if size > 1 and self.space.options(codes[:number]) == HIDDEN else code
            for number, (size, code) in enumerate(zip(self._sizes, codes))
        ]


def _dominates(one: tuple[tuple[float, ...], float], other: tuple[tuple[float, ...], float]) -> bool:
    """Whether one breaks the limits less, or keeps them like the other and is beaten at nothing and better at some."""
    (losses, broken), (theirs, breaks) = one, other
    if broken or breaks:
        return broken < breaks
    return losses != theirs and all(a <= b for a, b in zip(losses, theirs))
