"""The simulator itself, on nests small enough to count by hand and on the reference nests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from accel_models.accelerator import Accelerator
from accel_models.formats.nest import nest_from_dict, read_nest
from accel_models.loopnest import Mapping
from nets.layer import Layer
from tests.accel_models.simulator import Simulation, simulate
from tests.strategies import cases

NESTS = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "nests"


def run(layer: dict[str, object], *levels: dict[str, object], drain_reads: bool = False) -> Simulation:
    nest = nest_from_dict({"layer": layer, "levels": list(levels)})
    return simulate(nest.layer, nest.accelerator, nest.mapping, drain_reads=drain_reads)


def test_one_memory_is_read_for_every_mac() -> None:
    got = run({"P": 2, "C": 3, "K": 2}, {"name": "DRAM", "temporal": [["P", 1], ["K", 1], ["C", 1]]})
    assert got.totals() == {"DRAM": {"W": (12, 0, 0), "I": (12, 0, 0), "O": (8, 0, 12)}}
    assert (got.compute_cycles, got.macs) == (12, 12)


def test_a_sliding_window_receives_only_its_new_column() -> None:
    got = run({"Q": 4, "S": 3}, {"name": "DRAM", "temporal": [["Q", 1]]}, {"name": "L1", "temporal": [["S", 1]]})
    assert got.totals()["DRAM"] == {"W": (3, 0, 0), "I": (3 + 1 + 1 + 1, 0, 0), "O": (0, 0, 4)}
    assert got.totals()["L1"] == {"W": (12, 3, 0), "I": (12, 6, 0), "O": (12 - 4, 0, 12)}
    assert got.traffic["L1"]["I"].first_fill == {(): 3}
    assert got.traffic["L1"]["O"].last_drain == {(): 1}


def test_a_stride_longer_than_the_filter_fetches_the_gap_too() -> None:
    got = run({"Q": 2, "stride": [1, 3]}, {"name": "DRAM"}, {"name": "L1", "temporal": [["Q", 1]]})
    assert got.totals()["L1"]["I"] == (2, 4, 0)


def test_multicast_is_one_read_and_spatial_reduction_one_update() -> None:
    got = run(
        {"K": 2, "C": 2, "P": 3},
        {"name": "DRAM", "spatial": [["K", 1, "X"], ["C", 1, "Y"]]},
        {"name": "L1", "temporal": [["P", 1]]},
    )
    assert got.totals()["DRAM"] == {"W": (4, 0, 0), "I": (6, 0, 0), "O": (0, 0, 6)}
    assert got.totals()["L1"] == {"W": (12, 4, 0), "I": (12, 12, 0), "O": (0, 0, 12)}
    assert got.compute_cycles == 3
    assert got.traffic["L1"]["I"].busiest.as_tuple() == (3, 3, 0)


@pytest.mark.parametrize("drain_reads, reads", [(False, 4), (True, 4 + 6)])
def test_partial_sums_that_leave_come_back(drain_reads: bool, reads: int) -> None:
    got = run(
        {"K": 2, "C": 3},
        {"name": "DRAM", "temporal": [["C", 1], ["K", 1]]},
        {"name": "L1"},
        drain_reads=drain_reads,
    )
    assert got.totals()["DRAM"]["O"] == (4, 0, 6)
    assert got.totals()["L1"]["O"] == (reads, 4, 6)


def test_an_instance_with_nothing_to_do_keeps_its_partial_sum() -> None:
    """Of three channels the second instance has one: while the first takes its second, it waits and drops nothing."""
    got = run(
        {"K": 3, "C": 2},
        {"name": "DRAM", "temporal": [["C", 1]], "spatial": [["K", 2]]},
        {"name": "L2", "keeps": [], "temporal": [["K", 1]]},
        {"name": "L1"},
    )
    assert got.totals()["DRAM"]["O"] == (2, 0, 4 + 1)
    assert got.totals()["L1"]["O"] == (3, 2, 6)
    assert got.traffic["L1"]["O"].at((1,)).as_tuple() == (1, 0, 2)
    assert got.compute_cycles == 4


def test_every_holder_of_a_partial_sum_fetches_it_and_the_parent_reads_it_once() -> None:
    got = run(
        {"K": 2, "C": 4},
        {"name": "DRAM", "temporal": [["C", 2], ["K", 1]], "spatial": [["C", 1]]},
        {"name": "L1"},
    )
    assert got.totals()["DRAM"]["O"] == (2, 0, 4)
    assert got.totals()["L1"]["O"] == (4, 4, 8)


@pytest.mark.skipif(not NESTS.is_dir(), reason="the reference nests are not beside the repository")
def test_every_reference_nest_is_equal() -> None:
    paths = sorted(NESTS.glob("*.json"))
    assert paths
    for path in paths:
        nest = read_nest(path)
        got = simulate(nest.layer, nest.accelerator, nest.mapping)
        assert nest.expected is not None
        levels = {
            level: {tensor: (c["reads"], c["fills"], c["updates"]) for tensor, c in tensors.items()}
            for level, tensors in nest.expected["levels"].items()
        }
        assert (path.name, got.macs, got.compute_cycles) == (
            path.name,
            nest.expected["macs"],
            nest.expected["compute_cycles"],
        )
        assert (path.name, got.totals()) == (path.name, levels)


@settings(max_examples=60, deadline=None)
@given(cases(max_macs=400))
def test_whatever_is_drawn_is_computed_once_and_fetched_at_least_once(case: tuple[Layer, Accelerator, Mapping]) -> None:
    layer, accelerator, mapping = case
    got = simulate(layer, accelerator, mapping)
    outermost = got.totals()[accelerator.levels[0].name]
    assert got.macs == layer.macs
    assert got.compute_cycles * accelerator.macs_per_cycle >= layer.macs
    assert outermost["W"][0] >= layer.weight_words
    assert outermost["O"][2] >= layer.output_words
