"""Every page of how-to is possible from itself alone: its blocks run in an empty folder, and print what it shows."""

from __future__ import annotations

import re
import runpy
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml

from tests.cosearch.conftest import Cosearch, cosearch

PAGES = sorted((Path(__file__).resolve().parents[2] / "docs" / "how_to").glob("*.md"))
BLOCK = re.compile(r'^```(\w+)(?: title="([\w.]+)")?\n(.*?)^```', re.DOTALL | re.MULTILINE)
NEEDS = {"network": "torch", "cluster": "distributed"}

__all__ = ["cosearch"]


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """Language, file and text of every block."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def beside(words: list[str], port: int) -> Iterator[None]:
    """A program of Dask's, ended at the end; where it is the scheduler, it listens before anything goes on."""
    module = f"distributed.cli.dask_{words[1]}"
    running = subprocess.Popen([sys.executable, "-m", module, *words[2:]], stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        running.terminate()
        running.wait(timeout=60)


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "index"], ids=lambda page: page.stem)
def test_a_page_runs_from_its_first_block_to_its_last(
    page: Path, cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip(NEEDS.get(page.stem, "numpy"))
    monkeypatch.chdir(tmp_path)
    port, said, files = free_port(), "", []
    with ExitStack() as programs:
        for language, file, text in blocks(page):
            if file:
                (tmp_path / file).write_text(text)
                files.append(file)
            elif language == "text":
                missing = [line for line in text.splitlines() if " ".join(line.split()) not in said]
                assert missing == [], said
            else:
                assert language == "bash", f"a block of {language} that nothing runs"
                for line in text.replace("\\\n", " ").replace("8786", str(port)).splitlines():
                    words = shlex.split(line.removesuffix("&"))
                    if words[0] == "dask":
                        programs.enter_context(beside(words, port))
                    elif words[0] == "python":
                        capfd.readouterr()
                        runpy.run_path(words[1], run_name="__main__")
                        said += " ".join(capfd.readouterr().out.split()) + "\n"
                    else:
                        done = cosearch(*words[1:])
                        assert (words[0], done.status) == ("cosearch", 0), f"{line}\n{done.err}"
                        said += " ".join(done.out.split()) + "\n"
    for file in files:
        sys.modules.pop(file.removesuffix(".py"), None)
    same = {"resume": ("run", "whole"), "cluster": ("far", "near")}.get(page.stem)
    if same:
        one, other = (yaml.safe_load((tmp_path / name / "best.yaml").read_text())["figures"] for name in same)
        assert one == other


def test_every_task_has_a_page() -> None:
    index = next(page for page in PAGES if page.stem == "index").read_text(encoding="utf-8")
    linked = re.findall(r"^\| .* \| \[.*\]\((\w+)\.md\) \|$", index, re.MULTILINE)
    assert sorted(linked) == [page.stem for page in PAGES if page.stem != "index"]
    assert len(linked) >= 11
