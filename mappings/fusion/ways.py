"""The ways to run a group on a machine: every schedule that fits, with all that does not depend on mappings."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache

from accel_models.accelerator import Accelerator
from accel_models.fusion.axis import AxisTiles
from accel_models.fusion.group import AXES, Group
from accel_models.fusion.inside import SHARED
from accel_models.fusion.pieces import StepPieces, pieces_of
from accel_models.fusion.room import Room, alive, first_tile_floor
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.timing import Slots, Transfers, transfers
from accel_models.fusion.widths import Widths
from mappings.fusion.best_schedule import Lines, Rules, lines_of, tiles_tried


@dataclass(frozen=True, slots=True)
class Way:
    """A group as scheduled.

    Attributes:
        room: in words of the shared memory.
        finished: whether there is room for finished outputs only, so that no mapping may send sums up that are not.
        moved, moved_pj: what crosses between DRAM and the chip, and its energy.
        steps: the pieces of every layer.
        slots: its tiles in time.
    """

    group: Group
    schedule: Schedule
    room: Room
    finished: bool
    moved: Transfers
    moved_pj: float
    steps: tuple[StepPieces, ...]
    slots: Slots


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to run a group on a machine.

    Attributes:
        fit: those that fit.
        longer: whether groups that begin earlier may fit. Such a group holds all that this one holds while its layers
            run, but for second buffers, and its weights: where the smallest tile lacks room even so, no other fits.
    """

    fit: tuple[Way, ...]
    longer: bool


def ways_of(group: Group, accelerator: Accelerator, rules: Rules) -> Ways:
    """Every schedule of a group that rules allow, that fits the shared memory and has no better one.

    Which tiles are the largest that fit is found by halving, since room grows with them. In the same tiles, what is
    kept costs no more than what is made again, and of several tiles resident weights no more than streamed ones: so
    these are left out where those fit.
    """
    tried = _Tried(group, accelerator, rules)
    found: list[Way] = []
    shapes = _shapes(group, rules)
    for shape in shapes:
        tiles = [tile for tile in shape if tried.first_tile(tile) <= tried.capacity]
        if rules.tallest and tiles:
            tiles = [*tried.largest(tiles, finished=False), *tried.largest(tiles, finished=True)]
            tiles = sorted(set(tiles), key=tiles.index)
        for tile in tiles:
            found += tried.ways(tile)
    smallest = min((tile for shape in shapes for tile in shape), key=lambda tile: tile[0] * tile[1])
    return Ways(tuple(found), bool(found) or tried.least_words(smallest) <= tried.capacity)


def _shapes(group: Group, rules: Rules) -> list[list[tuple[int, int]]]:
    """Tiles, the largest first; those of full rows and of part of them apart."""
    tiles = sorted(tiles_tried(group, rules), key=lambda tile: -tile[0] * tile[1])
    full = [tile for tile in tiles if tile[1] == group.last.plane[1]]
    return [full, [tile for tile in tiles if tile not in full]]


class _Tried:
    """The ways of one group on one machine, tile by tile."""

    def __init__(self, group: Group, accelerator: Accelerator, rules: Rules) -> None:
        self._group, self._accelerator, self._rules = group, accelerator, rules
        self._widths, self._lines = Widths.at(accelerator, SHARED, group), Lines(group)
        shared = accelerator.levels[SHARED]
        self.capacity, self._doubled = shared.capacity_words, shared.double_buffered
        self.ways = cache(self._ways)
        self._alive = cache(lambda tile, keep: alive(group, *self._along(Schedule(tile, keep=keep)), self._widths))

    def first_tile(self, tile: tuple[int, int]) -> float:
        """Words that the first of tiles of a size takes at least."""
        return first_tile_floor(self._group, tile, self._widths)

    def least_words(self, tile: tuple[int, int]) -> float:
        """Words that tiles of a size take in the way that needs the fewest, without second buffers."""
        if (least := self.first_tile(tile)) > self.capacity:
            return least
        rooms = (
            self._alive(tile, keep).room(Schedule(tile, keep=keep, resident=resident), finished=True)
            for keep in _overlaps(self._group, tile, self._rules)
            for resident in self._residencies
        )
        return min(room.words for room in rooms)

    def largest(self, tiles: list[tuple[int, int]], *, finished: bool) -> list[tuple[int, int]]:
        """The largest tiles that fit, of some in falling order; ``finished``: if what is made is."""

        def fits(tile: tuple[int, int]) -> bool:
            return any(finished or not way.finished for way in self.ways(tile))

        if not fits(tiles[-1]):
            return []
        first = bisect_left(tiles, True, key=fits)
        return tiles[first : first + self._rules.tallest]

    @property
    def _residencies(self) -> tuple[bool, ...]:
        return (True, False) if self._rules.stream else (True,)

    def _ways(self, tile: tuple[int, int]) -> list[Way]:
        """The ways to run tiles of a size, without those that others are no worse than."""
        found: list[Way] = []
        fits: set[bool] = set()  # whether weights are resident
        several = Schedule(tile).tiles(self._group) > 1
        for keep in _overlaps(self._group, tile, self._rules):
            if fits == {True, False} or (several and True in fits):
                break
            on_chip = self._alive(tile, keep)
            for resident in self._residencies:
                schedule = Schedule(tile, keep=keep, resident=resident, doubled=self._doubled)
                if resident in fits or (several and True in fits):
                    continue
                for finished in (False, True):
                    room = on_chip.room(schedule, finished=finished)
                    if room.words <= self.capacity:
                        fits |= set() if finished else {resident}
                        found.append(self._way(schedule, room, finished=finished))
                        break
        return found

    def _along(self, schedule: Schedule) -> tuple[AxisTiles, AxisTiles]:
        rows, columns = (self._lines.along(*line) for line in lines_of(schedule))
        return rows, columns

    def _way(self, schedule: Schedule, room: Room, *, finished: bool) -> Way:
        """A schedule with what it moves and the pieces it runs in."""
        group, accelerator, along = self._group, self._accelerator, self._along(schedule)
        moved = transfers(accelerator, group, schedule, along)
        steps = pieces_of(group, schedule, along, room, self._widths, self.capacity)
        slots = Slots.of(accelerator, moved, steps)
        return Way(group, schedule, room, finished, moved, moved.energy_pj(accelerator), steps, slots)


def _overlaps(group: Group, tile: tuple[int, int], rules: Rules) -> list[tuple[bool, bool]]:
    """Whether overlaps are kept along each axis, all kept first."""
    rows, columns = (
        (True, False) if rules.recompute and tile[axis] < group.last.plane[axis] else (True,) for axis in AXES
    )
    return list(itertools.product(rows, columns))
