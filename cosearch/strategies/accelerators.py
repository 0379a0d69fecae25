"""The outer loop: which accelerators to try, a generation at a time.

A point outside the budget is refused and drawn again until the generation is full, as NAAS does; a refused point never
enters a generation of CMA-ES.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from accel_models.description import Sized
from cosearch.problem.hardware import HardwareSpace
from cosearch.strategies.points import Outcome, PointSampler
from cosearch.strategies.samplers import CMAES, check_sampler
from nets.errors import InfeasibleError

MOST_DRAWS: Final = 5000
"""Draws in a row outside the budget after which it is taken to leave no room."""


@dataclass(frozen=True, slots=True)
class Look:
    """How exactly an accelerator is looked at.

    Attributes:
        direction: (p, q) of the cost p E + q T that its bound begins with; none where there are no bounds.
        precise_below: where its bound is below this, its networks are mapped by the last mapper; infinite for always.
        budget: evaluations for each of its layers then, before the last mapper.
    """

    direction: tuple[float, float] | None
    precise_below: float
    budget: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """An accelerator to evaluate.

    Attributes:
        number: of its point.
        knobs: the point it was decoded from.
        machine: the design.
        near: a design whose mappings its own begin with; none where they begin anew.
        budget: evaluations for each of its layers; 0 for as many as the search has.
        look: how exactly it is looked at, beyond a mapping with that budget.
    """

    number: int
    knobs: dict[str, float]
    machine: Sized
    near: Sized | None = None
    budget: int = 0
    look: Look | None = None


class Proposer(Protocol):
    """Proposes accelerators inside a budget and learns from what became of them.

    Attributes:
        redrawn: designs outside the budget that were drawn, and drawn again.
    """

    redrawn: int

    def ask(self, count: int) -> list[Proposal]:
        """``count`` designs inside the budget, at most one generation."""

    def tell(self, proposals: Sequence[Proposal], outcomes: Sequence[Outcome]) -> None:
        """Hear what became of every proposal of a generation."""


class AcceleratorStrategy:
    """See :class:`Proposer`: designs that a sampler of points leads to.

    Args:
        space: the designs.
        sampler: one of :data:`SAMPLERS`.
        seed: of every draw.
        population: accelerators of a generation.
        objectives: how many losses an outcome has.
        more: knobs of a point besides those of the space, which are handed on.

    Raises:
        InputError: no such sampler, or one for a single objective where there are several.
    """

    def __init__(
        self,
        space: HardwareSpace[Any],
        sampler: str,
        seed: int,
        population: int,
        objectives: int = 1,
        more: Sequence[str] = (),
    ) -> None:
        check_sampler(sampler, objectives)
        self.space = space
        self.redrawn = 0
        self._points = _points(sampler, (*space.knobs, *more), seed, population, objectives)

    def ask(self, count: int) -> list[Proposal]:
        """``count`` designs inside the budget, at most one generation.

        Raises:
            InfeasibleError: no draw in :data:`MOST_DRAWS` lies inside.
        """
        proposals: list[Proposal] = []
        misses = 0
        while len(proposals) < count:
            number, knobs = self._points.ask(misses)
            machine = self.space.decode(knobs)
            if machine is not None:
                proposals.append(Proposal(number, knobs, machine))
                misses = 0
                continue
            self._points.reject(number)
            self.redrawn += 1
            misses += 1
            if misses >= MOST_DRAWS:
                raise InfeasibleError(f"none of {MOST_DRAWS} designs drawn in a row meets {self.space.budget}")
        return proposals

    def tell(self, proposals: Sequence[Proposal], outcomes: Sequence[Outcome]) -> None:
        """Report what became of every proposal of a generation."""
        self._points.tell([(proposal.number, outcome) for proposal, outcome in zip(proposals, outcomes)])


def _points(sampler: str, knobs: Sequence[str], seed: int, population: int, objectives: int) -> PointSampler:
    if sampler == CMAES:
        from cosearch.strategies.warm_cmaes import WarmCmaes

        return WarmCmaes(knobs, seed, population)
    from cosearch.strategies.optuna_points import OptunaPoints

    return OptunaPoints(sampler, knobs, seed, population, objectives)
