"""A run that was killed goes on to the result of one that never was, or says why it cannot."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from cosearch import Budget, CoSearch
from cosearch.evaluation.mapping_table import MappingTable
from cosearch.executors.serial import Serial
from cosearch.search import candidates
from cosearch.search.loop import SearchLoop
from cosearch.search.observer import SilentObserver
from cosearch.studies.config_file import write_config
from cosearch.studies.lock import locked
from cosearch.studies.storage import repair_journal
from cosearch.studies.study import read_trials
from tests.cosearch.conftest import Cosearch

OPTIONS = ["--network", "alexnet", "--budget", "area=2mm2", "--trials", "48"]
EFFORT = ["--evaluations", "4", "--last-evaluations", "8", "--last-mapper", "cmaes", "--no-baselines", "--quiet"]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed."""
    from cosearch.cli import main

    folder = tmp_path_factory.mktemp("runs") / "whole"
    assert main(["search", *OPTIONS, *EFFORT, "--jobs", "1", "--out", str(folder)]) == 0
    return folder


def assert_same(folder: Path, whole: Path) -> None:
    """The same files but for the name of the folder in the report; the same trials but for the hour of writing."""
    for name in ("best.yaml", "pareto.csv", "layers.csv", "config.yaml"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
    assert read_trials(folder / "study.journal") == read_trials(whole / "study.journal")
    assert {path.name for path in folder.rglob("*")} == {path.name for path in whole.rglob("*")}


def cut(whole: Path, folder: Path, lines: int, tail: bytes = b"") -> None:
    """The folder of a run that was killed when its journal had that many lines and some of the next."""
    folder.mkdir()
    (folder / "config.yaml").write_bytes((whole / "config.yaml").read_bytes())
    kept = (whole / "study.journal").read_bytes().splitlines(keepends=True)[:lines]
    (folder / "study.journal").write_bytes(b"".join(kept) + tail)


@pytest.mark.parametrize("trials", [0, 14, 40])
def test_a_run_killed_at_any_moment_ends_as_one_never_killed(
    trials: int, whole: Path, tmp_path: Path, cosearch: Cosearch
) -> None:
    folder = tmp_path / "run"
    words = [sys.executable, "run_cosearch.py", *OPTIONS, *EFFORT, "--jobs", "1", "--out", str(folder)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    waited_for, lines = (folder / "study.journal", 3 + trials) if trials else (folder, 0)
    while process.poll() is None:
        if waited_for.exists() and (not lines or waited_for.read_bytes().count(b"\n") >= lines):
            break
        time.sleep(0.001)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert cosearch("search", *OPTIONS, *EFFORT, "--jobs", "1", "--out", folder, "--resume").status == 0
    assert_same(folder, whole)


# The study's first three lines make and name it; generations of 12 follow, so 20 lines end inside the second.
@pytest.mark.parametrize("lines", [0, 2, 3, 20, 39, 51])
def test_a_journal_cut_anywhere_is_gone_on_with(lines: int, whole: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    cut(whole, tmp_path / "run", lines, tail=b'{"op_code":4,"worker_id":"half a li')
    (tmp_path / "run" / "study.journal.lock").symlink_to("study.journal")
    assert cosearch("search", "--resume", tmp_path / "run", "--jobs", "2", "--quiet").status == 0
    assert_same(tmp_path / "run", whole)


@pytest.mark.parametrize("jobs", [1, 2])
def test_trials_that_a_time_limit_left_pending_are_asked_for_again(
    jobs: int, whole: Path, tmp_path: Path, cosearch: Cosearch
) -> None:
    folder = tmp_path / "run"
    stopped = ["search", *OPTIONS, *EFFORT, "--jobs", jobs, "--out", folder, "--time-limit", "0.001"]
    assert cosearch(*stopped).status == 0
    assert len(read_trials(folder / "study.journal")) == 12
    goes_on = cosearch("search", "--resume", folder, "--jobs", jobs, "--time-limit", "1000", "--quiet")
    assert goes_on.status == 0
    assert read_trials(folder / "study.journal") == read_trials(whole / "study.journal")
    for name in ("best.yaml", "pareto.csv", "layers.csv"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()


def test_subnets_that_a_search_remembers_are_remembered_again(tmp_path: Path) -> None:
    options = {
        "trials": 9,
        "population": 3,
        "mapper_budget": 4,
        "last_mapper_budget": 8,
        "last_mapper": "cmaes",
        "baselines": False,
    }
    search = CoSearch(budget=Budget.parse("area=2mm2"), **options)
    write_config(tmp_path, search)
    never_stopped = search.run(None, tmp_path)
    lines = (tmp_path / "study.journal").read_bytes().splitlines(keepends=True)
    (tmp_path / "study.journal").write_bytes(b"".join(lines[:8]))
    resumed = search.run(None, tmp_path, resume=True)
    assert resumed.designs == never_stopped.designs
    first, second = (result.to_dict() | {"wall_s": 0} for result in (never_stopped, resumed))
    assert json.dumps(first) == json.dumps(second)


def test_designs_without_any_mapping_are_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mapped = candidates.map_shapes

    def starved(*words: Any, **named: Any) -> MappingTable:
        table = mapped(*words, **named)
        table.energy_pj[::2], table.latency_s[::2] = float("inf"), float("inf")
        return table

    monkeypatch.setattr(candidates, "map_shapes", starved)
    options = {
        "trials": 6,
        "population": 3,
        "mapper_budget": 4,
        "last_mapper_budget": 8,
        "last_mapper": "cmaes",
        "baselines": False,
    }
    search = CoSearch(budget=Budget.parse("area=2mm2"), networks=("squeezenet1_1",), **options)
    explored = SearchLoop(search, SilentObserver(), tmp_path).explore(Serial())
    monkeypatch.setattr(candidates, "map_shapes", lambda *_, **__: pytest.fail("it mapped again"))
    again = SearchLoop(search, SilentObserver(), tmp_path, resume=True).explore(Serial())
    assert again.designs == explored.designs
    assert again.evaluations == explored.evaluations
    assert any(not design.feasible for design in again.designs)


@pytest.mark.parametrize(
    "words, named",
    [
        (["--seed", "1"], "--seed was 0 and is now 1"),
        (["--budget", "area=3mm2"], "--budget was area=2mm2 and is now area=3mm2"),
        (["--network", "vgg16"], "--network was ['alexnet'] and is now ['vgg16']"),
        (["--trials", "60", "--sampler", "random"], "--sampler was race and is now random"),
        (["--trials", "60", "--sampler", "random"], "--trials was 48 and is now 60"),
        (["--evaluations", "11"], "--evaluations was 4 and is now 11"),
        (["--objective", "energy"], "--objective was edp and is now energy"),
    ],
)
def test_an_option_that_would_change_the_result_is_named(
    words: list[str], named: str, whole: Path, cosearch: Cosearch
) -> None:
    before = {path.name: path.read_bytes() for path in whole.rglob("*") if path.is_file()}
    said = cosearch("search", "--resume", whole, *words)
    assert said.status == 4
    assert named in said.err
    assert {path.name: path.read_bytes() for path in whole.rglob("*") if path.is_file()} == before


def test_a_finished_run_is_finished_again(whole: Path, cosearch: Cosearch) -> None:
    before = (whole / "best.yaml").read_bytes()
    assert cosearch("search", "--resume", whole, "--jobs", "2", "--quiet", "--time-limit", "100").status == 0
    assert (whole / "best.yaml").read_bytes() == before


@pytest.mark.parametrize(
    "damage, named",
    [
        (lambda data: data | {"schema": 1}, "schema: 1 must be 3"),
        (lambda data: data | {"versions": data["versions"] | {"numpy": "1.0"}}, "numpy 1.0 is now"),
        (lambda data: data | {"options": data["options"] | {"speed": 9}}, "speed"),
        (lambda data: data | {"options": {"seed": 0}}, "'budget' is missing"),
        (lambda data: [data], "is not what a search of this version writes"),
    ],
)
def test_a_folder_of_another_version_is_refused(
    damage: object, named: str, whole: Path, tmp_path: Path, cosearch: Cosearch
) -> None:
    cut(whole, tmp_path / "run", 20)
    config = tmp_path / "run" / "config.yaml"
    config.write_text(yaml.safe_dump(damage(yaml.safe_load(config.read_text()))))  # type: ignore[operator]
    said = cosearch("search", "--resume", tmp_path / "run")
    assert said.status == 4
    assert named in said.err


def test_a_study_that_these_options_do_not_draw_is_refused(whole: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    cut(whole, tmp_path / "run", 20)
    journal = tmp_path / "run" / "study.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:3], lines[4], lines[3], *lines[5:]]))
    said = cosearch("search", "--resume", tmp_path / "run")
    assert said.status == 4
    assert "trial 0 of the study is not what these options draw" in said.err


def test_trials_of_an_older_version_are_refused(whole: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    cut(whole, tmp_path / "run", 20)
    journal = tmp_path / "run" / "study.journal"
    now = journal.read_bytes()
    earlier = now.replace(b'"costs":', b'"scores":')
    assert earlier != now
    journal.write_bytes(earlier)
    said = cosearch("search", "--resume", tmp_path / "run")
    assert said.status == 4
    assert "trial 0 of the study was not written by this version" in said.err


def test_nothing_to_go_on_with(tmp_path: Path, cosearch: Cosearch) -> None:
    assert cosearch("search", "--resume", tmp_path / "none").status == 4
    assert cosearch("search", "--resume").status == 2
    assert cosearch("search", "--resume", tmp_path / "one", "--out", tmp_path / "two").status == 2


def test_a_run_is_worked_on_by_one_process(whole: Path, cosearch: Cosearch) -> None:
    with locked(whole):
        said = cosearch("search", "--resume", whole)
    assert said.status == 4
    assert "another process is at work" in said.err


def test_repair_keeps_whole_lines(tmp_path: Path) -> None:
    journal = tmp_path / "study.journal"
    for text, kept in ((b"", b""), (b"half", b""), (b"a\nb\n", b"a\nb\n"), (b"a\nb", b"a\n")):
        journal.write_bytes(text)
        repair_journal(journal)
        assert journal.read_bytes() == kept
