"""Searches with layers in groups: never worse than every layer alone, replayed to the last bit, refused by reason."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from accel_models.description import from_dict
from accel_models.template import Template
from cosearch import Budget, CoSearch
from cosearch.bounds.joint import JointProof
from cosearch.cli import main
from cosearch.problem.fusing import FUSED_LAYERS, WHEN
from cosearch.search.joint import begin_proof_in_groups, spec_of
from cosearch.studies.proof_file import PROOF, PROOF_IN_GROUPS, load_proof, save_proof
from cosearch.studies.replay import read_best
from mappings.fusion.fuse import ROUNDS, Fused, fuse
from nets import Layer, Network
from nets.errors import CosearchError, InputError, ResumeError

OPTIONS: dict[str, Any] = {"trials": 4, "population": 4, "mapper_budget": 20, "last_mapper_budget": 40}


def _network() -> Network:
    network = Network("narrow", resolution=16)
    for number, source in enumerate([(), ("l0",), ("l1",), ("l2",)]):
        kind = {"K": 8, "C": 8} if number % 2 else {"G": 8}
        network.add(Layer(name=f"l{number}", P=16, Q=16, R=3, S=3, padding=(1, 1, 1, 1), **kind), source)
    return network


def _search(**options: Any) -> CoSearch:
    return CoSearch(
        **{"budget": Budget.parse("area=0.6mm2"), "networks": (_network(),), "fuse": "on"} | OPTIONS | options
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "grouped"
    folder.mkdir()
    _search().run(folder=folder)
    return folder


def test_groups_cost_no_more_and_replay_exactly(run: Path) -> None:
    replay = read_best(run / "best.yaml")
    assert replay.exact
    figures = replay.recorded["groups"]
    assert figures["times_less"] > 1.1
    assert figures["lower_bound"] <= figures["value"]
    joint = replay.joint["groups"]
    assert 0 < joint["lower_bound"] < figures["value"]
    (grouped,) = replay.winner.groups
    assert any(group.get("tiles") for group in figures["networks"][0]["groups"])
    assert sum(group["count"] for group in figures["networks"][0]["groups"]) == 4
    assert grouped.energy_pj < replay.winner.costs[0].energy_pj
    page = (run / "report.html").read_text()
    assert "narrow in groups" in page
    assert "best design in groups there could be" in page
    assert "groups gap" in page or "How near are these groups" in page


def test_the_same_seed_ends_in_the_same_groups(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    folder.mkdir()
    _search(jobs=2).run(folder=folder)
    assert (folder / "best.yaml").read_text() == (run / "best.yaml").read_text()


def test_published_designs_run_in_groups_too(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each in those that are best on it, beside the design found in groups that are looked for alike."""
    replay = read_best(run / "best.yaml")
    network, winner = replay.winner.costs[0].network, replay.winner.accelerator
    (searched, alike) = (_edp(fuse(network, winner, rounds=rounds)) for rounds in (1, ROUNDS))
    assert searched == pytest.approx(alike, rel=0.02)
    fitting = [entry for entry in replay.baselines if "ratio" in entry]
    assert len(fitting) > 1
    for entry in fitting:
        preset = from_dict(entry["accelerator"])
        assert isinstance(preset, Template)
        value = _edp(fuse(network, preset.accelerator(), rounds=1))
        assert entry["groups"]["value"] == pytest.approx(value)
        assert entry["groups"]["ratio"] == pytest.approx(value / searched)
        assert value < entry["value"]
    assert main(["evaluate", str(run / "best.yaml")]) == 0
    assert "in groups" in capsys.readouterr().out.rpartition("published designs")[2]
    assert "times the searched in groups" in (run / "report.html").read_text()


def _edp(found: Fused) -> float:
    return found.score * 1e-12 / found.accelerator.clock_hz


