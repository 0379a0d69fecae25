"""Grid search: every architecture, or every one whose decisions of one kind are all taken alike."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from cosearch.problem.architectures import Evaluated, Problem
from cosearch.strategies.strategy import Strategy
from nets.errors import InputError
from nets.spaces import Codes, Config, SearchSpace, all_codes
from nets.spaces.decisions import nearest_legal

CAP: Final = 1_000_000
"""More points than this are refused whatever the evaluations."""


class Grid(Strategy):
    """Visits every point in the order of its codes; those that break a limit known beforehand take no evaluation.

    Args:
        tied: take decisions of one kind (the kernels of all blocks, the depths of all stages) alike, as a grid over
            the dimensions of a network does; without, every architecture is a point.

    Raises:
        InputError: the grid has more points than evaluations; they are counted before anything is evaluated.
    """

    name: ClassVar = "grid"
    title: ClassVar = "grid search, every point in turn"
    several: ClassVar = True

    def __init__(self, problem: Problem, *, evaluations: int, seed: int, tied: bool = False) -> None:
        super().__init__(problem, evaluations=evaluations, seed=seed)
        self.size = tied_size(self.space) if tied else self.space.total_size
        if self.size > min(evaluations, CAP):
            most = (
                f"the {evaluations:,} evaluations" if evaluations <= CAP else f"the most that a grid may have, {CAP:,}"
            )
            coarse = "" if tied else f"; tied=true takes decisions of one kind alike: {tied_size(self.space):,} points"
            raise InputError(
                "method grid",
                self.space.id,
                f"has {self.size:,} points, more than {most}",
                f"take a smaller space{coarse}",
            )
        points = tied_points(self.space) if tied else all_codes(self.space)
        self._configs, self._whole = map(self.space.decode, points), not tied

    @property
    def proves(self) -> bool:
        """See :meth:`Strategy.proves`: unless it visited only those that are tied."""
        return self._whole

    def ask(self, most: int) -> list[Config]:
        """See :meth:`Strategy.ask`: none when every point has been visited."""
        while batch := list(itertools.islice(self._configs, most)):
            if kept := [config for config, fits in zip(batch, self.problem.admits(batch)) if fits]:
                return kept
        return []

    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """See :meth:`Strategy.tell`: nothing is learnt."""


def kinds(space: SearchSpace) -> dict[str, int]:
    """Kinds of decisions, by their name up to a bracket (``ks[3]`` is of kind ``ks``), and the most choices of each."""
    found: dict[str, int] = {}
    for decision in space.decisions:
        kind = decision.name.partition("[")[0]
        found[kind] = max(found.get(kind, 0), len(decision.choices))
    return found


def tied_size(space: SearchSpace) -> int:
    """Points of a grid that takes decisions of one kind alike."""
    return math.prod(kinds(space).values())


def tied_points(space: SearchSpace) -> Iterator[Codes]:
    """Its points; of several that are one architecture the first."""
    of_kind = kinds(space)
    seen: set[Codes] = set()
    for choice in itertools.product(*map(range, of_kind.values())):
        taken = dict(zip(of_kind, choice))
        codes = nearest_legal(space, [taken[decision.name.partition("[")[0]] for decision in space.decisions])
        if codes not in seen:
            seen.add(codes)
            yield codes
