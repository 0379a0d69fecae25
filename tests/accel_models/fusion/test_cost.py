"""Counts of groups against a simulator that walks them, cases counted elsewhere, and layers alone."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import pytest

from accel_models.fusion.cost import group_cost
from accel_models.fusion.group import Group, Grouper
from accel_models.fusion.schedule import Schedule
from nets import Layer, Network, load_network
from nets.errors import InputError
from tests.accel_models.fusion.drawn import drawn_group, drawn_schedule
from tests.accel_models.fusion.walker import positions_read, walk

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "fusion"
MODES = {1: (False, False), 2: (False, True), 3: (True, True)}


@pytest.mark.parametrize("seed", range(10))
def test_every_count_of_drawn_groups_equals_the_simulator(seed: int) -> None:
    draw = random.Random(seed)
    several = 0
    for _ in range(40):
        group = drawn_group(draw)
        schedule = drawn_schedule(draw, group)
        cost, ran = group_cost(group, schedule), walk(group, schedule)
        assert list(cost.traffic.made) == ran.made, (group, schedule)
        assert list(cost.traffic.macs) == ran.macs, (group, schedule)
        assert cost.traffic.weight_words == ran.fetched_weights
        assert cost.room.activations == ran.most_alive, (group, schedule)
        several += len(group.steps) > 1 and schedule.tiles(group) > 1
    assert several > 10


@pytest.mark.parametrize("seed", range(5))
def test_words_of_chains_are_those_of_sets_of_positions(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(40):
        group = drawn_group(draw, shortcuts=False)
        if any(tensor.leaves for tensor in group.tensors[:-1]):
            continue
        schedule = drawn_schedule(draw, group)
        cost = group_cost(group, schedule)
        assert list(cost.traffic.made) == _words_of_sets(group, schedule), (group, schedule)


def _words_of_sets(group: Group, schedule: Schedule) -> list[int]:
    """Words made of each tensor of a chain, with a set of (row, column) for what every tile has made."""
    (height, width), (rows, columns) = group.last.plane, schedule.tile
    words = [0] * len(group.tensors)
    above: list[set[tuple[int, int]]] = [set() for _ in words]
    for top in range(0, height, rows):
        here: list[set[tuple[int, int]]] = [set() for _ in words]
        for left in range(0, width, columns):
            span = range(top, min(top + rows, height)), range(left, min(left + columns, width))
            needed = set(itertools.product(*span))
            for place in reversed(range(len(words))):
                usable = (above[place] if schedule.keep[0] else set()) | (here[place] if schedule.keep[1] else set())
                made = needed - usable
                words[place] += group.tensors[place].channels * len(made)
                here[place] |= needed
                if place:
                    step, plane = group.steps[place - 1], group.tensors[place - 1].plane
                    needed = {
                        read
                        for row, column in made
                        for read in itertools.product(
                            positions_read(step, 0, {row}, plane[0]), positions_read(step, 1, {column}, plane[1])
                        )
                    }
        above = [some | more for some, more in zip(above, here)]
    return words