def _edited(run: Path, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    data = yaml.safe_load((run / "best.yaml").read_text())
    change(data)
    (folder / "best.yaml").write_text(yaml.safe_dump(data))
    return folder / "best.yaml"


def _first(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(part for part in data["networks"][0]["groups"]["parts"] if "tile" in part)
    return found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: _first(data).update(tile=[99, 99]), "must be 1 to"),
        (lambda data: _first(data).update(layers=["l0", "l9"]), "'l9'"),
        (lambda data: _first(data).pop("pieces"), "pieces"),
        (lambda data: _first(data)["pieces"].pop("l1"), "is missing"),
        (lambda data: _first(data).update(til=[1, 1]), "til"),
        (lambda data: data["networks"][0]["groups"].update(at_least=1.0), "is above the EDP"),
        (lambda data: data["networks"][0]["groups"]["parts"].pop(), "must cover the 4 layers"),
    ],
)
def test_what_no_search_writes_is_refused(run: Path, tmp_path: Path, change: Any, message: str) -> None:
    with pytest.raises(CosearchError, match=message):
        read_best(_edited(run, tmp_path, change))


def test_nothing_is_proven_of_another_machine(run: Path, tmp_path: Path) -> None:
    found = read_best(_edited(run, tmp_path, lambda data: data["accelerator"].update(dram_bandwidth=6.4)))
    assert found.winner.groups_to_dict(found.objective)["groups"]["gap"] is None


def test_auto_says_why_layers_run_alone() -> None:
    """On where groups can be searched; else every layer runs alone, for a reason in words."""
    assert _search(fuse="auto").layers_alone == ""
    assert _search(fuse=True).fuse == "on"
    assert _search(fuse=False).layers_alone == "not asked for"
    assert "several objectives" in _search(fuse="auto", objectives=("edp", "area")).layers_alone
    wide = Network("long", resolution=1)
    for number in range(FUSED_LAYERS + 1):
        wide.add(Layer(name=f"l{number}", K=2, C=2), (f"l{number - 1}",) if number else ())
    assert str(FUSED_LAYERS) in _search(fuse="auto", networks=(wide,)).layers_alone
    assert _search(fuse="on", networks=(wide,)).layers_alone == ""
    subnets = {name: CoSearch(budget=Budget.parse("area=5mm2"), fuse=name).trials for name in WHEN}
    assert subnets["auto"] < subnets["on"] == subnets["off"]
    with pytest.raises(InputError, match="did you mean 'auto'"):
        _search(fuse="autos")


def test_its_proof_goes_on(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The bound in groups is the search's to begin with, below all that was found; that of layers alone stands."""
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    before = read_best(folder / "best.yaml")
    words = ["prove", str(folder), "--jobs", "1", "--gap", "30%", "--time-limit"]
    assert main([*words, "0.01s", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["groups"] is True
    assert said["checked"] == OPTIONS["trials"]
    after = read_best(folder / "best.yaml")
    assert after.exact
    assert {**after.joint, "groups": None} == {**before.joint, "groups": None}
    assert after.joint["groups"] == said["joint"]
    values = [said["value"], *(entry["groups"]["value"] for entry in after.baselines if "groups" in entry)]
    assert before.joint["groups"] == said["joint"]
    assert said["joint"]["lower_bound"] < min(values)
    assert main([*words, "1s"]) == 0
    assert "joint gap, groups: at most" in capsys.readouterr().out
    gone_on = read_best(folder / "best.yaml").joint["groups"]
    assert gone_on["boxes"] >= said["joint"]["boxes"]
    assert said["joint"]["lower_bound"] <= gone_on["lower_bound"] < min(values)
    assert (folder / PROOF_IN_GROUPS).exists()
    assert not (folder / PROOF).exists()


def test_a_proof_of_layers_alone_is_not_gone_on_with(run: Path, tmp_path: Path) -> None:
    options = _search().options
    winner = read_best(run / "best.yaml").winner
    proof = begin_proof_in_groups(options, winner, spec_of(options, winner))
    assert isinstance(proof, JointProof)
    save_proof(tmp_path, proof)
    held = load_proof(tmp_path, options, proof.value, groups=True)
    assert held is not None
    assert held.lower_bound == proof.lower_bound
    assert load_proof(tmp_path, options, proof.value) is None
    (tmp_path / PROOF_IN_GROUPS).rename(tmp_path / PROOF)
    with pytest.raises(ResumeError, match="is of designs in groups"):
        load_proof(tmp_path, options, proof.value)


def test_what_is_not_searched_in_groups_is_refused() -> None:
    with pytest.raises(InputError, match="several objectives"):
        _search(objectives=("edp", "area"))
