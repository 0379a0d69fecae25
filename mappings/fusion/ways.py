"""The ways to run a group on a machine: every schedule that fits, with all that does not depend on mappings."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

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
        moved, moved_pj: what crosses between DRAM and the chip, and its energy.
        steps: the pieces of every layer.
        slots: its tiles in time.
    """

    group: Group
    schedule: Schedule
    room: Room
    moved: Transfers
    moved_pj: float
    steps: tuple[StepPieces, ...]
    slots: Slots


def ways_of(group: Group, accelerator: Accelerator, rules: Rules) -> list[Way]:
    """Every schedule of a group that rules allow, that fits the shared memory and has no better one.

    In the same tiles, what is kept costs no more than what is made again, and of several tiles resident weights no more
    than streamed ones: so these are left out where those fit.
    """
    tried = _Tried(group, accelerator, rules)
    found: list[Way] = []
    for shape in _shapes(group, rules):
        of_shape: dict[tuple[int, int], list[Way]] = {}
        for tile in shape:
            if tried.least_words(tile) > tried.capacity:
                continue
            if ways := tried.ways(tile):
                of_shape[tile] = ways
            if rules.tallest and len(of_shape) == rules.tallest:
                break
        found += itertools.chain.from_iterable(of_shape.values())
    return found


def runs_at_all(group: Group, accelerator: Accelerator, rules: Rules) -> bool:
    """Whether a first tile of one row may fit; where it does not, no group that begins earlier fits either."""
    tile = (1, 1 if rules.columns else group.last.plane[1])
    capacity = accelerator.levels[SHARED].capacity_words
    return first_tile_floor(group, tile, Widths.at(accelerator, SHARED, group)) <= capacity


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

    def least_words(self, tile: tuple[int, int]) -> float:
        """Words that tiles of a size take at least."""
        return first_tile_floor(self._group, tile, self._widths)

    def ways(self, tile: tuple[int, int]) -> list[Way]:
        """The ways to run tiles of a size, without those that others are no worse than."""
        found: list[Way] = []
        fits: set[bool] = set()  # whether weights are resident
        several = Schedule(tile).tiles(self._group) > 1
        for keep in _overlaps(self._group, tile, self._rules):
            if fits == {True, False} or (several and True in fits):
                break
            along = self._along(Schedule(tile, keep=keep))
            on_chip = alive(self._group, *along, self._widths)
            for resident in (True, False) if self._rules.stream else (True,):
                schedule = Schedule(tile, keep=keep, resident=resident, doubled=self._doubled)
                room = on_chip.room(schedule)
                if room.words <= self.capacity and resident not in fits and not (several and True in fits):
                    fits.add(resident)
                    found.append(self._way(schedule, along, room))
        return found

    def _along(self, schedule: Schedule) -> tuple[AxisTiles, AxisTiles]:
        rows, columns = (self._lines.along(*line) for line in lines_of(schedule))
        return rows, columns

    def _way(self, schedule: Schedule, along: tuple[AxisTiles, AxisTiles], room: Room) -> Way:
        """A schedule with what it moves and the pieces it runs in."""
        group, accelerator = self._group, self._accelerator
        moved = transfers(accelerator, group, schedule, along)
        steps = pieces_of(group, schedule, along, room, self._widths, self.capacity)
        slots = Slots.of(accelerator, moved, steps)
        return Way(group, schedule, room, moved, moved.energy_pj(accelerator), steps, slots)


def _overlaps(group: Group, tile: tuple[int, int], rules: Rules) -> list[tuple[bool, bool]]:
    """Whether overlaps are kept along each axis, all kept first."""
    rows, columns = (
        (True, False) if rules.recompute and tile[axis] < group.last.plane[axis] else (True,) for axis in AXES
    )
    return list(itertools.product(rows, columns))
