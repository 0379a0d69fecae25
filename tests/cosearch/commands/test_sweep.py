"""Sweeps from a shell: never worse with more room, gone on with where they stopped, whole where a point has none."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cosearch.commands.sweep_runs import key_of
from cosearch.reports.sweep import bound_line, describe_end, points_of, value_of
from cosearch.studies.replay import read_best
from tests.cosearch.conftest import QUICK, Cosearch

SMALL = ("--network", "alexnet", "--resolution", 64, "--no-baselines", *QUICK)
BUDGET = ("--budget", "area=0.01mm2|1mm2|3mm2")


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sweep whose first point has no design."""
    folder = tmp_path_factory.mktemp("sweeps") / "areas"
    command = [sys.executable, "-m", "cosearch.cli", "sweep", *BUDGET, *map(str, SMALL), "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_each_point_is_a_run_of_its_own(swept: Path, cosearch: Cosearch) -> None:
    assert sorted(path.name for path in swept.iterdir() if path.is_dir()) == ["area-1mm2", "area-3mm2"]
    said = cosearch("evaluate", swept / "area-3mm2" / "best.yaml", "--json")
    assert said.status == 0
    alone = cosearch("search", "--budget", "area=3mm2", *SMALL, "--json")
    assert said.json["value"] == alone.json["value"]


def test_what_ended_is_not_searched_again(swept: Path, cosearch: Cosearch) -> None:
    (swept / "area-1mm2" / "study.journal").rename(swept / "away")
    said = cosearch("sweep", *BUDGET, *SMALL, "--out", swept, "--resume", "--json")
    (swept / "away").rename(swept / "area-1mm2" / "study.journal")
    assert said.status == 0, said.err
    first, second, third = said.json["points"]
    assert (first["value"], second["note"]) == (None, "")
    assert "no design meets the budget" in first["note"]
    assert first["lower_bound"] >= second["lower_bound"] >= third["lower_bound"] > 0
    assert second["value"] >= third["value"] >= third["lower_bound"]
    assert (swept / "sweep.csv").read_text().count("\n") == 4
    assert '<div class="plot"' in (swept / "sweep.html").read_text()


def test_a_tighter_limits_design_is_taken_over(swept: Path) -> None:
    """The better of two runs stands for the tighter limit here, whichever it is."""
    found = [(value_of(read_best(folder / "best.yaml")), folder) for folder in swept.glob("area-*")]
    (less, better), (more, worse) = sorted(found)
    assert less < more
    points = points_of([1.0, 3.0], [better, worse], ["", ""])
    assert [value_of(point.best) for point in points if point.best] == [less, less]
    assert [point.best_of for point in points] == [1.0, 1.0]
    points = points_of([1.0, 3.0], [worse, better], ["", ""])
    assert [point.best_of for point in points] == [1.0, 3.0]
    assert points[0].bound >= points[1].bound


def test_between_two_limits_the_bound_of_the_looser_one_is_drawn() -> None:
    line = bound_line([(1.0, 9.0), (2.0, 5.0), (4.0, 4.0)])
    assert line == [(1.0, 9.0), (1.0, 5.0), (2.0, 5.0), (2.0, 4.0), (4.0, 4.0)]
    assert bound_line([]) == []


def test_its_end_says_what_was_found_and_a_command_that_works(swept: Path, cosearch: Cosearch) -> None:
    points = points_of([1.0, 3.0], [swept / "area-1mm2", swept / "area-3mm2"], ["", ""])
    found, proven, following = describe_end(swept, points).splitlines()
    assert found.endswith("J s, 2 of 2 limits have a design")
    assert proven.startswith("proven: each at most ")
    page, _, command = following.removeprefix("next: read ").partition(", or ask what holds one back: cosearch ")
    assert Path(page).is_file()
    assert cosearch(*shlex.split(command), "--evaluations", 5).status == 0


@pytest.mark.parametrize(
    "words, rule",
    [
        (["--budget", "area=5mm2"], "has no limit that varies"),
        ([], "--budget is missing"),
        ([*BUDGET, "--objectives", "edp,area"], "is of one search, not of a sweep"),
        ([*BUDGET, "--network", "resnt50"], "did you mean"),
        ([*BUDGET, "--trials", "0"], "trials: 0 must be"),
        ([*BUDGET, "--resume"], "needs the folder of a sweep"),
    ],
)
def test_what_is_refused_before_anything_is_searched(
    words: list[str], rule: str, cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = cosearch("sweep", *words)
    assert (said.status, rule in said.err) == (2, True), said.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_left_alone(swept: Path, cosearch: Cosearch) -> None:
    said = cosearch("sweep", *BUDGET, *SMALL, "--out", swept)
    assert (said.status, "is in use" in said.err) == (2, True)


def test_an_interrupted_sweep_keeps_what_it_has_and_says_how_to_go_on(tmp_path: Path) -> None:
    words = ["sweep", "--budget", "area=1mm2|3mm2", *map(str, SMALL), "--trials", "4000"]
    command = [sys.executable, "-m", "cosearch.cli", *words, "--out", str(tmp_path / "sweep")]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    study = tmp_path / "sweep" / "area-1mm2" / "study.journal"
    until = time.monotonic() + 300
    while not study.exists() and running.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=120)
    assert running.returncode == 130
    assert re.search(r"go on with it: the same command with --out \S+sweep --resume", err)
    assert study.exists()
    assert not (tmp_path / "sweep" / "sweep.json").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_lives_on_after_a_sweep_that_was_killed(tmp_path: Path) -> None:
    words = ["sweep", "--budget", "area=1mm2|3mm2", *map(str, SMALL), "--trials", "4000", "--jobs", "2"]
    command = [sys.executable, "-m", "cosearch.cli", *words, "--out", str(tmp_path / "sweep")]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    study = tmp_path / "sweep" / "area-1mm2" / "study.journal"
    until = time.monotonic() + 300
    while not study.exists() and running.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
    searches = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    assert searches
    running.kill()
    running.wait()
    time.sleep(0.5)
    assert [pid for pid in searches if is_at_work(pid)] == []


def is_at_work(pid: str) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_how_many_share_a_point_does_not_tell_searches_apart(swept: Path) -> None:
    assert key_of(["search", "--jobs=2", "--seed=1"]) == key_of(["search", "--jobs=8", "--seed=1"]) == "search --seed=1"
    assert all("--jobs" not in key for key in json.loads((swept / "sweep.json").read_text())["ended"])
