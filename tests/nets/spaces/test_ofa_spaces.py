"""The Once-for-All spaces: figures of known subnets, and the three depths of detail against each other."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nets.errors import InputError
from nets.network import unique_layers
from nets.spaces import Space, list_spaces, load_space
from nets.zoo import load_network

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "networks"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the reference cases are not beside the project")


@pytest.mark.parametrize(
    "id, resolution, largest, smallest",
    [
        ("ofa-mbv3-w1.0", 224, (566_170_656, 7_664_760), (121_278_672, 3_410_792)),
        ("ofa-mbv3-w1.2", 160, (433_563_888, 10_701_632), (100_320_888, 4_602_456)),
        ("ofa-mbv3-w1.2", 192, (621_268_416, 10_701_632), (142_834_656, 4_602_456)),
        ("ofa-mbv3-w1.2", 224, (843_101_040, 10_701_632), (193_078_200, 4_602_456)),
    ],
)
def test_macs_and_params_of_the_extremes(
    id: str, resolution: int, largest: tuple[int, int], smallest: tuple[int, int]
) -> None:
    """Golden: computed from Once-for-All's own modules."""
    space = load_space(id)
    assert space.macs_params(space.max_config(), resolution) == largest
    assert space.macs_params(space.min_config(), resolution) == smallest


def test_macs_of_the_resnet50_extremes() -> None:
    """Golden, in millions to one decimal; and the depths of ResNet-50 at e 0.25 without the residual stem."""
    space = load_space("ofa-resnet50")
    plain = {"d": [0, 1, 2, 2, 1], "e": [0.25] * 18, "w": [2] * 6}
    macs = [space.macs_params(config, 224)[0] for config in (space.max_config(), space.min_config(), plain)]
    assert [round(value / 1e6, 1) for value in macs] == [7491.6, 962.2, 4213.2]


def test_a_resnet50_subnet_is_the_reference_resnet50d() -> None:
    """With the residual stem it has that network's MACs and parameters, though it was built by other rules."""
    space, reference = load_space("ofa-resnet50"), load_network("resnet50d")
    subnet = {"d": [2, 1, 2, 2, 1], "e": [0.25] * 18, "w": [2] * 6}
    assert space.macs_params(subnet, 224) == (reference.macs, reference.params)


def test_the_tutorial_subnet() -> None:
    """Of Once-for-All's tutorial: 264.0 M MACs, 7.71 M parameters."""
    config = {
        "d": [2, 2, 3, 4, 3],
        "ks": [5, 3, 0, 0, 5, 3, 0, 0, 7, 7, 3, 0, 5, 5, 7, 3, 3, 3, 5, 0],
        "e": [3, 3, 0, 0, 4, 4, 0, 0, 6, 3, 4, 0, 4, 4, 4, 3, 6, 6, 6, 0],
        "r": [192],
        "wid": None,
    }
    macs, params = load_space("ofa-mbv3-w1.2").macs_params(config)
    assert (round(macs / 1e6, 1), round(params / 1e6, 2)) == (264.0, 7.71)


@settings(max_examples=30)
@given(st.sampled_from(list_spaces("ofa-*")), st.integers(0, 2**32 - 1))
def test_network_blocks_and_figures_agree(id: str, seed: int) -> None:
    """The graph of layers holds the layers of the blocks; its MACs and parameters are the sums of theirs."""
    space = load_space(id)
    config = space.sample(np.random.default_rng(seed))
    network, blocks = space.network(config), space.blocks(config)
    assert (network.macs, network.params) == space.macs_params(config)
    assert [layer.shape_key for layer in network.layers] == [
        layer.shape_key for block in blocks for layer in block.layers
    ]
    assert (network.space, network.config, network.resolution) == (id, config, config["r"])
    assert set(blocks) <= set(space.all_blocks(config["r"]))


@pytest.mark.parametrize("id", list_spaces("ofa-*"))
def test_every_block_of_the_table_is_used(id: str) -> None:
    """And the layer shapes of the space are those of its blocks, each once."""
    space = load_space(id)
    resolution = space.resolutions[-1]
    table = space.all_blocks(resolution)
    rng = np.random.default_rng(0)
    seen = {block for _ in range(1500) for block in space.blocks(space.sample(rng), resolution)}
    assert seen == set(table)
    layers = [layer for block in table for layer in block.layers]
    assert space.layer_shapes(resolution) == unique_layers(layers)


@pytest.mark.parametrize("resolution", [30, 225, 224.0])
def test_an_impossible_resolution_is_refused(resolution: Any) -> None:
    """Too small, not a multiple of 4, not whole."""
    space = load_space("ofa-mbv3-w1.0")
    with pytest.raises(InputError, match="must be a multiple of 4"):
        space.network(space.min_config(), resolution)


def _macs_params_of_row(space: Space, row: dict[str, str]) -> tuple[int, int]:
    genes: dict[str, Any] = {gene: [int(value) for value in row[gene].split()] for gene in ("ks", "e", "d")}
    return space.macs_params(genes | {"r": int(row["r"])})


@needs_cases
def test_every_measured_subnet_has_its_macs_and_params() -> None:
    """All rows of the measured pairs that state them, to the last unit."""
    space = load_space("ofa-mbv3-w1.0")
    with (CASES / "ofa_mbv3_w10_imagenet_top1.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["macs"] and row["params"]]
    assert len(rows) >= 1108
    assert [row for row in rows if _macs_params_of_row(space, row) != (int(row["macs"]), int(row["params"]))] == []


@needs_cases
def test_every_specialised_net_has_its_macs_and_params() -> None:
    """The 36 published nets, to the last unit and, but for one README misprint, to the README's rounding.

    The file leaves out the genes of the last ProxylessNAS block: exactly one of its nine forms must fit both figures.
    """
    for net in json.loads((CASES / "ofa_specialized_nets.json").read_text()):
        genes = {"ks": net["ks"], "e": net["e"], "d": net["d"]}
        wanted = (net["macs"], net["params"])
        if net["type"] == "ProxylessNASNets":
            space = load_space("ofa-proxyless-w1.3")
            last = [(k, e) for k in (3, 5, 7) for e in (3, 4, 6)]
            forms = [{"ks": [*net["ks"], k], "e": [*net["e"], e], "d": [*net["d"], 1]} for k, e in last]
            assert [space.macs_params(form, net["r"]) for form in forms].count(wanted) == 1, net["name"]
        else:
            space = load_space("ofa-mbv3-w1.0" if net["first"] == 16 else "ofa-mbv3-w1.2")
            assert space.macs_params(genes, net["r"]) == wanted, net["name"]
        if net["name"] != "note10_lat-8ms_top1-71.4_finetune-25":  # its README says 79M
            assert abs(wanted[0] / 1e6 - float(net["readme_macs"].rstrip("M"))) <= 0.6, net["name"]
        assert abs(wanted[1] / 1e6 - float(net["readme_params"])) <= 0.051, net["name"]
