"""Signals that end a command, and disks that are full."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

CLI = """
import os, sys, time
import cosearch.cli as cli
def dispatch(words):
    os.kill(os.getpid(), int(words[0]))
    time.sleep(30)
cli._dispatch = dispatch
sys.exit(cli.main(sys.argv[1:]))
"""

EARLY = """
import os, signal, sys
class Interrupts:
    def find_spec(self, name, path, target=None):
        if name == sys.argv[-1]:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
from cosearch.__main__ import main
sys.exit(main())
"""

FULL = """
import resource, sys
from pathlib import Path
import cosearch.cli as cli
from nets.documents import write_whole
from cosearch.studies.journal import Journal
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
def dispatch(words):
    if words[0] == "journal":
        journal = Journal(Path(words[1]))
        journal._lines.append_logs([{"op_code": 0, "text": "x" * 9000}])
    write_whole(Path(words[1]), "x" * 9000)
cli._dispatch = dispatch
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_a_command_as_an_interruption(number: signal.Signals) -> None:
    done = subprocess.run([sys.executable, "-c", CLI, str(int(number))], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, "cosearch: interrupted\n")


@pytest.mark.parametrize("module", ["cosearch.cli", "argparse", "cosearch.commands.parser", "cosearch.commands.map"])
def test_an_interruption_while_a_command_is_imported_is_one_line(module: str) -> None:
    words = ["map", "--layer", "K=4", "--accelerator", module]  # the last word says when
    done = subprocess.run([sys.executable, "-c", EARLY, *words], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, "cosearch: interrupted\n")


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    code = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN){CLI.replace('time.sleep(30)', 'return 0')}"
    words = [sys.executable, "-c", code, str(int(signal.SIGHUP))]
    assert subprocess.run(words, timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("kind", ["journal", "file"])
def test_a_full_disk_is_one_line_that_names_the_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "there"
    done = subprocess.run(
        [sys.executable, "-c", FULL, kind, os.fspath(path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == f"cosearch: {path}: File too large\n"
    if kind == "file":
        assert list(tmp_path.iterdir()) == []
