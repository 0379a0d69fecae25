"""A signal at every stage of a search, and a wall clock that jumps: what is reported stays, and the end is the same."""

from __future__ import annotations

import ast
import importlib
import os
import random
import signal
import time
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from cosearch.cli import main
from cosearch.studies.study import read_trials
from tests.cosearch.conftest import Cosearch

ROOT = Path(__file__).resolve().parents[2]
WORDS = ["search", "--network", "alexnet", "--budget", "area=2mm2", "--trials", "24", "--evaluations", "4"]
WORDS += ["--last-evaluations", "8", "--last-mapper", "cmaes", "--no-baselines", "--quiet", "--jobs", "1"]
SAME = ("best.yaml", "pareto.csv", "layers.csv", "config.yaml")
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
STAGES = {
    "cosearch.search.loop:SearchLoop.explore": 1,
    "cosearch.search.candidates:map_shapes": 1,
    "cosearch.studies.study:StudyFile.add": 2,
    "cosearch.co_search:finalize": 1,
    "cosearch.search.final:_FinalMapping.winner": 1,
    "cosearch.search.final:first_bound": 1,
    "cosearch.co_search:write_pareto": 1,
    "cosearch.co_search:write_layers": 1,
    "cosearch.co_search:write_best": 1,
    "cosearch.co_search:write_schemas": 1,
    "cosearch.co_search:write_report": 1,
}
"""Where a signal comes, and at which call."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    assert main([*WORDS, "--out", str(folder)]) == 0
    return folder


def assert_same(folder: Path, whole: Path) -> None:
    for name in SAME:
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
    assert read_trials(folder / "study.journal") == read_trials(whole / "study.journal")


def interrupt(monkeypatch: pytest.MonkeyPatch, stage: str, call: int, number: signal.Signals) -> None:
    """Have this process get a signal when a function is called for the nth time."""
    module, _, name = stage.partition(":")
    owner: Any = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    function = getattr(owner, last)
    calls = []

    def heard(*words: Any, **named: Any) -> Any:
        calls.append(last)
        if len(calls) == call:
            os.kill(os.getpid(), number)
        return function(*words, **named)

    monkeypatch.setattr(owner, last, heard)


CASES = list(zip(STAGES, cycle(SIGNALS)))
_WRITING = "cosearch.studies.study:StudyFile.add"
CASES += [(_WRITING, number) for number in SIGNALS if (_WRITING, number) not in CASES]


@pytest.mark.parametrize("stage, number", CASES, ids=lambda value: getattr(value, "name", value))
def test_a_signal_at_any_stage_loses_nothing(
    stage: str, number: signal.Signals, whole: Path, tmp_path: Path, cosearch: Cosearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    with monkeypatch.context() as patched:
        interrupt(patched, stage, STAGES[stage], number)
        said = cosearch(*WORDS, "--out", out)
    assert said.status == 130, said.err
    assert not list(out.rglob("*.part"))
    kept = read_trials(out / "study.journal") if (out / "study.journal").exists() else []
    assert cosearch(*WORDS, "--out", out, *(["--resume"] if out.exists() else [])).status == 0
    assert read_trials(out / "study.journal")[: len(kept)] == kept
    assert_same(out, whole)


def test_a_wall_clock_that_jumps_changes_nothing(
    whole: Path, tmp_path: Path, cosearch: Cosearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every look at it is days before or after the one before; no limit on time ends the search."""
    rng, began = random.Random(0), time.monotonic()
    monkeypatch.setattr(time, "time", lambda: 1.7e9 + rng.uniform(-1e7, 1e7))
    done = cosearch(*WORDS, "--time-limit", "3600", "--out", tmp_path / "run", "--json")
    assert done.status == 0
    assert 0 < done.json["wall_s"] <= time.monotonic() - began
    for name in ("best.yaml", "pareto.csv", "layers.csv"):
        assert (tmp_path / "run" / name).read_bytes() == (whole / name).read_bytes(), name


WALL_CLOCKS = {("time", "time"), ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}


def test_nothing_asks_the_wall_clock() -> None:
    """What takes how long is a difference of times by a clock that nobody sets."""
    found = []
    for floor in ("nets", "accel_models", "mappings", "cosearch"):
        for path in sorted((ROOT / floor).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
                    owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
                    if (owner, node.attr) in WALL_CLOCKS:
                        found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
                elif isinstance(node, ast.ImportFrom) and node.module == "time":
                    found += [f"{path.relative_to(ROOT)}:{node.lineno}" for name in node.names if name.name == "time"]
    assert found == []
