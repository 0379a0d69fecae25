"""Where no subnet keeps the limits: one that breaks them little, which leads a search of accelerators back to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from cosearch.problem.budget import Budget
from cosearch.strategies.shortest_path.chain import MOST_LABELS, Floats, PricedChain
from cosearch.strategies.shortest_path.problem import (
    NO_LIMITS,
    Best,
    ChainProblem,
    least,
    limit_rows,
    limited_figures,
    subnet_of,
)
from cosearch.strategies.subnets import Subnet
from nets.elementary import log

MOST_RATIOS: Final = 32
"""Searches for a least ratio; a handful are usual."""


def least_broken(problem: ChainProblem, energy_pj: Floats, latency_s: Floats, limits: Budget) -> Subnet | None:
    """A subnet of a small sum of the logarithms of how far each limit is exceeded.

    Of a single limit it is the least there is; of several the best of those that exceed one least, with or without
    keeping the others.

    Args:
        problem, energy_pj, latency_s: as :meth:`ChainProblem.best` has them.
        limits: that no subnet keeps.

    Returns:
        ``None`` where no subnet reaches the accuracy at a finite cost.
    """
    rows = limit_rows(limits)

    def solve(chains: Sequence[PricedChain]) -> tuple[Subnet | None, float]:
        met: list[Subnet] = []
        for k, (p, q, most) in enumerate(rows.tolist()):
            for kept in (np.delete(rows, k, axis=0), NO_LIMITS):
                best = _least_ratio(chains, kept) if most == 0.0 else least(chains, (p, q), kept, MOST_LABELS)[0]
                if (subnet := subnet_of(best)) is not None:
                    met.append(subnet)
        found = min(met, key=excess, default=None)
        return found, math.inf if found is None else excess(found)

    def excess(subnet: Subnet) -> float:
        return math.fsum(log(max(figure / most, 1.0)) for figure, most in limited_figures(subnet, limits))

    return problem.surely(energy_pj, latency_s, solve, excess)[0]


def _least_ratio(chains: Sequence[PricedChain], limits: Floats) -> Best:
    """The least E / T: of any ratio that is too high the least E - ratio T is negative, and its own ratio lower."""
    best, _ = least(chains, (1.0, 0.0), limits, MOST_LABELS)
    for _ in range(MOST_RATIOS):
        if best is None or best[1].latency_s <= 0.0:
            break
        ratio = best[1].energy_pj / best[1].latency_s
        lower, _ = least(chains, (1.0, -ratio), limits, MOST_LABELS)
        if lower is None or lower[1].energy_pj >= ratio * lower[1].latency_s * (1 - 1e-12):
            break
        best = lower
    return best
