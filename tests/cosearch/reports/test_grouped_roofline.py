"""A network in groups under the roof: bytes and ceilings of each group, beside the same layers alone."""

from __future__ import annotations

import pytest

from accel_models import load_accelerator
from accel_models.accelerator import Accelerator
from accel_models.fusion.cost import group_cost
from accel_models.fusion.group import Grouper
from accel_models.fusion.roofline import ON_THE_CHIP, group_point
from cosearch.evaluation.groups import Grouped
from cosearch.evaluation.mapped_networks import map_networks
from cosearch.problem.objective import load_objective
from cosearch.problem.options import MapperOptions
from cosearch.reports.grouped_roofline import grouped_roofline
from cosearch.reports.roofline_chart import roofline_chart
from nets import Layer, Network
from tests.cosearch.conftest import Cosearch


@pytest.fixture(scope="module")
def machine() -> Accelerator:
    return load_accelerator("nvdla_256")


def _two_convolutions(channels: int, plane: int) -> Network:
    network = Network("two", resolution=plane)
    for number, source in enumerate([(), ("c0",)]):
        shape = {"K": channels, "C": channels, "P": plane, "Q": plane, "R": 3, "S": 3}
        network.add(Layer(name=f"c{number}", padding=(1, 1, 1, 1), **shape), source)
    return network


def test_a_group_moves_its_ends_and_weights_once_at_least(machine: Accelerator) -> None:
    """Two convolutions of 64 channels on 56x56: 200,704 words in, as many out, 73,728 weights."""
    group = Grouper(_two_convolutions(64, 56)).group(0, 2)
    point = group_point(group, machine, read=300_000.0, written=250_000.0, on_chip_cycles=2e6, cycles=2.5e6)
    assert point.layer.macs == 231_211_008
    assert point.intensity == pytest.approx(231_211_008 / (2 * 200_704 + 73_728))
    assert point.mapped_intensity == {"DRAM": pytest.approx(231_211_008 / 550_000)}
    assert point.bound_by == ON_THE_CHIP
    assert point.achieved is not None
    assert point.achieved <= min(point.mapped_ceilings.values())


def test_groups_stand_beside_their_layers_alone(machine: Accelerator) -> None:
    network = _two_convolutions(16, 24)
    network.add(Layer(name="pool", kind="pool", G=16, P=1, Q=1, R=24, S=24), ("c1",))
    network.add(Layer(name="head", K=40, C=16), ("pool",))
    cost = map_networks([network], machine, MapperOptions(), 20).costs[0]
    grouped = Grouped.search(network, machine, load_objective("edp"))
    roof = grouped_roofline(cost, grouped)
    assert roof.groups is not None
    parts = roof.groups.roofline
    assert [point.layer.name for point in parts.points] == ["c0 to c1 (2)", "head"]
    first, plan = parts.points[0], grouped.plans[0]
    assert plan.schedule is not None
    words = group_cost(Grouper(network).group(0, 2), plan.schedule).traffic.dram_words
    assert first.mapped_intensity["DRAM"] == pytest.approx(first.layer.macs / words)
    assert roof.groups.alone[0] < first.mapped_intensity["DRAM"] <= first.intensity * (1 + 1e-12)
    assert roof.groups.intensity > roof.groups.intensity_alone
    for point in parts.points:
        assert point.achieved is not None
        assert point.achieved <= min(point.attainable, *point.mapped_ceilings.values()) * (1 + 1e-12)
    pool = next(part for part in grouped.parts if part.begin == 2)
    assert sum(parts.time_shares) == pytest.approx(1 - pool.cost.cycles / grouped.cycles)
    assert [one["layer"] for one in roof.to_dict()["groups"]["parts"]] == ["c0 to c1 (2)", "head"]
    assert "two in groups on nvdla_256" in roofline_chart(roof.series).file()


def test_the_command_shows_both(cosearch: Cosearch) -> None:
    words = ("--fuse", "--resolution", "64", "--evaluations", "5")
    said = cosearch("roofline", "alexnet", "nvdla_256", *words)
    assert said.status == 0
    assert "alexnet in groups on nvdla_256" in said.out
    assert "with every layer alone" in said.out
    refused = cosearch("roofline", "alexnet", "eyeriss_chip", *words)
    assert refused.status == 2
    assert "one memory that all tensors share" in refused.err
