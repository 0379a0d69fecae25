"""The constrained shortest path against a list of all paths."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosearch.strategies.shortest_path.kernel.labels import shortest_path
from tests.cosearch.strategies.shortest_path.cases import Floats, Graph, draw_graph, draw_limits

MANY = 100_000


def solve(
    graph: Graph, least_gain: float, limits: Floats, direction: Floats, *, most: int = MANY
) -> tuple[float, float, list[int]]:
    path = np.empty(graph.target[-1], np.int64)
    value, bound = shortest_path(
        graph.source, graph.target, graph.figures, least_gain, limits, direction, math.inf, most, path
    )
    return value, bound, [int(arc) for arc in path if arc >= 0]


def within(sums: Floats, least_gain: float, limits: Floats, spare: float) -> Floats:
    """Which paths keep everything, with so much to spare."""
    good = np.isfinite(sums).all(axis=1) & (sums[:, 0] >= least_gain + spare)
    sums = np.where(np.isfinite(sums), sums, 0.0)
    for p, q, most in limits:
        good &= p * sums[:, 1] + q * sums[:, 2] <= most - spare
    return sums[good]


@pytest.mark.parametrize("seed", range(20))
def test_the_shortest_path_is_that_of_a_list_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(150):
        graph = draw_graph(rng, endless=rng.choice([0.0, 0.2]), ties=rng.random() < 0.3)
        arcs, sums = graph.paths()
        limits = draw_limits(rng, sums) if rng.random() < 0.7 else np.empty((0, 3))
        least_gain = float(rng.choice(sums[:, 0])) - 1e-6 if len(sums) else 0.0
        direction = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, rng.lognormal()], [1.0, -0.3]][int(rng.integers(4))])
        value, bound, path = solve(graph, least_gain, limits, direction)
        relaxed = solve(graph, least_gain, limits, direction, most=0)
        few = solve(graph, least_gain, limits, direction, most=1)
        loose, tight = (within(sums, least_gain, limits, spare)[:, 1:] @ direction for spare in (-1e-9, 1e-9))
        if not len(loose):
            assert math.isinf(value)
            assert path == []
            continue
        best = float(loose.min())
        small = 1e-9 * (1 + abs(best))
        assert max(bound, relaxed[1], few[1]) <= best + small
        if len(tight):
            assert value <= float(tight.min()) + small
            assert bound >= best - small
        for reached, _, way in ((value, bound, path), relaxed, few):
            assert reached >= best - small
            assert math.isinf(reached) or reached == pytest.approx(
                float(graph.figures[way, 1:].sum(axis=0) @ direction), rel=1e-12, abs=1e-12
            )
            assert math.isinf(reached) or way in arcs
