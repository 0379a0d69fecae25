"""The ways to run a group on a machine: every schedule that fits, with all that does not depend on mappings."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from accel_models.accelerator import Accelerator
from accel_models.fusion.group import AXES, Group
from accel_models.fusion.inside import SHARED
from accel_models.fusion.pieces import StepPieces, pieces_of
from accel_models.fusion.room import Room, room, room_floor
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
    """Every schedule of a group that rules allow and that fits the shared memory."""
    shared = accelerator.levels[SHARED]
    widths, lines = Widths.at(accelerator, SHARED, group), Lines(group)
    found = []
    for tile in tiles_tried(group, rules):
        modes = ((True, False) if rules.recompute and tile[axis] < group.last.plane[axis] else (True,) for axis in AXES)
        for keep in itertools.product(*modes):
            for resident in (True, False) if rules.stream else (True,):
                schedule = Schedule(tile, keep=keep, resident=resident, doubled=shared.double_buffered)
                busiest = (lines.busiest(*line) for line in lines_of(schedule))
                if room_floor(group, schedule, *busiest, widths) > shared.capacity_words:
                    continue
                way = _way(group, schedule, lines, widths, accelerator)
                if way is not None:
                    found.append(way)
    return found


def _way(group: Group, schedule: Schedule, lines: Lines, widths: Widths, accelerator: Accelerator) -> Way | None:
    """A schedule with what it needs and moves; ``None`` where it does not fit."""
    rows, columns = along = tuple(lines.along(*line) for line in lines_of(schedule))
    taken = room(group, schedule, rows, columns, widths)
    capacity = accelerator.levels[SHARED].capacity_words
    if taken.words > capacity:
        return None
    moved = transfers(accelerator, group, schedule, (rows, columns))
    steps = pieces_of(group, schedule, (rows, columns), taken, widths, capacity)
    return Way(
        group, schedule, taken, moved, moved.energy_pj(accelerator), steps, Slots.of(accelerator, moved, steps)
    )
