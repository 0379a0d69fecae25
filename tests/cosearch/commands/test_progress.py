"""A bar for a person at a terminal; nothing in a pipe, where ``-v`` logs instead."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from accel_models.presets import load_template
from cosearch.commands.progress import Progress, clock
from cosearch.evaluation.design import Design
from cosearch.problem.objective import load_objective
from tests.cosearch.conftest import QUICK, Cosearch

WORDS = ["search", "--network", "squeezenet1_1", "--budget", "area=2mm2", "--no-baselines", *QUICK]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream, quiet, shown", [(Terminal(), False, True), (Terminal(), True, False)])
def test_a_terminal_shows_a_bar(stream: io.StringIO, quiet: bool, shown: bool) -> None:
    with Progress(4, load_objective("edp"), quiet=quiet, stream=stream) as progress:
        progress.stage("searching")
    assert ("searching" in stream.getvalue()) == shown


def test_a_bar_says_what_improved_and_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    stream = Terminal()
    machine = load_template("nvdla_256")
    with Progress(4, load_objective("edp"), stream=stream) as progress:
        for number, value in enumerate((2e-6, 1.5e-6)):
            design = Design(number, machine, (), value, ())
            progress.generation([design], design, 100)
        progress._bar.refresh()  # type: ignore[union-attr]
    said = stream.getvalue()
    assert "EDP 1.5e-06 J s, 25.0% less than at first" in said
    assert re.search(r"\d+ s left", said)


@pytest.mark.parametrize("seconds, words", [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (3725, "62 min 05 s")])
def test_times_for_people(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_a_pipe_hears_only_the_result(cosearch: Cosearch, tmp_path: Path) -> None:
    loud = [word for word in WORDS if word != "--quiet"]
    said = cosearch(*loud, "--out", tmp_path / "run")
    assert said.status == 0
    lines = said.err.splitlines()
    assert lines[0].startswith("4 accelerators")
    run = tmp_path / "run"
    assert [line.partition(":")[0] for line in lines[1:]] == ["found", "proven", "run folder", "next"]
    assert re.fullmatch(r"found: EDP \S+ J s in \S+ mm2", lines[1])
    assert re.fullmatch(r"proven: joint gap at most \S+ .*", lines[2])
    assert lines[3] == f"run folder: {run}"
    assert lines[4] == f"next: read {run / 'report.html'}, or ask what holds it back: cosearch explain {run}"
    assert "\x1b" not in said.out + said.err
    assert cosearch(*WORDS, "--out", tmp_path / "quiet").err == ""


def test_verbose_logs_generations(cosearch: Cosearch, tmp_path: Path) -> None:
    said = cosearch(*WORDS, "-v", "--json", "--out", tmp_path / "run")
    assert ": generation of 4, 4 of 4 done" in said.err
    assert said.json["feasible"] is True
