"""Tables of layers: published latencies of published networks, both spellings of the files, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from nets.errors import InputError
from nets.latency import (
    LayerTable,
    TableLatency,
    build_layer_table,
    read_latency_predictor,
    read_layer_table,
    write_layer_table,
)
from nets.latency.layer_table import Row, covered
from nets.latency.table_keys import parts
from nets.spaces import list_spaces, load_space

NETWORKS = Path(__file__).resolve().parents[4] / "shared" / "cases" / "networks"
needs_tables = pytest.mark.skipif(
    not (NETWORKS / "latency_luts").is_dir(), reason="the reference cases are not beside the project"
)
WIDE = load_space("ofa-mbv3-w1.2")

TUTORIAL = {
    "d": [2, 2, 3, 4, 3],
    "ks": [5, 3, 0, 0, 5, 3, 0, 0, 7, 7, 3, 0, 5, 5, 7, 3, 3, 3, 5, 0],
    "e": [3, 3, 0, 0, 4, 4, 0, 0, 6, 3, 4, 0, 4, 4, 4, 3, 6, 6, 6, 0],
    "r": 192,
}


@needs_tables
def test_published_latencies_on_a_phone() -> None:
    """Note 10, one file per resolution: the network of Once-for-All's tutorial, and the ends of its space."""
    phone = read_latency_predictor(NETWORKS / "latency_luts" / "note10", WIDE)
    assert phone.predict(TUTORIAL).ms == pytest.approx(24.73, abs=0.005)
    for config, wanted in (
        (WIDE.max_config(), {160: 47.77, 192: 67.56, 224: 92.40}),
        (WIDE.min_config(), {160: 9.89, 192: 13.33, 224: 17.77}),
    ):
        for resolution, latency_ms in wanted.items():
            assert phone.predict(config | {"r": resolution}).ms == pytest.approx(latency_ms, abs=0.005)


@needs_tables
def test_specialised_networks_take_the_latency_they_are_named_after() -> None:
    phone = read_latency_predictor(NETWORKS / "latency_luts" / "note10", WIDE)
    nets = json.loads((NETWORKS / "ofa_specialized_nets.json").read_text())
    known = [net for net in nets if net.get("lut_ms") and net["r"] in (160, 176, 192, 224) and net["first"] == 24]
    assert known
    for net in known:
        config = {"ks": net["ks"], "e": net["e"], "d": net["d"], "r": net["r"]}
        assert phone.predict(config).ms == pytest.approx(net["lut_ms"], abs=0.01), net["name"]


PIXEL_1 = NETWORKS / "latency_luts" / "pixel1" / "mobile_trim.yaml"


@needs_tables
def test_the_table_of_proxylessnas_has_all_parts_of_what_its_authors_searched() -> None:
    """24 channels in the first stage; the network that they released has 32, of which 3 x 6 parts were not measured."""
    searched, released = load_space("proxyless-24"), load_space("proxyless")
    table = read_layer_table(PIXEL_1)
    assert covered(table, searched) == (224,)
    device = TableLatency(searched, [table])
    assert device.predict(searched.min_config()).ms < device.predict(searched.max_config()).ms
    message = (
        r"'proxyless' has 70 parts, of which 18 are not in it: expanded_conv-input:112x112x16-output:56x56x32 \(6\), "
        r"expanded_conv-input:56x56x32-output:28x28x40 \(6\), expanded_conv-input:56x56x32-output:56x56x32 \(6\); "
        "it has all of proxyless-24; "
    )
    with pytest.raises(InputError, match=message):
        TableLatency(released, [table]).require_parts([224])


@needs_tables
def test_the_older_spelling_is_read() -> None:
    """ProxylessNAS' Pixel 1 table: ratios for channels, var for std."""
    table = read_layer_table(PIXEL_1)
    assert table.resolutions == (224,)
    assert table.rows["Conv-input:224x224x3-output:112x112x32"] == Row(
        4.083755600814664, math.sqrt(0.2502372872758427), 982
    )


@pytest.mark.parametrize("id", ["ofa-mbv3-w1.0", "ofa-proxyless-w1.3", "ofa-resnet50", "ofa-digits"])
def test_a_table_of_macs_sums_to_the_macs_of_the_subnet(id: str) -> None:
    """Every layer of every block is in exactly one part, and no two different parts share a name."""
    space = load_space(id)
    resolution = space.resolutions[-1]
    blocks = space.all_blocks(resolution)
    macs = {layer.shape_key: float(layer.macs) for block in blocks for layer in block.layers}
    table = build_layer_table("macs", blocks, macs)
    for config in (space.max_config(), space.min_config() | {"r": resolution}):
        assert table.latency_ms(space.blocks(config)) == space.macs_params(config)[0]
    named: dict[str, tuple[object, ...]] = {}
    for block in blocks:
        for part in parts(block):
            shapes = tuple(layer.shape_key for layer in part.layers)
            assert named.setdefault(part.keys[0], shapes) == shapes
    assert covered(table, space) == (resolution,)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    table = LayerTable("device", {"Conv-input:8x8x3-output:4x4x8": Row(0.125, 0.5, 7), "Conv_2-x": Row(1e-7)})
    write_layer_table(table, tmp_path / "device.yaml")
    assert read_layer_table(tmp_path / "device.yaml") == table


