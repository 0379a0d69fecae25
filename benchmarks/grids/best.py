"""The best design of a whole grid: those that bounds do not discard are mapped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.grids.problem import STAGES
from benchmarks.grids.table import Place
from cosearch.bounds.grid import Floats, Ints
from cosearch.executors.executor import Executor

WAVE: Final = 48
"""Designs that are looked at together."""
SHARE: Final = 4
"""Of them in a task."""
MAPPED: Final = len(STAGES) - 1
"""The stage of a design that was mapped; its longest bound follows then."""
ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Exhausted:
    """What is known of a whole grid.

    Attributes:
        designs: (n, 9). bounds: (n,) what each costs at least. stages: (n,) by which of :data:`STAGES`.
        best: the least value, as mapped, and whose it is.
        lower_bound: what no design of the grid costs less than with any mappings.
        mapped: how many designs were.
    """

    designs: Ints
    bounds: Floats
    stages: Ints
    best: float
    best_design: Ints
    lower_bound: float
    mapped: int

    @property
    def discarded(self) -> dict[str, int]:
        """How many designs each way to bound them discarded, as above the best."""
        above = self.bounds >= self.best
        return {name: int((above & (self.stages == stage)).sum()) for stage, name in enumerate(STAGES[:-1])}

    @property
    def gap(self) -> float:
        """How much less a design of the grid might cost than the best one as mapped."""
        return self.best / self.lower_bound - 1


@dataclass(frozen=True)
class Step:
    """Designs to look at once more, each with the stage that it had."""

    place: Place
    designs: Ints
    stages: Sequence[int]


def look_closer(step: Step) -> list[tuple[float, float]]:
    """What each design of a step costs at least by its next stage, and as mapped after the last."""
    _, table = step.place.table()
    found = []
    for design, stage in zip(step.designs, step.stages):
        value = table.value(design) if stage + 1 == MAPPED else math.inf
        found.append((table.bound(design, stage + 1), value))
    return found


def exhaust(place: Place, executor: Executor) -> Exhausted:
    """Look at the designs of least bounds more and more closely, until all others are proven to be worse."""
    problem, _ = place.table()
    designs = problem.designs()
    bounds = problem.estimates(designs)
    stages = np.zeros(len(designs), dtype=np.int64)
    values = np.full(len(designs), math.inf)
    while True:
        left = np.flatnonzero((bounds < values.min()) & (stages < MAPPED))
        if not len(left):
            break
        wave = left[np.argsort(bounds[left], kind="stable")[:WAVE]]
        parts = [wave[first : first + SHARE] for first in range(0, len(wave), SHARE)]
        begun = [executor.submit(look_closer, Step(place, designs[part], stages[part].tolist())) for part in parts]
        for part, future in zip(parts, begun):
            for row, (bound, value) in zip(part.tolist(), future.result()):
                bounds[row], values[row] = max(bounds[row], bound), value
                if bounds[row] > value * (1 + ROUNDING):
                    raise SystemExit(f"the bound of a design is above its value: {designs[row]}")
        stages[wave] += 1
    best = float(values.min())
    return Exhausted(
        designs, bounds, stages, best, designs[values.argmin()], min(best, float(bounds.min())),
        int((stages == MAPPED).sum()),
    )  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """Discarded designs that were mapped all the same.

    Attributes:
        designs: how many. least: of their values over the best of the grid.
        wrong: how many of them are below their bounds, or below the best.
    """

    designs: int
    least: float
    wrong: int


def sampled(place: Place, grid: Exhausted, count: int, executor: Executor) -> Sample:
    """Map some of the designs that bounds discarded, drawn evenly."""
    rows = np.flatnonzero(grid.stages < MAPPED)
    chosen = np.sort(np.random.default_rng(0).permutation(rows)[:count])
    begun = [executor.submit(_value, (place, grid.designs[row])) for row in chosen]
    values = np.array([future.result() for future in begun])
    wrong = (values < grid.bounds[chosen] * (1 - ROUNDING)) | (values < grid.best)
    return Sample(len(chosen), float(values.min(initial=math.inf)) / grid.best, int(wrong.sum()))


def _value(asked: tuple[Place, Ints]) -> float:
    return asked[0].table()[1].value(asked[1])
