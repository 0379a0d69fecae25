"""Every exhibit at small size: its figures follow from other ways to the same numbers, and its plot is one."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from cosearch.commands.exhibit import EXHIBITS as OFFERED
from cosearch.exhibits.exhibit import Settings
from cosearch.exhibits.gallery import EXHIBITS
from cosearch.exhibits.specialised import RESOLUTIONS, SPACE, specialise
from cosearch.exhibits.timed import layer_costs
from nets import load_network, network_info
from nets.spaces import load_space
from tests.cosearch.conftest import Cosearch

SMALL = {
    "macs-are-not-latency": ["--evaluations", "2000", "--mappings", "10"],
    "specialised": ["--accelerator", "eyeriss,nvdla_256", "--evaluations", "1000", "--mappings", "10"],
    "ofa-against-scaling": ["--evaluations", "60", "--mappings", "10"],
    "roofline": ["--accelerator", "eyeriss", "--evaluations", "100", "--mappings", "10"],
    "peak-memory": [],
}


def shown(name: str, cosearch: Cosearch, out: Path) -> Any:
    """What the command says as JSON, once its plot has been read."""
    done = cosearch("exhibit", name, *SMALL[name], "--out", out, "--json")
    assert done.status == 0, done.err
    figure = (out / f"{name}.svg").read_text()
    assert done.json["plot"] == str(out / f"{name}.svg")
    assert ElementTree.fromstring(figure).tag.endswith("svg")
    return done.json


def test_help_offers_all_of_them(cosearch: Cosearch) -> None:
    assert tuple(EXHIBITS) == OFFERED == tuple(SMALL)
    assert [line.split(":")[0] for line in cosearch("exhibit", "list").out.splitlines()] == list(EXHIBITS)


def test_equal_macs_take_different_times(cosearch: Cosearch, tmp_path: Path) -> None:
    said = shown("macs-are-not-latency", cosearch, tmp_path)
    assert all(value > 1.3 for name, value in said["figures"].items() if "over" in name)
    wanted = load_network("mobilenet_v2").macs
    assert all(abs(row["macs"] / wanted - 1) <= 0.01 for row in said["subnets"])
    published = {row["network"]: row for row in said["published"]}
    for name in ("nasnet_a_mobile", "amoebanet_a_mobile", "mobilenet_v2_1_4"):
        row = published[network_info(name).title]
        assert row["macs"] == load_network(name).macs
        assert row["latency_s"] * row["macs_per_s"] == pytest.approx(row["macs"])
    deeper = [row["latency_s"] for row in said["scaled"] if row["network"].startswith("depth")]
    assert deeper == sorted(deeper)


def test_every_accelerator_runs_its_own_network_fastest(cosearch: Cosearch, tmp_path: Path) -> None:
    said = shown("specialised", cosearch, tmp_path)
    assert said["figures"]["diagonal_wins"] is True
    assert said["figures"]["least_lead"] > 1
    for row in said["matrix"]:
        own = row[f"{row['runs_on']}_latency_s"]
        assert own == min(value for key, value in row.items() if key != "runs_on")
    assert all(row["top1_percent"] >= 76 for row in said["networks"])


def test_the_matrix_holds_what_whole_networks_take() -> None:
    names = ("nvdla_256", "shidiannao")
    made = specialise(names, min_accuracy=70, evaluations=100, seed=1, mappings=5)
    space = load_space(SPACE).at(RESOLUTIONS)
    for row, name in zip(made.latency_s, names):
        costs = layer_costs(name, Settings(mappings=5))
        for value, found in zip(row, made.networks):
            assert value == pytest.approx(costs.of(space.network(found.config).layers)[0])


def test_subnets_are_marked_as_predicted_and_others_as_published(cosearch: Cosearch, tmp_path: Path) -> None:
    said = shown("ofa-against-scaling", cosearch, tmp_path)
    predicted = [row for row in said["networks"] if row["source"] == "predicted"]
    published = [row for row in said["networks"] if row["source"] != "predicted"]
    assert len(predicted) >= 3
    assert all(row["standard_error"] > 0 for row in predicted)
    titles = {
        network_info(f"efficientnet_b{index}").title: network_info(f"efficientnet_b{index}") for index in range(3)
    }
    found = {row["network"]: row for row in published}
    assert all(found[title]["top1_percent"] == info.top1 for title, info in titles.items())
    assert all(row["standard_error"] is None for row in published)
    eyeriss = layer_costs("eyeriss", Settings(mappings=10))
    b0 = load_network("efficientnet_b0")
    assert found["EfficientNet-B0"]["latency_s"] == pytest.approx(eyeriss.of(b0.layers)[0])


def test_intensity_is_all_macs_over_all_bytes(cosearch: Cosearch, tmp_path: Path) -> None:
    said = shown("roofline", cosearch, tmp_path)
    reference, subnet = said["networks"]
    layers = [layer for layer in load_network("mobilenet_v2").layers if layer.is_mac]
    words = 2 * sum(layer.weight_words + layer.input_words + layer.output_words for layer in layers)  # of 16 bits
    # padding is no traffic, which is what the two ways differ by
    assert reference["intensity_macs_per_byte"] == pytest.approx(reference["macs"] / words, rel=0.05)
    assert subnet["latency_s"] <= reference["latency_s"] * (1 + 1e-9)
    assert subnet["mapped_intensity_macs_per_byte"] < subnet["intensity_macs_per_byte"]
    ratio = subnet["mapped_intensity_macs_per_byte"] / reference["mapped_intensity_macs_per_byte"]
    assert said["figures"]["eyeriss"]["mapped_intensity_ratio"] == pytest.approx(ratio)


def test_peaks_are_those_of_the_widest_blocks(cosearch: Cosearch, tmp_path: Path) -> None:
    rows = {row["network"]: row for row in shown("peak-memory", cosearch, tmp_path)["networks"]}
    # the depthwise convolution of 96 channels from 112 x 112 to 56 x 56
    assert rows["MobileNet V2 1.0"]["peak_activation_words"] == 96 * (112**2 + 56**2)
    # the sum of two tensors of 256 channels in the first block
    assert rows["ResNet-50"]["peak_activation_words"] == 56**2 * (256 + 256 + 256)


@pytest.mark.parametrize(
    "words, hint",
    [
        (["roofs"], "invalid choice"),
        (["peak-memory", "--accelerator", "eyeriss"], "changes nothing"),
        (["macs-are-not-latency", "--accelerator", "eyeriss,gemmini"], "must be one"),
        (["macs-are-not-latency", "--accelerator", "eyeris"], "did you mean 'eyeriss'"),
        (["specialised", "--accelerator", "eyeriss"], "two or more"),
        (["specialised", "--evaluations", "0"], "at least 1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_requests_are_refused(words: list[str], hint: str, cosearch: Cosearch, tmp_path: Path) -> None:
    done = cosearch("exhibit", *words, "--out", tmp_path / "out")
    assert done.status == 2
    assert hint in done.err
    assert not (tmp_path / "out").exists()
