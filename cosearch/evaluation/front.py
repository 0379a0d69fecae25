"""Several objectives at once: the front of designs that no other beats, and how much of what was found it dominates."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cosearch.evaluation.design import Design
from cosearch.problem.axes import Axis


def pareto(designs: Sequence[Design], axes: Sequence[Axis]) -> list[Design]:
    """Feasible designs that no other beats on all axes, smallest value first; of equal ones all stay."""
    feasible = [design for design in designs if design.feasible]
    kept = non_dominated([tuple(axis.loss(design) for axis in axes) for design in feasible])
    front = [design for design, stays in zip(feasible, kept) if stays]
    return sorted(front, key=lambda design: design.value)


def non_dominated(losses: Sequence[tuple[float, ...]]) -> list[bool]:
    """Whether no other row is at most as large everywhere and smaller somewhere; of equal rows all stay."""
    return [not any(other != own and all(a <= b for a, b in zip(other, own)) for other in losses) for own in losses]


def telling(designs: Sequence[Design], axes: Sequence[Axis], count: int) -> list[Design]:
    """So many designs of a front that together dominate the most, one after the other; smallest value first.

    The ends come first: the best of each figure.
    """
    if len(designs) <= count:
        return list(designs)
    losses = [tuple(axis.loss(design) for axis in axes) for design in designs]
    worst = tuple(max(column) for column in zip(*losses))
    chosen = list(dict.fromkeys(min(range(len(losses)), key=lambda at: row[at]) for row in zip(*losses)))[:count]
    gains = [math.inf] * len(losses)
    while len(chosen) < count:
        known = [losses[at] for at in chosen]
        best, most = -1, -1.0
        for at in sorted(range(len(losses)), key=lambda at: -gains[at]):
            if gains[at] <= most:
                break  # what a design adds falls as others are chosen
            if at not in chosen:
                gains[at] = _added(losses[at], known, worst)
                best, most = (at, gains[at]) if gains[at] > most else (best, most)
        if best < 0:
            break
        chosen.append(best)
    return sorted((designs[at] for at in chosen), key=lambda design: design.value)


def _added(losses: tuple[float, ...], known: Sequence[tuple[float, ...]], worst: tuple[float, ...]) -> float:
    """Volume up to ``worst`` that a design dominates and none of those known."""
    box = math.prod(high - low for high, low in zip(worst, losses))
    return box - volume([tuple(map(max, other, losses)) for other in known], worst)


def volume(losses: Sequence[tuple[float, ...]], worst: tuple[float, ...]) -> float:
    """Volume up to ``worst`` that rows dominate, slice by slice of the last figure."""
    inside = sorted({row for row in losses if all(a < b for a, b in zip(row, worst))}, key=lambda row: row[::-1])
    if not inside or len(worst) == 1:
        return worst[0] - inside[0][0] if inside else 0.0
    tops = [*(row[-1] for row in inside[1:]), worst[-1]]
    return math.fsum(
        (top - row[-1]) * volume([one[:-1] for one in inside[: place + 1]], worst[:-1])
        for place, (row, top) in enumerate(zip(inside, tops))
        if top > row[-1]
    )


def hypervolumes(designs: Sequence[Design], axes: Sequence[Axis], step: int) -> list[float]:
    """How much the front dominates after every ``step`` designs, as a share of the box of all that was found.

    The box reaches from the best to the worst of each loss over all feasible designs, so the shares of one run compare
    with each other and not with another run's. Zitzler and Thiele, 1998.
    """
    return shares_dominated(
        [[axis.loss(design) for axis in axes] if design.feasible else None for design in designs], step
    )


def shares_dominated(designs: Sequence[Sequence[float] | None], step: int) -> list[float]:
    """:func:`hypervolumes` from the losses of designs; ``None`` for one that is not feasible."""
    import numpy as np

    feasible = [(place, losses) for place, losses in enumerate(designs) if losses is not None]
    if not feasible:
        return [0.0 for _ in range(0, len(designs), step)]
    losses = np.array([loss for _, loss in feasible])
    low, high = losses.min(axis=0), losses.max(axis=0)
    scaled = (losses - low) / np.where(high > low, high - low, 1.0)
    places = np.array([place for place, _ in feasible])
    ends = [min(first + step, len(designs)) for first in range(0, len(designs), step)]
    return [dominated_share(scaled[places < end]) for end in ends]


def dominated_share(losses: object) -> float:
    """Volume of the unit box that rows of losses dominate; what lies outside adds only what reaches into it.

    Optuna's own, which it keeps in a module of its own use.
    """
    import numpy as np
    from optuna._hypervolume import compute_hypervolume

    points = np.asarray(losses, dtype=np.float64)
    if not len(points):
        return 0.0
    points = np.clip(points, 0.0, None)
    points = points[(points <= 1.0).all(axis=1)]
    if not len(points):
        return 0.0
    return float(compute_hypervolume(points, np.ones(points.shape[1])))
