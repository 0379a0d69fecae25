"""What uneven mappings are worth: the layers that count, the sums, and the table."""

from __future__ import annotations

import json

import pytest

from benchmarks import uneven_gain as benchmark
from benchmarks.mapping_quality import machine
from nets import Layer, load_network

PLAIN = benchmark.Gain(100.0, 75.0, True, True, 0.0, 1.0, windows=False)
OPEN = benchmark.Gain(10.0, 10.0, True, False, 0.2, 3.0, windows=True)


def test_every_layer_counts_as_often_as_it_occurs() -> None:
    counted = benchmark.counted_layers("resnet50", 1)
    assert sum(count for _, count in counted) == sum(layer.is_mac for layer in load_network("resnet50").layers)
    assert len({layer.shape_key for layer, _ in counted}) == len(counted)
    assert benchmark.counted_layers("resnet50", 6) == counted[::6]


def test_a_layer_searched_both_ways() -> None:
    layer = Layer(name="small", K=12, C=8, P=4, Q=4)
    one = benchmark.gain(layer, machine("eyeriss"), "energy", 60.0)
    assert one.proven
    assert not one.windows
    assert one.gap == 0
    assert 0 <= one.saved < 1


def test_the_figures_of_a_network() -> None:
    row = benchmark.row([PLAIN, OPEN], [2, 5])
    assert (row["even"], row["uneven"]) == (250.0, 200.0)
    assert row["saved"] == pytest.approx(0.2)
    assert row["most_saved"] == pytest.approx(0.25)
    assert (row["layers"], row["proven"], row["without_windows"]) == (2, 1, 1)
    assert (row["proven_with_windows"], row["with_windows"]) == (0, 1)
    assert (row["median_open_gap"], row["median_s"]) == (0.2, 2.0)
    assert benchmark.row([PLAIN], [1])["median_open_gap"] is None


def test_an_even_answer_without_proof_proves_no_gain() -> None:
    assert not benchmark.Gain(100.0, 75.0, False, True, 0.0, 1.0, windows=False).proven


def test_both_forms_of_the_report(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    searched: list[Layer] = []

    def gain(layer: Layer, *_: object) -> benchmark.Gain:
        searched.append(layer)
        return OPEN if layer.R > 1 else PLAIN

    monkeypatch.setattr(benchmark, "gain", gain)
    arguments = ["uneven_gain.py", "--machines", "eyeriss", "--networks", "vgg16", "vgg16_bn"]
    monkeypatch.setattr("sys.argv", arguments)
    assert benchmark.main() == 0
    printed = capsys.readouterr().out
    assert len(searched) == 1 + len(benchmark.counted_layers("vgg16", 1))  # those of the two networks once
    assert "vgg16_bn" in printed
    assert "0/9" in printed
    monkeypatch.setattr("sys.argv", [*arguments, "--json"])
    assert benchmark.main() == 0
    report = json.loads(capsys.readouterr().out)
    assert report["objective"] == "energy"
    assert report["machines"]["eyeriss"]["vgg16"] == report["machines"]["eyeriss"]["vgg16_bn"]
