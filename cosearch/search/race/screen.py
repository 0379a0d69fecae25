"""Bounds of designs to begin with, by workers, before any is tried: estimates do not see what a small L2 costs.

They are bounded in rounds, the least forecast of each niche, of those niches where it is least. Each round is forecast
by what the ones before it taught, so after the first one or two it is clear what memory designs need, and the rest say
which wirings are worth a trial.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from accel_models.description import Sized
from cosearch.bounds.boxes import Ints
from cosearch.bounds.spec import BoundSpec
from cosearch.executors.executor import Executor
from cosearch.search.candidates import bound_on
from cosearch.search.race.ground import Ground
from cosearch.search.race.untried import Untried
from nets.elementary import log

ROUNDS: Final = 4
RANKS: Final = 16
"""Rounds where layers have few shapes: of every niche the next design to begin with, a stratum after the other."""
BEATEN: Final = 1.15
"""How many times the least bound so far one need not be more than there: the search of that design ends."""
EACH: Final = 16
"""Designs that are bounded in a round, at most: in all rounds together no more than there are trials."""


def screen(untried: Untried, ground: Ground, spec: BoundSpec, trials: int, executor: Executor) -> None:
    """Bound some of the designs to begin with.

    Args:
        untried: that begins with them, and learns their bounds.
        ground: of the designs.
        spec: of the bounds.
        trials: that follow.
        executor: whose workers bound them.

    Raises:
        ExecutorError: the workers were lost.
    """
    for _ in range(ROUNDS):
        _screen(untried, untried.unbounded(min(EACH, trials // ROUNDS)), ground, spec, executor)


def screen_strata(untried: Untried, ground: Ground, spec: BoundSpec, executor: Executor) -> None:
    """Bound the first designs to begin with of every niche, whatever is forecast of them; see :func:`screen`.

    A forecast takes the least estimates first, which are those of memories that are too small for a tile. Bounds of
    layers of few shapes take so little time that a design of every stratum has one.
    """
    least = math.inf
    for rank in range(RANKS):
        bounds = _screen(untried, untried.of_rank(rank), ground, spec, executor, BEATEN * least)
        least = min(least, *bounds, math.inf)


def _screen(
    untried: Untried,
    designs: Sequence[Ints],
    ground: Ground,
    spec: BoundSpec,
    executor: Executor,
    enough: float = math.inf,
) -> list[float]:
    begun = [executor.submit(_bound, (spec, ground.machine(design), enough)) for design in designs]
    bounds = [bound.result() for bound in begun]
    for design, bound in zip(designs, bounds):
        untried.learn_bound(design, log(bound))
    return bounds


def _bound(asked: tuple[BoundSpec, Sized, float]) -> float:
    return bound_on(*asked)
