"""Figures that were wrong in silence: which precision counts, energies that no file gives, gaps to weak bounds."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cosearch.cli import main

MACHINE = {"kind": "template", "array": [16, 16], "parallel": ["K", "C"], "l1_bytes": 512, "l2_bytes": 131072}
LAYER = ["--layer", "K=32,C=24,P=14,Q=14,R=3,S=3"]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[Any, str]:
    """JSON on standard output, and standard error."""
    status = main([*words, "--json"])
    said = capsys.readouterr()
    assert status == 0, said.err
    return json.loads(said.out), said.err


def machine(folder: Path, **fields: Any) -> str:
    path = folder / "machine.yaml"
    path.write_text(yaml.safe_dump(MACHINE | fields))
    return str(path)


def test_a_named_network_runs_at_the_precision_of_the_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", "--network", "vgg16", "--resolution", "32", "--evaluations", "10", "--accelerator"]
    found = {}
    for bits in (4, 8, 16):
        named = machine(tmp_path, precision={"weight": bits, "input": 8, "output": 8, "psum": 24}, dram_bandwidth=1.0)
        found[bits], _ = run(capsys, *words, named)
    latency = {bits: at["networks"][0]["latency_s"] for bits, at in found.items()}
    assert latency[4] < 0.7 * latency[8] < 0.49 * latency[16]
    assert found[8]["precision"] is None
    assert "weights 4, inputs 8, outputs 8, partial sums 24 bits" in found[4]["precision"]


def test_a_layer_runs_at_the_precision_of_the_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wide = machine(tmp_path, precision={"weight": 16, "input": 16, "output": 16, "psum": 32})
    found, _ = run(capsys, "map", *LAYER, "--accelerator", wide, "--evaluations", "20")
    assert "weights 16" in " ".join(found["lacks"])
    _, said = run(capsys, "roofline", "alexnet", wide, "--evaluations", "5")
    assert "layers are taken at the precision of the machine: weights 16" in said


def test_energies_that_no_file_gives_are_estimated_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.accel_models.formats.test_timeloop import FLAT

    bare = yaml.safe_load(yaml.safe_dump(FLAT))
    for part in (bare["arch"]["arithmetic"], *bare["arch"]["storage"]):
        for key in ("vector-access-energy", "energy"):
            part.pop(key, None)
    bare.pop("mapping", None)
    (tmp_path / "all.yaml").write_text(yaml.safe_dump(bare))
    found, _ = run(capsys, "map", "--timeloop", str(tmp_path), "--evaluations", "50")
    assert found["energy_pj"] > 0
    assert found["edp"] > 0
    for part in (bare["arch"]["arithmetic"], *bare["arch"]["storage"]):
        said = any(part["name"] in line and "estimated as" in line for line in found["lacks"])
        assert said == (part["name"] != "Wires")  # which hold nothing


def test_a_machine_without_energies_has_no_best_energy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    free = tmp_path / "free.yaml"
    free.write_text(yaml.safe_dump({"kind": "accelerator", "levels": [{"name": "DRAM"}]}))
    assert main(["map", *LAYER, "--accelerator", str(free)]) == 2
    assert "are all zero, so that no edp can be told" in capsys.readouterr().err
    found, _ = run(capsys, "map", *LAYER, "--accelerator", str(free), "--objective", "latency", "--evaluations", "20")
    assert found["energy_pj"] == 0


def test_the_weak_bound_of_a_network_is_called_that_too(capsys: pytest.CaptureFixture[str]) -> None:
    problem = ["map", "--network", "alexnet", "--accelerator", "nvdla_256"]
    best, _ = run(capsys, *problem, "--mapper", "optimal", "--tiles", "perfect")
    words = [*problem, "--evaluations", "40"]
    assert best["proven"]
    assert (best["weak"], best["perfect_tiles"]) == (False, None)
    ragged, _ = run(capsys, *words)
    assert ragged["weak"]
    assert all(layer["weak"] for layer in ragged["layers"] if layer["mapping"])
    assert ragged["perfect_tiles"]["lower_bound"] == pytest.approx(best["edp"])
    perfect, _ = run(capsys, *words, "--tiles", "perfect")
    assert not perfect["weak"]
    assert perfect["gap"] == pytest.approx(perfect["edp"] / best["edp"] - 1)
    assert perfect["gap"] < perfect["edp"] / ragged["lower_bound"] - 1
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "whose tiles divide (proven)" in printed
    assert "by a weak bound (not proven optimal)" in printed


@pytest.mark.parametrize("accelerator, said", [("eyeriss", True), ("nvdla_256", False)])
def test_a_search_for_networks_says_which_precision_counts(
    accelerator: str, said: bool, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    on = ["--space", "ofa-digits", "--accelerator", accelerator, "--evaluations", "4"]
    taken = "layers are taken at the precision of the machine: weights 16"
    found, _ = run(capsys, "nas", *on, "--objective", "latency", "--mappings", "5", "--method", "random")
    assert (found["remark"] is not None and taken in found["remark"]) == said
    table, _ = run(capsys, "predictor", "table", str(tmp_path / "t.yaml"), *on)
    assert (taken in table.get("precision", "")) == said


def test_a_weak_bound_is_called_that_beside_the_bound_of_perfect_tiles(capsys: pytest.CaptureFixture[str]) -> None:
    problem = ["map", *LAYER, "--accelerator", "nvdla_256"]
    best, _ = run(capsys, *problem, "--mapper", "optimal", "--tiles", "perfect")
    words = [*problem, "--evaluations", "200"]
    assert best["proven"]
    assert not best["weak"]
    ragged, _ = run(capsys, *words)
    assert ragged["weak"]
    assert ragged["perfect_tiles"]["lower_bound"] == pytest.approx(best["edp"])
    assert ragged["perfect_tiles"]["above"] == pytest.approx(ragged["edp"] / best["edp"] - 1)
    perfect, _ = run(capsys, *words, "--tiles", "perfect")
    assert not perfect["weak"]
    assert perfect["gap"] == pytest.approx(perfect["edp"] / best["edp"] - 1)
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "the best mapping whose tiles divide (proven)" in printed
    assert "by a weak bound (not proven optimal)" in printed
