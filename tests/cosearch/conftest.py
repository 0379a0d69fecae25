"""Commands run in this process, and one small finished run that many tests read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cosearch.cli import main

QUICK = ["--trials", "4", "--evaluations", "20", "--last-evaluations", "60", "--jobs", "1", "--quiet"]
QUICK += ["--last-mapper", "cmaes"]


@dataclass(frozen=True)
class Spoken:
    """Exit status and output of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cosearch = Callable[..., Spoken]


@pytest.fixture
def cosearch(capfd: pytest.CaptureFixture[str]) -> Cosearch:
    """Run a command line and hear what it says; a traceback fails the test."""

    def run(*words: object) -> Spoken:
        capfd.readouterr()
        status = main([str(word) for word in words])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return Spoken(status, out, err)

    return run


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small run of the main job."""
    folder = tmp_path_factory.mktemp("runs") / "main"
    assert main(["search", "--budget", "area=5mm2", "--out", str(folder), *QUICK]) == 0
    return folder
