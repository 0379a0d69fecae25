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
from tests.accel_models.fusion.drawn import branching_group, drawn_group, drawn_schedule
from tests.accel_models.fusion.walker import positions_read, walk

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "fusion"
MODES = {1: (False, False), 2: (False, True), 3: (True, True)}


@pytest.mark.parametrize("seed", range(10))
def test_every_count_of_drawn_groups_equals_the_simulator(seed: int) -> None:
    draw = random.Random(seed)
    several = 0
    for _ in range(100):
        group = drawn_group(draw)
        schedule = drawn_schedule(draw, group)
        _require_equal_counts(group, schedule)
        several += len(group.steps) > 1 and schedule.tiles(group) > 1
    assert several > 10


@pytest.mark.parametrize("seed", range(10))
def test_so_it_does_where_readers_of_a_tensor_have_different_windows(seed: int) -> None:
    draw = random.Random(seed)
    several = 0
    for _ in range(50):
        group = branching_group(draw)
        schedule = drawn_schedule(draw, group)
        _require_equal_counts(group, schedule)
        readers = [place for step in group.steps for place in {*step.reads}]
        several += len({*readers}) < len(readers) and schedule.tiles(group) > 1
    assert several > 10


def _require_equal_counts(group: Group, schedule: Schedule) -> None:
    cost, ran = group_cost(group, schedule), walk(group, schedule)
    assert list(cost.traffic.made) == ran.made, (group, schedule)
    assert list(cost.traffic.macs) == ran.macs, (group, schedule)
    assert cost.traffic.weight_words == ran.fetched_weights
    assert cost.room.activations == ran.most_alive, (group, schedule)


def test_words_that_a_tile_fetches_and_no_reader_reads_take_room() -> None:
    network = Network("tall and wide")
    network.add(Layer(name="source", P=3, Q=3), ())
    network.add(Layer(name="tall", P=3, Q=3, R=3, padding=(1, 1, 0, 0)), ("source",))
    network.add(Layer(name="wide", P=3, Q=3, S=3, padding=(0, 0, 1, 1)), ("source",))
    group = Grouper(network).group(1, 3)
    room = group_cost(group, Schedule((1, 1), keep=(False, False))).room
    assert room.activations == 3 * 3 + 1  # of which the two read a cross of five


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


def chain(case: dict[str, list]) -> Group:  # type: ignore[type-arg]
    """A chain of square convolutions as the cases describe it."""
    network = Network("chain")
    for number, layer in enumerate(case["layers"]):
        kernel, stride, padding = layer["kernel"], layer["stride"], layer["padding"]
        planes = [(case[axis][number], case[axis][number + 1]) for axis in ("rows", "columns")]
        behind = [max(0, (after - 1) * stride + kernel - padding - before) for before, after in planes]
        network.add(
            Layer(
                name=f"l{number}", C=case["channels"][number], K=case["channels"][number + 1], P=planes[0][1],
                Q=planes[1][1], R=kernel, S=kernel, stride=(stride, stride),
                padding=(padding, behind[0], padding, behind[1]),
            )
        )  # fmt: skip
    return Grouper(network).group(0, len(case["layers"]))


def test_chains_that_sets_counted() -> None:
    if not CASES.exists():
        pytest.skip("no reference cases beside the repository")
    cases = json.loads((CASES / "chains.json").read_text())
    assert len(cases) >= 60
    for case in cases:
        for mode in case["modes"]:
            moved = group_cost(chain(case), Schedule(tuple(case["tile"]), MODES[mode["mode"]])).traffic
            assert (list(moved.made), list(moved.macs)) == (mode["words"], mode["macs"])


@pytest.mark.parametrize(
    "tile, keep, fetched, made, macs",
    [
        ((1, 56), False, 982_016, 594_944, 458_293_248),
        ((3, 56), False, 458_752, 329_728, 305_528_832),
        ((14, 56), False, 243_712, 222_208, 243_597_312),
        ((14, 56), True, 200_704, 200_704, 231_211_008),
    ],
)
def test_two_convolutions_by_the_closed_form(
    tile: tuple[int, int], keep: bool, fetched: int, made: int, macs: int
) -> None:
    layers = [{"kernel": 3, "stride": 1, "padding": 1}] * 2
    group = chain({"layers": layers, "channels": [64] * 3, "rows": [56] * 3, "columns": [56] * 3})
    moved = group_cost(group, Schedule(tile, (keep, True))).traffic
    assert (moved.made, sum(moved.macs)) == ((fetched, made, 200_704), macs)


def test_one_tile_of_one_layer_is_the_layer_alone() -> None:
    network = load_network("mobilenet_v2", resolution=96)
    grouper = Grouper(network)
    for number, layer in enumerate(network.layers):
        group = grouper.group(number, number + 1)
        cost = group_cost(group, Schedule(group.last.plane))
        assert sum(cost.traffic.macs) == layer.macs
        assert cost.traffic.dram_words == layer.input_words + layer.weight_words + layer.output_words


def test_a_shortcut_is_held_or_fetched_again() -> None:
    network = load_network("mobilenet_v2")
    names = [layer.name for layer in network.layers]
    begin, end = names.index("stage3.block2.expand"), names.index("stage3.block2.add") + 1
    schedule = Schedule((4, 28))
    held, again = (
        group_cost(Grouper(network).group(begin, end, refetch=refetch), schedule) for refetch in (False, True)
    )
    assert again.traffic.dram_words - held.traffic.dram_words == 25_088
    assert (held.room.activations, again.room.activations) == (58_240, 53_760)


def test_ends_are_doubled_and_the_middle_is_not() -> None:
    layers = [{"kernel": 3, "stride": 1, "padding": 1}] * 2
    group = chain({"layers": layers, "channels": [2, 3, 4], "rows": [8] * 3, "columns": [5] * 3})
    single, double = (group_cost(group, Schedule((2, 5), doubled=doubled)).room for doubled in (False, True))
    assert double.words - single.words == 2 * 4 * 5 + 4 * 2 * 5  # four rows of the input, then two at a time


def test_a_tile_larger_than_the_output_is_refused() -> None:
    group = Grouper(load_network("alexnet")).group(0, 2)
    with pytest.raises(InputError, match="must be 1 to 27 rows"):
        group_cost(group, Schedule((28, 1)))
