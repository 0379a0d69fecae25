"""What every test runs under: the same draws, kernels that are compiled once, one core each, a Ctrl-C that is heard.

Hypothesis repeats its draws, so that a red test is red on every machine; ``pytest --hypothesis-profile=explore`` looks
for new counter-examples instead.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("repeat", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("repeat")

if "PYTEST_XDIST_WORKER" in os.environ:  # the other cores are the other workers'
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Before any worker starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as for what a shell runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    shares = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if shares and not os.environ.get("NUMBA_DISABLE_JIT") and not config.option.collectonly:
        compile_kernels()


def compile_kernels() -> None:
    """Fill Numba's cache, which else every worker, and every process that a test starts, would do for itself."""
    for together in (["cost"], ["proofs", "mappers"]):
        command = [sys.executable, "-m", "tests.compile_kernels"]
        running = [subprocess.Popen([*command, what], cwd=ROOT) for what in together]
        if any(process.wait() for process in running):
            raise pytest.UsageError(f"the kernels do not compile: see {' '.join(command)} {' '.join(together)}")
