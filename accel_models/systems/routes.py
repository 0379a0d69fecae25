"""Which links words cross from one core to others, or to and from the DRAM.

Each core sends along a tree of shortest paths, found breadth first, links in the order of the system: on a mesh whose
links along rows come first that is the usual route, along the row and then along the column. What several cores need
crosses every link of the tree once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from accel_models.systems.system import System

Cores = tuple[int, ...]
Floats = NDArray[np.float64]


class Routes:
    """The routes of one system.

    Attributes:
        word_pj, bandwidth: (links,) of each link.
    """

    def __init__(self, system: System) -> None:
        self.word_pj = np.array([link.word_pj for link in system.links])
        self.bandwidth = np.array([link.bandwidth for link in system.links])
        self._ports = np.array(system.ports)
        self._paths = _paths(system)
        self._direct = len(system.ports) == system.size
        self.trees = lru_cache(maxsize=4096)(self._trees)

    def _trees(self, targets: Cores) -> Floats:
        """(cores, links) how often a word from each core to all of some others crosses each link: 0 or 1."""
        crossed: Floats = np.any(self._paths[:, list(targets)], axis=1).astype(np.float64)
        return crossed

    def from_dram(self, targets: Cores) -> Floats:
        """(links,) the same of a word from DRAM, a mean over ports; nothing where DRAM is joined to every core."""
        if self._direct:
            return np.zeros(len(self.word_pj))
        mean: Floats = np.mean(self.trees(targets)[self._ports], axis=0)
        return mean

    def to_dram(self, source: int) -> Floats:
        """(links,) the same of a word from a core to DRAM."""
        if self._direct:
            return np.zeros(len(self.word_pj))
        mean: Floats = np.mean(self._paths[source, self._ports], axis=0)
        return mean

    def cycles(self, words: Floats) -> float:
        """Cycles that so many words (links,) take: those of the busiest link."""
        return float((words / self.bandwidth).max(initial=0.0))

    def energy_pj(self, words: Floats) -> float:
        """Energy of so many words (links,)."""
        return float((words * self.word_pj).sum())


def _paths(system: System) -> NDArray[np.bool_]:
    """(cores, cores, links) which links the way from each core to each other crosses."""
    paths = np.zeros((system.size, system.size, len(system.links)), dtype=np.bool_)
    leaving = [list(system.leaving(core)) for core in range(system.size)]
    for source in range(system.size):
        reached, queue = {source}, [source]
        for core in queue:
            for number, link in leaving[core]:
                if link.target not in reached:
                    reached.add(link.target)
                    queue.append(link.target)
                    paths[source, link.target] = paths[source, core]
                    paths[source, link.target, number] = True
    return paths
