"""What only Linux has is not needed: commands run without it, as on macOS and Windows."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from cosearch.studies import lock
from cosearch.studies.lock import LOCK
from nets.errors import ResumeError
from tests.cosearch.conftest import QUICK

ROOT = Path(__file__).resolve().parents[2]
BARE = """
import multiprocessing.context, os, signal, sys
del os.fork, os.sched_getaffinity, os.O_NONBLOCK, os.O_CLOEXEC, signal.SIGHUP, multiprocessing.context.ForkProcess
from cosearch.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_search_and_its_replay_run(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = ["search", "--network", "alexnet", "--resolution", "64", "--budget", "area=1mm2", "--out", "run", *QUICK]
    for words in (run, ["evaluate", "run/best.yaml"], ["explain", "run", "--evaluations", "5"]):
        command = [sys.executable, "-c", BARE, *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def test_a_folder_is_locked_where_folders_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locking(handle: int, mode: int, count: int) -> None:
        assert (mode, count) == (2, 1)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PermissionError from None  # as msvcrt says it

    windows = types.ModuleType("msvcrt")
    windows.__dict__.update(locking=locking, LK_NBLCK=2)
    monkeypatch.setitem(sys.modules, "msvcrt", windows)
    monkeypatch.setattr(sys, "platform", "win32")
    spec = importlib.util.spec_from_file_location("windows_lock", lock.__file__)
    assert spec is not None
    assert spec.loader is not None
    there = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(there)
    monkeypatch.undo()
    with there.locked(tmp_path), pytest.raises(ResumeError, match="another process"), there.locked(tmp_path):
        pass
    with there.locked(tmp_path):
        assert [entry.name for entry in tmp_path.iterdir()] == [LOCK]
