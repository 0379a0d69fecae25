"""``cosearch prove``: goes on from a run, keeps what it proved, says what is wrong with what it is given."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cosearch.commands.prove import read_gap, read_time
from cosearch.studies.proof_file import PROOF
from cosearch.studies.replay import read_best
from nets.errors import InputError
from tests.cosearch.conftest import QUICK, Cosearch


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from cosearch.cli import main

    folder = tmp_path_factory.mktemp("runs") / "small"
    assert main(["search", "--network", "alexnet", "--budget", "area=2mm2", "--out", str(folder), *QUICK]) == 0
    return folder


def test_a_run_says_what_is_proven_and_prove_goes_on(cosearch: Cosearch, small_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(small_run, folder)
    before = read_best(folder / "best.yaml")
    assert before.exact
    assert before.joint["lower_bound"] <= before.winner.value(before.objective)
    said = cosearch("prove", folder, "--time-limit", "3s", "--jobs", "1", "--json")
    assert said.status == 0
    joint = said.json["joint"]
    assert joint["lower_bound"] >= before.joint["lower_bound"] * (1 - 1e-12)
    assert said.json["value"] <= before.winner.value(before.objective)
    assert said.json["checked"] > 0
    after = read_best(folder / "best.yaml")
    assert after.exact
    assert after.joint == joint
    assert (folder / PROOF).exists()
    assert "proven" in (folder / "report.html").read_text()
    again = cosearch("prove", folder, "--time-limit", "1s", "--jobs", "1")
    assert again.status == 0
    assert "joint gap: at most" in again.out
    assert "mapping gap of alexnet: at most" in again.out
    assert said.json["mappings"]["gap"] == after.recorded["mappings"]["gap"]


@pytest.mark.parametrize("text", ["0", "-5%", "nan", "inf", "much", ""])
def test_gaps_that_are_none(text: str) -> None:
    with pytest.raises(InputError, match="--gap"):
        read_gap(text)


@pytest.mark.parametrize("text", ["0s", "-1s", "1day", "", "s", "1.2.3s"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(InputError, match="--time-limit"):
        read_time(text)


def test_shares_and_times() -> None:
    assert read_gap("5%") == read_gap("0.05") == 0.05
    assert [read_time(text) for text in ("30", "30s", "10min", "1h")] == [30, 30, 600, 3600]


def test_what_is_no_run(cosearch: Cosearch, small_run: Path, tmp_path: Path) -> None:
    missing = cosearch("prove", tmp_path / "none")
    assert missing.status == 2
    assert "is no folder" in missing.err
    assert cosearch("prove", tmp_path).status == 4
    folder = tmp_path / "run"
    shutil.copytree(small_run, folder)
    (folder / PROOF).write_bytes(b"damaged")
    damaged = cosearch("prove", folder, "--time-limit", "1s")
    assert damaged.status == 4
    assert "begin a new proof" in damaged.err
    (folder / PROOF).unlink()
    journal = (folder / "study.journal").read_text()
    (folder / "study.journal").write_text(journal.replace('"lanes_', '"lane_'))
    edited = cosearch("prove", folder, "--time-limit", "1s")
    assert edited.status == 4
    assert "says no design of this run" in edited.err
    (folder / "best.yaml").unlink()
    unfinished = cosearch("prove", folder)
    assert unfinished.status == 2
    assert "no design" in unfinished.err
