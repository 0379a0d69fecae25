"""Slices of a front: the least of one figure with limits on the others.

The design that is best within a limit is a point of the front, and every point of the front is best within some limits.
So a front is as many searches for one objective as it has points worth telling apart: this module says which.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Final

from cosearch.problem.axes import Axis
from cosearch.problem.objective import OBJECTIVES
from cosearch.search.race.slice import Slice
from nets.elementary import exp, log, power

SLICES: Final = 20
"""Of two objectives; of more, about as many in all."""
TRIALS: Final = 12
"""That a slice takes at least: fewer trials are shared out among fewer slices."""
ROOT: Final = 4
"""Of areas: their fourth roots are spread evenly."""
SAME: Final = 1e-3
"""Range of losses that is not worth cutting into slices."""


def steps_of(axes: int, trials: int) -> int:
    """Steps between the ends of each axis but the first, so that every slice has some trials."""
    slices = min(SLICES, max(trials // TRIALS, 2))
    return max(1, round(power(slices, 1 / (axes - 1))) - 1)


def first_slices(axes: Sequence[Axis]) -> list[Slice]:
    """The ends that come first: the best of each figure that layers can be mapped for."""
    whole = Slice.whole(len(axes))
    return [whole, *(Slice(goal, whole.limits) for goal, axis in enumerate(axes) if goal and axis.name in OBJECTIVES)]


def laid(scales: Sequence[Sequence[float]]) -> list[Slice]:
    """The slices of a front, from the loosest limits to the tightest.

    Args:
        scales: limits on the loss of each axis but the first, the loosest first.
    """
    places = sorted(product(*(range(len(scale)) for scale in scales)), key=lambda place: (sum(place), place))
    return [Slice(0, (math.inf, *(scale[at] for scale, at in zip(scales, place))), place) for place in places]


def scale_of(axis: Axis, loose: float, tight: float, steps: int) -> list[float]:
    """Limits from one loss to another, evenly; of areas by their roots, between differences and ratios."""
    if tight > loose - SAME:
        return [loose]
    shares = [step / steps for step in range(1, steps)]
    if axis.name != "area":
        return [loose, *(loose + (tight - loose) * share for share in shares), tight]
    wide, narrow = exp(loose / ROOT), exp(tight / ROOT)
    return [loose, *(ROOT * log(wide + (narrow - wide) * share) for share in shares), tight]
