"""The least objective of all energies and latencies that bounds and limits leave.

Energy E and latency T of a network are known to lie in E >= e, T >= t, p E + q T >= g, and limits are half planes too.
So (E, T) lies in a polygon that may be open towards more of both. Energy, latency and their product are quasi-concave
where both are positive, and none falls along an open side: so the least of each stands at a corner of the polygon.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosearch.problem.budget import Budget
from cosearch.problem.objective import Objective
from cosearch.strategies.shortest_path.problem import limit_rows

Floats = NDArray[np.float64]
Direction = tuple[float, float]
"""(p, q) of a cost p E + q T, energy E in pJ and latency T in s."""

ROUNDING: Final = 1e-9
"""Relative: half planes are moved outwards by so much and what comes out is made so much less."""


def steepest(objective: Objective, energy_pj: float, latency_s: float) -> Direction:
    """The sum that rises where an objective does at a point: E + w T with w = E / T for a product, else one figure."""
    if objective.energy_power == objective.latency_power:
        return 1.0, energy_pj / latency_s
    return (1.0, 0.0) if objective.energy_power else (0.0, 1.0)


def least_objective(
    energy_pj: Floats,
    latency_s: Floats,
    weighted: Floats,
    direction: Direction,
    objective: Objective,
    limits: Budget,
) -> Floats:
    """What no objective is below, (n,), in its unit; infinite where the limits leave nothing.

    Args:
        energy_pj, latency_s, weighted: what no energy, no latency and no sum of them in ``direction`` is below, (n,).
        direction: of the sum.
        objective: that is to be small.
        limits: on energy, latency and power.
    """
    finite = np.isfinite(energy_pj) & np.isfinite(latency_s) & np.isfinite(weighted)
    floors = (np.where(finite, figure, 1.0) for figure in (energy_pj, latency_s, weighted))
    planes = [(p, q, least) for (p, q), least in zip(((1.0, 0.0), (0.0, 1.0), direction), floors)]
    # A limit p E + q T <= most is the half plane -p E - q T >= -most.
    planes += [(-p, -q, np.full(len(energy_pj), -most)) for p, q, most in limit_rows(limits).tolist()]
    best = np.full(len(energy_pj), np.inf)
    for (p, q, a), (r, s, b) in combinations(planes, 2):
        det = p * s - q * r
        if det == 0.0:
            continue
        energy, latency = (a * s - b * q) / det, (p * b - r * a) / det
        inside = (energy > 0) & (latency > 0)
        for u, v, least in planes:
            slack = ROUNDING * (abs(u) * np.abs(energy) + abs(v) * np.abs(latency) + np.abs(least))
            inside &= u * energy + v * latency >= least - slack
        # Zeroth and first powers alone: exact, and no function whose last digit depends on the machine.
        value = np.where(objective.energy_power == 1, energy * 1e-12, 1.0)
        value = value * np.where(objective.latency_power == 1, latency, 1.0)
        best = np.where(inside & (value < best), value, best)
    return np.where(finite, best * (1 - ROUNDING), np.inf)
