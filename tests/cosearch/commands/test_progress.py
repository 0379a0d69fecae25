"""A bar for a person at a terminal; nothing in a pipe, where ``-v`` logs instead."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from cosearch.commands.progress import Progress
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


def test_a_pipe_hears_only_the_result(cosearch: Cosearch, tmp_path: Path) -> None:
    loud = [word for word in WORDS if word != "--quiet"]
    said = cosearch(*loud, "--out", tmp_path / "run")
    assert said.status == 0
    lines = said.err.splitlines()
    assert lines[0].startswith("4 accelerators")
    assert lines[1:] == [f"run folder: {tmp_path / 'run'}"]
    assert "\x1b" not in said.out + said.err
    assert cosearch(*WORDS, "--out", tmp_path / "quiet").err == ""


def test_verbose_logs_generations(cosearch: Cosearch, tmp_path: Path) -> None:
    said = cosearch(*WORDS, "-v", "--json", "--out", tmp_path / "run")
    assert ": generation of 4, 4 of 4 done" in said.err
    assert said.json["feasible"] is True
