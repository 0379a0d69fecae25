"""What groups cost as scheduled, with the best mappings of their pieces, and what no mappings of them go below.

What is minimised is energy and cycles at a price, ``E + w T``; without a price ``E`` alone, at an infinite one ``T``.
The time of a group is a sum over slots of the slower of layers and transfers (:mod:`accel_models.fusion.timing`), so a
slot costs at least

    max( sum of least E + w c,  sum of least E + w x transfers )                                         (1)

and both sums have one term for each piece. The second needs the least energy of pieces, which is hard to prove where
tilings are many; at a small price p it is quick, and a slot costs no less than

    sum of least E + p c,  plus (w - p) x transfers                                                      (2)

either. Mappings of least ``E + w c`` are tried for all pieces, and where transfers are slower than layers and that
matters, those of least ``E + p c`` too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.fusion.inside import DRAM, SHARED
from accel_models.fusion.pieces import Size, StepPieces, piece
from accel_models.fusion.timing import bandwidths, loading
from mappings.fusion import kernel
from mappings.fusion.members import Member, Members
from mappings.fusion.ways import Way
from nets.layer import Layer

Floats = NDArray[np.float64]

FRUGAL: Final = 1 / 16
"""The lower price, p in (2), as a share of the price."""
UNKNOWN: Final = 1e30
"""Cycles of what is only bounded: more than any bound."""

Mapped = tuple[tuple[Member | None, ...], ...]
"""By step, its pieces as :attr:`StepPieces.layers` has them; ``None`` where there is nothing to make."""


@dataclass(frozen=True, slots=True)
class Priced:
    """Layers that run together, or one alone, and what they cost.

    Attributes:
        energy_pj: without static power.
        cycles: of all.
        score: ``energy_pj + w cycles``, or cycles at an infinite price; infinite where there is no room for what the
            mappings send up.
        bound: what no mappings of this group, run in this way, are below.
        way: how it runs; ``None`` for a layer alone. members: by step, its pieces mapped.
    """

    energy_pj: float
    cycles: float
    score: float
    bound: float
    way: Way | None = None
    members: Mapped = ()


class PriceList:
    """Ways to run groups on a machine, and what they cost for any price of a cycle, static power included.

    Args:
        members: maps pieces.
    """

    def __init__(self, ways: Sequence[Way], accelerator: Accelerator, members: Members) -> None:
        self._ways, self._members = ways, members
        self._layers: list[Layer] = []
        self._number: dict[tuple[int, Size], int] = {}
        shapes: dict[tuple[object, ...], int] = {}
        steps = {step: row for row, step in enumerate(dict.fromkeys(step for way in ways for step in way.steps))}
        layers = {id(step.layer): step.layer for step in steps}
        shape_of = {number: shapes.setdefault(layer.shape_key, number) for number, layer in layers.items()}
        self._pieces = [self._numbered(step, shape_of[id(step.layer)]) for step in steps]
        self._shape = _Shape.of(list(steps), self._pieces, accelerator)
        self._steps_of = [np.array([steps[step] for step in way.steps], dtype=np.int64) for way in ways]
        self._first_step = _firsts(self._steps_of)
        self._first_tile = _firsts([way.written for way in ways])
        weights = [(*way.weights.sum(axis=1), way.crossing_pj(accelerator)) for way in ways]
        self._words = np.array(weights, dtype=np.float64).reshape(-1, 3)
        self._flags = np.array([(way.schedule.resident, way.finished) for way in ways], dtype=np.bool_).reshape(-1, 2)
        self._step_at = _joined(self._steps_of, np.int64)
        self._fetched, self._filled = (_joined([way.fetched[level] for way in ways], float) for level in (DRAM, SHARED))
        self._written = _joined([way.written for way in ways], float)
        self._bandwidths = [bandwidths(accelerator.levels[level]) for level in (DRAM, SHARED)]

    def costs(self, cycle_pj: float, ways: Sequence[int]) -> Floats:
        """(n, 5) energy, cycles, score and bound of some ways, and whether mappings are those of the lower price."""
        costs, slower = np.empty((len(self._ways), 5)), np.zeros(len(self._ways), dtype=np.bool_)
        asked = np.array(ways, dtype=np.int64)
        for finished in (False, True):
            some = asked[self._flags[asked, kernel.ROOM_FOR_FINISHED] == finished]
            if not len(some):
                continue
            figures = self._figures(cycle_pj, some, finished)
            self._price(some, figures, figures, cycle_pj, costs, slower)
            if len(late := some[slower[some]]):
                frugal = self._figures(cycle_pj * FRUGAL, late, finished)
                self._price(late, figures, frugal, cycle_pj, costs, slower, twice=True)
        return costs[asked]

    def bounds(self, cycle_pj: float) -> Floats:
        """(ways,) what no mappings go below: quick, and often loose."""
        costs, slower = np.empty((len(self._ways), 5)), np.zeros(len(self._ways), dtype=np.bool_)
        for finished in (False, True):
            some = np.flatnonzero(self._flags[:, kernel.ROOM_FOR_FINISHED] == finished)
            pieces = self._pieces_of(some)
            figures = np.zeros((len(self._layers), 6))
            own = self._members.bounds([self._layers[number] for number in pieces], cycle_pj, finished=finished)
            figures[pieces, kernel.BOUND] = own
            figures[:, kernel.CYCLES] = UNKNOWN
            figures[:, kernel.FINISHED] = 1.0
            self._price(some, figures, figures, cycle_pj, costs, slower)
        return costs[:, kernel.LEAST]

    def priced(self, way: int, cost: Floats, cycle_pj: float) -> Priced:
        """A way with its mappings; ``cost``: its row."""
        energy_pj, cycles, score, bound, frugal = cost.tolist()
        mapped_at = cycle_pj * FRUGAL if frugal else cycle_pj
        run = self._ways[way]
        members = tuple(tuple(self._members.find(step.layers, mapped_at, finished=run.finished)) for step in run.steps)
        return Priced(energy_pj, cycles, score, bound, run, members)

    def _numbered(self, step: StepPieces, shape: int) -> list[int]:
        """The numbers of a layer's pieces, equal ones of layers of one shape alike; -1 for nothing."""
        numbers = []
        for size in step.sizes:
            if size is None:
                numbers.append(-1)
                continue
            number = self._number.setdefault((shape, size), len(self._layers))
            if number == len(self._layers):
                self._layers.append(piece(step.layer, size))
            numbers.append(number)
        return numbers

    def _pieces_of(self, ways: NDArray[np.int64]) -> list[int]:
        """The pieces of some ways."""
        rows = {row for way in ways.tolist() for row in self._steps_of[way].tolist()}
        return sorted({number for row in rows for number in self._pieces[row] if number >= 0})

    def _figures(self, cycle_pj: float, ways: NDArray[np.int64], finished: bool) -> Floats:
        """(pieces, 6) figures of the best mappings of the pieces of some ways."""
        pieces = self._pieces_of(ways)
        figures = np.zeros((len(self._layers), 6))
        found = self._members.find([self._layers[number] for number in pieces], cycle_pj, finished=finished)
        own = [(m.energy_pj, m.cycles, m.reads, m.writes, m.finished, m.bound) for m in found if m is not None]
        figures[pieces] = np.array(own).reshape(-1, 6)
        return figures

    def _price(
        self, asked: NDArray[np.int64], figures: Floats, frugal: Floats, cycle_pj: float, costs: Floats,
        slower: NDArray[np.bool_], *, twice: bool = False,
    ) -> None:  # fmt: skip
        shape = self._shape
        kernel.price_groups(
            asked, self._first_step, self._step_at, shape.steps, shape.of_tile, shape.pieces, shape.parts,
            shape.loading, self._first_tile, self._fetched, self._filled, self._written, self._words, self._flags,
            *self._bandwidths, figures, frugal, twice, cycle_pj, cycle_pj * FRUGAL, costs, slower,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Shape:
    """Steps of all groups, as the compiled code has them."""

    steps: NDArray[np.int64]
    of_tile: NDArray[np.int64]
    pieces: NDArray[np.int64]
    parts: Floats
    loading: Floats

    @classmethod
    def of(cls, steps: Sequence[StepPieces], pieces: Sequence[Sequence[int]], accelerator: Accelerator) -> _Shape:
        rows = []
        of_tile: list[NDArray[np.int64]] = []
        at = first = 0
        for step, own in zip(steps, pieces):
            down, across = len(step.row_of), len(step.column_of)
            rows.append((at, at + down, first, down, across, len(step.slices), len(step.columns)))
            of_tile += [step.row_of, step.column_of]
            at, first = at + down + across, first + len(own)
        parts = np.zeros((len(steps), 2, 2))
        for number, step in enumerate(steps):
            for place, (part, share) in enumerate(zip(step.slices, step.share)):
                parts[number, place] = part.runs, share
        words = np.array([step.weight_words for step in steps], dtype=np.float64)
        return cls(
            np.array(rows, dtype=np.int64).reshape(-1, 7),
            _joined(of_tile, np.int64),
            np.array([number for own in pieces for number in own], dtype=np.int64),
            parts,
            loading(accelerator.levels[DRAM], words),
        )


def _firsts(arrays: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """Where each of some arrays begins when they are joined, and where the last one ends."""
    return np.cumsum([0, *map(len, arrays)], dtype=np.int64)


def _joined(arrays: Sequence[NDArray[Any]], kind: type) -> NDArray[Any]:
    """Arrays one after the other, of which there may be none."""
    return np.concatenate([np.zeros(0, dtype=kind), *arrays])
