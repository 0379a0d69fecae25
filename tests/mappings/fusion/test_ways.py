"""Every schedule of a group that fits is among its ways, or one in the same tiles that is no worse."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from accel_models.fusion.axis import axis_tiles
from accel_models.fusion.cost import group_cost
from accel_models.fusion.group import AXES, Grouper
from accel_models.fusion.inside import SHARED
from accel_models.fusion.room import alive
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.widths import Widths
from accel_models.template import Template
from mappings.fusion.best_schedule import Rules, tile_sizes
from mappings.fusion.ways import groups_of
from tests.accel_models.fusion.drawn import drawn_network

EVERY_TILE = Rules(tallest=0, columns=True)


@pytest.mark.parametrize("seed", range(40))
def test_ways_are_the_schedules_that_fit(seed: int) -> None:
    draw = random.Random(seed)
    network = drawn_network(draw)
    accelerator = Template(
        array=(4, 4), parallel=("K", "C"), l1_bytes=16, l2_bytes=draw.choice([100, 200, 400]), noc_bandwidth=4.0,
        dram_bandwidth=0.4, strict_strides=False,
    ).accelerator()  # fmt: skip
    levels = list(accelerator.levels)
    levels[SHARED] = replace(levels[SHARED], double_buffered=draw.random() < 0.5)
    accelerator = replace(accelerator, levels=tuple(levels))
    shared, end = accelerator.levels[SHARED], len(network.layers)
    grouper = Grouper(network)
    found = dict(groups_of(grouper, end, accelerator, EVERY_TILE))
    for begin in range(grouper.firsts[end - 1], end - 1):
        ways = found.get(begin, [])
        for again, group in enumerate(grouper.variants(begin, end)):
            own = {(way.schedule, way.finished): way for way in ways if way.refetch == bool(again)}
            rows, columns = group.last.plane
            for tile in itertools.product(tile_sizes(rows), tile_sizes(columns)):
                fitting = set()
                axes = [(True, False) if tile[axis] < group.last.plane[axis] else (True,) for axis in AXES]
                for keep in itertools.product(*axes):
                    along = [axis_tiles(group, axis, tile[axis], keep=keep[axis]) for axis in AXES]
                    held = alive(group, *along, Widths.at(accelerator, SHARED, group))
                    for resident, finished in itertools.product((True, False), (True, False)):
                        schedule = Schedule(tile, keep=keep, resident=resident, doubled=shared.double_buffered)
                        room = held.room(schedule, finished=finished)
                        if room.words <= shared.capacity_words:
                            fitting.add((schedule, finished))
                            if (schedule, finished) in own:
                                way = own[schedule, finished]
                                assert way.room == pytest.approx(room.words)
                                assert way.dram_words == _moved(group, schedule)
                listed = {key for key in own if key[0].tile == tile}
                assert listed <= fitting
                assert all(any(_no_worse(one, other) for one in listed) for other in fitting)


def _moved(group, schedule: Schedule) -> float:  # type: ignore[no-untyped-def]
    """DRAM words of a group: what leaves counts as often as it is made."""
    traffic = group_cost(group, schedule).traffic
    leaving = [(made - tensor.words) for made, tensor in zip(traffic.made, group.tensors) if tensor.leaves]
    return traffic.dram_words + sum(leaving)


def _no_worse(one: tuple[Schedule, bool], other: tuple[Schedule, bool]) -> bool:
    """Whether a way in the same tiles keeps all that another keeps, or more, and may send up all that it may."""
    kept = all(mine or not theirs for mine, theirs in zip(one[0].keep, other[0].keep))
    several = one[0].resident or not other[0].resident
    return (one[0] == other[0] or kept or one[0].resident) and several and (other[1] or not one[1])
