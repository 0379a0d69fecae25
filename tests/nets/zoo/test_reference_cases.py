"""The same counts against the files of the reference cases, where they stand beside the repository."""

import csv
import json
from pathlib import Path

import pytest

from nets import load_network, network_info

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "networks"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="no reference cases beside the repository")

OUR_NAMES = {
    "tv:mnasnet1_0": "mnasnet_b1",
    "tv:mnasnet0_5": "mnasnet_0_5",
    "timm:mobilenetv1_100": "mobilenet_v1",
    "timm:mobilenetv2_100": "mobilenet_v2",
    "timm:mobilenetv3_large_100": "mobilenet_v3_large",
    "timm:mobilenetv3_small_100": "mobilenet_v3_small",
    "timm:mnasnet_100": "mnasnet_b1",
    "timm:semnasnet_100": "mnasnet_a1",
    "timm:fbnetc_100": "fbnet_c",
    "timm:spnasnet_100": "spnasnet",
    "timm:deit_tiny_patch16_224": "deit_t",
    "timm:deit_small_patch16_224": "deit_s",
    "timm:deit_base_patch16_224": "deit_b",
    "timm:vit_base_patch16_224": "vit_b_16",
}
# torchvision's attention hides its projections from the hooks that counted
HIDDEN = {"tv:vit_b_16"}


def test_every_computed_network_agrees() -> None:
    rows = json.loads((CASES / "ref_networks_computed.json").read_text())
    compared = 0
    for key, (resolution, macs, params, _) in rows.items():
        network = load_network(OUR_NAMES.get(key, key.split(":")[1]), resolution)
        static = sum(layer.macs for layer in network.layers if not layer.dynamic_weights)
        assert network.params == params, key
        assert key in HIDDEN or static == macs, key
        compared += 1
    assert compared == len(rows) > 40


def test_torchvision_metadata_agrees() -> None:
    names = {"mnasnet1_0": "mnasnet_b1", "mnasnet0_5": "mnasnet_0_5", "mnasnet0_75": "mnasnet_0_75"}
    names["mnasnet1_3"] = "mnasnet_1_3"
    with (CASES / "torchvision_meta.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["weights"] == "IMAGENET1K_V1"]
    assert len(rows) > 25
    for row in rows:
        name = names.get(row["model"], row["model"])
        network, info = load_network(name, int(row["crop"])), network_info(name)
        assert network.params == int(row["params"]), name
        # published to three digits after the point, some of them cut and not rounded
        assert network.macs / 1e9 == pytest.approx(float(row["gflops_ops"]), abs=1e-3), name
        if info.top1_source.startswith("torchvision"):
            assert info.top1 == float(row["top1"]), name
