"""What a group costs as scheduled: what it makes and moves, and the room it takes."""

from __future__ import annotations

from dataclasses import dataclass

from accel_models.fusion.axis import AxisTiles, axis_tiles
from accel_models.fusion.group import AXES, Group
from accel_models.fusion.room import Room, room
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.traffic import Traffic, traffic


@dataclass(frozen=True, slots=True)
class GroupCost:
    """What a group makes and moves, and its words on the chip at most."""

    traffic: Traffic
    room: Room


def group_cost(group: Group, schedule: Schedule) -> GroupCost:
    """Count a group as scheduled.

    Raises:
        InputError: the tile is larger than the group's last output.
    """
    schedule.require_fit(group)
    rows, columns = (axis_tiles(group, axis, schedule.tile[axis], keep=schedule.keep[axis]) for axis in AXES)
    return cost_along(group, schedule, rows, columns)


def cost_along(group: Group, schedule: Schedule, rows: AxisTiles, columns: AxisTiles) -> GroupCost:
    """The same from the schedule's tiles along each axis, for who has them already."""
    moved = traffic(group, schedule, rows.lengths(), columns.lengths())
    return GroupCost(moved, room(group, schedule, rows, columns))
