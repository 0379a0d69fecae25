"""What is compiled once is loaded from then on, also when another process compiled it, until a source of it changes."""

from __future__ import annotations

import ast
import ctypes
import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from numba.core import config
from numba.core.dispatcher import Dispatcher

from accel_models import compiled, imported

ROOT = Path(compiled.__file__).parent.parent
CALLEE = """
from accel_models.compiled import inside
from package.numbers import FACTOR

@inside("int64(int64)")
def times(number):
    return FACTOR * number
"""
CALLER = """
from accel_models.compiled import entry
from package import callee

@entry("int64(int64)")
def calculate(number):
    return callee.times(number) + 1
"""
SOURCES = {"__init__": "", "numbers": "FACTOR = 2", "callee": CALLEE, "caller": CALLER, "bystander": "X = 1"}
ASK = """
from package.caller import calculate
print(calculate(10), "loaded" if calculate.stats.cache_hits else "compiled")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of a compiled caller and its callee, which can be imported, and a folder for what is compiled."""
    folder = tmp_path / "package"
    folder.mkdir()
    for name, text in SOURCES.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "0")
    return folder


def ask() -> str:
    """What a new process calculates, and how often it found the code in the cache."""
    run = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=False)
    return run.stdout.strip() or run.stderr


def test_a_change_in_a_file_that_is_called_is_seen_and_nothing_stale_runs(package: Path) -> None:
    assert ask() == "21 compiled"
    assert ask() == "21 loaded"
    (package / "bystander.py").write_text("X = 2")
    assert ask() == "21 loaded", "nobody imports it"
    (package / "callee.py").write_text(CALLEE.replace("FACTOR * number", "FACTOR * number * 10"))
    assert ask() == "201 compiled"
    (package / "numbers.py").write_text("FACTOR = 3")
    assert ask() == "301 compiled"
    (package / "numbers.py").write_text("FACTOR = 2")
    (package / "callee.py").write_text(CALLEE)
    assert ask() == "21 compiled"


