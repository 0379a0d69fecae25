"""The dynamic program over cuts against all partitions, modes and tiles; layers that cannot run together."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace

import pytest

from accel_models.fusion.cost import group_cost
from accel_models.fusion.group import Grouper, wall
from accel_models.fusion.schedule import Schedule
from mappings.fusion.best_schedule import KEPT_ROWS, Rules, least_words, tile_sizes
from mappings.fusion.one_group import one_group
from mappings.fusion.partition import alone_words, partition
from nets import Layer, Network, load_network
from nets.errors import InfeasibleError, InputError
from tests.accel_models.fusion.drawn import drawn_network

EVERYTHING = Rules(columns=True)


def best_of_all(network: Network, begin: int, end: int, capacity: int, rules: Rules) -> float:
    """Least DRAM words of layers as one group, over every mode and every tile."""
    best = math.inf
    for refetch in (False, True):
        group = Grouper(network).group(begin, end, refetch=refetch)
        rows, columns = group.last.plane
        for tile in itertools.product(range(1, rows + 1), range(1, columns + 1) if rules.columns else [columns]):
            for keep in itertools.product((True, False) if rules.recompute else (True,), repeat=2):
                for resident in (True, False) if rules.stream else (True,):
                    cost = group_cost(group, Schedule(tile, keep, resident, rules.doubled))
                    if cost.room.words <= capacity:
                        best = min(best, cost.traffic.dram_words)
    return best


def least_of_all_partitions(network: Network, capacity: int, rules: Rules) -> float:
    layers = network.layers
    cost: dict[tuple[int, int], float] = {
        (begin, end): best_of_all(network, begin, end, capacity, rules)
        for begin, end in itertools.combinations(range(len(layers) + 1), 2)
        if end - begin > 1
    }
    cost |= {(place, place + 1): alone_words(layer) for place, layer in enumerate(layers)}
    inner = range(1, len(layers))
    return min(
        sum(cost[span] for span in itertools.pairwise((0, *cuts, len(layers))))
        for size in range(len(layers))
        for cuts in itertools.combinations(inner, size)
    )


@pytest.mark.parametrize("rules", [EVERYTHING, Rules(), KEPT_ROWS, Rules(columns=True, doubled=True)], ids=str)
def test_no_partition_moves_fewer_words(rules: Rules) -> None:
    draw = random.Random(7)
    grouped = streamed = 0
    for _ in range(8):
        network = drawn_network(draw)
        for capacity in sorted(draw.sample(range(20, 400), 2)):
            found = partition(network, capacity, rules)
            assert found.dram_words == least_of_all_partitions(network, capacity, rules)
            assert found.dram_words == sum(part.dram_words for part in found.parts) <= found.alone_words
            assert [part.begin for part in found.parts[1:]] == [part.end for part in found.parts[:-1]]
            for part in found.parts:
                if part.group is not None and part.scheduled is not None:
                    cost = group_cost(part.group, part.scheduled.schedule)
                    assert cost == part.scheduled.cost
                    assert cost.traffic.dram_words == part.dram_words >= least_words(part.group)
                    assert cost.room.words <= capacity
                    grouped += 1
                    streamed += not part.scheduled.schedule.resident
    assert grouped > 5
    assert (streamed > 0) == rules.stream


def test_overlaps_are_made_again_where_line_buffers_do_not_fit() -> None:
    network = Network("deep")
    for number in range(2):
        network.add(Layer(name=f"l{number}", P=12, Q=12, R=5, S=5, padding=(2, 2, 2, 2)))
    kept, free = (
        partition(network, 155, replace(EVERYTHING, stream=False, recompute=again)) for again in (False, True)
    )
    assert free.dram_words < kept.dram_words == kept.alone_words
    assert free.parts[0].scheduled is not None
    assert not all(free.parts[0].scheduled.schedule.keep)


def test_more_room_never_moves_more_words() -> None:
    network = load_network("squeezenet1_1", resolution=64)
    words = [partition(network, 1 << power, KEPT_ROWS).dram_words for power in range(10, 20, 3)]
    assert words == sorted(words, reverse=True)
    assert words[-1] < words[0]


def test_tiles_are_the_smallest_of_each_number() -> None:
    assert tile_sizes(7) == [7, 4, 3, 2, 1]
    for size in range(1, 40):
        assert {-(-size // tile) for tile in tile_sizes(size)} == {-(-size // tile) for tile in range(1, size + 1)}


def test_a_group_that_fits_at_no_tile_says_for_what_and_by_how_much() -> None:
    network = load_network("vgg16", resolution=32)
    with pytest.raises(InfeasibleError, match=r"'conv1_1' to 'pool1'.*too many.*'conv1_[12]'"):
        one_group(network, "conv1_1", "pool1", 2000, Rules())
    with pytest.raises(InfeasibleError, match="weights"):
        one_group(network, "conv5_1", "conv5_2", 2000, KEPT_ROWS)


@pytest.mark.parametrize(
    "name, first, last, reason",
    [
        ("mobilenet_v2", "head", "classifier", "global pooling"),
        ("vgg16", "pool5", "fc1", "another shape"),
        ("vgg16", "conv1_2", "conv1_1", "two layers or more"),
        ("vgg16", "conv1_1", "conv1_3", "did you mean"),
        ("mobilenet_v3_small", "block1.se.expand", "block1.se.scale", "another shape"),
    ],
)
def test_what_cannot_run_together_is_named(name: str, first: str, last: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        one_group(load_network(name), first, last, 1 << 20, Rules())


def test_attention_and_norms_are_walls() -> None:
    network = load_network("deit_t")
    walls = {layer.name: reason for layer in network.layers if (reason := wall(network, layer.name))}
    reasons = set(walls.values())
    assert any("softmax" in reason for reason in reasons)
    assert any("two activations" in reason for reason in reasons)
    found = partition(network, 1 << 20, KEPT_ROWS)
    for part in found.parts:
        names = {layer.name for layer in network.layers[part.begin : part.end]}
        assert len(names) == 1 or not names & walls.keys()


def test_no_room_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="at least one word"):
        partition(load_network("alexnet"), 0)
