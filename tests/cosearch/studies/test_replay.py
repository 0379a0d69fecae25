"""What was proven of mappings stands in ``best.yaml``: a replay has the same gap, and what cannot be is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cosearch import Budget, CoSearch
from cosearch.studies.replay import read_best
from nets.errors import InputError

OPTIONS: dict[str, Any] = {"trials": 4, "population": 4, "mapper_budget": 20, "last_mapper_budget": 40}


@pytest.fixture(scope="module")
def proven_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small run that ended with the optimal mapper."""
    folder = tmp_path_factory.mktemp("runs") / "proven"
    folder.mkdir()
    CoSearch(budget=Budget.parse("area=2mm2"), networks=("squeezenet1_1",), baselines=False, **OPTIONS).run(
        folder=folder
    )
    return folder


def edited(run: Path, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    data = yaml.safe_load((run / "best.yaml").read_text())
    change(data)
    (folder / "best.yaml").write_text(yaml.safe_dump(data))
    return folder / "best.yaml"


def without_proofs(data: dict[str, Any]) -> None:
    for entry in data["networks"][0]["mappings"]:
        entry.pop("proof", None)


def test_a_replay_has_the_gap_of_the_run(proven_run: Path, tmp_path: Path) -> None:
    replay = read_best(proven_run / "best.yaml")
    assert replay.exact
    gap = replay.winner.mapping_gap(replay.objective)
    assert replay.recorded["mappings"]["gap"] == gap
    crude = read_best(edited(proven_run, tmp_path, without_proofs))
    assert not crude.exact
    assert 0 <= gap < crude.winner.mapping_gap(replay.objective)


def test_proofs_say_nothing_of_another_machine(proven_run: Path, tmp_path: Path) -> None:
    def slower(data: dict[str, Any]) -> None:
        data["accelerator"]["dram_bandwidth"] = 6.4

    found = read_best(edited(proven_run, tmp_path, slower))
    assert all(layer.proof is None for layer in found.winner.costs[0].layers)


@pytest.mark.parametrize(
    "proof, rule",
    [
        (3, "must be a mapping"),
        ({"per_pj": 1.0, "per_s": 0.0}, "'at_least' is missing"),
        ({"per_pj": 1.0, "per_s": -1.0, "at_least": 1.0}, "must be a finite number of at least 0"),
        ({"per_pj": 1.0, "per_s": 0.0, "at_least": float("inf")}, "must be a finite number of at least 0"),
        ({"per_pj": 0.0, "per_s": 0.0, "at_least": 1.0}, "bounds nothing"),
        ({"per_pj": 1.0, "per_s": 0.0, "at_least": 1e30}, "is above what the mapping beside it costs"),
        ({"per_pj": 1.0, "per_s": 0.0, "at_least": 1.0, "sure": True}, "'sure' is not known"),
    ],
)
def test_a_proof_that_is_none_is_refused(proof: object, rule: str, proven_run: Path, tmp_path: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data["networks"][0]["mappings"][0]["proof"] = proof

    with pytest.raises(InputError, match=rule):
        read_best(edited(proven_run, tmp_path, change))
