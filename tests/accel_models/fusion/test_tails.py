"""All groups that end alike, counted together: equal to each counted by itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from accel_models.accelerator import Accelerator
from accel_models.fusion.axis import axis_tiles
from accel_models.fusion.group import AXES, Grouper
from accel_models.fusion.inside import DRAM, SHARED
from accel_models.fusion.room import alive
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.tails import Ending
from accel_models.fusion.widths import Widths
from accel_models.template import Template
from nets import Layer, Network
from tests.accel_models.fusion.drawn import branching_network, drawn_network


def _machine() -> Accelerator:
    return Template(
        array=(4, 4), parallel=("K", "C"), l1_bytes=16, l2_bytes=1 << 30, noc_bandwidth=4.0, dram_bandwidth=0.4,
        strict_strides=False,
    ).accelerator()  # fmt: skip


def _mixed(draw: random.Random, network: Network) -> Network:
    """The same network, its layers in drawn precisions."""
    mixed = Network(network.name)
    for layer in network.layers:
        bits = {"input_bits": draw.choice([8, 8, 16]), "output_bits": draw.choice([8, 16])}
        mixed.add(replace(layer, **bits), network.inputs(layer.name))
    return mixed


@pytest.mark.parametrize("drawn", [drawn_network, branching_network])
@pytest.mark.parametrize("seed", range(60))
def test_each_group_is_as_counted_by_itself(seed: int, drawn: Callable[[random.Random], Network]) -> None:
    draw = random.Random(1000 + seed)
    network = _mixed(draw, drawn(draw))
    accelerator, grouper = _machine(), Grouper(network)
    end = len(network.layers) - draw.randint(0, 1)
    first = grouper.firsts[end - 1]
    if first + 1 >= end:
        pytest.skip("a wall")
    longest = grouper.group(first, end)
    plane = longest.last.plane
    tile = draw.randint(1, plane[0]), draw.choice([plane[1], draw.randint(1, plane[1])])
    keep = draw.random() < 0.6, draw.random() < 0.6
    found = Ending(longest, accelerator).tails(tile, keep)
    assert found.first == 0
    for begin in range(first, end - 1):
        groups = grouper.variants(begin, end)
        step = begin - first
        assert found.apart[step] == (len(groups) == 2)
        for again, group in enumerate(groups):
            along = tuple(axis_tiles(group, axis, tile[axis], keep=keep[axis]) for axis in AXES)
            single = alive(group, *along, Widths.at(accelerator, SHARED, group))  # type: ignore[call-arg]
            assert found.peaks[step, again, step:, 0].tolist() == pytest.approx(single.steps)
            assert found.peaks[step, again, step:, 1].tolist() == pytest.approx(single.unfinished)
            assert found.ends[step, again] == pytest.approx(single.ends)
            for resident in (True, False):
                schedule = Schedule(tile, keep=keep, resident=resident, doubled=draw.random() < 0.5)
                for finished in (True, False):
                    words = found.words(doubled=schedule.doubled)[int(resident), int(finished), step, again]
                    assert words == pytest.approx(single.room(schedule, finished=finished).words)
            for level in (DRAM, SHARED):
                widths = Widths.at(accelerator, level, group)
                words = [
                    np.multiply.outer(*(line.counts[place] for line in along)).ravel() * tensor.channels * width
                    for place, (tensor, width) in enumerate(zip(group.tensors, widths.tensors))
                ]
                fetched = [each for each, tensor in zip(words, group.tensors) if tensor.outside]
                written = [each for each, tensor in zip(words, group.tensors) if tensor.leaves]
                np.testing.assert_allclose(found.fetched[step, again, level], sum(fetched))
                np.testing.assert_allclose(found.written[step, level], sum(written))


def test_groups_that_cannot_fit_are_not_counted() -> None:
    network = Network("chain")
    for number, source in enumerate([(), ("l0",), ("l1",), ("l2",)]):
        network.add(Layer(name=f"l{number}", K=2, C=2, P=4, Q=4), source)
    longest = Grouper(network).group(0, 4)
    small = replace(_machine(), levels=tuple(replace(level, capacity_words=1.0) for level in _machine().levels))
    found = Ending(longest, small).tails((1, longest.last.plane[1]), (True, True))
    assert found.first == len(longest.steps) - 2
    assert np.isinf(found.words(doubled=False)[:, :, : found.first]).all()
