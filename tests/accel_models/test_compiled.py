"""What is compiled once is loaded from then on, also when another process compiled it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from accel_models import compiled

MODULE = """
from accel_models.compiled import entry

@entry("int64(int64)")
def double(number):
    return 2 * number
"""


@pytest.mark.parametrize("own_folder", [True, False])
def test_another_process_compiles_what_was_never_compiled(
    own_folder: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "doubling_kernel.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache") if own_folder else "")
    started: list[Any] = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)))
    compiled.compile_beside(["doubling_kernel"])
    assert [process.wait(timeout=60) for process in started] == [0]
    assert compiled._is_cached("doubling_kernel")
    compiled.compile_beside(["doubling_kernel", "no_such_module"])
    assert len(started) == 1
