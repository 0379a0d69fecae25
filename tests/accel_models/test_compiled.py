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


def test_a_change_in_any_compiled_file_makes_all_compiled_code_stale(tmp_path: Path) -> None:
    for folder in compiled.FOLDERS:
        (tmp_path / folder).mkdir()
    callee = tmp_path / "accel_models" / "kernel.py"
    callee.write_text("one")
    (tmp_path / "mappings" / "other_kernel.py").write_text("calls it")
    (tmp_path / "mappings" / "words.py").write_text("is not compiled")
    before = compiled.fingerprint(tmp_path)
    (tmp_path / "mappings" / "words.py").write_text("changes")
    compiled.fingerprint.cache_clear()
    assert compiled.fingerprint(tmp_path) == before
    callee.write_text("two")
    compiled.fingerprint.cache_clear()
    assert compiled.fingerprint(tmp_path) != before


def test_the_compiled_code_of_the_kernels_bears_the_fingerprint() -> None:
    from accel_models import kernel

    stamp = kernel.evaluate_range._cache._cache_file._source_stamp
    assert compiled.fingerprint() in stamp
