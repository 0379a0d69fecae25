"""The attack at the size of layers: the order of the problems, what counts, and what is printed when a proof falls."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from benchmarks import proof_attack as benchmark
from cosearch.commands.layer_spec import parse_layer
from mappings.layer_search import LayerSearch
from nets import Layer

SMALL = ("resnet50:small", Layer(name="small", K=4, C=4, P=4, Q=4))
QUICK = ["--machines=eyeriss", "--objectives=energy", "--mappers=random", "--evaluations=300", "--seeds=2"]


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(benchmark, "named_layers", lambda networks: [SMALL])
    monkeypatch.setattr("sys.argv", ["proof_attack.py", *QUICK, *arguments])
    return benchmark.main()


def claim(monkeypatch: pytest.MonkeyPatch, score: float, bound: float) -> None:
    """Have the optimal mapper's score and bound multiplied."""
    search_layers = benchmark.search_layers

    def answer(*args: Any, **options: Any) -> LayerSearch:
        run = search_layers(*args, **options)
        if options["mapper"] == "optimal":
            assert run.found.lower_bound is not None
            run.found.score, run.found.lower_bound = run.found.score * score, run.found.lower_bound * bound
        return run

    monkeypatch.setattr(benchmark, "search_layers", answer)


def test_layers_bear_names_that_the_command_takes() -> None:
    layers = benchmark.named_layers(["resnet50", "bert_base"])
    assert all(parse_layer(name) == layer for name, layer in layers)
    shapes = [layer.shape_key for _, layer in layers]
    assert len(set(shapes)) == len(shapes)


def test_every_machine_and_objective_has_a_batch_before_any_has_a_second() -> None:
    layers = [(f"net:{i}", Layer(name=str(i), K=i + 1)) for i in range(2 * benchmark.BATCH + 3)]
    drawn = benchmark.batches(layers, ["a", "b"], ["energy", "edp"])
    assert drawn == benchmark.batches(layers, ["a", "b"], ["energy", "edp"])
    assert [len(batch.layers) for batch in drawn] == [benchmark.BATCH] * 8 + [3] * 4
    for first in range(0, 12, 4):
        assert len({(batch.machine, batch.objective) for batch in drawn[first : first + 4]}) == 4
    of_one = [layer for batch in drawn if (batch.machine, batch.objective) == ("a", "edp") for layer in batch.layers]
    assert sorted(of_one) != of_one
    assert {name for name, _ in of_one} == {name for name, _ in layers}


def test_what_counts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(monkeypatch, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    row = report["machines"]["eyeriss"]
    assert (report["problems"], row["problems"], row["proofs"], row["attacks"]) == (1, 1, 1, 2)
    assert row["evaluations"] == 600
    assert row["beaten"] == 0
    assert row["nearest"] >= -benchmark.TOLERANCE
    assert report["beaten"] == []


@pytest.mark.parametrize("claimed", [1e3, math.inf])
def test_a_wrong_proof_is_beaten(
    claimed: float, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mapping that is not the best, or the claim that none exists."""
    claim(monkeypatch, claimed, claimed)
    assert run_main(monkeypatch) == 1
    printed = capsys.readouterr().out.splitlines()
    base = "cosearch map --layer resnet50:small --accelerator eyeriss --node 45 --objective energy --tiles perfect"
    assert f"{base} --mapper optimal" in printed
    assert f"{base} --mapper random --evaluations 300 --seed 1" in printed


def test_a_bound_that_is_no_proof_is_attacked_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    claim(monkeypatch, 2e3, 1e3)
    assert run_main(monkeypatch, "--json") == 1
    row = json.loads(capsys.readouterr().out)["machines"]["eyeriss"]
    assert (row["proofs"], row["beaten"], row["nearest"], row["share_at_optimum"]) == (0, 2, None, None)


def test_time_ends_the_attack(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(monkeypatch, "--minutes", "0", "--json") == 0
    assert json.loads(capsys.readouterr().out)["machines"]["eyeriss"]["problems"] == 0


def test_tallies_add_up() -> None:
    tallies = [benchmark.Tally(2, 2, 8, 80, 0, 0.5, 2, 8), benchmark.Tally(1, 0, 4, 40, 1, 0.25, 0, 0)]
    everything = benchmark.total(tallies)
    assert everything == benchmark.Tally(3, 2, 12, 120, 1, 0.25, 2, 8)
    assert everything.share == pytest.approx(0.25)
    assert np.isnan(tallies[1].share)
    assert benchmark.as_text({"a": tallies[0]}, [], 7).splitlines()[-1] == "of 7 problems in all"


def test_what_is_left_out_and_what_is_left_are_all_problems_in_their_order() -> None:
    layers = [(f"own:{k}", Layer(name=str(k), K=k)) for k in range(1, 24)]
    drawn = benchmark.batches(layers, ["eyeriss", "gemmini"], ["energy"])
    for skip in (0, 5, 16, 23, 39, 46, 100):
        left = [(batch.machine, name) for batch in benchmark.after(drawn, skip) for name, _ in batch.layers]
        assert left == [(batch.machine, name) for batch in drawn for name, _ in batch.layers][skip:]
