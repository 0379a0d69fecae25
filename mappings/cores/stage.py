"""Consecutive layers on some equal cores, one after the other: which split of each, and where tensors stay between.

The best way to run layers ``begin`` to ``end - 1`` is a shortest path: the state before a layer is where each tensor is
at home that a later layer reads, and each way to run the layer is a step. That is exact for the network's order, over
the splits that :func:`mappings.cores.splits.splits` gives, with each tensor on the chip, in DRAM, or both. What crosses
into the stage comes from DRAM or, where it is one tensor, over links; so does what crosses out of it. The same path
over bounds of its steps bounds all.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from accel_models.systems.routes import Cores
from mappings.cores.splits import Split
from mappings.cores.work import Home, Work, Worker

Floats = NDArray[np.float64]

State = tuple[tuple[int, Home, bool], ...]
"""Of every tensor that is alive: the place of its layer, where it is on the chip, and whether it is in DRAM."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Layers ``begin`` to ``end - 1`` on some equal cores, one inference.

    Attributes:
        cores: their numbers.
        resident: whether weights stay from one inference to the next.
        enters, leaves: how the one tensor that crosses is cut over the cores; ``None`` where all comes from DRAM, or
            goes there.
        works: layer by layer.
        score: ``E + w T``, or ``T``; infinite where there is no room for weights that are to stay.
        bound: what no splits, homes and mappings make that less than.
    """

    begin: int
    end: int
    cores: Cores
    resident: bool
    enters: Home
    leaves: Home
    works: tuple[Work, ...]
    score: float
    bound: float

    @property
    def energy_pj(self) -> float:
        """Without static power, and without weights that stay."""
        return math.fsum(work.energy_pj for work in self.works)

    @property
    def cycles(self) -> float:
        """From its begin to its end."""
        return math.fsum(work.cycles for work in self.works)

    @property
    def dram(self) -> float:
        """Words of 8 bits between DRAM and the chip, without weights that stay."""
        return math.fsum(work.move.dram for work in self.works)

    @property
    def links(self) -> Floats:
        """(links,) words that cross each, without weights that stay."""
        crossed: Floats = np.sum([work.move.links for work in self.works], axis=0)
        return crossed

    @property
    def weights_pj(self) -> float:
        """Energy of bringing weights that stay."""
        return math.fsum(work.weights.energy_pj for work in self.works) if self.resident else 0.0

    @property
    def weights(self) -> float:
        """Words of weights that stay."""
        return math.fsum(work.weights.dram for work in self.works) if self.resident else 0.0


@dataclass(frozen=True, slots=True)
class _Path:
    """The best way to a state: the path before it and the last step.

    Attributes:
        peak: most words on a core at any time, without weights.
        weights: (cores,) words of all weights so far.
    """

    score: float
    before: tuple[_Path, Work] | None = None
    peak: float = 0.0
    weights: Floats | float = 0.0


class Stager:
    """Finds the best stages of one network on some equal cores.

    Args:
        worker: prices layers there.
        copies: of a tensor that comes over links: two where one comes while another is read.
        cuts: whether stages may end before the network does, so that a tensor may be on the chip and in DRAM.
    """

    def __init__(self, worker: Worker, *, copies: int, cuts: bool) -> None:
        self._worker, self._copies, self._cuts = worker, copies, cuts
        layers = worker.layers
        readers: list[list[int]] = [[] for _ in layers]
        for place, operands in enumerate(worker.operands):
            for operand in operands:
                if operand.source is not None:
                    readers[operand.source].append(place)
        self._readers = readers
        self._last = [max(of, default=len(layers)) for of in readers]
        self._ways = cache(self._works)

    def crossing(self, cut: int) -> list[int]:
        """The layers before a cut whose outputs are read after it."""
        return [place for place in range(cut) if cut <= self._last[place] < len(self._last)]

    def entrances(self, cut: int) -> list[Split]:
        """The ways in which the one tensor that crosses a cut may come over links."""
        (source,) = self.crossing(cut)
        return self._worker.splits[source]

    def stages(self, begin: int, cycle_pj: float, ends: Sequence[int], enters: Home = None) -> Iterator[Stage]:
        """The best stages that begin at a layer: for each end one that writes to DRAM what crosses and, where that is
        one tensor, one for each way to leave it on the chip; none where nothing fits.

        Args:
            cycle_pj: price of a cycle, infinite for the least latency.
            ends: ascending.
            enters: how the one tensor that crosses into the stage is cut, if it comes over links.
        """
        crossing = self.crossing(begin)
        state: State = tuple((place, enters, enters is None) for place in crossing)
        second: Floats = np.zeros(1)
        if enters is not None and self._copies > 1:
            second = self._worker.held(crossing[0], enters)
        paths, bounds = {state: _Path(0.0)}, {state: 0.0}
        for place in range(begin, ends[-1]):
            paths, bounds = self._step(place, paths, bounds, cycle_pj, second)
            if place + 1 in ends:
                for leaves, closed in self._closings(bounds).items():
                    best = min((paths[each] for each in closed), key=lambda path: path.score)
                    yield self._stage(begin, place + 1, best, enters, leaves, min(bounds[each] for each in closed))

    def _closings(self, states: Iterable[State]) -> dict[Home, list[State]]:
        """States that a stage may end in, by how it leaves the one tensor that crosses; ``None``: all is in DRAM."""
        found: dict[Home, list[State]] = {}
        for state in states:
            if all(in_dram for _, _, in_dram in state):
                found.setdefault(None, []).append(state)
            elif len(state) == 1:
                found.setdefault(state[0][1], []).append(state)
        return found

    def _stay(self, path: _Path) -> bool:
        """Whether there is room for weights that stay beside the rest at any time."""
        return not self._worker.resident or path.peak + float(np.max(path.weights)) <= self._worker.capacity

    def _step(
        self, place: int, paths: dict[State, _Path], bounds: dict[State, float], cycle_pj: float, second: Floats
    ) -> tuple[dict[State, _Path], dict[State, float]]:
        """All ways to run a layer from every state; ``second`` (cores,) are words that a second copy takes."""
        after: dict[State, _Path] = {}
        least: dict[State, float] = {}
        worker, lives = self._worker, self._last[place] > place
        sources = [operand.source for operand in worker.operands[place]]
        ways = partial(self._ways, worker.alike[place], self._homes(place), cycle_pj)
        for state, bound in bounds.items():
            homes = {number: home for number, home, _ in state}
            before = paths[state]
            held = [worker.held(number, home) for number, home in homes.items() if home is not None]
            taken = np.sum(held, axis=0) + second if held else second
            most = float(taken.max())
            kept = tuple(each for each in state if self._last[each[0]] > place)
            for work, peak, score in ways(tuple(None if source is None else homes[source] for source in sources)):
                if most + peak > worker.capacity and (taken + work.room).max() > worker.capacity:
                    continue
                now: State = (*kept, (place, work.split if work.on_chip else None, work.in_dram)) if lives else kept
                least[now] = min(least.get(now, math.inf), bound + work.bound)
                if now not in after or before.score + score < after[now].score:
                    after[now] = self._longer(before, work, score, taken)
        return after, least

    def _longer(self, before: _Path, work: Work, score: float, taken: Floats) -> _Path:
        """A path and one step more."""
        peak, weights = 0.0, before.weights
        if self._worker.resident:
            peak = max(before.peak, float((taken + work.room - work.weights.room).max()))
            weights = weights + work.weights.room
        return _Path(before.score + score, (before, work), peak, weights)

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

    def _stage(self, begin: int, end: int, path: _Path, enters: Home, leaves: Home, bound: float) -> Stage:
        works, at = [], path
        while at.before is not None:
            at, work = at.before
            works.append(work)
        worker = self._worker
        score = path.score if self._stay(path) else math.inf
        return Stage(begin, end, worker.cores, worker.resident, enters, leaves, tuple(reversed(works)), score, bound)
