"""Groups with energy and latency: equal to every partition tried, bounded from below, and adding up."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from accel_models import Accelerator, evaluate
from accel_models.fusion.group import Grouper
from accel_models.fusion.inside import inside, static_pj, with_static_pj
from accel_models.loopnest import Mapping, MappingArrays
from accel_models.mapping_arrays import from_arrays
from accel_models.template import Template
from accel_models.vector import vector_cost
from mappings.fusion.best_schedule import Rules
from mappings.fusion.fuse import fuse
from mappings.fusion.members import Members
from mappings.fusion.price import Priced, PriceList
from mappings.fusion.ways import groups_of
from nets import Layer, Network
from nets.errors import InputError
from tests.accel_models.fusion.drawn import drawn_network

EVERY_TILE = Rules(tallest=0)


def machine(l2_bytes: int) -> Accelerator:
    return Template(
        array=(4, 4), parallel=("K", "C"), l1_bytes=16, l2_bytes=l2_bytes, noc_bandwidth=4.0, dram_bandwidth=0.4,
        strict_strides=False,
    ).accelerator()  # fmt: skip


def every_cut(network: Network, accelerator: Accelerator, cycle_pj: float) -> list[list[Priced]]:
    """Every partition into groups that fit, each group run in every way."""
    grouper, whole, pieces = Grouper(network), Members(accelerator), Members(inside(accelerator))
    count = len(network.layers)
    alone, together = [], {}
    for layer in network.layers:
        (one,) = whole.find([layer], cycle_pj)
        assert one is not None
        alone.append(Priced(layer.times * one.energy_pj, layer.times * one.cycles, 0.0, layer.times * one.bound))
    for end in range(2, count + 1):
        for begin, ways in groups_of(grouper, end, accelerator, EVERY_TILE):
            prices = PriceList(ways, accelerator, pieces)
            costs = [
                prices.priced(way, cost, cycle_pj) for way, cost in enumerate(prices.costs(cycle_pj, range(len(ways))))
            ]
            together[begin, end] = [cost for cost in costs if math.isfinite(cost.score)]
    found = []
    for cuts in itertools.product((False, True), repeat=count - 1):
        ends = [place + 1 for place, cut in enumerate(cuts) if cut] + [count]
        groups = list(zip([0, *ends[:-1]], ends))
        choices = [[alone[begin]] if end - begin == 1 else together.get((begin, end), []) for begin, end in groups]
        found += [list(choice) for choice in itertools.product(*choices)]
    return found


def _sums(parts: list[Priced]) -> tuple[float, float]:
    return math.fsum(part.energy_pj for part in parts), math.fsum(part.cycles for part in parts)


@pytest.mark.parametrize("seed", range(36))
def test_no_partition_is_better(seed: int) -> None:
    draw = random.Random(seed)
    network = drawn_network(draw)
    accelerator = machine(draw.choice([128, 256, 640]))
    static = static_pj(accelerator)
    for objective, cycle_pj in (("energy", static), ("latency", math.inf)):
        found = fuse(network, accelerator, objective=objective, rules=EVERY_TILE)  # type: ignore[arg-type]
        sums = [_sums(parts) for parts in every_cut(network, accelerator, cycle_pj)]
        least = min(cycles if objective == "latency" else energy + static * cycles for energy, cycles in sums)
        assert found.score == pytest.approx(least, rel=1e-12)
        assert found.lower_bound <= found.score
        assert objective == "latency" or found.gap < 0.03
    found = fuse(network, accelerator, objective="edp", rules=EVERY_TILE)
    for cycle_pj in (static, static + found.energy_pj / found.cycles, math.inf):
        for parts in every_cut(network, accelerator, cycle_pj):
            energy, cycles = _sums(parts)
            product = (energy + static * cycles) * cycles
            assert found.lower_bound <= product * (1 + 1e-9)
            assert found.score <= 1.02 * product  # pieces are mapped within a percent


def test_parts_cover_the_network_and_add_up() -> None:
    network = drawn_network(random.Random(5))
    accelerator = machine(640)
    found = fuse(network, accelerator, objective="energy")
    assert [place for part in found.parts for place in range(part.begin, part.end)] == list(range(len(network.layers)))
    energy, cycles = _sums([part.cost for part in found.parts])
    assert found.cycles == pytest.approx(cycles)
    assert found.energy_pj == pytest.approx(energy + static_pj(accelerator) * cycles)
    assert found.score <= found.alone()[0] * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_sums_that_are_not_finished_have_room(seed: int) -> None:
    """Groups with room for finished outputs only have no mapping that sends up others; those with more may."""
    network, accelerator = drawn_network(random.Random(300 + seed)), machine(200)
    ways = [part.cost for part in fuse(network, accelerator, objective="energy").parts if part.cost.way is not None]
    for cost in ways:
        assert cost.way is not None
        assert cost.way.room <= accelerator.levels[1].capacity_words
        sent = [one.finished for of in cost.members for one in of if one is not None]
        assert all(sent) or not cost.way.finished


@pytest.mark.parametrize("seed", range(8))
def test_a_group_pays_for_its_pieces_tile_by_tile(seed: int) -> None:
    """Every tile's pieces evaluated by themselves, and every word that crosses, add up to the group."""
    draw = random.Random(50 + seed)
    network, accelerator = drawn_network(draw), machine(640)
    grouper = Grouper(network)
    last = len(network.layers)
    if last < 2 or grouper.firsts[last - 1] > 0:
        pytest.skip("a wall")
    ways = dict(groups_of(grouper, last, accelerator, EVERY_TILE))[0]
    assert ways
    chip = with_static_pj(inside(accelerator), 0.0)
    prices = PriceList(ways, accelerator, Members(inside(accelerator)))
    for number, row in enumerate(prices.costs(3.0, range(len(ways)))):
        way, cost = ways[number], prices.priced(number, row, 3.0)
        if math.isinf(cost.score):
            continue
        energy = way.crossing_pj(accelerator)
        for step, found in zip(way.steps, cost.members):
            for row in step.row_of:
                for column in step.column_of:
                    for part, one in enumerate(step.slices):
                        at = (row * len(step.columns) + column) * len(step.slices) + part
                        if found[at] is not None:
                            energy += one.runs * _energy(found[at], chip)
        assert cost.energy_pj == pytest.approx(energy, rel=1e-12)
        assert cost.score == pytest.approx(cost.energy_pj + 3.0 * cost.cycles)
        assert cost.bound <= cost.score


