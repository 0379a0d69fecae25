"""Mapped networks under the roof: shares of the time, several on one plot, and what the command refuses."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from accel_models import load_accelerator
from cosearch.evaluation.mapped_networks import map_networks
from cosearch.problem.mapper_options import MapperOptions
from cosearch.reports.roofline import network_roofline
from nets import load_network
from tests.cosearch.conftest import Cosearch


def test_shares_and_points_are_those_of_the_network() -> None:
    cost = map_networks([load_network("mobilenet_v2", 96)], load_accelerator("nvdla_256"), MapperOptions(), 20).costs[0]
    roof = network_roofline(cost)
    ran = [layer for layer in cost.layers if layer.mapping is not None]
    assert [point.layer.name for point in roof.points] == [layer.layer.name for layer in ran]
    for point, share, layer in zip(roof.points, roof.time_shares, ran, strict=True):
        assert point.cycles == pytest.approx(layer.cycles)
        assert share == pytest.approx(layer.latency_s / cost.latency_s)
        assert point.bound_by == layer.bound_by
        assert point.achieved is not None
        assert point.achieved <= point.attainable * (1 + 1e-12)
    vectors = math.fsum(layer.latency_s for layer in cost.layers if layer.mapping is None)
    assert math.fsum(roof.time_shares) == pytest.approx(1 - vectors / cost.latency_s)


def test_networks_and_machines_share_a_plot(tmp_path: Path, cosearch: Cosearch) -> None:
    path = tmp_path / "roof.svg"
    words = ["--resolution", "96", "--evaluations", "5", "--svg", path]
    said = cosearch("roofline", "mobilenet_v2,mnasnet_a1", "nvdla_256,eyeriss", *words, "--json")
    series = [said.json, *said.json["others"]]
    assert [(one["network"], one["accelerator"]) for one in series] == [
        (network, machine) for machine in ("nvdla_256", "eyeriss") for network in ("mobilenet_v2", "mnasnet_a1")
    ]
    for one in series:
        peak, rates = one["roof"]["macs_per_cycle"], one["roof"]["bytes_per_cycle"]
        assert one["roof"]["ridges_macs_per_byte"] == {name: peak / rate for name, rate in rates.items()}
    text = path.read_text()
    ElementTree.fromstring(text)
    assert all(f"{one['network']} on {one['accelerator']}" in text for one in series)


@pytest.mark.parametrize("network", ["mobilenet_v2,mobilenet_v2", "mobilenet_v2,,alexnet", "mobilenet_v9"])
def test_lists_that_are_none_are_refused(network: str, cosearch: Cosearch) -> None:
    assert cosearch("roofline", network, "nvdla_256").status == 2
