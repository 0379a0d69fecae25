"""Specialised networks: subnets of Once-for-All's spaces, with the published counts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nets import list_networks, load_network, load_space, network_info

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "networks" / "ofa_specialized_nets.json"
NAMES = list_networks("ofa_*")


def test_the_largest_has_the_published_counts() -> None:
    """595 M MACs, 9.1 M parameters, 80.0 % at 236 pixels: the first line of the README's table."""
    network, info = load_network("ofa_flops_595m"), network_info("ofa_flops_595m")
    assert (network.macs, network.params, network.resolution) == (595_189_032, 9_135_928, 236)
    assert (info.top1, info.latency_ms, info.device) == (80.0, None, "")


def test_accuracy_and_latency_go_together() -> None:
    """Of one device's networks the slower is the more accurate."""
    assert len(NAMES) == 36
    by_device: dict[str, list[tuple[float, float]]] = {}
    for info in map(network_info, NAMES):
        assert info.top1 is not None
        if info.latency_ms is not None:
            by_device.setdefault(info.device, []).append((info.latency_ms, info.top1))
    assert len(by_device) == 10
    for rows in by_device.values():
        assert [top1 for _, top1 in sorted(rows)] == sorted(top1 for _, top1 in rows)


@pytest.mark.parametrize("name", ["ofa_note10_64ms", "ofa_lg_g8_16ms", "ofa_tx2_96ms"])
def test_it_is_a_subnet_of_its_space(name: str) -> None:
    """The same layers, one after the other, as the closed form of the supernet's space makes them."""
    family = {
        "ofa_note10_64ms": "ofa-mbv3-w1.2",
        "ofa_lg_g8_16ms": "ofa-mbv3-w1.0",
        "ofa_tx2_96ms": "ofa-proxyless-w1.3",
    }
    space, network = load_space(family[name]), load_network(name)
    depthwise: dict[int, list[tuple[int, int]]] = {}
    for layer in network.layers:
        stage = re.match(r"stage(\d+)\.block\d+\.depthwise$", layer.name)
        if stage is not None:
            depthwise.setdefault(int(stage[1]), []).append((layer.R, layer.G))
    first = min(depthwise)
    config: dict[str, list[int]] = {"ks": [], "e": [], "d": []}
    for number, depth in zip(sorted(depthwise)[1:], space.depths):
        blocks = depthwise[number]
        before = _width(network, number - 1)
        width = _width(network, number)
        config["d"].append(len(blocks))
        config["ks"] += [kernel for kernel, _ in blocks] + [3] * (depth.slots - len(blocks))
        config["e"] += [mid // (width if index else before) for index, (_, mid) in enumerate(blocks)]
        config["e"] += [3] * (depth.slots - len(blocks))
    assert len(depthwise[first]) == 1
    known = space.network(config, network.resolution)
    assert [layer.shape_key for layer in network.layers] == [layer.shape_key for layer in known.layers]
    assert (network.macs, network.params) == (known.macs, known.params)


def _width(network: object, stage: int) -> int:
    """Output channels of a stage."""
    layers = [layer for layer in network.layers if layer.name.startswith(f"stage{stage}.")]  # type: ignore[attr-defined]
    return int(next(layer.K for layer in reversed(layers) if layer.K > 1))


@pytest.mark.skipif(not CASES.exists(), reason="no reference cases beside the repository")
def test_every_published_net_is_here_with_its_counts() -> None:
    rows = {}
    for net in json.loads(CASES.read_text()):
        device, rank, unit = re.match(r"(.+?)(?:_gpu\d+)?(?:_lat)?-(\d+)(ms|M)_top1", net["name"]).groups()  # type: ignore[union-attr]
        rows[f"ofa_{device.lower().replace('-', '_')}_{rank}{unit.lower()}"] = net
    assert sorted(rows) == NAMES
    for name, net in rows.items():
        network, info = load_network(name), network_info(name)
        assert (network.macs, network.params, network.resolution) == (net["macs"], net["params"], net["r"]), name
        assert info.top1 == net["top1"], name