def test_each_resolution_asks_its_own_table() -> None:
    """``Conv_2`` has one name at every resolution, and was measured anew for each."""
    space = load_space("ofa-digits")
    tables = []
    for resolution, scale in ((12, 1.0), (20, 10.0)):
        blocks = space.all_blocks(resolution)
        tables.append(
            build_layer_table("d", blocks, {layer.shape_key: scale for block in blocks for layer in block.layers})
        )
    device = TableLatency(space, tables)
    config = space.min_config()
    layers = len(space.network(config).layers)
    assert device.predict(config).ms == pytest.approx(layers)
    assert device.predict(config | {"r": 20}).ms == pytest.approx(10 * layers)
    with pytest.raises(InputError, match="r: 16 is not among its resolutions 12, 20"):
        device.predict(config | {"r": 16})


def test_a_part_that_was_not_measured_is_named() -> None:
    space = load_space("ofa-digits")
    blocks = space.all_blocks(12)
    rows = build_layer_table("d", blocks, {layer.shape_key: 1.0 for block in blocks for layer in block.layers}).rows
    lacking = next(key for key in rows if "kernel:7" in key)
    table = LayerTable("d", {key: row for key, row in rows.items() if key != lacking})
    assert covered(table, space) == ()
    with pytest.raises(InputError, match=r"is not in it; nearest: expanded_conv.*resolutions in it: 12"):
        table.latency_ms(blocks)


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "is empty"),
        ("{}", "holds no rows"),
        ("a: [", "is not sound YAML"),
        ("a: 3", "a .line 1.: 3 must be a mapping"),
        ("a: {mean: fast}", "must be a number"),
        ("a: {mean: -1}", "must be a finite number of at least 0"),
        ("a: {mean: .inf}", "must be a finite number"),
        ("a: {mean: 1, median: 2}", "'median' is not known"),
    ],
)
def test_bad_tables_are_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(InputError, match=said):
        read_layer_table(tmp_path / "t.yaml")


def test_tables_need_a_space_that_they_fit(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs the space"):
        read_latency_predictor(tmp_path / "t.yaml")
    with pytest.raises(InputError, match="is a folder without YAML files"):
        read_latency_predictor(tmp_path, WIDE)
    (tmp_path / "t.yaml").write_text("'Conv-input:20x20x3-output:10x10x8': {mean: 1}\n")
    with pytest.raises(
        InputError, match=r"'Conv-input:224x224x3-output:112x112x24' is not in it.*resolutions in it: 20"
    ):
        read_latency_predictor(tmp_path / "t.yaml", WIDE)


@pytest.mark.parametrize("id", list_spaces())
def test_every_space_has_tables(id: str) -> None:
    """Blocks that the published files do not name are tabled layer by layer: nothing is left out or confused."""
    space, rng = load_space(id), np.random.default_rng(0)
    chains = [space.blocks(config) for config in (space.max_config(), space.sample(rng), space.sample(rng))]
    blocks = [block for chain in chains for block in chain]
    costs = {layer.shape_key: float(rng.integers(1, 1 << 20)) for block in blocks for layer in block.layers}
    table = build_layer_table("drawn", blocks, costs)
    for chain in chains:
        assert table.latency_ms(chain) == sum(costs[layer.shape_key] for block in chain for layer in block.layers)


def test_what_a_table_lacks_is_counted_before_a_search() -> None:
    space = load_space("ofa-digits")
    blocks = space.all_blocks(12)
    rows = build_layer_table("d", blocks, {layer.shape_key: 1.0 for block in blocks for layer in block.layers}).rows
    kept = {key: row for key, row in rows.items() if "kernel:7" not in key}
    device = TableLatency(space, [LayerTable("d", kept)])
    message = (
        rf"'ofa-digits' has {len(rows)} parts, of which {len(rows) - len(kept)} are not in it: "
        r"expanded_conv-\S+ \(\d\), .*; nearest: exp.* writes every key"
    )
    with pytest.raises(InputError, match=message):
        device.require_parts(device.resolutions)
    TableLatency(space, [LayerTable("d", rows)]).require_parts([12])
    assert np.isnan(device.estimate([space.max_config() | {"r": 12}]))[0]  # all kernels are 7
