"""Every command of docs/lectures.md runs, the long ones at small size; what the page says it prints, it prints."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.cosearch.conftest import Cosearch

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "lectures.md"

MOST = {
    "evaluations": 24,
    "last-evaluations": 10,
    "samples": 4,
    "seeds": 1,
    "trials": 2,
    "steps": 2,
    "tuning-steps": 1,
    "shared-steps": 2,
}
"""Of the numbers that options take."""

TAKEN = {
    "--set tied=true": {"--evaluations 24": "--evaluations 27"},  # the grid that the page takes is whole
    "benchmarks/trained_searches.py": {"searches.py": "searches.py --architectures 2 --steps 2 --search-steps 4"},
    "benchmarks/estimators.py": {"--architectures 8": "--architectures 8 --jobs 1"},
    "predictor table": {"--resolution 160": "--resolution 160 --evaluations 4"},
    "exhibit specialised": {"specialised": "specialised --evaluations 600"},
    "exhibit ofa-against-scaling": {"scaling": "scaling --evaluations 20"},
    "exhibit roofline": {"roofline": "roofline --evaluations 40"},
    "exhibit macs-are-not-latency": {"latency": "latency --evaluations 2000"},
}
"""What else makes some of them small."""

SYSTEMS = (
    "NASNet", "LSTM", "AmoebaNet", "DARTS", "ProxylessNAS", "MnasNet", "Once-for-All", "MCUNet", "HAT", "EfficientNet",
    "Auto-DeepLab", "Net2Net", "SMASH", "ENAS", "Zen-score", "GradSign", "Roofline", "NAAS", "SPVNAS", "Anycost",
    "LitePose", "Language models", "QuantumNAS",
)  # fmt: skip


def commands() -> dict[str, str | None]:
    """Each command of the page with the output that stands below it, if any."""
    blocks = re.findall(r"^```bash\n(.*?)\n```\n(?:```text\n(.*?)\n```)?", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return {command: printed or None for command, printed in blocks}


def small(command: str) -> str:
    """The command at small size."""
    for option, most in MOST.items():
        for number in re.findall(rf"--{option} (\d+)", command):
            command = command.replace(f"--{option} {number}", f"--{option} {min(int(number), most)}")
    for within, changes in TAKEN.items():
        if within in command:
            for long, short in changes.items():
                command = command.replace(long, short)
    if command.startswith(("cosearch nas", "cosearch exhibit")) and "peak-memory" not in command:
        command += " --mappings 4"
    return command


def test_every_system_has_its_place() -> None:
    page = PAGE.read_text()
    assert [name for name in SYSTEMS if name not in page] == []
    assert len(commands()) >= len(SYSTEMS)
    assert all("\n" not in command for command in commands())


EXAMPLES = [command for command in commands() if command.startswith("python examples/")]
"""Commands that tests/examples runs, all of that folder, as they stand."""


def test_the_examples_it_names_exist() -> None:
    assert EXAMPLES
    assert [command for command in EXAMPLES if not (ROOT / shlex.split(command)[1]).is_file()] == []


@pytest.mark.parametrize("command", [command for command in commands() if command not in EXAMPLES])
def test_a_command_runs(command: str, cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "lstm" in command or "estimators" in command:
        pytest.importorskip("torch").set_num_threads(1)
    monkeypatch.chdir(tmp_path)
    program, *words = shlex.split(small(command))
    if program == "cosearch":
        done = cosearch(*words)
        assert done.status == 0, done.err
        assert done.out
    elif words[0] == "run_cosearch.py":
        assert cosearch("search", *words[1:], "--quiet").status == 0
    elif words[0] == "-c":
        with contextlib.redirect_stdout(io.StringIO()) as said:
            exec(words[1], {})
        assert said.getvalue().strip() == commands()[command]
    else:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        script = [sys.executable, str(ROOT / words[0]), *words[1:]]
        ended = subprocess.run(script, env=environment, capture_output=True, text=True, timeout=600)
        assert ended.returncode == 0, ended.stderr
        assert "Traceback" not in ended.stderr
        assert ended.stdout
    for drawing in tmp_path.rglob("*.svg"):
        ElementTree.parse(drawing)
