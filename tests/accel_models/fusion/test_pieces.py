"""Pieces of groups add up to what the counts say, and room is that of the widths."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accel_models.accelerator import Accelerator, Level
from accel_models.fusion.axis import axis_tiles
from accel_models.fusion.group import AXES, Group, Grouper
from accel_models.fusion.inside import DRAM, SHARED, inside, require_shared
from accel_models.fusion.room import alive
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.widths import Widths
from accel_models.presets import load_accelerator
from nets import Layer, Network
from nets.errors import InputError

BYTES = Accelerator(name="bytes", levels=(Level(name="DRAM"), Level(name="L2"), Level(name="L1")))


def _along(group: Group, schedule: Schedule):  # type: ignore[no-untyped-def]
    return tuple(axis_tiles(group, axis, schedule.tile[axis], keep=schedule.keep[axis]) for axis in AXES)


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
