"""Consecutive layers on some equal cores, one after the other: which split of each, and where tensors stay between.

The best way to run layers ``begin`` to ``end - 1`` is a shortest path: the state before a layer is where each tensor is
at home that a later layer reads, and each way to run the layer is a step. That is exact for the network's order, over
the splits that :func:`mappings.cores.splits.splits` gives, with each tensor on the chip, in DRAM, or both. What crosses
into the stage comes from DRAM, and what crosses out of it goes there. The same path over bounds of its steps bounds all.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from mappings.cores.work import Home, Work, Worker

Floats = NDArray[np.float64]

State = tuple[tuple[int, Home, bool], ...]
"""Of every tensor that is alive: the place of its layer, where it is on the chip, and whether it is in DRAM."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Layers ``begin`` to ``end - 1`` on some equal cores, one inference.

    Attributes:
        kind, count: of the cores.
        works: layer by layer.
        energy_pj, cycles: without static power.
        dram: words of 8 bits between DRAM and the chip; ``weights`` of them that come once for several inferences.
        links: (links,) words that cross each.
        bound: what no splits, homes and mappings make ``E + w T`` (or ``T``) less than.
    """

    begin: int
    end: int
    kind: int
    count: int
    works: tuple[Work, ...]
    energy_pj: float
    cycles: float
    dram: float
    links: Floats
    bound: float


@dataclass(frozen=True, slots=True)
class _Path:
    """The best way to a state: the last step, and the path before it."""

    score: float
    works: tuple[_Path, Work] | None


class Stager:
    """Finds the best stages of one network on some equal cores.

    Args:
        worker: prices layers there. kind, count: of the cores.
        cuts: whether stages may end before the network does, so that tensors may be on the chip and in DRAM.
    """

    def __init__(self, worker: Worker, kind: int, count: int, *, cuts: bool) -> None:
        self._worker, self._kind, self._count, self._cuts = worker, kind, count, cuts
        layers = worker.layers
        readers: list[list[int]] = [[] for _ in layers]
        for place, operands in enumerate(worker.operands):
            for operand in operands:
                if operand.source is not None:
                    readers[operand.source].append(place)
        self._readers = readers
        self._ways = cache(self._works)
        self._last = [max(of, default=len(layers)) for of in readers]

    def stages(self, begin: int, cycle_pj: float, ends: range) -> Iterator[Stage]:
        """The best stages that begin at a layer, one for each end, for a price of a cycle; none where nothing fits."""
        alive = tuple((place, None, True) for place in range(begin) if self._last[place] >= begin)
        paths: dict[State, _Path] = {alive: _Path(0.0, None)}
        bounds: dict[State, float] = {alive: 0.0}
        for place in range(begin, ends[-1]):
            paths, bounds = self._step(place, paths, bounds, cycle_pj)
            if place + 1 in ends:
                closed = [state for state in bounds if all(in_dram for _, _, in_dram in state)]
                best = min((paths[state] for state in closed if state in paths), key=lambda path: path.score, default=None)
                if best is not None:
                    yield self._stage(begin, place + 1, best, min(bounds[state] for state in closed))

    def _step(
        self, place: int, paths: dict[State, _Path], bounds: dict[State, float], cycle_pj: float
    ) -> tuple[dict[State, _Path], dict[State, float]]:
        """All ways to run a layer from every state."""
        after: dict[State, _Path] = {}
        least: dict[State, float] = {}
        worker, lives = self._worker, self._last[place] > place
        sources = [operand.source for operand in worker.operands[place]]
        ways = partial(self._ways, worker.alike[place], self._homes(place), cycle_pj)
        for state, bound in bounds.items():
            homes = {number: home for number, home, _ in state}
            held = [worker.held(number, home) for number, home in homes.items() if home is not None]
            taken = np.sum(held, axis=0) if held else np.zeros(1)
            most, before = float(taken.max()), paths.get(state)
            kept = tuple(each for each in state if self._last[each[0]] > place)
            for work, peak, score in ways(tuple(None if source is None else homes[source] for source in sources)):
                if most + peak > worker.capacity and (taken + work.room).max() > worker.capacity:
                    continue
                now: State = (*kept, (place, work.split if work.on_chip else None, work.in_dram)) if lives else kept
                least[now] = min(least.get(now, math.inf), bound + work.bound)
                if before is not None and before.score + score < _score(after.get(now)):
                    after[now] = _Path(before.score + score, (before, work))
        return after, least

    def _works(
        self, place: int, after: Sequence[tuple[bool, bool]], cycle_pj: float, homes: tuple[Home, ...]
    ) -> list[tuple[Work, float, float]]:
        """All ways to run a layer with operands at home somewhere, the most room that a core gives, and scores."""
        found = (
            self._worker.work(place, homes, split, on_chip=on_chip, in_dram=in_dram, cycle_pj=cycle_pj)
            for split, (on_chip, in_dram) in itertools.product(self._worker.splits[place], after)
        )
        return [(work, float(work.room.max()), work.score(cycle_pj)) for work in found if work is not None]

    def _homes(self, place: int) -> tuple[tuple[bool, bool], ...]:
        """Where what a layer makes may be: on the chip, in DRAM."""
        if not self._readers[place]:
            return ((False, True),)
        both = ((True, True),) if self._cuts and len(self._readers[place]) > 1 else ()
        return ((True, False), (False, True), *both)

    def _stage(self, begin: int, end: int, path: _Path, bound: float) -> Stage:
        works: list[Work] = []
        while path.works is not None:
            path, work = path.works
            works.append(work)
        works.reverse()
        return Stage(
            begin, end, self._kind, self._count, tuple(works),
            math.fsum(work.energy_pj for work in works), math.fsum(work.cycles for work in works),
            math.fsum(work.move.dram for work in works), np.sum([work.move.links for work in works], axis=0), bound,
        )  # fmt: skip


def _score(path: _Path | None) -> float:
    return math.inf if path is None else path.score