def _energy(member: Any, chip: Accelerator) -> float:
    if member.mapping is None:
        return vector_cost(member.layer, chip).energy_pj
    return evaluate(member.layer, chip, from_arrays(member.layer, chip, member.mapping, 0)).energy_pj


def test_at_home_a_layer_costs_what_it_costs_on_the_whole_machine_less_what_crosses() -> None:
    """A mapping that holds all of a layer in the shared memory: the same energy, but for what DRAM sends and takes."""
    layer = Layer(name="conv", K=8, C=8, P=6, Q=6, R=3, S=3)
    accelerator = replace(machine(1 << 20), static_mw=0.0)
    whole = with_static_pj(accelerator, 0.0)
    (member,) = Members(inside(accelerator)).find([layer], 2.0)
    assert member is not None
    assert member.mapping is not None
    on_all, (dram, shared) = evaluate(layer, whole, _held_whole(layer, whole, member.mapping)), whole.levels[:2]
    crossing = (layer.weight_words + layer.input_words) * (dram.read_pj + shared.write_pj)
    crossing += layer.output_words * dram.write_pj
    assert on_all.energy_pj == pytest.approx(member.energy_pj + crossing, rel=1e-12)


def _held_whole(layer: Layer, whole: Accelerator, inner: MappingArrays) -> Mapping:
    """A mapping from the shared memory inwards, which holds all of the layer, as one of the whole machine."""
    bounds = np.array(layer.bounds, dtype=np.int64)[None, None]
    order, axis = np.arange(8, dtype=np.int8)[None, None], np.zeros((1, 1, 8), dtype=np.int8)
    first = (bounds, bounds, order, axis, np.ones((1, 1, 3), dtype=np.bool_))
    names = ("tile", "part", "order", "axis", "keep")
    arrays = [np.concatenate([own, getattr(inner, name)], axis=1) for own, name in zip(first, names)]
    return from_arrays(layer, whole, MappingArrays(*arrays), 0)


def test_a_machine_that_shares_no_memory_is_refused() -> None:
    network = drawn_network(random.Random(1))
    alone = machine(640)
    with pytest.raises(InputError, match="no memory on the chip"):
        fuse(network, replace(alone, levels=alone.levels[:1]))
    with pytest.raises(InputError, match="objective"):
        fuse(network, alone, objective="power")  # type: ignore[arg-type]
