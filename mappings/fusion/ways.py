"""The ways to run a group on a machine: every schedule that fits, with all that does not depend on mappings."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

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
    shared = accelerator.levels[SHARED]
    capacity = shared.capacity_words
    widths, lines = Widths.at(accelerator, SHARED, group), Lines(group)
    found = []
    for tile in tiles_tried(group, rules):
        if first_tile_floor(group, tile, widths) > capacity:
            continue
        tiles = Schedule(tile, doubled=shared.double_buffered)
        kept_fits: set[bool] = set()
        for keep in _overlaps(group, tile, rules):
            rows, columns = along = tuple(lines.along(*line) for line in lines_of(replace(tiles, keep=keep)))
            on_chip = alive(group, rows, columns, widths)
            for resident in (True, False) if rules.stream else (True,):
                schedule = replace(tiles, keep=keep, resident=resident)
                room = on_chip.room(schedule)
                better = resident in kept_fits or (not resident and True in kept_fits and tiles.tiles(group) > 1)
                if room.words > capacity or better:
                    continue
                kept_fits.add(resident)
                found.append(_way(group, schedule, (rows, columns), room, widths, accelerator))
            if kept_fits == {True, False} or (True in kept_fits and tiles.tiles(group) > 1):
                break
    return found


def _overlaps(group: Group, tile: tuple[int, int], rules: Rules) -> list[tuple[bool, bool]]:
    """Whether overlaps are kept along each axis, all kept first."""
    modes = ((True, False) if rules.recompute and tile[axis] < group.last.plane[axis] else (True,) for axis in AXES)
    return list(itertools.product(*modes))


def _way(
    group: Group, schedule: Schedule, along: tuple[AxisTiles, AxisTiles], room: Room, widths: Widths,
    accelerator: Accelerator,
) -> Way:  # fmt: skip
    """A schedule with what it moves and the pieces it runs in."""
    moved = transfers(accelerator, group, schedule, along)
    steps = pieces_of(group, schedule, along, room, widths, accelerator.levels[SHARED].capacity_words)
    return Way(group, schedule, room, moved, moved.energy_pj(accelerator), steps, Slots.of(accelerator, moved, steps))
