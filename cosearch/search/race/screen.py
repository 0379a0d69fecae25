"""Bounds of designs to begin with, by workers, before any is tried: estimates do not see what a small L2 costs.

They are bounded in rounds, the least forecast of each niche, of those niches where it is least. Each round is forecast
by what the ones before it taught, so after the first one or two it is clear what memory designs need, and the rest say
which wirings are worth a trial.
"""

from __future__ import annotations

from typing import Final

from accel_models.description import Sized
from cosearch.bounds.spec import BoundSpec
from cosearch.executors.executor import Executor
from cosearch.search.candidates import bound_on
from cosearch.search.race.ground import Ground
from cosearch.search.race.untried import Untried
from nets.elementary import log

ROUNDS: Final = 4
ROUNDS_OF_FEW: Final = 16
"""Where layers have few shapes: their bounds take little time, and every niche has a good array to begin with."""
EACH: Final = 16
"""Designs that are bounded in a round, at most: in all rounds together no more than there are trials."""


def screen(
    untried: Untried, ground: Ground, spec: BoundSpec, trials: int, executor: Executor, rounds: int = ROUNDS
) -> None:
    """Bound some of the designs to begin with.

    Args:
        untried: that begins with them, and learns their bounds.
        ground: of the designs.
        spec: of the bounds.
        trials: that follow.
        executor: whose workers bound them.
        rounds: see :data:`ROUNDS`.

    Raises:
        ExecutorError: the workers were lost.
    """
    for _ in range(rounds):
        designs = untried.unbounded(min(EACH, trials // rounds))
        begun = [executor.submit(_bound, (spec, ground.machine(design))) for design in designs]
        for design, bound in zip(designs, begun):
            untried.learn_bound(design, log(bound.result()))


def _bound(asked: tuple[BoundSpec, Sized]) -> float:
    return bound_on(*asked)
