"""The schedule of a group that moves the least words between DRAM and chip, of all that fit.

*Exact* over the schedules that :class:`Rules` allow and the tiles that are tried: of all tiles with the same number of
rows (or columns) of tiles the smallest, which is least uneven. Two facts keep this short:

- where everything is kept and weights stay, every word crosses once, whatever the tile: no schedule has fewer DRAM
  words (:func:`least_words`), so if one such tile fits the search is over;
- DRAM words follow from two axes that do not mix, so they are known for every schedule before any room is counted.
  Rooms are counted in the order of DRAM words until one fits.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from accel_models.fusion.axis import axis_tiles
from accel_models.fusion.cost import GroupCost, cost_along
from accel_models.fusion.group import AXES, Group
from accel_models.fusion.room import room_floor
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.traffic import Traffic, traffic


@dataclass(frozen=True, slots=True)
class Rules:
    """Which schedules are allowed.

    Attributes:
        columns: tiles narrower than the plane; many more schedules to look at.
        recompute: overlaps made again instead of kept.
        stream: weights fetched again in every tile.
        doubled: see :attr:`Schedule.doubled`; of all schedules.
        tallest: how many tiles are tried where more than words is counted, the largest that fit; 0 for all.
    """

    columns: bool = False
    recompute: bool = True
    stream: bool = True
    doubled: bool = False
    tallest: int = 3


KEPT_ROWS: Final = Rules(recompute=False, stream=False)
"""Full rows, kept, with resident weights: line buffers, as Occam (Gondimalla et al. 2021) has them."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """How a group runs and what that costs."""

    schedule: Schedule
    cost: GroupCost


def tile_sizes(size: int) -> list[int]:
    """The smallest tile for every number of tiles that an axis can be cut into, largest first."""
    return sorted({-(-size // number) for number in range(1, size + 1)}, reverse=True)


def least_words(group: Group) -> int:
    """DRAM words that no schedule of a group can go below: every word once."""
    return Lines(group).traffic(Schedule(group.last.plane)).dram_words


def best_schedule(group: Group, capacity: int, rules: Rules, below: float) -> Scheduled | None:
    """A schedule of least DRAM words that fits.

    Args:
        capacity: words on the chip.
        below: only schedules with fewer DRAM words are wanted.

    Returns:
        ``None`` where none fits, or none is below.
    """
    if least_words(group) >= below:
        return None
    lines = Lines(group)
    kept = [Schedule(tile, doubled=rules.doubled) for tile in tiles_tried(group, rules)]
    return lines.first_that_fits(kept, capacity) or lines.first_that_fits(_others(lines, kept, rules, below), capacity)


def widest(group: Group, found: Scheduled, capacity: int, rules: Rules) -> Scheduled:
    """The same group in the fewest tiles that fit, where they move no more words and make no more MACs."""
    lines = Lines(group)
    limit = found.cost.traffic.dram_words, sum(found.cost.traffic.macs)
    wider = []
    for tile in reversed(tiles_tried(group, rules)):
        schedule = replace(found.schedule, tile=tile)
        moved = lines.traffic(schedule)
        if (moved.dram_words, sum(moved.macs)) <= limit:
            wider.append(schedule)
    return lines.first_that_fits(wider, capacity) or found


def least_room(group: Group, rules: Rules) -> Scheduled:
    """The schedule that takes the fewest words on the chip, whatever it moves."""
    lines = Lines(group)
    kept = [Schedule(tile, doubled=rules.doubled) for tile in tiles_tried(group, rules)]
    least = lines.scheduled(kept[0])
    for schedule in itertools.chain(kept[1:], _others(lines, kept, rules, math.inf)):
        least = lines.first_that_fits([schedule], least.cost.room.words - 1) or least
    return least


class Lines:
    """The tiles of a group along each axis, counted once for all schedules that share them."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.along = cache(lambda axis, tile, keep: axis_tiles(group, axis, tile, keep=keep))
        self.busiest = cache(lambda *line: self.along(*line).busiest(group))
        self._lengths = cache(lambda *line: self.along(*line).lengths())

    def traffic(self, schedule: Schedule) -> Traffic:
        """What the group makes and moves."""
        return traffic(self.group, schedule, *(self._lengths(*line) for line in lines_of(schedule)))

    def scheduled(self, schedule: Schedule) -> Scheduled:
        """The group as scheduled, with its room."""
        return Scheduled(
            schedule, cost_along(self.group, schedule, *(self.along(*line) for line in lines_of(schedule)))
        )

    def first_that_fits(self, schedules: Iterable[Schedule], capacity: float) -> Scheduled | None:
        """The first of some schedules that takes no more room."""
        for schedule in schedules:
            floor = room_floor(self.group, schedule, *(self.busiest(*line) for line in lines_of(schedule)))
            if floor <= capacity and (found := self.scheduled(schedule)).cost.room.words <= capacity:
                return found
        return None


def lines_of(schedule: Schedule) -> list[tuple[int, int, bool]]:
    """Axis, tile and whether overlaps are kept, for each axis."""
    return [(axis, schedule.tile[axis], schedule.keep[axis]) for axis in AXES]


def tiles_tried(group: Group, rules: Rules) -> list[tuple[int, int]]:
    """Tiles that are tried, most of them first: small ones need least room, as a rule."""
    rows, columns = group.last.plane
    tiles = itertools.product(tile_sizes(rows), tile_sizes(columns) if rules.columns else [columns])
    return sorted(tiles, key=lambda tile: (tile[1] < columns, -(rows // -tile[0]) * (columns // -tile[1]), tile[0]))


def _others(lines: Lines, kept: Sequence[Schedule], rules: Rules, below: float) -> Iterator[Schedule]:
    """Schedules that make overlaps again or stream weights, of fewer DRAM words than asked for, least first."""
    counted: list[tuple[int, int, int, Schedule]] = []
    for schedule in kept:
        down, across = (
            (True, False) if rules.recompute and schedule.tile[axis] < lines.group.last.plane[axis] else (True,)
            for axis in AXES
        )
        for rows, columns, resident in itertools.product(down, across, (True, False) if rules.stream else (True,)):
            other = replace(schedule, keep=(rows, columns), resident=resident)
            moved = lines.traffic(other)
            if other != schedule and moved.dram_words < below:
                counted.append((moved.dram_words, sum(moved.macs), len(counted), other))
    yield from (other for *_, other in sorted(counted))
