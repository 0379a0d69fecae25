"""What a group costs as scheduled: words made and fetched, MACs, DRAM words, and the room it takes."""

from __future__ import annotations

from dataclasses import dataclass

from accel_models.fusion.axis import AxisTiles, axis_tiles
from accel_models.fusion.group import AXES, Group
from accel_models.fusion.room import Room, room
from accel_models.fusion.schedule import Schedule


@dataclass(frozen=True, slots=True)
class GroupCost:
    """The counts of one group.

    Attributes:
        made: by tensor, words made over all tiles; fetched from DRAM, where the tensor comes from outside.
        macs: by step, multiply-accumulates over all tiles.
        weight_words: words of weights fetched.
        dram_words: words that cross between DRAM and chip: what is fetched from outside, weights, and what leaves, once.
        tiles: how many there are.
        room: words on the chip at most.
    """

    made: tuple[int, ...]
    macs: tuple[int, ...]
    weight_words: int
    dram_words: int
    tiles: int
    room: Room


def group_cost(group: Group, schedule: Schedule) -> GroupCost:
    """Count a group as scheduled.

    A MAC of a tap that reads padding counts, as it does for a layer alone (:attr:`nets.layer.Layer.macs`).

    Raises:
        InputError: the tile is larger than the group's last output.
    """
    schedule.require_fit(group)
    rows, columns = (axis_tiles(group, axis, schedule.tile[axis], keep=schedule.keep[axis]) for axis in AXES)
    made = made_words(group, rows, columns)
    macs = tuple(
        made[step.writes] * step.layer.C * step.layer.R * step.layer.S if step.layer.is_mac else 0
        for step in group.steps
    )
    tiles = schedule.tiles(group)
    weights = group.weight_words * (1 if schedule.resident else tiles)
    return GroupCost(
        made, macs, weights, dram_words(group, made, weights), tiles, room(group, schedule, rows, columns)
    )


def made_words(group: Group, rows: AxisTiles, columns: AxisTiles) -> tuple[int, ...]:
    """By tensor, words made or fetched over all tiles: a product of the two axes."""
    return tuple(
        tensor.channels * down * across for tensor, down, across in zip(group.tensors, rows.lengths(), columns.lengths())
    )


def dram_words(group: Group, made: tuple[int, ...], weights: int) -> int:
    """Words that cross between DRAM and chip, of what is made, fetched and read of weights."""
    outside = sum(words for words, tensor in zip(made, group.tensors) if tensor.outside)
    return outside + sum(tensor.words for tensor in group.tensors if tensor.leaves) + weights
