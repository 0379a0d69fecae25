"""Random graphs small enough to list all their paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass
class Graph:
    """Arcs by target, then source; figures are (gain, energy, latency)."""

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    figures: Floats

    def paths(self) -> tuple[list[list[int]], Floats]:
        """Every path as its arcs, and its (gain, energy, latency)."""
        ways: list[list[list[int]]] = [[[]]] + [[] for _ in range(int(self.target[-1]))]
        for arc, (u, v) in enumerate(zip(self.source, self.target)):
            ways[v] += [[*way, arc] for way in ways[u]]
        return ways[-1], np.array([self.figures[way].sum(axis=0) for way in ways[-1]]).reshape(-1, 3)


def draw_graph(rng: np.random.Generator, *, endless: float = 0.0, ties: bool = False) -> Graph:
    """A graph of up to seven nodes: arcs between neighbours, a few across; some of endless cost, some alike."""
    nodes = int(rng.integers(2, 8))
    arcs: list[tuple[int, int]] = []
    for node in range(1, nodes):
        arcs += [(node - 1, node)] * int(rng.integers(1, 5))
        if node > 1 and rng.random() < 0.4:
            arcs += [(int(rng.integers(node - 1)), node)] * int(rng.integers(1, 3))
    arcs.sort(key=lambda arc: (arc[1], arc[0]))
    gains = rng.normal(0.2, 1.0, len(arcs))
    costs = np.exp(rng.normal(0, 1, (len(arcs), 1)) + rng.normal(0, rng.choice([0.05, 1.0]), (len(arcs), 2)))
    figures = np.column_stack([gains, costs])
    if ties:
        figures = np.round(figures)
    figures[rng.random(len(arcs)) < 0.1, 1:] = 0.0
    figures[rng.random(len(arcs)) < endless, 1 + int(rng.integers(2))] = np.inf
    source, target = np.array(arcs).T.copy()
    return Graph(source, target, np.ascontiguousarray(figures))


def draw_limits(rng: np.random.Generator, sums: Floats) -> Floats:
    """Some of a limit on latency, one on energy and one on power, near what a random path takes."""
    finite = sums[np.isfinite(sums).all(axis=1)]
    if not len(finite):
        return np.empty((0, 3))
    _, energy, latency = finite[int(rng.integers(len(finite)))] * rng.uniform(0.8, 1.3, 3) + 1e-9
    rows = [(0.0, 1.0, latency), (1.0, 0.0, energy), (1.0, -energy / latency, 1e-9)]
    return np.array([row for row in rows if rng.random() < 0.4]).reshape(-1, 3)
