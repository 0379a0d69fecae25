"""What the file of a family says wrongly is told with the file's name, in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fuzzing.machine_readers import FAMILY
from cosearch.cli import main


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (
            "GLB.capacity:",
            "GLB.capacityx:",
            "fam.yaml: vary: 'GLB.capacityx' is not known; did you mean 'GLB.capacity'?",
        ),
        ("4..32:4", "4..32:q", "fam.yaml: vary: GLB.X: 'q' must be a number"),
        ("lpddr4|hbm2", "lpddr4|hbm9", "fam.yaml: vary: DRAM: 'hbm9' has no sourced figures"),
    ],
)
def test_what_varies(
    right: str,
    wrong: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fam.yaml").write_text(FAMILY.replace(right, wrong))
    assert main(["search", "--machine", "fam.yaml", "--dry-run"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
