"""The ways to run the groups that end with one layer: schedules that fit, with all that mappings have no say in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from accel_models.accelerator import Accelerator
from accel_models.fusion.group import AXES, Group, Grouper
from accel_models.fusion.inside import DRAM, SHARED
from accel_models.fusion.kernel.tails import FINISHED, UNFINISHED
from accel_models.fusion.pieces import Slice, StepPieces, slices, whole
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.tails import Ending, Floats, Tails
from mappings.fusion.best_schedule import Rules, tile_sizes

Tile = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Way:
    """A group as scheduled.

    Attributes:
        refetch: a tensor from outside is fetched again for every layer that reads it; otherwise it is held.
        room: words of the shared memory; ``fullest``: the step that runs when most is alive.
        finished: whether there is room for finished outputs only, so that no mapping may send sums up that are not.
        fetched: (2, tiles) words of DRAM and of the shared memory that each tile fetches of activations.
        written: (tiles,) words of DRAM that each tile writes.
        weights: (2, steps) words of DRAM and of the shared memory that the weights of each layer take.
        steps: the pieces of every layer.
    """

    schedule: Schedule
    refetch: bool
    room: float
    fullest: int
    finished: bool
    fetched: Floats
    written: Floats
    weights: Floats
    steps: tuple[StepPieces, ...]

    @property
    def crossing(self) -> tuple[float, float, float]:
        """Words of DRAM that are read, words of the shared memory that are filled, words of DRAM that are written."""
        times = 1 if self.schedule.resident else len(self.written)
        read, filled = (self.fetched.sum(axis=1) + times * self.weights.sum(axis=1)).tolist()
        return read, filled, float(self.written.sum())

    @property
    def dram_words(self) -> float:
        """Words of DRAM that are read and written."""
        read, _, written = self.crossing
        return read + written

    def crossing_pj(self, accelerator: Accelerator) -> float:
        """Energy of all that crosses: reads and writes of DRAM, fills of the shared memory, and the wires between."""
        dram, shared = accelerator.levels[DRAM], accelerator.levels[SHARED]
        read, filled, written = self.crossing
        outside = read * dram.read_pj + written * dram.write_pj + (read + written) * dram.network_pj
        return outside + filled * shared.write_pj


class Overlaps:
    """The groups of one end in given tiles, overlaps kept or made again, and the room that they take.

    Attributes:
        words: by whether weights are resident, whether what arrives is finished, first step, held or fetched again.
    """

    def __init__(self, tails: Tails, *, doubled: bool) -> None:
        self.tails = tails
        self.words: list[list[list[list[float]]]] = tails.words(doubled=doubled).tolist()
        self._known: dict[tuple[int, tuple[Slice, ...]], StepPieces] = {}

    @cached_property
    def resident(self) -> list[StepPieces]:
        """The pieces of every layer of the longest group where all weights are there."""
        return [self.pieces(number, whole(step.layer)) for number, step in enumerate(self.tails.ending.group.steps)]

    def pieces(self, number: int, parts: tuple[Slice, ...]) -> StepPieces:
        """The pieces of one layer, remembered for all groups in which it runs like this."""
        key = number, parts
        if key not in self._known:
            tails, step = self.tails, self.tails.ending.group.steps[number]
            (rows, row_of), (columns, column_of) = tails.rows.distinct[step.writes], tails.columns.distinct[step.writes]
            words = float(tails.ending.weights[DRAM, number])
            self._known[key] = StepPieces(step.layer, rows, columns, row_of, column_of, parts, words)
        return self._known[key]


class Runs:
    """Makes ways of schedules, for the groups that end with one layer.

    Args:
        doubled: whether the shared memory is double-buffered, and so the ends of groups.
    """

    def __init__(self, ending: Ending, *, doubled: bool) -> None:
        self.ending, self.doubled = ending, doubled
        self._filters = [(step.layer.G, step.layer.K) for step in ending.group.steps]
        self._most = np.array([groups * filters for groups, filters in self._filters], dtype=np.float64)

    def way(self, begin: int, again: int, overlaps: Overlaps, *, resident: bool, finished: bool) -> Way:
        """The group that begins with a step, in tiles that fit.

        Args:
            again: 1 where a tensor from outside is fetched again for every layer that reads it.
            finished: there is room for finished outputs only.
        """
        tails = overlaps.tails
        schedule = Schedule(tails.tile, keep=tails.keep, resident=resident, doubled=self.doubled)
        alive = tails.peaks[begin, again, begin:, FINISHED if finished else UNFINISHED]
        if resident:
            steps, busiest = overlaps.resident[begin:], alive
        else:
            filters = self.ending.filters[begin:] * (1 + self.doubled)
            left = self.ending.capacity - tails.ends[begin, again] * self.doubled - alive
            most = self._most[begin:]
            fit = np.divide(left, filters, out=most.copy(), where=filters > 0)
            few = np.clip(np.floor(fit), 1, most).astype(np.int64).tolist()
            parts = [slices(*all_of_them, some) for all_of_them, some in zip(self._filters[begin:], few)]
            steps = [overlaps.pieces(number, of) for number, of in enumerate(parts, begin)]
            busiest = alive + filters
        return Way(
            schedule, bool(again), overlaps.words[resident][finished][begin][again], int(busiest.argmax()), finished,
            tails.fetched[begin, again].copy(), tails.written[begin, DRAM].copy(), self.ending.weights[:, begin:],
            tuple(steps),
        )  # fmt: skip

    def overlaps(self, tile: Tile, keep: tuple[bool, bool]) -> Overlaps:
        """All of the groups in given tiles."""
        return Overlaps(self.ending.tails(tile, keep), doubled=self.doubled)


def way_of(group: Group, accelerator: Accelerator, schedule: Schedule, *, refetch: bool) -> Way | None:
    """A group as scheduled; ``None`` where that does not fit."""
    ending = Ending(group, accelerator)
    runs = Runs(ending, doubled=schedule.doubled)
    overlaps = runs.overlaps(schedule.tile, schedule.keep)
    for finished in (False, True):
        if overlaps.words[schedule.resident][finished][0][refetch] <= ending.capacity:
            return runs.way(0, int(refetch), overlaps, resident=schedule.resident, finished=finished)
    return None


class Ways:
    """Finds the ways to run every group that ends with one layer.

    In the same tiles, what is kept costs no more than what is made again, and of several tiles resident weights no more
    than streamed ones: so these are left out where those fit. Of the tiles that fit the tallest are tried, once with
    room for sums that are not finished and once without, as rules say.

    Args:
        doubled: whether the shared memory is double-buffered, and so the ends of groups.
    """

    def __init__(self, ending: Ending, rules: Rules, *, doubled: bool) -> None:
        self._runs, self._rules = Runs(ending, doubled=doubled), rules
        self._steps, self._capacity = len(ending.group.steps), ending.capacity
        self._plane, self._most = ending.group.last.plane, rules.tallest or None
        self._tiled = {tile: self._overlaps(tile) for tile in self._tiles()}

    @property
    def may_be_longer(self) -> bool:
        """Whether a group that begins before the longest one may fit."""
        return any(overlaps.tails.first == 0 for each in self._tiled.values() for overlaps in each)

    def groups(self) -> Iterator[tuple[int, list[Way]]]:
        """The first step of every group that fits in some way, and its ways; the shortest first."""
        for begin in range(self._steps - 2, -1, -1):
            found = [way for again in (0, 1) for way in self._ways(begin, again)]
            if found:
                yield begin, found

    def _tiles(self) -> list[Tile]:
        """The tiles that are tried, the largest first."""
        rows, columns = self._plane
        widths = tile_sizes(columns) if self._rules.columns else [columns]
        return sorted(itertools.product(tile_sizes(rows), widths), key=lambda tile: (-tile[0] * tile[1], tile))

    def _overlaps(self, tile: Tile) -> list[Overlaps]:
        """The groups in tiles of a size, with overlaps kept or made again; all kept first."""
        rows, columns = (
            (True, False) if self._rules.recompute and tile[axis] < self._plane[axis] else (True,) for axis in AXES
        )
        keeps = itertools.product(rows, columns)
        return [self._runs.overlaps(tile, keep) for keep in keeps]

    def _ways(self, begin: int, again: int) -> list[Way]:
        """The ways to run one group."""
        tried: dict[Tile, list[_Fit]] = {}
        for full in (True, False):
            fitting: dict[Tile, list[_Fit]] = {}
            roomy: list[Tile] = []
            for tile in self._tiled:
                if len(roomy) == self._most:
                    break
                if (tile[1] == self._plane[1]) == full and (fits := self._in_tiles(tile, begin, again)):
                    fitting[tile] = fits
                    if not all(finished for _, _, finished in fits):
                        roomy.append(tile)
            tried |= {tile: fitting[tile] for tile in [*roomy, *list(fitting)[: self._most]]}
        return [
            self._runs.way(begin, again, overlaps, resident=resident, finished=finished)
            for fits in tried.values()
            for overlaps, resident, finished in fits
        ]

    def _in_tiles(self, tile: Tile, begin: int, again: int) -> list[_Fit]:
        """How a group may run in tiles of a size, without what others are no worse than."""
        several = tile != self._plane
        found: list[_Fit] = []
        fits: set[bool] = set()  # whether weights are resident
        for overlaps in self._tiled[tile]:
            for resident in (True, False) if self._rules.stream else (True,):
                if resident in fits or (several and True in fits):
                    continue
                for finished in (False, True):
                    if overlaps.words[resident][finished][begin][again] <= self._capacity:
                        fits |= set() if finished else {resident}
                        found.append((overlaps, resident, finished))
                        break
        return found


_Fit = tuple[Overlaps, bool, bool]
"""Tiles and overlaps; whether weights are resident, and whether there is room for finished outputs only."""


def groups_of(grouper: Grouper, end: int, accelerator: Accelerator, rules: Rules) -> Iterator[tuple[int, list[Way]]]:
    """Where groups of several layers begin that end there and fit in some way, and their ways; the shortest first."""
    first, length = grouper.firsts[end - 1], 16
    if first > end - 2:
        return
    doubled = accelerator.levels[SHARED].double_buffered
    while True:
        begin = max(first, end - length)
        ways = Ways(Ending(grouper.group(begin, end), accelerator), rules, doubled=doubled)
        if begin == first or not ways.may_be_longer:
            break
        length *= 2
    yield from ((begin + step, found) for step, found in ways.groups())
