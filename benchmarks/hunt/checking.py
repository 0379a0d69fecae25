"""What the optimal mapper says of a problem, held against brute force."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from textwrap import shorten
from typing import Final
from unittest.mock import patch

from benchmarks.hunt.problem import CAP, Problem
from mappings.mappers.mapper import Objective, SearchOptions, load_mapper
from mappings.mappers.optimal import solve as solver
from mappings.mapspace import MapSpace
from nets.errors import InfeasibleError
from tests.mappings.mappers.brute_force import brute_force

TOLERANCE: Final = 1e-11
BAR: Final = 1e-9
"""How far above the optimum, relatively, the bar lies that the mapper is told."""
FAULTS: Final = ("wrong", "none", "bound", "other")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a problem.

    Attributes:
        mappings: how many brute force priced. least: the best of them; ``inf`` where none fits.
        answer: the mapper's; ``inf`` for none. proven: whether it says that nothing is better.
        fault: one of :data:`FAULTS`, or empty. note: what the fault is.
    """

    mappings: int
    least: float
    answer: float = math.inf
    proven: bool = False
    fault: str = ""
    note: str = ""

    @property
    def sort(self) -> tuple[str, str]:
        """What two failures of one cause share."""
        return self.fault, self.note[:12] if self.fault == "other" else ""


def check(problem: Problem) -> Outcome:
    """Hold the mapper's answer and all its bounds against brute force.

    Raises:
        InputError: the constraints cannot be met.
    """
    space = problem.space()
    least, mappings = price_all(problem, space)
    if math.isnan(least):
        return Outcome(mappings, least)
    options, optimal = SearchOptions(objective=problem.objective), load_mapper("optimal")
    try:
        found = optimal(space, options)
        begun = optimal(space, dataclasses.replace(options, time_limit_s=0.0))
        told = _told_a_bar(space, problem.objective, least)
        stopped = _stopped(space, problem.objective, looks=mappings % 13)
    except Exception as error:
        return Outcome(mappings, least, fault="other", note=shorten(repr(error), 100))
    assert found.lower_bound is not None
    assert begun.lower_bound is not None
    answer, proven = float(found.score[0]), bool(found.extra["proven"][0])
    bound = max(float(found.lower_bound[0]), float(begun.lower_bound[0]), stopped)
    windows = (problem.layer.P > 1 < problem.layer.R) or (problem.layer.Q > 1 < problem.layer.S)
    fault, note = _fault(least, answer, told, bound, proven, _refusal(space), space.uneven and windows)
    return Outcome(mappings, least, answer, proven, fault, note)


def price_all(problem: Problem, space: MapSpace) -> tuple[float, int]:
    """The best of all mappings and how many there are; ``(nan, n)`` where they are too many.

    Brute force has one order for the loops of the innermost level, which costs what any other does: what constraints
    ask of it is left out.
    """
    innermost = problem.machine.level_names[-1]
    asked = tuple(
        text for text in problem.constraints if not text.startswith((f"{innermost}.order", f"{innermost}.stationary"))
    )
    if asked != problem.constraints:
        space = dataclasses.replace(problem, constraints=asked).space()
    return brute_force(problem.layer, space.accelerators[0], problem.objective, space=space, cap=CAP)


def _told_a_bar(space: MapSpace, objective: Objective, least: float) -> float:
    """The best that the search finds below a bar just above the optimum."""
    if math.isinf(least):
        return least
    return solver.solve(space, 0, objective, best=least * (1 + BAR), stop=lambda: False).lower_bound


def _stopped(space: MapSpace, objective: Objective, looks: int) -> float:
    """The bound when time is over after so many looks at the clock, one for each label or case."""
    with patch.object(solver, "SLICE", 1):
        clock = iter(range(looks))
        return solver.solve(space, 0, objective, stop=lambda: next(clock, None) is None).lower_bound


def _refusal(space: MapSpace) -> str:
    """Why a search would not begin, if so."""
    try:
        space.require_feasible()
    except InfeasibleError as error:
        return str(error)
    return ""


def _fault(
    least: float, answer: float, told: float, bound: float, proven: bool, refusal: str, slides: bool
) -> tuple[str, str]:
    """What is wrong with an answer, and in words; of uneven mappings with windows that slide it need not prove one."""
    above, below = least * (1 + TOLERANCE), least * (1 - TOLERANCE)
    if answer > above and math.isfinite(answer) and slides and not proven:
        answer = told = least
    if answer > above:
        return ("none", "found no mapping") if math.isinf(answer) else ("wrong", f"answered {answer!r}")
    if told > above:
        return "wrong", f"told a bar just above the optimum, it found {told!r} at best"
    if bound > above:
        return "bound", f"a lower bound of {bound!r}"
    if math.isfinite(least) and refusal:
        return "none", refusal
    if answer < below:
        return "other", f"brute force found nothing as good as {answer!r}"
    return ("", "") if proven or slides else ("other", "no proof")
