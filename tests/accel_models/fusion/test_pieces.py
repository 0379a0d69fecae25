"""Pieces of groups add up to what the counts say, and room is that of the widths."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from accel_models.accelerator import Accelerator, Level
from accel_models.fusion.axis import axis_tiles
from accel_models.fusion.cost import group_cost
from accel_models.fusion.group import AXES, Group, Grouper
from accel_models.fusion.inside import DRAM, SHARED, inside, require_shared
from accel_models.fusion.pieces import pieces_of
from accel_models.fusion.room import alive, first_tile_floor
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.timing import transfers
from accel_models.fusion.widths import Widths
from accel_models.presets import load_accelerator
from nets import Layer, Network
from nets.errors import InputError
from tests.accel_models.fusion.drawn import drawn_group, drawn_schedule

BYTES = Accelerator(name="bytes", levels=(Level(name="DRAM"), Level(name="L2"), Level(name="L1")))


def _along(group: Group, schedule: Schedule):  # type: ignore[no-untyped-def]
    return tuple(axis_tiles(group, axis, schedule.tile[axis], keep=schedule.keep[axis]) for axis in AXES)


@pytest.mark.parametrize("seed", range(6))
def test_pieces_make_what_is_made_and_streamed_filters_fit(seed: int) -> None:
    draw = random.Random(seed)
    sliced = 0
    for _ in range(40):
        group = drawn_group(draw)
        schedule = drawn_schedule(draw, group)
        along, widths = _along(group, schedule), Widths.one_word(group)
        room = alive(group, *along, widths).room(schedule)
        capacity = room.words + draw.randint(0, 40)
        counted = group_cost(group, schedule).traffic
        for number, step in enumerate(pieces_of(group, schedule, along, room, widths, capacity)):
            made = [count * piece.output_words for count, piece in zip(step.times, step.layers) if piece is not None]
            macs = [count * piece.macs for count, piece in zip(step.times, step.layers) if piece is not None]
            assert sum(made) == counted.made[group.steps[number].writes]
            assert sum(macs) == counted.macs[number]
            assert step.counts @ step.shares == pytest.approx(1)
            if step.layer.is_mac and not schedule.resident:
                widest = max(part.groups * part.filters for part in step.slices)
                filters = widest * step.layer.C * step.layer.R * step.layer.S * (1 + schedule.doubled)
                assert room.steps[number] + room.ends + filters <= capacity
                sliced += widest < step.layer.G * step.layer.K
    assert sliced > 3


@pytest.mark.parametrize("seed", range(6))
def test_transfers_are_the_words_that_are_counted(seed: int) -> None:
    draw = random.Random(100 + seed)
    for _ in range(40):
        group = drawn_group(draw)
        schedule = drawn_schedule(draw, group)
        moved = transfers(BYTES, group, schedule, _along(group, schedule))
        counted = group_cost(group, schedule).traffic
        leaving = sum(tensor.words for tensor in group.tensors if tensor.leaves)
        made = sum(words for words, tensor in zip(counted.made, group.tensors) if tensor.leaves)
        assert moved.words == counted.dram_words - leaving + made
        assert moved.written.sum() == made
        assert len(moved.fetched) == schedule.tiles(group)


@pytest.mark.parametrize("seed", range(6))
def test_the_first_tile_never_takes_more_than_the_room(seed: int) -> None:
    draw = random.Random(200 + seed)
    tight = 0
    for _ in range(60):
        group = drawn_group(draw)
        schedule = drawn_schedule(draw, group)
        widths = Widths.at(BYTES, SHARED, group)
        floor = first_tile_floor(group, schedule.tile, widths)
        most = max(alive(group, *_along(group, schedule), widths).steps)
        assert floor <= most, (group, schedule)
        tight += floor > 0.7 * most
    assert tight > 10


def test_elements_take_the_words_of_their_widths() -> None:
    """Two words of input, one of output, three of its sums while it is made; twice all that in half the word."""
    network = Network("one")
    network.add(Layer(name="conv", K=4, C=3, P=5, Q=5, R=3, S=3, input_bits=16))
    group = Grouper(network).group(0, 1)
    schedule = Schedule((5, 5))
    room = alive(group, *_along(group, schedule), Widths.at(BYTES, SHARED, group)).room(schedule)
    assert room.activations == 2 * 3 * 7 * 7 + 3 * 4 * 5 * 5
    assert room.weights == 4 * 3 * 3 * 3
    finished = alive(group, *_along(group, schedule), Widths.at(BYTES, SHARED, group)).room(schedule, finished=True)
    assert finished.activations == 2 * 3 * 7 * 7 + 4 * 5 * 5
    halves = replace(BYTES, levels=tuple(replace(level, word_bits=4) for level in BYTES.levels))
    assert (
        alive(group, *_along(group, schedule), Widths.at(halves, SHARED, group)).room(schedule).words == 2 * room.words
    )
    unpacked = replace(BYTES, levels=(BYTES.levels[DRAM], replace(BYTES.levels[SHARED], word_bits=None)))
    assert Widths.at(unpacked, SHARED, group) == Widths.one_word(group)


def test_a_machine_without_a_shared_memory_is_refused_by_its_reason() -> None:
    template = load_accelerator("nvdla_256")
    require_shared(template)
    assert inside(template).level_names == ("L2", "L1")
    for machine, reason in (
        (replace(template, levels=template.levels[:1]), "no memory on the chip"),
        (load_accelerator("eyeriss_chip"), "lacks W"),
        (
            replace(
                template, levels=(replace(template.levels[0], fanout=template.levels[1].fanout), *template.levels[1:])
            ),
            "stands",
        ),
        (
            replace(template, levels=(template.levels[0], replace(template.levels[1], partition_words={"W": 8}))),
            "divided",
        ),
    ):
        with pytest.raises(InputError, match=reason):
            require_shared(machine)
