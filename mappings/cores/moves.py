"""What crosses links and the border to DRAM when cores that hold parts of a tensor hand them to those that need some.

A core keeps what it holds of what it needs; the rest comes over links, to several cores at once where they need the
same. A word that is sent is read once from the sender's shared memory and written to that of every core it comes to;
one that goes to DRAM is written there, as the cost model charges what goes up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Level
from accel_models.fusion.inside import SHARED
from accel_models.systems.routes import Cores, Routes
from accel_models.systems.system import WORD_BITS, Kind, System
from mappings.cores.splits import Boxes, Plane, overlaps

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Move:
    """Words of 8 bits that move, and what that takes.

    Attributes:
        links: (links,) words that cross each link.
        dram: words that cross the border to DRAM.
        energy_pj: of links, DRAM and shared memories.
        room: (cores,) words that come to each core and lie there.
    """

    links: Floats
    dram: float
    energy_pj: float
    room: Floats

    def __add__(self, other: Move) -> Move:
        return Move(
            self.links + other.links, self.dram + other.dram, self.energy_pj + other.energy_pj, self.room + other.room
        )

    def times(self, runs: float) -> Move:
        """Of several runs, one after the other."""
        if runs == 1:
            return self
        return Move(self.links * runs, self.dram * runs, self.energy_pj * runs, self.room)


class Mover:
    """Prices what moves among some cores of one kind.

    Args:
        cores: numbers of the cores in their system.
    """

    def __init__(self, system: System, kind: Kind, routes: Routes, cores: Cores) -> None:
        self._routes, self._cores, self._dram = routes, np.array(cores), system.dram
        shared: Level = kind.accelerator.levels[SHARED]
        scale = WORD_BITS / (shared.word_bits or WORD_BITS)
        self._read_pj, self._write_pj = shared.read_pj * scale, shared.write_pj * scale
        self._taken = lru_cache(maxsize=64)(self._takers)
        self.nothing = Move(np.zeros(len(routes.word_pj)), 0.0, 0.0, np.zeros(len(cores)))

    def between(self, plane: Plane, held: Boxes, needed: Boxes) -> Move:
        """Parts that cores hold of a tensor, brought to the cores that need them."""
        needs, which = np.unique(needed, axis=0, return_inverse=True)
        words = plane.words(overlaps(held, needs))  # (cores, needs)
        takes, senders, crossed = self._taken(tuple(which.ravel().tolist()))
        others = takes.sum(axis=0) - takes  # how many cores besides each one need the same
        links = np.zeros(len(self.nothing.links))
        np.add.at(links, crossed, words.ravel()[senders])
        received, sent = float((words * others).sum()), float((words * (others > 0)).sum())
        energy = self._routes.energy_pj(links) + sent * self._read_pj + received * self._write_pj
        return Move(links, 0.0, energy, ((words.sum(axis=0) - words) * takes).sum(axis=1))

    def weights(self, words: Floats, which: NDArray[np.int64]) -> Move:
        """Parts (parts,) that come from DRAM once each, to all cores (cores,) that need the same; -1 needs none."""
        return self._fetched(words, which, float(words[np.unique(which[which >= 0])].sum()))

    def from_dram(self, plane: Plane, needed: Boxes) -> Move:
        """What cores need of a tensor that is in DRAM; a word that several need is read once."""
        needs, which = np.unique(needed, axis=0, return_inverse=True)
        read = float(plane.words(_apart(needs)).sum())
        return self._fetched(plane.words(needs), which.ravel().astype(np.int64), read)

    def _fetched(self, words: Floats, which: NDArray[np.int64], read: float) -> Move:
        links, received = self.nothing.links.copy(), 0.0
        for part in np.flatnonzero(words):
            takers = np.flatnonzero(which == part)
            if len(takers):
                links += words[part] * self._routes.from_dram(tuple(self._cores[takers].tolist()))
                received += words[part] * len(takers)
        energy = self._routes.energy_pj(links) + read * self._dram.read_pj + received * self._write_pj
        return Move(links, read, energy, np.where(which >= 0, words[which], 0.0))

    def to_dram(self, plane: Plane, held: Boxes) -> Move:
        """Parts that cores hold of a tensor, written to DRAM."""
        words = plane.words(held)
        links = self.nothing.links.copy()
        for core, count in zip(self._cores.tolist(), words.tolist()):
            links += count * self._routes.to_dram(core)
        energy = self._routes.energy_pj(links) + float(words.sum()) * self._dram.write_pj
        return Move(links, float(words.sum()), energy, self.nothing.room)

    def cycles(self, move: Move) -> float:
        """Cycles that it takes, everything at once: those of the busiest link, or of DRAM."""
        return max(self._routes.cycles(move.links), move.dram / self._dram.bandwidth)

    def links_pj(self, links: Floats) -> float:
        """Energy of words (links,) that cross links."""
        return self._routes.energy_pj(links)

    def alone(self, reads: Floats, writes: Floats) -> Floats:
        """(links,) what crosses where each core (cores,) reads and writes so many words of DRAM by itself."""
        links = self.nothing.links.copy()
        for core, read, write in zip(self._cores.tolist(), reads.tolist(), writes.tolist()):
            links += read * self._routes.from_dram((core,)) + write * self._routes.to_dram(core)
        return links

    def _takers(self, which: tuple[int, ...]) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
        """(cores, needs) which cores need what; and each link of the trees from every core to those that need a part:
        where words of core and need stand, row by row, and the number of the link."""
        takes = np.equal.outer(np.array(which), np.arange(max(which) + 1))
        trees = [self._routes.trees(tuple(self._cores[column].tolist()))[self._cores] for column in takes.T]
        cores, needs, crossed = np.nonzero(np.stack(trees, axis=1))
        return takes.astype(np.float64), cores * len(trees) + needs, crossed


def _apart(boxes: Boxes) -> Boxes:
    """Sorted boxes without the rows that boxes before them with equal batch and channels have."""
    found = boxes.copy()
    ends: dict[bytes, np.int64] = {}
    for box in found:
        rows, key = box[1], box[[0, 2]].tobytes()
        rows[0] = min(max(rows[0], ends.get(key, rows[0])), rows[1])
        ends[key] = max(rows[1], ends.get(key, rows[1]))
    return found