def test_where_nothing_may_be_written_code_is_kept_while_the_process_runs(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    nowhere = """
from accel_models import compiled, imported
compiled._CacheImpl._locator_classes = compiled._CacheImpl._locator_classes[:1]
"""
    asked = "import os; print(os.environ['NUMBA_CACHE_DIR'], bool(calculate.is_cached()))"
    run = subprocess.run([sys.executable, "-c", nowhere + ASK + asked], capture_output=True, text=True, check=True)
    answer, place = run.stdout.splitlines()
    assert answer == "21 compiled"
    folder, kept = place.split()
    assert kept == "True"
    assert not Path(folder).exists()


def test_a_full_disk_keeps_no_compiled_code_and_stops_nobody(package: Path) -> None:
    full = """
from numba.core import caching
def no_room(*_):
    raise OSError(28, "No space left on device")
caching.IndexDataCacheFile.save = no_room
"""
    run = subprocess.run([sys.executable, "-c", full + ASK], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "21 compiled"


def test_an_interrupt_where_llvm_calls_back_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    call_back = ctypes.CFUNCTYPE(None)(interrupted)
    with pytest.raises(KeyboardInterrupt), compiled._interrupts_kept():
        call_back()
    assert capsys.readouterr().err == ""


def test_a_part_that_answers_or_is_answered_with_an_array_has_to_say_that_it_allocates(package: Path) -> None:
    """Its caller would free what it does not own, or it would keep what nobody else does."""
    part = "from accel_models.compiled import inside\n\n@inside({})\ndef times(numbers):\n    return numbers\n"
    (package / "caller.py").write_text(
        "import numpy as np\n" + CALLER.replace("times(number) + 1", "times(np.arange(number)).sum()")
    )
    (package / "callee.py").write_text(part.format(""))
    assert "times answers or is answered with an array: inside(..., allocates=True)" in ask()
    (package / "callee.py").write_text(part.format("allocates=True"))
    assert ask() == "45 compiled"
    between = "\n@inside()\ndef twice(numbers):\n    return 2 * times(numbers)[-1]\n"
    (package / "callee.py").write_text(part.format("allocates=True") + between)
    caller = (package / "caller.py").read_text()
    (package / "caller.py").write_text(caller.replace("times(np.arange(number)).sum()", "twice(np.arange(number))"))
    assert "twice answers or is answered with an array" in ask()


def test_another_process_compiles_what_is_not_compiled_as_it_stands_now(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.setattr(config, "CACHE_DIR", str(package.parent / "cache"))
    monkeypatch.setattr(config, "DISABLE_JIT", 0)
    started: list[Any] = []
    popen = subprocess.Popen

    def begun(*words: Any, **options: Any) -> Any:
        started.append(popen(*words, **options))
        return started[-1]

    try:
        with monkeypatch.context() as patch:
            patch.setattr(subprocess, "Popen", begun)
            compiled.compile_beside(["package.caller"])
            compiled.wait_beside()
            assert [process.returncode for process in started] == [0]
            compiled.compile_beside(["package.caller", "package.no_such_module"])
            assert len(started) == 1
        assert ask() == "21 loaded"
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "package"]:
            del sys.modules[name]


@pytest.mark.parametrize(
    "line, files",
    [
        ("import a.b.c", {"a/__init__.py", "a/b/__init__.py", "a/b/c.py"}),
        ("from a.b import c", {"a/b/c.py"}),
        ("from a.b import C", {"a/b/__init__.py"}),
        ("from a.b.c import C as D", {"a/b/c.py"}),
        ("from .b import c", {"a/b/c.py"}),
        ("from . import b", {"a/b/__init__.py"}),
        ("def f():\n    if True:\n        from a.b.c import C", {"a/b/c.py"}),
        ("import numpy", set()),
    ],
)
def test_the_files_that_an_import_names_are_found(line: str, files: set[str], tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("a/__init__.py", "a/b/__init__.py", "a/b/c.py"):
        (tmp_path / name).touch()
    source = tmp_path / "a" / "source.py"
    source.write_text(line)
    found = {path.relative_to(tmp_path).as_posix() for path in imported.sources(source, tmp_path)}
    assert found == files | {"a/source.py"}


ASK_UNPARSED = """
import ast
def parse(text):
    raise SystemExit("parsed")
ast.parse = parse
from accel_models import imported
from pathlib import Path
import sys
print(imported.fingerprint(*map(Path, sys.argv[1:])))
"""


def test_what_a_text_imports_is_remembered_until_the_text_changes(tmp_path: Path) -> None:
    caller, callee, memory = (tmp_path / name for name in ("caller.py", "callee.py", "memory.json"))
    caller.write_text("import callee")
    callee.write_text("import other")

    def unparsed() -> str:
        command = [sys.executable, "-c", ASK_UNPARSED, str(caller), str(tmp_path), str(memory)]
        ran = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
        return ran.stdout.strip() or ran.stderr.strip()

    assert unparsed() == "parsed"
    first = imported.fingerprint(caller, tmp_path, memory)
    assert unparsed() == first
    seen = callee.stat()
    callee.write_text("import bother"[:12])  # as long as before
    os.utime(callee, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert unparsed() == "parsed"
    callee.write_text("import other")
    assert unparsed() == first
    memory.write_text(memory.read_text()[:-1])
    assert unparsed() == "parsed"


def kernels() -> list[str]:
    """The modules that hold compiled functions."""
    modules = []
    for folder in ("accel_models", "mappings"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "from accel_models.compiled import" in path.read_text():
                modules.append(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return [module for module in modules if any(functions_of(module))]


def functions_of(module: str) -> list[Any]:
    """The compiled functions, or with the compiler off the plain ones, that a module defines."""
    values = vars(importlib.import_module(module)).values()
    return [value for value in values if getattr(value, "__module__", None) == module and is_function(value)]


def is_function(value: object) -> bool:
    return isinstance(value, Dispatcher) or (bool(config.DISABLE_JIT) and hasattr(value, "__code__"))


@pytest.mark.parametrize("module", kernels())
def test_what_a_compiled_function_names_stands_in_a_file_that_is_watched(module: str) -> None:
    """Also by value: whatever else of ours a kernel imports, its fingerprint covers."""
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    watched = imported.sources(path, ROOT)
    for function in functions_of(module):
        plain = getattr(function, "py_func", function)
        for name in plain.__code__.co_names:
            home = getattr(plain.__globals__.get(name), "__module__", None) or ""
            if home.split(".")[0] in ("accel_models", "mappings", "nets"):
                assert ROOT.joinpath(*home.split(".")).with_suffix(".py") in watched, name
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("accel_models", "mappings"):
            assert ROOT.joinpath(*str(node.module).split(".")).with_suffix(".py") in watched, node.module


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="nothing is compiled")
def test_the_cost_kernel_does_not_depend_on_the_mappers() -> None:
    from accel_models import kernel

    source = ROOT / "accel_models" / "kernel" / "evaluation.py"
    assert kernel.evaluate_range._cache._cache_file._source_stamp == imported.fingerprint(source, ROOT)
    assert not [path for path in imported.sources(source, ROOT) if "mappings" in path.parts]


def test_what_compiles_beside_ends_with_the_process_that_wants_it(package: Path) -> None:
    """Also where that is killed; it would go on for half a minute with what nobody wants."""
    (package / "caller.py").write_text("import time\ntime.sleep(60)\n" + CALLER)
    begin = (
        "import os, signal, subprocess, accel_models.compiled as compiled\n"
        "compiled.missing = list\n"
        "compiled.compile_beside(['package.caller'])\n"
        "print(compiled._beside[0].pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run = subprocess.run([sys.executable, "-c", begin], capture_output=True, text=True, check=False)
    assert run.returncode == -signal.SIGKILL
    assert _ends(int(run.stdout), within_s=30)


def _ends(process: int, within_s: float) -> bool:
    """Whether a process that is not a child of this one ends."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{process}/stat").read_text() if Path("/proc").is_dir() else ""
            os.kill(process, 0)
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state.rpartition(")")[2].split()[:1] == ["Z"]:  # ended, and nobody asked how
            return True
        time.sleep(0.05)
    return False
