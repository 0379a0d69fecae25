"""The schedule of a group that moves the least words between DRAM and chip, of all that fit.

*Exact* over the schedules that :class:`Rules` allow and the tiles that are tried: of all tiles with the same number of
rows (or columns) of tiles the smallest, which is least uneven. Two facts keep this short:

- where everything is kept and weights stay, every word crosses once, whatever the tile: no schedule has fewer DRAM words
  (:func:`least_words`), so if one such tile fits the search is over;
- DRAM words follow from two axes that do not mix, so they are known for every schedule before any room is counted.
  Rooms are counted in the order of DRAM words until one fits.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from accel_models.fusion.axis import axis_tiles
from accel_models.fusion.cost import GroupCost, group_cost
from accel_models.fusion.group import AXES, Group
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.traffic import traffic


@dataclass(frozen=True, slots=True)
class Rules:
    """Which schedules are allowed.

    Attributes:
        columns: tiles narrower than the plane.
        recompute: overlaps made again instead of kept.
        stream: weights fetched again in every tile.
        doubled: see :attr:`Schedule.doubled`; of all schedules.
    """

    columns: bool = True
    recompute: bool = True
    stream: bool = True
    doubled: bool = False


KEPT_ROWS: Final = Rules(columns=False, recompute=False, stream=False)
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
    whole = Schedule(group.last.plane)
    lengths = [axis_tiles(group, axis, whole.tile[axis], keep=True).lengths() for axis in AXES]
    return traffic(group, whole, *lengths).dram_words


def best_schedule(group: Group, capacity: int, rules: Rules, below: float) -> Scheduled | None:
    """The schedule of least DRAM words that fits; the fewest MACs, then tiles, where several have as few.

    Args:
        capacity: words on the chip.
        below: only schedules with fewer DRAM words are wanted.

    Returns:
        ``None`` where none fits, or none is below.
    """
    if least_words(group) >= below:
        return None
    for schedule in _in_order(group, rules, below):
        if schedule.resident and group.weight_words > capacity:
            continue
        cost = group_cost(group, schedule)
        if cost.room.words <= capacity:
            return Scheduled(schedule, cost)
    return None


def _in_order(group: Group, rules: Rules, below: float) -> Iterator[Schedule]:
    """Allowed schedules of fewer DRAM words, least first; those that keep everything need no counting to come first."""
    rows, columns = group.last.plane
    tiles = list(itertools.product(tile_sizes(rows), tile_sizes(columns) if rules.columns else [columns]))
    tiles.sort(key=lambda tile: (-(-rows // tile[0]) * -(-columns // tile[1]), -tile[1]))
    kept = [Schedule(tile, doubled=rules.doubled) for tile in tiles]
    yield from kept
    others = [
        replace(schedule, keep=keep, resident=resident)
        for schedule in kept
        for keep in itertools.product(*(_overlaps(group, axis, schedule, rules) for axis in AXES))
        for resident in ((True, False) if rules.stream else (True,))
        if not (all(keep) and resident)
    ]
    line = cache(lambda axis, tile, keep: axis_tiles(group, axis, tile, keep=keep).lengths())
    counted = []
    for number, schedule in enumerate(others):
        lengths = [line(axis, schedule.tile[axis], schedule.keep[axis]) for axis in AXES]
        moved = traffic(group, schedule, *lengths)
        if moved.dram_words < below:
            counted.append((moved.dram_words, sum(moved.macs), number))
    for *_, number in sorted(counted):
        yield others[number]


def _overlaps(group: Group, axis: int, schedule: Schedule, rules: Rules) -> tuple[bool, ...]:
    """What may be done about overlaps along an axis; tiles that are alone have none."""
    return (True, False) if rules.recompute and schedule.tile[axis] < group.last.plane[axis] else (True,)
