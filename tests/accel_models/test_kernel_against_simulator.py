"""The proof of the cost model: the kernel counts what a walk through the nest counts, to the last word."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings

from accel_models.accelerator import Accelerator
from accel_models.cost import Convention, evaluate
from accel_models.loopnest import Mapping
from nets.layer import Layer
from tests.accel_models.simulator import Simulation, simulate
from tests.strategies import cases, uneven_cases

Case = tuple[Layer, Accelerator, Mapping]


@pytest.mark.parametrize("convention", ["timeloop", "drain-reads"])
@settings(max_examples=120, deadline=None)
@given(case=cases(max_macs=600) | uneven_cases(max_macs=300))
def test_every_count_and_every_cycle_is_equal(case: Case, convention: Convention) -> None:
    layer, accelerator, mapping = case
    walked = simulate(layer, accelerator, mapping, drain_reads=convention == "drain-reads")
    cost = evaluate(layer, accelerator, mapping, convention=convention)
    assert cost.error is None
    counted = {
        level: {tensor: (t.reads, t.fills, t.updates) for tensor, t in tensors.items()}
        for level, tensors in cost.traffic.items()
    }
    assert counted == walked.totals()
    assert cost.compute_cycles == walked.compute_cycles


@settings(max_examples=120, deadline=None)
@given(case=cases(max_macs=400, hardware=True) | uneven_cases(max_macs=200, hardware=True))
def test_time_and_energy_are_those_of_what_moved(case: Case) -> None:
    """One walk serves all of them, for it is what takes the time."""
    walked = simulate(*case)
    the_cycles_of_every_level_are_those_of_its_busiest_instance(case, walked)
    energy_is_what_the_words_that_moved_cost(case, walked)
    the_first_tiles_are_filled_before_anything_runs(case, walked)
    the_last_tiles_are_drained_after_everything_ran(case, walked)


def the_cycles_of_every_level_are_those_of_its_busiest_instance(case: Case, walked: Simulation) -> None:
    layer, accelerator, mapping = case
    cost = evaluate(layer, accelerator, mapping, convention="timeloop")
    for level in accelerator.levels:
        instances = {at for traffic in walked.traffic[level.name].values() for at in traffic.instances}
        slowest = 0.0
        for at in instances:
            counts = [traffic.at(at) for traffic in walked.traffic[level.name].values()]
            reads = sum(count.reads for count in counts)
            writes = sum(count.fills + count.updates for count in counts)
            slowest = max(
                slowest,
                reads / level.read_bandwidth,
                writes / level.write_bandwidth,
                (reads + writes) / level.shared_bandwidth,
            )
        assert cost.level_cycles[level.name] == pytest.approx(slowest, rel=1e-12)
    assert cost.cycles == max(cost.compute_cycles, *cost.level_cycles.values())


def energy_is_what_the_words_that_moved_cost(case: Case, walked: Simulation) -> None:
    layer, accelerator, mapping = case
    energy_pj = accelerator.mac_pj * walked.macs
    for level in accelerator.levels:
        for traffic in walked.traffic[level.name].values():
            total = traffic.total
            energy_pj += total.reads * level.read_pj + (total.fills + total.updates) * level.write_pj
    assert evaluate(layer, accelerator, mapping).energy_pj == pytest.approx(energy_pj, rel=1e-12)


def the_first_tiles_are_filled_before_anything_runs(case: Case, walked: Simulation) -> None:
    layer, accelerator, mapping = case
    levels = {level.name: level for level in accelerator.levels}
    fill_cycles = 0.0
    for tensor in "WI":
        chain = [name for name in levels if tensor in walked.traffic[name]]
        for parent, child in itertools.pairwise(chain):
            sent = max(walked.traffic[parent][tensor].first_read.values())
            received = max(walked.traffic[child][tensor].first_fill.values())
            fill_cycles += max(sent / levels[parent].read_bandwidth, received / levels[child].write_bandwidth)
    assert evaluate(layer, accelerator, mapping).fill_cycles == pytest.approx(fill_cycles, rel=1e-12)


def the_last_tiles_are_drained_after_everything_ran(case: Case, walked: Simulation) -> None:
    layer, accelerator, mapping = case
    levels = {level.name: level for level in accelerator.levels}
    drain_cycles = 0.0
    chain = [name for name in levels if "O" in walked.traffic[name]]
    for parent, child in itertools.pairwise(chain):
        taken = max(walked.traffic[parent]["O"].last_update.values())
        sent = max(walked.traffic[child]["O"].last_drain.values())
        drain_cycles += max(taken / levels[parent].write_bandwidth, sent / levels[child].read_bandwidth)
    assert evaluate(layer, accelerator, mapping).drain_cycles == pytest.approx(drain_cycles, rel=1e-12)
