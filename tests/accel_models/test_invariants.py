"""What holds for every mapping of every layer on every machine (DESIGN: the cost model's invariants)."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_models import codes
from accel_models.accelerator import Accelerator, Level
from accel_models.cost import evaluate, evaluate_batch
from accel_models.loopnest import LevelLoops, Loop, Mapping
from accel_models.mapping_arrays import to_arrays
from nets.layer import Layer
from tests.strategies import cases

Case = tuple[Layer, Accelerator, Mapping]
relaxed = settings(max_examples=150, deadline=None)


@relaxed
@given(case=cases(hardware=True))
def test_time_and_traffic_are_at_least_what_the_layer_needs(case: Case) -> None:
    layer, machine, mapping = case
    cost = evaluate(layer, machine, mapping)
    assert cost.valid
    assert cost.cycles >= layer.macs / machine.macs_per_cycle
    assert 0 < cost.utilization <= 1
    assert cost.energy_pj >= layer.macs * machine.mac_pj
    outermost = cost.traffic[machine.levels[0].name]
    assert outermost["W"].reads >= layer.weight_words
    assert outermost["O"].updates >= layer.output_words
    assert outermost["O"].reads == outermost["O"].updates - layer.output_words
    swept = layer.N * layer.G * layer.C * _touched(layer, 0) * _touched(layer, 1)
    assert outermost["I"].reads >= swept


def _touched(layer: Layer, axis: int) -> int:
    """Rows (or columns) of the input that the filter really touches."""
    outputs, taps = ((layer.P, layer.R), (layer.Q, layer.S))[axis]
    return len({p * layer.stride[axis] + r * layer.dilation[axis] for p in range(outputs) for r in range(taps)})


@relaxed
@given(case=cases(hardware=True), factor=st.floats(1.0, 16.0), data=st.data())
def test_more_bandwidth_never_costs_cycles_or_energy(case: Case, factor: float, data: st.DataObject) -> None:
    layer, machine, mapping = case
    at = data.draw(st.integers(0, len(machine.levels) - 1))
    levels = list(machine.levels)
    wide = {
        name: getattr(levels[at], name) * factor for name in ("read_bandwidth", "write_bandwidth", "shared_bandwidth")
    }
    levels[at] = dataclasses.replace(levels[at], **wide)
    before, after = (
        evaluate(layer, machine, mapping),
        evaluate(layer, dataclasses.replace(machine, levels=tuple(levels)), mapping),
    )
    assert after.cycles <= before.cycles
    assert after.energy_pj == before.energy_pj


@relaxed
@given(case=cases(hardware=True))
def test_conventions_differ_only_by_what_they_name(case: Case) -> None:
    layer, machine, mapping = case
    ours, bare = evaluate(layer, machine, mapping), evaluate(layer, machine, mapping, convention="timeloop")
    drained = evaluate(layer, machine, mapping, convention="drain-reads")
    assert ours.traffic == bare.traffic
    assert ours.cycles == pytest.approx(bare.cycles + ours.fill_cycles + ours.drain_cycles)
    assert bare.fill_cycles == bare.drain_cycles == 0
    for level, tensors in drained.traffic.items():
        for tensor, traffic in tensors.items():
            assert traffic.reads >= bare.traffic[level][tensor].reads
            assert (traffic.fills, traffic.updates) == (
                bare.traffic[level][tensor].fills,
                bare.traffic[level][tensor].updates,
            )


@relaxed
@given(case=cases(hardware=True))
def test_energy_is_the_sum_of_its_parts(case: Case) -> None:
    cost = evaluate(*case)
    assert sum(cost.energy_breakdown_pj.values()) == pytest.approx(cost.energy_pj)
    assert all(part >= 0 for part in cost.energy_breakdown_pj.values())
    by_hand = cost.layer.macs * cost.accelerator.mac_pj
    for level in cost.accelerator.levels:
        for t in cost.traffic[level.name].values():
            by_hand += t.reads * level.read_pj + (t.fills + t.updates) * level.write_pj
    assert by_hand == pytest.approx(cost.energy_pj)


@settings(max_examples=40, deadline=None)
@given(
    drawn=st.lists(cases(max_levels=3, hardware=True).filter(lambda c: len(c[1].levels) == 3), min_size=1, max_size=6)
)
def test_a_batch_is_each_alone_in_any_order_on_any_threads(drawn: list[Case]) -> None:
    arrays = [to_arrays(layer, machine, [mapping]) for layer, machine, mapping in drawn]
    names = ("tile", "part", "order", "axis", "keep")
    together = type(arrays[0])(*(np.concatenate([getattr(a, n) for a in arrays]) for n in names))
    index = np.arange(len(drawn))
    layers, machines = [c[0] for c in drawn], [c[1] for c in drawn]
    one = evaluate_batch(layers, machines, together, layer_of=index, accelerator_of=index)
    two = evaluate_batch(layers, machines, together, layer_of=index, accelerator_of=index, threads=2)
    backwards = type(arrays[0])(*(getattr(together, n)[::-1].copy() for n in names))
    turned = evaluate_batch(layers, machines, backwards, layer_of=index[::-1], accelerator_of=index[::-1])
    alone = [evaluate(*case) for case in drawn]
    for batch in (one.cycles, two.cycles, turned.cycles[::-1]):
        assert batch.tolist() == [cost.cycles for cost in alone]
    for batch in (one.energy_pj, two.energy_pj, turned.energy_pj[::-1]):
        assert batch.tolist() == [cost.energy_pj for cost in alone]


LAYER = Layer(name="conv", K=8, C=4, P=6, Q=6, R=3, S=3)


def _machine(**l1: float) -> Accelerator:
    return Accelerator(name="two levels", levels=(Level(name="DRAM"), Level(name="L1", **l1)))  # type: ignore[arg-type]


def _mapping(**tiles: int) -> Mapping:
    rest = tuple(Loop(dim, 1) for dim in ("K", "C", "P", "Q", "R", "S"))
    return Mapping((LevelLoops("DRAM", tuple(Loop(dim, tile) for dim, tile in tiles.items())), LevelLoops("L1", rest)))


def test_what_overflows_says_which_tensor_where_and_by_how_much() -> None:
    cost = evaluate(LAYER, _machine(capacity_words=100), _mapping(K=4))
    assert not cost.valid
    assert cost.cycles == math.inf == cost.energy_pj
    assert "'conv'" in str(cost.error)
    assert "L1" in str(cost.error)
    assert "I 256" in str(cost.error)
    assert "100 words" in str(cost.error)


def test_a_larger_level_takes_what_a_smaller_one_does_not() -> None:
    words = 4 * 4 * 9 + 4 * 64 + 4 * 36
    assert evaluate(LAYER, _machine(capacity_words=words, word_bits=8), _mapping(K=4)).valid is False  # sums are wider
    assert evaluate(dataclasses.replace(LAYER, psum_bits=8), _machine(capacity_words=words), _mapping(K=4)).valid


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        (_mapping(K=9), "must not exceed the 8"),
        (Mapping((LevelLoops("DRAM"), LevelLoops("L1"))), "left below the last level"),
        (Mapping((LevelLoops("DRAM"), LevelLoops("L2"))), "levels"),
        (Mapping((LevelLoops("DRAM", keeps=("W",)), LevelLoops("L1", tuple(Loop(d, 1) for d in "KCPQRS")))), "keeps"),
        (
            Mapping(
                (LevelLoops("DRAM", spatial=(Loop("K", 4),)), LevelLoops("L1", tuple(Loop(d, 1) for d in "KCPQRS")))
            ),
            "axis",
        ),
    ],
)
def test_what_does_not_nest_says_so(mapping: Mapping, says: str) -> None:
    cost = evaluate(LAYER, _machine(), mapping)
    assert not cost.valid
    assert says in str(cost.error)


def test_status_codes_name_the_cause_in_a_batch() -> None:
    machine = _machine(capacity_words=100)
    good, large = _mapping(K=1, C=1, P=1, Q=1, R=1, S=1), _mapping(K=4)
    batch = evaluate_batch([LAYER], [machine], to_arrays(LAYER, machine, [good, large]))
    assert batch.status[0] == codes.OK
    assert batch.status[1] & 0xFF == codes.CAPACITY
    assert batch.status[1] >> 8 & 0xFF == 1
    assert np.isinf(batch.cycles[1])
